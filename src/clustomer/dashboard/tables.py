"""Tables of customers, with titles in words and numbers as people write them."""

from typing import Any

import pyarrow as pa
import streamlit as st

from clustomer.dashboard.shop import Shop, label


def show_table(shop: Shop, table: pa.Table, *, key: str) -> None:
    """Show a table; money has the shop's currency in the title of its column."""
    currency = shop.stored.manifest.settings.currency
    columns: dict[str, Any] = {}
    for field in table.schema:
        title = label(field.name)
        if field.name in MONEY and currency:
            title = f"{title} ({currency})"
        if field.name in MONEY:
            columns[field.name] = st.column_config.NumberColumn(title, format="%,.2f")
        elif field.name == "border_distance":
            columns[field.name] = st.column_config.NumberColumn(
                title,
                format="%.2f",
                help="0 on the border to another segment, 1 as far from it as can be.",
            )
        elif pa.types.is_timestamp(field.type):
            columns[field.name] = st.column_config.DatetimeColumn(
                f"{title} (UTC)", format="YYYY-MM-DD HH:mm:ss"
            )
        elif pa.types.is_integer(field.type):
            columns[field.name] = st.column_config.NumberColumn(title, format="localized")
        elif pa.types.is_floating(field.type):
            columns[field.name] = st.column_config.NumberColumn(title, format="%.2f")
        else:
            columns[field.name] = st.column_config.Column(title)
    st.dataframe(
        table, column_config=columns, hide_index=True, width="stretch", key=key, selection_mode=()
    )


MONEY = frozenset({"revenue", "price", "expected_revenue"})
"""Columns of money."""
