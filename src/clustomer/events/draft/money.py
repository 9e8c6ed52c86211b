"""Money in a draft: whether amounts below 0 are refunds, and what is worth saying of them."""

from clustomer.engines import DuckDB, quoted
from clustomer.events.reading import AmountReading, sql_text
from clustomer.events.schema import EventSchema
from clustomer.events.sources import Source

MAX_NEGATIVE_SHARE = 0.5
"""Where more of the amounts are below 0 they are no refunds, and a person must say what."""

_BELOW_0 = r"[^0-9]*[-−][^-]*[0-9].*|.*[0-9]\s*[-−]\s*|\(.*[0-9].*\)"


def has_negative_amounts(engine: DuckDB, source: Source, schema: EventSchema) -> bool:
    """Whether some amounts or quantities of a source are below 0, so that they are refunds."""
    columns = [
        path
        for ours in ("price", "quantity")
        for path in schema.paths.get(ours, ())
        if path in source.columns
    ]
    for column in columns:
        text = f"TRIM(CAST({quoted(column)} AS VARCHAR))"
        with source.opened():
            below, filled = engine.rows(
                f"SELECT COUNT(*) FILTER (WHERE REGEXP_FULL_MATCH({text}, {sql_text(_BELOW_0)})), "
                f"COUNT(*) FILTER (WHERE {text} <> '') FROM {source.reading([column])}",
                source.parameters,
            )[0]
        if 0 < below <= MAX_NEGATIVE_SHARE * filled:
            return True
    return False


def is_said(amounts: AmountReading) -> bool:
    """Whether a draft writes down what amounts are of: not where nothing tells yet."""
    return amounts.sample is not None
