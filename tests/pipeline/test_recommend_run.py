"""Recommendations on the whole road: from a shop's log to lists, and through a new name."""

import csv
import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from clustomer.cli import app
from clustomer.editions import recommend, rename
from clustomer.errors import InputError, UsageError
from clustomer.insights.blocks import Bullets, OfSegment
from clustomer.insights.chapters.recommended import Recommended
from clustomer.pipeline import Run, run
from clustomer.products.interactions import Interactions
from clustomer.progress import silent
from clustomer.proofs import verify
from clustomer.proofs.rerun import rerun
from clustomer.settings import Settings
from clustomer.versions import Results, StoredRun
from taste_worlds import taste_world

FILES = (
    "recommendations.parquet",
    "recommendations.csv",
    "products.parquet",
    "recommendation.json",
)
NAMED = "The <i>|{{name}} of {}"
SETTINGS = Settings(
    k=2, certificates=False, facets=("value",), currency="EUR", features=("orders", "revenue")
)


def events_of(rows: Interactions) -> pa.Table:
    """Return the planted shop as a log, half of it bought by customers who spend much more."""
    products = rows.products["product_id"].to_pylist()
    users = rows.user_ids.to_pylist()
    times = pa.array(rows.second, pa.int64()).cast(pa.timestamp("s"))
    rich = [20.0 if customer % 2 else 2.0 for customer in rows.customer.tolist()]
    return pa.table(
        {
            "event_time": times,
            "event_type": ["purchase"] * len(rows),
            "product_id": [f"{products[n]} <b>|{{x}}" for n in rows.product.tolist()],
            "category_code": [f"taste.{n // 25}" for n in rows.product.tolist()],
            "price": rich,
            "user_id": [users[n] for n in rows.customer.tolist()],
            "user_session": [f"s{n}" for n in rows.basket.tolist()],
        }
    )


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    table = events_of(taste_world(11, planted=True, customers=300))
    names, seen = [], Counter[str]()
    for product in table["product_id"].to_pylist():
        seen[product] += 1
        # an older name stands in every fourth row of a product
        names.append(NAMED.format(product.split()[0]) if seen[product] % 4 else "=an older name")
    pq.write_table(table.append_column("product_name", pa.array(names)), path)
    return path


@pytest.fixture(scope="module")
def done(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(log, tmp_path_factory.mktemp("out"), settings=SETTINGS)


@pytest.fixture(scope="module")
def made(done: Run) -> Results:
    return recommend(done.results.path, top=5)


def test_the_version_holds_and_the_one_before_stays(done: Run, made: Results) -> None:
    assert made.path != done.results.path
    assert done.results.damaged() == made.damaged() == []
    assert set(made.manifest["files"]) - set(done.results.manifest["files"]) == set(FILES)
    assert set(done.results.manifest["files"]) <= set(made.manifest["files"])
    checked = verify(made.path)
    assert checked.differences == ()
    assert any(fact.startswith("recommended.") for fact in StoredRun.open(made.path).facts)


def test_every_customer_has_a_list_without_doubles(done: Run, made: Results) -> None:
    rows = pq.read_table(made.path / "recommendations.parquet").to_pylist()
    users = pq.read_table(done.results.path / "customers.parquet")["user_id"].to_pylist()
    by_user: dict[str, list[dict]] = {user: [] for user in users}
    for row in rows:
        by_user[row["user_id"]].append(row)
    for listed in by_user.values():
        assert [row["rank"] for row in listed] == [1, 2, 3, 4, 5]
        assert len({row["product_id"] for row in listed}) == 5
        scores = [row["score"] for row in listed]
        assert scores == sorted(scores, reverse=True)
    text = (made.path / "recommendations.csv").read_text(encoding="utf-8").splitlines()
    assert len(list(csv.DictReader(text))) == len(rows)


def test_reasons_are_true(made: Results, log: Path) -> None:
    bought: dict[str, set[str]] = {}
    for row in pq.read_table(log, columns=["user_id", "product_id"]).to_pylist():
        bought.setdefault(row["user_id"], set()).add(row["product_id"])
    rows = pq.read_table(made.path / "recommendations.parquet").to_pylist()
    reasons = {row["reason"] for row in rows}
    assert {"bought before", "bought with"} <= reasons
    for row in rows:
        before = row["product_id"] in bought[row["user_id"]]
        assert before == (row["reason"] == "bought before")
        if row["reason"] == "bought with":
            assert row["reason_product"] in bought[row["user_id"]]
            both = {row["product_id"], row["reason_product"]}
            assert any(both <= products for products in bought.values())
        else:
            assert row["reason_product"] is None


def test_names_stand_beside_ids(done: Run, made: Results) -> None:
    rows = pq.read_table(made.path / "recommendations.parquet").to_pylist()
    for row in rows:
        for id_, name in (
            ("product_id", "product_name"),
            ("reason_product", "reason_product_name"),
        ):
            expected = None if row[id_] is None else NAMED.format(row[id_].split()[0])
            assert row[name] == expected
    for row in pq.read_table(made.path / "products.parquet").to_pylist():
        assert (
            row["product"] == f"{NAMED.format(row['product_id'].split()[0])} ({row['product_id']})"
        )
    stored = StoredRun.open(made.path)
    assert stored.product_names is not None
    assert "`product_name` has several names for" in str(stored.manifest.reading_notes)
    habits = [
        row["value"]
        for row in pq.read_table(made.path / "habits.parquet").to_pylist()
        if row["kind"] == "product"
    ]
    assert all(value.startswith("The <i>|{name} of ") for value in habits)
    names = StoredRun.open(done.results.path).manifest.source.fingerprint
    assert int(names["product_names"]) > 0


def test_the_report_says_what_to_offer(made: Results) -> None:
    text = (made.path / "reports" / "business_insights.md").read_text(encoding="utf-8")
    assert "## What to recommend" in text
    assert "was surely better than what is popular when it was chosen" in text
    assert text.count("**What to offer**") == 2
    page = (made.path / "reports" / "report.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;|{x}" in page
    assert "<b>|{x}" not in page
    assert "The &lt;i&gt;|{name} of" in page
    assert "The <i>|{name}" not in page


def test_a_new_name_carries_recommendations_on(done: Run, made: Results) -> None:
    renamed = rename(made.path, done.results.manifest["segments"][0]["segment_id"], "Our own")
    for name in FILES:
        assert (renamed.path / name).read_bytes() == (made.path / name).read_bytes()
    assert renamed.manifest["recommendations"] == made.manifest["recommendations"]
    text = (renamed.path / "reports" / "business_insights.md").read_text(encoding="utf-8")
    assert "## What to recommend" in text
    assert verify(renamed.path).holds
    # and once more over the names
    again = recommend(renamed.path, top=3, way="popularity")
    assert StoredRun.open(again.path).given_names
    assert again.manifest["recommendations"]["top"] == 3
    assert verify(again.path).holds


def test_the_same_comes_out_whatever_the_order_of_rows(
    log: Path, made: Results, tmp_path: Path
) -> None:
    table = pq.read_table(log)
    order = list(range(table.num_rows))
    random.Random(4).shuffle(order)
    shuffled = tmp_path / "shop.parquet"
    pq.write_table(table.take(order), shuffled)
    other = recommend(run(shuffled, tmp_path / "out", settings=SETTINGS).results.path, top=5)
    for name in FILES:
        assert (other.path / name).read_bytes() == (made.path / name).read_bytes()


def test_lists_are_made_again_by_verification_in_depth(made: Results) -> None:
    stored = StoredRun.open(made.path)
    events = [
        difference.place
        for difference in verify(made.path, deep=True).differences
        if difference.place.startswith(("recommend", "products"))
    ]
    assert events == []
    assert stored.recommendations is not None
    other = replace(stored.recommendations, numbers={**stored.recommendations.numbers, "top": 4})
    stored.__dict__["recommendations"] = other
    again, differences = rerun(stored, silent())
    assert again.values > 0
    assert {difference.place.partition(":")[0] for difference in differences} >= {
        "recommendations.parquet"
    }


def test_what_is_stored_is_read_as_it_was_made(made: Results) -> None:
    stored = StoredRun.open(made.path).recommendations
    assert stored is not None
    written = json.loads((made.path / "recommendation.json").read_text(encoding="utf-8"))
    assert stored.to_json() == written
    assert stored.way in written["contest"]["ways"]
    (made.path / "recommendation.json").write_text('{"schema_version": 1}', encoding="utf-8")
    try:
        with pytest.raises(InputError, match=r"recommendation\.json"):
            _ = StoredRun.open(made.path).recommendations
    finally:
        (made.path / "recommendation.json").write_text(
            json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )


def test_cards_use_facts_alone(made: Results) -> None:
    study = StoredRun.open(made.path).interpret().study
    chapter = Recommended()
    facts = {fact.id: fact for fact in chapter.facts(study)}
    cards = [block for block in chapter.blocks(study, facts) if isinstance(block, OfSegment)]
    assert {card.segment_id for card in cards} == {"S1", "S2"}
    for card in cards:
        assert isinstance(card.block, Bullets)
        assert "{products.next." in card.block.items[0]


def test_the_command(done: Run) -> None:
    result = CliRunner().invoke(
        app, ["recommend", str(done.results.path), "--top", "4", "--way", "cosine", "--json"]
    )
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert (printed["way"], printed["top"], printed["asked"]) == ("cosine", 4, True)
    assert Path(printed["recommendations"]).is_file()
    wrong = CliRunner().invoke(app, ["recommend", str(done.results.path), "--way", "magic"])
    assert isinstance(wrong.exception, UsageError)


def test_where_there_is_nothing_to_recommend(tmp_path: Path) -> None:
    table = pa.table(
        {
            "event_time": [f"2024-01-{day:02} 10:00:00" for day in range(1, 29)] * 2,
            "event_type": ["purchase"] * 56,
            "user_id": [f"u{number % 14}" for number in range(56)],
            "price": [float(number % 5 + 1) for number in range(56)],
        }
    )
    bare = run(table, tmp_path / "bare", settings=Settings(k=1, certificates=False))
    with pytest.raises(InputError, match="name no products"):
        recommend(bare.results.path)
    kept = Settings(k=1, certificates=False, keep_events=False)
    without = run(table, tmp_path / "without", settings=kept)
    with pytest.raises(InputError, match="without --no-events"):
        recommend(without.results.path)


def test_too_few_to_judge_by(tmp_path: Path) -> None:
    table = events_of(taste_world(12, planted=True, customers=40))
    few = run(table, tmp_path / "few", settings=Settings(k=1, certificates=False))
    made = recommend(few.results.path)
    text = (made.path / "reports" / "business_insights.md").read_text(encoding="utf-8")
    assert "No way to recommend was judged." in text
    assert verify(made.path).holds
