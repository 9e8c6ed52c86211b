"""How amounts are read: decimal marks, currencies, what they are of, refunds and copies."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustomer.customers import customer_features
from clustomer.errors import AmbiguousError, InputError, UsageError
from clustomer.events import Events, EventSchema, read_events
from clustomer.events.reading.plan import SAMPLE_ROWS


def events_of(
    table: dict[str, list[Any]], schema: dict[str, Any] | None = None, **o: Any
) -> Events:
    made = EventSchema.model_validate(schema) if schema else None
    return read_events(pa.table(table), schema=made, **o)


def prices(values: list[str], **schema: Any) -> list[Decimal | None]:
    """Return the prices in the order of the rows."""
    table = {
        "at": [f"2024-01-{1 + i // 24:02d} {i % 24:02d}:00:00" for i in range(len(values))],
        "who": ["1"] * len(values),
        "price": values,
    }
    columns = {"event_time": "at", "user_id": "who", "price": "price"}
    made = {"name": "t", "event_type": "purchase", "columns": columns, **schema}
    rows = events_of(table, made).to_arrow().to_pylist()
    return [row["price"] for row in sorted(rows, key=lambda row: row["event_time"])]


def revenue(events: Events) -> dict[str, Decimal]:
    total: Counter[str] = Counter()
    for row in events.to_arrow().to_pylist():
        sign = {"purchase": 1, "return": -1}.get(row["event_type"], 0)
        total[row["user_id"]] += sign * (row["price"] or 0) * row["quantity"]
    return dict(total)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1.250,00", "20", "1.250", "30,50"], ["1250", "20", "1250", "30.5"]),
        (["1,250.00", "20", "1,250", "30.50"], ["1250", "20", "1250", "30.5"]),
        (["79,2"], ["79.2"]),
        (["€ 12,50", "€ 1.000", "3,00 €"], ["12.5", "1000", "3"]),
        (["$12.50", "$1,000.00", "30"], ["12.5", "1000", "30"]),
        (["1'250.50", "CHF 10.00", "7"], ["1250.5", "10", "7"]),
        (["1 250,00", "1\u00a0000,00", "1\u202f000,50"], ["1250", "1000", "1000.5"]),
        (["1,25,000.00", "500"], ["125000", "500"]),
        (["1.250.000", "1.000"], ["1250000", "1000"]),
        (["1.250", "0.500"], ["1.25", "0.5"]),
        (["kr. 12,50", "12,50 kr"], ["12.5", "12.5"]),
        (["1e3", "2.5"], ["1000", "2.5"]),
    ],
)
def test_marks_are_decided_over_all_values(values: list[str], expected: list[str]) -> None:
    assert prices(values) == [Decimal(value) for value in expected]


def test_what_fits_both_marks_is_asked_and_what_mixes_them_is_refused() -> None:
    with pytest.raises(InputError, match=r"'1\.250' is 1\.250 or 1250.*decimal = \"\.\""):
        prices(["1.250", "950"])
    assert prices(["1.250", "950"], decimal=",") == [1250, 950]
    assert prices(["1.250", "950"], decimal=".") == [Decimal("1.25"), 950]
    with pytest.raises(InputError, match=r"1 values fit only a point, such as '12\.5'; 1 only a"):
        prices(["12.5", "12,5"])
    assert prices(["12.5", "12,5"], decimal=".") == [Decimal("12.5")]


def test_a_value_far_down_decides() -> None:
    few = ["1.250"] * 1 + ["950"] * 3_000
    table = {"event_time": ["2024-01-01"] * 3_002, "user_id": ["1"] * 3_002}
    with pytest.raises(InputError, match="can be read in two ways"):
        events_of({**table, "price": ["950"] * 3_001 + ["1.250"]})
    events = events_of({**table, "price": [*few, "12,50"]})
    assert max(events.to_arrow()["price"].to_pylist()) == 1250
    assert "decimal comma" in events.readings.to_say[0]


NUMBERS = st.lists(
    st.decimals(min_value=0, max_value=99_999_999, places=2, allow_nan=False),
    min_size=1,
    max_size=8,
)
WAYS = {
    "plain": lambda value: f"{value:.2f}",
    "english": lambda value: f"{value:,.2f}",
    "german": lambda value: f"{value:,.2f}".translate(str.maketrans(",.", ".,")),
    "french": lambda value: f"{value:,.2f} €".translate(str.maketrans(",.", "\u202f,")),
    "swiss": lambda value: f"CHF {value:,.2f}".replace(",", "’"),
    "comma": lambda value: f"{value:.2f}".replace(".", ","),
}


@settings(max_examples=12, deadline=None)
@given(NUMBERS, st.sampled_from(sorted(WAYS)))
def test_every_way_to_write_numbers_gives_the_same(values: list[Decimal], way: str) -> None:
    assert prices([WAYS[way](value) for value in values]) == values


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9_999_999), st.sampled_from(sorted(WAYS))), min_size=1))
def test_a_mixture_gives_the_same_or_an_error(parts: list[tuple[int, str]]) -> None:
    values = [Decimal(cents) / 100 for cents, _ in parts]
    texts = [WAYS[way](value) for value, (_, way) in zip(values, parts, strict=True)]
    try:
        read = prices(texts)
    except InputError:
        return
    assert read == values


MIXED = {
    "event_time": ["2024-01-05 09:00", "2024-01-20 09:00", "2024-02-01 09:00"],
    "event_type": ["purchase"] * 3,
    "user_id": ["k1", "k1", "k2"],
}


def test_several_currencies_are_never_added_up() -> None:
    table = {**MIXED, "price": ["$12.50", "20 EUR", "30 EUR"]}
    with pytest.raises(InputError, match=r"EUR \(2 rows\), USD \(1 row\).*--only-currency EUR"):
        events_of(table)
    only = events_of(table, only_currency="eur")
    assert revenue(only) == {"k1": 20, "k2": 30}
    assert only.currencies == ("EUR",)
    assert ("other_currency", "rejected", 1) in only.cleaning.rules
    rates = pa.table({"currency": ["USD", "EUR"], "rate": ["0.9", "1"]})
    converted = events_of(table, rates=rates)
    assert revenue(converted) == {"k1": Decimal("31.25"), "k2": 30}
    assert converted.currencies == ("EUR",)
    with pytest.raises(InputError, match="amounts in USD, for which --rates has no rate"):
        events_of(table, rates=rates.slice(1))
    with pytest.raises(UsageError, match="Leave out one"):
        events_of(table, rates=rates, only_currency="EUR")
    with pytest.raises(InputError, match="--only-currency is GBP, but"):
        events_of(table, only_currency="GBP")


def test_a_column_of_currencies_is_seen() -> None:
    table = {**MIXED, "price": [12.5, 20.0, 30.0], "currency": ["USD", "€", "eur"]}
    with pytest.raises(InputError, match=r"EUR \(2 rows\), USD \(1 row\)"):
        events_of(table)
    assert revenue(events_of(table, only_currency="USD")) == {"k1": Decimal("12.5")}
    one = {**table, "currency": ["EUR", None, "€"]}
    assert revenue(events_of(one)) == {"k1": Decimal("32.5"), "k2": 30}
    assert events_of(one).currencies == ("EUR",)
    assert events_of({**MIXED, "price": [1.0, 2.0, 3.0]}).currencies == ()


LINES = {
    "day": ["2024-01-05", "2024-01-20", "2024-02-01", "2024-03-01"],
    "who": ["k1", "k2", "k1", "k2"],
    "no": ["o1", "o2", "o3", "o4"],
    "item": ["A", "B", "A", "C"],
    "pieces": ["3", "1", "5", "2"],
    "Sales": ["30.00", "12.00", "50.00", "9.00"],
}
COLUMNS = {"event_time": "day", "user_id": "who", "order_id": "no", "product_id": "item",
           "quantity": "pieces", "price": "Sales"}  # fmt: skip
SCHEMA = {"name": "t", "event_type": "purchase", "columns": COLUMNS}


def test_what_a_line_cost_is_told_by_the_quotient_that_repeats() -> None:
    events = events_of(LINES, SCHEMA)
    assert revenue(events) == {"k1": 80, "k2": 21}
    assert events.readings.amounts is not None
    assert events.readings.amounts.of == "line"
    assert "30.00 for 3" in events.readings.to_say[0]
    assert events.totals().to_json() == {"customers": 2, "orders": 4, "revenue": "101.0000"}
    assert revenue(events_of(LINES, {**SCHEMA, "price_is": "unit"})) == {"k1": 340, "k2": 30}


def test_what_cannot_be_known_is_asked_with_a_row_in_plain_words() -> None:
    unknown = {**LINES, "item": ["A", "B", "C", "D"]}
    with pytest.raises(InputError) as error:
        events_of(unknown, SCHEMA)
    assert "--price-is unit (3 × 30.00 = 90.00)" in str(error.value)
    assert "--price-is line (30.00 for 3)" in str(error.value)
    named = {**SCHEMA, "columns": {**COLUMNS, "price": "Unit Price"}}
    prices_of = {**{k: v for k, v in unknown.items() if k != "Sales"}, "Unit Price": LINES["Sales"]}
    assert revenue(events_of(prices_of, named)) == {"k1": 340, "k2": 30}


def test_a_line_that_cannot_be_divided_evenly_stays_exact() -> None:
    table = {**LINES, "Sales": ["10.00", "12.00", "50.00", "9.00"]}
    events = events_of(table, {**SCHEMA, "price_is": "line"})
    assert revenue(events) == {"k1": 60, "k2": 21}


def test_the_total_of_an_order_counts_once() -> None:
    table = {
        "day": ["2024-01-05"] * 3 + ["2024-01-20"] * 2 + ["2024-02-01"],
        "who": ["k1"] * 3 + ["k2"] * 2 + ["k1"],
        "no": ["o1"] * 3 + ["o2"] * 2 + ["o3"],
        "item": ["A", "B", "C", "A", "B", "C"],
        "order_total": ["100.00"] * 3 + ["25.00"] * 2 + ["7.50"],
    }
    columns = {k: v for k, v in COLUMNS.items() if k != "quantity"} | {"price": "order_total"}
    events = events_of(table, {**SCHEMA, "columns": columns})
    assert revenue(events) == {"k1": Decimal("107.50"), "k2": 25}
    assert "100.00 for an order of 3 lines" in events.readings.to_say[0]
    lines = {**table, "order_total": ["1", "2", "3", "4", "5", "6"]}
    with pytest.raises(InputError, match="it differs on the lines of 2 of 2 orders"):
        events_of(lines, {**SCHEMA, "columns": columns, "price_is": "order"})


def test_a_price_that_grows_with_the_quantity_is_not_taken_by_its_name() -> None:
    count = 12
    table = {
        "event_time": [f"2024-01-{day:02d} 10:00:00" for day in range(1, count + 1)],
        "event_type": ["purchase"] * count,
        "user_id": [str(i) for i in range(count)],
        "product_id": [f"p{i % 6}" for i in range(count)],
        "quantity": [1 + i // 6 for i in range(count)],
        "price": [float((2 + i % 6) * (1 + i // 6)) for i in range(count)],
    }
    with pytest.raises(InputError, match="Its name says the price of a piece, and it grows"):
        events_of(table)


def test_negative_amounts_are_refunds_where_the_schema_says_so() -> None:
    table = {
        "customer_id": ["1", "1", "2", "2", "3", "3"],
        "order_date": [
            "2024-01-01",
            "2024-01-09",
            "2024-01-03",
            "2024-02-03",
            "2024-02-10",
            "2024-02-12",
        ],
        "order_id": ["a1", "r1", "a2", "a3", "a4", "r4"],
        "amount": ["100.00", "-100.00", "40.00", "60.00", "25.00", "-10.00"],
    }
    columns = {"event_time": "order_date", "user_id": "customer_id", "order_id": "order_id",
               "price": "amount"}  # fmt: skip
    schema = {"name": "t", "event_type": "purchase", "columns": columns}
    events = events_of(table, {**schema, "returns_are_negative": True})
    assert revenue(events) == {"1": 0, "2": 100, "3": 15}
    assert events.totals().revenue == 115
    slips = events_of(table, schema, returns_are_negative="false")
    assert ("negative_price", "rejected", 2) in slips.cleaning.rules
    with pytest.raises(
        AmbiguousError, match=r"2 purchases .* below 0, such as .-10\.00., worth 110"
    ):
        events_of(table, schema)


def test_a_currency_that_amounts_do_not_have_is_said() -> None:
    dollars = events_of({**MIXED, "price": ["$5", "$7.50", "$1"]})
    assert dollars.in_currency("USD").warnings == dollars.in_currency("CAD").warnings == ()
    assert "amounts are in USD (3 rows)" in dollars.in_currency("EUR").warnings[0]
    assert events_of(MIXED).in_currency("EUR").warnings == ()
    rates = pa.table({"currency": ["USD", "EUR"], "rate": ["0.9", "1"]})
    converted = events_of({**MIXED, "price": ["$5", "€7.50", "1"]}, rates=rates)
    assert converted.in_currency("€").warnings == ()
    assert "converts into EUR" in converted.in_currency("USD").warnings[0]


def purchases(*amounts: str, kind: str = "purchase") -> dict[str, list[str]]:
    """Return a log of purchases of 10.00 and, at the end, one of each amount and kind."""
    paid = ["10.00"] * 200 + list(amounts)
    return {
        "event_time": [f"2024-01-01 {i // 60:02d}:{i % 60:02d}:00" for i in range(len(paid))],
        "event_type": ["purchase"] * 200 + [kind] * len(amounts),
        "user_id": [str(i % 50) for i in range(len(paid))],
        "price": paid,
    }


def test_purchases_below_0_are_asked_for_where_they_matter() -> None:
    slips = events_of(purchases("-19.00", "(1.00)"))
    assert ("negative_price", "rejected", 2) in slips.cleaning.rules
    for matter in (["-0.10"] * 3, ["(20.50)"]):
        with pytest.raises(AmbiguousError, match="--returns-are-negative true"):
            events_of(purchases(*matter))
    refunds = events_of(purchases("(20.50)"), returns_are_negative="true")
    assert refunds.totals().revenue == Decimal("1979.5")


def test_a_return_below_0_is_a_return_of_that_much() -> None:
    for amount in ("20.50", "-20.50", "(20.50)"):
        events = events_of(purchases(amount, kind="return"))
        assert events.cleaning.rejected == 0
        assert events.totals().revenue == Decimal("1979.5")


def order_lines(*sendings: tuple[str, str, str, str]) -> dict[str, list[str]]:
    """Return a log of orders: customer, order, minute, products of 10.00 each."""
    rows = [
        (who, no, f"2024-01-01 10:{minute}:00", item)
        for who, no, minute, items in sendings
        for item in items
    ]
    return {
        "event_time": [row[2] for row in rows],
        "event_type": ["purchase"] * len(rows),
        "user_id": [row[0] for row in rows],
        "order_id": [row[1] for row in rows],
        "product_id": [row[3] for row in rows],
        "price": ["10.00"] * len(rows),
    }


def copies(events: Events) -> int:
    return next(rows for rule, _, rows in events.cleaning.rules if rule == "order_sent_again")


def test_an_order_that_was_sent_twice_counts_once() -> None:
    table = order_lines(
        ("u1", "T1", "00", "AAB"), ("u1", "T1", "05", "AAB"), ("u1", "T1", "59", "AAB"),
        ("u2", "T2", "00", "A"),
    )  # fmt: skip
    events = events_of(table)
    assert copies(events) == 6
    assert revenue(events) == {"u1": 30, "u2": 10}


@pytest.mark.parametrize(
    "sendings",
    [
        # the same order number of two customers
        [("u1", "T1", "00", "AB"), ("u2", "T1", "05", "AB")],
        # the same lines in two orders
        [("u1", "T1", "00", "AB"), ("u1", "T2", "05", "AB")],
        # two equal lines of one order
        [("u1", "T1", "00", "AAB")],
        # a part of the lines comes again
        [("u1", "T1", "00", "AB"), ("u1", "T1", "05", "A")],
        # lines that have times of their own
        [("u1", "T1", "00", "A"), ("u1", "T1", "01", "B"), ("u1", "T1", "02", "A"),
         ("u2", "T2", "00", "A"), ("u2", "T2", "01", "B")],
    ],
)  # fmt: skip
def test_ordinary_lines_are_never_touched(sendings: list[tuple[str, str, str, str]]) -> None:
    assert copies(events_of(order_lines(*sendings))) == 0


@pytest.mark.parametrize("value", ["4006381333931", "99999999999999999999", "1e15"])
def test_what_cannot_be_money_is_counted(value: str) -> None:
    rules = events_of({**MIXED, "price": ["5", "7.50", value]}).cleaning.rules
    assert ("implausible_amount", "rejected", 1) in rules


def test_large_amounts_are_exact() -> None:
    table = {**MIXED, "price": ["50000000", "7.25", "1"], "quantity": ["2000", "1", "1"]}
    events = events_of(table)
    assert revenue(events) == {"k1": Decimal("100000000007.25"), "k2": 1}
    assert events.totals().revenue == Decimal("100000000008.25")
    customers = customer_features(events).table.to_pylist()
    assert [row["revenue"] for row in customers] == [100000000007.25, 1.0]


def test_an_order_number_of_two_customers_carries_nothing() -> None:
    table = {
        "at": ["2024-01-01", None, "2024-01-02"],
        "who": ["a@x", None, "b@x"],
        "no": ["#1001"] * 3,
        "price": ["1.50", "2.50", "3.50"],
    }
    columns = {"event_time": "at", "user_id": "who", "order_id": "no", "price": "price"}
    schema = {"name": "t", "event_type": "purchase", "columns": columns,
              "carried_within_order": ["event_time", "user_id"]}  # fmt: skip
    assert events_of(table, schema).cleaning.rejected == 1


@pytest.mark.parametrize(
    ("odd", "read", "currencies"),
    [
        # 1,234 alone could be a decimal comma: the points of all others tell
        (["1,234"], ["1234"], {}),
        (["19.90 USD", "free"], ["19.9"], {"USD": 1}),
        (["$1,234.50", "USD 7.00"], ["1234.5", "7"], {"USD": 2}),
    ],
)
def test_few_prices_that_are_written_otherwise_are_read_wherever_they_stand(
    odd: list[str], read: list[str], currencies: dict[str, int]
) -> None:
    plain = ["12.50"] * (SAMPLE_ROWS + 100)
    readings = []
    for values in (odd + plain, plain + odd):
        n = len(values)
        events = events_of(
            {
                "event_time": [f"2024-01-01 00:{i // 60:02d}:{i % 60:02d}" for i in range(n)],
                "event_type": ["purchase"] * n,
                "user_id": [str(i) for i in range(n)],
                "price": values,
            }
        )  # fmt: skip
        made = Counter(row["price"] for row in events.to_arrow().to_pylist())
        assert made == Counter(
            {Decimal("12.5"): len(plain), **dict.fromkeys(map(Decimal, read), 1)}
        )
        assert dict(events.readings.currencies) == currencies
        readings.append(events.readings.price)
    assert readings[0] == readings[1]


def charges(amounts: list[int], currency: str = "eur", **further: list[Any]) -> dict[str, Any]:
    """Return a table in the columns of a payment service, one customer for each amount."""
    n = len(amounts)
    return {
        "id": [f"ch_{i}" for i in range(n)],
        "object": ["charge"] * n,
        "amount": amounts,
        "currency": [currency] * n,
        "customer": [f"cus_{i}" for i in range(n)],
        "created": [1704445200 + 86400 * i for i in range(n)],
        "status": ["succeeded"] * n,
        **further,
    }


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("eur", ["20", "15.5"]), ("jpy", ["2000", "1550"]), ("kwd", ["2", "1.55"])],
)
def test_a_payment_service_counts_in_the_smallest_unit(currency: str, expected: list[str]) -> None:
    events = events_of(charges([2000, 1550], currency))
    assert events.schema.name == "stripe-api"
    assert revenue(events) == {f"cus_{i}": Decimal(value) for i, value in enumerate(expected)}


def test_what_a_payment_service_gave_back_or_did_not_get_is_no_revenue() -> None:
    table = charges(
        [2000, 1550, 700],
        status=["succeeded", "succeeded", "failed"],
        amount_refunded=[500, 0, 0],
    )
    events = events_of(table)
    assert revenue(events) == {"cus_0": Decimal(15), "cus_1": Decimal("15.5")}
    assert sum(row["event_type"] == "return" for row in events.to_arrow().to_pylist()) == 1


def test_whole_numbers_beside_a_currency_in_small_letters_are_asked() -> None:
    table = {"at": ["2024-01-05", "2024-01-06"], "who": ["1", "2"], "paid": ["2000", "1550"],
             "currency": ["eur", "eur"]}  # fmt: skip
    columns = {"event_time": "at", "user_id": "who", "price": "paid"}
    schema = {"name": "t", "event_type": "purchase", "columns": columns, "currency": "currency"}
    with pytest.raises(InputError, match=r"--amounts-in minor \(2,000 is 20.00 EUR\)"):
        events_of(table, schema)
    for kind, total in (("minor", "20"), ("major", "2000")):
        assert revenue(events_of(table, schema, amounts_in=kind))["1"] == Decimal(total)
    # what nobody writes who counts cents
    for other in (
        {"currency": ["EUR", "EUR"]}, {"paid": ["2000", "15.50"]}, {"currency": ["jpy", "jpy"]}
    ):  # fmt: skip
        assert revenue(events_of({**table, **other}, schema))["1"] == Decimal(2000)


@pytest.mark.parametrize("name", ["amount_cents", "Total (cents)", "price_minor", "pence"])
def test_a_name_that_says_cents_is_believed_where_all_are_whole(name: str) -> None:
    table = {"at": ["2024-01-05", "2024-01-06"], "who": ["1", "2"], name: [1000, 2550]}
    columns = {"event_time": "at", "user_id": "who", "price": name}
    schema = {"name": "t", "event_type": "purchase", "columns": columns}
    events = events_of(table, schema)
    assert revenue(events) == {"1": Decimal(10), "2": Decimal("25.5")}
    assert "2,550 is 25.50" in " ".join(events.readings.to_say)
    with pytest.raises(InputError, match="--amounts-in"):
        events_of({**table, name: [10.0, 25.5]}, schema)


@pytest.mark.parametrize("name", ["recent_total", "percent", "center", "accents"])
def test_other_names_say_nothing_of_cents(name: str) -> None:
    table = {"at": ["2024-01-05"], "who": ["1"], name: [1000]}
    columns = {"event_time": "at", "user_id": "who", "price": name}
    schema = {"name": "t", "event_type": "purchase", "columns": columns}
    assert revenue(events_of(table, schema)) == {"1": Decimal(1000)}
