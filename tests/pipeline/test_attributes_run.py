"""Attributes on the whole road: from the file to the results, and through a new name."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from clustomer.cli import app
from clustomer.editions import rename
from clustomer.insights import verify_facts
from clustomer.pipeline import Run, run
from clustomer.settings import Settings
from clustomer.simulate import simulate


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    simulate(path, events=4_000, random_state=5)
    return path


@pytest.fixture(scope="module")
def bare(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    settings = Settings(keep_events=False, certificates=False, k=3, k_range=(2, 3))
    return run(shop, tmp_path_factory.mktemp("bare"), settings=settings)


@pytest.fixture(scope="module")
def given(bare: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that gives away the segment, with a stranger and without one customer."""
    path = tmp_path_factory.mktemp("known") / "known.csv"
    rows = pq.read_table(bare.results.path / "segments.parquet").to_pylist()
    lines = [f"{row['user_id']},{row['segment_id'].lower()}<b>" for row in rows[1:]]
    path.write_text("\n".join(["user_id,kind of <i>", *lines, "stranger,x"]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def done(shop: Path, given: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    settings = Settings(
        keep_events=False, certificates=False, k=3, k_range=(2, 3), attributes=str(given)
    )
    return run(shop, tmp_path_factory.mktemp("out"), settings=settings)


def test_they_are_stored_and_counted_and_change_no_segment(bare, done) -> None:
    table = pq.read_table(done.results.path / "attributes.parquet")
    customers = pq.read_table(done.results.path / "customers.parquet")
    assert table["user_id"].equals(customers["user_id"])
    shown = done.results.manifest["attributes"]
    assert (shown["without_events"], shown["without_attributes"]) == (1, 1)
    assert shown["names"] == ["kind of <i>"]
    assert bare.results.manifest["attributes"] is None
    assert "attributes.parquet" not in bare.results.manifest["files"]
    name = "customers.parquet"
    assert (done.results.path / name).read_bytes() == (bare.results.path / name).read_bytes()
    described, plain = (
        pq.read_table(made.results.path / "segments.parquet") for made in (done, bare)
    )
    assert described.drop_columns(["kind of <i>"]).equals(plain)
    assert described["kind of <i>"].equals(table["kind of <i>"])


def test_the_reports_tell_them_and_facts_hold(done) -> None:
    markdown = (done.results.path / "reports" / "business_insights.md").read_text("utf-8")
    html = (done.results.path / "reports" / "report.html").read_text("utf-8")
    assert r"Kind of \<i\>: s2\<b\> for 100 % of them, against" in markdown
    assert "s2&lt;b&gt; for" in html
    assert "<b>" not in html
    assert "1 of them has no events here and counts nowhere; 1 customer of this run is not in" in (
        markdown
    )
    assert verify_facts(done.results.path) == ()


def test_another_file_is_another_version(shop, given, done, tmp_path) -> None:
    given.write_text(given.read_text("utf-8").replace("stranger,x", "stranger,y"), "utf-8")
    again = run(
        shop,
        tmp_path,
        settings=Settings(
            keep_events=False, certificates=False, k=3, k_range=(2, 3), attributes=str(given)
        ),
    )
    # the stranger is not among the customers of the run, so that nothing changes
    assert again.results.path.name == done.results.path.name
    given.write_text(given.read_text("utf-8").replace("s1<b>", "s9<b>"), "utf-8")
    other = run(
        shop,
        tmp_path,
        settings=Settings(
            keep_events=False, certificates=False, k=3, k_range=(2, 3), attributes=str(given)
        ),
    )
    assert other.results.path.name != done.results.path.name


def test_a_new_name_keeps_them(done) -> None:
    root = done.results.path.parent.parent
    renamed = rename(root, "S2", "Mine")
    assert renamed.manifest["attributes"] == done.results.manifest["attributes"]
    for name in ("attributes.parquet", "facts.json"):
        assert (renamed.path / name).read_bytes() == (done.results.path / name).read_bytes()
    back = rename(root, "S2", done.interpretation.names["S2"])
    assert back.manifest == json.loads(json.dumps(done.results.manifest))


def test_the_command_and_its_errors(shop, given, tmp_path) -> None:
    arguments = [
        "run",
        str(shop),
        "--out",
        str(tmp_path / "out"),
        "--no-events",
        "--k",
        "3",
        "--k-range",
        "2:3",
    ]
    arguments.append("--no-certificates")
    done = CliRunner().invoke(app, [*arguments, "--attributes", str(given)])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "latest" / "attributes.parquet").is_file()
    bad = CliRunner().invoke(app, [*arguments, "--attributes", str(tmp_path / "none.csv")])
    assert "There is no file" in str(bad.exception)
