"""Which pictures a report has, what they show, and what their titles say."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from clustomer.customers import FEATURES
from clustomer.insights import Fact, Facts, Interpretation, Profile
from clustomer.insights.facts import escape, format_value
from clustomer.outputs.charts import (
    Figure,
    choice_of_k_chart,
    dendrogram_chart,
    differences_chart,
    draw,
    pca_chart,
    rfm_grid_chart,
    sizes_chart,
)
from clustomer.outputs.charts.figure import Layout
from clustomer.outputs.charts.layers import Specification
from clustomer.outputs.theme import BOTS, UNGROUPED, SegmentLook, segment_looks, unbroken
from clustomer.segments import RFM_SEGMENTS, Projection, RfmGrid, Segmentation, Selection
from clustomer.segments.matrix.customer_matrix import customer_table, feature_matrix
from clustomer.segments.rules.rfm_grid import FREQUENCY, RECENCY

MAX_FEATURES = 18
# A feature that is known of fewer than half of a segment says nothing about the segment.
KNOWN_OF_MOST = 0.5
MAX_ARROWS = 6
# An arrow shorter than this (a multiple correlation) is not what spans the map.
SHORTEST_ARROW = 0.3

# Arrows nearer than this angle (ten degrees) cannot be told apart.
SAME_WAY = math.radians(10)

Pen = Callable[..., Figure]
"""Draws a picture of this report: `draw` with its facts and its warning."""

_LABELS = {feature.name: feature.label for feature in FEATURES}
_FAMILIES = {feature.name: feature.family for feature in FEATURES}
_ORDER = {feature.name: index for index, feature in enumerate(FEATURES)}
_NUMBER_WORDS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen"),
)


def draw_figures(said: Interpretation, segmentation: Segmentation) -> tuple[Figure, ...]:
    """Draw every picture that the data allow, in the order of the report.

    `segments` (sizes against revenue) always; `differences`, `pca` and `choice_of_k` where
    there is something to compare: two segments, two dimensions, two values of K; `rfm_grid`
    where the segments are cells of a grid; `dendrogram` where a tree was cut. The same input
    gives the same bytes.
    """
    facts = said.facts
    looks = segment_looks((each.segment_id, each.name) for each in said.insights.segments)
    clustered = [feature.name for feature in segmentation.scaling]
    pen = partial(_draw, facts, said.insights.warning)
    found = [
        _sizes(pen, looks, facts),
        _differences(pen, looks, differences_table(said.profiles, clustered=clustered)),
        _grid(pen, looks, said, segmentation),
        _pca(pen, looks, segmentation),
        _dendrogram(pen, looks, segmentation),
        _choice_of_k(pen, segmentation.selection),
    ]
    return tuple(figure for figure in found if figure is not None)


def sizes_table(looks: Sequence[SegmentLook], facts: Facts) -> pa.Table:
    """Return the table that `sizes_chart` draws: shares as numbers and as texts."""

    def column(key: str) -> tuple[list[Any], list[str]]:
        ids = [f"{look.segment_id}.{key}" for look in looks]
        return (
            [facts[i].value if i in facts else None for i in ids],
            [facts.format(i) if i in facts and facts[i].value is not None else "" for i in ids],
        )

    customers, customers_text = column("share")
    revenue, revenue_text = column("revenue_share")
    return pa.table(
        {
            "segment_id": pa.array([look.segment_id for look in looks], pa.string()),
            "customers_share": pa.array(customers, pa.float64()),
            "customers_text": customers_text,
            "revenue_share": pa.array(revenue, pa.float64()),
            "revenue_text": revenue_text,
        }
    )


def differences_table(
    profiles: Sequence[Profile], *, clustered: Sequence[str] = (), most: int = MAX_FEATURES
) -> pa.Table:
    """Return the table that `differences_chart` draws, by family in the declared order.

    Of the features that differ anywhere, `most` are kept: first those that were clustered,
    then those with the largest difference in any segment. Suspected bots are left out.
    """
    profiles = [each for each in profiles if each.segment_id not in UNGROUPED]
    found: dict[str, dict[str, float]] = {}
    for each in profiles:
        for name, feature in each.features.items():
            if feature.difference is not None and feature.defined >= KNOWN_OF_MOST:
                found.setdefault(name, {})[each.segment_id] = feature.difference
    by_weight = sorted(
        found,
        key=lambda name: (
            name not in clustered,
            -max(abs(value) for value in found[name].values()),
            name,
        ),
    )
    families = [*dict.fromkeys(_FAMILIES.values()), "other"]
    kept = sorted(
        by_weight[:most],
        key=lambda name: (
            families.index(_FAMILIES.get(name, "other")),
            _ORDER.get(name, len(_ORDER)),
            name,
        ),
    )
    rows = [
        {
            "segment_id": each.segment_id,
            "family": _FAMILIES.get(name, "other"),
            "feature": label(name),
            "difference": found[name].get(each.segment_id),
        }
        for name in kept
        for each in profiles
    ]
    names = ("segment_id", "family", "feature")
    schema = pa.schema([*((n, pa.string()) for n in names), ("difference", pa.float64())])
    return pa.Table.from_pylist(rows, schema=schema)


def label(name: str) -> str:
    """Return a feature's name in plain words.

    >>> label("recency_days"), label("loyalty_points")
    ('days since the last activity', 'loyalty points')
    """
    return _LABELS.get(name, name.replace("_", " "))


def in_words(number: int) -> str:
    """Return a small number as a word, as a title says it.

    >>> in_words(4), in_words(40)
    ('four', '40')
    """
    return _NUMBER_WORDS[number] if number < len(_NUMBER_WORDS) else f"{number:,}"


def _sizes(pen: Pen, looks: Sequence[SegmentLook], facts: Facts) -> Figure:
    # Suspected bots are a share of another whole, and no customers to win.
    looks = [look for look in looks if look.segment_id != BOTS]
    table = sizes_table(looks, facts)
    rows = {row["segment_id"]: row for row in table.to_pylist()}
    found = [look for look in looks if look.segment_id not in UNGROUPED]
    with_revenue = [look for look in found if rows[look.segment_id]["revenue_share"] is not None]
    title = "How large each segment is"
    if len(looks) == 1:
        title = "All customers are in one segment"
    elif with_revenue:
        top = max(with_revenue, key=lambda look: rows[look.segment_id]["revenue_share"])
        key = top.segment_id
        title = (
            f"{escape(top.name)}: {{{key}.share}} of customers, {{{key}.revenue_share}} of revenue"
        )
    elif found:
        top = max(found, key=lambda look: rows[look.segment_id]["customers_share"] or 0.0)
        title = f"The largest segment: {escape(top.name)}, {{{top.segment_id}.share}} of customers"
    note = "Each segment's share of all customers"
    note += ", beside its share of revenue, on one scale." if with_revenue else "."
    described = "; ".join(
        f"{escape(look.name)} {{{look.segment_id}.share}} of customers"
        + (
            f" and {{{look.segment_id}.revenue_share}} of revenue"
            if rows[look.segment_id]["revenue_share"] is not None
            else ""
        )
        for look in looks
        if rows[look.segment_id]["customers_text"]
    )
    return pen(
        "segments",
        lambda layout: sizes_chart(table, looks, layout=layout),
        title=title,
        note=note,
        description=f"Bars, one for each segment: {described}.",
    )


def _differences(pen: Pen, looks: Sequence[SegmentLook], table: pa.Table) -> Figure | None:
    looks = [look for look in looks if look.segment_id not in UNGROUPED]
    if len(looks) < 2 or not table.num_rows:
        return None
    described = "; ".join(_strongest(look, table) for look in looks)
    return pen(
        "differences",
        lambda layout: differences_chart(table, looks, layout=layout),
        title="What sets each segment apart from everyone",
        note="Blue: more than everyone; brown: less; pale: about the same. The numbers are "
        "distances from the average of everyone, in units of the usual spread between customers.",
        description=f"A grid of features by segments. {described}.",
    )


def _strongest(look: SegmentLook, table: pa.Table) -> str:
    rows = [
        row
        for row in table.to_pylist()
        if row["segment_id"] == look.segment_id and row["difference"] is not None
    ]
    rows.sort(key=lambda row: -abs(row["difference"]))
    told = [
        f"{row['feature']} {'above' if row['difference'] > 0 else 'below'} everyone"
        for row in rows[:3]
        if abs(row["difference"]) >= 0.2  # a small effect, below which nothing is said
    ]
    return escape(f"{look.name}: {', '.join(told) or 'about as everyone'}")


def _grid(
    pen: Pen, looks: Sequence[SegmentLook], said: Interpretation, segmentation: Segmentation
) -> Figure | None:
    rule = segmentation.rule.score_grid
    if rule is None:
        return None
    facts = said.facts
    cells = grid_cells(said.tables["customers"], said.tables["segments"], rule)
    names = {each.segment_id: each.name for each in RFM_SEGMENTS} | dict(said.names)
    days = [facts.format(f"grid.recency.{i}") for i in (1, 2, 3, 4)]
    orders = [facts.format(f"grid.orders.{i}") for i in (1, 2, 3, 4)]
    recency = _score_texts(days, rule.recency_cuts)[::-1]
    frequency = _score_texts(orders, rule.frequency_cuts)
    return pen(
        "rfm_grid",
        lambda layout: rfm_grid_chart(
            cells, looks, names=names, recency=recency, frequency=frequency, layout=layout
        ),
        title="Where each segment lies in the grid of scores",
        note="Each cell is a pair of scores, with its share of the customers who ordered. Up: the "
        "last order is more recent. To the right: more orders. A dash: nobody.",
        description="A grid of five recency scores by five frequency scores, with the share of "
        "customers in each cell.",
    )


def grid_cells(customers: pa.Table, segments: pa.Table, rule: RfmGrid) -> pa.Table:
    """Return the table that `rfm_grid_chart` draws: all 25 cells, with their shares as texts."""
    people = customer_table(customers)
    matrix = feature_matrix(people, [RECENCY, FREQUENCY])
    ids = customer_table(segments)["segment_id"].to_pylist()
    named = {each.segment_id for each in RFM_SEGMENTS}
    scored = matrix[np.array([segment_id in named for segment_id in ids], dtype=bool)]
    recency = 1 + np.sum(scored[:, :1] <= np.array(rule.recency_cuts), axis=1)
    frequency = 1 + np.sum(scored[:, 1:] > np.array(rule.frequency_cuts), axis=1)
    rows = []
    for r, row in zip((1, 2, 3, 4, 5), rule.grid, strict=True):
        for f, cluster in zip((1, 2, 3, 4, 5), row, strict=True):
            share = float(np.mean((recency == r) & (frequency == f))) if len(scored) else 0.0
            segment_id = RFM_SEGMENTS[cluster].segment_id
            text = _percent(share) if share else "–"
            rows.append({"recency": r, "frequency": f, "segment_id": segment_id, "text": text})
    return pa.Table.from_pylist(rows)


def _score_texts(written: Sequence[str], cuts: Sequence[float]) -> list[str]:
    """Say what the scores mean from the side of the smallest values."""
    between = [
        f"≤ {words}" if cut > before else "–"
        for words, cut, before in zip(written[1:], cuts[1:], cuts, strict=False)
    ]
    return [f"≤ {written[0]}", *between, f"> {written[3]}"]


def _pca(pen: Pen, looks: Sequence[SegmentLook], segmentation: Segmentation) -> Figure | None:
    projection = segmentation.projection
    if projection is None:
        return None
    first, second = (float(share) for share in projection.explained_variance_ratio)
    if len(projection.features) < 2 or not projection.points.num_rows or not second > 0:
        return None
    points = _points(projection, segmentation.segment_ids)
    loadings = arrows(projection.loadings)
    axes = (_percent(first), _percent(second))
    spanned = "; ".join(loadings["feature"].to_pylist())
    return pen(
        "pca",
        lambda layout: pca_chart(points, loadings, looks, explained=axes, layout=layout),
        title="Customers on a map: the nearer, the more alike",
        note=f"Each point is one customer of a sample. The map keeps {_percent(first + second)} of "
        "the variation between customers in the clustered features; the rest cannot be seen here. "
        "Arrows point to where a feature grows; features that grow the same way share one.",
        description="Customers as points in two dimensions, coloured by segment, with arrows for "
        f"{escape(spanned)}.",
    )


def _dendrogram(
    pen: Pen, looks: Sequence[SegmentLook], segmentation: Segmentation
) -> Figure | None:
    tree = segmentation.dendrogram
    if tree is None or not tree.merges:
        return None
    shares = [_percent(share) for share in tree.shares]
    groups = "1 group" if len(shares) == 1 else f"{len(shares)} groups"
    who = "a sample of the customers" if segmentation.algorithm.sample_customers else "customers"
    return pen(
        "dendrogram",
        lambda layout: dendrogram_chart(
            tree, looks, segment_ids=segmentation.segment_ids, shares=shares, layout=layout
        ),
        title="How the segments grew out of smaller groups",
        note=f"The last joins of a tree of {who}: at the left {groups}, each with its share of "
        "the customers; step by step the two that differ least are joined. Where the tree is cut, "
        "its branches are the segments; then each customer is put with the nearest of them.",
        description=f"A tree of {groups} that are joined step by step, cut into segments.",
    )


def arrows(loadings: pa.Table, *, most: int = MAX_ARROWS) -> pa.Table:
    """Return the arrows that `pca_chart` draws, the longest first.

    `loadings` has `feature, x, y, strength`, the strongest first. A feature that points almost
    the same way as a stronger one is named with it, and those that the map hardly shows, with a
    strength below 0.3, are left out.

    >>> arrows(pa.table({"feature": ["orders", "views", "carts"], "x": [0.9, 0.8, 0.1],
    ...     "y": [0.1, 0.1, 0.2], "strength": [0.91, 0.81, 0.22]})).to_pylist()
    [{'feature': 'orders, product views', 'x': 0.9, 'y': 0.1}]
    """
    groups: list[tuple[dict[str, Any], list[str]]] = []
    for row in loadings.to_pylist():
        if row["strength"] < SHORTEST_ARROW:
            continue
        for first, names in groups:
            along = row["x"] * first["x"] + row["y"] * first["y"]
            if along > math.cos(SAME_WAY) * row["strength"] * first["strength"]:
                names.append(label(row["feature"]))
                break
        else:
            groups.append((row, [label(row["feature"])]))
    kept = groups[:most]
    texts = [", ".join(names[:3]) + (", …" if len(names) > 3 else "") for _, names in kept]
    return pa.table(
        {
            "feature": pa.array(texts, pa.string()),
            "x": pa.array([first["x"] for first, _ in kept], pa.float64()),
            "y": pa.array([first["y"] for first, _ in kept], pa.float64()),
        }
    )


def _points(projection: Projection, segment_ids: Mapping[int, str]) -> pa.Table:
    # By user id, so that no segment is drawn over another as a whole.
    clusters = projection.points["cluster"].to_pylist()
    return pa.table(
        {
            "segment_id": pa.array([segment_ids[cluster] for cluster in clusters], pa.string()),
            "x": projection.points["x"],
            "y": projection.points["y"],
        }
    )


def _choice_of_k(pen: Pen, selection: Selection) -> Figure | None:
    if selection.criteria.num_rows < 2:
        return None
    taken = in_words(selection.k)
    return pen(
        "choice_of_k",
        lambda layout: choice_of_k_chart(
            selection.criteria, k=selection.k, elbow=selection.elbow_k, layout=layout
        ),
        title=_why_so_many(selection),
        note=" ".join(_how_to_read(selection)),
        description=f"Small panels, one for each criterion, with a line over the number of "
        f"segments; {taken} {'was' if selection.k == 1 else 'were'} taken. "
        + escape(selection.reason),
    )


def _how_to_read(selection: Selection) -> Iterator[str]:
    known = {
        name
        for name in selection.criteria.column_names
        if selection.criteria[name].null_count < selection.criteria.num_rows
    }
    if "lowest_jaccard" in known:
        yield (
            "Stability: how much of the least stable segment is found again in small samples of "
            "the customers; 0.75 is needed. Hollow: not all segments are stable, or one has under "
            "1 % of the customers."
        )
    if "power" in known:
        yield "Power: how much of what customers did next is told, where 1 is all."
    yield (
        "Silhouette: how clearly customers belong to their own segment, from −1 to 1. Elbow: the "
        "spread inside the segments; the knee is where it stops falling fast."
    )
    if "gap" in known:
        yield "Prediction strength and gap are there to be compared, and decide nothing."
    yield "Bands are one standard error."


def _why_so_many(selection: Selection) -> str:
    title = f"{in_words(selection.k).capitalize()} segment{'' if selection.k == 1 else 's'}"
    match selection.rule:
        case "power":
            return f"{title}: no other number that holds up tells clearly more"
        case "valleys":
            return f"{title}: the most that are all stable and set apart from their neighbours"
        case "stability":
            return f"{title}: the most that are all stable and as clearly apart as any"
        case "least unstable":
            return f"{title}, the least unstable number: at none are all segments stable"
    elbow, silhouette = selection.elbow_k, selection.silhouette_k
    told = []
    if elbow is not None and elbow == silhouette:
        told = [f"the elbow and the silhouette both point to {in_words(elbow)}"]
    else:
        if elbow is not None:
            told.append(f"the elbow is at {in_words(elbow)}")
        if silhouette is not None:
            told.append(f"the silhouette is highest at {in_words(silhouette)}")
    if selection.rule == "fixed":
        asked = "the only number to try" if selection.requested == "auto" else "as asked for"
        return "; ".join([f"{title}, {asked}", " and ".join(told)] if told else [title])
    if selection.k == elbow == silhouette:
        return f"{title}: the elbow and the silhouette agree"
    return f"{title}: {' and '.join(told)}" if told else title


def _draw(
    facts: Facts,
    warning: str,
    name: str,
    chart: Callable[[Layout], Specification],
    *,
    title: str,
    note: str,
    description: str,
) -> Figure:
    """Draw a picture whose texts hold facts; a warning goes wherever the picture goes."""
    return draw(
        name,
        chart,
        title=title,
        note=f"{warning} {note}" if warning else note,
        description=description,
        say=lambda text: facts.render(text, wrap=partial(unbroken, facts)),
    )


def _percent(share: float) -> str:
    return format_value(Fact("", share, "share", 1, None, {})).replace(" ", "\u00a0")
