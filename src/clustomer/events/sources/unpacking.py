"""Unpacking: what is packed becomes plain files in the engine's temporary folder."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from clustomer.engines import DuckDB
from clustomer.errors import InputError, OutputError
from clustomer.events.sources.content import PACKED, Plain, kind_of
from clustomer.events.sources.files import require_room

_CHUNK_BYTES = 4_194_304
_LOOK_EVERY_BYTES = 268_435_456
_MAX_DEPTH = 3
_WORKBOOK_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_DAMAGE = (
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
    pa.ArrowException,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
)


def unpacked(engine: DuckDB, path: Path, label: str | None = None, depth: int = 0) -> list[Plain]:
    """Return the plain files of a file: itself, or what is packed in it.

    Checksums are checked: a file that is damaged anywhere gives an error, never its first half.

    Raises
    ------
    InputError
        If it is damaged, encrypted, packed too often, or of a kind that is not read.
    """
    label = label or str(path)
    kind = kind_of(path, label)
    if kind not in PACKED:
        return [Plain(label, kind, path)]
    if depth == _MAX_DEPTH:
        raise InputError(f"{label} is packed more than {_MAX_DEPTH} times. Unpack it first.")
    if kind == "zip":
        return _of_zip(engine, path, label, depth)
    require_room(engine.directory, _unpacked_bytes(path, kind), label, "unpacks")
    with _damage_named(label, kind), _opened(path, kind) as packed:
        inner = _written(engine, packed, label)
    return unpacked(engine, inner, label, depth + 1)


def _unpacked_bytes(path: Path, kind: str) -> int:
    """Return how large a packed file becomes, or at least, by what it says of itself."""
    packed = path.stat().st_size
    if packed < 18:
        return packed
    with path.open("rb") as file:
        if kind == "zstd":
            return max(packed, _size_in_zstd(file.read(18)))
        if kind == "gzip":
            file.seek(-4, 2)
            # the size of its last part, modulo 4 GiB
            return max(packed, int.from_bytes(file.read(4), "little"))
    return packed


def _size_in_zstd(head: bytes) -> int:
    """Return the size that the first frame of a zstd file says it has, 0 where it says none.

    RFC 8878, section 3.1.1.1.
    """
    flags = head[4]
    alone = flags >> 5 & 1
    length = (1 if alone else 0, 2, 4, 8)[flags >> 6]
    begin = 5 + (0 if alone else 1) + (0, 1, 2, 4)[flags & 3]
    size = int.from_bytes(head[begin : begin + length], "little")
    return size + 256 if length == 2 else size


def _opened(path: Path, kind: str) -> Any:
    if kind == "gzip":
        return gzip.open(path, "rb")
    if kind == "bz2":
        return bz2.open(path, "rb")
    if kind == "xz":
        return lzma.open(path, "rb")
    return pa.input_stream(str(path), compression="zstd")


def _of_zip(engine: DuckDB, path: Path, label: str, depth: int) -> list[Plain]:
    plains: list[Plain] = []
    with _damage_named(label, "zip"), zipfile.ZipFile(path) as archive:
        members = [
            member
            for member in archive.infolist()
            if not member.is_dir()
            and not any(part.startswith((".", "_")) for part in member.filename.split("/"))
        ]
        if set(archive.namelist()) & set(_WORKBOOK_PARTS):
            return [Plain(label, "workbook", path)]
        if not members:
            raise InputError(f"{label} is a zip archive without files. Pack the log into it.")
        needed = sum(member.file_size for member in members)
        require_room(engine.directory, needed, label, "unpacks")
        for member in members:
            name = f"{label}/{member.filename}"
            if member.flag_bits & 1:
                raise InputError(f"{name} is encrypted with a password. Unpack it first.")
            with archive.open(member) as packed:
                inner = _written(engine, packed, name)
            plains += unpacked(engine, inner, name, depth + 1)
    return plains


def _written(engine: DuckDB, packed: IO[bytes], label: str) -> Path:
    folder = engine.directory / "unpacked"
    folder.mkdir(exist_ok=True)
    # names in an archive are never used as paths
    inner = folder / str(sum(1 for _ in folder.iterdir()))
    written = 0
    with inner.open("wb") as file:
        while chunk := packed.read(_CHUNK_BYTES):
            written += len(chunk)
            if written % _LOOK_EVERY_BYTES < _CHUNK_BYTES:
                # what it says of its size may be wrong
                require_room(folder, len(chunk), label, "unpacks")
            try:
                file.write(chunk)
            except OSError as error:
                raise OutputError(
                    f"{label} cannot be unpacked into {folder}: {error.strerror}. Free some space "
                    "there, or set TMPDIR to a larger place."
                ) from error
    return inner


@contextmanager
def _damage_named(label: str, kind: str) -> Iterator[None]:
    try:
        yield
    except (InputError, OutputError):
        raise
    except _DAMAGE as error:
        detail = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"{label} cannot be unpacked ({kind}): {detail.rstrip('.')}. It may be truncated or "
            "damaged. Fetch it again, or unpack it with a tool that repairs."
        ) from error
