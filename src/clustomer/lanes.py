"""What runs beside the workflow: loading libraries, writing what is final, drawing.

Everything here has ended before the version that it writes to is kept or removed.
"""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from importlib import import_module
from typing import Any, Self, TypeVar

from clustomer.customers import Customers
from clustomer.engines import DuckDB, memory_of_engine, memory_of_run
from clustomer.engines.duckdb import ROWS_IN_MEMORY
from clustomer.events import Events, events_written
from clustomer.outputs.charts import warm_up
from clustomer.progress import Progress
from clustomer.publication import CUSTOMERS, EVENTS, write_parquet
from clustomer.pushdown import EMBEDDED, Pushdown, engine_for, push_down
from clustomer.settings import Settings
from clustomer.versions import Draft, Results, new_version

T = TypeVar("T")


class Lanes:
    """The engine of a run, its version, and a thread for what can be done beside the workflow.

    Leaving the block publishes the version; an error or a stop removes it.

    Parameters
    ----------
    out : path
        The results folder.
    settings : Settings
    """

    def __init__(self, out: str | os.PathLike[str], settings: Settings) -> None:
        self._out = out
        self._settings = settings
        self._open = ExitStack()
        self._version = ExitStack()
        self._draft: Draft | None = None
        self._customers_written: Future[None] | None = None
        self.events_written: Future[None] | None = None

    def __enter__(self) -> Self:
        self.engine = self._open.enter_context(
            DuckDB(
                memory=memory_of_engine(self._settings.memory),
                run_memory=memory_of_run(self._settings.memory),
            )
        )
        self._open.enter_context(self._version)
        self._aside = self._open.enter_context(ThreadPoolExecutor(1))
        self._load()
        return self

    def __exit__(self, *error: Any) -> bool | None:
        return self._open.__exit__(*error)

    def pushed_down(self, source: Any, progress: Progress) -> Pushdown | None:
        """Return what an engine of the data's own makes of a source; None where none is asked for.

        The engine is open until the block is left.
        """
        if self._settings.engine == EMBEDDED:
            return None
        there = self._open.enter_context(engine_for(source, self._settings))
        return push_down(*there, settings=self._settings, embedded=self.engine, progress=progress)

    def aside(self, work: Callable[..., T], *arguments: Any) -> Future[T]:
        """Do something beside the workflow, after what was asked for before."""
        return self._aside.submit(work, *arguments)

    @property
    def draft(self) -> Draft:
        """The version that is being written."""
        assert self._draft is not None, "no version is begun before there are customers"
        return self._draft

    @property
    def results(self) -> Results:
        """The version, once the block is left."""
        assert self.draft.result is not None
        return self.draft.result

    def write_customers(self, events: Events, customers: Customers) -> None:
        """Begin the version: write the customers, and the events where they are many."""
        self._draft = self._version.enter_context(new_version(self._out))
        self._customers_written = self.aside(write_parquet, self.draft, CUSTOMERS, customers.table)
        if events.cleaning.kept > ROWS_IN_MEMORY:
            # to sort many takes memory, which is given back before it is needed for the segments
            self.write_events(events)

    def write_events(self, events: Events) -> None:
        """Write the events where they are kept, in threads of DuckDB.

        Where that is under way, it is waited for: the memory that it takes is needed now.
        """
        if not self._settings.keep_events:
            return
        if self.events_written is None:
            self.events_written = self._version.enter_context(
                events_written(events, self.draft.path / EVENTS)
            )
        else:
            self.events_written.result()
            events.engine.release()

    def wait_for_customers(self) -> None:
        """Return when the customers are written; raise what went wrong."""
        assert self._customers_written is not None
        self._customers_written.result()

    def _load(self) -> None:
        # scikit-learn takes as long to load as a million events take to read
        self.aside(import_module, "clustomer.segments.selection.select_k")
        if self._settings.certificates:
            self.aside(import_module, "clustomer.certificates.verdict")
        else:
            # where memory is needed for certificates, the drawing engine starts when it is used
            self.aside(warm_up)
