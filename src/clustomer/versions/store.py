"""The results folder: versions, written aside and moved into place whole.

RESULTS/
├── latest -> versions/<cutoff>-<short hash>   a link, or a small text file
└── versions/<cutoff>-<short hash>/            one run's results
"""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from clustomer.errors import InputError, OutputError
from clustomer.unfinished import in_one_go, remove_folder, temporary_folder, undone_if_stopped
from clustomer.versions.contract import MANIFEST
from clustomer.versions.manifest import (
    SCHEMA_VERSION,
    file_hash,
    file_hashes,
    package_versions,
    read_manifest,
    short_hash,
    to_text,
)

LATEST = "latest"
VERSIONS = "versions"
_PARTIAL = ".partial-"


@dataclass(frozen=True)
class Results:
    """One version of the results, to read.

    >>> Results.open("no-such-folder")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """

    path: Path
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Self:
        """Open the latest version in a results folder, or a version by its own folder.

        Raises
        ------
        InputError
            If there is none, or its manifest cannot be read.
        """
        root = Path(folder)
        try:
            path = root if (root / MANIFEST).is_file() else _latest(root)
            absent = path is None or not (path / MANIFEST).is_file()
        except OSError as error:
            raise InputError(
                f"{root} cannot be read: {error.strerror}. Give a results folder that can be read."
            ) from error
        if path is None or absent:
            raise InputError(
                f"There are no results in {root}. Expected a folder that `clustomer run` wrote."
            )
        return cls(path, read_manifest(path / MANIFEST))

    def damaged(self) -> list[str]:
        """Return the files that are missing or changed since the run; [] for a whole version."""
        listed: Mapping[str, str] = self.manifest["files"]
        return sorted(
            name for name, digest in listed.items() if not self._is_as_written(name, digest)
        )

    def _is_as_written(self, name: str, digest: str) -> bool:
        path = self.path / name
        try:
            inside = path.resolve().is_relative_to(self.path.resolve())
            return inside and path.is_file() and file_hash(path) == digest
        except OSError:
            return False


def _latest(root: Path) -> Path | None:
    link = root / LATEST
    if link.is_dir():
        return link.resolve()
    if link.is_file():
        name = Path(link.read_text(encoding="utf-8", errors="replace").strip()).name
        return root / VERSIONS / name
    return None


class Draft:
    """A version being written; files go into `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.result: Results | None = None
        self.cutoff: str | None = None
        self.identity: Mapping[str, Any] = {}
        self.about: Mapping[str, Any] = {}

    def identify(
        self, *, cutoff: str, identity: Mapping[str, Any], about: Mapping[str, Any]
    ) -> None:
        """Say what the version is, as `new_version` takes it."""
        self.cutoff, self.identity, self.about = cutoff, identity, about

    def file(self, name: str) -> Path:
        """Return where a file goes, its folder made."""
        target = self.path / name
        # the folder of all is not made anew: after a stop it is gone, and stays so
        if target.parent != self.path:
            target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def write_text(self, name: str, text: str) -> None:
        """Write a text file as UTF-8 with plain line ends."""
        self.file(name).write_text(text, encoding="utf-8", newline="\n")

    def write_json(self, name: str, content: Any) -> None:
        """Write JSON with sorted keys."""
        self.write_text(name, to_text(content))


@contextmanager
def new_version(
    folder: str | os.PathLike[str],
    *,
    cutoff: str | None = None,
    identity: Mapping[str, Any] | None = None,
    about: Mapping[str, Any] | None = None,
) -> Iterator[Draft]:
    """Write a new version of the results and make it the latest.

    Nothing is seen before everything is written; an error or an interruption
    leaves the previous results whole. What the version is may also be said later,
    with `Draft.identify`, so that files can be written before everything is known.

    Parameters
    ----------
    folder : path
        Made where it does not exist.
    cutoff : str
        The first part of the version's name.
    identity : mapping
        What the results depend on (settings, input); its hash is the second part.
    about : mapping
        What else the manifest says.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    root = Path(folder)
    with _partial_folder(root) as partial:
        draft = Draft(partial)
        if cutoff is not None:
            draft.identify(cutoff=cutoff, identity=identity or {}, about=about or {})
        yield draft
        assert draft.cutoff is not None, "nobody has said what the version is"
        packages = package_versions()
        name = f"{draft.cutoff}-{short_hash({'identity': draft.identity, 'packages': packages})}"
        manifest = {
            "schema_version": SCHEMA_VERSION,
            "version": name,
            "packages": packages,
            **draft.about,
            "files": file_hashes(partial),
        }
        draft.write_json(MANIFEST, manifest)
        partial.chmod(0o755)
        _put_in_place(root, partial, name, manifest)
        draft.path = root / VERSIONS / name
        draft.result = Results(draft.path, manifest)


@contextmanager
def _partial_folder(root: Path) -> Iterator[Path]:
    """Give a place to write to; remove it if it is not moved, and what was made for it."""
    absent = [place for place in (root / VERSIONS, root, *root.parents) if not place.exists()]
    with undone_if_stopped(lambda: _remove_empty(absent)):
        try:
            (root / VERSIONS).mkdir(parents=True, exist_ok=True)
            _sweep(root)
            folder = temporary_folder(f"{_PARTIAL}{os.getpid()}-", root)
            try:
                yield folder
            finally:
                remove_folder(folder)
        except OSError as error:
            if isinstance(error, OutputError):
                raise
            raise _cannot_write(root, error) from error
        finally:
            _remove_empty(absent)


def _remove_empty(folders: list[Path]) -> None:
    """Remove folders that were made for results that never came, the innermost first."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()


def _put_in_place(root: Path, partial: Path, name: str, manifest: Mapping[str, Any]) -> None:
    target = root / VERSIONS / name
    # a run beside this one may have failed, and taken the empty folder away
    target.parent.mkdir(exist_ok=True)
    if target.exists():
        present = _opened(target)
        if present is None or present.manifest != manifest or present.damaged():
            # set aside rather than removed first, so that the name is never long without a version
            old = Path(f"{partial}-old")
            with in_one_go():
                target.rename(old)
                try:
                    partial.rename(target)
                except BaseException:
                    old.rename(target)
                    raise
            shutil.rmtree(old, ignore_errors=True)
    else:
        partial.rename(target)
    point_latest(root, name)


def _opened(path: Path) -> Results | None:
    try:
        return Results.open(path)
    except InputError:
        return None


def point_latest(root: Path, name: str) -> None:
    """Swap `latest` to a version in one step."""
    link = root / LATEST
    aside = root / f".{LATEST}-{os.getpid()}"
    aside.unlink(missing_ok=True)
    try:
        aside.symlink_to(Path(VERSIONS) / name, target_is_directory=True)
    except (OSError, NotImplementedError):
        aside.write_text(name + "\n", encoding="utf-8")
    os.replace(aside, link)


def _sweep(root: Path) -> None:
    """Remove what runs that were killed left behind."""
    for left in root.glob(f"{_PARTIAL}*"):
        owner = left.name.removeprefix(_PARTIAL).split("-")[0]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _cannot_write(root: Path, error: OSError) -> OutputError:
    if error.errno == errno.ENOSPC:
        return OutputError(
            f"There is no space left for the results in {root}. Free some, or name another "
            "place with --out. The previous results are whole."
        )
    return OutputError(
        f"The results cannot be written to {root}: {error.strerror or error}. Name a folder that "
        "can be written with --out. The previous results are whole."
    )
