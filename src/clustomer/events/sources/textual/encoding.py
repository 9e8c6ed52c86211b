"""Encodings: text of any becomes UTF-8, which DuckDB reads; what was decided is said."""

import codecs
from pathlib import Path

from clustomer.engines import DuckDB
from clustomer.errors import InputError, UsageError
from clustomer.events.sources.files import require_room
from clustomer.events.sources.textual.legacy import NAMES, WESTERN, legacy_encoding
from clustomer.events.sources.textual.lines import TextProfile

_CHUNK_BYTES = 1_048_576
_SAMPLE_LINES = 500
_SAMPLE_BYTES = 400
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = {
    "utf-8-sig": "UTF-8",
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "iso8859-1": "Latin-1",
    **{
        name: shown.replace("windows", "Windows").replace("shift_jis", "Shift-JIS")
        for name, shown in NAMES.items()
    },
}
# bytes that Windows-1252 does not have, and Latin-1 only as control characters
_UNDEFINED = (0x81, 0x8D, 0x8F, 0x90, 0x9D)


def encoding_of(path: Path, label: str | None = None) -> str:
    """Return Python's name of the encoding that a text file has.

    A mark at the beginning decides; then UTF-8 where the lines that are not ASCII are mostly
    UTF-8, which other encodings hardly ever are by chance; then `legacy_encoding`.

    Raises
    ------
    AmbiguousError
        If it is none of these, and cannot be told.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "log.csv"
    ...     _ = path.write_bytes("user_id\\nJürgen\\nZoë\\n".encode("cp1252"))
    ...     encoding_of(path)
    'cp1252'
    """
    with path.open("rb") as file:
        head = file.read(4_096)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > len(head) // 4 and even <= odd // 10:
        return "utf-16-le"
    if even > len(head) // 4 and odd <= even // 10:
        return "utf-16-be"
    return _of_lines(path, label or path.name)


def _of_lines(path: Path, label: str) -> str:
    right = wrong = 0
    lines: dict[bytes, None] = {}
    undefined = False
    with path.open("rb") as file:
        while block := file.readlines(_CHUNK_BYTES):
            whole_block = b"".join(block)
            if whole_block.isascii():
                continue
            for line in block:
                if line.isascii():
                    continue
                try:
                    line.decode()
                    right += 1
                except UnicodeDecodeError:
                    wrong += 1
                    undefined = undefined or any(byte in line for byte in _UNDEFINED)
                    if len(lines) < _SAMPLE_LINES:
                        lines[line[:_SAMPLE_BYTES].rstrip(b"\r\n")] = None
    if right >= wrong:
        return "utf-8"
    name = legacy_encoding(list(lines), label)
    return "iso8859-1" if undefined and name == WESTERN else name


def as_utf8(
    engine: DuckDB, path: Path, label: str, profile: TextProfile, encoding: str | None = None
) -> tuple[Path, str]:
    """Return a file in UTF-8 without a mark, and the name of the encoding that it had.

    Parameters
    ----------
    engine : DuckDB
        Whose temporary folder takes the copy, where one is needed.
    path : Path
    label : str
        What the file is called in messages.
    profile : TextProfile
        Of its bytes.
    encoding : str, optional
        As the schema says it; by default it is found.

    Raises
    ------
    UsageError
        If there is no such encoding.
    InputError
        If the text is not in it.
    """
    if encoding is None:
        with path.open("rb") as file:
            marked = file.read(4).startswith(tuple(mark for mark, _ in _MARKS))
        if not marked and not profile.not_utf8 and profile.zeros == 0:
            return path, "UTF-8"
    name = encoding_of(path, label) if encoding is None else _checked(encoding)
    shown = _NAMES.get(name, name)
    if name == "utf-8":
        return path, shown
    # two bytes of UTF-8 for a letter of one, at most three for one of two
    require_room(engine.directory, path.stat().st_size, label, "is decoded")
    folder = engine.directory / "decoded"
    folder.mkdir(exist_ok=True)
    copy = folder / str(sum(1 for _ in folder.iterdir()))
    # a few lines that are no UTF-8 are broken lines, and found as such later
    errors = "surrogateescape" if name == "utf-8-sig" else "strict"
    try:
        with (
            path.open("r", encoding=name, errors=errors, newline="") as text,
            copy.open("w", encoding="utf-8", errors=errors, newline="") as plain,
        ):
            while chunk := text.read(_CHUNK_BYTES):
                plain.write(chunk)
    except UnicodeError as error:
        how = "as it seems to be" if encoding is None else "as the schema says"
        raise InputError(
            f"{label} is not in {shown} throughout, {how}: byte {getattr(error, 'start', 0):,} of "
            'a part of it does not fit. Set `encoding` in a schema file, such as "utf-8" or '
            '"windows-1252".'
        ) from error
    return copy, shown


def _checked(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        b"a".decode(name)
    except (LookupError, UnicodeError) as error:
        if isinstance(error, UnicodeDecodeError):
            return name
        raise UsageError(
            f"There is no encoding `{encoding}`. Expected one such as utf-8, utf-16, windows-1252, "
            "latin-1, iso-8859-15 or cp1250."
        ) from error
    return name
