"""Records: rows of separated text as a strict reader wants them, and the lines that are none.

A copy is written only where the file as it is would lose more than its broken lines: quoted text
that does not end, mixed line ends, lines above the header, headers that come again.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from clustomer.events.sources.textual.layout import fields_of
from clustomer.events.sources.textual.lines import (
    MAX_LINE_BYTES,
    SHOWN_BYTES,
    is_blank,
    is_utf8,
    lines_of,
)

MAX_LINES_OF_A_FIELD = 100
"""A quoted text over more lines than this is no text, but a quote too many."""


@dataclass
class Copied:
    """What became of the lines: `records` is the number of rows and broken lines."""

    records: int = 0
    broken: int = 0
    unclosed: list[int] = field(default_factory=list)
    """Line numbers at which a quoted text begins that does not end."""
    headers: int = 0


class RecordReader:
    """Gives the records of separated text, one after the other.

    Parameters
    ----------
    lines : iterator of bytes
        Without their ends.
    separator : bytes
    width : int
        How many fields a row has.
    """

    def __init__(self, lines: Iterator[bytes], separator: bytes, width: int) -> None:
        self._lines = lines
        self._ahead: list[bytes] = []
        self._separator = separator
        self._width = width
        sign = re.escape(separator)
        value = rb'(?: *"(?:[^"]|"")*+" *|(?! *")(?:(?!' + sign + rb").)*+)"
        self._record = re.compile(value + rb"(?:" + sign + value + rb")*+\Z", re.DOTALL)
        half = rb"(?:" + value + sign + rb')*+ *"(?:[^"]|"")*+\Z'
        self._half = re.compile(half, re.DOTALL)
        self.number = 0
        self.unclosed: list[int] = []

    def __iter__(self) -> Iterator[tuple[bytes, bool]]:
        """Give each record, and whether it is a row."""
        while (line := self._next()) is not None:
            if is_blank(line):
                continue
            if b'"' not in line or self._record.match(line):
                yield line, True
            elif self._half.match(line):
                yield self._over_lines(line)
            else:
                yield line, False

    def _next(self) -> bytes | None:
        line = self._ahead.pop(0) if self._ahead else next(self._lines, None)
        if line is None:
            return None
        self.number += 1
        if b"\r" not in line:
            return line
        parts = [part for part in line.split(b"\r") if not is_blank(part)]
        if parts and all(map(self._is_a_row, parts)):
            self._ahead = parts[1:] + self._ahead
            return parts[0]
        # a line break inside of a value
        return line.replace(b"\r", b" ")

    def _over_lines(self, line: bytes) -> tuple[bytes, bool]:
        """Follow a quoted text into the next lines, as far as it can go."""
        begin = self.number
        taken: list[bytes] = []
        joined = line
        complete = self._is_a_row(line)
        while len(taken) < MAX_LINES_OF_A_FIELD and len(joined) < MAX_LINE_BYTES:
            further = self._next()
            if further is None:
                break
            taken.append(further)
            joined += b"\n" + further
            if complete and len(taken) == 1 and self._is_a_row(further):
                break
            if b'"' not in further:
                continue
            if self._record.match(joined):
                return joined, True
            if not self._half.match(joined):
                break
        # the quote is one too many: it costs its own line, and the next ones are read
        self._ahead = taken + self._ahead
        self.number = begin
        self.unclosed.append(begin)
        return line, False

    def _is_a_row(self, line: bytes) -> bool:
        """Whether a line has the fields of a row, a quote that does not close taken as it is."""
        fields = fields_of(line.decode("latin-1"), self._separator.decode("latin-1"))
        return len(fields) == self._width


def copy_records(
    path: Path,
    out: IO[bytes],
    *,
    separator: str,
    width: int,
    header: bytes | None,
    above: int = 0,
    by_return: bool = False,
    on_broken: Callable[[bytes], None],
) -> Copied:
    """Write the rows of a text file, each with a newline, and hand over what is no row.

    Parameters
    ----------
    path : Path
        In UTF-8.
    out : binary file
    separator : str
    width : int
        How many fields a row has.
    header : bytes, optional
        The header line, which is not a record; where it comes again it is a broken line.
    above : int, default 0
        So many lines at the beginning are no records.
    by_return : bool, default False
        Whether a return alone ends a line.
    on_broken : callable
        Takes each line that is no row.
    """
    copied = Copied()
    with path.open("rb") as file:
        lines = lines_of(file, by_return=by_return)
        for _ in range(above):
            next(lines, None)
        reader = RecordReader(lines, separator.encode(), width)
        names = header
        for record, is_row in reader:
            record = record.removeprefix(b"\xef\xbb\xbf") if not copied.records else record
            if names is not None:
                out.write(names + b"\n")
                names = None
                continue
            if record == header:
                copied.headers += 1
                is_row = False
            copied.records += 1
            if is_row and is_utf8(record) and len(record) < MAX_LINE_BYTES:
                out.write(record + b"\n")
            else:
                copied.broken += 1
                on_broken(record[:SHOWN_BYTES])
        copied.unclosed = [number + above for number in reader.unclosed]
    return copied
