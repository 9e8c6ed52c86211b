"""The same events, the same answer; another length of time is refused; strangers are marked."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import clustomer
from clustomer.cli import app
from clustomer.errors import InputError, UsageError
from clustomer.scoring import Scorer, read_definition
from clustomer.segments import NearestCentroid, RfmGrid, ScaledFeature, assign, to_model, to_scoring
from clustomer.versions import StoredRun

LABELS = ["user_id", "segment_id", "segment", "cluster", "distance", "border_distance"]


def again(source: object, algorithm: str) -> tuple[pa.Table, pa.Table]:
    """Return what a segmentation says of its customers, and what scoring says of them."""
    events = clustomer.read_events(source)
    customers = clustomer.customer_features(events)
    k = {"k": 3} if algorithm in {"kmeans", "ward", "gmm"} else {}
    segmentation = (
        clustomer.rfm(customers)
        if algorithm == "rfm"
        else clustomer.segment(customers, algorithm=algorithm, criteria="deciding", **k)
    )
    model = to_model(
        segmentation,
        window=customers.window.to_json(),
        scoring=to_scoring(
            segmentation, customers.table, customers.shop, customers.category_prices
        ),
    )
    events.close()
    scorer = Scorer(read_definition(model.to_json()))
    scored = scorer.score(clustomer.read_events(source, window=scorer.length))
    return segmentation.table, scored


@pytest.mark.parametrize("algorithm", ["kmeans", "ward", "gmm", "dbscan", "hdbscan", "rfm"])
def test_the_same_events_give_exactly_the_published_segments(shop: Path, algorithm: str) -> None:
    published, scored = again(shop, algorithm)
    assert scored.select(published.column_names).equals(published)
    assert pc.sum(scored["unlike"]).as_py() == 0


def test_order_lines_without_sessions_views_or_categories() -> None:
    rows = [
        {
            "InvoiceNo": f"{1000 + order}",
            "StockCode": f"A{line}",
            "Quantity": 1 + order % 3,
            "InvoiceDate": datetime(2011, 1, 1, 9) + timedelta(days=(7 * order) % 90, minutes=line),
            "UnitPrice": 2.5 + line,
            "CustomerID": str(order % 23 if order % 4 else order % 5),
        }
        for order in range(160)
        for line in range(1 + order % 3)
    ]
    published, scored = again(pa.Table.from_pylist(rows), "kmeans")
    assert scored.select(published.column_names).equals(published)


def test_what_the_shop_was_like_is_not_taken_anew(results: Path, shop: Path) -> None:
    """Half of the customers get the segments that they had among all."""
    log = pq.read_table(shop)
    ids = log["user_id"].unique().to_pylist()
    half = log.filter(pc.is_in(log["user_id"], pa.array(ids[::2], log["user_id"].type)))
    window = StoredRun.open(results).window
    scored = clustomer.score(results, half, cutoff=window.cutoff.isoformat() + "+00:00")
    published = StoredRun.open(results).segments
    kept = published.filter(pc.is_in(published["user_id"], scored.table["user_id"]))
    assert 0 < scored.table.num_rows < published.num_rows
    assert scored.table.select(LABELS).equals(kept.select(LABELS))


def test_another_length_of_time_is_refused(results: Path, shop: Path) -> None:
    length = StoredRun.open(results).window.days
    with pytest.raises(UsageError, match=f"7 days long, .* made over {round(length, 2):g} days"):
        clustomer.score(results, shop, window="7d")
    log = pq.read_table(shop)
    recent = log.filter(pc.greater(log["event_time"], "2020-01-15"))
    with pytest.raises(InputError, match=r"begin .* days before the cutoff, and .* made over"):
        clustomer.score(results, recent)
    with pytest.raises(UsageError, match="time zone is Europe/London"):
        clustomer.score(results, shop, time_zone="Europe/London")


def test_a_log_that_lacks_what_features_are_made_of_is_refused(results: Path, shop: Path) -> None:
    log = pq.read_table(shop).drop_columns(["price"])
    with pytest.raises(InputError, match="this log has no prices"):
        clustomer.score(results, log)


def test_strangers_are_marked(results: Path, shop: Path) -> None:
    log = pq.read_table(shop)
    first = log.slice(0, 1).to_pylist()[0]
    stranger = [
        {**first, "user_id": "999999999", "user_session": f"s{i}", "event_type": "purchase",
         "price": "100000.00"}
        for i in range(300)
    ]  # fmt: skip
    added = pa.concat_tables([log, pa.Table.from_pylist(stranger, schema=log.schema)])
    scored = clustomer.score(results, added)
    [marked] = scored.table.filter(scored.table["unlike"]).to_pylist()
    assert marked["user_id"] == "999999999"
    assert scored.unlike == 1
    assert marked["segment_id"] in {"S1", "S2", "S3"}


def test_one_customer_from_their_events(results: Path) -> None:
    stored = StoredRun.open(results)
    events = pa.concat_tables([pq.read_table(path) for path in stored.event_files])
    published = dict(
        zip(*(stored.segments[name].to_pylist() for name in ("user_id", "segment_id")), strict=True)
    )
    scorer = Scorer.open(results)
    for user_id in list(published)[::40]:
        of_one = events.filter(pc.equal(events["user_id"], user_id))
        answer = scorer.customer(of_one, cutoff=stored.window.cutoff)
        assert answer["segment_id"] == published[user_id]
        rows = [
            {name: row[name] for name in row if name not in {"user_id", "utc_offset_s"}}
            for row in of_one.to_pylist()
        ]
        assert scorer.customer(rows, cutoff=stored.window.cutoff) == answer
    with pytest.raises(InputError, match="No event lies in the window"):
        scorer.customer(of_one, cutoff=datetime(2001, 1, 1))
    with pytest.raises(InputError, match="several customers"):
        scorer.customer(events, cutoff=stored.window.cutoff)
    scorer.close()


ORDERS = ScaledFeature("orders", 0.0, 1.0, 0.0, 1.0)


def test_border_distance_by_hand() -> None:
    rule = NearestCentroid((ORDERS,), np.array([[0.0], [10.0], [100.0]]))
    table = pa.table({"user_id": list("abcd"), "orders": [0.0, 4.0, 5.0, 10.0]})
    # 1 - 4/6; on the border; 1 - 0/10
    assert assign(table, rule)["border_distance"].to_pylist() == pytest.approx([1, 1 / 3, 0, 1])
    alone = NearestCentroid((ORDERS,), np.array([[0.0]]))
    assert assign(table, alone)["border_distance"].null_count == 4


def test_border_distance_of_a_grid_by_hand() -> None:
    grid = RfmGrid((10.0, 20.0, 30.0, 40.0), (1.0, 2.0, 3.0, 4.0))
    table = pa.table(
        {
            "user_id": list("abcde"),
            "purchase_recency_days": [8.0, 30.0, 100.0, None, 20.0],
            "orders": [5.0, 3.0, 1.0, 0.0, 9.0],
        }
    )
    # a: champions until more than 10 days ago, or 3 orders: 1 - 8/10 against 1 - 3/5
    # b: needs attention; 20 days are enough for another, 30 are the last: 0
    # c: hibernating with one order: 3 orders are at risk, 30 days ago is about to sleep:
    #    1 - 1/3 against 1 - 30/100
    # e: loyal (score 4): 10 days make a champion, 1 - 10/20; 40 days at risk, 1 - 20/30; 3 orders
    by_hand = dict(zip("abcde", assign(table, grid)["border_distance"].to_pylist(), strict=True))
    assert by_hand["a"] == pytest.approx(0.2)
    assert by_hand["b"] == 0
    assert by_hand["c"] == pytest.approx(2 / 3)
    assert by_hand["d"] is None
    assert by_hand["e"] == pytest.approx(1 - 20 / 30)


def changed(results: Path, **changes: object) -> str:
    model = json.loads(
        (StoredRun.open(results).path / "segmentation.json").read_text(encoding="utf-8")
    )
    return json.dumps({**model, **changes})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scoring": None}, "holds nothing for scoring"),
        ({"window": {"start": "soon"}}, "window"),
        ({"exclusions": [{"name": "x", "rule": 'orders > (SELECT 1 FROM "/etc/passwd")'}]}, "x"),
        ({"exclusions": [{"name": "x", "rule": "orders > 1; DROP TABLE events"}]}, "DROP TABLE"),
        ({"schema_version": 99}, "later clustomer"),
        ({"scoring": {"shop": {}}}, "the shop's figure"),
    ],
)
def test_a_damaged_or_hostile_file_is_an_error(
    results: Path, change: dict[str, object], message: str
) -> None:
    with pytest.raises((InputError, UsageError), match=message):
        read_definition(changed(results, **change))


def test_another_definition_of_a_feature_is_refused(results: Path) -> None:
    model = json.loads(changed(results))
    model["features"][0]["sql"] = "COUNT(*)"
    with pytest.raises(InputError, match="another definition"):
        read_definition(json.dumps(model))


def test_a_file_from_before_scoring_is_read_and_refused(results: Path) -> None:
    model = json.loads(changed(results, schema_version=3))
    del model["scoring"]
    with pytest.raises(InputError, match="holds nothing for scoring"):
        read_definition(json.dumps(model))


def test_the_command(results: Path, shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "scored.parquet"
    call = ["score", str(results), str(shop), "--out", str(out)]
    done = CliRunner().invoke(app, [*call, "--json", "-q"])
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    table = pq.read_table(out)
    assert printed["customers"] == table.num_rows
    assert sum(part["customers"] for part in printed["segments"]) == table.num_rows
    assert [part["share"] for part in printed["segments"]] == pytest.approx(
        [part["share_in_run"] for part in printed["segments"]]
    )
    again = CliRunner().invoke(app, call)
    assert again.exit_code != 0
    assert "--overwrite" in str(again.exception)
