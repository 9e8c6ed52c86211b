"""What counts as nothing, and ids of customers as text."""

from collections.abc import Sequence

from clustomer.engines import literal

MISSING = (
    "", "null", "nan", "none", "nat", "\\n", "<na>", "na", "n/a", "#n/a", "#n/a n/a", "#na", "-nan",
    "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "undefined", "(not set)", "(null)", "(none)",
    "<null>", "[null]", "-", "--",
)  # fmt: skip
"""Words that mean nothing, whatever the column: those of pandas, R, Excel and trackers."""

PLACEHOLDERS = (
    "guest", "guest user", "anonymous", "anonymous user", "anon", "unknown", "unregistered",
    "visitor", "customer", "user", "test", "testuser", "admin", "default", "other", "walk-in",
    "walkin", "cash", "cash customer", "0", "-1", "9999", "99999", "999999", "9999999",
    "00000000-0000-0000-0000-000000000000", "test@test.com", "test@example.com",
    "noemail@noemail.com", "no@email.com",
)  # fmt: skip
"""Ids that often stand for everyone who has none; a warning names them, and a person decides."""


def present_expression(column: str, kind: str, more: Sequence[str] = ()) -> str:
    """Return DuckDB SQL of a column as trimmed text, NULL where it says that there is nothing."""
    text = f"TRIM(CAST({column} AS VARCHAR))" if kind != "VARCHAR" else f"TRIM({column})"
    words = (*MISSING, *(word.strip().lower() for word in more))
    # a long IN is a join for DuckDB, which is over all rows even where few are asked
    missing = " ".join(f"WHEN {literal(word).sql('duckdb')} THEN NULL" for word in words)
    slow = f"CASE LOWER({text}) {missing} ELSE {text} END"
    if kind != "VARCHAR":
        return slow
    # most values begin with another letter than a word for "nothing", or are of another length
    suspect = " OR ".join(
        f"{_one_of(f'UNICODE({column})', letters)} AND {_one_of(f'LENGTH({column})', lengths)}"
        for letters, lengths in _beginnings(words)
    )
    plain = (
        f"NOT ({suspect} OR {column} = '') "
        f"AND NOT STARTS_WITH({column}, ' ') AND NOT ENDS_WITH({column}, ' ')"
    )
    return f"CASE WHEN {plain} THEN {column} ELSE {slow} END"


def _one_of(value: str, numbers: Sequence[int]) -> str:
    return "(" + " OR ".join(f"{value} = {number}" for number in numbers) + ")"


def _beginnings(words: Sequence[str]) -> list[tuple[list[int], list[int]]]:
    """Return letters that words begin with, as code points, and the lengths of those words."""
    lengths: dict[str, set[int]] = {}
    for word in words:
        if word:
            lengths.setdefault(word[0], set()).add(len(word))
    letters: dict[tuple[int, ...], set[int]] = {}
    for first, several in lengths.items():
        both = letters.setdefault(tuple(sorted(several)), set())
        both.update(ord(letter) for letter in first + first.upper())
    return [(sorted(both), list(several)) for several, both in sorted(letters.items())]


def customer_expression(column: str) -> str:
    """Return DuckDB SQL for a customer's id as text, from a column of text."""
    # 17850.0 is what a float column makes of customer 17850
    whole = f"REGEXP_REPLACE({column}, '^(-?[0-9]+)\\.0+$', '\\1')"
    return f"CASE WHEN {column} LIKE '%.0' THEN {whole} ELSE {column} END"
