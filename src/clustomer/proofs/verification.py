"""Verification: does what a version states still follow from its files, or from its events?"""

import os
from dataclasses import replace

from clustomer.engines import check_memory
from clustomer.errors import ClustomerError, OutputError, UsageError
from clustomer.progress import Progress, silent
from clustomer.proofs.reports import differing_reports
from clustomer.proofs.rerun import rerun
from clustomer.versions import Difference, StoredRun, Verification, verify_stated


def verify(
    results: str | os.PathLike[str],
    *,
    deep: bool = False,
    memory: str | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Check the files of a version and recompute every number that it states.

    Every file must have the hash that the manifest lists; every fact must come out of its source
    again, to 1e-9 of its size; what the manifest says of rows, customers, segments and the
    verdict must be what the files hold; and reports and pictures must be those that the tables
    give when they are written and drawn again. Nothing is read but the version's own files, and
    nothing is written.

    Parameters
    ----------
    results : path
        A results folder (its latest version), or the folder of a version.
    deep : bool, default False
        Also make customers, segments and the whole certificate again from the stored clean events
        by the stored settings and seed, as the run did, and compare them value by value to 1e-9
        of their size. It takes about as long as the run without reading.
    memory : str, optional
        About how much memory `deep` takes, as "4GB"; by default half of the machine's.
    progress : Progress, optional

    Returns
    -------
    Verification
        With `holds`, and `differences`: a place, what is stated there, and what came out. With
        `deep`, `rerun` tells how many values were compared, and which facts could not be made
        again, since the run was told to keep no events.

    Raises
    ------
    InputError
        If there are no results, or their manifest cannot be read.
    UsageError
        For an amount of memory that is none, or given without `deep`.
    OutputError
        If that is too little memory.

    Examples
    --------
    >>> verify("no-such-folder")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """
    progress = progress or silent()
    if memory is not None and not deep:
        raise UsageError(
            f"The memory {memory!r} was given without deep, and only making everything again "
            "takes much. Add deep, or leave the memory out."
        )
    check_memory(memory)
    with progress.stage("Check the files and recompute the facts"):
        verification = verify_stated(results)
    verification = _with_reports(verification, progress)
    if not deep:
        return verification
    try:
        again, differences = rerun(StoredRun.open(verification.results), progress, memory)
    except OutputError:
        raise  # too little memory says nothing of the results
    except ClustomerError as error:
        # damaged or changed files may be beyond running
        failed = Difference(
            "rerun", verification.results, "files that can be run again", str(error)
        )
        return replace(verification, differences=(*verification.differences, failed))
    return replace(verification, differences=(*verification.differences, *differences), rerun=again)


def _with_reports(verification: Verification, progress: Progress) -> Verification:
    """Compare the reports, where what they are made from holds."""
    differences = verification.differences
    if any(not difference.place.startswith("reports/") for difference in differences):
        return verification
    try:
        with progress.stage("Write and draw the reports again"):
            writers, others = differing_reports(StoredRun.open(verification.results))
    except ClustomerError as error:
        # a damaged file may be beyond reading
        others, writers = [Difference("report", "reports/", "reports", str(error))], {}
    return replace(
        verification,
        differences=(*differences, *others),
        reports="numbers" if writers else "again",
        writers=writers,
    )
