"""The contest: metrics by hand, planted tastes, planted chance, and nothing from the future."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy import sparse

from clustomer.customers import Reason
from clustomer.errors import UsageError
from clustomer.events import Window
from clustomer.products import Interactions, Split, hold_contest, split
from clustomer.products.contest import Contest, make_way
from clustomer.products.metrics import judge
from clustomer.products.past import NEXT_BASKET
from clustomer.products.ways import factors
from taste_worlds import DAY_S, DAYS, START_S, taste_world


def moment(day: int) -> datetime:
    return datetime.fromtimestamp(START_S + day * DAY_S, UTC).replace(tzinfo=None)


WINDOW = Window(moment(0), moment(DAYS), "UTC")


def parts_of(rows: Interactions) -> Split:
    parts = split(rows, WINDOW, lambda second: np.full(rows.n_customers, -1))
    assert isinstance(parts, Split)
    return parts


@pytest.fixture(scope="module")
def planted() -> Contest:
    return hold_contest(parts_of(taste_world(1, planted=True)))


def test_metrics_by_hand() -> None:
    targets = sparse.csr_matrix(np.array([[1, 1, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]]))
    taken = sparse.csr_matrix(np.array([[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]))
    judged = judge(np.array([[3, 0, 1], [0, 1, -1], [0, 1, 2]]), targets, taken)
    second, third = 1 / np.log2(3), 1 / np.log2(4)
    assert judged.hit.tolist() == [1, 0, 1]
    assert judged.mrr.tolist() == [0.5, 0, 1]
    assert judged.ndcg == pytest.approx([(second + third) / (1 + second + third), 0, 1])
    # new to the first customer: 1 and 2, of which 1 is in the third place
    assert judged.new_ndcg == pytest.approx([third / (1 + second), np.nan, 1], nan_ok=True)
    assert judged.new == pytest.approx([1, np.nan, 1], nan_ok=True)
    assert judged.again == pytest.approx([1, 0, np.nan], nan_ok=True)


def test_planted_tastes_beat_what_is_popular(planted: Contest) -> None:
    assert planted.beats_popularity
    assert planted.confirmed
    popular = planted.entrant("popularity").judging.new_ndcg
    assert popular is not None
    for way, times in (("cosine", 1.5), ("bm25", 2.0), ("als", 1.5)):
        scores = planted.entrant(way).judging
        assert scores.new_ndcg is not None
        assert scores.new_ndcg > times * popular
        assert scores.gains["new_ndcg"].is_sure


def test_where_all_buy_alike_what_is_popular_is_recommended() -> None:
    contest = hold_contest(parts_of(taste_world(2, planted=False)))
    assert contest.winner == "popularity"
    assert not contest.beats_popularity


def test_a_contest_is_the_same_whatever_the_threads_and_again(planted: Contest) -> None:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        again = hold_contest(parts_of(taste_world(1, planted=True)))
    assert again.to_json() == planted.to_json()
    assert Contest.from_json(planted.to_json()).to_json() == planted.to_json()


def test_what_comes_after_the_split_changes_nothing_that_is_learned() -> None:
    rows = taste_world(3, planted=True, customers=300)
    parts = parts_of(rows)
    until = parts.judging.past.until
    # the same log, but everyone buys one product on every later occasion
    product = np.where(rows.second >= until, 0, rows.product)
    other = parts_of(replace(rows, product=product))
    for one, two in ((parts.choosing, other.choosing), (parts.judging, other.judging)):
        assert (one.past.evidence != two.past.evidence).nnz == 0
        assert one.past.interactions.second.max() < one.past.until
    assert (parts.judging.targets != other.judging.targets).nnz > 0
    kept = hold_contest(other)
    first = hold_contest(parts)
    for entrant in first.entrants:
        assert kept.entrant(entrant.way).choosing == entrant.choosing


def test_the_split_says_what_is_recommended() -> None:
    parts = parts_of(taste_world(4, planted=True))
    assert parts.target == NEXT_BASKET
    assert parts.choosing.past.stretch == parts.judging.past.stretch == 30 * DAY_S
    assert parts.choosing.past.until + 30 * DAY_S == parts.judging.past.until
    assert parts.judging.past.until + 30 * DAY_S == START_S + DAYS * DAY_S


def test_too_few_customers_are_no_contest() -> None:
    rows = taste_world(5, planted=True, customers=60)
    made = split(rows, WINDOW, lambda second: np.full(60, -1))
    assert isinstance(made, Reason)
    assert made.numbers["least"] == 100
    assert made.numbers["judging"] <= 60


def test_a_way_that_is_not_there() -> None:
    with pytest.raises(UsageError, match=r"no way `cosin`.*cosine"):
        make_way("cosin")


def test_without_its_package_als_takes_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(factors, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"clustomer\[recommend\]"):
        make_way("als")
    contest = hold_contest(parts_of(taste_world(6, planted=True, customers=300)))
    assert contest.left_out["als"] == "not installed"
    assert "als" not in [entrant.way for entrant in contest.entrants]
