"""Facts computed again, by the SQL of their sources, from the files of a version."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlglot import exp

from clustomer.engines import DuckDB
from clustomer.engines.dialect import literal
from clustomer.errors import InputError, did_you_mean, first_line
from clustomer.insights.facts.collection import Facts
from clustomer.insights.facts.fact import Fact, Mismatch, Value
from clustomer.insights.facts.sources import (
    FILES,
    PEOPLE,
    Query,
    conditions_of,
    derived,
    fact_query,
    file_of,
    parts_of,
    source_query,
)
from clustomer.segments.matrix.customer_matrix import customer_table

RELATIVE_TOLERANCE = 1e-9
_READERS = {".parquet": "READ_PARQUET", ".csv": "READ_CSV", ".json": "READ_TEXT"}
_AT_ONCE = 200
"""So many values are asked for in one query."""


def verify_facts(folder: str | os.PathLike[str]) -> tuple[Mismatch, ...]:
    """Compute every fact of a version again from its files; return those that do not come out.

    `folder` is that of a version: `results.path`. What a fact says of its source decides, not
    its stored query, which is compared and never run. Numbers must agree to 1e-9 of their size
    (or of 1, where they are smaller).

    Where a JSON file does not have what a source names, `recomputed` is None. Raises InputError
    where `facts.json`, or a file, column or row that a fact comes from, is missing.
    """
    folder = Path(folder)
    try:
        text = (folder / "facts.json").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The facts of {folder} cannot be read ({error}); a version with its `facts.json` was "
            "expected. Name the folder of a version, or run the segmentation again."
        ) from error
    facts = Facts.from_json(text)
    with DuckDB() as engine:
        for name in _tables_of(facts):
            _open(folder / file_of(name), file_of(name), engine)
        wrong = mismatches(facts, engine)
    return (*wrong, *_other_queries(facts, json.loads(text)["facts"]))


def verify_tables(facts: Facts, tables: Mapping[str, Any]) -> tuple[Mismatch, ...]:
    """Do the same over tables in memory, by the names that sources have for them.

    Customers, segments, attributes and what stands in CSV files are tables (anything with
    `__arrow_c_stream__`), what stands in JSON files are mappings.
    """
    with DuckDB() as engine:
        register_tables(tables, engine)
        return mismatches(facts, engine)


def register_tables(tables: Mapping[str, Any], engine: DuckDB) -> None:
    """Let queries read tables in memory under the names of their files."""
    for name, content in tables.items():
        file = FILES.get(name, f"{name}.parquet")
        if file.endswith(".json"):
            content = pa.table({"content": [json.dumps(content)]})
        elif name in ("customers", "segments"):
            content = customer_table(content)
        engine.register(file, content)


def mismatches(facts: Facts, engine: DuckDB) -> tuple[Mismatch, ...]:
    """Compare facts with what an engine that holds the files computes of their sources."""
    values = recompute(facts, engine)
    return tuple(
        Mismatch(fact.id, fact.value, values[fact.id])
        for fact in facts.values()
        if not _same(fact.value, values[fact.id])
    )


def recompute(facts: Facts, engine: DuckDB) -> dict[str, Value]:
    """Return the value of every fact, as the sources say.

    Values over the same rows are asked for in one query. A figure made of others is made of
    these as they were computed, never as they are stated.
    """
    try:
        return _recomputed(facts, engine)
    except engine.errors as error:
        raise InputError(
            f"The facts cannot be computed again: {first_line(error)} Name the folder of a whole "
            "version, with the facts of the same run."
        ) from error


def _recomputed(facts: Facts, engine: DuckDB) -> dict[str, Value]:
    tables = _tables_of(facts)
    for name in tables:
        _check(name, facts, engine)
    if "customers" in tables:
        _check_customers(engine)
    groups: dict[tuple[str, ...], list[tuple[str, Query]]] = {}
    for fact in facts.values():
        if fact.source["table"] != "facts":
            query = source_query(fact.source, fact.unit)
            groups.setdefault(query.over, []).append((fact.id, query))
    values: dict[str, Value] = {}
    for group in groups.values():
        for start in range(0, len(group), _AT_ONCE):
            values.update(_asked(group[start : start + _AT_ONCE], engine))

    for fact in facts.values():
        _derive(fact, facts, values, engine)
    return values


def _derive(
    fact: Fact,
    facts: Facts,
    values: dict[str, Value],
    engine: DuckDB,
    users: tuple[str, ...] = (),
) -> Value:
    if fact.id not in values:
        parts = [
            _derive(part, facts, values, engine, (*users, fact.id))
            for part in parts_of(fact, facts, users)
        ]
        query = derived(fact.source["aggregate"], [exp.Placeholder() for _ in parts])
        ((values[fact.id],),) = engine.rows(query.sql("duckdb"), parts)
    return values[fact.id]


def _asked(group: list[tuple[str, Query]], engine: DuckDB) -> Iterator[tuple[str, Value]]:
    """Ask for several values over the same rows, of which there must be one, or an aggregate."""
    rows = group[0][1].rows
    values = rows.copy().select(*(query.value for _, query in group), copy=False)
    answers = engine.rows(_opened(values).sql("duckdb", copy=False))
    if len(answers) != 1:
        raise InputError(
            f"`{rows.sql('duckdb')}` gives {len(answers)} rows, which is no single value. Read the "
            "facts with the files of the same run."
        )
    return zip((fact_id for fact_id, _ in group), answers[0], strict=True)


def _opened(query: exp.Select) -> exp.Select:
    """Read a JSON file from where it was opened."""
    for node in query.args["from_"].find_all(exp.Anonymous):
        if node.name == "READ_TEXT":
            node.replace(exp.table_(exp.to_identifier(node.expressions[0].name, quoted=True)))
    return query


def _same(stated: Value, again: Value) -> bool:
    if stated is None or again is None or isinstance(stated, str) or isinstance(again, str):
        return stated == again
    return abs(stated - again) <= RELATIVE_TOLERANCE * max(1.0, abs(stated), abs(again))


def _other_queries(facts: Facts, entries: Iterable[Mapping[str, Any]]) -> Iterator[Mismatch]:
    """Yield the facts whose stored query is not that of their source."""
    for entry in entries:
        if "sql" in entry:
            query = fact_query(facts[entry["id"]], facts)
            if entry["sql"] != query:
                yield Mismatch(entry["id"], entry["sql"], query)


def _tables_of(facts: Facts) -> list[str]:
    """Return the tables that facts come from; customers are told apart by their segments."""
    for fact in facts.values():
        if not {"table", "key", "column", "aggregate"} <= set(fact.source):
            raise InputError(
                f"The source of the fact `{fact.id}` lacks one of table, key, column and "
                "aggregate. Run the segmentation again to write the facts anew."
            )
    names = {fact.source["table"] for fact in facts.values()} - {"facts"}
    if names & PEOPLE:
        names.add("segments")
    for name in names:
        file_of(name)
    return sorted(names)


def _open(path: Path, name: str, engine: DuckDB) -> None:
    """Let queries read a file under its name within the version."""
    if not path.is_file():
        raise InputError(
            f"There is no {path}, which facts come from. Name the folder of a whole version, or "
            "run the segmentation again."
        )
    rows = exp.Anonymous(this=_READERS[path.suffix], expressions=[literal(str(path.absolute()))])
    view = exp.to_identifier(name, quoted=True).sql("duckdb")
    try:
        engine.execute(f"CREATE VIEW {view} AS {exp.select('*').from_(rows).sql('duckdb')}")
    except engine.errors as error:
        raise InputError(
            f"{path} cannot be read: {first_line(error)} Name the folder of a whole version, or "
            "run the segmentation again."
        ) from error


def _check(name: str, facts: Facts, engine: DuckDB) -> None:
    """Raise InputError where a table, or a column that facts come from, is not there."""
    file = file_of(name)
    columns = _columns(file, engine)
    if columns is None:
        raise InputError(f"There is no `{file}` to compute facts from again.")
    if file.endswith(".json"):
        return
    for fact in facts.values():
        if fact.source["table"] != name:
            continue
        filtered = [column for column, wanted in conditions_of(fact.source["key"]) if wanted]
        for column in (fact.source["column"], *filtered):
            if column not in columns:
                raise InputError(
                    f"`{file}` has no column `{column}`. {did_you_mean(column, columns)}"
                )


def _columns(file: str, engine: DuckDB) -> list[str] | None:
    query = "SELECT column_name FROM duckdb_columns() WHERE table_name = ?"
    return [name for (name,) in engine.rows(query, [file])] or None


def _check_customers(engine: DuckDB) -> None:
    """Raise InputError where customers and segments are not of the same people, once each."""
    counts = (
        exp.select("COUNT(c.user_id)", "COUNT(s.user_id)", "COUNT(*)")
        .from_(exp.table_(exp.to_identifier(FILES["customers"], quoted=True), alias="c"))
        .join(
            exp.table_(exp.to_identifier(FILES["segments"], quoted=True), alias="s"),
            using="user_id",
            join_type="full",
        )
    )
    ((customers, labelled, people),) = engine.rows(counts.sql("duckdb"))
    if not customers == labelled == people:
        raise InputError(
            f"The customer table has {customers:,} customers and the table of segments "
            f"{labelled:,}, and they are not the same ones; each customer needs one segment. "
            "Segment this customer table again."
        )
