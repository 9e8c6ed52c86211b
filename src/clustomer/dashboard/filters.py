"""Filters that every page shares, and that a link carries along."""

import streamlit as st

from clustomer.dashboard.customers import Filters
from clustomer.dashboard.shop import Shop, label, plain


def filters(shop: Shop) -> Filters:
    """Show the filters beside every page; return those that are set."""
    chosen: dict[str, list[str]] = {}
    with st.sidebar:
        st.markdown("**Filters**")
        chosen["segment_id"] = st.multiselect(
            "Segments",
            list(shop.names),
            format_func=lambda segment_id: shop.names[segment_id],
            key="segments",
            placeholder="All",
            bind="query-params",
        )
        for name, values in shop.customers.filters.items():
            chosen[name] = st.multiselect(
                label(name), values, key=f"by_{name}", placeholder="All", bind="query-params"
            )
        set_ = {name: values for name, values in chosen.items() if values}
        if set_:
            number = shop.customers.count(set_)
            st.caption(f"{number:,} of {shop.stored.manifest.customers:,} customers")
        st.caption(
            "Filters apply to tables of customers and to the map. Texts and charts of the report "
            "are of everyone."
        )
    return set_


def said(shop: Shop, chosen: Filters) -> str:
    """Return the filters in words, for the head of a table."""
    parts = []
    for name, values in chosen.items():
        shown = [shop.names.get(v, v) if name == "segment_id" else v for v in values]
        title = "Segments" if name == "segment_id" else label(name)
        parts.append(f"{title}: {', '.join(shown)}")
    return plain("; ".join(parts))
