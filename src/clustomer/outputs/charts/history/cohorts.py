"""A map of cohorts: a row each, a column for each period since; the darker, the more came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clustomer.outputs.charts.figure import Layout
from clustomer.outputs.charts.layers import Label, Specification, boxes, words
from clustomer.outputs.theme import INK, MORE_COLOUR, MUTED, readable_on

GAP = 1
LEAST_WIDE = 34
"""Into a column of fewer pixels no number is written."""


@dataclass(frozen=True)
class CohortCell:
    """The share that came back, of a cohort (a row) at an age (a column), as a text and a fact."""

    row: int
    age: int
    share: float
    label: Label


@dataclass(frozen=True)
class CohortRow:
    """A cohort: its name, its customers, and whether it stands apart from the others."""

    name: str
    customers: Label
    apart: bool


@dataclass(frozen=True)
class _Page:
    """Widths, heights and sizes of letters, in pixels."""

    width: int
    names: int
    left: int
    head: int
    row: int
    font: float


_PAGES: dict[Layout, _Page] = {
    "wide": _Page(700, 84, 140, 40, 22, 12),
    "narrow": _Page(330, 60, 96, 34, 16, 9),
}


def cohorts_chart(
    rows: Sequence[CohortRow], cells: Sequence[CohortCell], *, unit: str, layout: Layout = "wide"
) -> Specification:
    """Draw the map; shares are coloured beside the largest after the first period.

    >>> rows = [CohortRow("2024-01", Label("9"), False)]
    >>> chart = cohorts_chart(rows, [CohortCell(0, 1, 0.5, Label("50 %"))], unit="month")
    >>> [box["strength"] for box in chart["layer"][0]["data"]["values"]]
    ['1.000']
    """
    page = _PAGES[layout]
    ages = max((cell.age for cell in cells), default=0) + 1
    column = min((page.width - page.left) / ages, 60.0)
    largest = max((cell.share for cell in cells if cell.age), default=1.0) or 1.0
    gap = max(page.row // 4, 4)
    tops = [
        page.head + number * page.row + (0 if row.apart else gap) for number, row in enumerate(rows)
    ]
    drawn: list[dict[str, Any]] = []
    written: list[dict[str, Any]] = []
    for cell in cells:
        x, y = page.left + cell.age * column, tops[cell.row]
        strength = min(cell.share / largest, 1.0)
        drawn.append(
            {
                "x": x + GAP,
                "x2": x + column - GAP,
                "y": y + GAP,
                "y2": y + page.row - GAP,
                "colour": MORE_COLOUR,
                "strength": f"{strength:.3f}",
            }
        )
        if column >= LEAST_WIDE:
            written.append(
                {
                    "x": x + column / 2,
                    "y": y + page.row / 2,
                    "text": cell.label.text,
                    "facts": cell.label.facts,
                    "ink": readable_on(MORE_COLOUR, strength),
                }
            )
    names, sizes = _rows(rows, tops, page)
    step = 1 if column >= 18 else 3
    heads = [
        {"x": page.left + (age + 0.5) * column, "y": page.head - 8, "text": str(age)}
        for age in range(0, ages, step)
    ]
    title = [{"x": page.left, "y": page.head - 26, "text": f"{unit.capitalize()}s since they came"}]
    size: dict[str, Any] = {"fontSize": page.font, "baseline": "middle"}
    return {
        "layer": [
            boxes(drawn, painted={"fill": "colour", "fillOpacity": "strength"}),
            _inked(written, size),
            words(names, kind="tick", align="right", color=INK, **size),
            words(sizes, align="right", color=MUTED, **size),
            words(heads, kind="tick", align="center", color=MUTED, **size),
            words(title, kind="name", align="left", color=MUTED, **size),
        ],
        "width": page.width,
        "height": page.head + page.row * len(rows) + gap,
    }


def _inked(rows: Sequence[dict[str, Any]], size: dict[str, Any]) -> Specification:
    written = words(rows, align="center", **size)
    written["encoding"]["color"] = {"field": "ink", "type": "nominal", "scale": None}
    return written


def _rows(
    rows: Sequence[CohortRow], tops: Sequence[float], page: _Page
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the names of cohorts and how many customers they have."""
    middles = [top + page.row / 2 for top in tops]
    names = [
        {"x": page.names, "y": y, "text": row.name} for row, y in zip(rows, middles, strict=True)
    ]
    sizes = [
        {
            "x": page.left - 10,
            "y": y,
            "text": row.customers.text,
            "facts": row.customers.facts,
        }
        for row, y in zip(rows, middles, strict=True)
    ]
    return names, sizes
