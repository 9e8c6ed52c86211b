"""One segment at a time: who they are, how far that holds, their rule, their customers."""

import math

import streamlit as st

from clustomer.dashboard.customers import PAGE, Filters
from clustomer.dashboard.filters import said
from clustomer.dashboard.shop import Shop, label
from clustomer.dashboard.tables import show_table
from clustomer.insights.blocks import SegmentPanel, panels_of


def segments(shop: Shop, chosen: Filters) -> None:
    """Show the segment that is chosen."""
    st.title("Segments")
    segment_id = st.selectbox(
        "Segment",
        list(shop.names),
        format_func=lambda one: shop.names[one],
        key="segment",
        bind="query-params",
    )
    if segment_id is None:
        st.info("These results have no segment.")
        return
    profile, certificate, rule, people = st.tabs(["Profile", "Certificate", "Rule", "Customers"])
    panels = _panels(shop, segment_id)
    with profile:
        _panel(shop, panels.get("card"), "The report has no card for those who are in no segment.")
    with certificate:
        _panel(
            shop,
            panels.get("panel"),
            "This group has no certificate: certificates were not asked for, or it is no segment.",
        )
    with rule:
        _rule(shop, segment_id)
    with people:
        others = {name: values for name, values in chosen.items() if name != "segment_id"}
        _customers(shop, {**others, "segment_id": [segment_id]})


def _panels(shop: Shop, segment_id: str) -> dict[str, SegmentPanel]:
    return {
        panel.role: panel
        for section in shop.sections("segments", "certificate")
        for panel in panels_of(section)
        if panel.segment_id == segment_id
    }


def _panel(shop: Shop, panel: SegmentPanel | None, otherwise: str) -> None:
    if panel is None:
        st.info(otherwise)
    else:
        shop.show(panel, 2)


def _rule(shop: Shop, segment_id: str) -> None:
    prepared = shop.prepared
    if prepared.no_rules:
        st.info(prepared.no_rules)
        return
    rule = prepared.rules.get(segment_id)
    if rule is not None:
        st.markdown("**As a condition on the features of a customer**")
        st.code(rule["condition"], language="sql", wrap_lines=True)
        if rule["precision"] is not None and rule["recall"] is not None:
            st.caption(
                f"Of those whom it picks, {rule['precision']:.0%} are in the segment, and it picks "
                f"{rule['recall']:.0%} of the segment: measured on the half of the customers that "
                "it was not made from. It is a shorter likeness of the definition, not the "
                "definition itself."
            )
    st.markdown("**The definition, from a table of events to every customer's segment**")
    st.download_button(
        "Download the SQL",
        prepared.definition,
        file_name="segments.sql",
        mime="text/plain",
        key="sql",
        on_click="ignore",
    )
    with st.expander("Show it"):
        st.code(prepared.definition, language="sql")


def _customers(shop: Shop, chosen: Filters) -> None:
    number = shop.customers.count(chosen)
    st.caption(said(shop, chosen))
    if not number:
        st.info("No customer of this segment has all of this. Take a filter away.")
        return
    columns = shop.customers.listed
    left, middle, right = st.columns([2, 1, 1], vertical_alignment="bottom")
    sort = left.selectbox(
        "Sorted by",
        columns,
        index=columns.index("revenue") if "revenue" in columns else 0,
        format_func=label,
        key="sorted",
        bind="query-params",
    )
    descending = middle.toggle("Largest first", value=True, key="largest", bind="query-params")
    pages = math.ceil(number / PAGE)
    if st.session_state.get("page", 1) > pages:
        st.session_state["page"] = 1
    page = right.number_input(f"Page (of {pages:,})", 1, pages, key="page")
    table = shop.customers.page(chosen, number=page, sort=sort, descending=descending)
    show_table(shop, table, key="customers")
    st.download_button(
        f"Download all {number:,} as CSV",
        lambda: shop.customers.csv(chosen, sort=sort, descending=descending),
        file_name=f"customers-{chosen['segment_id'][0]}.csv",
        mime="text/csv",
        key="download",
        on_click="ignore",
    )
