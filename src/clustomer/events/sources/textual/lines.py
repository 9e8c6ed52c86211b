"""Lines: one look over the bytes of a text file, independent of whatever parses it later."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

MAX_LINE_BYTES = 10_485_760
"""A longer line is no row."""

MAX_DEPTH = 64
"""A JSON line that is nested deeper is no row."""

SHOWN_BYTES = 10_000
"""So much of a broken line is kept."""

_BLOCK_BYTES = 1_048_576
_BLANK = b" \t\r"


@dataclass
class TextProfile:
    """What the bytes of a text file say.

    `lines` are those that are not empty; `half_quoted` those with an odd number of quotes, where
    a quoted text may go on in the next line; `repeated` says that the first line comes again, as
    where files were joined.
    """

    lines: int = 0
    newlines: int = 0
    returns: int = 0
    returns_before_newline: int = 0
    half_quoted: int = 0
    not_utf8: bool = False
    zeros: int = 0
    longest: int = 0
    deep: bool = False
    repeated: bool = False

    @property
    def one_kind_of_ending(self) -> bool:
        """Whether every line ends alike, by newline or by return and newline."""
        return self.returns == 0 or (self.returns == self.returns_before_newline == self.newlines)


def profile_of(path: Path, *, json: bool = False) -> TextProfile:
    """Look once over a text file.

    Parameters
    ----------
    path : Path
    json : bool, default False
        Whether lines are JSON, where nesting matters and quotes do not.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "log.csv"
    ...     _ = path.write_bytes(b'a,b\\n\\n1,"x\\ny"\\n')
    ...     profile = profile_of(path)
    >>> profile.lines, profile.newlines, profile.half_quoted
    (3, 4, 2)
    """
    profile = TextProfile()
    header = b""
    for block in _blocks(path):
        begin = 0
        if not profile.lines:
            header = block[: block.find(b"\n")].rstrip(b"\r")
            begin = len(header)
        _add(profile, block, json)
        if len(header) > 1 and not json and not profile.repeated:
            profile.repeated = _repeats(block, header, begin)
    return profile


def _blocks(path: Path) -> Iterator[bytes]:
    """Give the bytes in blocks that end with a line, but for lines that are far too long."""
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_BLOCK_BYTES):
            end = chunk.rfind(b"\n") + 1
            if end == 0 and len(rest) < MAX_LINE_BYTES:
                rest += chunk
                continue
            yield rest + chunk[:end]
            rest = chunk[end:]
    if rest:
        yield rest


def _add(profile: TextProfile, block: bytes, json: bool) -> None:
    values = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(values == 10)
    starts = np.concatenate(([0], ends + 1))
    if starts[-1] == len(block):
        starts = starts[:-1]
    lengths = np.diff(np.concatenate((starts, [len(block)])))
    profile.newlines += len(ends)
    profile.longest = max(profile.longest, int(lengths.max(initial=0)))
    blank = int((lengths[: len(ends)] == 1).sum())
    if b"\r" in block:
        before = int((values[ends[ends > 0] - 1] == 13).sum())
        profile.returns += block.count(b"\r")
        profile.returns_before_newline += before
        pairs = starts[: len(ends)][lengths[: len(ends)] == 2]
        blank += int((values[pairs] == 13).sum())
    profile.lines += len(starts) - blank
    if 0 in block:
        profile.zeros += block.count(0)
    if not profile.not_utf8 and not block.isascii():
        try:
            block.decode()
        except UnicodeDecodeError:
            profile.not_utf8 = True
    if json:
        profile.deep = profile.deep or _may_be_deep(values)
    elif b'"' in block:
        # an odd number stays odd where a byte overflows
        quotes = np.add.reduceat((values == 34).view(np.uint8), starts, dtype=np.uint8)
        profile.half_quoted += int((quotes & 1).sum())


_NESTING = np.zeros(256, np.int8)
_NESTING[list(b"[{")] = 1
_NESTING[list(b"]}")] = -1


def _may_be_deep(values: "np.ndarray") -> bool:
    depths = np.cumsum(_NESTING[values], dtype=np.int32)
    return bool(depths.max(initial=0) - min(0, int(depths.min(initial=0))) > MAX_DEPTH)


def _repeats(block: bytes, header: bytes, begin: int) -> bool:
    at = block.find(header, begin)
    while at >= 0:
        end = at + len(header)
        if (at == 0 or block[at - 1] in b"\r\n") and block[end : end + 1] in (b"", b"\r", b"\n"):
            return True
        at = block.find(header, end)
    return False


def lines_of(file: IO[bytes], *, by_return: bool = False) -> Iterator[bytes]:
    """Give the lines of a file without their ends; one that is far too long is cut.

    `by_return` says that a return alone ends a line, as on old Macintosh computers.
    """
    for line in _raw_lines(file):
        plain = line.rstrip(b"\n").rstrip(b"\r") if line.endswith(b"\n") else line.rstrip(b"\r")
        if by_return:
            yield from plain.split(b"\r")
        else:
            yield plain


def _raw_lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES):
        yield line
        while len(line) >= MAX_LINE_BYTES and not line.endswith(b"\n"):
            # the rest of it belongs to no row either
            line = file.readline(MAX_LINE_BYTES)


def is_blank(line: bytes) -> bool:
    """Whether a line holds nothing."""
    return not line.strip(_BLANK)


def is_deep(line: bytes) -> bool:
    """Whether a line of JSON is nested deeper than `MAX_DEPTH`."""
    if line.count(b"[") + line.count(b"{") <= MAX_DEPTH:
        return False
    depth = deepest = 0
    quoted = False
    skip = False
    for byte in line:
        if skip:
            skip = False
        elif quoted:
            skip = byte == 92
            quoted = byte != 34
        elif byte == 34:
            quoted = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest > MAX_DEPTH


def is_utf8(line: bytes) -> bool:
    """Whether bytes are UTF-8."""
    if line.isascii():
        return True
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
