"""A picture in the forms that a report needs: PNG, and SVG wide and narrow."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

import vl_convert

from clustomer.outputs.charts.fonts import prefer_bundled_face
from clustomer.outputs.charts.layers import Specification
from clustomer.outputs.charts.slimming import slim
from clustomer.outputs.theme import FONT, GRID, INK, MUTED, PAPER

Piece = tuple[str, str]
"""A piece of a text and the fact that it is, if any."""

Layout = Literal["wide", "narrow"]
"""`wide` for a page or a screen (about 720 pixels), `narrow` for a phone (about 340)."""

PNG_SCALE = 2
PAGE_PADDING = 8
# Of Liberation Sans, in units of its size; letters that are not here are as broad as most.
_BREADTHS = {
    **dict.fromkeys("ijlI.,;:'|!/ft[] \u00a0", 0.27),
    **dict.fromkeys("r()-", 0.333),
    **dict.fromkeys("ckvxyzsJ", 0.5),
    **dict.fromkeys("ABEFKPSTVXYZ&", 0.65),
    **dict.fromkeys("CDHNRUGOQw", 0.74),
    **dict.fromkeys("mMW%@", 0.89),
}
_BOLD = 1.08
_BLANKS = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True)
class Figure:
    """One picture, ready to be placed.

    `name` is its file name without an ending, `title` the finding, `note` how to read it, and
    `description` what someone who cannot see it should be told; all three may hold `{fact-id}`
    placeholders. `png` is drawn from `page`, on white at twice the size, with title and note;
    the two other SVG texts have neither, and a transparent ground, for pages in light and dark.
    Whatever number stands in an SVG text says where it comes from, by `data-fact` or `data-kind`.
    """

    name: str
    title: str
    note: str
    description: str
    png: bytes
    page: str
    wide: str
    narrow: str


def draw(
    name: str,
    chart: Callable[[Layout], Specification],
    *,
    title: str,
    note: str,
    description: str,
    say: Callable[[str], Sequence[Piece]] = lambda text: [(text, "")],
) -> Figure:
    """Draw `chart` once for each layout; `say` fills in the placeholders of the texts, in pieces.

    The same chart gives the same bytes, however many were drawn before it.
    """
    prefer_bundled_face()
    described = "".join(text for text, _ in say(description))
    wide = _svg(chart("wide"), "wide", name, described)
    page = headed(wide, title=say(title), note=say(note))
    return Figure(
        name=name,
        title=title,
        note=note,
        description=description,
        png=bytes(vl_convert.svg_to_png(page, scale=PNG_SCALE)),
        page=page,
        wide=wide,
        narrow=_svg(chart("narrow"), "narrow", name, described),
    )


def warm_up() -> None:
    """Start the drawing engine, which takes as long as to draw all pictures of a report."""
    prefer_bundled_face()
    svg = vl_convert.vegalite_to_svg({"data": {"values": [{}]}, "mark": "text"})
    vl_convert.svg_to_png(svg)


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` characters, never inside a word.

    >>> wrap("A few loyal customers bring most of it", 22)
    ['A few loyal customers', 'bring most of it']
    """
    lines: list[str] = []
    # Not at every white space: a number and its unit are held together by one that must not break.
    for word in _BLANKS.split(text.strip()):
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


def headed(svg: str, *, title: Sequence[Piece], note: Sequence[Piece]) -> str:
    """Return a picture on paper, under its title and its note.

    >>> svg = '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"><path/></svg>'
    >>> headed(svg, title=[("Buyers & visitors", "")], note=[])[:72]
    '<svg xmlns="http://www.w3.org/2000/svg" width="155" height="89"><rect wi'
    """
    opening = svg[: svg.index(">")]
    width, height = (
        float(opening.partition(f' {side}="')[2].partition('"')[0]) for side in ("width", "height")
    )
    titles, notes = _wrapped(title, 78), _wrapped(note, 108)
    x, first, second = PAGE_PADDING, 22.5, 20.5 + 22 * len(titles)
    down = 17 + 22 * len(titles) + 17 * len(notes)
    longest = max(
        [breadth(line) * 17 * _BOLD for line, _ in titles]
        + [breadth(line) * 12.5 for line, _ in notes],
        default=0.0,
    )
    width = max(width, math.ceil(longest + 2 * PAGE_PADDING))
    head = "".join(
        [
            *_lines(titles, x, first, 22, f'font-size="17px" font-weight="bold" fill="{INK}"'),
            *_lines(notes, x, second, 17, f'font-size="12.5px" fill="{MUTED}"'),
        ]
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height + down:g}">'
        f'<rect width="100%" height="100%" fill="{PAPER}"/>'
        f'<g font-family="{FONT}">{head}</g>'
        f'<g transform="translate(0,{down})">{svg[len(opening) + 1 : svg.rindex("</svg>")]}</g>'
        "</svg>"
    )


def _wrapped(pieces: Sequence[Piece], width: int) -> list[Piece]:
    """Break a text as `wrap` does; a line has the facts, with a blank between, that it shows.

    >>> _wrapped([("In all ", ""), ("40 %", "S1.share"), (" of them.", "")], 12)
    [('In all 40 %', 'S1.share'), ('of them.', '')]
    """
    words: list[tuple[str, dict[str, None]]] = []
    goes_on = False
    for text, fact in pieces:
        parts = _BLANKS.split(text)
        for place, part in enumerate(parts):
            facts = dict.fromkeys([fact] if fact and part else [])
            if place == 0 and goes_on:
                words[-1] = (words[-1][0] + part, words[-1][1] | facts)
            elif part:
                words.append((part, facts))
        goes_on = bool(parts[-1]) or (len(parts) == 1 and goes_on)
    lines: list[tuple[str, dict[str, None]]] = []
    for word, facts in words:
        if lines and len(lines[-1][0]) + 1 + len(word) <= width:
            lines[-1] = (f"{lines[-1][0]} {word}", lines[-1][1] | facts)
        else:
            lines.append((word, facts))
    return [(line, " ".join(facts)) for line, facts in lines]


def _lines(lines: list[Piece], x: float, y: float, leading: float, look: str) -> Iterator[str]:
    for index, (line, facts) in enumerate(lines):
        traced = f' data-fact="{facts}"' if facts else ""
        place = f'x="{x:g}" y="{y + index * leading:g}"'
        yield f"<text {place} {look}{traced}>{escape(line)}</text>"


def breadth(text: str) -> float:
    """Return about how broad a text is, in units of its size.

    >>> breadth("ill") < breadth("mmm")
    True
    """
    return sum(_BREADTHS.get(letter, 0.57 if letter < "\u2e80" else 1.0) for letter in text)


def _whole(chart: Specification, layout: Layout) -> Specification:
    return {
        **chart,
        "background": "transparent",
        "padding": PAGE_PADDING if layout == "wide" else 2,
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
    text = vl_convert.vegalite_to_svg(_whole(chart, layout), allowed_base_urls=[])
    return slim(text, name=f"{name}-{layout}", description=description)
