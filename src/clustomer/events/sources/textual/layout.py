"""Layout: what separates the fields of a text file, and where its header line is."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from clustomer.errors import UsageError

SEPARATORS = (",", "\t", ";", "|")
SAMPLE_LINES = 100
_SAMPLE_BYTES = 262_144
_MAX_SEPARATOR = 4
_COMMENTS = ("# ", "//", "-- ", "% ")
_SET = re.compile(r'^"?sep=(.{1,2}?)"?$', re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """How a text file is laid out.

    `above` are the physical lines above the header, or above the first row where there is none;
    `short` are the names of a header line that has fewer than rows have values.
    """

    separator: str
    first: str
    above: int = 0
    short: tuple[str, ...] = ()


def sample_of(path: Path) -> list[str]:
    """Return the first lines of a file in UTF-8, whatever ends them."""
    with path.open("rb") as file:
        head = file.read(_SAMPLE_BYTES)
    text = head.decode("utf-8", "replace").lstrip("\ufeff")
    lines = re.split(r"\r\n|\n|\r", text)
    if len(head) == _SAMPLE_BYTES and len(lines) > 1:
        lines.pop()
    return lines[: SAMPLE_LINES + 1]


def layout_of(lines: Sequence[str], separator: str | None = None) -> Layout:
    """Return what separates the fields, and which line is the first that counts.

    The separator is the one by which most lines have equally many fields. Lines above the first
    that has as many fields as most are titles and comments; `sep=;` says the separator itself.

    >>> layout_of(["sep=;", "a;b", "1,5;2", "3,5;4"])
    Layout(separator=';', first='a;b', above=1, short=())
    >>> layout_of(["Orders of 2024", "", "id,at", "1,2024-01-01", "2,2024-01-02"])
    Layout(separator=',', first='id,at', above=2, short=())
    """
    above = 0
    given = next((_SET.match(line) for line in lines if line.strip()), None)
    if given is not None:
        above = 1 + next(number for number, line in enumerate(lines) if line.strip())
        if separator is None:
            separator = given[1].replace("\\t", "\t")
    rest, heights = _joined_names(lines[above:])
    if separator is None:
        separator = _separator(rest)
    if separator == "spaces":
        first = next((line for line in rest if line.strip()), "")
        return Layout(separator, first, above)
    check_separator(separator)
    begin = _after_titles(rest, separator)
    usual, share = _usual_fields(rest[begin:], separator)
    # a title may have a comma, too; a line with more fields than most is no title
    short: tuple[str, ...] = ()
    if share >= 0.5 and rest and len(fields_of(rest[begin], separator)) < usual:
        begin += next(
            number
            for number, line in enumerate(rest[begin:])
            if line.strip()
            and len(fields_of(line, separator)) == usual
            and not line.startswith(_COMMENTS)
        )
        short = _short_header(rest[:begin], fields_of(rest[begin], separator), separator)
    first = rest[begin] if rest else ""
    if (names := _names_of_two_lines(rest[begin : begin + 3], separator)) is not None:
        begin, first = begin + 1, names
    return Layout(separator, first, above + sum(heights[:begin]), short)


MIN_WRAPPED = 0.9
"""From this share of its lines on a file has each of them in quotes."""


def quotes_of(
    lines: Sequence[str], separator: str | None = None
) -> Callable[[bytes], bytes] | None:
    """Return what makes the quotes of each line the usual ones; None where they are.

    A spreadsheet that took a file for one column writes each line in quotes; databases write
    a backslash before a quote.

    >>> quotes_of(['"id,at"', '"1,2024-01-01"'])(b'"7,2024-01-02"')
    b'7,2024-01-02'
    >>> quotes_of(["id,at", "1,2024-01-01"]) is None
    True
    """
    filled = [line for line in lines if line.strip()]
    wrapped = [
        line for line in filled if _WRAPPED.fullmatch(line) and any(s in line for s in SEPARATORS)
    ]
    if separator is None and len(filled) > 1 and len(wrapped) >= MIN_WRAPPED * len(filled):
        return _unwrapped
    if not any('\\"' in line for line in filled):
        return None
    sign = re.escape(separator or _separator(filled))
    field = rf'(?:"(?:[^"]|"")*"|(?:(?!{sign})[^"])*)'
    record = re.compile(rf"{field}(?:{sign}{field})*")
    before, after = (
        [record.fullmatch(line) is not None for line in some]
        for some in (
            filled,
            [_with_doubled_quotes(line.encode()).decode() for line in filled],
        )
    )
    mended = any(now and not then for then, now in zip(before, after, strict=True))
    spoilt = any(then and not now for then, now in zip(before, after, strict=True))
    return _with_doubled_quotes if mended and not spoilt else None


_WRAPPED = re.compile(r'\s*"(?:[^"]|"")*"\s*')


def _unwrapped(line: bytes) -> bytes:
    bare = line.strip()
    if len(bare) < 2 or not (bare.startswith(b'"') and bare.endswith(b'"')):
        return line
    return bare[1:-1].replace(b'""', b'"') + line[len(line.rstrip()) :]


def _with_doubled_quotes(line: bytes) -> bytes:
    return line.replace(b"\\\\", b"\x00").replace(b'\\"', b'""').replace(b"\x00", b"\\")


_BARE = ("no", "nr", "id", "#", "number", "code", "name", "type")
"""Names that say something only together with the one above."""

_NAME_LINES = 4
_HEAD_LINES = 10


def _joined_names(lines: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return lines of which a quoted name with line breaks is on one, and how many each was."""
    joined: list[str] = []
    heights: list[int] = []
    begin = 0
    while begin < len(lines):
        height = 1
        if begin < _HEAD_LINES and lines[begin].count('"') % 2:
            ahead = range(begin + 1, min(begin + _NAME_LINES, len(lines)))
            closing = next((number for number in ahead if lines[number].count('"') % 2), None)
            height = closing - begin + 1 if closing is not None else 1
        joined.append(" ".join(lines[begin : begin + height]))
        heights.append(height)
        begin += height
    return joined, heights


def _names_of_two_lines(lines: Sequence[str], separator: str) -> str | None:
    """Return the names of a header that stands on two lines, None where it is on one.

    The first line has gaps, as merged cells leave them, and the second fills them.

    >>> _names_of_two_lines(["Order,,Buyer", "No,Date,", "7,2024-01-01,k1"], ",")
    'Order No,Date,Buyer'
    """
    if len(lines) < 3:
        return None
    above, below, row = ([field.strip() for field in fields_of(line, separator)] for line in lines)
    if not len(above) == len(below) == len(row) or "" not in above or not any(above):
        return None
    texts = [name for name in below if name]
    names = [
        f"{group} {name}" if group and name.lower().rstrip(".") in _BARE else name or group
        for group, name in zip(above, below, strict=True)
    ]
    said_by_second = all(name for group, name in zip(above, below, strict=True) if not group)
    if not said_by_second or any(map(_NUMBER.fullmatch, texts)) or are_values(texts):
        return None
    if (not any(map(_NUMBER.fullmatch, row)) and not are_values(row)) or len({*names}) < len(names):
        return None
    return separator.join(f'"{name}"' if separator in name else name for name in names)


def _short_header(above: Sequence[str], first: Sequence[str], separator: str) -> tuple[str, ...]:
    """Return the names in the line right above the first row, where they are one or two too few."""
    names = fields_of(above[-1], separator)
    near = len(names) > 1 and len(first) - len(names) <= 2
    return tuple(names) if near and are_values(first) and not are_values(names) else ()


def _after_titles(lines: Sequence[str], separator: str) -> int:
    """Return the first line that is no title, comment or blank: one with several fields."""
    for number, line in enumerate(lines):
        filled = sum(bool(field.strip()) for field in fields_of(line, separator))
        if filled > 1 and not line.startswith(_COMMENTS):
            return number
    return next((number for number, line in enumerate(lines) if line.strip()), 0)


def check_separator(separator: str) -> None:
    """Raise UsageError for what cannot separate fields.

    >>> check_separator("||")
    """
    length = len(separator.encode("utf-8", "replace"))
    if not 1 <= length <= _MAX_SEPARATOR or set(separator) & set('"\r\n'):
        raise UsageError(
            f"The separator {separator[:20]!r} cannot be used. Expected a text of one to "
            f'{_MAX_SEPARATOR} characters without quotes and line breaks, or "spaces".'
        )


def fields_of(line: str, separator: str) -> list[str]:
    """Return the fields of one line; a quote that does not close is taken as it is.

    >>> fields_of('a,"b, c",d "e"', ",")
    ['a', 'b, c', 'd "e"']
    """
    fields = []
    for match in _field(separator).finditer(line):
        quoted, plain = match["quoted"], match["plain"]
        fields.append(plain if quoted is None else quoted.replace('""', '"'))
        if not match["end"]:
            break
    return fields


@lru_cache
def _field(separator: str) -> re.Pattern[str]:
    sign = re.escape(separator)
    return re.compile(
        rf'(?: *"(?P<quoted>(?:[^"]|"")*+)" *(?={sign}|$)|(?P<plain>(?:(?!{sign}).)*+))'
        rf"(?P<end>{sign}|$)",
        re.DOTALL,
    )


_TIME = re.compile(
    r"\d{4}-\d\d?-\d\d?([ T].*)?|\d\d?([./-])\d\d?\2\d{2,4}( .*)?|\d{1,2}:\d\d(:.*)?"
)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[\d.,]*\d")


def are_values(fields: Sequence[str]) -> bool:
    """Whether fields are values, and so no header line.

    >>> are_values(["2024-01-01", "k1", "9.99"]), are_values(["date", "customer", "2024"])
    (True, False)
    """
    texts = [field.strip() for field in fields]
    numbers = sum(bool(_NUMBER.fullmatch(text)) for text in texts)
    return 2 * numbers > len(texts) or any(
        pattern.fullmatch(text) for text in texts for pattern in (_TIME, _ADDRESS)
    )


def _usual_fields(lines: Sequence[str], separator: str) -> tuple[int, float]:
    """Return how many fields most lines have, and the share of the lines that do."""
    counts = Counter(len(fields_of(line, separator)) for line in lines if line.strip())
    if not counts:
        return 0, 0.0
    fields, times = max(counts.items(), key=lambda item: (item[1], item[0]))
    return fields, times / counts.total()


def _separator(lines: Sequence[str]) -> str:
    best, score = "", (0.0, 0)
    for separator in SEPARATORS:
        fields, share = _usual_fields(lines, separator)
        if fields > 1 and (share, fields) > score:
            best, score = separator, (share, fields)
    first = next((line for line in lines if line.strip()), "")
    in_first = max(SEPARATORS, key=first.count)
    if score[0] <= 0.5 and first.count(in_first):
        # lines that differ say less than the header
        return in_first
    if best:
        return best
    return "spaces" if len(first.split()) > 1 else ","
