"""The simulated customers do what their kind promises."""

import numpy as np
import pyarrow as pa
import pytest

from clustomer.simulate.calendar import DAY_S, make_calendar
from clustomer.simulate.catalogue import UNBRANDED_SHARE, UNCODED_SHARE, draw_catalogue
from clustomer.simulate.dirt import CODES
from clustomer.simulate.shop import Block, draw_block
from clustomer.simulate.simulation import START
from clustomer.simulate.visits import CART, PURCHASE, REMOVE, VIEW
from clustomer.simulate.world import BOT, KINDS, SEGMENTS

DAYS = 150
CALENDAR = make_calendar(START, DAYS)
CATALOGUE = draw_catalogue(np.random.default_rng(5))


def make_block(number: int = 0, *, customers: int = 3_000, bots: int = 0, dirt: int = 0) -> Block:
    return Block(
        number=number,
        user_ids=np.arange(customers) + 1_000_000 * (number + 1),
        bots=bots,
        rows=35 * customers,
        dirt=dict.fromkeys(CODES, dirt),
        seed=np.random.SeedSequence(11).spawn(number + 1)[number],
    )


@pytest.fixture(scope="module")
def drawn() -> tuple[dict[str, np.ndarray], np.ndarray]:
    batch, segment = draw_block(make_block(bots=2), CALENDAR, CATALOGUE)
    columns = {name: batch[name].to_numpy() for name in batch.schema.names}
    columns["segment"] = segment[columns["user_id"] - 1_000_000]
    return columns, segment


def of(columns: dict[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    chosen = columns["segment"] == SEGMENTS.index(name)
    return {column: values[chosen] for column, values in columns.items()}


def test_shares_of_the_kinds_add_up() -> None:
    assert sum(kind.share for kind in KINDS) == pytest.approx(1.0)


def test_a_block_depends_on_nothing_but_itself() -> None:
    first, truth = draw_block(make_block(2, customers=300, dirt=3), CALENDAR, CATALOGUE)
    draw_block(make_block(0, customers=300), CALENDAR, CATALOGUE)
    again, truth_again = draw_block(make_block(2, customers=300, dirt=3), CALENDAR, CATALOGUE)
    assert first.equals(again)
    assert np.array_equal(truth, truth_again)


def test_the_ordinal_is_unique(drawn: tuple[dict[str, np.ndarray], np.ndarray]) -> None:
    ordinal = drawn[0]["ordinal"]
    assert np.unique(ordinal).size == ordinal.size == 35 * 3_000


def test_kinds_keep_their_promises(drawn: tuple[dict[str, np.ndarray], np.ndarray]) -> None:
    columns, segment = drawn
    for kind in KINDS:
        own = of(columns, kind.name)
        members = int((segment == SEGMENTS.index(kind.name)).sum())
        assert members > 50
        pairs = np.unique(np.stack([own["user_id"], own["session"]]), axis=1)
        visits = np.unique(pairs[0], return_counts=True)[1]
        assert visits.size == members
        assert visits.min() >= kind.fewest_visits
        for event_type, certain in (
            (CART, kind.certain != ""),
            (PURCHASE, kind.certain == "purchase"),
        ):
            doers = np.unique(own["user_id"][own["event_type"] == event_type]).size
            if certain:
                assert doers == members
            else:
                assert doers < members
        day = (own["at"] - CALENDAR.start_s) / DAY_S
        assert day.min() >= int(max(kind.arrival[0], 0.0) * DAYS)
        # A visit that begins in the last hour may end on the next day.
        assert day.max() < np.ceil(min(kind.departure[1], 1.0) * DAYS) + 1
    once = of(columns, "one-time visitor")
    assert np.unique(once["session"]).size == np.unique(once["user_id"]).size


def test_bots_are_faster_than_any_human(
    drawn: tuple[dict[str, np.ndarray], np.ndarray],
) -> None:
    columns, segment = drawn
    assert (segment == SEGMENTS.index(BOT)).sum() == 2
    hours = np.unique(
        np.stack([columns["user_id"], columns["at"] // 3_600]), axis=1, return_counts=True
    )
    busiest = {user: hours[1][hours[0][0] == user].max() for user in np.unique(columns["user_id"])}
    is_bot = segment == SEGMENTS.index(BOT)
    rate = np.array([busiest[user] for user in sorted(busiest)])
    assert rate[is_bot].min() > 720
    assert rate[~is_bot].max() < 400


def test_a_cart_follows_a_view_and_a_removal_a_cart(
    drawn: tuple[dict[str, np.ndarray], np.ndarray],
) -> None:
    columns, _ = drawn
    first = {}
    for event_type in (VIEW, CART, REMOVE):
        rows = columns["event_type"] == event_type
        keys = zip(columns["session"][rows], columns["product"][rows], strict=True)
        times = columns["at"][rows]
        earliest: dict[tuple[int, int], int] = {}
        for key, at in zip(keys, times, strict=True):
            earliest[key] = min(at, earliest.get(key, at))
        first[event_type] = earliest
    for later, earlier in ((REMOVE, CART),):
        assert all(first[earlier][key] < at for key, at in first[later].items())
    # A few views are taken out to reach the asked number of rows, so not every cart has its view.
    seen = [first[VIEW].get(key, np.inf) < at for key, at in first[CART].items()]
    assert np.mean(seen) > 0.95


def test_attention_is_long_tailed_and_codes_are_missing_as_in_real_logs(
    drawn: tuple[dict[str, np.ndarray], np.ndarray],
) -> None:
    columns, _ = drawn
    views = np.sort(np.bincount(columns["product"]))[::-1]
    assert views[: len(views) // 100].sum() > 0.2 * views.sum()
    shown = CATALOGUE.table.take(pa.array(columns["product"]))
    for column, share in (("category_code", UNCODED_SHARE), ("brand", UNBRANDED_SHARE)):
        assert shown[column].null_count / len(shown) == pytest.approx(share, abs=0.05)


def test_more_people_come_on_weekends_and_in_december() -> None:
    attention = np.diff(CALENDAR.weekday) + np.diff(CALENDAR.weekend)
    # 2019-10-01 was a Tuesday.
    assert np.flatnonzero(np.diff(CALENDAR.weekend))[:3].tolist() == [4, 5, 11]
    assert attention[4] > attention[3]
    assert attention[66] > attention[3]
    # Saturday 2019-12-07 is day 341 of the year, one after the peak.
    season = 1.0 + 0.15 * np.cos(2 * np.pi * 1 / 365.25)
    assert attention[67] == pytest.approx(season * 1.12)


def test_a_reduced_price_lasts_one_week_for_everyone() -> None:
    product = np.arange(CATALOGUE.category.size)
    week = np.zeros(product.size, np.int64)
    discount = CATALOGUE.discount(product, week)
    assert np.array_equal(discount, CATALOGUE.discount(product, week))
    assert not np.array_equal(discount, CATALOGUE.discount(product, week + 1))
    assert np.mean(discount > 0) == pytest.approx(0.1, abs=0.02)
    assert set(np.unique(discount)) == {0.0, 0.1, 0.15, 0.2, 0.3, 0.4}
