"""The shop of the study of December buyers has what the study says it has."""

from datetime import date

from december import DECEMBERS, END, PLANTED, shop


def test_planted_customers_order_in_december_alone_and_others_all_the_year() -> None:
    orders = shop(1).to_pylist()
    planted = [row for row in orders if row["user_id"].startswith("d")]
    assert {row["event_time"][5:7] for row in planted} == {"12"}
    assert len({row["user_id"] for row in planted}) == PLANTED
    assert {row["event_time"][:4] for row in planted} == {str(day.year) for day in DECEMBERS}
    others = [row for row in orders if not row["user_id"].startswith("d")]
    assert {row["event_time"][5:7] for row in others} == {f"{month:02d}" for month in range(1, 13)}
    assert max(row["event_time"][:10] for row in orders) == str(END) == str(date(2023, 11, 30))
