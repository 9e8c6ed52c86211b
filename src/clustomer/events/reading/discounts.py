"""Discounts that a source has and no amount is less by, as far as is known."""

from clustomer.engines import DuckDB, quoted
from clustomer.events.draft.words import speaks_of_a_discount, words_in
from clustomer.events.presets import PRESETS
from clustomer.events.reading.plan import Readings
from clustomer.events.schema import EventSchema
from clustomer.events.sources import Source, is_nested
from clustomer.progress import counted

_EXPORTS = {schema.name for schema in PRESETS} - {"order-lines", "transactions", "rees46"}
"""Exports of named services, whose columns of amounts are known."""


def discounts_left(
    engine: DuckDB, source: Source, schema: EventSchema, readings: Readings
) -> str | None:
    """Return the warning that prices of pieces may be those before a discount, None for none.

    Of the exports of services it is known what their amounts are.
    """
    amounts = readings.amounts
    if amounts is None or amounts.of != "unit" or schema.name in _EXPORTS:
        return None
    taken = {path for paths in schema.paths.values() for path in paths}
    for column, kind in source.columns.items():
        if column in taken or is_nested(kind) or not speaks_of_a_discount(words_in(column)):
            continue
        text = f"CAST({quoted(column)} AS VARCHAR)"
        with source.opened():
            rows, sample = engine.rows(
                f"SELECT COUNT(*), MIN({text}) FROM {source.reading([column])} "
                f"WHERE REGEXP_MATCHES({text}, '[1-9]') AND REGEXP_MATCHES({text}, "
                r"'^[^A-Za-z]*[0-9][0-9.,]*[^A-Za-z]*$')",
                source.parameters,
            )[0]
        if rows:
            return (
                f"`{column}` has a discount in {counted(rows, 'row')}, such as {sample!r}, and no "
                f"amount is changed by it. If `{amounts.column}` is the price before it, revenue "
                'is too high: [columns] price = "..." names a column with what was paid, and '
                'price_is = "line" says that it is of all pieces. Where there is none, add one.'
            )
    return None
