"""The map of ids: several ids, one customer."""

from typing import Any

from clustomer.engines import DuckDB, quoted
from clustomer.errors import InputError, did_you_mean
from clustomer.events.missing import customer_expression, present_expression
from clustomer.events.schema import EventSchema
from clustomer.events.sources import Source, open_source
from clustomer.progress import counted

_COLUMNS = ("id", "customer")


def load_id_map(engine: DuckDB, source: Any) -> None:
    """Read a map of ids into the table `customer_ids` (id, customer).

    Parameters
    ----------
    engine : DuckDB
    source : path, or any object with `__arrow_c_stream__`
        CSV, Parquet or another source, with the columns `id` and `customer`.
        An id that is its own customer changes nothing.

    Raises
    ------
    InputError
        If it cannot be read whole, says nothing of an id, gives two customers to
        one id, or maps the customer of an id again.
    """
    opened = open_source(engine, source)
    present = {name.lower(): name for name in opened.columns}
    for name in _COLUMNS:
        if name not in present:
            raise InputError(
                f"The map of ids {opened.label} has no column `{name}`. "
                f"{did_you_mean(name, opened.columns)} Expected two columns: `id`, as the events "
                "have it, and `customer`, the id that stands for it."
            )
    fields = ", ".join(
        f"{_id(quoted(present[name]), opened.columns[present[name]])} AS {name}"
        for name in _COLUMNS
    )
    try:
        with opened.opened():
            engine.execute(
                f"CREATE OR REPLACE TABLE customer_ids AS SELECT DISTINCT {fields} "
                f"FROM {opened.reading(present.values())}",
                opened.parameters,
            )
    except engine.errors as error:
        raise InputError(f"The map of ids {opened.label} cannot be read: {error}") from error
    _require_sound(engine, opened)


def _id(column: str, kind: str) -> str:
    # read as the events' own ids are
    return customer_expression(f"({present_expression(column, kind)})")


def _require_sound(engine: DuckDB, source: Source) -> None:
    label = f"The map of ids {source.label}"
    broken = engine.rows(source.rejects) if source.rejects else []
    if broken:
        raise InputError(
            f"{label} has {len(broken):,} lines that cannot be read, such as {broken[0][1]!r}. "
            "Expected an id and a customer on each line."
        )
    empty = engine.rows(
        "SELECT id, customer FROM customer_ids WHERE id IS NULL OR customer IS NULL ORDER BY ALL"
    )
    if empty:
        raise InputError(
            f"{label} has rows without an id or a customer, such as id {empty[0][0]!r}, customer "
            f"{empty[0][1]!r}. Fill or remove them."
        )
    two = engine.rows(
        "SELECT id, MIN(customer), MAX(customer) FROM customer_ids GROUP BY id "
        "HAVING COUNT(*) > 1 ORDER BY id"
    )
    if two:
        same, first, second = two[0]
        raise InputError(
            f"{label} gives two customers to {len(two):,} of its ids, such as {same!r}: {first!r} "
            f"and {second!r}. Keep one line for each id."
        )
    chains = engine.rows(
        "SELECT a.id, a.customer, b.customer FROM customer_ids a JOIN customer_ids b "
        "ON a.customer = b.id WHERE b.customer <> b.id AND a.id <> a.customer ORDER BY ALL"
    )
    if chains:
        first, second, third = chains[0]
        raise InputError(
            f"{label} has {len(chains):,} chains, such as {first!r} to {second!r} to {third!r}. "
            f"Map each id to its customer at once: {first!r} to {third!r}."
        )


def customers_with_two_ids(engine: DuckDB, source: Source, schema: EventSchema) -> str | None:
    """Say how many customers count as two: before and after they were known by another id.

    So it is where rows that lack the first id have a second one that other rows have beside it.
    """
    paths = schema.paths["user_id"]
    if len(paths) != 2 or any(path not in source.columns for path in paths):
        return None
    first, second = (
        f"CAST({present_expression(quoted(path), source.columns[path])} AS VARCHAR)"
        for path in paths
    )
    with source.opened():
        both, one = engine.rows(
            f"""SELECT COUNT(*), MIN(id) FROM (
                SELECT id FROM (
                    SELECT {first} AS known, {second} AS id FROM {source.reading(paths)}
                ) WHERE id IS NOT NULL GROUP BY id HAVING COUNT(known) BETWEEN 1 AND COUNT(*) - 1
            )""",
            source.parameters,
        )[0]
    if not both:
        return None
    return (
        f"{counted(both, 'customer')} {'counts' if both == 1 else 'count'} as two: `{paths[1]}` "
        f"has the same id, such as {one!r}, in rows without `{paths[0]}` and in rows with it. "
        f"--id-map joins them: a file with the columns `id` (`{paths[1]}`) and `customer` "
        f"(`{paths[0]}`)."
    )
