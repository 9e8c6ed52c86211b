"""The facts of a version are computed again from its files, by the queries stored with them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from test_facts import CLEANING, CUSTOMERS, HAND_COMPUTED, SEGMENTS, TABLES, fact, moments

from clustomer.errors import InputError
from clustomer.insights import Facts, Mismatch, verify_facts


def facts() -> Facts:
    ratio = {"table": "facts", "key": "people.0 people.1", "column": "value"}
    return Facts(
        [
            *(
                fact(f"people.{i}", value, key=key, column=column, aggregate=aggregate)
                for i, (key, column, aggregate, value) in enumerate(HAND_COMPUTED)
            ),
            fact("kept", 96, table="cleaning", key="action=kept", column="rows"),
            fact("derived", 0.8, **ratio, aggregate="ratio"),
            fact("per", 800.0, table="facts", key="derived", column="value", aggregate="per_1000"),
            *moments(),
        ]
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pq.write_table(CUSTOMERS, tmp_path / "customers.parquet")
    pq.write_table(SEGMENTS, tmp_path / "segments.parquet")
    pa_csv.write_csv(CLEANING, tmp_path / "cleaning.csv")
    (tmp_path / "run.json").write_text(json.dumps(TABLES["run"]), encoding="utf-8")
    (tmp_path / "facts.json").write_text(facts().to_json(), encoding="utf-8")
    return tmp_path


def change(folder: Path, edit: Callable[[list[dict[str, Any]]], None]) -> None:
    path = folder / "facts.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    edit(document["facts"])
    path.write_text(json.dumps(document), encoding="utf-8")


def test_the_facts_of_a_folder_are_confirmed(folder: Path) -> None:
    assert verify_facts(folder) == ()


def test_each_stored_query_gives_its_fact_where_it_is_pasted(folder: Path) -> None:
    entries = json.loads((folder / "facts.json").read_text(encoding="utf-8"))["facts"]
    with duckdb.connect() as connection:
        connection.execute(f"SET file_search_path = '{folder}'")
        for entry in entries:
            [(value,)] = connection.execute(entry["sql"]).fetchall()
            expected = entry["value"]
            assert value == (
                pytest.approx(expected) if isinstance(expected, float) else expected
            ), entry["sql"]


def test_any_changed_value_is_found(folder: Path) -> None:
    for name, other in (("people.0", 5), ("kept", 69), ("per", 800.01), ("day", "2019-10-13")):
        (folder / "facts.json").write_text(facts().to_json(), encoding="utf-8")

        def edit(entries: list[dict[str, Any]], name: str = name, other: object = other) -> None:
            next(entry for entry in entries if entry["id"] == name)["value"] = other

        change(folder, edit)
        [mismatch] = verify_facts(folder)
        assert (mismatch.id, mismatch.stated) == (name, other)
        assert mismatch.recomputed == pytest.approx(facts()[name].value)


def test_a_changed_file_changes_what_comes_from_it(folder: Path) -> None:
    path = folder / "cleaning.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("90", "80"), encoding="utf-8")
    assert verify_facts(folder) == (Mismatch("kept", 96, 86),)


def test_a_changed_query_is_told_and_never_run(folder: Path) -> None:
    target = folder / "written.csv"
    hostile = f"COPY (SELECT 4) TO '{target}'"
    change(folder, lambda entries: entries[0].update(sql=hostile))
    [mismatch] = verify_facts(folder)
    assert (mismatch.id, mismatch.stated) == ("people.0", hostile)
    assert "COUNT(*)" in str(mismatch.recomputed)
    assert not target.exists()


def test_names_of_columns_and_keys_are_never_read_as_sql(folder: Path) -> None:
    drop = "S1' OR TRUE --"
    hostile = fact("x", 0, key=drop, column="user_id", aggregate="count")
    (folder / "facts.json").write_text(Facts([hostile]).to_json(), encoding="utf-8")
    assert verify_facts(folder) == ()
    column = fact("x", 0, column='orders") FROM x --')
    (folder / "facts.json").write_text(Facts([column]).to_json(), encoding="utf-8")
    with pytest.raises(InputError, match="has no column"):
        verify_facts(folder)


@pytest.mark.parametrize("name", ["facts.json", "cleaning.csv", "customers.parquet", "run.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        verify_facts(folder)


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"table": "customers"},
        {"table": "nowhere", "key": "", "column": "x", "aggregate": "value"},
        {"table": "customers", "key": "S1", "column": "orders", "aggregate": "share_at_least()"},
        {"table": "customers", "key": "S1", "column": "orders", "aggregate": "share_at_least(x)"},
        {"table": "customers", "key": "S1", "column": "orders", "aggregate": "top_share(1e999)"},
        {"table": "customers", "key": "S1", "column": "user_id", "aggregate": "mean"},
        {"table": "facts", "key": "x", "column": "value", "aggregate": "per_1000"},
        {"table": "facts", "key": "", "column": "value", "aggregate": "ratio"},
    ],
)
def test_a_source_that_makes_no_sense_is_refused(folder: Path, source: dict[str, str]) -> None:
    change(folder, lambda entries: entries[0].update(id="x", source=source))
    with pytest.raises(InputError):
        verify_facts(folder)


def test_a_place_that_is_not_in_a_document_is_a_mismatch(folder: Path) -> None:
    gone = fact("x", 1, table="run", key="settings", column="nothing", aggregate="value")
    (folder / "facts.json").write_text(Facts([gone]).to_json(), encoding="utf-8")
    assert verify_facts(folder) == (Mismatch("x", 1, None),)


def test_facts_stored_before_they_had_queries_are_read(folder: Path) -> None:
    value = {"table": "run", "key": "", "aggregate": "value"}
    old = [
        fact("run.margin", 0.25, "share", **value, column="margin"),
        fact("run.source", "{not.one} & co", "text", **value, column="source"),
        fact("run.start", "2019-10-01 02:01", "text", **value, column="start"),
        fact("run.window_days", 30.5 - 71 / 86400, "days", **value, column="window_days"),
    ]
    entries = [
        {
            "id": item.id,
            "value": item.value,
            "unit": item.unit,
            "decimals": 0,
            "segment_id": None,
            "source": dict(item.source),
        }
        for item in old
    ]
    document = {"schema_version": 1, "currency": None, "facts": entries}
    (folder / "facts.json").write_text(json.dumps(document), encoding="utf-8")
    assert verify_facts(folder) == ()
