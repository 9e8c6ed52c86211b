"""Legacy encodings: which one text has that is no UTF-8, by what its letters would be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clustomer.errors import AmbiguousError

WESTERN = "cp1252"
MACINTOSH = "mac_roman"
NAMES = {
    "mac_roman": "macintosh",
    "cp1250": "windows-1250",
    "cp1251": "windows-1251",
    "cp1252": "windows-1252",
    "cp1253": "windows-1253",
    "cp1254": "windows-1254",
    "cp1255": "windows-1255",
    "cp1256": "windows-1256",
    "koi8_r": "koi8-r",
    "cp850": "cp850",
    "cp932": "shift_jis",
    "euc_jis_2004": "euc-jp",
    "gb18030": "gb18030",
    "big5": "big5",
    "cp949": "euc-kr",
}
"""Encodings that shops' files have, by Python's names, as a schema writes them."""

_APART = re.compile(rb"[,;\t\" \r\n]+")
# none of these bytes is a part of a letter of two bytes

_UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_LETTERS = re.compile(r"[^\W\d_a-zA-Z]")

MAX_SAMPLE = 32_768
CLEARER = 0.1
"""By so much another encoding must read more like a language than Windows-1252 does."""

CLEANER = 0.03
"""By so much less like a mess, where no language is recognised."""

# Windows-1252 has signs where Central European letters are, and nobody writes them in words
_SIGNS_IN_WORDS = re.compile(r"[^\W\d_][³¿¹¶£¥¼¾¯ªº][^\W\d_]|œæ|[a-z]Ÿ")
_CENTRAL_LETTERS = re.compile("[šžŠŽ]")
_ICELANDIC_LETTERS = re.compile("[þðÞÐ]")
_CAPITALS_INSIDE = re.compile(r"[a-zà-öø-ÿ][À-ÖØ-ÞŠŽŁŚŹŻĄĆĘŃČŘ]\b")


@dataclass(frozen=True)
class _Reading:
    encoding: str
    text: str
    mess: float
    language: float


def legacy_encoding(lines: Sequence[bytes], label: str) -> str:
    """Return Python's name of the encoding of lines that are no UTF-8.

    Windows-1252, and Latin-1 for the few bytes that it does not have, unless the text reads
    clearly better in another one.

    Parameters
    ----------
    lines : sequence of bytes
        Lines with letters that are not ASCII.
    label : str
        The source, in messages.

    Raises
    ------
    AmbiguousError
        If it is not Western, and it cannot be told which other encoding it has.

    >>> legacy_encoding(["Jürgen;Straße;Café".encode("cp1252")], "log.csv")
    'cp1252'
    >>> legacy_encoding(["Номер заказа;Клиент;Дата;Товар;Цена".encode("cp1251")], "log.csv")
    'cp1251'
    """
    # dates and numbers say nothing, and make it look like no language
    words = list(
        dict.fromkeys(word for line in lines for word in _APART.split(line) if not word.isascii())
    )
    # a byte that Windows-1252 does not have may be a slip in a few words
    plain = [word for word in words if not _UNDEFINED.search(word)]
    words = plain if 3 * len(plain) >= 2 * len(words) else words
    sample = b" ".join(words)[:MAX_SAMPLE]
    if _decodes(sample, WESTERN) and not _LETTERS.search(sample.decode(WESTERN)):
        # signs alone, such as £, say nothing
        return WESTERN
    if _is_of_macintosh(words):
        return MACINTOSH
    readings = _readings(sample)
    western = next((reading for reading in readings if reading.encoding == WESTERN), None)
    others = [reading for reading in readings if reading.encoding != WESTERN]
    if western is not None:
        others = [reading for reading in others if _reads_better(reading, western)]
    if not others and _odd_share(words) >= MIN_ODD:
        raise AmbiguousError(
            f"{label} is text, but not in UTF-8, and its letters are odd in Windows-1252.",
            "encoding",
            {
                NAMES[name]: _shown(sample.decode(name, "replace"))
                for name in (WESTERN, MACINTOSH, "cp850", "cp1250")
            },
        )
    if not others:
        return WESTERN if western is not None or _decodes(sample, WESTERN) else "iso8859-1"
    best = others[0]
    rivals = [
        reading
        for reading in others
        if reading.text != best.text
        and reading.mess < best.mess + CLEANER
        and reading.language > best.language - CLEARER
    ]
    if best.encoding == "cp1254" and western is not None:
        # Turkish letters are Icelandic ones in Windows-1252
        rivals.append(western)
    if rivals:
        choices = [best, *rivals, *([western] if western is not None else [])]
        raise AmbiguousError(
            f"{label} is text, but neither in UTF-8 nor in a Western encoding, and its letters do "
            "not tell which other one it has.",
            "encoding",
            {NAMES[reading.encoding]: _shown(reading.text) for reading in choices},
        )
    return best.encoding


# letters of Macintosh that are signs or capitals amid a word in Windows-1252
_ODD = re.compile(r"[^\W\d_][ŠŽŸŒ](?![A-ZÀ-ÞŠŽŸŒ])|[^\W\d_][§‡†‰ˆ‹›¿¾\ufffd]")
_CAPITAL_AMID = re.compile(r"[a-zà-öø-ÿœ][A-ZÀ-ÖØ-ÞŒŸ]|[^\W\d_][À-ÖØ-ÞŒŸ][a-zà-öø-ÿœ]")
MIN_ODD = 1 / 3
"""Where at least this share of the words is odd in Windows-1252, it is hardly that."""


def _is_of_macintosh(words: Sequence[bytes]) -> bool:
    """Whether words are all letters where a Macintosh wrote them, and often odd otherwise.

    >>> _is_of_macintosh([word.encode("mac_roman") for word in ("Müller", "José", "Zoë")])
    True
    >>> _is_of_macintosh([word.encode("cp1252") for word in ("Müller", "José", "Levi’s")])
    False
    """
    for word in words:
        text = word.decode(MACINTOSH)
        if not all(c.isascii() or c.isalpha() for c in text) or _CAPITAL_AMID.search(text):
            return False
    return _odd_share(words) >= MIN_ODD


def _odd_share(words: Sequence[bytes]) -> float:
    """Return the share of words that are odd in Windows-1252."""
    odd = sum(_ODD.search(word.decode(WESTERN, "replace")) is not None for word in words)
    return odd / max(len(words), 1)


def _readings(sample: bytes) -> list[_Reading]:
    """Return how a sample reads in the encodings in which it can be read, the best first."""
    import charset_normalizer

    isolated = [name for name in NAMES if name != MACINTOSH]
    matches = charset_normalizer.from_bytes(sample, cp_isolation=isolated, enable_fallback=False)
    # encodings that read a sample as the same text are one match
    readings = [
        _Reading(encoding, str(match), match.chaos, match.coherence)
        for match in matches
        for encoding in sorted(match.could_be_from_charset, key=lambda name: name != WESTERN)
        if encoding in NAMES
    ]
    return sorted(readings, key=lambda reading: reading.mess - reading.language)


def _reads_better(reading: _Reading, western: _Reading) -> bool:
    """Whether text reads clearly better in another encoding than in Windows-1252."""
    if reading.text == western.text or _CAPITALS_INSIDE.search(reading.text):
        return False
    if reading.encoding == "cp1250":
        if _SIGNS_IN_WORDS.search(western.text):
            return True
        if _CENTRAL_LETTERS.search(western.text) and reading.language >= western.language - 0.01:
            return True
    if reading.encoding == "cp1254" and reading.language >= western.language - 0.01:
        return _ICELANDIC_LETTERS.search(western.text) is not None
    return (
        reading.language >= western.language + CLEARER and reading.mess <= western.mess + 0.01
    ) or (reading.mess <= western.mess - CLEANER and reading.language >= western.language)


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _shown(text: str) -> str:
    """Return the first words of a text that are not ASCII."""
    words = [word for word in re.split(r"[\s,;|\"]+", text) if not word.isascii()]
    return " ".join(words[:3])[:40]
