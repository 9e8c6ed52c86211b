"""Printable text: what comes from data or from names of files is shown, and never sent."""

import re

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""Return a text in which nothing controls a terminal; tabs and line breaks stay.

    >>> print(printable("\x1b[31mred\u202e"))
    \x1b[31mred\u202e
    """
    return _CONTROL.sub(lambda match: _escape(ord(match[0])), text)


def printable_json(text: str) -> str:
    r"""Return JSON that means the same, in which nothing controls a terminal.

    >>> print(printable_json('"\x9b31m"'))
    "\u009b31m"
    """
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _escape(code: int) -> str:
    if 0xDC80 <= code <= 0xDCFF:
        # a byte of a file's name that is no text
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
