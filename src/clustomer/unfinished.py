"""What is not yet whole, and goes when the program is stopped.

Python tells of Ctrl-C by an exception in the middle of whatever the main thread does. That may
be a library's callback, which swallows it or calls it something else, or the line before a
`try`. So the command line undoes by itself what is under way, and ends at once. In a notebook
Python's own way stays.
"""

import glob
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType

from clustomer.errors import OutputError
from clustomer.locks import SUFFIX, hold, let_go, take_over

INTERRUPTED = 128 + signal.SIGINT
"""The exit code after Ctrl-C."""

TERMINATED = 128 + signal.SIGTERM
"""The exit code after the system's request to end."""

_RANDOM_BYTES = 6
_RANDOM = re.compile(rf"[0-9a-f]{{{2 * _RANDOM_BYTES}}}")
_TRIES = 100
_BETWEEN_TRIES = 0.01  # seconds
_CLEAR_THE_LINE = b"\r\x1b[K\x1b[?25h"

_undo: dict[object, Callable[[], None]] = {}
_held: list[object] = []
_wanted: list[int] = []


def temporary_folder(prefix: str, place: str | os.PathLike[str] | None = None) -> Path:
    """Make a folder with a name of its own, by default in the system's temporary place.

    It goes with `remove_folder`, and when the program is stopped before that. If the program is
    killed, `sweep_folders` of a later one removes it: a lock on the file `<folder>.lock` tells
    whether anyone still works in it, whatever process or container that is.

    >>> folder = temporary_folder("clustomer-")
    >>> folder.is_dir()
    True
    >>> remove_folder(folder)
    >>> folder.exists()
    False
    """
    while True:
        # named before it is made, so that it is known from its first moment
        name = f"{prefix}{os.urandom(_RANDOM_BYTES).hex()}"
        folder = Path(tempfile.gettempdir() if place is None else place).absolute() / name
        _undo[folder] = partial(_gone, folder)
        try:
            if not hold(folder):
                del _undo[folder]
                continue
            folder.mkdir(mode=0o700)
        except FileExistsError:
            _forget(folder)
        except BaseException:
            _forget(folder)
            raise
        else:
            return folder


def remove_folder(folder: Path) -> None:
    """Remove a folder that `temporary_folder` has made, or forget one that was moved away."""
    shutil.rmtree(folder, ignore_errors=True)
    _forget(folder)


def sweep_folders(prefix: str, place: str | os.PathLike[str] | None = None) -> None:
    """Remove the folders that `temporary_folder` made for programs that were killed since.

    A folder is removed only where its lock can be taken: never one in which somebody works, here,
    in another container or on another machine, and never one without a lock.

    >>> folder = temporary_folder("clustomer-")
    >>> sweep_folders("clustomer-")
    >>> folder.is_dir()
    True
    >>> remove_folder(folder)
    """
    parent = Path(tempfile.gettempdir() if place is None else place).absolute()
    for lock in parent.glob(f"{glob.escape(prefix)}*{SUFFIX}"):
        folder = lock.with_name(lock.name.removesuffix(SUFFIX))
        if _RANDOM.fullmatch(folder.name.removeprefix(prefix)) and take_over(folder):
            shutil.rmtree(folder, ignore_errors=True)
            let_go(folder, keep=folder.exists())


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
def whole_file(path: Path, *, option: str = "--out") -> Iterator[Path]:
    """Give a place beside a file to write to, and move it there when the block has ended.

    Whatever is at `path` stays as it is until then, and if the block fails or is stopped.

    Raises
    ------
    OutputError
        If the system refuses; it names the option with which another file can be named.

    Examples
    --------
    >>> folder = temporary_folder("clustomer-")
    >>> with whole_file(folder / "a.txt") as aside:
    ...     _ = aside.write_text("whole")
    >>> (folder / "a.txt").read_text()
    'whole'
    >>> remove_folder(folder)
    """
    aside = path.with_name(f".{path.name}.partial")
    with undone_if_stopped(lambda: aside.unlink(missing_ok=True)):
        try:
            with _refused_as_output_error(path, f"another file with {option}"):
                yield aside
                os.replace(aside, path)
        finally:
            aside.unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: Path, *, option: str = "--out") -> Iterator[Path]:
    """Give an empty folder beside another, and move it there when the block has ended.

    Whatever is at `folder` stays as it is until then, and if the block fails or is stopped; then
    it is replaced.

    Raises
    ------
    OutputError
        If the system refuses; it names the option with which another folder can be named.

    Examples
    --------
    >>> place = temporary_folder("clustomer-")
    >>> with whole_folder(place / "made") as aside:
    ...     _ = (aside / "a.txt").write_text("whole")
    >>> [path.name for path in (place / "made").iterdir()]
    ['a.txt']
    >>> remove_folder(place)
    """
    with _refused_as_output_error(folder, f"another folder with {option}"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = temporary_folder(".partial-", folder.parent)
        try:
            made = aside / "made"
            made.mkdir()
            yield made
            with in_one_go():
                _put_in_place(made, folder, aside / "before")
        finally:
            remove_folder(aside)


@contextmanager
def _refused_as_output_error(path: Path, name: str) -> Iterator[None]:
    """Raise what the system refuses within the block as an OutputError that says what to name."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}. Name {name}."
        ) from error


def check_free(path: Path | None, overwrite: bool) -> None:
    """Raise an error, before any work, where something is that is not to be replaced.

    >>> check_free(Path(__file__), overwrite=True)
    >>> check_free(Path("."), overwrite=False)
    Traceback (most recent call last):
    ...
    clustomer.errors.OutputError: . is there already. Give --overwrite to replace it.
    """
    if path is not None and os.path.lexists(path) and not overwrite:
        raise OutputError(f"{path} is there already. Give --overwrite to replace it.")


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
    for further in (signal.SIGINT, signal.SIGTERM):
        signal.signal(further, signal.SIG_IGN)
    for undo in reversed(list(_undo.values())):
        with suppress(Exception):
            undo()
    with suppress(OSError):
        if os.isatty(2):
            os.write(2, _CLEAR_THE_LINE)
        os.write(2, b"clustomer: interrupted. Earlier results are whole.\n")
    os._exit(128 + number)


def _put_in_place(made: Path, folder: Path, before: Path) -> None:
    """Move a folder to its place; what was there comes back if that fails."""
    there = os.path.lexists(folder)
    if there:
        os.replace(folder, before)
    try:
        os.replace(made, folder)
    except OSError:
        if there:
            os.replace(before, folder)
        raise


def _gone(folder: Path) -> None:
    """Remove a folder into which another thread may still write."""
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            let_go(folder)
            return
        time.sleep(_BETWEEN_TRIES)


def _forget(folder: Path) -> None:
    let_go(folder)
    _undo.pop(folder, None)
