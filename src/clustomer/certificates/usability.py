"""Can a segment be acted on: is it large enough, and can it be said in a few words?"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.certificates.certificate import Condition, Mark, Usable
from clustomer.certificates.resampling import rounded
from clustomer.certificates.short_rule import Questions, follows
from clustomer.customers.reason import Reason
from clustomer.segments import Segmentation
from clustomer.segments.arrays import Flags, Floats, Integers
from clustomer.segments.exclusions import BOTS
from clustomer.segments.matrix.customer_matrix import customer_table, feature_matrix
from clustomer.thresholds import MIN_REVENUE_SHARE, PRECISION, RECALL
from clustomer.thresholds import USABLE as MIN_SHARE

MAX_TRAINING = 20_000


def usable(
    customers: object, segmentation: Segmentation, *, random_state: int = 0
) -> dict[str, Usable]:
    """Test whether each segment is large enough to act on and has a short rule.

    The rule is a conjunction of at most three conditions, each a feature above a number or not,
    in the feature's own unit, found by a beam search (`short_rule`). It is searched on at most
    half of the customers and at most 20,000 of them, among numbers that a person would say, and
    judged on all others.

    Parameters
    ----------
    customers : table of customers, of which the segmentation was made.
    segmentation : Segmentation
    random_state : int, default 0
        Draws the customers that rules are searched on.

    Returns
    -------
    dict of segment id to Usable, without suspected bots and segments without customers
        Fail below a share `USABLE` of the customers unless it brought `MIN_REVENUE_SHARE` of the
        revenue; weak where the rule has a precision (the share of those it names that are in the
        segment) below `PRECISION` or a recall (the share of the segment that it names) below
        `RECALL`; else pass.

    Examples
    --------
    >>> from clustomer.segments import segment
    >>> orders = [1.0, 2.0, 3.0] * 40 + [30.0, 40.0, 50.0] * 20
    >>> table = pa.table({"user_id": [f"{i:03}" for i in range(180)], "orders": orders})
    >>> tested = usable(table, segment(table, k=2, features=["orders"]))
    >>> tested["S2"].conditions
    (Condition(feature='orders', above=True, value=3.0),)
    >>> tested["S2"].mark, tested["S2"].precision, tested["S2"].recall
    ('pass', 1.0, 1.0)
    """
    table = customer_table(customers)
    labels = segmentation.table["cluster"].to_numpy().astype(np.int64)
    people = labels != BOTS
    names, matrix = _stored(table, segmentation)
    matrix, labels = matrix[people], labels[people]
    money = _revenue(table)
    revenue = None if money is None else money[people]
    search, unseen = _halves(len(labels), random_state)
    questions = Questions.of(names, matrix[search])
    tested = {}
    for cluster in np.unique(labels).tolist():
        inside = labels == cluster
        share = float(inside.mean())
        revenue_share = None
        if revenue is not None and revenue.sum() > 0:
            revenue_share = rounded(float(revenue[inside].sum() / revenue.sum()))
        rule = questions.best(inside[search])
        precision, recall = _judged(rule, names, matrix[unseen], inside[unseen])
        mark = _mark(share, revenue_share, precision, recall)
        tested[segmentation.segment_ids[cluster]] = Usable(
            mark=mark,
            share=rounded(share),
            revenue_share=revenue_share,
            conditions=rule,
            precision=precision,
            recall=recall,
            why=_reason(mark, precision, recall),
        )
    return tested


def _stored(table: pa.Table, segmentation: Segmentation) -> tuple[list[str], Floats]:
    """Return the features that decide, in their own units, filled as the rule fills them."""
    rule = segmentation.rule
    names = list(rule.features)
    return names, rule.filled(feature_matrix(table, names))


def _revenue(table: pa.Table) -> Floats | None:
    if "revenue" not in table.column_names:
        return None
    revenue: Floats = pc.fill_null(table["revenue"], 0.0).to_numpy().astype(np.float64)
    return revenue


def _halves(n: int, random_state: int) -> tuple[Integers, Integers]:
    """Return who rules are searched on, and all others."""
    order = np.random.default_rng(random_state).permutation(n)
    size = min(MAX_TRAINING, -(-n // 2))
    return np.sort(order[:size]), np.sort(order[size:])


def _judged(
    rule: tuple[Condition, ...], names: Sequence[str], matrix: Floats, inside: Flags
) -> tuple[float | None, float | None]:
    """Return a rule's precision and recall; None where there is no rule, or nobody to ask."""
    if not rule or not inside.any():
        return None, None
    named = follows(rule, names, matrix)
    if not named.any():
        return None, 0.0
    hits = float((named & inside).sum())
    return rounded(hits / float(named.sum())), rounded(hits / float(inside.sum()))


def _mark(
    share: float, revenue_share: float | None, precision: float | None, recall: float | None
) -> Mark:
    if share < MIN_SHARE and (revenue_share or 0.0) < MIN_REVENUE_SHARE:
        return "fail"
    if (precision or 0.0) < PRECISION or (recall or 0.0) < RECALL:
        return "weak"
    return "pass"


def _reason(mark: Mark, precision: float | None, recall: float | None) -> Reason | None:
    if mark == "pass":
        return None
    if mark == "fail":
        return Reason("too small")
    if precision is None or recall is None:
        return Reason("no short rule")
    if precision < PRECISION:
        return Reason("imprecise rule")
    return Reason("incomplete rule")
