import numpy as np
import pyarrow as pa
import pytest
from logs import ALIKE, GROUPS, log

from clustomer.certificates.nulls import draw_pool
from clustomer.certificates.split_halves import _halved, split_half_agreement
from clustomer.customers import customer_features
from clustomer.events import read_events
from clustomer.segments import rfm, segment


@pytest.fixture(scope="module")
def shop():
    events = read_events(log(GROUPS))
    yield events, customer_features(events)
    events.close()


def test_halves_of_planted_customers_agree(shop):
    events, customers = shop
    result = split_half_agreement(events, customers, segment(customers, k=3, k_range=(3, 3)))
    assert set(result) <= {"S1", "S2", "S3"}
    assert len(result) >= 2
    for jaccard, chance, count in result.values():
        assert jaccard > chance + 0.2
        assert 20 <= count <= customers.table.num_rows


def test_halves_of_identical_customers_agree_by_chance():
    events = read_events(log(ALIKE, seed=1))
    try:
        customers = customer_features(events)
        result = split_half_agreement(
            events,
            customers,
            segment(
                customers, k=3, k_range=(3, 3), features=["events_per_session", "repeat_views"]
            ),
        )
    finally:
        events.close()
    for jaccard, chance, count in result.values():
        assert jaccard == pytest.approx(chance, abs=4 / np.sqrt(count))


def test_every_visit_is_in_one_half_and_both_halves_have_some(shop):
    events, customers = shop
    ids = customers.table["user_id"]
    pool = draw_pool(events.engine, events.window, customers.features, ids)
    visits, kept = _halved(pool, ids.to_numpy())
    assert len(set(visits.content.tolist())) == len(visits.content)
    assert (visits.moment == visits.content).all()
    assert (kept[visits.customer // 2] == pool.customer[visits.content]).all()
    assert np.bincount(visits.customer, minlength=2 * len(kept)).min() >= 1
    # a fair coin, but for those left out
    assert np.mean(visits.customer % 2) == pytest.approx(0.5, abs=0.03)
    left_out = np.setdiff1d(np.arange(len(ids)), kept)
    assert (pool.visits[left_out] < 9).all()


def test_nothing_depends_on_the_order_of_rows(shop):
    events, customers = shop
    segmentation = segment(customers, k=3, k_range=(3, 3))
    first = split_half_agreement(events, customers, segmentation)
    rows = log(GROUPS)
    order = np.random.default_rng(5).permutation(rows.num_rows)
    again = read_events(rows.take(pa.array(order)))
    try:
        assert split_half_agreement(again, customer_features(again), segmentation) == first
    finally:
        again.close()


def test_a_grid_of_scores_can_be_split(shop):
    events, customers = shop
    result = split_half_agreement(events, customers, rfm(customers))
    assert result
    assert all(0 <= jaccard <= 1 for jaccard, _, _ in result.values())


def test_single_visits_cannot_be_halved():
    rows = log([(150, 1.0, 2.0, 0.2)])
    events = read_events(rows)
    try:
        customers = customer_features(events)
        assert (
            split_half_agreement(events, customers, segment(customers, k=2, k_range=(2, 2))) == {}
        )
    finally:
        events.close()
