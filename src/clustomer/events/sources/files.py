"""Files: a path, a folder or a pattern becomes the files that are meant, each once."""

import glob
import os
import shutil
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from clustomer.engines import DuckDB
from clustomer.errors import InputError, OutputError, did_you_mean
from clustomer.events.sources.content import EXPECTED


@dataclass(frozen=True)
class FileState:
    """How a file was when it was opened, so that a change while it is read does not pass."""

    path: str
    size: int
    modified_ns: int

    @classmethod
    def of(cls, path: str | Path) -> "FileState":
        """Return how a file is now."""
        status = os.stat(path)
        return cls(os.fspath(path), status.st_size, status.st_mtime_ns)


def require_unchanged(states: Iterable[FileState]) -> None:
    """Raise InputError where a file is not as it was."""
    for before in states:
        try:
            now = FileState.of(before.path)
        except OSError as error:
            raise InputError(
                f"{before.path} went away while it was read: {error.strerror}. Read a copy that "
                "nobody changes."
            ) from error
        if now != before:
            raise InputError(
                f"{before.path} changed while it was read: {before.size:,} bytes before, "
                f"{now.size:,} after. Wait until it is written, or read a copy."
            )


KEPT_FREE_BYTES = 67_108_864
"""So much room on disk is left to others."""


def require_room(folder: Path, needed: int, label: str, what: str) -> None:
    """Check that a folder has room for a copy before it is written.

    Parameters
    ----------
    folder : Path
        The engine's temporary folder.
    needed : int
        Bytes; a lower bound where more is not known.
    label : str
        What is copied, in messages.
    what : str
        What happens to it: "unpacks", for example.

    Raises
    ------
    OutputError
        If it has not.
    """
    free = shutil.disk_usage(folder).free
    if needed + KEPT_FREE_BYTES > free:
        raise OutputError(
            f"{label} {what} to {needed:,} bytes or more, and the temporary folder {folder} has "
            f"room for {max(free - KEPT_FREE_BYTES, 0):,}. Free some, or set TMPDIR to a larger "
            "place."
        )


def files_of(text: str) -> list[Path]:
    """Return the files that a path, a folder or a pattern means, in order, each once.

    What exists under the very name is meant, even where the name looks like a pattern. Inside of
    a folder, names that begin with a dot or an underscore, and results of earlier runs, are no
    data.

    Raises
    ------
    InputError
        If there is none, or one cannot be reached.
    """
    path = Path(text)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        if path.is_symlink():
            raise InputError(
                f"{text} is a link to {os.readlink(path)}, which is not there. Name the file "
                "itself."
            ) from None
        if any(character in text for character in "*?["):
            return _once(_matching(text))
        raise InputError(_missing(path)) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{_shortened(text)} cannot be opened: {why}. {EXPECTED}") from error
    if stat.S_ISDIR(mode):
        return _once(_inside(path))
    _require_regular(path, mode)
    return [path]


def readable_path(engine: DuckDB, path: Path) -> str:
    """Return a path by which DuckDB reads this file and no other.

    A name with the signs of a pattern, or one that is no UTF-8, is reached by a link.
    """
    text = os.fspath(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        pass
    else:
        if not any(character in text for character in "*?["):
            return text
    folder = engine.directory / "links"
    folder.mkdir(exist_ok=True)
    link = folder / f"{sum(1 for _ in folder.iterdir())}-{_plain(path.suffix)}"
    link.symlink_to(path.absolute())
    return str(link)


def _plain(suffix: str) -> str:
    return "".join(character for character in suffix if character.isascii() and character.isalnum())


def _matching(pattern: str) -> list[Path]:
    matches = [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]
    files = [file for match in matches for file in (_inside(match) if match.is_dir() else [match])]
    if not files:
        raise InputError(f"No file matches {pattern}. Check the pattern, or name a file.")
    for file in files:
        _require_regular(file, file.stat().st_mode)
    return files


def _inside(folder: Path) -> list[Path]:
    def stop(error: OSError) -> None:
        raise InputError(
            f"{error.filename} cannot be read: {error.strerror}. Nothing is read of {folder} "
            "unless all of it can be; name the files by a pattern to leave some out."
        )

    files: list[Path] = []
    results = False
    for place, folders, names in os.walk(folder, onerror=stop):
        if "run.json" in names:
            results = True
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith((".", "_")))
        for name in sorted(names):
            file = Path(place) / name
            if name.startswith((".", "_")) or name.endswith(".crc"):
                continue
            if not file.exists():
                raise InputError(f"{file} is a link to nothing. Remove it, or mend it.")
            _require_regular(file, file.stat().st_mode)
            files.append(file)
    if not files:
        besides = " besides the results of earlier runs" if results else ""
        raise InputError(f"{folder} is a folder without files{besides}. {EXPECTED}")
    return files


def _once(files: list[Path]) -> list[Path]:
    """Leave out what is the same file under another name, such as a link."""
    unique: dict[tuple[int, int], Path] = {}
    for file in files:
        status = file.stat()
        unique.setdefault((status.st_dev, status.st_ino), file)
    return list(unique.values())


def _require_regular(path: Path, mode: int) -> None:
    if not stat.S_ISREG(mode):
        what = "a pipe" if stat.S_ISFIFO(mode) else "a device or socket"
        raise InputError(
            f"{path} is {what}, not a file: it can be read only once and may never end. Write it "
            "to a file first."
        )


def _missing(path: Path) -> str:
    try:
        names = sorted(p.name for p in path.parent.iterdir())
    except OSError:
        names = []
    near = did_you_mean(path.name, names)
    hint = f" {near}" if near.startswith("Did") else ""
    return f"There is no file {path}.{hint} {EXPECTED}"


def _shortened(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]}..."
