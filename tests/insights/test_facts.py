import json
from decimal import Decimal

import pyarrow as pa
import pytest
from babel import Locale
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from clustomer.errors import InputError, UsageError
from clustomer.insights.facts import Fact, Facts, Mismatch, escape, format_value, placeholders
from clustomer.insights.facts.writing import write_number

CUSTOMERS = pa.table(
    {
        "user_id": ["a", "b", "c", "d", "e"],
        "orders": [3.0, 1.0, 0.0, 0.0, 40.0],
        "revenue": [30.5, -2.25, 0.0, 0.0, 500.0],
        "average_order_value": [10.0, 4.0, None, None, 12.5],
    }
)
SEGMENTS = pa.table(
    {"user_id": ["e", "d", "c", "b", "a"], "segment_id": ["bots", "S2", "S2", "S1", "S1"]}
)
CLEANING = pa.table(
    {
        "rule": ["clean", "missing_time", "possible_duplicate"],
        "action": ["kept", "rejected", "kept"],
        "rows": [90, 4, 6],
        "share": [0.9, 0.04, 0.06],
    }
)
TABLES = {
    "customers": CUSTOMERS,
    "segments": SEGMENTS,
    "cleaning": CLEANING,
    "run": {
        "settings": {"margin": 0.25, "cost": 0.5, "currency": None},
        "source": {"label": "{not.one} & co"},
        "window": {
            "start": "2019-10-01T00:01:11Z",
            "cutoff": "2019-10-31T12:00:00Z",
            "time_zone": "Europe/Berlin",
        },
    },
    "segmentation": {
        "left_out": {"views": "the same for {everyone}", "a/b~": "odd"},
        "assignment": {"recency_cuts": [1.5, 3.0]},
    },
}


def fact(
    fact_id: str, value: object, unit: str = "orders", decimals: int = 0, **source: str
) -> Fact:
    place = {"table": "customers", "key": "everyone", "column": "orders", "aggregate": "sum"}
    return Fact(fact_id, value, unit, decimals, None, {**place, **source})  # type: ignore[arg-type]


HAND_COMPUTED = [
    ("everyone", "user_id", "count", 4),
    ("all", "user_id", "count", 5),
    ("S1", "user_id", "share", 0.5),
    ("bots", "user_id", "share", 0.2),
    ("S1", "revenue", "sum", 28.25),
    ("S1", "revenue", "share_of_sum", 1.0),
    ("S2", "revenue", "share_of_sum", 0.0),
    ("everyone", "orders", "mean", 1.0),
    ("everyone", "orders", "median", 0.5),
    ("S1", "orders", "min", 1.0),
    ("S1", "orders", "max", 3.0),
    ("everyone", "average_order_value", "mean", 7.0),
    ("S2", "average_order_value", "mean", None),
    ("S2", "average_order_value", "share_defined", 0.0),
    ("everyone", "orders", "share_at_least(1)", 0.5),
    ("everyone", "orders", "share_at_most(0)", 0.5),
    ("everyone", "average_order_value", "share_at_least(0)", 0.5),
    ("everyone", "orders", "count_at_most(0)", 2),
    ("everyone", "orders", "top_share(0.25)", 0.75),
    # mean 2 less mean 1, over the deviation of 3, 1, 0, 0: the root of 1.5
    ("S1", "orders", "standardised_difference(linear)", 1 / 1.5**0.5),
    ("S1", "average_order_value", "standardised_difference(linear)", 0.0),
    ("S2", "average_order_value", "standardised_difference(linear)", None),
]


@pytest.mark.parametrize(("key", "column", "aggregate", "value"), HAND_COMPUTED)
def test_each_aggregate_is_recomputed_from_the_customers(
    key: str, column: str, aggregate: str, value: float | None
) -> None:
    right = fact("right", value, key=key, column=column, aggregate=aggregate)
    assert Facts([right]).verify(TABLES) == ()
    wrong = fact("wrong", (value or 0) + 0.001, key=key, column=column, aggregate=aggregate)
    (mismatch,) = Facts([wrong]).verify(TABLES)
    assert mismatch.id == "wrong"
    assert mismatch.recomputed == (None if value is None else pytest.approx(value))


def moments() -> list[Fact]:
    place = {"table": "run", "key": "window"}
    start, cutoff = {**place, "column": "start"}, {**place, "column": "cutoff"}
    return [
        # Berlin was two hours ahead of UTC until 27 October 2019, and one from then on
        fact("start", "2019-10-01 02:01", "text", **start, aggregate="local_time"),
        fact("cutoff", "2019-10-31 13:00", "text", **cutoff, aggregate="local_time"),
        fact("day", "2019-10-31", "text", **cutoff, aggregate="local_date"),
        fact("days", 30.5 - 71 / 86400, "days", **cutoff, aggregate="days"),
    ]


def test_facts_of_other_tables_are_recomputed() -> None:
    value = {"column": "margin", "key": "settings", "aggregate": "value", "table": "run"}
    kept = {"table": "cleaning", "key": "action=kept", "column": "rows", "aggregate": "sum"}
    rule = {"table": "cleaning", "key": "rule=missing_time", "column": "share"}
    reason = {"table": "segmentation", "key": "left_out", "column": "views", "aggregate": "value"}
    facts = [
        fact("run.margin", 0.25, **value),
        fact("kept", 96, **kept),
        fact("missing", 0.04, **rule, aggregate="value"),
        fact("reason", "the same for {everyone}", "text", **reason),
        fact("odd", "odd", "text", **{**reason, "column": "a/b~"}),
        fact("currency", None, "text", **{**value, "column": "currency"}),
        fact("cut", 3.0, **{**reason, "key": "assignment/recency_cuts", "column": "1"}),
        fact(
            "cuts",
            2,
            **{**reason, "key": "assignment", "column": "recency_cuts", "aggregate": "length"},
        ),
        *moments(),
    ]
    assert Facts(facts).verify(TABLES) == ()
    assert Facts([fact("kept", 95, **kept)]).verify(TABLES) == (Mismatch("kept", 95, 96),)


def test_a_derived_fact_is_recomputed_from_what_it_is_made_of() -> None:
    parts = [
        fact("S1.revenue", 999.0, key="S1", column="revenue"),
        fact("S1.customers", 2, key="S1", column="user_id", aggregate="count"),
        fact("run.margin", 0.25, table="run", key="settings", column="margin", aggregate="value"),
        fact("run.cost", 0.5, table="run", key="settings", column="cost", aggregate="value"),
    ]
    ids = "run.cost S1.customers run.margin S1.revenue"
    lift = 0.5 * 2 / (0.25 * 28.25)
    derived = fact("lift", lift, table="facts", key=ids, column="value", aggregate="break_even")
    # the revenue as stated is wrong, and the derived fact does not lean on it
    assert [item.id for item in Facts([*parts, derived]).verify(TABLES)] == ["S1.revenue"]


def test_a_source_that_is_not_there_is_an_error_with_the_near_miss() -> None:
    with pytest.raises(InputError, match="`orders`"):
        Facts([fact("x", 1, column="oders")]).verify(TABLES)
    with pytest.raises(InputError, match=r"no `cleaning\.csv`"):
        Facts([fact("x", 1, table="cleaning")]).verify({"customers": CUSTOMERS})
    with pytest.raises(InputError, match="no aggregate `avg`"):
        Facts([fact("x", 1, aggregate="avg")]).verify(TABLES)
    with pytest.raises(InputError, match="no table `clening`"):
        Facts([fact("x", 1, table="clening")]).verify(TABLES)
    with pytest.raises(InputError, match="no single value"):
        Facts([fact("x", 1, table="cleaning", key="action=kept", column="rows",
                    aggregate="value")]).verify(TABLES)  # fmt: skip


def test_a_figure_made_of_itself_or_of_nothing_is_an_error() -> None:
    ratio = {"table": "facts", "column": "value", "aggregate": "ratio"}
    with pytest.raises(InputError, match="made of it"):
        Facts([fact("a", 1, **ratio, key="b b"), fact("b", 1, **ratio, key="a a")]).verify(TABLES)
    with pytest.raises(InputError, match="`gone`, which is not there"):
        Facts([fact("a", 1, **ratio, key="gone gone")]).verify(TABLES)
    with pytest.raises(InputError, match="no figure `ratio` of 1 facts"):
        Facts([fact("a", 1), fact("b", 1, **ratio, key="a")]).verify(TABLES)


def test_verify_refuses_other_customers() -> None:
    fewer = {**TABLES, "segments": SEGMENTS.slice(1)}
    with pytest.raises(InputError, match="not the same ones"):
        Facts([fact("x", 1)]).verify(fewer)


def test_json_round_trip() -> None:
    facts = Facts([fact("a", 1.5), fact("b", "{x} £", "text")], currency="£")
    again = Facts.from_json(facts.to_json())
    assert dict(again) == dict(facts)
    assert again.currency == "£"
    document = json.loads(facts.to_json())
    assert set(document["facts"][0]) == {
        "id", "value", "unit", "decimals", "segment_id", "source", "sql"
    }  # fmt: skip


@pytest.mark.parametrize("text", ["[]", "{}", '{"schema_version": 9}', "nonsense", '{"facts": 1'])
def test_what_is_no_facts_json_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        Facts.from_json(text)


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "currency", "text"),
    [
        (1234567, "customers", 0, None, "1,234,567"),
        (0, "customers", 0, None, "0"),
        (0.0, "share", 1, None, "0 %"),
        (1.0, "share", 1, None, "100 %"),
        (0.004, "share", 1, None, "0.4 %"),
        (0.00004, "share", 1, None, "<0.1 %"),
        (0.9996, "share", 1, None, ">99.9 %"),
        (-0.05, "share", 1, None, "−5.0 %"),
        (25.0, "share", 0, None, "2,500 %"),
        (1234.4, "currency", 0, "EUR", "EUR 1,234"),
        (12.345, "currency", 2, "£", "£12.35"),
        (-12.5, "currency", 2, "£", "−£12.50"),
        (0.001, "currency", 2, "EUR", "EUR <0.01"),
        (1.0, "days", 1, None, "1 day"),
        (0.0, "days", 1, None, "0 days"),
        (45.6, "days", 0, None, "46 days"),
        (1 / 24, "days", 1, None, "1 hour"),
        (0.01, "days", 1, None, "14 minutes"),
        (0.0001, "days", 1, None, "less than a minute"),
        (1.5, "minutes", 1, None, "1.5 minutes"),
        (0.001, "ratio", 2, None, "<0.01"),
        (None, "orders", 0, None, "not known"),
        ("<b>", "text", 0, None, "<b>"),
    ],
)
def test_numbers_are_written_by_their_unit(
    value: object, unit: str, decimals: int, currency: str | None, text: str
) -> None:
    assert format_value(fact("x", value, unit, decimals), currency) == text


def test_words_agree_with_the_number() -> None:
    facts = Facts([fact("one", 1), fact("two", 2)])
    text = (
        "{one:customer/customers} {one?brings/bring}, {two:customer/customers} {two?brings/bring}"
    )
    assert facts.render(text) == "1 customer brings, 2 customers bring"


def test_braces_of_the_data_are_no_placeholders() -> None:
    facts = Facts([fact("source", "{S1.x} {", "text")])
    assert facts.render("From {source}.") == "From {S1.x} {."
    assert facts.render(escape("a {source} }{")) == "a {source} }{"
    assert placeholders(escape("{source}")) == ()


def test_markup_goes_around_numbers_and_escaping_into_words() -> None:
    facts = Facts([fact("n", 3)])
    written = facts.render(
        "a & {n:b/bs} {n?is/are} {{",
        wrap=lambda fact_id, text: f"<i {fact_id}>{text}</i>",
        literal=lambda words: words.replace("&", "&amp;"),
    )
    assert written == "a &amp; <i n>3 bs</i> are {"


@pytest.mark.parametrize("text", ["{S1.custmers}", "{", "a } b", "{a b}", "{}"])
def test_a_placeholder_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(InputError):
        Facts([fact("S1.customers", 1)]).render(text)


def test_an_unknown_fact_names_the_near_one() -> None:
    with pytest.raises(InputError, match=r"Did you mean `S1\.customers`"):
        Facts([fact("S1.customers", 1)]).format("S1.custmers")


def test_a_code_that_is_none_gets_the_near_one() -> None:
    with pytest.raises(UsageError, match="Did you mean EUR"):
        Facts(currency="EURO")
    assert Facts(currency="DEM").currency == "DEM"


@pytest.mark.parametrize("currency", ["", "eur", "Euro", "12", "US dollars", "€ ", "ABC", "EURO"])
def test_a_currency_is_a_code_or_a_symbol(currency: str) -> None:
    with pytest.raises(UsageError, match="currency"):
        Facts(currency=currency)


@given(st.floats(-1e7, 1e7), st.integers(0, 4))
def test_digits_are_those_of_babel_for_the_exact_value(value: float, decimals: int) -> None:
    places = f".{'0' * decimals}" if decimals else ""
    expected = format_decimal(Decimal(value), f"#,##0{places};\u2212#,##0{places}", locale="en")
    written = write_number(value, decimals)
    if not written.startswith(("<", ">")):
        assert written.removeprefix("\u2212") == expected.removeprefix("\u2212")
        assert written.startswith("\u2212") == (value < 0)


@pytest.mark.parametrize("value", [0.0, 1.0, 1.5, 2.0, 21.0, 1000.0])
@pytest.mark.parametrize("decimals", [0, 1])
def test_words_agree_with_their_number_as_babel_says(value: float, decimals: int) -> None:
    facts = Facts([fact("n", value, "orders", decimals)])
    shown = facts.format("n")
    plural = Locale("en").plural_form(Decimal(shown.replace(",", "")))
    assert facts.render("{n:order/orders}") == f"{shown} order" + ("" if plural == "one" else "s")
