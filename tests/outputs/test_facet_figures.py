"""The picture of a facet fits how it is seen: a week, a flow, or a map of shares."""

import pyarrow as pa
import pytest

from clustomer.facets import Facet, FacetSegment
from clustomer.insights import Facts
from clustomer.outputs.charts import facet_flow_chart, facet_week_chart
from clustomer.outputs.figures.facet import facet_figure
from clustomer.outputs.figures.pen import Pen

WEEK = tuple(1.0 if slot == 6 * 24 + 20 else 0.0 for slot in range(168))  # Sunday at eight


def segment(facet: str, shares: tuple[float, ...], marks: tuple[int, ...]) -> FacetSegment:
    return FacetSegment(f"{facet}:1", 10, shares, marks, 0.5, 1.0)


TIME = Facet(
    "time", "days", True, bins=("working day", "weekend"), everyone=(0.7, 0.3),
    segments=(segment("time", (0.2, 0.8), (1,)),), week=(WEEK, WEEK),
)  # fmt: skip
PATH = Facet(
    "path", "visits", True, bins=("look, then look", "look, then order", "order, then look"),
    everyone=(0.5, 0.25, 0.25), segments=(segment("path", (0.0, 0.5, 0.5), (1, 2)),),
)  # fmt: skip
TASTE = Facet(
    "taste", "category", True, bins=("home.kitchen", "toys"), everyone=(0.5, 0.5),
    segments=(segment("taste", (0.9, 0.1), (0,)),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("facet", "title", "written"),
    [
        (TIME, "when the visits of each segment begin", ("Weekends", "Everyone", "Sun")),
        (PATH, "what a visit comes to, and what comes next", ("Orders with looks", "look")),
        (TASTE, "where the visits of each segment lie", ("Kitchen", "Toys", "Everyone")),
    ],
)
def test_it_is_the_picture_of_its_view(facet: Facet, title: str, written: tuple[str, ...]) -> None:
    figure = facet_figure(Pen(Facts({}), ""), facet)
    assert figure.name == f"facet_{facet.name}"
    assert title in figure.title
    for text in written:
        assert text in figure.wide
        assert text in figure.narrow


def test_an_hour_has_its_place_in_the_week() -> None:
    chart = facet_week_chart([WEEK], segments=["Sundays"])
    [cell] = chart["layer"][1]["data"]["values"]
    days = {row["text"]: row["y"] for row in chart["layer"][3]["data"]["values"]}
    hours = {row["text"]: row["x"] for row in chart["layer"][4]["data"]["values"]}
    assert cell["y"] < days["Sun"] < cell["y2"]
    an_hour = (hours["18:00"] - hours["12:00"]) / 6
    assert cell["x"] == hours["18:00"] + 2 * an_hour


def test_bands_are_as_wide_as_their_share_and_fill_their_nodes() -> None:
    flows = pa.table(
        {
            "segment": [0, 0, 0],
            "before": ["look", "look", "order"],
            "after": ["look", "order", "look"],
            "share": [0.5, 0.3, 0.2],
            "marks": [False, True, False],
        }
    )
    layers = facet_flow_chart(flows, segments=["Buyers"])["layer"]
    dark = layers[1]["data"]["values"]
    widths = {round(row["y2"] - row["y"], 2) for row in dark}
    [width] = widths
    nodes = [round(row["y2"] - row["y"], 2) for row in layers[2]["data"]["values"]]
    # before: look 0.8 and order 0.2; after: look 0.7 and order 0.3
    assert nodes == pytest.approx([part * width / 0.3 for part in (0.8, 0.2, 0.7, 0.3)], abs=0.1)
