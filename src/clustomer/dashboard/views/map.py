"""Customers as points: the map of the report, or any two features."""

from typing import Any

import pyarrow as pa
import streamlit as st

from clustomer.dashboard.customers import POINTS, Filters
from clustomer.dashboard.shop import Shop, label

REPORT = "The map of the report"
FEATURES = "Two features"


def customer_map(shop: Shop, chosen: Filters) -> None:
    """Show customers as points that tell who they are when pointed at."""
    st.title("Map")
    kind = st.radio(
        "What the axes are", [REPORT, FEATURES], horizontal=True, key="axes", bind="query-params"
    )
    if kind == REPORT:
        _of_report(shop, chosen)
    else:
        _of_features(shop, chosen)


def _of_report(shop: Shop, chosen: Filters) -> None:
    points = shop.prepared.points
    if not points:
        st.info("These results have no map: their customers differ in fewer than two directions.")
        return
    theirs = shop.customers.segments_of([user_id for user_id, _, _ in points], chosen)
    rows = [
        {
            "user_id": user_id,
            "segment_id": theirs[user_id][0],
            "segment": theirs[user_id][1],
            "x": x,
            "y": y,
        }
        for user_id, x, y in points
        if user_id in theirs
    ]
    st.caption(
        "The nearer two customers, the more alike they are in the features that the segments were "
        f"found from. {len(rows):,} customers of a sample of {len(points):,}."
    )
    _draw(shop, pa.Table.from_pylist(rows), ("First dimension", "Second dimension"), "linear")
    with st.expander("The same as a picture, with the features that span it"):
        for section in shop.prepared.insights.at("appendix"):
            for block in section.blocks:
                if getattr(block, "name", "") == "pca":
                    shop.show(block)


def _of_features(shop: Shop, chosen: Filters) -> None:
    names = shop.customers.features
    decisive = [name for name in shop.stored.model.rule.features if name in names]
    first, second = (decisive + names)[:2]
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    across = left.selectbox(
        "Across", names, names.index(first), format_func=label, key="across", bind="query-params"
    )
    up = middle.selectbox(
        "Up", names, names.index(second), format_func=label, key="up", bind="query-params"
    )
    logarithmic = right.toggle("Logarithmic", key="logarithmic", bind="query-params")
    table = shop.customers.spread(chosen, across, up)
    everyone = shop.customers.count(chosen)
    number = f"{table.num_rows:,}"
    st.caption(
        f"A sample of {number} of {everyone:,} customers."
        if table.num_rows == POINTS
        else f"{number} of {everyone:,} customers; of the others one of the two is not known."
        if table.num_rows < everyone
        else f"All {number} customers."
    )
    _draw(shop, table, (label(across), label(up)), "symlog" if logarithmic else "linear")


def _draw(shop: Shop, table: pa.Table, titles: tuple[str, str], scale: str) -> None:
    if not table.num_rows:
        st.info("No customer has all of this. Take a filter away.")
        return
    shown = set(table["segment_id"].to_pylist())
    looks = [look for look in shop.prepared.looks if look.segment_id in shown]
    told_apart: dict[str, Any] = {
        channel: {
            "field": "segment",
            "type": "nominal",
            "title": None,
            "scale": {
                "domain": [look.name for look in looks],
                "range": [getattr(look, of) for look in looks],
            },
            "legend": {"orient": "top", "columns": 2, "labelLimit": 260},
        }
        for channel, of in (("color", "colour"), ("shape", "shape"))
    }
    axes = {
        axis: {
            "field": axis,
            "type": "quantitative",
            "title": title,
            "scale": {"type": scale, "zero": False},
        }
        for axis, title in zip(("x", "y"), titles, strict=True)
    }
    hover = [
        {"field": "user_id", "title": "Customer"},
        {"field": "segment", "title": "Segment"},
        *(
            {"field": axis, "title": title, "type": "quantitative", "format": ",.2f"}
            for axis, title in zip(("x", "y"), titles, strict=True)
        ),
    ]
    st.vega_lite_chart(
        table,
        {
            "mark": {"type": "point", "filled": True, "size": 32, "opacity": 0.65},
            "encoding": {**axes, **told_apart, "tooltip": hover},
            "height": 520,
        },
        key="points",
        alt=f"{table.num_rows} customers as points, coloured by segment.",
    )
