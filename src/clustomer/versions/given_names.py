"""Names of segments that a user gives: one visible line that is not another segment's."""

import unicodedata
from collections.abc import Mapping

from clustomer.errors import UsageError, did_you_mean

LONGEST_NAME = 60

# Format characters (Cf) include marks of direction, which rearrange the text around a name, and
# those of no width, with which two names look alike.
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def check_given_name(name: str, segment_id: str, names: Mapping[str, str]) -> str:
    """Return a name for a segment as it is stored: one line, single blanks.

    Parameters
    ----------
    name : as the user gave it.
    segment_id : the segment that is to have it.
    names : segment id to name, of all segments of the results.

    Raises
    ------
    UsageError
        If there is no such segment, or the name is empty, too long, cannot be seen, or is the
        name or the id of another segment.

    Examples
    --------
    >>> check_given_name("  Our   best ", "S1", {"S1": "Loyal buyers", "S2": "Lookers"})
    'Our best'
    >>> check_given_name("s2", "S1", {"S1": "Loyal buyers", "S2": "Lookers"})
    Traceback (most recent call last):
    ...
    clustomer.errors.UsageError: 's2' is the id of another segment. ...
    """
    if segment_id not in names:
        raise UsageError(
            f"There is no segment `{segment_id}` in these results. "
            + did_you_mean(segment_id, names)
        )
    if not is_seen(name):
        raise UsageError(
            f"The name {name!a} holds control characters, such as a line break, or "
            "characters that cannot be seen. Give a name of one line that can be read."
        )
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not any(unicodedata.category(character)[0] in "LNPS" for character in name):
        raise UsageError(
            f"The name is empty. Give segment {segment_id} a name of at least one character."
        )
    if len(name) > LONGEST_NAME:
        raise UsageError(
            f"The name has {len(name)} characters; at most {LONGEST_NAME} fit into tables and "
            "pictures. Give a shorter one."
        )
    for other, taken in names.items():
        if other == segment_id:
            continue
        if _alike(name) == _alike(taken):
            raise UsageError(
                f"Segment {other} is called {taken!r} already. Give each segment a name "
                "of its own, or rename that one first."
            )
        if _alike(name) == _alike(other):
            raise UsageError(
                f"{name!r} is the id of another segment. Give a name that cannot be taken for it."
            )
    return name


def is_seen(name: str) -> bool:
    r"""Return whether a name has no character that cannot be seen.

    >>> is_seen("Café ❤️"), is_seen("a\u200bb"), is_seen("a\nb"), is_seen("\u3164")
    (True, False, False, False)
    """
    return not any(
        unicodedata.category(character) in _UNSEEN or character in _BLANK for character in name
    )


def keeps_its_line(name: str) -> bool:
    r"""Return whether a name breaks no line and turns no text around, whatever else is in it.

    >>> keeps_its_line("a\u200db"), keeps_its_line("a\x1b[31m"), keeps_its_line("a\u202eb")
    (True, False, False)
    """
    return not any(
        unicodedata.category(character) in _BREAKING
        or unicodedata.bidirectional(character) in _TURNING
        for character in name
    )


def _alike(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
