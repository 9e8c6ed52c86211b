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
from clustomer.errors import ClustomerError
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
    for name in ("seasons", "cohorts", "cohort_curves"):
        assert f"(figures/{name}.png)" in report
    assert "it is not over, so comparisons leave it out" in report
    [first] = [row for row in stored.history.over_time.table.to_pylist() if row["cell"] == "all.0"]
    assert stored.facts["period.0.revenue"].value == first["revenue"]


def test_a_log_of_one_intake_is_not_explained(results: Path) -> None:
    # the last of them, u044, is first seen on day 44 of 161, counted from 0
    stored = StoredRun.open(results)
    assert stored.facts["everyone.no_newcomer"].value == 161 - 44
    report = (stored.path / "reports" / "business_insights.md").read_text(encoding="utf-8")
    assert (
        report.count("In the last 117 days of the data nobody is first seen: the log follows") == 2
    )
    [chapter] = [
        part for part in report.split("\n## ") if part.startswith("Why did revenue change")
    ]
    assert "and it is not explained here." in chapter
    assert "More than chance" not in chapter
    assert "Parts of the change" not in chapter
    page = (stored.path / "reports" / "report.html").read_text(encoding="utf-8")
    assert "Revenue, from one intake" in page


def test_a_log_with_newcomers_is_explained(tmp_path: Path) -> None:
    log = shop_log()
    newer = {name: ["u200", "u201"] for name in log.column_names}
    newer |= {"event_time": ["2024-05-01 12:00", "2024-05-28 12:00"], "price": [9.0, 9.0]}
    newer |= {"event_type": ["purchase"] * 2, "order_id": ["a", "b"]}
    run(pa.concat_tables([log, pa.table(newer)]), tmp_path / "out", settings=SETTINGS)
    stored = StoredRun.open(tmp_path / "out")
    assert "everyone.no_newcomer" not in stored.facts
    report = (stored.path / "reports" / "business_insights.md").read_text(encoding="utf-8")
    assert "All parts of the change" in report
    assert "nobody is first seen" not in report


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


def test_weekdays_are_facts_and_told(results: Path) -> None:
    stored = StoredRun.open(results)
    seasons = stored.history.seasons
    assert (seasons.measure, seasons.months, seasons.weeks) == ("revenue", 5, 23)
    [monday] = [row for row in seasons.table.to_pylist() if row["cell"] == "all.weekday.1"]
    fact = stored.facts["season.weekday.1.ratio"]
    assert (fact.value, fact.source["key"]) == (monday["ratio"], "cell=all.weekday.1")
    report = (stored.path / "reports" / "business_insights.md").read_text(encoding="utf-8")
    assert "the log holds 5 whole months, and it takes twelve" in report
    assert "No day of the week is 20 % above or below an average day by more than" in report


def test_two_periods_are_compared_to_the_cent(results: Path) -> None:
    arguments = ["change", str(results), "2024-03", "2024-04", "--quiet"]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)
    assert made["before"] == {
        "start": "2024-03-01",
        "end": "2024-04-01",
        "revenue": pytest.approx(sum(revenue_of("2024-03"))),
    }
    assert made["days_before"] == 59  # and a half: the log begins at noon
    total = sum(round(100 * part["amount"]) for part in made["parts"])
    assert total == round(100 * made["change"])
    assert made["change"] == pytest.approx(made["after"]["revenue"] - made["before"]["revenue"])
    printed = CliRunner().invoke(app, ["change", str(results), "2024-03", "2024-04-01..2024-05-15"])
    assert "The two periods differ in length, 31 days and 45 days" in printed.stdout
    assert "Who was in which segment is told from the 59 days before each" in printed.stdout


def revenue_of(month: str) -> list[float]:
    table = shop_log().select(["event_time", "price"]).to_pylist()
    return [row["price"] for row in table if row["event_time"].startswith(month)]


def test_the_latest_periods_are_those_of_the_report(results: Path) -> None:
    made = json.loads(CliRunner().invoke(app, ["change", str(results), "--json", "-q"]).stdout)
    change = StoredRun.open(results).history.revenue_change.change
    assert made["change"] == float(change.amount)


@pytest.mark.parametrize(
    ("periods", "message"),
    [
        (["2024-03"], "One period was given, '2024-03'; two were expected."),
        (["March", "2024-04"], "'March' is no period. Expected a year (2011)"),
        (["2023", "2024-04"], "The log has only a part of 2023, or nothing"),
        (["2024-04", "2024-03"], "Give two periods that do not overlap"),
        (["2024-05..2024-03", "2024-05"], "ends before it begins"),
        (["2024-01", "2024-02"], "The log has 0 days before the first period; 28 were expected"),
    ],
)
def test_periods_that_cannot_be_compared(results: Path, periods: list[str], message: str) -> None:
    done = CliRunner().invoke(app, ["change", str(results), *periods])
    assert isinstance(done.exception, ClustomerError)
    assert message in str(done.exception)


def test_cohorts_of_results_are_by_segment(results: Path, tmp_path: Path) -> None:
    chart = tmp_path / "cohorts.svg"
    arguments = ["cohorts", str(results), "--by", "purchase", "--period", "month"]
    done = CliRunner().invoke(app, [*arguments, "--chart", str(chart)])
    assert done.exit_code == 0, done.output
    assert "2024-01 *" in done.stdout
    assert "Everyone" in done.stdout
    assert chart.read_text(encoding="utf-8").startswith("<svg")
    made = json.loads(CliRunner().invoke(app, [*arguments, "--json", "-q"]).stdout)
    assert {row["segment_id"] for row in made["cells"]} == {"all", "S1", "S2"}
    refused = CliRunner().invoke(app, [*arguments, "--cutoff", "2024-03-01"])
    assert "--cutoff would change nothing" in str(refused.exception)


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
