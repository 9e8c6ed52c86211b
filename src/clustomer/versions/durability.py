"""To the disk: what a power cut must not take, once `latest` leads to it."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_THREADS = 8
# file systems that cannot be asked for it
_UNASKED = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EROFS})


def flush(folder: Path) -> None:
    """Return when every file and folder below, and the folder itself, is on the disk."""
    paths = list(folder.rglob("*"))
    files = [path for path in paths if path.is_file()]
    folders = [path for path in paths if path.is_dir()]
    # the disk takes many at once in little more time than one
    with ThreadPoolExecutor(_THREADS) as flushing:
        list(flushing.map(flush_file, files))
    for path in (*folders, folder):
        flush_folder(path)


def flush_file(path: Path) -> None:
    """Return when the content of a file is on the disk."""
    with path.open("r+b") as file:
        _flush(file.fileno())


def flush_folder(path: Path) -> None:
    """Return when the names in a folder are on the disk."""
    if os.name == "nt":  # where a folder cannot be opened, and names are on the disk by themselves
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        _flush(descriptor)
    finally:
        os.close(descriptor)


def _flush(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNASKED:
            raise
