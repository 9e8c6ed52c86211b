"""Filters that every page shares, and that a link carries along."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from clustomer.dashboard.customers import Filters
from clustomer.dashboard.shop import Shop, label, plain


def filters(shop: Shop) -> Filters:
    """Show the filters beside every page; return those that are set."""
    chosen: dict[str, list[str]] = {}
    with st.sidebar:
        st.markdown("**Filters**")
        chosen["segment_id"] = _choice(
            "Segments", "segments", list(shop.names), lambda segment_id: shop.names[segment_id]
        )
        for name, values in shop.customers.filters.items():
            chosen[name] = _choice(label(name), f"by_{name}", values)
        set_ = {name: values for name, values in chosen.items() if values}
        if set_:
            number = shop.customers.count(set_)
            st.caption(f"{number:,} of {shop.stored.manifest.customers:,} customers")
        st.caption(
            "Filters apply to tables of customers and to the map. Texts and charts of the report "
            "are of everyone."
        )
    return set_


def _choice(
    title: str, key: str, values: Sequence[str], written: Callable[[Any], str] = str
) -> list[str]:
    """Show one filter, which begins as the address says, and is in the address of every page.

    Streamlit's own binding loses it from the address when another page is opened.
    """
    if key not in st.session_state:
        st.session_state[key] = [v for v in st.query_params.get_all(key) if v in values]
    chosen: list[str] = st.multiselect(
        title,
        values,
        format_func=written,
        key=key,
        placeholder="All",
        persist_state="session",
    )
    if chosen != st.query_params.get_all(key):
        if chosen:
            st.query_params[key] = chosen
        else:
            st.query_params.pop(key, None)
    return chosen


def said(shop: Shop, chosen: Filters) -> str:
    """Return the filters in words, for the head of a table."""
    parts = []
    for name, values in chosen.items():
        shown = [shop.names.get(v, v) if name == "segment_id" else v for v in values]
        title = "Segments" if name == "segment_id" else label(name)
        parts.append(f"{title}: {', '.join(shown)}")
    return plain("; ".join(parts))
