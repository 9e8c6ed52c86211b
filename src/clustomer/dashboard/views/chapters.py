"""Pages that show chapters of the report: time, recommendations, data."""

import pyarrow as pa
import streamlit as st

from clustomer.dashboard.customers import Filters
from clustomer.dashboard.shop import Shop, plain

_TIME = ("over-time", "seasons", "revenue-change", "cohorts", "lifecycle", "expected")
_LEFT_OUT = ("history-left-out", "lifecycle-left-out")


def time(shop: Shop, chosen: Filters) -> None:
    """Show the shop over time, its cohorts, stages, and what is to come."""
    st.title("Time")
    sections = shop.sections(*_TIME)
    if not sections:
        st.info("These results tell nothing over time.")
    for section in (*sections, *shop.sections(*_LEFT_OUT)):
        shop.show(section, 2)
    forecast = shop.stored.forecast
    if forecast is None:
        st.info(
            "There is no forecast of orders and revenue: `clustomer run` makes one with its "
            "certificates, or with `--horizon`."
        )


def recommendations(shop: Shop, chosen: Filters) -> None:
    """Show what to recommend, or how to get there."""
    st.title("Recommendations")
    sections = shop.sections("recommended")
    if not sections:
        st.info(
            "No recommendations were made. `clustomer recommend RESULTS` makes a list for each "
            "customer, as far as it does better than what is popular; then start the dashboard "
            "again."
        )
    for section in sections:
        shop.show(section, 2)
    if "recommendations" in shop.customers.tables:
        st.caption("The list of a single customer is on the page Customer.")


def data(shop: Shop, chosen: Filters) -> None:
    """Show what was read, kept and rejected, and how it was done."""
    st.title("Data")
    manifest = shop.stored.manifest
    for text in manifest.warnings.values():
        st.warning(plain(text))
    st.subheader("What cleaning did", anchor=False)
    cleaning: pa.Table = shop.stored.cleaning
    if not cleaning.num_rows:
        st.info("No rule of cleaning applied.")
    st.dataframe(
        cleaning,
        hide_index=True,
        width="stretch",
        key="cleaning",
        column_config={
            "rule": st.column_config.Column("Rule"),
            "action": st.column_config.Column("Action"),
            "rows": st.column_config.NumberColumn("Rows", format="localized"),
            "share": st.column_config.NumberColumn("Share", format="percent"),
        },
    )
    st.caption(
        "Kept and rejected rows add up to the input; repaired rows are among the kept. The "
        "rejected rows are in rejected.parquet, each with its rule."
    )
    for section in shop.prepared.insights.at("appendix"):
        shop.show(section, 2)
