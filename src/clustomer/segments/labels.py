"""From a table of customers to their segments by a rule, as one portable query."""

from collections.abc import Mapping
from typing import Any

from sqlglot import exp

from clustomer.engines import dialect, literal
from clustomer.segments.rules.assignment import assignment_query

MEASURED = ("cluster", "distance", "border_distance")


def labels_query(rule: Any, segments: Mapping[int, tuple[str, str]]) -> exp.Select:
    """Return the query that gives each row of the table `customers` its segment.

    Its columns are the first of `segments.parquet`: `user_id`, `segment_id`, `segment`, `cluster`,
    `distance`, `border_distance`.

    Parameters
    ----------
    rule : Rule or SegmentationModel
        What `assignment_query` takes.
    segments : mapping of cluster to (segment id, name)

    >>> from clustomer.segments import segment
    >>> import pyarrow as pa
    >>> customers = pa.table({"user_id": ["a", "b", "c"], "orders": [1.0, 1.0, 9.0]})
    >>> rule = segment(customers, k=2).rule
    >>> labels_query(rule, {0: ("S1", "One"), 1: ("S2", "Two")}).named_selects[:3]
    ['user_id', 'segment_id', 'segment']
    """
    ids = {cluster: segment_id for cluster, (segment_id, _) in segments.items()}
    names = {cluster: name for cluster, (_, name) in segments.items()}
    query = exp.select(
        exp.alias_(exp.column("user_id", table="labels"), "user_id"),
        exp.alias_(by_cluster(ids), "segment_id"),
        exp.alias_(by_cluster(names), "segment"),
        *(exp.column(name, table="labels") for name in MEASURED),
    )
    return with_parts_of(assignment_query(rule), query.from_("labels"), "labels")


def with_parts_of(inner: exp.Select, outer: exp.Select, name: str) -> exp.Select:
    """Return a query that reads another under a name; its parts stand beside it, not inside."""
    parts = inner.args.pop("with_", None)
    query = outer
    for part in parts.expressions if parts is not None else ():
        query = query.with_(part.alias, as_=part.this, copy=False)
    return dialect.computed_once(query.with_(name, as_=inner, copy=False))


def by_cluster(texts: Mapping[int, str]) -> exp.Case:
    """Return what stands for each cluster of the table `labels`."""
    case = exp.Case()
    for cluster, text in texts.items():
        is_it = exp.EQ(this=exp.column("cluster", table="labels"), expression=literal(cluster))
        case = case.when(is_it, literal(text), copy=False)
    return case
