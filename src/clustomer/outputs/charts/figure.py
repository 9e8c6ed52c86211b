"""A picture in the forms that a report needs: PNG, and SVG wide and narrow."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import vl_convert

from clustomer.outputs.charts.layers import Specification
from clustomer.outputs.charts.slimming import slim
from clustomer.outputs.theme import FONT, GRID, INK, MUTED, PAPER

Layout = Literal["wide", "narrow"]
"""`wide` for a page or a screen (about 720 pixels), `narrow` for a phone (about 340)."""

PNG_SCALE = 2


@dataclass(frozen=True)
class Figure:
    """One picture, ready to be placed.

    `name` is its file name without an ending, `title` the finding, `note` how to read it, and
    `description` what someone who cannot see it should be told; all three may hold `{fact-id}`
    placeholders. `png` is drawn on white at twice the size, with title and note; the two SVG
    texts have neither, and a transparent ground, for pages in light and dark.
    """

    name: str
    title: str
    note: str
    description: str
    png: bytes
    wide: str
    narrow: str


def draw(
    name: str,
    chart: Callable[[Layout], Specification],
    *,
    title: str,
    note: str,
    description: str,
    say: Callable[[str], str] = str,
) -> Figure:
    """Draw `chart` once for each layout; `say` fills in the placeholders of the texts.

    The same chart gives the same bytes, however many were drawn before it.
    """
    wide = chart("wide")
    titled = {**wide, "title": _headline(say(title), say(note))}
    png = vl_convert.vegalite_to_png(
        _whole(titled, "wide", PAPER), scale=PNG_SCALE, allowed_base_urls=[]
    )
    return Figure(
        name=name,
        title=title,
        note=note,
        description=description,
        png=bytes(png),
        wide=_svg(wide, "wide", name, say(description)),
        narrow=_svg(chart("narrow"), "narrow", name, say(description)),
    )


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` characters, never inside a word.

    >>> wrap("A few loyal customers bring most of it", 22)
    ['A few loyal customers', 'bring most of it']
    """
    lines: list[str] = []
    # Not at every white space: a number and its unit are held together by one that must not break.
    for word in re.split(r"[ \t\r\n]+", text.strip()):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def shorten(text: str, width: int) -> str:
    """Cut a text to at most `width` characters, with an ellipsis where something is missing.

    >>> shorten("Suspected bots", 9)
    'Suspecte…'
    """
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def _headline(title: str, note: str) -> Specification:
    return {
        "text": wrap(title, 78),
        "subtitle": wrap(note, 108),
        "anchor": "start",
        "frame": "bounds",
        "fontSize": 17,
        "lineHeight": 22,
        "subtitleFontSize": 12.5,
        "subtitleLineHeight": 17,
        "subtitlePadding": 6,
        "offset": 18,
    }


def _whole(chart: Specification, layout: Layout, background: str) -> Specification:
    return {
        **chart,
        "background": background,
        "padding": 8 if layout == "wide" else 2,
        "config": _type_and_lines(12 if layout == "wide" else 11),
    }


def _type_and_lines(size: int) -> Specification:
    return {
        "font": FONT,
        "view": {"stroke": None},
        "title": {
            "color": INK,
            "subtitleColor": MUTED,
            "fontWeight": "bold",
            "fontSize": size + 1,
            "anchor": "start",
        },
        "axis": {
            "labelColor": MUTED,
            "titleColor": MUTED,
            "titleFontWeight": "normal",
            "labelFontSize": size,
            "titleFontSize": size,
            "titlePadding": 8,
            "gridColor": GRID,
            "domainColor": GRID,
            "tickColor": GRID,
        },
        "legend": {
            "labelColor": INK,
            "titleColor": MUTED,
            "labelFontSize": size,
            "labelLimit": 300,
            "symbolSize": 90,
        },
        "text": {"font": FONT, "fontSize": size, "color": INK},
    }


def _svg(chart: Specification, layout: Layout, name: str, description: str) -> str:
    text = vl_convert.vegalite_to_svg(_whole(chart, layout, "transparent"), allowed_base_urls=[])
    return slim(text, name=f"{name}-{layout}", description=description)
