"""How much features count: hand-computed, bounded, and never seen by those who certify."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from clustomer.customers import Holdout
from clustomer.errors import UsageError
from clustomer.segments import assign, compare, read_model, segment, to_model
from clustomer.segments.refit import refit_rule
from clustomer.segments.selection.weights import correlations, learn_weights
from clustomer.thresholds import HIGHEST_WEIGHT

NAMES = ["telling", "silent", "later"]


def watched(n_customers=600, *, horizon_days=30.0, seed=0, outcome=None):
    """Two features, of which one tells who buys; the even ids choose."""
    generator = np.random.default_rng(seed)
    telling, silent = generator.normal(size=(2, n_customers))
    bought = (telling + generator.normal(size=n_customers) > 0).astype(float)
    if outcome is not None:
        bought = outcome(n_customers, generator)
    ids = [f"u{number:04d}" for number in range(n_customers)]
    return Holdout(
        date=datetime(2024, 3, 1, tzinfo=UTC),
        horizon_days=horizon_days,
        window=None,
        customers=SimpleNamespace(
            table=pa.table({"user_id": ids, "telling": telling, "silent": silent})
        ),
        outcomes=pa.table(
            {"user_id": ids, "bought": bought, "revenue": 10.0 * bought, "visited": bought}
        ),
        selection=np.arange(n_customers) % 2 == 0,
        outcome_names=("bought", "revenue"),
    )


def kind(holdout, names=NAMES):
    weights = learn_weights(holdout, names)
    assert not weights.learned
    assert weights.by_name == {}
    return weights.why_equal.kind


def changed(holdout, who):
    """Return a holdout whose customers of one half are others, and did otherwise."""
    table, outcomes = holdout.customers.table, holdout.outcomes
    for name in ("telling", "silent"):
        values = np.where(who, -7.0 * table[name].to_numpy() ** 3, table[name].to_numpy())
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    for name in ("bought", "revenue", "visited"):
        values = np.where(who, 1 - outcomes[name].to_numpy(), outcomes[name].to_numpy())
        outcomes = outcomes.set_column(outcomes.column_names.index(name), name, pa.array(values))
    return replace(holdout, customers=SimpleNamespace(table=table), outcomes=outcomes)


def test_a_feature_counts_by_its_correlation_with_what_followed():
    holdout = watched()
    weights = learn_weights(holdout, NAMES)
    half = holdout.selection
    x = np.column_stack([holdout.customers.table[n].to_numpy()[half] for n in NAMES[:2]])
    # buying, revenue and its root differ by a factor only, so that all correlate alike
    r = np.abs([np.corrcoef(column, holdout.outcome("bought")[half])[0, 1] for column in x.T])
    assert [part.told for part in weights.features] == pytest.approx(r, abs=1e-6)
    errors = correlations(x, holdout.outcome("bought")[half][:, None])[1][:, 0]
    between = r.var(ddof=1) - (errors**2).mean()
    drawn = r.mean() + between / (between + errors**2) * (r - r.mean())
    assert list(weights.by_name.values()) == pytest.approx((1 + drawn / drawn.mean()) / 2, abs=1e-4)
    assert weights.by_name["telling"] > 1.3 > 0.7 > weights.by_name["silent"] >= 0.5
    assert (weights.customers, weights.horizon_days) == (300, 30.0)


def test_the_error_of_a_correlation_is_what_other_customers_would_show():
    generator = np.random.default_rng(1)

    def drawn():
        x = generator.standard_exponential(size=(400, 1)) ** 2  # a heavy tail
        return x, x + 5 * generator.standard_exponential(size=(400, 1)) ** 2

    once = [correlations(*drawn()) for _ in range(300)]
    r, error = (np.array(values)[:, 0, 0] for values in zip(*once, strict=True))
    assert np.sqrt(np.mean(error**2)) == pytest.approx(r.std(), rel=0.25)


def test_the_validation_half_has_no_say():
    holdout = watched()
    learned = learn_weights(holdout, NAMES)
    assert learn_weights(changed(holdout, ~holdout.selection), NAMES) == learned
    assert learn_weights(changed(holdout, holdout.selection), NAMES) != learned


def test_nor_in_the_scale_that_a_run_stores():
    holdout = watched()
    today = holdout.customers.table
    scales = [
        segment(today, holdout=given, k_range=(2, 3)).scaling
        for given in (holdout, changed(holdout, ~holdout.selection))
    ]
    assert scales[0] == scales[1]


def test_where_chance_makes_the_differences_all_count_alike():
    def luck(n_customers, generator):
        return generator.integers(2, size=n_customers).astype(float)

    equal = [kind_or_none(watched(outcome=luck, seed=seed)) for seed in range(40)]
    # a difference of two correlations beyond its error: a third of draws at most, and small
    assert equal.count("no difference") >= 20


def kind_or_none(holdout):
    weights = learn_weights(holdout, NAMES)
    return weights.why_equal.kind if weights.why_equal else None


def test_fewer_customers_are_drawn_nearer_to_equal():
    few = learn_weights(watched(120), NAMES).by_name
    many = learn_weights(watched(20_000), NAMES).by_name
    assert 1 < few["telling"] < many["telling"]


def test_no_feature_rules():
    holdout = watched()
    table = holdout.customers.table
    for number in range(9):
        silent = np.random.default_rng(number + 5).normal(size=table.num_rows)
        table = table.append_column(f"silent_{number}", pa.array(silent))
    holdout = replace(holdout, customers=SimpleNamespace(table=table))
    weights = learn_weights(holdout, table.column_names[1:]).by_name
    assert weights["telling"] == HIGHEST_WEIGHT
    assert min(weights.values()) >= 0.5


def test_nothing_is_learned_where_nothing_can_be():
    assert kind(watched(horizon_days=6.9)) == "short horizon"
    assert kind(watched(outcome=lambda n, _: np.ones(n))) == "nothing followed"
    assert kind(watched(), ["telling", "later"]) == "one feature"
    today = watched().customers.table
    assert segment(today, k_range=(2, 3)).weights.why_equal.kind == "no holdout"
    asked = segment(today, holdout=watched(), k_range=(2, 3), weights="equal")
    assert asked.weights.why_equal.kind == "equal as asked"
    assert {feature.weight for feature in asked.scaling} == {1.0}


def test_who_never_bought_is_told_by_visits():
    holdout = watched()
    visited = holdout.outcomes["bought"]
    nothing = pa.array(np.zeros(600))
    outcomes = pa.table(
        {
            "user_id": holdout.outcomes["user_id"],
            "bought": nothing,
            "revenue": nothing,
            "visited": visited,
        }
    )
    learned = learn_weights(replace(holdout, outcomes=outcomes), NAMES)
    assert learned.by_name == learn_weights(holdout, NAMES).by_name


def test_weights_are_in_the_stored_rule_and_its_sql():
    holdout = watched()
    today = holdout.customers.table
    weighed = segment(today, holdout=holdout, k=3, k_range=(2, 4))
    equal = segment(today, holdout=holdout, k=3, k_range=(2, 4), weights="equal")
    for feature, plain in zip(weighed.scaling, equal.scaling, strict=True):
        assert feature.weight == weighed.weights.by_name[feature.name]
        assert feature.scale == pytest.approx(plain.scale / feature.weight, rel=1e-10)
    stored = read_model(to_model(weighed).to_json())
    assert stored.weights == weighed.weights
    assert assign(today, stored)["cluster"].equals(weighed.table["cluster"])
    assert refit_rule(weighed, today).scaling == weighed.scaling
    assert weighed.rule.restated(today, np.arange(600)).scaling == weighed.scaling


def test_algorithms_are_compared_on_the_weighed_scale():
    holdout = watched(200)
    today = holdout.customers.table
    ward = segment(today, holdout=holdout, algorithm="ward", k=3, k_range=(3, 3))
    compared = compare(today, segmented=[ward], k=3, k_range=(3, 3)).to_pylist()
    weighed = segment(today, k=3, k_range=(3, 3), weights=ward.weights.by_name)
    plain = segment(today, k=3, k_range=(3, 3))
    [kmeans] = [row for row in compared if row["algorithm"] == "kmeans"]
    share = min(weighed.clusters.values()) / 200
    assert kmeans["smallest_share"] == share != min(plain.clusters.values()) / 200


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("leanred", "weights is 'leanred', expected learned or equal"),
        ({"tellin": 2.0}, "weights has `tellin`, which is not clustered. Did you mean `telling`?"),
        ({"telling": 0.0}, "The weight of `telling` is 0.0, expected a number above 0."),
    ],
)
def test_weights_that_make_no_sense_are_refused(weights, message):
    with pytest.raises(UsageError, match=message.replace("?", r"\?")):
        segment(watched().customers.table, k_range=(2, 3), weights=weights)
