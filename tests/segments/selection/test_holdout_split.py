from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from sklearn.cluster import KMeans

from clustomer.customers import Holdout
from clustomer.segments import segment
from clustomer.segments.selection.holdout_split import (
    DECIDING_DAYS,
    selection_half_r2,
    selection_rows,
)


def held_out(n_customers=400, *, horizon_days=30.0, seed=0):
    """Four groups in two features, of which each buys at its own rate; the even ids choose."""
    generator = np.random.default_rng(seed)
    group = generator.integers(4, size=n_customers)
    table = pa.table(
        {
            "user_id": [f"u{number:04d}" for number in range(n_customers)],
            "a": 10.0 * (group % 2) + generator.normal(size=n_customers),
            "b": 10.0 * (group // 2) + generator.normal(size=n_customers),
        }
    )
    bought = (generator.random(n_customers) < np.array([0.1, 0.3, 0.6, 0.9])[group]).astype(float)
    return Holdout(
        date=datetime(2024, 3, 1, tzinfo=UTC),
        horizon_days=horizon_days,
        window=None,
        customers=SimpleNamespace(table=table),
        outcomes=pa.table({"user_id": table["user_id"], "bought": bought}),
        selection=np.arange(n_customers) % 2 == 0,
        outcome_names=("bought",),
    )


def power_of(holdout):
    return selection_half_r2(holdout, ["a", "b", "later"], KMeans(n_init=3), (2, 5))


def test_what_the_validation_half_did_changes_nothing():
    holdout = held_out()
    changed = np.where(holdout.selection, holdout.outcome("bought"), 0.0)
    other = replace(holdout, outcomes=holdout.outcomes.set_column(1, "bought", pa.array(changed)))
    one, two = power_of(holdout), power_of(other)
    assert one.k.tolist() == [2, 3, 4, 5]
    assert len(one.gains) == 200
    assert one.gains.tolist() == two.gains.tolist()
    assert one.score_of(4) > max(one.score_of(2), 0.2)


@pytest.mark.parametrize(("days", "decides"), [(DECIDING_DAYS, True), (0.4, False)])
def test_a_horizon_of_less_than_a_week_is_reported_and_does_not_decide(days, decides):
    assert power_of(held_out(horizon_days=days)).decides is decides


def test_customers_who_came_later_choose_and_those_who_certify_do_not():
    holdout = held_out(4)
    ids = pa.chunked_array([["later", "u0000", "u0001", "u0002", "u0003"]])
    assert selection_rows(holdout, ids).tolist() == [True, True, False, True, False]


def test_segment_chooses_by_the_holdout():
    holdout = held_out()
    segmentation = segment(holdout.customers.table, holdout=holdout, k_range=(2, 5))
    assert (segmentation.k, segmentation.selection.rule) == (4, "holdout_r2")
    criteria = segmentation.selection.criteria.to_pydict()
    scores = zip(criteria["k"], criteria["holdout_r2"], strict=True)
    assert [k for k, score in scores if score] == [2, 3, 4, 5]
    assert segmentation.selection.reason.numbers["k"] == 4
    assert criteria["runner_up"].count(True) == 1
    assert segmentation.selection.runner_up in (2, 3, 5)


def with_a_group_that_only_validates():
    """Four groups, and a fifth of customers who are all in the validation half."""
    holdout = held_out(horizon_days=1.0)
    table = holdout.customers.table
    far = np.flatnonzero(~holdout.selection)[:60]
    a, b = (table[name].to_numpy().copy() for name in ("a", "b"))
    a[far] = 5.0 + np.random.default_rng(2).normal(size=len(far))
    b[far] = 22.0 + np.random.default_rng(1).normal(size=len(far))
    today = table.set_column(1, "a", pa.array(a)).set_column(2, "b", pa.array(b))
    return replace(holdout, customers=SimpleNamespace(table=today)), today


def test_the_number_of_segments_is_selected_without_the_validation_half():
    holdout, today = with_a_group_that_only_validates()
    assert segment(today, k_range=(2, 6)).k == 5
    segmentation = segment(today, holdout=holdout, k_range=(2, 6))
    assert segmentation.k == 4
