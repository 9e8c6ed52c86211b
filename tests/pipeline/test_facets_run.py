"""Facets on the whole road: from the file to the results, through a new name, and left out."""

import csv
import io
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from rich.console import Console

import clustomer
from clustomer.editions import rename
from clustomer.errors import InputError, UsageError
from clustomer.insights import verify_facts
from clustomer.outputs import print_summary
from clustomer.pipeline import Run, run
from clustomer.progress import silent
from clustomer.proofs.rerun import rerun
from clustomer.scoring import Scorer, read_definition
from clustomer.settings import Settings
from clustomer.versions import StoredRun
from facet_worlds import FacetWorld

WORLD = FacetWorld("test-run", "taste", "categories", 3, customers=400, visits=14)
UNKIND = ("home.<b>bold</b>", "home.{brace}", "home.=1+1\x1b[31m")
COLUMNS = ["user_id", "segment_id", "segment", "cluster", "distance", "border_distance"]
LABELS = [*COLUMNS, "taste_segment_id", "taste_segment"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    table, _ = WORLD.draw(0)
    codes = table["category_code"].to_pylist()
    unkind = dict(zip(("home.one", "home.two", "home.three"), UNKIND, strict=True))
    column = pa.array([unkind.get(code, code) for code in codes])
    place = table.column_names.index("category_code")
    pq.write_table(table.set_column(place, "category_code", column), path)
    return path


@pytest.fixture(scope="module")
def done(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    settings = Settings(certificates=False, k=2, k_range=(2, 3), facets=("taste",))
    return run(shop, tmp_path_factory.mktemp("out"), settings=settings)


def test_its_columns_stand_after_those_of_the_main_segmentation(done: Run) -> None:
    table = pq.read_table(done.results.path / "segments.parquet")
    assert table.column_names[: len(COLUMNS)] == COLUMNS
    assert table.column_names[-2:] == ["taste_segment_id", "taste_segment"]
    with (done.results.path / "segments.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == table.column_names
    assert len(rows) == 401


def test_scoring_gives_the_same_facets_for_the_same_events(done: Run, shop: Path) -> None:
    published = pq.read_table(done.results.path / "segments.parquet")
    scored = clustomer.score(done.results.path, shop)
    assert scored.facets == ("taste",)
    assert scored.table.select(LABELS).equals(published.select(LABELS))
    # bins and shares are those of the run: half of its customers stay where they were
    log = pq.read_table(shop)
    ids = published["user_id"].to_pylist()[::2]
    half = log.filter(pc.is_in(log["user_id"], pa.array(ids, log["user_id"].type)))
    cutoff = StoredRun.open(done.results.path).window.cutoff.isoformat() + "+00:00"
    again = clustomer.score(done.results.path, half, cutoff=cutoff)
    kept = published.filter(pc.is_in(published["user_id"], pa.array(ids)))
    assert again.table.select(LABELS).equals(kept.select(LABELS))


def test_a_log_without_what_a_facet_looks_at_is_scored_without_it(done: Run, shop: Path) -> None:
    definition = read_definition((done.results.path / "segmentation.json").read_bytes())
    [taste] = definition.facets
    returned = replace(taste, view=replace(taste.view, needs=("return",)))
    scorer = Scorer(replace(definition, facets=(returned,)))
    events = clustomer.read_events(shop, window=scorer.length)
    scored = scorer.score(events)
    events.close()
    assert not any("taste" in name for name in scored.column_names)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"everyone": [1.0]}, "shares of taste"),
        ({"view": "price"}, "mean prices beside which taste is seen are missing"),
        ({"assignment": {"kind": "pickle"}}, "taste: the kind of the assignment is 'pickle'"),
        ({"segments": [{"segment_id": "a\x1b[31m"}]}, "segments.0.customers"),
        ({"strength": "much"}, "strength"),
    ],
)
def test_a_damaged_facet_is_not_scored(done: Run, change: dict[str, object], message: str) -> None:
    model = json.loads((done.results.path / "segmentation.json").read_bytes())
    model["facets"]["taste"] |= change
    with pytest.raises(InputError, match=message):
        read_definition(json.dumps(model))


def test_every_fact_of_it_comes_out_again_from_the_files(done: Run) -> None:
    facts = done.interpretation.facts
    assert {"facet.taste.customers", "facet.taste.1.customers"} <= set(facts)
    assert verify_facts(done.results.path) == ()
    assert facts.verify(done.interpretation.tables) == ()


def test_the_stored_version_gives_it_back(done: Run) -> None:
    stored = StoredRun.open(done.results.path)
    [facet] = stored.facets.held
    assert facet == done.interpretation.study.facets.held[0]
    assert stored.facet_segments["segment"].to_pylist() == [
        segment["segment"] for segment in stored.results.manifest["facets"]["taste"]["segments"]
    ]
    assert stored.interpret().insights == done.interpretation.insights


def test_its_tests_stand_among_the_certificates_and_are_read_back(done: Run) -> None:
    stored = StoredRun.open(done.results.path)
    [facet] = stored.facets.held
    taste = json.loads((done.results.path / "certificates.json").read_text())["facets"]["taste"]
    assert (taste["view"], taste["holds"], taste["customers"]) == ("category", True, 400)
    assert {test: taste[test]["mark"] for test in ("belongs", "real", "stable", "predictive")} == {
        "belongs": "pass", "real": "pass", "stable": "pass", "predictive": "pass",
    }  # fmt: skip
    assert taste["real"]["gain"] == facet.test.gain
    assert taste["predictive"]["lift"]["low"] == facet.following.low
    assert stored.certificates is not None
    assert stored.certificates.facets == stored.facets.certificates


def test_every_customer_is_in_one_combination(done: Run) -> None:
    rows = pq.read_table(done.results.path / "facet_crossings.parquet").to_pylist()
    segments = pq.read_table(done.results.path / "segments.parquet")
    pairs = Counter(
        zip(
            segments["segment_id"].to_pylist(),
            segments["taste_segment_id"].to_pylist(),
            strict=True,
        )
    )
    assert {(row["segment_id"], row["facet_segment_id"]): row["customers"] for row in rows} == pairs
    # what is expected has the same sums
    assert sum(row["expected"] for row in rows) == pytest.approx(400)


def test_it_is_told_on_the_first_page_in_a_picture_and_on_the_last_screen(done: Run) -> None:
    report = (done.results.path / "reports/business_insights.md").read_text(encoding="utf-8")
    assert "Seen by the" in report.split("## What you need to know")[1].split("\n## ")[0]
    assert "figures/facet_taste.png" in report
    assert (done.results.path / "reports/figures/facet_taste.png").stat().st_size > 5_000
    file = io.StringIO()
    meaning = done.interpretation
    print_summary(
        Console(file=file, width=80), meaning.insights, meaning.facts, report=Path("report.html")
    )
    assert "Taste: what they look at and buy" in file.getvalue()


def test_advice_goes_by_the_members_of_each_segment(done: Run) -> None:
    segments = pq.read_table(done.results.path / "segments.parquet").to_pylist()
    report = (done.results.path / "reports/business_insights.md").read_text(encoding="utf-8")
    advice = [line for line in report.splitlines() if "Show first what they look for" in line]
    assert len(advice) == 2
    for segment_id in ("S1", "S2"):
        tastes = Counter(
            row["taste_segment"] for row in segments if row["segment_id"] == segment_id
        )
        (_, most), _ = tastes.most_common(2)
        share, members = most / sum(tastes.values()), sum(tastes.values())
        assert any(f"{share:.1%}" in line.replace(" %", "%") and f"{members:,}" in line
                   for line in advice), (share, advice)  # fmt: skip


def test_a_rerun_finds_the_same(done: Run) -> None:
    again, differences = rerun(StoredRun.open(done.results.path), silent())
    assert differences == []
    assert again.values > 0


def test_a_new_name_keeps_it(done: Run) -> None:
    renamed = rename(done.results.path.parents[1], "S1", "The first")
    before = pq.read_table(done.results.path / "segments.parquet")
    after = pq.read_table(renamed.path / "segments.parquet")
    assert after["taste_segment"].equals(before["taste_segment"])
    assert verify_facts(renamed.path) == ()


def test_names_from_the_data_are_text_and_nothing_else(done: Run) -> None:
    page = (done.results.path / "reports/report.html").read_text(encoding="utf-8")
    assert "<b>bold</b>" not in page.lower()
    assert "\x1b" not in page
    names = pq.read_table(done.results.path / "facets.parquet")["segment"].to_pylist()
    assert len(set(names)) == len(names) == 3


def test_a_few_who_are_far_from_all_others_have_columns_facts_and_a_section(
    tmp_path: Path,
) -> None:
    world = FacetWorld("test-few", "rare", "rare", 3, customers=2_000, visits=6)
    pq.write_table(world.draw(0)[0], tmp_path / "few.parquet")
    settings = Settings(certificates=False, k_range=(2, 5), facets=("rare",))
    result = run(tmp_path / "few.parquet", tmp_path / "out", settings=settings).results.path
    table = pq.read_table(result / "segments.parquet")
    assert table.column_names[: len(COLUMNS)] == COLUMNS
    assert table.column_names[-2:] == ["rare_segment_id", "rare_segment"]
    manifest = json.loads((result / "run.json").read_text())
    names = Counter(table["rare_segment"].to_pylist())
    assert manifest["rare_kinds"]
    for kind in manifest["rare_kinds"]:
        assert names[kind["segment"]] == kind["customers"]
    report = (result / "reports/business_insights.md").read_text(encoding="utf-8")
    assert "## A few who are far from all others" in report
    selection = StoredRun.open(result).model.selection
    assert len(selection.grounds.numbers["rare_clusters"]) == 2
    assert selection.reason is not None
    assert selection.reason in report
    assert "more segments are rare kinds, whose members had no say in this number." in report
    assert "The number of the other segments was chosen without such customers" in report
    assert verify_facts(result) == ()
    stored = StoredRun.open(result)
    assert stored.certificates is not None
    assert stored.certificates.rare == stored.facets.rare_certificates
    _, differences = rerun(stored, silent())
    assert differences == []


def test_a_shop_without_categories_says_so(shop: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.parquet"
    pq.write_table(pq.read_table(shop).drop_columns(["category_code", "brand"]), bare)
    settings = Settings(
        keep_events=False, certificates=False, k=2, k_range=(2, 3), facets=("taste",)
    )
    result = run(bare, tmp_path / "out", settings=settings).results.path
    columns = pq.read_table(result / "segments.parquet").column_names
    assert columns[: len(COLUMNS)] == COLUMNS
    assert not [name for name in columns if name.endswith("_segment")]
    assert not (result / "facets.parquet").exists()
    report = (result / "reports/business_insights.md").read_text(encoding="utf-8")
    assert "Taste: not looked for, since the source has no categories." in report
    assert json.loads((result / "run.json").read_text())["facets"]["taste"]["holds"] is False


def test_none_is_looked_for_where_none_is_wanted(shop: Path, tmp_path: Path) -> None:
    settings = Settings(keep_events=False, certificates=False, k=2, k_range=(2, 3))
    result = run(shop, tmp_path / "out", settings=settings).results.path
    assert json.loads((result / "run.json").read_text())["facets"] == {}
    with pytest.raises(UsageError, match="no facet `tatse`"):
        run(shop, tmp_path / "out", settings=Settings(facets=("tatse",)))
