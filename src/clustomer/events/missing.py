"""What counts as nothing, ids of customers as text, and letters that look like others."""

import re
from collections.abc import Sequence

from clustomer.engines import literal

MISSING = (
    "", "null", "nan", "none", "nat", "\\n", "<na>", "na", "n/a", "#n/a", "#n/a n/a", "#na", "-nan",
    "-1.#ind", "-1.#qnan", "undefined", "(not set)", "(null)", "(none)",
    "<null>", "[null]", "-", "--",
)  # fmt: skip
"""Words that mean nothing, whatever the column: those of pandas, R, Excel and trackers."""

SPREADSHEET_ERRORS = (
    "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!", "#n/a!", "#spill!", "#calc!",
    "#wert!", "#bezug!", "#zahl!", "#valeur!", "#nom?", "#¡ref!", "#¡valor!", "#error!", "err:502",
)  # fmt: skip
"""What spreadsheets write for what they could not work out: nobody's id, and no amount."""

PLACEHOLDERS = (
    "guest", "guest user", "anonymous", "anonymous user", "anon", "unknown", "unregistered",
    "visitor", "customer", "user", "test", "testuser", "admin", "default", "other", "walk-in",
    "walkin", "cash", "cash customer", "0", "-1", "9999", "99999", "999999", "9999999",
    "00000000-0000-0000-0000-000000000000", "test@test.com", "test@example.com",
    "noemail@noemail.com", "no@email.com",
    # the same in the main European languages
    "walk-in customer", "walkin customer", "walk in customer", "cash sale", "retail customer",
    "pos customer", "point of sale", "no customer", "n.n.", "guest checkout", "counter sale",
    "laufkundschaft", "barkunde", "kassenkunde", "diverse", "divers", "client comptoir",
    "client anonyme", "consumidor final", "cliente final", "cliente generico", "cliente genérico",
    "publico en general", "público en general", "mostrador", "cliente occasionale", "banco",
    "klient detaliczny", "passant", "kassaklant", "розничный покупатель", "гость",
    "gast", "gastkunde", "laufkunde", "unbekannt", "barverkauf", "invité", "invite", "inconnu",
    "client de passage", "invitado", "desconocido", "ospite", "sconosciuto", "convidado",
    "desconhecido", "gość", "gosc", "nieznany", "gäst", "okänd", "onbekend", "host", "neznámý",
)  # fmt: skip
"""Ids that often stand for everyone who has none; a warning names them, and a person decides."""

_REST_OF = 46
"""By the rest of this division no digit, and of the letters next to none, looks like the first
letter of a word for nothing; with 32, every id that begins with a 5 did."""


def present_expression(column: str, kind: str, more: Sequence[str] = ()) -> str:
    """Return DuckDB SQL of a column as trimmed text, NULL where it says that there is nothing."""
    text = f"TRIM(CAST({column} AS VARCHAR))" if kind != "VARCHAR" else f"TRIM({column})"
    words = [word for word in (*MISSING, *(word.strip().lower() for word in more)) if word]
    pattern = literal("(?i)" + "|".join(map(re.escape, words))).sql("duckdb")
    longest = max(map(len, words))
    slow = (
        f"CASE WHEN {text} = '' OR (LENGTH({text}) <= {longest} AND "
        f"REGEXP_FULL_MATCH({text}, {pattern})) THEN NULL ELSE {text} END"
    )
    if kind != "VARCHAR":
        return slow
    # most values are told apart by their first letter; nothing has the number -1, and what is
    # beyond the letters of English may be a space
    letters = {letter for word in words for letter in (word[0], word[0].upper(), " ")}
    bits = sum(1 << bit for bit in {(ord(letter) + 1) % _REST_OF for letter in letters} | {0})
    first = f"(LEAST(UNICODE({column}) + 1, {3 * _REST_OF}) % {_REST_OF})"
    return (
        f"CASE WHEN (({bits} >> {first}) & 1) = 0 "
        f"AND NOT ENDS_WITH({column}, ' ') THEN {column} ELSE {slow} END"
    )


def customer_expression(column: str) -> str:
    """Return DuckDB SQL for a customer's id as text, from a column of text."""
    # 17850.0 is what a float column makes of customer 17850, and 1e+05 what R makes of 100000
    without_decimals = f"REGEXP_REPLACE({column}, '^(-?[0-9]+)\\.0+$', '\\1')"
    in_full = f"CAST(TRY_CAST({column} AS HUGEINT) AS VARCHAR)"
    return (
        f"CASE WHEN {column} LIKE '%.0' THEN {without_decimals} WHEN {column} LIKE '_e+__' "
        f"THEN COALESCE({in_full}, {column}) ELSE {column} END"
    )


HELD = {"FLOAT": 2**24, "DOUBLE": 2**53}
"""From here on, two whole numbers may be one number of the type."""


def id_in_letters(column: str, kind: str) -> str:
    """Return DuckDB SQL for a decimal as an id, shortened where its type has lost digits."""
    return (
        f"CASE WHEN ABS({column}) >= {HELD[kind]} THEN FORMAT('{{:.5E}}', {column}) "
        f"ELSE CAST({column} AS VARCHAR) END"
    )


def in_small_letters(word: str) -> str:
    """Return DuckDB SQL for a word in small letters, as DuckDB writes those of a column.

    Python does not make the same of each letter: of the Turkish İ it makes two.
    """
    return f"LOWER({literal(word).sql('duckdb')})"


def is_shortened(column: str) -> str:
    """Return DuckDB SQL for whether digits of an id were left out, as in 4.91123E+11.

    Spreadsheets write numbers of 12 digits and more so, and databases those that a type of
    decimals cannot hold. The number has more digits than stand before the E.
    """
    some = "|".join(
        rf"[0-9][.,][0-9]{{1,{power - 1}}}[eE][+]{power:02d}" for power in range(2, _EXACT)
    )
    none = rf"[0-9][eE][+]1[1-{_EXACT % 10 - 1}]"
    many = rf"[0-9]([.,][0-9]+)?[eE][+](1[{_EXACT % 10}-9]|[2-9][0-9])"
    pattern = literal(f"{some}|{none}|{many}").sql("duckdb")
    return f"({column} LIKE '%+__' AND REGEXP_FULL_MATCH({column}, {pattern}))"


_EXACT = 16
"""Decimals hold whole numbers of so many digits, and none of more."""


_DIGITS = "0123456789"
_GIVEN = {
    "０１２３４５６７８９": _DIGITS,
    "٠١٢٣٤٥٦٧٨٩": _DIGITS,
    "۰۱۲۳۴۵۶۷۸۹": _DIGITS,
    "，．－＋￥／：　（）": ".,-+¥/: ()".replace(".,", ",."),
    "٫٬": ".,",
}
"""Digits and marks of full width, of Arabic and of Persian, and those of English."""

_NO_BREAK = "\u00a0\u202f\u2007"
_INVISIBLE = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad"
)
_HALVES = {"AM": "오전|上午|午前", "PM": "오후|下午|午後"}


def with_plain_digits(text: str) -> str:
    """Return DuckDB SQL for a text whose digits and marks are those of English.

    Marks that nobody sees are left out.
    """
    plain = _translated(
        text, "".join(_GIVEN) + _NO_BREAK + _INVISIBLE, "".join(_GIVEN.values()) + "   "
    )
    return _where_beyond_ascii(text, plain)


def with_plain_times(text: str) -> str:
    """Return DuckDB SQL for a text of a time with the digits and halves of the day of English."""
    plain = _translated(
        text, "".join(_GIVEN) + _NO_BREAK + _INVISIBLE, "".join(_GIVEN.values()) + "   "
    )
    for half, words in _HALVES.items():
        before = literal(rf"(?:{words}) ?(\d{{1,2}}:\d{{2}}(?::\d{{2}})?)").sql("duckdb")
        plain = f"REGEXP_REPLACE({plain}, {before}, '\\1 {half}')"
    for half, word in (("AM", "πμ|π\\.μ\\."), ("PM", "μμ|μ\\.μ\\.")):
        plain = f"REGEXP_REPLACE({plain}, '{word}', '{half}')"
    plain = _where_beyond_ascii(text, plain)
    # as .NET writes times into JSON
    ticks = f"REGEXP_EXTRACT({text}, '^/Date\\((-?\\d+)', 1)"
    return f"CASE WHEN {text} LIKE '/Date(%' THEN {ticks} ELSE {plain} END"


def without_invisible(text: str) -> str:
    """Return DuckDB SQL for a text without what nobody sees, and without spaces at its ends."""
    plain = f"TRIM({_translated(text, _NO_BREAK + _INVISIBLE, '   ')})"
    return _where_beyond_ascii(text, plain)


def _translated(text: str, letters: str, by: str) -> str:
    given, plain = literal(letters).sql("duckdb"), literal(by).sql("duckdb")
    return f"TRANSLATE({text}, {given}, {plain})"


def _where_beyond_ascii(text: str, plain: str) -> str:
    # nearly all texts have one byte for each letter
    return f"CASE WHEN STRLEN({text}) > LENGTH({text}) THEN {plain} ELSE {text} END"
