"""The simulated customers do what their kind promises."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from clustomer.simulate.calendar import DAY_S, make_calendar
from clustomer.simulate.catalogue import UNBRANDED_SHARE, UNCODED_SHARE, draw_catalogue
from clustomer.simulate.dirt import CODES
from clustomer.simulate.kinds import BOT, EVERYONE, KINDS, LASTING, SEGMENTS, kinds_within
from clustomer.simulate.shop import Block, Shop, draw_block
from clustomer.simulate.simulation import START
from clustomer.simulate.visits import CART, PURCHASE, REMOVE, VIEW

DAYS = 150
CALENDAR = make_calendar(START, DAYS)
CATALOGUE = draw_catalogue(np.random.default_rng(5))
SHOP = Shop(CALENDAR, CATALOGUE, KINDS)


def make_block(
    number: int = 0, *, customers: int = 3_000, bots: int = 0, movers: int = 0, dirt: int = 0
) -> Block:
    return Block(
        number=number,
        user_ids=np.arange(customers) + 1_000_000 * (number + 1),
        bots=bots,
        movers=movers,
        rows=35 * customers,
        dirt=dict.fromkeys(CODES, dirt),
        seed=np.random.SeedSequence(11).spawn(number + 1)[number],
    )


def draw(block: Block, shop: Shop) -> tuple[dict[str, np.ndarray], pa.RecordBatch]:
    log, truth = draw_block(block, shop)
    return {name: log[name].to_numpy() for name in log.schema.names}, truth


@pytest.fixture(scope="module")
def drawn() -> tuple[dict[str, np.ndarray], np.ndarray]:
    columns, truth = draw(make_block(bots=2), SHOP)
    segment = np.array([SEGMENTS.index(name) for name in truth["segment"].to_pylist()])
    columns["segment"] = segment[columns["user_id"] - 1_000_000]
    return columns, segment


def of(columns: dict[str, np.ndarray], name: str) -> dict[str, np.ndarray]:
    chosen = columns["segment"] == SEGMENTS.index(name)
    return {column: values[chosen] for column, values in columns.items()}


def test_shares_of_the_kinds_add_up() -> None:
    assert sum(kind.share for kind in KINDS) == pytest.approx(1.0)


def test_a_block_depends_on_nothing_but_itself() -> None:
    block = make_block(2, customers=300, movers=30, dirt=3)
    tasty = draw_catalogue(np.random.default_rng(5), tastes=True)
    shop = Shop(CALENDAR, tasty, KINDS, drift=0.5, migration=True, tastes=True)
    first, truth = draw_block(block, shop)
    draw_block(make_block(0, customers=300), shop)
    again, truth_again = draw_block(block, shop)
    assert first.equals(again)
    assert truth.equals(truth_again)
    assert first.num_rows == 35 * 300


def test_kinds_keep_their_promises(drawn: tuple[dict[str, np.ndarray], np.ndarray]) -> None:
    columns, segment = drawn
    for kind in KINDS:
        expected = of(columns, kind.name)
        members = int((segment == SEGMENTS.index(kind.name)).sum())
        assert members > 50
        pairs = np.unique(np.stack([expected["user_id"], expected["session"]]), axis=1)
        visits = np.unique(pairs[0], return_counts=True)[1]
        assert visits.size == members
        assert visits.min() >= kind.fewest_visits
        for event_type, certain in (
            (CART, kind.certain != ""),
            (PURCHASE, kind.certain == "purchase"),
        ):
            doers = np.unique(expected["user_id"][expected["event_type"] == event_type]).size
            if certain:
                assert doers == members
            else:
                assert doers < members
        day = (expected["at"] - CALENDAR.start_s) / DAY_S
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


@pytest.mark.parametrize("days", [1, 6, 7, 27, 28, 150])
def test_a_log_has_the_kinds_that_its_days_can_show(days: int) -> None:
    kinds = kinds_within(days)
    assert sum(kind.share for kind in kinds) == pytest.approx(1.0)
    names = [kind.name for kind in kinds]
    assert ("lapsed customer" in names) == ("new customer" in names) == (days >= 28)
    assert ("loyal high-value" in names) == (days >= 7)
    assert set(names) <= set(SEGMENTS)


def test_one_day_has_the_shape_of_a_real_one() -> None:
    shop = Shop(make_calendar(START, 1), CATALOGUE, kinds_within(1))
    block = replace(make_block(customers=12_000), rows=int(12_000 * 6.83))
    columns, _ = draw(block, shop)
    share = np.bincount(columns["event_type"]) / columns["at"].size
    # REES46: 918,022 views, 61,758 carts and 20,220 purchases; 13,591 of 146,441 bought.
    assert share[VIEW] == pytest.approx(0.918, abs=0.01)
    assert share[CART] == pytest.approx(0.062, abs=0.01)
    assert share[PURCHASE] == pytest.approx(0.020, abs=0.004)
    buyers = np.unique(columns["user_id"][columns["event_type"] == PURCHASE])
    assert buyers.size / 12_000 == pytest.approx(0.093, abs=0.01)


def test_without_structure_activity_has_no_gap() -> None:
    columns, truth = draw(make_block(), replace(SHOP, kinds=(EVERYONE,)))
    assert set(truth["segment"].to_pylist()) == {"everyone"}
    visits = np.unique(
        np.unique(np.stack([columns["user_id"], columns["session"]]), axis=1)[0],
        return_counts=True,
    )[1]
    # Beyond the first visit, counts of an exponential activity are geometric: variance is
    # m + m^2, and each count is rarer than the one before. A mixture of kinds is neither.
    mean = visits.mean()
    assert visits.std() == pytest.approx(np.sqrt(mean + mean**2), rel=0.1)
    low, middle, high = (np.mean((visits > a) & (visits <= a + 5)) for a in (1, 6, 11))
    assert low > middle > high > 0


def test_drift_changes_what_it_says() -> None:
    still, _ = draw(make_block(), SHOP)
    moved, _ = draw(make_block(), replace(SHOP, drift=1.0))

    def rate(columns: dict[str, np.ndarray], *, late: bool) -> float:
        half = (columns["at"] >= CALENDAR.start_s + DAYS * DAY_S // 2) == late
        types = columns["event_type"][half]
        return float((types == PURCHASE).sum() / (types == CART).sum())

    # Completion falls to 0.4 of itself at the end: on average 0.85 early and 0.55 late.
    for late, left in ((False, 0.85), (True, 0.55)):
        assert rate(moved, late=late) / rate(still, late=late) == pytest.approx(left, abs=0.12)
    usual = CATALOGUE.price_cents[moved["product"]]
    share = (moved["at"] - CALENDAR.start_s) / (DAYS * DAY_S)
    full = (
        CATALOGUE.discount(moved["product"], (moved["at"] - CALENDAR.start_s) // (7 * DAY_S)) == 0
    )
    risen = moved["price_cents"] / usual
    assert np.allclose(risen[full], 1.0 + 0.5 * share[full], atol=0.02)
    assert (still["price_cents"] <= CATALOGUE.price_cents[still["product"]]).all()


def test_migrating_customers_are_first_one_kind_and_then_another() -> None:
    columns, truth = draw(make_block(movers=900), replace(SHOP, migration=True))
    table = pa.Table.from_batches([truth])
    changed = np.flatnonzero(table["changed_at"].is_valid().to_numpy())
    assert changed.size == 900
    now = np.array(table["segment"].to_pylist())
    before = np.array(table["segment_before"].to_pylist())
    assert np.array_equal(np.flatnonzero(now != before), changed)
    assert set(now[changed]) | set(before[changed]) <= LASTING
    day = table["changed_at"].cast(pa.int32()).to_numpy()[changed] - CALENDAR.start_s // DAY_S
    assert day.min() >= 0.3 * DAYS
    assert day.max() <= 0.7 * DAYS

    bought = np.zeros((2, 3_000), dtype=bool)
    came = np.zeros((2, 3_000), dtype=bool)
    start = np.full(3_000, 10**6)
    start[changed] = day
    user = columns["user_id"] - 1_000_000
    # A visit that begins before midnight may end after it: leave out the first hours of the day.
    moment = columns["at"] - CALENDAR.start_s
    after = (moment >= start[user] * DAY_S).astype(int)
    clear = (moment < start[user] * DAY_S) | (moment >= start[user] * DAY_S + 4 * 3_600)
    came[after, user] = True
    rows = clear & (columns["event_type"] == PURCHASE)
    bought[after[rows], user[rows]] = True
    assert came[:, changed].all()
    buyers = {kind.name for kind in KINDS if kind.certain == "purchase"}
    browsers = {"frequent browser", "cart abandoner"}
    became = changed[np.isin(before[changed], list(browsers)) & np.isin(now[changed], list(buyers))]
    assert became.size > 100
    assert bought[1, became].mean() > 0.95
    assert bought[0, became].mean() < 0.5


def test_switches_leave_the_rest_as_it_is() -> None:
    plain, truth = draw_block(make_block(customers=500), SHOP)
    migrating, kinds = draw_block(
        make_block(customers=500, movers=50), replace(SHOP, migration=True)
    )
    assert truth["segment"].equals(kinds["segment"])
    assert plain.num_rows == migrating.num_rows
    tasty = draw_catalogue(np.random.default_rng(5), tastes=True)
    assert tasty.table.equals(CATALOGUE.table)
    assert np.array_equal(tasty.price_cents, CATALOGUE.price_cents)


def test_who_shares_a_taste_buys_the_same_things() -> None:
    catalogue = draw_catalogue(np.random.default_rng(5), tastes=True)
    columns, truth = draw(make_block(bots=1), replace(SHOP, catalogue=catalogue, tastes=True))
    tastes = truth["taste"].to_pylist()
    assert set(tastes) == {None, *range(1, 9)}
    assert [s for s, t in zip(truth["segment"].to_pylist(), tastes, strict=True) if t is None] == [
        BOT
    ]
    taste = np.array([t or 0 for t in tastes])[columns["user_id"] - 1_000_000]
    rows = columns["event_type"] == PURCHASE
    # What one half of the customers of each taste bought, against the other half of each taste.
    bought = np.zeros((2, 9, catalogue.category.size))
    half = columns["user_id"] % 2
    np.add.at(bought, (half[rows], taste[rows], columns["product"][rows]), 1)
    share = bought[:, 1:] / np.linalg.norm(bought[:, 1:], axis=2, keepdims=True)
    likeness = share[0] @ share[1].T
    assert likeness.argmax(axis=1).tolist() == list(range(8))
    assert likeness[~np.eye(8, dtype=bool)].mean() < 0.25 * likeness.diagonal().mean()
