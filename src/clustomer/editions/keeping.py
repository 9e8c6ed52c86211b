"""A narrative kept: a new version of the results with what they mean in prose."""

from clustomer.editions.edition import write_again
from clustomer.narrative import Narrative
from clustomer.versions import Results, StoredRun


def keep_narrative(stored: StoredRun, narrative: Narrative) -> Results:
    """Keep a narrative in a new version of the results, in place of one that was kept before.

    Nothing is clustered again. The version before stays as it is.

    Parameters
    ----------
    stored : StoredRun
        The version of which the narrative tells.
    narrative : Narrative
        As `narrate` returned it, without a question.

    Returns
    -------
    Results
        The new version, which is now the latest.

    Raises
    ------
    InputError
        If files of the version were changed since.
    OutputError
        If the results folder cannot be written. The version before stays the latest then.
    """
    stored.check()
    return write_again(
        stored, stored.interpret(stored.given_names), stored.given_names, narrative=narrative
    )
