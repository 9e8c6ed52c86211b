"""A name of the user's own: everywhere the same, marked, and without a trace on the rest."""

import json
import re
from html import unescape
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from clustomer.cli import app
from clustomer.editions import rename
from clustomer.errors import InputError, UsageError
from clustomer.insights import Facts
from clustomer.pipeline import Run, run
from clustomer.segments import read_model
from clustomer.settings import Settings
from clustomer.simulate import simulate
from clustomer.versions import Results

QUICK = Settings(k=2, k_range=(2, 3), keep_events=False, certificates=False, facets=("value",))
NAME = 'A "b" <i>c</i> {d} & é|*'


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    simulate(path, events=6_000, random_state=5)
    return path


@pytest.fixture(scope="module", params=["kmeans", "rfm"])
def done(request, shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    settings = Settings(
        algorithm=request.param,
        k="auto" if request.param == "rfm" else 3,
        currency="EUR",
        window="60d",
        certificates=False,
        facets=("value",),
    )
    return run(shop, tmp_path_factory.mktemp("out"), settings=settings)


@pytest.fixture(scope="module")
def first(done: Run) -> dict:
    return done.results.manifest["segments"][0]


@pytest.fixture(scope="module")
def renamed(done: Run, first: dict) -> Results:
    return rename(done.results.path, first["segment_id"], NAME)


def root(results: Results) -> Path:
    return results.path.parent.parent


def contents(results: Results) -> dict[str, bytes]:
    return {name: (results.path / name).read_bytes() for name in results.manifest["files"]}


def test_the_version_before_stays_and_the_new_one_is_the_latest(done, renamed) -> None:
    assert renamed.path != done.results.path
    assert done.results.damaged() == renamed.damaged() == []
    assert Results.open(root(renamed)).path.name == renamed.path.name
    assert set(renamed.manifest["files"]) == set(done.results.manifest["files"])


def test_tables_and_json_files_have_the_name_and_its_mark(done, renamed, first) -> None:
    key, program_name = first["segment_id"], first["segment"]
    before = pq.read_table(done.results.path / "segments.parquet")
    after = pq.read_table(renamed.path / "segments.parquet")
    assert after.drop_columns("segment").equals(before.drop_columns("segment"))
    for old, new in zip(before.to_pylist(), after.to_pylist(), strict=True):
        assert new["segment"] == (NAME if new["segment_id"] == key else old["segment"])
    entry = renamed.manifest["segments"][0]
    assert entry == {**first, "segment": NAME, "named_by": "user", "own_name": program_name}
    assert renamed.manifest["segments"][1:] == done.results.manifest["segments"][1:]
    model = read_model((renamed.path / "segmentation.json").read_bytes())
    old = read_model((done.results.path / "segmentation.json").read_bytes())
    [part] = [part for part in model.segments if part.segment_id == key]
    assert (part.name, part.named_by, part.own_name) == (NAME, "user", program_name)
    assert {p.named_by for p in model.segments if p.segment_id != key} <= {"rule", "definition"}
    assert model.model_copy(update={"segments": old.segments}) == old
    for name in ("segments.csv", "reports/cluster_summary.csv"):
        assert '"A ""b"" <i>c</i> {d} & é|*"' in (renamed.path / name).read_text(encoding="utf-8")


def test_reports_say_the_name_and_whose_it_is_and_nothing_else_changes(
    done, renamed, first
) -> None:
    program_name = first["segment"]

    def told(results: Results, name: str) -> str:
        text = (results.path / "reports" / name).read_text(encoding="utf-8")
        return unescape(re.sub(r"\\([^\w\s])", r"\1", text))

    for name in ("business_insights.md", "report.html"):
        text = told(renamed, name)
        assert f'Name given by you; the program\'s own name: "{program_name}".' in text
        assert text.count(NAME) >= 4
    html = (renamed.path / "reports" / "report.html").read_text(encoding="utf-8")
    assert "<i>c</i>" not in html
    # a paragraph becomes an item where another joins it
    before, after = (
        [line.removeprefix("- ") for line in told(of, "business_insights.md").splitlines()]
        for of in (done.results, renamed)
    )
    changed = [line for line in after if line not in before]
    assert all(NAME in line or "Name given by you" in line for line in changed)
    assert [line for line in after if NAME not in line and "given by you" not in line] == [
        line for line in before if line in after
    ]


def test_figures_and_facts(done, renamed) -> None:
    old, new = contents(done.results), contents(renamed)
    for name in ("segments.png", "differences.png"):
        assert new[f"reports/figures/{name}"] != old[f"reports/figures/{name}"]
    facts = Facts.from_json(new["facts.json"].decode())
    assert {key: fact.value for key, fact in facts.items()} == {
        key: fact.value for key, fact in Facts.from_json(old["facts.json"].decode()).items()
    }
    kept = ("customers.parquet", "cleaning.csv", "rejected.parquet", "events/bucket-all.parquet")
    for name in (*kept, "reports/cluster_evaluation_metrics.csv"):
        assert new[name] == old[name]


def test_the_own_name_leads_back_to_the_very_version(done, renamed, first) -> None:
    back = rename(root(renamed), first["segment_id"], first["segment"])
    assert back.path.name == done.results.path.name
    assert back.manifest == json.loads(json.dumps(done.results.manifest))
    assert back.damaged() == []


def test_names_add_up(done, renamed, first) -> None:
    second = done.results.manifest["segments"][1]
    both = rename(renamed.path, second["segment_id"], "Second")
    assert [part["segment"] for part in both.manifest["segments"][:2]] == [NAME, "Second"]
    # a name that someone gave is taken, the own name behind it is free
    with pytest.raises(UsageError, match="is called 'Second' already"):
        rename(both.path, first["segment_id"], "SECOND")
    swapped = rename(both.path, second["segment_id"], first["segment"])
    assert swapped.manifest["segments"][1]["own_name"] == second["segment"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("  ", "The name is empty"),
        ("a\nb", "control characters"),
        ("a\x1b[31mb", "control characters"),
        ("a\u202eb", "control characters"),
        ("a\u200bb", "cannot be seen"),
        ("\u2060", "cannot be seen"),
        ("\u3164", "cannot be seen"),
        ("\u00a0\u2003", "The name is empty"),
        ("\u0301", "The name is empty"),
        ("x" * 61, "has 61 characters; at most 60"),
    ],
)
def test_a_name_that_cannot_be_shown_is_refused(done, first, name, message) -> None:
    before = sorted(root(done.results).rglob("*"))
    with pytest.raises(UsageError, match=message):
        rename(done.results.path, first["segment_id"], name)
    assert sorted(root(done.results).rglob("*")) == before


def test_other_errors_say_what_to_do(done, first, tmp_path) -> None:
    second = done.results.manifest["segments"][1]
    with pytest.raises(UsageError, match="is called"):
        rename(done.results.path, first["segment_id"], second["segment"].upper())
    near = first["segment_id"].lower() if first["segment_id"][0] == "S" else "champion"
    with pytest.raises(UsageError, match="Did you mean"):
        rename(done.results.path, near, "Mine")
    with pytest.raises(InputError, match="There are no results"):
        rename(tmp_path, "S1", "Mine")


def test_results_that_were_changed_are_refused(shop, tmp_path) -> None:
    made = run(shop, tmp_path, settings=QUICK).results
    (made.path / "facts.json").write_text("{}")
    with pytest.raises(InputError, match=r"changed since the run: facts\.json"):
        rename(tmp_path, "S1", "Mine")


def test_the_command(shop, tmp_path) -> None:
    run(shop, tmp_path, settings=QUICK)
    done = CliRunner().invoke(app, ["rename", str(tmp_path), "S1", "  Our   own "])
    assert done.exit_code == 0, done.output
    assert 'Segment S1 is now called "Our own" (own name: "' in done.stdout
    done = CliRunner().invoke(app, ["rename", str(tmp_path), "S2", "Two", "--json", "--quiet"])
    printed = json.loads(done.stdout)
    assert (printed["segment"], printed["named_by"]) == ("Two", "user")
    assert Results.open(tmp_path).manifest["version"] == printed["version"]
