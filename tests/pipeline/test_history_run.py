"""The history in a run and in the command `cohorts`: files, report, facts, proofs."""

import json
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from clustomer import Settings, StoredRun, run
from clustomer.cli import app
from clustomer.history import RevenueChange, history_tables
from clustomer.proofs import verify

SETTINGS = Settings(certificates=False, k=2, k_range=(2, 2), features=None)


def shop_log() -> pa.Table:
    """Return 120 customers who order every 10 to 40 days from January to the tenth of June."""
    rows = []
    for number in range(120):
        day = number % 45
        while day < 162:
            rows.append((f"u{number:03d}", date(2024, 1, 1) + timedelta(days=day), number))
            day += 10 + number % 31
    users, days, numbers = zip(*rows, strict=True)
    return pa.table(
        {
            "user_id": list(users),
            "event_time": [f"{day} 12:00" for day in days],
            "event_type": ["purchase"] * len(rows),
            "price": [5.0 + number % 20 for number in numbers],
            "order_id": [str(place) for place in range(len(rows))],
        }
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("history") / "out"
    run(shop_log(), out, settings=SETTINGS)
    return out


def test_the_report_and_the_files_say_the_same(results: Path) -> None:
    stored = StoredRun.open(results)
    assert stored.history is not None
    for name, table in history_tables(stored.history).items():
        assert pq.read_table(stored.path / f"{name}.parquet").equals(table)
    report = (stored.path / "reports" / "business_insights.md").read_text(encoding="utf-8")
    for title in ("The shop over time", "Why did revenue change?", "Who comes back"):
        assert f"## {title}" in report
    assert "(figures/over_time.png)" in report
    assert "(figures/cohorts.png)" in report
    assert "it is not over, so comparisons leave it out" in report
    [first] = [row for row in stored.history.over_time.table.to_pylist() if row["cell"] == "all.0"]
    assert stored.facts["period.0.revenue"].value == first["revenue"]


def test_the_change_is_that_of_the_books(results: Path) -> None:
    stored = StoredRun.open(results)
    compared = stored.history.revenue_change
    assert isinstance(compared, RevenueChange)
    revenue = {
        int(row["cell"].split(".")[1]): row["revenue"]
        for row in stored.history.over_time.table.to_pylist()
        if row["segment_id"] == "all"
    }
    change = compared.change
    assert float(change.before) == pytest.approx(revenue[compared.before], abs=0.005)
    assert float(change.after) == pytest.approx(revenue[compared.after], abs=0.005)
    assert sum(part.amount for part in change.parts) == change.amount


def test_history_and_habits_are_proved(results: Path) -> None:
    verification = verify(results, deep=True)
    assert verification.holds, verification.differences


def test_the_command_prints_and_writes_cohorts(tmp_path: Path) -> None:
    pq.write_table(shop_log(), tmp_path / "log.parquet")
    out = tmp_path / "cells.csv"
    arguments = ["cohorts", str(tmp_path / "log.parquet"), "--by", "purchase"]
    arguments += ["--period", "month", "--margin", "0.5", "--out", str(out)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert "2024-01 *" in done.stdout
    table = pyarrow.csv.read_csv(out)
    row = table.slice(0, 1).to_pylist()[0]
    assert row["cumulated_margin_per_customer"] == pytest.approx(
        0.5 * row["cumulated_per_customer"]
    )
    refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code != 0
    again = CliRunner().invoke(app, [*arguments, "--overwrite", "--json", "--quiet"])
    assert json.loads(again.stdout)["cells"][0]["cohort"] == "2024-01-01"


def test_a_short_log_says_what_is_not_told(tmp_path: Path, log) -> None:
    rows = [
        {
            "user_id": f"u{number % 30}",
            "event_time": f"2024-01-01 {9 + number % 3:02d}:00",
            "event_type": "view",
        }
        for number in range(90)
    ]
    run(log(*rows), tmp_path / "out", settings=SETTINGS)
    stored = StoredRun.open(tmp_path / "out")
    report = (stored.path / "reports" / "business_insights.md").read_text(encoding="utf-8")
    assert "The log has no two whole days: nothing can be said of the shop over time." in report
    assert "## The shop over time" not in report
    assert verify(tmp_path / "out").holds


def test_habits_are_written_and_told(results: Path) -> None:
    stored = StoredRun.open(results)
    assert stored.habits is not None
    responses = [row for row in stored.habits.table.to_pylist() if row["kind"] == "response"]
    assert responses
    for row in responses:
        assert stored.facts[f"{row['segment_id']}.own.response"].value == row["share"]
        assert stored.facts[f"{row['segment_id']}.own.horizon"].value == row["days"]
    report = (stored.path / "reports" / "business_insights.md").read_text(encoding="utf-8")
    assert report.count("before the end of the data, ") == len(responses)
