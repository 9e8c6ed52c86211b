"""Week clocks: at which hours of which weekdays each segment of a facet comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clustomer.outputs.charts.figure import Layout, wrap
from clustomer.outputs.charts.layers import Specification, boxes, stacked, words
from clustomer.outputs.theme import GRID, INK, MORE_COLOUR, MUTED

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS = 24
_TICKS = (0, 6, 12, 18)


@dataclass(frozen=True)
class _Page:
    """Panels in a row; the width of an hour, the height of a day and sizes of letters, in pixels.

    `left` and `head` are left for the days and the title of a panel.
    """

    columns: int
    hour: float
    day: float
    left: float
    head: float
    font: float
    letters: int


_PAGES: dict[Layout, _Page] = {
    "wide": _Page(2, 12.5, 14, 36, 44, 11.5, 46),
    "narrow": _Page(1, 12, 13, 32, 40, 10, 50),
}
_BELOW = 24


def facet_week_chart(
    weeks: Sequence[Sequence[float]], *, segments: Sequence[str], layout: Layout = "wide"
) -> Specification:
    """Draw a week for each segment: a row for each weekday, a column for each hour.

    The darker the larger the share of the segment's visits; the darkest cell of all is the
    largest share, so that segments can be compared.

    Parameters
    ----------
    weeks : sequence of 168 shares each
        Monday from 0 o'clock on.
    segments : sequence of str
        What they are called.
    layout : "wide" or "narrow"

    Examples
    --------
    >>> monday_morning = [1.0 if slot == 8 else 0.0 for slot in range(168)]
    >>> chart = facet_week_chart([monday_morning], segments=["Mornings"])
    >>> [row["strength"] for row in chart["layer"][1]["data"]["values"]]
    ['1.000']
    """
    page = _PAGES[layout]
    largest = max([share for week in weeks for share in week] + [1e-9])
    width = page.left + HOURS * page.hour
    height = page.head + len(DAYS) * page.day + _BELOW
    empty: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    days: list[dict[str, Any]] = []
    hours: list[dict[str, Any]] = []
    for number, (week, name) in enumerate(zip(weeks, segments, strict=True)):
        row, column = divmod(number, page.columns)
        left, top = column * (width + 16) + page.left, row * height + page.head
        bottom = top + len(DAYS) * page.day
        empty.append(
            {"x": left, "x2": left + HOURS * page.hour, "y": top, "y2": bottom, "colour": GRID}
        )
        titles += stacked(wrap(name, page.letters), left, top - 18, page.font + 3)
        for day, short in enumerate(DAYS):
            days.append({"x": left - 6, "y": top + (day + 0.5) * page.day, "text": short})
        hours += [
            {"x": left + hour * page.hour, "y": bottom + 10, "text": f"{hour}:00"}
            for hour in _TICKS
        ]
        for slot, share in enumerate(week):
            if share <= 0:
                continue
            day, hour = divmod(slot, HOURS)
            x, y = left + hour * page.hour, top + day * page.day
            strength = f"{share / largest:.3f}"
            cells.append(
                {"x": x, "x2": x + page.hour, "y": y, "y2": y + page.day}
                | {"colour": MORE_COLOUR, "strength": strength}
            )
    look: dict[str, Any] = {"baseline": "middle", "fontSize": page.font}
    rows = -(-len(weeks) // page.columns)
    return {
        "layer": [
            boxes(empty, fillOpacity=0.35),
            boxes(cells, painted={"fill": "colour", "fillOpacity": "strength"}),
            words(titles, kind="name", align="left", fontWeight="bold", color=INK, **look),
            words(days, kind="tick", align="right", color=INK, **look),
            words(hours, kind="tick", align="left", color=MUTED, **look),
        ],
        "width": page.columns * width + (page.columns - 1) * 16,
        "height": rows * height,
    }
