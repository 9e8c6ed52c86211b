"""The picture of a tree: every leaf is labelled, branches do not cross, the cut separates."""

import numpy as np
import pytest

from clustomer.outputs.charts import dendrogram_chart, draw
from clustomer.outputs.charts.layers import Label
from clustomer.outputs.theme import MUTED, segment_looks
from clustomer.segments import Dendrogram, Ward
from clustomer.segments.algorithms.dendrogram import dendrogram

IDS = {0: "S1", 1: "S2", 2: "S3"}
LOOKS = segment_looks(
    [("S1", "High-value loyal customers"), ("S2", "One-time visitors"), ("S3", "Returners")]
)


@pytest.fixture(scope="module")
def tree() -> Dendrogram:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(120, 2)) + 9 * np.eye(2)[[0, 1, 1]][np.arange(120) % 3]
    X[::3] -= 4
    return dendrogram(Ward(n_clusters=3).fit(X), max_leaves=12)


def chart_of(tree, layout="wide", looks=LOOKS):
    shares = [Label(f"{share:.1%}") for share in tree.shares]
    return dendrogram_chart(tree, looks, segment_ids=IDS, shares=shares, layout=layout)


def rows_of(chart, layer):
    return chart["layer"][layer]["data"]["values"]


def test_every_leaf_has_its_share_and_every_segment_its_name(tree):
    chart = chart_of(tree)
    sizes, names = rows_of(chart, 3), rows_of(chart, 4)
    assert sorted(row["text"] for row in sizes) == sorted(f"{s:.1%}" for s in tree.shares)
    assert len({row["y"] for row in sizes}) == 12
    assert [row["text"] for row in names if "loyal" in row["text"]] == [
        "High-value loyal customers"
    ]
    assert {row["text"] for row in names} >= {"One-time visitors", "Returners"}


def test_branches_do_not_cross(tree):
    lines = rows_of(chart_of(tree), 1)
    uprights = [line for line in lines if line["x"] == line["x2"]]
    flats = [line for line in lines if line["y"] == line["y2"]]
    assert len(uprights) == 11
    assert len(flats) == 22
    crossings = [
        (up, flat)
        for up in uprights
        for flat in flats
        if min(up["y"], up["y2"]) < flat["y"] < max(up["y"], up["y2"])
        and flat["x"] < up["x"] < flat["x2"]
    ]
    assert crossings == []


def test_the_cut_meets_one_branch_of_each_segment(tree):
    chart = chart_of(tree)
    [cut] = rows_of(chart, 0)
    met = [line["colour"] for line in rows_of(chart, 1) if line["x"] < cut["x"] < line["x2"]]
    assert sorted(met) == sorted(look.colour for look in LOOKS)
    right = [line["colour"] for line in rows_of(chart, 1) if line["x"] > cut["x"]]
    assert set(right) == {MUTED}


@pytest.mark.parametrize(("layout", "widest"), [("wide", 720), ("narrow", 340)])
def test_it_fits_its_layout(tree, layout, widest):
    chart = chart_of(tree, layout)
    assert chart["width"] <= widest
    assert all(row["x2"] <= chart["width"] for row in rows_of(chart, 1))
    assert all(0 < row["y"] < chart["height"] for row in rows_of(chart, 3))


def test_one_cluster_has_no_cut_and_an_unknown_one_is_grey():
    one = Dendrogram((0.5, 0.5), (0, 0), ((0, 1),), (2.0,))
    assert rows_of(chart_of(one), 0) == []
    lost = Dendrogram((0.5, 0.5), (0, -1), ((0, 1),), (2.0,))
    colours = {line["colour"] for line in rows_of(chart_of(lost), 1)}
    assert colours == {LOOKS[0].colour, MUTED}


def test_names_from_data_are_text_and_bytes_repeat(tree):
    looks = segment_looks([("S1", "<b>Bold & long</b> " * 9), ("S2", "Two"), ("S3", "Three")])
    first, second = (
        draw(
            "dendrogram",
            lambda layout: chart_of(tree, layout, looks),
            title="A tree",
            note="",
            description="A tree.",
        )
        for _ in range(2)
    )
    assert "<b>" not in first.wide
    assert (first.png, first.narrow) == (second.png, second.narrow)
