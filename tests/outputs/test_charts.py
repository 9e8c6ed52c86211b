import hashlib
import struct
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest
from stories import contrast, draw_all

from clustomer.outputs.charts import differences_chart, draw, pca_chart, sizes_chart
from clustomer.outputs.charts.differences import _cell
from clustomer.outputs.charts.figure import headed
from clustomer.outputs.charts.labels import place_labels
from clustomer.outputs.charts.layers import Label
from clustomer.outputs.charts.slimming import slim
from clustomer.outputs.theme import (
    BOTS_COLOUR,
    INK,
    LESS_COLOUR,
    MORE_COLOUR,
    MUTED,
    PAPER,
    SEGMENT_COLOURS,
    STRONG_INK,
    segment_looks,
)

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("1")</script>&'


def mixed(colour: str, strength: float, ground: str) -> str:
    pairs = [(int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * strength + b * (1 - strength)):02x}" for a, b in pairs)


def sizes(**columns):
    table = {
        "segment_id": ["S1", "S2"],
        "customers_share": [0.75, 0.25],
        "customers_text": ["75.0 %", "25.0 %"],
        "revenue_share": [0.4, 0.6],
        "revenue_text": ["40.0 %", "60.0 %"],
    }
    return pa.table({**table, **columns})


LOOKS = segment_looks([("S2", "Buyers"), ("S1", "Visitors")])


def texts(svg: str) -> list[str]:
    return ["".join(e.itertext()) for e in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_png_are_twice_the_size_on_white(figures):
    for figure in figures:
        assert figure.png[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", figure.png[16:24])
        assert 1000 < width < 2000, figure.name
        assert 500 < height < 2000, figure.name
        assert len(figure.png) < 900_000


def test_a_long_title_does_not_leave_its_page():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="50"><path/></svg>'
    for letter, ems in (("W", 0.944), ("n", 0.611), ("界", 1.0)):
        page = ElementTree.fromstring(headed(svg, title=[(letter * 70, "")], note=[("<b>", "")]))
        assert float(page.get("width")) >= 16 + 70 * ems * 17
        assert page.find(f"{SVG}rect").attrib["fill"] == PAPER
        assert "<b>" in ["".join(text.itertext()) for text in page.iter(f"{SVG}text")]


def test_svg_are_small_and_fit_their_layout(figures):
    for figure in figures:
        for svg, most in ((figure.wide, 800), (figure.narrow, 362)):
            root = ElementTree.fromstring(svg)
            assert root.get("role") == "img"
            assert root.get("aria-label") == figure.description
            assert 250 < float(root.get("width")) <= most, figure.name
            assert len(svg) < 120_000


def test_the_same_chart_gives_the_same_bytes_whatever_was_drawn_before(figures, story):
    for first, again in zip(figures, draw_all(story), strict=True):
        assert first == again


def hash_in_another_process(**environment: str) -> str:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import os, test_charts as t;"
        "before = dict(os.environ); print(t.hash_of_a_picture()); assert os.environ == before"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, __file__.rpartition("/")[0]],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return other.stdout.strip()


def hash_of_a_picture() -> str:
    figure = draw("sizes", lambda layout: sizes_chart(sizes(), LOOKS, layout=layout), **WORDS)
    return hashlib.sha256(figure.png + figure.wide.encode()).hexdigest()


def test_another_process_gives_the_same_bytes():
    other = hash_in_another_process(PYTHONHASHSEED="7", LC_ALL="C", TZ="Asia/Tokyo")
    assert other == hash_of_a_picture()


def test_a_machine_without_fonts_gives_the_same_bytes(tmp_path):
    settings = tmp_path / "fonts.conf"
    settings.write_text(f"<fontconfig><dir>{tmp_path}</dir></fontconfig>")
    assert hash_in_another_process(FONTCONFIG_FILE=str(settings)) == hash_of_a_picture()


WORDS = {"title": "Title", "note": "Note", "description": "Description"}


def test_ids_are_unique_across_all_svg_of_a_page(figures):
    rows = [
        element.get("id")
        for figure in figures
        for svg in (figure.wide, figure.narrow)
        for element in ElementTree.fromstring(svg).iter()
        if element.get("id")
    ]
    assert len(rows) == len(set(rows)) > 0


def test_names_from_data_are_text_in_a_picture():
    looks = segment_looks([("S2", HOSTILE), ("S1", "](javascript:x)")])
    figure = draw("sizes", lambda layout: sizes_chart(sizes(), looks, layout=layout), **WORDS)
    assert "<script" not in figure.wide
    tags = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(figure.wide).iter()}
    assert tags <= {"svg", "g", "path", "text", "rect", "line", "defs", "use", "clipPath"}
    assert "](javascript:x)" in texts(figure.wide)


def test_sizes_show_both_shares_on_one_scale():
    values = sizes_chart(sizes(), LOOKS)["layer"][1]["data"]["values"]
    lengths = [row["x2"] - row["x"] for row in values]
    # Buyers first: 25 % of customers, 60 % of revenue; then visitors: 75 % and 40 %.
    assert lengths == pytest.approx([lengths[0] * r for r in (1, 2.4, 3, 1.6)])
    assert [row["colour"] for row in values] == [SEGMENT_COLOURS[0]] * 2 + [SEGMENT_COLOURS[1]] * 2


def test_sizes_without_revenue_show_sizes_only():
    table = sizes(revenue_share=pa.nulls(2, pa.float64()), revenue_text=["", ""])
    layers = sizes_chart(table, LOOKS)["layer"]
    assert [row["text"] for row in layers[-1]["data"]["values"]] == ["Share of customers"]
    assert len(layers[1]["data"]["values"]) == 2


def test_sizes_draw_more_returns_than_sales_to_the_left():
    layers = sizes_chart(sizes(revenue_share=[-0.5, 1.5]), LOOKS)["layer"]
    zero = layers[0]["data"]["values"][1]["x"]
    bar = layers[1]["data"]["values"][3]
    assert bar["x2"] == pytest.approx(zero)
    assert bar["x"] < zero


def test_the_heat_map_prints_what_it_clips():
    assert cell(7.25) == cell(2.0) | {"text": "7.25"}
    assert cell(-7.25)["colour"] == LESS_COLOUR
    assert cell(None)["text"] == ""


def cell(difference: float | None):
    return _cell({"difference": difference, "text": f"{difference}", "facts": "S1.x.difference"})


@pytest.mark.parametrize("ground", [PAPER, "#1a2027"])
@pytest.mark.parametrize("colour", [MORE_COLOUR, LESS_COLOUR])
def test_every_cell_can_be_read_in_light_and_dark(colour, ground):
    sign = 1 if colour == MORE_COLOUR else -1
    ink = STRONG_INK if ground == PAPER else "#e8ecf1"
    for tenth in range(21):
        painted = cell(sign * tenth / 10)
        text = ink if painted["ink"] == STRONG_INK else painted["ink"]
        behind = mixed(colour, painted["strength"], ground)
        assert contrast(text, behind) >= 4.5, (tenth, colour, ground)


def test_text_has_contrast_and_colours_can_be_told_from_paper():
    assert contrast(INK, PAPER) > 12
    assert contrast(MUTED, PAPER) > 4.5
    assert len(set(SEGMENT_COLOURS)) == len(SEGMENT_COLOURS) == 10


# Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113, severity 1.
COLOUR_VISION = {
    "typical": np.eye(3),
    "protanopia": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.052]],
    "deuteranopia": [[0.3673, 0.8606, -0.228], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
    "tritanopia": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}


@pytest.mark.parametrize("vision", COLOUR_VISION)
def test_segments_can_be_told_apart_by_every_colour_vision(vision):
    colours = [*SEGMENT_COLOURS, BOTS_COLOUR]
    rgb = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(COLOUR_VISION[vision]).T, 0, 1)
    to_xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = seen @ to_xyz.T / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    lab = np.stack([116 * f[:, 1], 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
    distances = np.linalg.norm(lab[:, None] - lab, axis=2) + np.eye(len(lab)) * 999
    # A difference of 2.3 can just be seen side by side; these are seen across a picture.
    assert distances.min() > 12


def test_an_arrow_of_every_length_stays_in_the_picture():
    points = pa.table({"segment_id": ["S1", "S2"] * 2, "x": [-1.0, 0, 1, 9], "y": [-2.0, 0, 1, 0]})
    loadings = pa.table({"feature": ["a", "b"], "x": [-1.0, 0.2], "y": [-0.1, 1.0]})
    chart = pca_chart(points, loadings, LOOKS, explained=(Label("50 %"), Label("20 %")))
    x, y = (chart["layer"][0]["encoding"][axis]["scale"]["domain"] for axis in "xy")
    ends = chart["layer"][3]["data"]["values"]
    assert len(ends) == 2
    for end in ends:
        assert x[0] < end["x"] < x[1]
        assert y[0] < end["y"] < y[1]


def test_narrow_maps_show_fewer_points():
    points = pa.table({"segment_id": ["S1"] * 1500, "x": [0.1] * 1500, "y": [0.2] * 1500})
    loadings = pa.table({"feature": ["a"], "x": [1.0], "y": [0.0]})
    for layout, count in (("wide", 1500), ("narrow", 500)):
        chart = pca_chart(points, loadings, LOOKS, explained=(Label(""), Label("")), layout=layout)
        assert len(chart["layer"][0]["data"]["values"]) == count


def test_zero_has_no_prefix_on_the_axis_of_the_elbow(figures):
    assert {"0", "200k"} <= set(texts(figures[3].wide))
    assert "0k" not in texts(figures[3].wide)


def test_labels_do_not_cover_each_other():
    ends = [(300.0, 200.0), (302.0, 206.0), (298.0, 194.0), (300.0, 212.0), (120.0, 200.0)]
    names = [["average order value"], ["days between", "orders"], ["orders"], ["revenue"], ["a"]]
    middles = place_labels(ends, names, origin=(200.0, 200.0), size=(400, 400), letter=6.5)
    boxes = [
        (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        for (x, y), lines in zip(middles, names, strict=True)
        for w, h in [(max(map(len, lines)) * 6.5, 15 * len(lines))]
    ]
    for i, one in enumerate(boxes):
        assert 0 < one[0] < one[2] < 400
        for other in boxes[i + 1 :]:
            apart = one[0] >= other[2] or other[0] >= one[2]
            assert apart or one[1] >= other[3] or other[1] >= one[3]


def test_twelve_segments_and_many_features_still_fit():
    looks = segment_looks([(f"S{i}", f"Segment of customers number {i}") for i in range(12)])
    rows = [(look.segment_id, f"feature number {j}") for j in range(20) for look in looks]
    table = pa.table(
        {
            "segment_id": [row[0] for row in rows],
            "family": ["engagement"] * len(rows),
            "feature": [row[1] for row in rows],
            "difference": [0.5] * len(rows),
            "text": ["+0.5"] * len(rows),
            "facts": ["S0.x.difference"] * len(rows),
        }
    )
    assert differences_chart(table, looks)["width"] < 800
    assert differences_chart(table, looks, layout="narrow")["width"] < 500


def test_slimming_keeps_what_is_seen():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs><clipPath id="clip3">'
        '<path d="M0,0h9v9"/></clipPath></defs><g clip-path="url(#clip3)" class="x">'
        + "".join(
            f'<path transform="translate({i}.123456,2)" d="M1,1" fill="red"/>' for i in range(25)
        )
        + '<path d="" fill="red"/><text>&lt;b&gt;</text></g></svg>'
    )
    slimmed = slim(svg, name="map", description='a "map" <of> points')
    root = ElementTree.fromstring(slimmed)
    assert len(root.findall(f".//{SVG}use")) == 25
    assert root.find(f".//{SVG}use").attrib == {"href": "#map-m0", "x": "0.12", "y": "2"}
    assert root.get("aria-label") == 'a "map" <of> points'
    assert 'clip-path="url(#map-0)"' in slimmed
    assert texts(slimmed) == ["<b>"]
    assert len(slimmed) < len(svg) * 0.75
