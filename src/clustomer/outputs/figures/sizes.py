"""The picture of sizes: how many customers each segment has, and how much revenue it brings."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from clustomer.insights.population import BOTS, UNGROUPED
from clustomer.insights.texts import in_sentence
from clustomer.outputs.charts import Figure, sizes_chart
from clustomer.outputs.figures.pen import Pen
from clustomer.outputs.theme import SegmentLook


def sizes_figure(pen: Pen, looks: Sequence[SegmentLook]) -> Figure:
    """Draw how large segments are; the title says which brings most."""
    # Suspected bots are a share of another whole, and no customers to win.
    looks = [look for look in looks if look.segment_id != BOTS]
    table = sizes_table(looks, pen)
    rows = {row["segment_id"]: row for row in table.to_pylist()}
    groups = [look for look in looks if look.segment_id not in UNGROUPED]
    with_revenue = [look for look in groups if rows[look.segment_id]["revenue_share"] is not None]
    title = "How large each segment is"
    if len(looks) == 1:
        title = "All customers are in one segment"
    elif with_revenue:
        top = max(with_revenue, key=lambda look: rows[look.segment_id]["revenue_share"])
        key = top.segment_id
        title = f"{in_sentence(top.name)}: {{{key}.share}} of customers, "
        title += f"{{{key}.revenue_share}} of revenue"
    elif groups:
        top = max(groups, key=lambda look: rows[look.segment_id]["customers_share"] or 0.0)
        title = (
            f"The largest segment: {in_sentence(top.name)}, {{{top.segment_id}.share}} of customers"
        )
    note = "Each segment's share of all customers"
    note += ", beside its share of revenue, on one scale." if with_revenue else "."
    described = "; ".join(
        f"{in_sentence(look.name)} {{{look.segment_id}.share}} of customers"
        + (
            f" and {{{look.segment_id}.revenue_share}} of revenue"
            if rows[look.segment_id]["revenue_share"] is not None
            else ""
        )
        for look in looks
        if rows[look.segment_id]["customers_text"]
    )
    return pen.draw(
        "segments",
        lambda layout: sizes_chart(table, looks, layout=layout),
        title=title,
        note=note,
        description=f"Bars, one for each segment: {described}.",
    )


def sizes_table(looks: Sequence[SegmentLook], pen: Pen) -> pa.Table:
    """Return the table that `sizes_chart` draws: shares as numbers, as texts and as facts."""
    columns: dict[str, Any] = {
        "segment_id": pa.array([look.segment_id for look in looks], pa.string())
    }
    for name, key in (("customers", "share"), ("revenue", "revenue_share")):
        ids = [f"{look.segment_id}.{key}" for look in looks]
        values = [pen.facts[i].value if i in pen.facts else None for i in ids]
        labels = [pen.label(i) for i in ids]
        columns[f"{name}_share"] = pa.array(values, pa.float64())
        columns[f"{name}_text"] = pa.array([label.text for label in labels], pa.string())
        columns[f"{name}_facts"] = pa.array([label.facts for label in labels], pa.string())
    return pa.table(columns)
