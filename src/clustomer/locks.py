"""Locks that tell whether somebody works in a folder: the file `<folder>.lock` is held.

The system lets go of a lock when its process ends, however it ends. Process numbers would not do:
another container has its own, on the same disk.
"""

import os
from contextlib import suppress
from pathlib import Path

SUFFIX = ".lock"

_held: dict[Path, int] = {}


def hold(folder: Path) -> bool:
    """Take the lock of a folder that is to be made; False where its name is taken.

    On a file system without locks there is nothing to take: the folder is nobody's to remove.
    """
    try:
        descriptor = os.open(_lock(folder), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    _held[folder] = descriptor
    with suppress(OSError):
        if not (_taken(descriptor) and _is_at(descriptor, _lock(folder))):
            # somebody swept the file away between the two steps
            let_go(folder)
            return False
    return True


def take_over(folder: Path) -> bool:
    """Take the lock of a folder that somebody else left; False where it is held, or cannot be."""
    if folder in _held:
        return False
    try:
        descriptor = os.open(_lock(folder), os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return False
    with suppress(OSError):
        if _taken(descriptor):
            _held[folder] = descriptor
            return True
    os.close(descriptor)
    return False


def let_go(folder: Path, *, keep: bool = False) -> None:
    """Give a lock back, and remove its file unless it is to be kept."""
    descriptor = _held.pop(folder, None)
    if descriptor is None:
        return
    lock = _lock(folder)
    with suppress(OSError):
        if not keep:
            lock.unlink()
    os.close(descriptor)
    if os.name == "nt" and not keep:  # where an open file cannot be removed
        with suppress(OSError):
            lock.unlink()


def _lock(folder: Path) -> Path:
    return folder.with_name(folder.name + SUFFIX)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


if os.name == "nt":
    import msvcrt

    def _try(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]

else:
    import fcntl

    def _try(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _taken(descriptor: int) -> bool:
    """Take the lock; False where somebody holds it. Raises OSError where there are no locks."""
    try:
        _try(descriptor)
    except (BlockingIOError, PermissionError):
        return False
    return True
