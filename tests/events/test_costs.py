"""What goods cost the shop: read beside the events, and the margin that is left."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clustomer import Settings, run
from clustomer.engines import DuckDB
from clustomer.errors import InputError, UsageError
from clustomer.events import (
    EventSchema,
    describe_source,
    hash_sum,
    read_events,
    read_stored_events,
    write_events,
)
from clustomer.history import customer_cohorts
from clustomer.pipeline import with_measured_margin

COLUMNS = {
    "event_time": "at",
    "user_id": "who",
    "product_id": "sku",
    "price": "unit_price",
    "quantity": "qty",
    "order_id": "order",
}


def schema(**settings: Any) -> EventSchema:
    return EventSchema.model_validate(
        {"name": "mine", "columns": COLUMNS, "event_type": "purchase", "cost": "cost", **settings}
    )


def log(**columns: list[Any]) -> pa.Table:
    rows = len(columns["qty"])
    plain = {
        "at": [f"2024-01-{day:02} 10:00:00" for day in range(15, 15 + rows)],
        "who": ["a", "b"] * (rows // 2) + ["a"] * (rows % 2),
        "sku": ["m"] * rows,
        "unit_price": [10.0] * rows,
        "order": [str(number) for number in range(rows)],
    }
    return pa.table({**plain, **columns})


def test_costs_of_pieces_leave_a_margin() -> None:
    # sold: 10 + 20 + 30 + 10 = 70, of which 60 have a cost: 4 + 8 + 12 = 24
    events = read_events(log(qty=[1, 2, 3, 1], cost=["4.00", "4.00", "4.00", ""]), schema=schema())
    assert events.margin == 0.6
    costs = events.readings.costs
    assert costs is not None
    assert (costs.of, costs.margin, costs.covered) == ("unit", 0.6, round(60 / 70, 4))
    assert costs.sample == "2 × 4.00 = 8.00"
    assert events.to_arrow()["cost"].to_pylist() == [4, 12, 8, None]
    [note] = [text for text in events.readings.to_say if "cost the shop" in text]
    assert "known for 85.7% of sales, of which 60.0% is left" in note


def test_what_costs_are_of_follows_from_their_values() -> None:
    # each product costs the same for each piece, and prices are of pieces
    skus = [f"p{number // 2}" for number in range(12)]
    quantities = [1, 3] * 6
    prices = [10.0 + number // 2 for number in range(12)]
    of_rows = [4.0 * quantity for quantity in quantities]
    table = log(qty=quantities, sku=skus, unit_price=prices, cost=of_rows)
    events = read_events(table, schema=schema())
    assert events.readings.costs is not None
    assert events.readings.costs.of == "line"
    assert sum(events.to_arrow()["cost"].to_pylist()) == sum(of_rows)
    # told, they are taken as told
    events = read_events(table, schema=schema(cost_is="unit"), accept_losses=None)
    assert events.readings.costs is not None
    assert events.readings.costs.of == "unit"
    assert sum(events.to_arrow()["cost"].to_pylist()) == sum(
        cost * quantity for cost, quantity in zip(of_rows, quantities, strict=True)
    )


def test_costs_of_lines_stay_whole_where_prices_of_lines_are_divided() -> None:
    # 10 for 3 pieces divides into no price of a piece
    of_line = schema(price_is="line", columns={**COLUMNS, "price": "unit_price"})
    events = read_events(log(qty=[3, 2], cost=[6.0, 4.0]), schema=of_line)
    assert events.to_arrow()["cost"].to_pylist() == [6, 4]
    assert events.margin == 0.5


def test_costs_are_written_as_prices_are_and_in_their_currency() -> None:
    euros = log(qty=[1, 1], cost=["1.004,50", "4,25"], unit_price=["2.000,00", "10,00"])
    events = read_events(euros, schema=schema())
    assert [float(cost) for cost in events.to_arrow()["cost"].to_pylist()] == [1004.5, 4.25]
    cents = log(qty=[1, 1], cost=[400, 500], unit_price=[1000, 1000])
    assert read_events(cents, schema=schema(amounts_in="minor")).to_arrow()["cost"].to_pylist() == [
        4,
        5,
    ]


def test_goods_that_come_back_cost_nothing() -> None:
    # 40 sold, 10 back; they cost 16 less 4
    table = log(qty=[1, 1, 2, -1], cost=[4.0, 4.0, 4.0, 4.0])
    events = read_events(table, schema=schema(returns_are_negative=True))
    assert events.to_arrow()["cost"].to_pylist() == [4, 8, 4, 4]
    assert events.margin == 0.6


@pytest.mark.parametrize("cost", [[0.0, 0.0], [None, None], [12.0, 11.0]])
def test_costs_that_leave_no_margin_stop_the_reading(cost: list[float | None]) -> None:
    table = log(qty=[1, 1], cost=pa.array(cost, pa.float64()))
    with pytest.raises(InputError, match=r"leaves no margin\. Expected costs .* --margin"):
        read_events(table, schema=schema())


def test_costs_need_prices_and_amounts_that_they_can_be_compared_with() -> None:
    without = {ours: theirs for ours, theirs in COLUMNS.items() if ours != "price"}
    with pytest.raises(ValueError, match="`cost`, which needs a column for `price`"):
        schema(columns=without)
    with pytest.raises(ValueError, match="`cost_is`, which needs `cost`"):
        schema(cost=None, cost_is="unit")
    orders = log(qty=[2, 1, 1], order=["1", "1", "2"], sku=["m", "t", "m"], cost=[3.0, 3.0, 3.0])
    with pytest.raises(InputError, match=r'cost_is = "unit" \(2 × 3.00 = 6.00\) or cost_is = "li'):
        read_events(orders, schema=schema(price_is="order"))


@pytest.mark.parametrize(
    ("column", "proposed"),
    [
        ("Unit Cost", True),
        ("Cost per item", True),
        ("COGS", True),
        ("Einkaufspreis", True),
        ("Shipping Cost", False),
        ("cost", False),
    ],
)
def test_a_draft_proposes_costs_where_their_name_leaves_no_doubt(
    column: str, proposed: bool, tmp_path: Path
) -> None:
    path = tmp_path / "shop.csv"
    lines = [f"order no,order date,customer no,sku,qty,unit price,{column}"]
    lines += [f"{n},2024-01-{n % 28 + 1:02},c{n % 9},p{n % 5},1,{9 + n % 5}.5,{3 + n % 5}.25"
              for n in range(40)]  # fmt: skip
    path.write_text("\n".join(lines), encoding="utf-8")
    described = describe_source(path)
    assert described.schema.cost == (column if proposed else None)
    assert (column in described.unused) is not proposed


def test_cohorts_keep_what_their_goods_leave() -> None:
    # January's customer: 10 and then 20, which cost 4 and 15; February's: 30 without a cost
    table = log(
        at=["2024-01-05", "2024-02-10", "2024-02-11"],
        who=["a", "a", "b"],
        qty=[1, 2, 3],
        cost=[4.0, 7.5, None],
    )
    made = customer_cohorts(read_events(table, schema=schema()), by="purchase", unit="month")
    # of 30 with a cost 11 is left, so 0.3667 of the others
    kept = made.table["cumulated_margin_per_customer"].to_pylist()
    assert kept == pytest.approx([6.0, 11.0, 30 * 0.3667])
    made = customer_cohorts(table, schema=schema(), unit="month", margin=0.5)
    assert made.table["cumulated_margin_per_customer"].to_pylist() == pytest.approx([6, 11, 15])
    made = customer_cohorts(table, schema=schema(cost=None), unit="month")
    assert "cumulated_margin_per_customer" not in made.table.schema.names


def test_costs_are_stored_with_the_events_and_change_what_identifies_them(tmp_path: Path) -> None:
    events = read_events(log(qty=[1, 2], cost=[4.0, 5.0]), schema=schema())
    other = read_events(log(qty=[1, 2], cost=[4.0, 6.0]), schema=schema())
    assert hash_sum(events) != hash_sum(other)
    write_events(events, tmp_path / "events")
    with DuckDB() as engine:
        stored = read_stored_events(sorted((tmp_path / "events").iterdir()), events.window, engine)
        assert hash_sum(stored) == hash_sum(events)
        assert stored.margin == events.margin == round(1 - 14 / 30, 4)


def test_the_margin_that_costs_leave_is_that_of_the_run() -> None:
    sold = log(qty=[1, 2], cost=[4.0, 5.0])
    measured = with_measured_margin(Settings(), read_events(sold, schema=schema()))
    assert measured.margin == round(1 - 14 / 30, 4)
    without = read_events(sold, schema=schema(cost=None))
    assert with_measured_margin(Settings(margin=0.2), without).margin == 0.2


def test_a_margin_beside_costs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--margin is 0\.3, and `cost` .* Expected one of them"):
        run(
            log(qty=[1, 2], cost=[4.0, 5.0]),
            tmp_path / "out",
            settings=Settings(schema=schema(), margin=0.3),
        )
    assert not (tmp_path / "out").exists()
