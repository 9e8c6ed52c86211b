"""Visuals of a page as PBIR: what is shown, where it stands, and what it is called."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clustomer.powerbi.measures import HOME

SCHEMA = (
    "https://developer.microsoft.com/json-schemas/fabric/item/report/definition/"
    "visualContainer/2.4.0/schema.json"
)

Kind = Literal[
    "cardVisual",
    "barChart",
    "clusteredColumnChart",
    "lineChart",
    "pivotTable",
    "slicer",
    "tableEx",
    "textbox",
]


@dataclass(frozen=True)
class Field:
    """A column of a table, or a measure (without a table)."""

    name: str
    table: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the field as a projection."""
        kind = "Column" if self.table else "Measure"
        home = self.table or HOME
        source = {"SourceRef": {"Entity": home}}
        return {
            "field": {kind: {"Expression": source, "Property": self.name}},
            "queryRef": f"{home}.{self.name}",
            "nativeQueryRef": self.name,
        }


@dataclass(frozen=True)
class Visual:
    """One visual.

    Attributes
    ----------
    kind : str
        As Power BI calls it.
    title : str
        Also what a screen reader says; the text of a text box.
    place : tuple of int
        x, y, width and height on a page of 1280 by 720.
    roles : mapping
        What is shown, by the role that it has in the visual.
    sort : Field, optional
    descending : bool
    """

    kind: Kind
    title: str
    place: tuple[int, int, int, int]
    roles: Mapping[str, Sequence[Field]]
    sort: Field | None = None
    descending: bool = True

    @property
    def fields(self) -> tuple[Field, ...]:
        """Everything that it needs of the model."""
        return tuple(field for fields in self.roles.values() for field in fields)

    def to_json(self, page: str, order: int) -> dict[str, Any]:
        """Return the content of its `visual.json`; `order` is its place on the page."""
        x, y, width, height = self.place
        return {
            "$schema": SCHEMA,
            "name": identity(page, str(order), self.kind, self.title),
            "position": {
                "x": x,
                "y": y,
                "z": order * 1000,
                "width": width,
                "height": height,
                "tabOrder": order * 1000,
            },
            "visual": self._visual(),
        }

    def _visual(self) -> dict[str, Any]:
        visual: dict[str, Any] = {"visualType": self.kind}
        if self.kind == "textbox":
            run = {"value": self.title, "textStyle": {"fontSize": "16px"}}
            paragraphs = [{"textRuns": [run]}]
            return {
                **visual,
                "objects": {"general": [{"properties": {"paragraphs": paragraphs}}]},
                "drillFilterOtherVisuals": True,
            }
        query: dict[str, Any] = {
            "queryState": {
                role: {"projections": [field.to_json() for field in fields]}
                for role, fields in self.roles.items()
            }
        }
        if self.sort is not None:
            direction = "Descending" if self.descending else "Ascending"
            sort = {"field": self.sort.to_json()["field"], "direction": direction}
            query["sortDefinition"] = {"sort": [sort]}
        return {
            **visual,
            "query": query,
            **({"objects": _OBJECTS[self.kind]} if self.kind in _OBJECTS else {}),
            "visualContainerObjects": {
                "title": [{"properties": {"show": _literal(True), "text": _literal(self.title)}}],
                "general": [{"properties": {"altText": _literal(self.title)}}],
            },
            "drillFilterOtherVisuals": True,
        }


def identity(*parts: str) -> str:
    """Return a name of twenty hexadecimal digits, the same each time.

    >>> identity("page", "title")
    '71886cebd32acfc83dbf'
    """
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def _literal(value: str | bool) -> dict[str, Any]:
    if isinstance(value, bool):
        text = "true" if value else "false"
    else:
        text = "'" + value.replace("'", "''") + "'"
    return {"expr": {"Literal": {"Value": text}}}


_GROW = {
    "columnHeaders": [
        {
            "properties": {
                "autoSizeColumnWidth": _literal(True),
                "columnAdjustment": _literal("growToFit"),
            }
        }
    ]
}
_OBJECTS: Mapping[str, Any] = {
    "tableEx": _GROW,
    "pivotTable": {
        **_GROW,
        # a total over segments or ages would be no mean
        "subTotals": [
            {"properties": {"rowSubtotals": _literal(False), "columnSubtotals": _literal(False)}}
        ],
    },
    "slicer": {"data": [{"properties": {"mode": _literal("Dropdown")}}]},
}
