"""What every page has at hand: the version, its texts, its customers, and the filters."""

import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import streamlit as st

from clustomer.customers import FEATURES
from clustomer.dashboard.access import Access, read_access
from clustomer.dashboard.customers import Customers
from clustomer.dashboard.prepared import Prepared, read_prepared
from clustomer.dashboard.serving import FOLDER
from clustomer.insights.blocks import Block, Section
from clustomer.outputs import embedded_blocks, embedded_style
from clustomer.outputs.embedded import ShowBlock
from clustomer.outputs.markdown import escape_markdown
from clustomer.versions import StoredRun

_LABELS = {feature.name: feature.label for feature in FEATURES}


@dataclass(frozen=True)
class Shop:
    """One version, as all pages and all readers share it."""

    access: Access
    prepared: Prepared
    stored: StoredRun
    customers: Customers
    _light: ShowBlock = field(repr=False)
    _dark: ShowBlock = field(repr=False)
    style: str = field(repr=False)

    @classmethod
    def open(cls, folder: Path) -> "Shop":
        """Open what `prepare` wrote, and the version that it was made from."""
        prepared = read_prepared(folder)
        stored = StoredRun.open(prepared.path)
        insights, facts = prepared.insights, prepared.facts
        return cls(
            access=read_access(folder),
            prepared=prepared,
            stored=stored,
            customers=Customers(stored, folder / "spill"),
            _light=embedded_blocks(insights, facts, prepared.figures),
            _dark=embedded_blocks(insights, facts, prepared.figures, dark=True),
            style=embedded_style(insights, facts),
        )

    def show(self, block: Block, level: int = 3) -> None:
        """Show a block as the report does."""
        show = self._dark if st.context.theme.type == "dark" else self._light
        written = show(block, level)
        if written:
            st.html(written)

    def sections(self, *anchors: str) -> list[Section]:
        """Return the sections with these anchors, in their order, as far as there are any."""
        by_anchor = {section.anchor: section for section in self.prepared.insights.sections}
        return [by_anchor[anchor] for anchor in anchors if anchor in by_anchor]

    @cached_property
    def names(self) -> dict[str, str]:
        """The segments by id, in the order of the report, and those who are in none."""
        listed = {part.segment_id: part.segment for part in self.stored.manifest.segments}
        order = [look.segment_id for look in self.prepared.looks]
        ids = [*order, *(segment_id for segment_id in listed if segment_id not in order)]
        return {segment_id: listed[segment_id] for segment_id in ids if segment_id in listed}


def shop() -> Shop:
    """Return the shop of this server; it is opened once."""
    return _opened(os.environ[FOLDER])


@st.cache_resource(show_spinner=False)
def _opened(folder: str) -> Shop:
    return Shop.open(Path(folder))


def label(name: str) -> str:
    """Return the name of a column in plain words, as the title of a column.

    >>> label("recency_days"), label("path_segment")
    ('Days since the last activity', 'Path')
    """
    titles = {
        "user_id": "Customer",
        "border_distance": "From the border",
        "defined_group": "Plain group",
        "last_order_on": "Last order",
        "expected_on": "Next order expected",
        "past_due": "Past due, not yet late",
    }
    text = titles.get(name) or _LABELS.get(name) or name.removesuffix("_segment").replace("_", " ")
    return text[:1].upper() + text[1:]


def plain(value: Any) -> str:
    """Return a text so that Streamlit's Markdown shows it as it is.

    >>> plain("a <b> :smile:").replace(chr(0x2060), "")
    'a \\\\<b\\\\> :smile:'
    """
    # no colon of the data begins a directive, an icon or an emoji
    return re.sub(r":(?=\S)", ":\u2060", escape_markdown(str(value)))
