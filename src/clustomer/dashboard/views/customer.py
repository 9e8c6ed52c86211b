"""One customer: segment and border, features beside the segment's, orders to come, events."""

from typing import Any

import pyarrow as pa
import streamlit as st

from clustomer.dashboard.customers import Filters
from clustomer.dashboard.shop import Shop, label, plain
from clustomer.dashboard.tables import show_table

_EVENTS = 200


def customer(shop: Shop, chosen: Filters) -> None:
    """Show the customer who is asked for."""
    st.title("Customer")
    given = st.text_input(
        "Customer (user_id)", key="customer", bind="query-params", placeholder="The id, whole"
    )
    user_id = (given or "").strip()
    if not user_id:
        near = shop.customers.like("")
        st.info(f"Give the id of a customer, such as {plain(', '.join(near[:3]))}.")
        return
    parts = shop.customers.customer(user_id)
    if "segments" not in parts:
        near = shop.customers.like(user_id)
        hint = f" Ids that begin so: {plain(', '.join(near))}." if near else ""
        st.warning(f"There is no customer {plain(user_id[:60])} in these results.{hint}")
        return
    _segment(shop, parts["segments"])
    _stage(shop, parts)
    _features(shop, parts["segments"]["segment_id"], parts["customers"])
    _recommended(shop, user_id)
    _events(shop, user_id)


def _segment(shop: Shop, row: dict[str, Any]) -> None:
    st.subheader(plain(row["segment"]), anchor=False)
    left, right = st.columns(2)
    border = row.get("border_distance")
    left.metric(
        "From the border",
        "not defined" if border is None else f"{border:.2f}",
        help="0 on the border to another segment, 1 as far from it as can be.",
    )
    distance = row.get("distance")
    right.metric(
        "From the middle of the segment",
        "not defined" if distance is None else f"{distance:.2f}",
        help="In standard deviations of the features that the segments were found from.",
    )
    above = ("segment", "segment_id", "user_id", "cluster", "distance", "border_distance")
    others = {
        label(name): value
        for name, value in row.items()
        if name not in above and not name.endswith("_segment_id") and value is not None
    }
    if others:
        lines = [f"- {plain(title)}: {plain(value)}" for title, value in others.items()]
        st.markdown("\n".join(lines))


def _stage(shop: Shop, parts: dict[str, dict[str, Any]]) -> None:
    lifetime, lifecycle = parts.get("lifetime"), parts.get("lifecycle")
    expected = (lifecycle or {}).get("expected_on")
    if lifetime is None and expected is None:
        return
    st.subheader("What is expected", anchor=False)
    columns = st.columns(3)
    if expected is not None:
        columns[0].metric("Next order", f"{expected:%Y-%m-%d}")
    if lifetime is not None:
        columns[1].metric("Orders", f"{lifetime['expected_orders']:.2f}")
        revenue = lifetime.get("expected_revenue")
        if revenue is not None:
            currency = shop.stored.manifest.settings.currency or ""
            columns[2].metric("Revenue", f"{currency} {revenue:,.2f}".strip())
        forecast = shop.stored.forecast
        if forecast is not None:
            st.caption(f"Orders and revenue: over the next {forecast.horizon_days:g} days.")


def _features(shop: Shop, segment_id: str, row: dict[str, Any]) -> None:
    st.subheader("Why this segment", anchor=False)
    summary = {line["segment_id"]: line for line in shop.stored.summary.to_pylist()}
    means = summary.get(segment_id, {})
    clustered = set(shop.stored.model.rule.features)
    names = [name for name in row if name != "user_id"]
    names.sort(key=lambda name: name not in clustered)
    st.dataframe(
        pa.table(
            {
                "Feature": [label(name) for name in names],
                "This customer": pa.array([row[name] for name in names], pa.float64()),
                "Mean of the segment": pa.array([means.get(name) for name in names], pa.float64()),
                "Decides": [name in clustered for name in names],
            }
        ),
        hide_index=True,
        width="stretch",
        key="features",
        column_config={
            "This customer": st.column_config.NumberColumn(format="%.2f"),
            "Mean of the segment": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    st.caption("“Decides”: the rule of the segments looks at it. The other features describe.")


def _recommended(shop: Shop, user_id: str) -> None:
    st.subheader("What to recommend", anchor=False)
    table = shop.customers.recommended(user_id)
    if table is None:
        st.info("No recommendations were made. `clustomer recommend` makes them.")
    elif not table.num_rows:
        st.info("There is nothing to recommend to this customer.")
    else:
        show_table(shop, table.drop_columns(["user_id", "score"]), key="recommended")


def _events(shop: Shop, user_id: str) -> None:
    st.subheader("Events", anchor=False)
    table = shop.customers.events(user_id, _EVENTS)
    if table is None:
        st.info("The run kept no events (`--no-events`).")
        return
    if table.num_rows == _EVENTS:
        st.caption(f"The last {_EVENTS}.")
    show_table(shop, table, key="events")
