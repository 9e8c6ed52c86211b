"""What is not yet whole, and goes when the program is stopped.

Python tells of Ctrl-C by an exception in the middle of whatever the main thread does. That may
be a library's callback, which swallows it or calls it something else, or the line before a
`try`. So the command line undoes by itself what is under way, and ends at once. In a notebook
Python's own way stays.
"""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT
"""The exit code after Ctrl-C."""

TERMINATED = 128 + signal.SIGTERM
"""The exit code after the system's request to end."""

_TRIES = 100
_BETWEEN_TRIES = 0.01  # seconds
_CLEAR_THE_LINE = b"\r\x1b[K\x1b[?25h"

_undo: dict[object, Callable[[], None]] = {}
_held: list[object] = []
_wanted: list[int] = []


def temporary_folder(prefix: str, place: str | os.PathLike[str] | None = None) -> Path:
    """Make a folder with a name of its own, by default in the system's temporary place.

    It goes with `remove_folder`, and when the program is stopped before that.

    >>> folder = temporary_folder("clustomer-")
    >>> folder.is_dir()
    True
    >>> remove_folder(folder)
    >>> folder.exists()
    False
    """
    while True:
        # named before it is made, so that it is known from its first moment
        name = f"{prefix}{os.urandom(6).hex()}"
        folder = Path(tempfile.gettempdir() if place is None else place).absolute() / name
        _undo[folder] = partial(_gone, folder)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            del _undo[folder]
        except BaseException:
            del _undo[folder]
            raise
        else:
            return folder


def remove_folder(folder: Path) -> None:
    """Remove a folder that `temporary_folder` has made, or forget one that was moved away."""
    shutil.rmtree(folder, ignore_errors=True)
    _undo.pop(folder, None)


@contextmanager
def undone_if_stopped(undo: Callable[[], None]) -> Iterator[None]:
    """Call this when the program is stopped within the block."""
    key = object()
    _undo[key] = undo
    try:
        yield
    finally:
        del _undo[key]


@contextmanager
def in_one_go() -> Iterator[None]:
    """Let a stop wait until the block, which takes a moment, is over."""
    _held.append(None)
    try:
        yield
    finally:
        _held.pop()
        if _wanted and not _held:
            _stop(_wanted[0], None)


def end_at_once_when_stopped() -> None:
    """On Ctrl-C, or asked to end by the system: undo what is not finished, and end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # whoever started this program may have said that it goes on
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    if _held:
        _wanted.append(number)
        return
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    for undo in reversed(list(_undo.values())):
        with suppress(Exception):
            undo()
    with suppress(OSError):
        if os.isatty(2):
            os.write(2, _CLEAR_THE_LINE)
        os.write(2, b"clustomer: interrupted. Earlier results are whole.\n")
    os._exit(128 + number)


def _gone(folder: Path) -> None:
    """Remove a folder into which another thread may still write."""
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_BETWEEN_TRIES)
