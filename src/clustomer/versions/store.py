"""The results folder: versions, written aside and moved into place whole.

RESULTS/
├── latest -> versions/<cutoff>-<short hash>   a link, or a small text file
└── versions/<cutoff>-<short hash>/            one run's results

A version is published in two steps, of which each happens or does not: the draft gets its name,
then `latest` moves to it. A version is never replaced or removed: where one of the same name holds
something else (it was damaged), the new one is called `<name>.2`. So there is no moment at which
`latest` leads to nothing or to half of something.
"""

import errno
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Self

from clustomer.errors import InputError, OutputError
from clustomer.unfinished import (
    remove_folder,
    sweep_folders,
    temporary_folder,
    undone_if_stopped,
)
from clustomer.versions.contract import MANIFEST, missing_files
from clustomer.versions.durability import flush, flush_file, flush_folder
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
_OCCUPIED = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR})


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


def holds_results(folder: str | os.PathLike[str]) -> bool:
    """Return whether a path is a results folder, or the folder of a version.

    >>> holds_results("no-such-folder")
    False
    """
    try:
        root = Path(folder)
        return (root / MANIFEST).is_file() or _latest(root) is not None
    except (OSError, ValueError):
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
    missing: Callable[[Iterable[str], Mapping[str, Any]], list[str]] = missing_files,
) -> Iterator[Draft]:
    """Write a new version of the results and make it the latest.

    Nothing is seen before everything is written; an error, an interruption or a power cut
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
    missing : function of the files that are there and the manifest, default `missing_files`
        Which files a whole version still lacks.

    Raises
    ------
    OutputError
        If the folder cannot be written, or a file was lost while the version was written.
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
        lost = missing(manifest["files"], manifest)
        if lost:
            raise OutputError(
                f"Files were lost while the results were written to {partial}: "
                f"{', '.join(lost)}. Something else removed them. Run it again. The previous "
                "results are whole."
            )
        draft.result = _published(root, draft, manifest)
        draft.path = draft.result.path


@contextmanager
def _partial_folder(root: Path) -> Iterator[Path]:
    """Give a place to write to; remove it if it is not moved, and what was made for it."""
    absent = [place for place in (root / VERSIONS, root, *root.parents) if not place.exists()]
    with undone_if_stopped(lambda: _remove_empty(absent)):
        try:
            (root / VERSIONS).mkdir(parents=True, exist_ok=True)
            sweep_folders(_PARTIAL, root)
            folder = temporary_folder(_PARTIAL, root)
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


def _published(root: Path, draft: Draft, manifest: dict[str, Any]) -> Results:
    """Give a draft its name, unless a version is there that holds the same, and point to it."""
    first = manifest["version"]
    for number in count(1):
        name = first if number == 1 else f"{first}.{number}"
        # as it will be read: JSON has no tuples
        content = json.loads(to_text({**manifest, "version": name}))
        published = Results(root / VERSIONS / name, content)
        if _moved(draft, published) or _holds(published):
            break
    point_latest(root, name)
    return published


def _moved(draft: Draft, published: Results) -> bool:
    """Move a draft to its place; False where something is there."""
    target = published.path
    if target.exists():
        return False
    draft.write_json(MANIFEST, published.manifest)
    draft.path.chmod(0o755)
    flush(draft.path)
    # a run beside this one may have failed, and taken the empty folder away
    target.parent.mkdir(exist_ok=True)
    try:
        draft.path.rename(target)
    except OSError as error:
        if error.errno in _OCCUPIED:
            return False
        raise
    flush_folder(target.parent)
    return True


def _holds(published: Results) -> bool:
    """Return whether this version is at its place, and whole."""
    try:
        present = Results.open(published.path)
    except InputError:
        return False
    return present.manifest == published.manifest and not present.damaged()


def point_latest(root: Path, name: str) -> None:
    """Swap `latest` to a version in one step."""
    aside = temporary_folder(_PARTIAL, root)
    try:
        link = aside / LATEST
        try:
            link.symlink_to(Path(VERSIONS) / name, target_is_directory=True)
        except (OSError, NotImplementedError):
            link.write_text(name + "\n", encoding="utf-8")
            flush_file(link)
        os.replace(link, root / LATEST)
        flush_folder(root)
    finally:
        remove_folder(aside)


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
