"""The clean events of a stored version, to work on again."""

from collections.abc import Iterator
from contextlib import contextmanager

from clustomer.engines import DuckDB, memory_of_engine
from clustomer.errors import InputError
from clustomer.events import CleanEvents, read_stored_events
from clustomer.settings import Settings
from clustomer.versions.reading import StoredRun


@contextmanager
def stored_events(
    stored: StoredRun, purpose: str, *, memory: str | None = None
) -> Iterator[CleanEvents]:
    """Open the clean events of a version while the block runs.

    Parameters
    ----------
    stored : StoredRun
    purpose : str
        What is made of them, for the message where there are none: "recommendations are made".
    memory : str, optional
        How much memory to take; by default as much as the run might.

    Raises
    ------
    InputError
        If the version was made with `--no-events`, or its events cannot be read.
    """
    if not stored.event_files:
        raise InputError(
            f"The results in {stored.path} hold no events, from which {purpose}. "
            "Expected events/. Run `clustomer run` again without --no-events."
        )
    settings = Settings.from_recorded(stored.results.manifest["settings"])
    with DuckDB(memory=memory_of_engine(memory or settings.memory)) as engine:
        yield read_stored_events(
            stored.event_files, stored.window, engine, product_names=stored.product_names
        )
