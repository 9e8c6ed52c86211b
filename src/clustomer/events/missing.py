"""What counts as nothing, and ids of customers as text."""

from collections.abc import Sequence

from clustomer.engines import literal

_MISSING = ("", "null", "nan", "none", "nat", "\\n", "<na>")


def present_expression(column: str, kind: str, more: Sequence[str] = ()) -> str:
    """Return DuckDB SQL of a column as trimmed text, NULL where it says that there is nothing."""
    text = f"TRIM(CAST({column} AS VARCHAR))" if kind != "VARCHAR" else f"TRIM({column})"
    words = (*_MISSING, *(word.strip().lower() for word in more))
    # a long IN is a join for DuckDB, which is over all rows even where few are asked
    missing = " ".join(f"WHEN {literal(word).sql('duckdb')} THEN NULL" for word in words)
    slow = f"CASE LOWER({text}) {missing} ELSE {text} END"
    if kind != "VARCHAR":
        return slow
    # most values are longer than any word for "nothing", or begin with another letter
    letters = sorted(
        {ord(letter) for word in words if word for letter in (word[0] + word[0].upper())}
    )
    begins = " OR ".join(f"UNICODE({column}) = {letter}" for letter in letters)
    longest = max(map(len, words))
    plain = (
        f"(LENGTH({column}) > {longest} OR NOT ({begins} OR {column} = '')) "
        f"AND NOT STARTS_WITH({column}, ' ') AND NOT ENDS_WITH({column}, ' ')"
    )
    return f"CASE WHEN {plain} THEN {column} ELSE {slow} END"


def customer_expression(column: str) -> str:
    """Return DuckDB SQL for a customer's id as text, from a column of text."""
    # 17850.0 is what a float column makes of customer 17850
    whole = f"REGEXP_REPLACE({column}, '^(-?[0-9]+)\\.0+$', '\\1')"
    return f"CASE WHEN {column} LIKE '%.0' THEN {whole} ELSE {column} END"
