"""Content: what a file is comes from what it holds, never from its ending."""

from dataclasses import dataclass
from pathlib import Path

from clustomer.errors import InputError

HEAD_BYTES = 65_536
"""So much of a file's beginning tells what it is."""

PACKED = ("gzip", "zstd", "bz2", "xz", "zip")
"""What has other files inside."""

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"SQLite format 3\x00", "sqlite"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"\xff\xff\xff\xff", "arrow"),
    (b"ORC", "orc"),
    (b"Obj\x01", "avro"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"PK\x03\x04", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
)

_FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"PARE", "an encrypted Parquet file", "decrypt it first"),
    (b"FEA1", "a Feather file of the old version 1", "write it as Feather 2 or Parquet"),
    (b"%PDF", "a PDF document", "export the table as CSV"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it first"),
    (b"Rar!", "a RAR archive", "unpack it first"),
    (b"PK\x05\x06", "an empty zip archive", "pack the log into it"),
    (b"\x89HDF", "an HDF5 file", "write the table as Parquet"),
    (b"\x89PNG", "a picture", "export the table behind it"),
    (b"\xff\xd8\xff", "a picture", "export the table behind it"),
    (b"\x80\x04\x95", "a Python pickle", "write the table as Parquet"),
    (b"RDX", "an R workspace", "write the table as CSV or Parquet"),
    (b"$FL", "an SPSS file", "export it as CSV"),
    (b"<stata_dta>", "a Stata file", "export it as CSV"),
    (b"-- mysql dump", "a dump of a database", "restore it, and export the table as CSV"),
    (b"-- mariadb dump", "a dump of a database", "restore it, and export the table as CSV"),
    (b"-- postgresql da", "a dump of a database", "restore it, and export the table as CSV"),
    (b"create table", "a script of SQL", "run it, and export the table as CSV"),
    (b"insert into", "a script of SQL", "run it, and export the table as CSV"),
    (b"<?xml", "an XML document", "export the table as CSV"),
    (b"<!doctype", "a web page", "export the table as CSV, or save it as a workbook"),
    (b"<html", "a web page", "export the table as CSV, or save it as a workbook"),
    (b"<table", "a web page", "export the table as CSV, or save it as a workbook"),
)
"""How a kind begins that is not read, what it is called, and what its owner can do."""

_DATABASE_ENDINGS = {".db", ".sqlite", ".sqlite3", ".duckdb"}

READABLE = (
    "SQLite or DuckDB, CSV or other separated text, JSON Lines or a JSON array, Parquet, Arrow or "
    "Feather, ORC, Avro, an Excel workbook; each also packed with gzip, zstd, bz2, xz or zip"
)
EXPECTED = f"Expected {READABLE}."


@dataclass(frozen=True)
class Plain:
    """A file with nothing packed in it: what it is called, what it holds, and where it is.

    `encoding` is that of its text, where it was asked for; `from_1904` says that its numbers of
    days begin there.
    """

    label: str
    kind: str
    path: Path
    encoding: str | None = None
    from_1904: bool = False


def kind_of(path: Path, label: str | None = None) -> str:
    """Return what a file holds, by its first bytes.

    Raises
    ------
    InputError
        If it is empty, cannot be opened, or is of a kind that is not read, naming which.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "log.dat"
    ...     _ = path.write_bytes(b'{"user_id": 1}')
    ...     kind_of(path)
    'json'
    """
    label = label or str(path)
    head = _head(path, label)
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[8:12] == b"DUCK":
        return "duckdb"
    if path.suffix.lower() in _DATABASE_ENDINGS:
        raise InputError(
            f"{label} is not an SQLite or DuckDB database (its first bytes say so): it may be "
            f"damaged, encrypted, or of another kind. {EXPECTED}"
        )
    # in UTF-16, too
    beginning = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    for signature, what, next_step in _FOREIGN:
        if head.startswith(signature) or beginning[:16].lower().startswith(signature):
            raise InputError(f"{label} is {what}, which is not read: {next_step}. {EXPECTED}")
    if head[257:262] == b"ustar":
        raise InputError(f"{label} is a tar archive, which is not read: unpack it first.")
    if _is_text(head):
        return "json" if beginning[:1] in (b"{", b"[") else "text"
    raise InputError(f"{label} is of no kind that is known by its first bytes. {EXPECTED}")


def _head(path: Path, label: str) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise InputError(f"{label} cannot be opened: {error.strerror}.") from error
    if not head:
        raise InputError(f"{label} is empty (0 bytes). Expected a log with at least one event.")
    return head


def _is_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    control = sum(head.count(bytes([byte])) for byte in (*range(9), *range(14, 27), 28, 29, 30, 31))
    if not control:
        return True
    zeros = head.count(0)
    # every second byte of UTF-16 that is mostly ASCII is zero
    if zeros > len(head) // 4 and max(head[::2].count(0), head[1::2].count(0)) > 0.9 * zeros:
        return True
    return control <= len(head) // 100
