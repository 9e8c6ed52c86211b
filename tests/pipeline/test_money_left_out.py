"""Revenue without a customer: shares name their base, and the sum is the source's to the cent."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from clustomer import Settings, StoredRun, read_events, run
from clustomer.events.losses import NOBODY
from clustomer.proofs import verify

SETTINGS = Settings(certificates=False, k=2, k_range=(2, 2))


def sales(price: list[str], **further: list[str]) -> pa.Table:
    """Return 40 lines of 30 customers and 10 of nobody, two of which are sent back."""
    users = [f"u{number % 30}" if number % 5 else "" for number in range(50)]
    kinds = ["purchase"] * 48 + ["return"] * 2
    users[48:] = ["", ""]
    return pa.table(
        {
            "user_id": users,
            "event_time": [f"2024-01-{1 + number % 28:02d} 10:00" for number in range(50)],
            "event_type": kinds,
            "price": price,
            **further,
        }
    )


def test_known_and_unknown_are_the_source_to_the_cent(tmp_path: Path) -> None:
    # text with a decimal comma: what the reading makes of it counts, not what a cast would
    table = sales([f"{10 + number},{number % 10}1" for number in range(50)])
    amounts = [Decimal(price.replace(",", ".")) for price in table["price"].to_pylist()]
    total = sum(amounts[:48]) - sum(amounts[48:])
    of_customers = sum(
        amount for amount, user in zip(amounts, table["user_id"].to_pylist(), strict=True) if user
    )
    run(table, tmp_path / "out", settings=SETTINGS)
    facts = StoredRun.open(tmp_path / "out").facts
    assert facts["money.known"].value == pytest.approx(float(of_customers), abs=1e-9)
    assert facts["money.total"].value == pytest.approx(float(total), abs=1e-9)
    assert facts.format("money.total") == f"{total:,.2f}"
    share = float((total - of_customers) / total)
    assert facts["money.nameless_share"].value == pytest.approx(share)
    report = (tmp_path / "out" / "latest" / "reports" / "business_insights.md").read_text("utf-8")
    assert f"{share:.1%}".replace("%", " %") in report
    # ten purchases and two returns of nobody, told with their money and not as a warning, too
    assert "Of 50 rows, 12 name no customer (24.0 %): nothing here is about such rows." in report
    assert report.count("nothing here is about") == 1
    assert report.count(facts.format("money.nameless")) == 1
    assert verify(tmp_path / "out").holds


def test_the_warning_of_nobody_is_known_by_its_words_with_and_without_advice() -> None:
    guests = [f"g{number}" for number in range(50)]
    for further, column in ({}, ""), ({"guest_id": guests}, "guest_id"):
        events = read_events(sales(["10.00"] * 50, **further))
        [warning] = [match for text in events.warnings if (match := NOBODY.search(text))]
        assert bool(warning["advice"]) == bool(column)
        assert column in warning["advice"]
        events.close()


@pytest.mark.parametrize(("of", "worth"), [("unit", 2), ("line", 1), ("order", None)])
def test_what_the_amount_is_of_counts(of: str, worth: int | None) -> None:
    table = sales(["10.00"] * 50, quantity=["2"] * 50, order_id=[str(n) for n in range(50)])
    events = read_events(table, price_is=of)
    # ten purchases of nobody less two returns
    expected = None if worth is None else Decimal(worth * 10 * (10 - 2))
    assert events.nameless == expected
    events.close()


def test_the_window_counts_and_views_are_no_revenue() -> None:
    table = sales(["10.00"] * 50)
    views = table.set_column(2, "event_type", pa.array(["view"] * 40 + ["purchase"] * 10))
    events = read_events(views)
    assert events.nameless == Decimal(40)
    events.close()
    events = read_events(table, cutoff="2024-01-15")
    assert events.nameless is not None
    assert 0 < events.nameless < 80
    events.close()
