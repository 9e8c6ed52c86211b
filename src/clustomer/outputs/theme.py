"""The colours, marks and type that every picture and page share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clustomer.certificates.certificate import Mark
from clustomer.insights import Facts
from clustomer.insights.blocks import Section, panels_of
from clustomer.insights.population import BOTS, NOISE
from clustomer.segments.rules.rfm_grid import NO_PURCHASE_ID

INK = "#1b2430"
MUTED = "#5a6675"
GRID = "#e2e7ed"
PAPER = "#ffffff"
# White on a strong colour: stays white on a dark page, where ink and paper change places.
ON_COLOUR = "#fefefe"
# On middling colours only black and white are both dark or light enough.
STRONG_INK = "#000000"

# The bundled face first, so that pictures are the same on every machine; the
# others have the same widths, so that a browser without it keeps the layout.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"

# Okabe and Ito (2008), "Color universal design", without black and the yellow that vanishes on
# white; then, one after the other, what is furthest from all before for every colour vision.
SEGMENT_COLOURS = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#7800e1",
    "#e1c378",
    "#873c2d",
    "#b45aff",
)
BOTS_COLOUR = "#5f6670"

# A second sign beside the colour, for those who do not see the difference.
SEGMENT_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")

# The two ends of the scale of differences: apart for every kind of colour vision.
LESS_COLOUR = "#8a3b00"
MORE_COLOUR = "#0b4a8f"

# Groups that are no find of the segmentation are grey and use up no colour.
GREYS = {
    BOTS: (BOTS_COLOUR, "stroke"),
    NO_PURCHASE_ID: ("#9aa2ad", "circle"),
    NOISE: ("#7f8893", "circle"),
}

# The word always stands beside its sign, so that neither colour nor shape is all there is.
SIGNS: Mapping[Mark, str] = {"pass": "✓", "weak": "◐", "fail": "✗", "not tested": "○"}


@dataclass(frozen=True)
class SegmentLook:
    """How one segment looks in every picture of a report.

    `colour` is a hex colour, `shape` the name of a Vega symbol.
    """

    segment_id: str
    name: str
    colour: str
    shape: str


def segment_looks(segments: Iterable[tuple[str, str]]) -> tuple[SegmentLook, ...]:
    """Give each segment its colour and shape.

    `segments` are pairs of segment id and name, in the order of the report. The colour goes
    by that order; suspected bots, and those without a purchase where these are set apart by
    definition, are grey and use up no colour.

    >>> looks = segment_looks([("S2", "Loyal customers"), ("bots", "Suspected bots")])
    >>> [(look.segment_id, look.colour) for look in looks]
    [('S2', '#0072b2'), ('bots', '#5f6670')]
    """
    looks: list[SegmentLook] = []
    turn = 0
    for segment_id, name in segments:
        if segment_id in GREYS:
            looks.append(SegmentLook(segment_id, name, *GREYS[segment_id]))
            continue
        colour = SEGMENT_COLOURS[turn % len(SEGMENT_COLOURS)]
        shape = SEGMENT_SHAPES[turn % len(SEGMENT_SHAPES)]
        looks.append(SegmentLook(segment_id, name, colour, shape))
        turn += 1
    return tuple(looks)


def looks_of(sections: Iterable[Section]) -> tuple[SegmentLook, ...]:
    """Return how the segments look whose cards are in these sections."""
    return segment_looks(
        (panel.segment_id, panel.name)
        for section in sections
        for panel in panels_of(section)
        if panel.role == "card"
    )


def luminance(colour: str) -> float:
    """Return the relative luminance of a hex colour, from 0 to 1 (WCAG 2.2).

    >>> luminance("#ffffff"), luminance("#000000")
    (1.0, 0.0)
    """
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def readable_on(colour: str, strength: float) -> str:
    """Return black or white, whichever reads better on a colour of `strength` (0..1) on white.

    >>> readable_on("#0b4a8f", 0.2), readable_on("#0b4a8f", 1.0)
    ('#000000', '#fefefe')
    """
    mixed = "#" + "".join(
        f"{round(int(colour[i : i + 2], 16) * strength + 255 * (1 - strength)):02x}"
        for i in (1, 3, 5)
    )
    # Black and white contrast equally where (1.05) / (L + 0.05) = (L + 0.05) / 0.05.
    return STRONG_INK if luminance(mixed) > 0.179 else ON_COLOUR


def unbroken(facts: Facts, fact_id: str, written: str) -> str:
    """Return a written number whose parts, such as the unit, stay on one line.

    Texts, which may be long, are left as they are.
    """
    return written if facts[fact_id].unit == "text" else written.replace(" ", "\u00a0")
