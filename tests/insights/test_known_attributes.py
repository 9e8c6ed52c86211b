"""Attributes of segments: shares by hand, and silence where a difference is none."""

import pyarrow as pa
import pytest

from clustomer.customers import read_attributes
from clustomer.insights import interpret
from clustomer.insights.blocks import Bullets, SideBySide, inside, panels_of, texts_of
from clustomer.outputs import report_html, report_markdown
from clustomer.segments import segment

SIZES = (300, 100)


def shop() -> pa.Table:
    """300 customers with one order, 100 with nine: two segments, S1 and S2."""
    orders = [1.0] * SIZES[0] + [9.0] * SIZES[1]
    return pa.table(
        {
            "user_id": [f"u{i:03}" for i in range(sum(SIZES))],
            "orders": orders,
            "revenue": [10.0 * count for count in orders],
        }
    )


def described(columns: dict[str, list[str | None]]):
    customers = shop()
    attributes = read_attributes(pa.table({"user_id": customers["user_id"], **columns}), customers)
    interpretation = interpret(
        customers,
        segment(customers, k=2, features=["orders"]),
        attributes=attributes,
    )
    return interpretation, {
        panel.segment_id: [
            interpretation.facts.render(line)
            for block in inside(panel)
            if isinstance(block, SideBySide)
            for list_ in block.left
            if isinstance(list_, Bullets)
            for line in list_.items
        ]
        for section in interpretation.insights.at("main")
        for panel in panels_of(section)
        if panel.role == "card"
    }


def column(first: dict[str | None, int], second: dict[str | None, int]) -> list[str | None]:
    values = [
        value for part in (first, second) for value, count in part.items() for _ in range(count)
    ]
    assert len(values) == sum(SIZES)
    return values


def test_shares_by_hand() -> None:
    # Of everyone 240 + 20 of 400 are German: 65 %.
    interpretation, lines = described(
        {"country": column({"DE": 240, "FR": 60}, {"DE": 20, "FR": 80})}
    )
    assert lines["S2"] == [
        "Country: DE for 20.0 % of them, against 65.0 % of everyone.",
        "Country: FR for 80.0 % of them, against 35.0 % of everyone.",
    ]
    assert lines["S1"][0] == "Country: FR for 20.0 % of them, against 35.0 % of everyone."
    assert interpretation.facts["S2.attribute.country.1"].value == 0.2
    assert interpretation.facts.verify(interpretation.tables) == ()


def test_shares_are_among_those_of_whom_it_is_known() -> None:
    interpretation, lines = described(
        {"channel": column({"web": 100, "shop": 100, None: 100}, {"web": 40, None: 60})}
    )
    assert lines["S2"][0] == "Channel: shop for 0 % of them, against 41.7 % of everyone."
    assert lines["S2"][1] == "Channel: web for 100 % of them, against 58.3 % of everyone."
    assert interpretation.facts["everyone.attribute.channel.known"].value == 0.6
    assert interpretation.facts.verify(interpretation.tables) == ()


@pytest.mark.parametrize(
    "values",
    [
        # a difference that nobody would notice
        column({"a": 150, "b": 150}, {"a": 55, "b": 45}),
        # a large effect by too few: 4 of them, where everyone would have 1
        column({"a": 300}, {"a": 96, "b": 4}),
    ],
)
def test_small_differences_are_not_told(values) -> None:
    _, lines = described({"country": values})
    assert lines["S2"] == ["In none of the attributes do they differ much from everyone."]


def test_among_many_comparisons_a_difference_must_be_larger() -> None:
    # h is about 0.37: told of one attribute alone, not of one among fifty.
    shown = column({"a": 150, "b": 150}, {"a": 73, "b": 27})
    alone = described({"country": shown})[1]["S2"]
    assert len(alone) == 2
    noise = {f"n{i}": [str(j % 40) for j in range(sum(SIZES))] for i in range(40)}
    among = described({"country": shown, **noise})[1]["S2"]
    assert among == ["In none of the attributes do they differ much from everyone."]


def test_too_few_to_compare() -> None:
    values = column({"a": 290, "b": 10}, {"b": 25, None: 75})
    _, lines = described({"country": values})
    assert lines["S2"] == [
        "They are too few, or too little is known of them, to be compared by attributes."
    ]


def test_what_is_not_shown_is_listed_with_the_reason() -> None:
    interpretation, _ = described(
        {
            "code": [f"c{i}" for i in range(sum(SIZES))],
            "same": ["x"] * sum(SIZES),
            "empty": [None] * sum(SIZES),
            "country": column({"DE": 300}, {"FR": 100}),
        }
    )
    [section] = [part for part in interpretation.insights.sections if part.title == "Attributes"]
    method = " ".join(interpretation.facts.render(text) for text in texts_of(section))
    assert "which holds 400 customers. All of them have events here; every customer" in method
    assert "code, which has 400 different values; at most 50 are compared" in method
    assert "same, which is the same for everyone of whom it is known" in method
    assert "empty, which is known of nobody" in method
    assert "Compared: country (known for 100 %)" in method
    assert interpretation.facts.verify(interpretation.tables) == ()


def test_attributes_change_neither_segments_nor_names() -> None:
    text, _ = described({"country": column({"DE": 300}, {"FR": 100})})
    customers = shop()
    bare = interpret(customers, segment(customers, k=2, features=["orders"]))
    assert text.segments.drop_columns(["country"]).equals(bare.segments)
    assert dict(text.names) == dict(bare.names)
    assert not any("attribute" in name for name in bare.facts)


def test_whatever_is_in_the_file_is_text_in_the_reports() -> None:
    evil, name = '<script>x("|`{S1.share}`")</script>', "</style>{x} | [a](javascript:b)"
    interpretation, lines = described({name: column({"b": 300}, {evil: 100})})
    assert evil in lines["S2"][0] + lines["S2"][1]
    html = report_html(interpretation.insights, interpretation.facts)
    assert html.count("<script") == 1  # the page's own, which sorts tables
    assert "<script>x(" not in html
    assert html.count("</style>") == 1
    assert "&lt;script&gt;" in html
    markdown = report_markdown(interpretation.insights, interpretation.facts)
    assert "<script" not in markdown.replace("\\<", "")
    assert "](javascript" not in markdown.replace("\\]", "")
    assert interpretation.facts.verify(interpretation.tables) == ()


def test_long_values_and_line_breaks_stay_one_short_line() -> None:
    _, lines = described({"note": column({"b": 300}, {"x\ny" + "z" * 500: 100})})
    assert all("\n" not in line and len(line) < 200 for line in lines["S2"])
    assert any("x y" in line and "…" in line for line in lines["S2"])
