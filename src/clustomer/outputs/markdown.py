"""Text that stays text in Markdown, whatever it holds."""

import re

# An underscore inside a word means nothing, and names of files and columns are full of them.
_SPECIAL = re.compile(r"([\\`*\[\]<>|~$@]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9]))")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_BARE_LINK = re.compile(r"(?<=:)//|(?<=www)\.", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_LIST_NUMBER = re.compile(r"^(\d+)([.)])(?= |$)")


def escape_markdown(text: str) -> str:
    r"""Return text so that CommonMark and GitHub's tables show it as it is.

    Nothing in it opens a link, a heading, a list, emphasis, code, a table cell, mathematics or
    HTML; line breaks become spaces.

    >>> print(escape_markdown("a|b `c` <script>"))
    a\|b \`c\` \<script\>
    >>> print(escape_markdown("](javascript:x)"), escape_markdown("# no heading"))
    \](javascript:x) \# no heading
    >>> print(escape_markdown("1. no list"), escape_markdown("12,345 customers"))
    1\. no list 12,345 customers
    """
    text = " ".join(_CONTROL.sub(" ", text).split())
    text = _SPECIAL.sub(r"\\\1", text)
    text = _ENTITY.sub(r"\\&", text)
    text = _BARE_LINK.sub(lambda m: r"\." if m[0] == "." else r"\/\/", text)
    text = _LIST_NUMBER.sub(r"\1\\\2", text)
    return re.sub(r"^([#+=-])", r"\\\1", text)
