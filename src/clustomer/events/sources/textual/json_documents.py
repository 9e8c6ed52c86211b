"""JSON documents: an array of objects, or objects over several lines, become one object a line."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import IO

from clustomer.engines import DuckDB
from clustomer.errors import InputError
from clustomer.events.sources.files import require_room

_CHUNK = 1_048_576
_MAX_WRAPPED_BYTES = 200_000_000
_MAX_OBJECT = 10_485_760
_WRAPPERS = {
    "charges",
    "customers",
    "data",
    "events",
    "hits",
    "list",
    "orders",
    "payments",
    "records",
    "results",
    "rows",
    "transactions",
    "value",
}
"""What services call the list of what was asked for."""

_BLANK = " \t\r\n\ufeff"


def is_document(path: Path) -> bool:
    """Whether a file of JSON is no JSON Lines: it begins with `[`, or an object goes on and on."""
    with path.open(encoding="utf-8", errors="replace") as text:
        head = text.read(_CHUNK).lstrip(_BLANK)
    if head.startswith("["):
        return True
    first, _, rest = head.partition("\n")
    if not rest.strip():
        return len(head) == _CHUNK or _list_in(first) is not None
    if _read_json(first) is not None:
        return False
    try:
        _, end = json.JSONDecoder().raw_decode(head)
    except ValueError:
        # an object longer than the head: its first line is no whole object
        return len(head) == _CHUNK and first.strip() == "{"
    except RecursionError:
        return False
    return "\n" in head[:end].strip()


def _read_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _list_in(document: str) -> tuple[str, list[str]] | None:
    """Return the name and the elements of the one list of objects that services answer with.

    Elements are as they are written: Python would lose a key that stands twice in one.
    """
    if not isinstance(_read_json(document.lstrip(_BLANK)), dict):
        return None
    lists = [
        (key, list(_values(StringIO(value), key)))
        for key, value in _members(document)
        if key.lower() in _WRAPPERS and value.startswith("[")
    ]
    lists = [
        (key, elements)
        for key, elements in lists
        if elements and all(element.startswith("{") for element in elements)
    ]
    return lists[0] if len(lists) == 1 else None


def _members(document: str) -> Iterator[tuple[str, str]]:
    """Give the keys of an object with their values, as they are written."""
    decoder = json.JSONDecoder()
    at = document.index("{") + 1
    while True:
        at = _next(document, at, _BLANK + ",")
        if document[at] == "}":
            return
        key, at = decoder.raw_decode(document, at)
        at = _next(document, at, _BLANK + ":")
        _, end = decoder.raw_decode(document, at)
        yield key, document[at:end]
        at = end


def _next(text: str, at: int, skipped: str) -> int:
    """Return the place of the next character that is none of some."""
    while text[at] in skipped:
        at += 1
    return at


def copy_documents(engine: DuckDB, path: Path, label: str) -> tuple[Path, int, str]:
    """Return a copy with one object a line, how many there are, and what was understood.

    Where a document is one object with a list of objects inside that is called as services call
    their answers (`data`, `orders`, ...), that list is meant.

    Raises
    ------
    InputError
        If a document is damaged or does not end.
    """
    require_room(engine.directory, path.stat().st_size, label, "is copied")
    folder = engine.directory / "documents"
    folder.mkdir(exist_ok=True)
    copy = folder / str(sum(1 for _ in folder.iterdir()))
    count = 0
    with (
        path.open(encoding="utf-8", errors="replace", newline="") as text,
        copy.open("w", encoding="utf-8", newline="\n") as out,
    ):
        for value in _values(text, label):
            out.write(value.replace("\r", " ").replace("\n", " ") + "\n")
            count += 1
    if count == 1 and copy.stat().st_size <= _MAX_WRAPPED_BYTES:
        wrapped = _list_in(copy.read_text(encoding="utf-8"))
        if wrapped is not None:
            key, lines = wrapped
            copy.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
            return copy, len(lines), f"the list `{key}` of one object"
    return copy, count, "an array of objects" if _is_array(path) else "objects over several lines"


def _is_array(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as text:
        return text.read(1_000).lstrip(_BLANK).startswith("[")


def _values(text: IO[str], label: str) -> Iterator[str]:
    """Give each value of a document, as it is written."""
    decoder = json.JSONDecoder()
    buffer, before = text.read(_CHUNK), 0
    at = len(buffer) - len(buffer.lstrip(_BLANK))
    in_array = buffer[at : at + 1] == "["
    closed = False
    at += in_array
    while True:
        while at < len(buffer) and (buffer[at] in _BLANK or buffer[at] == ","):
            at += 1
        if at == len(buffer):
            before += at
            buffer, at = text.read(_CHUNK), 0
            if not buffer:
                break
            continue
        if closed:
            raise InputError(f"{label} has more after the end of its array. Write one array only.")
        if in_array and buffer[at] == "]":
            closed = True
            at += 1
            continue
        value, end, more = _value(decoder, buffer, at, text)
        if more:
            before += at
            buffer, at = buffer[at:] + more, 0
        elif isinstance(value, Exception):
            raise InputError(
                f"{label} cannot be read as JSON from character {before + at:,} on: {value}. It "
                "may be truncated or damaged."
            ) from value
        else:
            yield buffer[at:end]
            at = end
    if in_array and not closed:
        raise InputError(f"{label} ends within its array. It may be truncated or damaged.")


def _value(
    decoder: json.JSONDecoder, buffer: str, at: int, text: IO[str]
) -> tuple[object, int, str]:
    """Return a value, where it ends, and more text where that is needed to tell."""
    try:
        value, end = decoder.raw_decode(buffer, at)
    except RecursionError as error:
        return error, at, ""
    except ValueError as error:
        size = len(buffer) - at
        return error, at, text.read(max(_CHUNK, size)) if size < _MAX_OBJECT else ""
    # a number could go on
    return value, end, text.read(_CHUNK) if end == len(buffer) else ""
