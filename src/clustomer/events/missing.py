"""What counts as nothing, and ids of customers as text."""

import re
from collections.abc import Sequence

from clustomer.engines import literal

MISSING = (
    "", "null", "nan", "none", "nat", "\\n", "<na>", "na", "n/a", "#n/a", "#n/a n/a", "#na", "-nan",
    "-1.#ind", "-1.#qnan", "undefined", "(not set)", "(null)", "(none)",
    "<null>", "[null]", "-", "--",
)  # fmt: skip
"""Words that mean nothing, whatever the column: those of pandas, R, Excel and trackers."""

PLACEHOLDERS = (
    "guest", "guest user", "anonymous", "anonymous user", "anon", "unknown", "unregistered",
    "visitor", "customer", "user", "test", "testuser", "admin", "default", "other", "walk-in",
    "walkin", "cash", "cash customer", "0", "-1", "9999", "99999", "999999", "9999999",
    "00000000-0000-0000-0000-000000000000", "test@test.com", "test@example.com",
    "noemail@noemail.com", "no@email.com",
    # the same in the main European languages
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
    # 17850.0 is what a float column makes of customer 17850
    without_decimals = f"REGEXP_REPLACE({column}, '^(-?[0-9]+)\\.0+$', '\\1')"
    return f"CASE WHEN {column} LIKE '%.0' THEN {without_decimals} ELSE {column} END"


def in_small_letters(word: str) -> str:
    """Return DuckDB SQL for a word in small letters, as DuckDB writes those of a column.

    Python does not make the same of each letter: of the Turkish İ it makes two.
    """
    return f"LOWER({literal(word).sql('duckdb')})"
