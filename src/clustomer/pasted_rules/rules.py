"""Each segment as a condition for a tool, and how far it can be trusted."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from clustomer.errors import InputError, UsageError, did_you_mean
from clustomer.pasted_rules.search import MOST_LEAVES, Grown, grow
from clustomer.pasted_rules.tools import (
    BUYERS,
    NOT_EXPRESSIBLE,
    ORDERS,
    OTHERS,
    TOOLS,
    Alternative,
    Tool,
)
from clustomer.progress import counted
from clustomer.segments.arrays import Floats, Integers, Labels
from clustomer.thresholds import PRECISION, RECALL
from clustomer.versions import StoredRun

_PLAINER = 0.005
"""How much agreement a smaller tree may lose."""


@dataclass(frozen=True)
class SegmentRule:
    """A segment as a condition.

    `precision` (the share of those it picks who are in the segment) and `recall` (the share of the
    segment that it picks) are of customers that it was not made from. `condition` is
    "not expressible there" where one is below the threshold of its name.
    """

    segment_id: str
    segment: str
    customers: int
    condition: str
    expressible: bool
    precision: float | None
    recall: float | None


@dataclass(frozen=True, eq=False)
class ToolRules:
    """The rules of all segments for one tool.

    Attributes
    ----------
    tool : str
    rules : tuple of SegmentRule
        In the order of the report.
    agreement : float
        Of customers that the conditions were not made from, the share whom they put into the
        segment that they are in.
    judged : int
        How many these customers are.
    window_days : float
        Over how many days the run counted.
    wrong : pyarrow.Table
        `user_id`, `segment_id`, and `by_rule`, the segment by the conditions (NULL for none), of
        all customers whom they get wrong.
    """

    tool: str
    rules: tuple[SegmentRule, ...]
    agreement: float
    judged: int
    window_days: float
    wrong: pa.Table

    def to_json(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "tool": self.tool,
            "agreement": self.agreement,
            "judged": self.judged,
            "window_days": self.window_days,
            "wrong_customers": self.wrong.num_rows,
            "rules": [asdict(rule) for rule in self.rules],
        }


def tool_rules(results: str | os.PathLike[str], tool: str, *, random_state: int = 0) -> ToolRules:
    """Return each segment as a condition that a marketer's tool can evaluate.

    A decision tree of at most 16 leaves over the fields that the tool has (CART: Breiman et al.
    1984), its numbers such as a person would say; one for customers with an order, one for the
    others. It is made of half of the customers, and judged on the other half.

    Parameters
    ----------
    results : path
        A results folder (its latest version), or the folder of a version.
    tool : "shopify", "klaviyo", "ga4", "braze" or "sql"
    random_state : int, default 0
        Draws the halves.

    Returns
    -------
    ToolRules

    Raises
    ------
    UsageError
        If there is no such tool.
    InputError
        If there are no results, or they have no orders.

    Examples
    --------
    >>> tool_rules("no-such-folder", "mailchimp")
    Traceback (most recent call last):
    ...
    clustomer.errors.UsageError: There is no tool `mailchimp`. There are: ...
    """
    if tool not in TOOLS:
        raise UsageError(f"There is no tool `{tool}`. {did_you_mean(tool, TOOLS)}")
    asked, stored = TOOLS[tool], StoredRun.open(results)
    columns = _columns(stored.customers, asked)
    labels = np.asarray(stored.segments["cluster"].to_numpy(), dtype=np.int64)
    order = np.random.default_rng(random_state).permutation(len(labels))
    search, unseen = np.sort(order[: -(-len(order) // 2)]), np.sort(order[-(-len(order) // 2) :])
    grown = _chosen(columns, labels, search, asked, random_state)
    predicted = grown.predict(columns)
    ids = dict(
        zip(stored.segments["cluster"].to_pylist(), stored.segments["segment_id"].to_pylist(),
            strict=True)
    )  # fmt: skip
    clusters = {segment_id: cluster for cluster, segment_id in ids.items()}
    rules = [
        _rule(part, clusters[part.segment_id], grown, predicted[unseen], labels[unseen], asked)
        for part in stored.manifest.segments
    ]
    missed = predicted != labels
    wrong = pa.table(
        {
            "user_id": stored.segments["user_id"].filter(pa.array(missed)),
            "segment_id": stored.segments["segment_id"].filter(pa.array(missed)),
            "by_rule": pa.array([ids.get(int(c)) for c in predicted[missed]], pa.string()),
        }
    )
    agreement = float((predicted[unseen] == labels[unseen]).mean()) if len(unseen) else 0.0
    days = round(stored.window.days, 2)
    return ToolRules(tool, tuple(rules), round(agreement, 6), len(unseen), days, wrong)


def _columns(customers: pa.Table, tool: Tool) -> dict[str, Floats]:
    if ORDERS not in customers.column_names:
        raise InputError(
            "The customers have no orders, and tools for marketers know customers by their orders. "
            "Expected results of a log with purchases."
        )
    names = [name for name in tool.words if name in customers.column_names]
    return {
        name: np.asarray(customers[name].to_numpy(zero_copy_only=False), dtype=np.float64)
        for name in dict.fromkeys([ORDERS, *names])
    }


def _chosen(
    columns: dict[str, Floats], labels: Labels, search: Integers, tool: Tool, random_state: int
) -> Grown:
    """Return the smallest trees that agree about as well as the best, of those that fit the tool.

    Judged on a third of the half that they are searched on, then made of all of it.
    """
    drawn = np.random.default_rng([random_state, 1]).permutation(search)
    learn, check = drawn[len(drawn) // 3 :], drawn[: len(drawn) // 3]
    buyers = [name for name in BUYERS if name in columns]
    others = [name for name in OTHERS if name in columns]

    def made(rows: Integers, leaves: int) -> Grown:
        return grow(
            {name: column[rows] for name, column in columns.items()},
            labels[rows],
            buyers=buyers,
            others=others,
            leaves=leaves,
            most_days=tool.most_days,
        )

    sizes = [size for size in range(2, MOST_LEAVES + 1) if _fits(made(search, size), tool)] or [1]
    checked = {name: column[check] for name, column in columns.items()}
    agreement = {
        size: float((made(learn, size).predict(checked) == labels[check]).mean())
        if len(check)
        else 0.0
        for size in sizes
    }
    enough = max(agreement.values()) - _PLAINER
    return made(search, min(size for size in sizes if agreement[size] >= enough))


def _fits(grown: Grown, tool: Tool) -> bool:
    """Return whether no condition has more comparisons than the tool takes."""
    if tool.most_clauses is None:
        return True
    counts: dict[int, int] = {}
    for alternative, cluster in grown.parts:
        counts[cluster] = counts.get(cluster, 0) + len(tool.clauses(alternative))
    return max(counts.values()) <= tool.most_clauses


def _rule(
    part: Any, cluster: int, grown: Grown, predicted: Labels, labels: Labels, tool: Tool
) -> SegmentRule:
    alternatives: Sequence[Alternative] = [a for a, c in grown.parts if c == cluster]
    picked, inside = predicted == cluster, labels == cluster
    hits = float((picked & inside).sum())
    precision = hits / float(picked.sum()) if picked.any() else None
    recall = hits / float(inside.sum()) if inside.any() else None
    good = bool(alternatives) and (precision or 0.0) >= PRECISION and (recall or 0.0) >= RECALL
    return SegmentRule(
        part.segment_id,
        part.segment,
        part.customers,
        tool.write(alternatives) if good else NOT_EXPRESSIBLE,
        good,
        None if precision is None else round(precision, 6),
        None if recall is None else round(recall, 6),
    )


def rule_lines(made: ToolRules) -> Iterator[str]:
    """Give the rules of a tool as lines to print."""
    for rule in made.rules:
        yield f"{rule.segment_id} {rule.segment} ({counted(rule.customers, 'customer')})"
        for line in rule.condition.splitlines():
            yield f"  {line}"
        if rule.precision is not None and rule.recall is not None:
            picks = "it picks" if rule.expressible else "the nearest condition picks"
            yield (
                f"  {rule.precision:.0%} of those whom {picks} are in the segment, and it picks "
                f"{rule.recall:.0%} of the segment."
            )
        yield ""
    yield (
        f"Of {counted(made.judged, 'customer')} whom the conditions were not made from, they put "
        f"{made.agreement:.1%} into the right segment. {TOOLS[made.tool].title} counts over all "
        f"time, the run over {made.window_days:g} days: where customers are older than that, "
        "amounts differ."
    )
