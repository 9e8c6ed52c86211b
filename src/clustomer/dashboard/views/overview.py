"""The first page: what there is to know, and the segments side by side."""

import streamlit as st

from clustomer.dashboard.customers import Filters
from clustomer.dashboard.filters import said
from clustomer.dashboard.shop import Shop
from clustomer.dashboard.tables import show_table
from clustomer.outputs.report import TITLE


def overview(shop: Shop, chosen: Filters) -> None:
    """Show the report's beginning, the selection, and the segments at a glance."""
    st.title(shop.prepared.insights.title or TITLE)
    if chosen:
        selection(shop, chosen)
    for section in shop.sections("verdict", "opening", "glance"):
        shop.show(section, 2)


def selection(shop: Shop, chosen: Filters) -> None:
    """Show who is left by the filters, segment by segment."""
    with st.container(border=True):
        st.subheader("Selection", anchor=False)
        st.caption(said(shop, chosen))
        table = shop.customers.by_segment(chosen)
        if not table.num_rows:
            st.info("No customer has all of this. Take a filter away.")
            return
        show_table(shop, table.drop_columns(["segment_id"]), key="selection")
