"""What every kind of rule must do, whatever it is made of."""

import ast
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import clustomer
from clustomer.engines import DIALECTS, check, translate
from clustomer.segments import (
    Exclusion,
    NearestCentroid,
    NearestExemplar,
    Quadratic,
    RfmGrid,
    ScaledFeature,
    assign,
    assignment_query,
)
from clustomer.segments.matrix.customer_matrix import customer_table, feature_matrix
from clustomer.segments.matrix.scaling import round_significant
from clustomer.segments.refit import rule_labels
from clustomer.segments.rules.stored_rule import RULES, from_stored, to_stored

SCALING = (
    ScaledFeature("orders", 0.0, 0.5, 1.25, 0.75),
    ScaledFeature("purchase_recency_days", 90.0, 1.0, 40.0, 30.0),
)
BOTS = (Exclusion("suspected bots", "busiest_hour_events > 720"),)


def made(kind, generator):
    points = round_significant(generator.normal(size=(3, 2)))
    factors = np.tril(round_significant(generator.normal(size=(3, 2, 2))))
    return {
        "nearest_centroid": lambda: NearestCentroid(SCALING, points, BOTS),
        "quadratic": lambda: Quadratic(SCALING, points, factors, np.zeros(3), BOTS),
        "nearest_exemplar": lambda: NearestExemplar(
            SCALING, points, np.array([0, 0, 1]), np.array([0.7, 1.1]), BOTS
        ),
        "rfm_grid": lambda: RfmGrid((5.0, 20.0, 20.0, 60.0), (1.0, 1.0, 2.0, 4.0), BOTS),
    }[kind]()


def people(generator, n=400):
    orders = generator.poisson(1.5, n).astype(float)
    return pa.table(
        {
            "user_id": [f"u{i:03}" for i in generator.permutation(n)],
            "orders": pa.array(np.where(generator.random(n) < 0.1, np.nan, orders)),
            "purchase_recency_days": pa.array(
                np.where(orders < 1, np.nan, generator.integers(0, 90, n))
            ),
            "busiest_hour_events": generator.integers(600, 740, n),
        }
    )


@pytest.fixture(params=[rule.kind for rule in RULES])
def rule(request):
    return made(request.param, np.random.default_rng(7))


def test_sql_and_numpy_give_the_same_clusters(rule):
    for seed in range(5):
        customers = people(np.random.default_rng(seed))
        labels = assign(customers, rule)["cluster"].to_pylist()
        assert labels == rule_labels(customers, rule).tolist()
        assert len(set(labels)) > 2


def test_it_comes_back_from_json_as_it_was(rule):
    stored = json.loads(json.dumps(to_stored(rule)))
    assert next(iter(stored)) == "kind"
    again = from_stored(stored, rule.scaling, rule.exclusions)
    assert type(again) is type(rule)
    assert to_stored(again) == stored
    customers = people(np.random.default_rng(1))
    assert assign(customers, again).equals(assign(customers, rule))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "tarot"}, "expected nearest_centroid, quadratic, nearest_exemplar or rfm_grid"),
        ({"surprise": 1}, "surprise"),
        ({"scaling": []}, "`scaling` does not belong into the assignment"),
    ],
)
def test_a_stored_rule_with_a_stranger_in_it_is_refused(rule, change, message):
    with pytest.raises(ValueError, match=message):
        from_stored({**to_stored(rule), **change}, rule.scaling, rule.exclusions)


@pytest.mark.parametrize("target", DIALECTS)
def test_its_query_is_portable(rule, target):
    query = assignment_query(rule, "warehouse.customers")
    check(query)
    assert translate(query, target)


def test_it_says_what_others_ask_of_it(rule):
    assert rule.rule is rule
    assert rule.features == tuple(SCALING[i].name for i in ((0, 1) if rule.scaling else (1, 0)))
    assert rule.centres.shape[1] == len(rule.features)
    assert rule.is_defined == (not rule.scaling) == bool(rule.defined_names)
    assert (rule.score_grid is rule) == rule.is_defined
    assert (rule.refitting_estimator() is None) == (not rule.is_defined)
    noise = -2 in assign(people(np.random.default_rng(1)), rule)["cluster"].to_pylist()
    assert noise == rule.leaves_noise


def test_it_stands_on_the_scale_of_other_customers(rule):
    generator = np.random.default_rng(3)
    customers = customer_table(people(generator))
    rows = np.flatnonzero(np.array(customers["busiest_hour_events"].to_pylist()) <= 720)
    again = rule.restated(customers, rows)
    assert again.features == rule.features
    if rule.scaling:
        scaled = again.prepared(feature_matrix(customers, list(rule.features))[rows])
        assert np.abs(scaled.mean(axis=0)).max() < 1e-9
        assert again.redefined(customers) is None
    else:
        assert again == rule.redefined(customers)
        # fifths of those who ordered: every score is given
        assert again.frequency_cuts == (1.0, 1.0, 2.0, 3.0)


def test_what_is_undefined_is_filled_and_the_rest_left_alone(rule):
    matrix = np.array([[1.0, np.nan], [np.nan, 7.0], [3.0, 2.0]])
    filled = rule.filled(matrix)
    assert not np.isnan(filled).any()
    assert (filled == matrix)[~np.isnan(matrix)].all()


def test_a_grid_is_cut_anew_by_the_rows_of_a_resample():
    estimator = made("rfm_grid", np.random.default_rng(0)).refitting_estimator()
    rows = np.array([[9.0, 1.0], [3.0, 2.0], [np.nan, 0.0]])
    fitted = estimator.fit(rows)
    assert fitted.rule_.recency_cuts == (3.0, 3.0, 9.0, 9.0)
    assert fitted.rule_.frequency_cuts == (1.0, 1.0, 2.0, 2.0)
    assert fitted.predict(rows).tolist() == fitted.rule_.predict(rows).tolist()
    nobody = estimator.fit(rows[2:])
    assert nobody.rule_ == estimator.rule


def test_nobody_outside_this_room_asks_which_kind_a_rule_is():
    kinds = {rule.__name__ for rule in RULES} | {"ScaledRule", "Rule"}
    package = Path(clustomer.__file__).parent
    asking = []
    for path in package.rglob("*.py"):
        if path.is_relative_to(package / "segments" / "rules"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            asks = isinstance(node, ast.MatchClass) or (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("isinstance", "issubclass")
            )
            if asks:
                names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                names |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
                asking += [f"{path.name}:{node.lineno}"] * bool(names & kinds)
    assert asking == []
