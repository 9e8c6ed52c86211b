"""What every algorithm must do; and what it takes to add one: its module and a line."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score

from clustomer.certificates import certify
from clustomer.customers import customer_features
from clustomer.errors import UsageError
from clustomer.events import read_events
from clustomer.insights import interpret
from clustomer.outputs import report_markdown
from clustomer.segments import (
    ALGORITHMS,
    ScaledFeature,
    check_algorithm,
    clusterer,
    compare,
    read_model,
    restore,
    segment,
    to_model,
)
from clustomer.segments.algorithms.registry import OFFERED, Offer, algorithm_of
from clustomer.segments.refit import refit_rule, rule_labels
from clustomer.simulate import simulate

SCALING = tuple(ScaledFeature(name, 0.0, 1.0, 0.0, 1.0) for name in ("east", "north"))
SLICES = Offer("slices", "Slices", "slices:SlicesAlgorithm")


@pytest.fixture(params=[*ALGORITHMS, "slices"])
def algorithm(request, monkeypatch):
    monkeypatch.setitem(OFFERED, "slices", SLICES)
    return algorithm_of(request.param)


def three_groups(n_rows=300, noise=40):
    generator = np.random.default_rng(0)
    truth = np.arange(n_rows) % 3
    rows = generator.normal(size=(n_rows, 2)) + 20.0 * truth[:, np.newaxis] * [1.0, 0.0]
    far = generator.uniform(-60, 80, size=(noise, 2))
    far = far[np.abs(far[:, 1]) > 15]
    return np.vstack([rows, far]), truth


def fitted(algorithm, X, **options):
    return clusterer(algorithm.name, random_state=0, **options).fit(X)


def test_it_finds_clear_groups(algorithm):
    X, truth = three_groups(noise=0)
    labels = fitted(algorithm, X, n_clusters=3).labels_
    inside = labels >= 0
    assert inside.mean() > 0.8
    assert adjusted_rand_score(truth[inside], labels[inside]) > 0.97


def test_its_labels_are_those_of_its_rule_row_by_row(algorithm):
    X, _ = three_groups()
    model = fitted(algorithm, X, n_clusters=3)
    rule = algorithm.rule(model, SCALING)
    expected = np.where(model.labels_ < 0, -2, model.labels_)
    assert rule.predict(X).tolist() == expected.tolist()
    assert [rule.predict(X[[i]])[0] for i in range(0, len(X), 7)] == expected[::7].tolist()
    assert model.predict(X).tolist() == model.labels_.tolist()
    assert rule.leaves_noise == (not algorithm.takes_k)


def test_the_same_seed_gives_the_same_clusters(algorithm):
    X, _ = three_groups()
    model = fitted(algorithm, X, n_clusters=3)
    assert clone(model).fit(X).labels_.tolist() == model.labels_.tolist()


def test_it_takes_a_number_of_clusters_or_refuses_one(algorithm):
    assert ("n_clusters" in algorithm.estimator().get_params()) == algorithm.takes_k
    if algorithm.takes_k:
        check_algorithm(algorithm.name, 3)
        assert clusterer(algorithm.name, n_clusters=4).n_clusters == 4
    else:
        with pytest.raises(UsageError, match=f"{algorithm.label} finds the number of clusters"):
            check_algorithm(algorithm.name, 3)


def test_it_tells_what_it_used(algorithm):
    X, _ = three_groups()
    model = fitted(algorithm, X, n_clusters=3)
    note = algorithm.note(model, len(X))
    assert (note.name, note.sample_customers) == (algorithm.name, None)
    assert all(isinstance(value, int | float | str) for value in note.parameters.values())
    if "max_fit_rows" in model.get_params():
        sampled = algorithm.note(model.set_params(max_fit_rows=100).fit(X), len(X))
        assert sampled.sample_customers == 100


def shop_table():
    X, _ = three_groups(noise=0)
    ids = [f"u{i:03}" for i in range(len(X))]
    return pa.table({"user_id": ids, "east": X[:, 0], "north": X[:, 1]})


def test_a_new_algorithm_goes_the_way_of_all(monkeypatch):
    monkeypatch.setitem(OFFERED, "slices", SLICES)
    customers = shop_table()
    segmentation = segment(customers, algorithm="slices", k=3, k_range=(3, 3))
    assert segmentation.k == 3
    assert segmentation.algorithm.name == "slices"
    text = to_model(segmentation).to_json()
    again = restore(read_model(text), customers, segmentation.table)
    assert to_model(again).to_json() == text
    refit = rule_labels(customers, refit_rule(segmentation, customers))
    assert adjusted_rand_score(segmentation.table["cluster"].to_numpy(), refit) == 1.0
    compared = compare(customers, segmented=[segmentation], k_range=(2, 4))
    assert compared["algorithm"].to_pylist() == [*ALGORITHMS, "slices"]
    interpretation = interpret(customers, segmentation)
    assert "Segments were found by Slices." in report_markdown(
        interpretation.insights, interpretation.facts
    )


def test_a_new_algorithm_is_certified(monkeypatch, tmp_path):
    monkeypatch.setitem(OFFERED, "slices", SLICES)
    simulate(tmp_path / "log.parquet", events=6_000, days=60, random_state=1)
    events = read_events(tmp_path / "log.parquet")
    customers = customer_features(events)
    segmentation = segment(customers, algorithm="slices", k=2)
    certificates = certify(events, customers, segmentation)
    assert set(certificates.segments) == {"S1", "S2"}
    assert all(0 < part.stable.jaccard <= 1 for part in certificates.segments.values())
