"""The whole procedure again: clear groups return, and those who certify are in no draw."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from clustomer.customers import Holdout
from clustomer.segments import read_model, restore, segment, to_model
from clustomer.segments.one_segment import one_segment
from clustomer.segments.selection import repetition
from clustomer.segments.selection.repetition import Draws
from clustomer.thresholds import DRAWN_SHARE, N_DRAWS

CORNERS = 9.0 * np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def customers(n_customers=600, *, corners=CORNERS, seed=0):
    """Groups around corners of a square."""
    generator = np.random.default_rng(seed)
    group = generator.integers(len(corners), size=n_customers)
    places = corners[group] + generator.normal(size=(n_customers, 2))
    ids = [f"u{number:04d}" for number in range(n_customers)]
    return pa.table({"user_id": ids, "a": places[:, 0], "b": places[:, 1]}), group


def held_out(table, group):
    generator = np.random.default_rng(1)
    bought = (generator.random(len(group)) < np.array([0.1, 0.3, 0.6, 0.9])[group]).astype(float)
    return Holdout(
        date=datetime(2024, 3, 1, tzinfo=UTC),
        horizon_days=30.0,
        window=None,
        customers=SimpleNamespace(table=table),
        outcomes=pa.table(
            {"user_id": table["user_id"], "bought": bought, "revenue": bought, "visited": bought}
        ),
        selection=np.arange(len(group)) % 2 == 0,
        outcome_names=("bought",),
    )


def test_groups_that_are_there_come_back_in_every_draw():
    table, _ = customers()
    again = segment(table, k_range=(2, 6)).selection.repetition
    assert again.taken == (4,) * N_DRAWS
    assert again.returned == N_DRAWS
    assert again.customers == DRAWN_SHARE * 600
    assert set(again.jaccard) == {0, 1, 2, 3}
    assert again.lowest_jaccard == min(again.jaccard.values()) > 0.98


def test_one_cloud_gives_no_number_that_is_sure():
    table, _ = customers(corners=np.zeros((1, 2)))
    selection = segment(table, k_range=(2, 8)).selection
    assert selection.repetition.lowest_jaccard < 0.9
    assert selection.repetition.returned == selection.repetition.taken.count(selection.k)


def test_similarities_are_means_over_the_draws():
    draws = Draws(
        taken=(2, 3),
        labels=(np.array([5, 5, 7, 7]), np.array([0, 0, 1, 2])),
        evaluated=np.array([0, 1, 3, 4]),
        customers=3,
    )
    again = draws.judge(np.array([0, 0, -1, 1, 1]))
    # the second draw has half of the second segment
    assert again.jaccard == {0: 1.0, 1: 0.75}
    assert (again.lowest_jaccard, again.returned, again.customers) == (0.75, 1, 3)


def test_who_certifies_is_in_no_draw():
    table, group = customers()
    holdout = held_out(table, group)
    other = np.where(holdout.selection, table["a"].to_numpy(), 30.0 * np.sqrt(np.arange(600)))
    changed = table.set_column(1, "a", pa.array(other))
    outcomes = holdout.outcomes.set_column(
        1, "bought", pa.array(np.where(holdout.selection, holdout.outcome("bought"), 1.0))
    )
    swapped = replace(holdout, customers=SimpleNamespace(table=changed), outcomes=outcomes)
    one = segment(table, holdout=holdout, k_range=(2, 6)).selection.repetition
    two = segment(changed, holdout=swapped, k_range=(2, 6)).selection.repetition
    assert one.taken == two.taken == (4,) * N_DRAWS
    assert one.customers == two.customers == DRAWN_SHARE * 300


def test_neither_the_order_of_rows_nor_a_second_time_changes_it():
    table, _ = customers(corners=CORNERS / 3)
    shuffled = table.take(np.random.default_rng(3).permutation(600))
    ways = [segment(rows, k_range=(2, 5)).selection for rows in (table, shuffled, table)]
    assert ways[0].repetition == ways[1].repetition == ways[2].repetition


@pytest.mark.parametrize(
    "options",
    [{"criteria": "deciding"}, {"k": 3}, {"k_range": (3, 3)}, {"algorithm": "ward"}],
    ids=str,
)
def test_nothing_is_done_again_where_nothing_was_chosen_or_it_would_take_long(options):
    table, _ = customers(120)
    assert segment(table, **{"k_range": (2, 4), **options}).selection.repetition is None


def test_nor_with_a_handful_of_customers():
    table, _ = customers(90)
    assert segment(table, k_range=(2, 4)).selection.repetition is None


def test_it_is_stored_and_dropped_where_no_segments_are_delivered():
    table, _ = customers(300)
    segmentation = segment(table, k_range=(2, 5))
    stored = read_model(to_model(segmentation).to_json())
    assert stored.selection.repetition == segmentation.selection.repetition
    again = restore(stored, table, segmentation.table)
    assert again.selection.repetition == segmentation.selection.repetition
    alone = one_segment(table, segmentation, reason=segmentation.selection.reason)
    assert alone.selection.repetition is None


@pytest.mark.parametrize("weights", ["learned", "equal", {"a": 2.0, "b": 0.5}])
def test_each_draw_weighs_features_as_was_asked_for(weights, monkeypatch):
    used = []

    def spied(*arguments, weights):
        used.append(dict(weights))
        return scaled(*arguments, weights=weights)

    scaled = repetition.fit_scaling
    monkeypatch.setattr(repetition, "fit_scaling", spied)
    table, group = customers()
    segment(table, k_range=(2, 5), weights=weights, holdout=held_out(table, group))
    assert len(used) == N_DRAWS
    if weights == "learned":
        # of what followed in the draw's own half, so that no two draws weigh quite alike
        assert len({draw["a"] for draw in used}) > 1
    else:
        assert used == [{} if weights == "equal" else weights] * N_DRAWS
