"""What to recommend: a new version of the results, with a list for every customer."""

from os import PathLike

from clustomer.editions.edition import write_again
from clustomer.products import TOP, Recommendations, recommend_products
from clustomer.progress import Progress, silent
from clustomer.settings import Settings
from clustomer.versions import Results, StoredRun, stored_events


def recommend(
    results: str | PathLike[str],
    *,
    top: int = TOP,
    way: str | None = None,
    progress: Progress | None = None,
) -> Results:
    """Recommend products to every customer, in a new version of the results.

    Ways to recommend compete on the log itself: what chooses is one stretch of time, and a later
    one judges. Where none is surely better than what is popular, what is popular is recommended.
    The version before stays as it is.

    Parameters
    ----------
    results : path
        A results folder (its latest version), or the folder of a version.
    top : int, default 10
        The length of the lists, 1 to 100.
    way : str, optional
        The way to use, whichever wins: "popularity", "segment popularity", "cosine", "bm25",
        "als" (with the extra `recommend`), "vsknn" or "tifuknn".
    progress : Progress, optional

    Returns
    -------
    Results
        The new version, which is now the latest.

    Raises
    ------
    InputError
        If there are no results, their files were changed since, they were made with
        `--no-events`, or the events name no products.
    UsageError
        If `top` is out of range, there is no such way, or it takes a package that is missing.
    OutputError
        If the results folder cannot be written. The version before stays the latest then.

    Examples
    --------
    >>> recommend("no-such-folder")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """
    progress = progress or silent()
    before = StoredRun.open(results)
    before.check()
    made = recommended(before, top=top, way=way, progress=progress)
    with progress.stage("Write the results with the recommendations"):
        return write_again(before, before.interpret(None, made), before.given_names, made)


def recommended(
    stored: StoredRun, *, top: int, way: str | None, progress: Progress
) -> Recommendations:
    """Return what is recommended to the customers of a stored version."""
    settings = Settings.from_recorded(stored.results.manifest["settings"])
    with stored_events(stored, "recommendations are made") as events:
        return recommend_products(
            events,
            stored.segmentation,
            stored.segments,
            top=top,
            way=way,
            random_state=settings.random_state,
            progress=progress,
        )
