"""Pictures of the size of a word: how a figure went in time, how far it lies from everyone's."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from clustomer.outputs.theme import GRID, MORE_COLOUR

WIDTH, HEIGHT = 120, 24
# A page colours them by its style, light or dark; paper, which knows no style of a page, by these.
LINE = "#0b5cab"
_COLOURS = {"more": MORE_COLOUR, "less": "#b45309"}
MOST_DEVIATIONS = 2.0
"""A bar that is as long as there is room: so many standard deviations, or more."""


def spark(values: Sequence[Any]) -> Markup:
    """Return a line through some values, the last one marked; numbers beside it say what it is.

    The line begins at 0 or at the lowest value below it, so that heights can be compared.

    >>> 'points="0.0,24.0 60.0,0.0 120.0,12.0"' in spark([0, 10, 5])
    True
    """
    numbers = [float(value) for value in values]
    low, high = min(0.0, *numbers), max(0.0, *numbers)
    scale = HEIGHT / (high - low) if high > low else 0.0
    step = WIDTH / (len(numbers) - 1)
    points = [
        (place * step, HEIGHT - (number - low) * scale) for place, number in enumerate(numbers)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return Markup(
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" '
        f'aria-hidden="true"><polyline points="{line}" fill="none" stroke="{LINE}" '
        f'stroke-width="2"/><circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{LINE}"/></svg>'
    )


def bar(value: Any) -> Markup:
    """Return a bar to the right or to the left of the middle, which is everyone.

    >>> 'width="30.0"' in bar(1.0), 'class="less"' in bar(-0.5), "rect" in bar(None)
    (True, True, False)
    """
    middle = WIDTH / 2
    body = f'<line class="axis" x1="{middle}" x2="{middle}" y1="0" y2="12" stroke="{GRID}"/>'
    if value is not None:
        length = min(abs(float(value)), MOST_DEVIATIONS) / MOST_DEVIATIONS * middle
        start = middle if value > 0 else middle - length
        kind = "more" if value > 0 else "less"
        body += (
            f'<rect class="{kind}" x="{start:.1f}" y="2" width="{length:.1f}" height="8" '
            f'fill="{_COLOURS[kind]}"/>'
        )
    return Markup(f'<svg viewBox="0 0 {WIDTH} 12" aria-hidden="true">{body}</svg>')
