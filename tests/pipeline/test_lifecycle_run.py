"""Stages in a run: the file, the report, the facts, a log that is too short."""

import csv
import json
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clustomer import Lifecycle, Reason, Settings, StoredRun, rename, run
from clustomer.proofs import verify
from clustomer.simulate import simulate

SETTINGS = Settings(certificates=False, k=2, k_range=(2, 2))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lifecycle")
    simulate(folder / "shop.parquet", events=6_000, customers=300, random_state=3)
    run(folder / "shop.parquet", folder / "out", settings=SETTINGS)
    return folder / "out"


def test_the_report_counts_the_stages_of_the_file(results: Path) -> None:
    stored = StoredRun.open(results)
    table = pq.read_table(stored.path / "lifecycle.parquet")
    assert isinstance(stored.lifecycle, Lifecycle)
    assert stored.lifecycle.table.equals(table)
    of_customer = dict(zip(*(stored.segments[name].to_pylist() for name in _IDS), strict=True))
    counts = Counter(
        (of_customer[row["user_id"]], row["stage"].replace(" ", "_"))
        for row in table.select(["user_id", "stage"]).to_pylist()
    )
    for (segment, stage), count in counts.items():
        assert stored.facts[f"{segment}.lifecycle.{stage}"].value == count
    due = sum(table["due"].to_pylist())
    assert stored.facts["everyone.lifecycle.due"].value == due > 0
    last_day = stored.window.last_day
    past = sum(row["due"] and row["expected_on"] <= last_day for row in table.to_pylist())
    assert stored.facts["everyone.lifecycle.past_due"].value == past > 0
    assert stored.facts["everyone.lifecycle.due_soon"].value == due - past > 0
    report = (stored.path / "reports" / "business_insights.md").read_text(encoding="utf-8")
    assert "## Where customers stand" in report
    assert "**Where they stand**" in report
    assert f"{due - past} are due soon and {past} are past due." in report
    # a version from before the column says the same
    before = pq.read_table(stored.path / "lifecycle.parquet").drop_columns(["past_due"])
    place = stored.path / "lifecycle.parquet"
    kept = place.read_bytes()
    try:
        pq.write_table(before, place)
        assert StoredRun.open(results).lifecycle.table.equals(table)
    finally:
        place.write_bytes(kept)


_IDS = ("user_id", "segment_id")


def test_every_stage_is_proved_from_the_files_and_from_the_events(results: Path) -> None:
    verification = verify(results, deep=True)
    assert verification.holds, verification.differences
    # a changed stage is noticed
    stored = StoredRun.open(results)
    place = stored.path / "lifecycle.parquet"
    before, table = place.read_bytes(), pq.read_table(place)
    index = table.schema.get_field_index("stage")
    changed = table.set_column(index, "stage", pa.array(["lapsed"] * table.num_rows))
    try:
        pq.write_table(changed, place)
        places = {difference.place for difference in verify(results, deep=True).differences}
    finally:
        place.write_bytes(before)
    assert "everyone.lifecycle.lapsed" in places
    assert any(place.startswith("lifecycle.parquet: stage/") for place in places)


def test_costs_are_those_of_whom_the_list_marks_for_contact(results: Path) -> None:
    """Read the list as a marketer does, and count whom its marks leave to be contacted."""
    stored = StoredRun.open(results)
    with (stored.path / "segments.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    facts = stored.facts
    dealt = [key for key in {row["segment_id"] for row in rows} if f"{key}.own.contacted" in facts]
    assert dealt
    for key in dealt:
        members = [row for row in rows if row["segment_id"] == key]
        contacted = [row for row in members if row["test_group"] == "contact"]
        assert 0 < len(contacted) < len(members)
        assert facts[f"{key}.own.contacted"].value == len(contacted)
        assert facts[f"{key}.contact"].value == len(contacted) * 0.5
        late = [row for row in contacted if row["late"] == "true"]
        assert facts[f"{key}.own.late_contacted"].value == len(late)
        assert facts[f"{key}.late_contact"].value == len(late) * 0.5


def test_a_new_name_keeps_the_stages(results: Path) -> None:
    before = StoredRun.open(results)
    rename(results, before.manifest.segments[0].segment_id, "Our dearest")
    after = StoredRun.open(results)
    assert after.lifecycle.table.equals(before.lifecycle.table)
    assert after.facts["everyone.lifecycle.due"] == before.facts["everyone.lifecycle.due"]
    assert verify(results).holds


def test_a_short_log_says_why_there_are_no_stages(tmp_path: Path, log) -> None:
    rows = [
        {"user_id": f"u{n % 40}", "event_time": f"2024-01-{n % 9 + 1:02d}", "event_type": "view"}
        for n in range(200)
    ]
    run(log(*rows), tmp_path / "out", settings=SETTINGS)
    stored = StoredRun.open(tmp_path / "out")
    assert isinstance(stored.lifecycle, Reason)
    assert not (stored.path / "lifecycle.parquet").exists()
    report = (stored.path / "reports" / "business_insights.md").read_text(encoding="utf-8")
    assert "The log covers 9 days. In less than 28 days nobody has had the time" in report
    assert json.loads((stored.path / "run.json").read_bytes())["lifecycle"]["reason"]
    assert verify(tmp_path / "out").holds
