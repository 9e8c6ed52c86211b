"""Names of the user's own: a new version of the results in which a segment is called otherwise."""

from os import PathLike

from clustomer.editions.edition import write_again
from clustomer.versions import Results, StoredRun
from clustomer.versions.given_names import check_given_name


def rename(results: str | PathLike[str], segment_id: str, name: str) -> Results:
    """Give a segment a name of one's own, in a new version of the results.

    Nothing is clustered again: the report, the figures and the tables are written anew from
    the files of the version, with the new name, marked as given. The version before stays as
    it is. The program's own name takes the mark away again.

    Parameters
    ----------
    results : path
        A results folder (its latest version), or the folder of a version.
    segment_id : such as "S2" or "champions".
    name : up to 60 characters, unlike the names and ids of the other segments.

    Returns
    -------
    Results
        The new version, which is now the latest.

    Raises
    ------
    InputError
        If there are no results, or their files were changed since.
    UsageError
        If there is no such segment, or the name is empty, too long, cannot be seen, or is the
        name or the id of another segment.
    OutputError
        If the results folder cannot be written. The version before stays the latest then.

    Examples
    --------
    >>> rename("no-such-folder", "S1", "Our best")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """
    before = StoredRun.open(results)
    segments = before.manifest.segments
    name = check_given_name(name, segment_id, {part.segment_id: part.segment for part in segments})
    before.check()
    given = before.given_names
    given.pop(segment_id, None)
    [renamed] = [part for part in segments if part.segment_id == segment_id]
    if name != (renamed.own_name or renamed.segment):
        given[segment_id] = name
    return write_again(before, before.interpret(given), given)
