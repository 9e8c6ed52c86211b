"""Progress: one line per stage, with a bar for whatever takes longer than a second."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from clustomer.printable import printable

_BAR_AFTER_SECONDS = 1.0


@dataclass
class Stage:
    """A stage under way; `note` says what it found."""

    title: str
    text: str = ""
    fraction: Callable[[], float | None] | None = None

    def note(self, text: str) -> None:
        """Say in a few words what the stage found."""
        self.text = text


@dataclass
class Progress:
    """Tells a person how far a run has come, on standard error.

    Parameters
    ----------
    console : rich Console, optional
        Where to; None says nothing.

    Attributes
    ----------
    seconds : dict
        How long each stage took; for people and benchmarks, never for results.

    >>> progress = silent()
    >>> with progress.stage("Count") as stage:
    ...     stage.note("3 rows")
    >>> list(progress.seconds)
    ['Count']
    """

    console: Any = None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(
        self, title: str, fraction: Callable[[], float | None] | None = None, *, least: float = 0
    ) -> Iterator[Stage]:
        """Time a stage; `fraction` tells how much of it is done, from 0 to 1, where known.

        What takes less than `least` seconds has no line of its own.
        """
        stage = Stage(title, fraction=fraction)
        begin = time.perf_counter()
        with self._bar(stage):
            yield stage
        took = time.perf_counter() - begin
        self.seconds[title] = self.seconds.get(title, 0.0) + took
        if self.console is not None and took >= least:
            from rich.text import Text

            line = Text.assemble(
                ("✓ ", "green"),
                printable(title),
                (f"  {printable(stage.text)}" if stage.text else "", "dim"),
                (f"  {took:.1f} s" if took >= 0.05 else "", "dim"),
            )  # fmt: skip
            self.console.print(line, soft_wrap=True)

    @contextmanager
    def _bar(self, stage: Stage) -> Iterator[None]:
        if self.console is None or not self.console.is_terminal:
            yield
            return
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(stage, over), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def _watch(self, stage: Stage, over: threading.Event) -> None:
        if over.wait(_BAR_AFTER_SECONDS):
            return
        from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TimeElapsedColumn(),
        )
        with Bars(*columns, console=self.console, transient=True) as bars:
            task = bars.add_task(printable(stage.title), total=None)
            while not over.wait(0.1):
                done = stage.fraction() if stage.fraction is not None else None
                if done is not None:
                    bars.update(task, total=1.0, completed=min(max(done, 0.0), 1.0))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "customer"), counted(1200, "customer")
    ('1 customer', '1,200 customers')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def silent() -> Progress:
    """Return a progress that says nothing."""
    return Progress()


def on_terminal() -> Progress:
    """Return a progress that speaks on standard error."""
    from rich.console import Console

    return Progress(Console(file=sys.stderr, highlight=False))
