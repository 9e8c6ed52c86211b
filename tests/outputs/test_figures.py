from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from clustomer.insights import interpret
from clustomer.insights.texts import in_sentence
from clustomer.outputs import draw_figures, report_html, report_markdown
from clustomer.outputs.figures.choice_of_k import _why_so_many
from clustomer.outputs.figures.differences import differences_table
from clustomer.outputs.figures.pen import Pen
from clustomer.segments import segment


def shop(n=400, *, bots=0, revenue=True):
    rng = np.random.default_rng(3)
    buys = rng.random(n) < 0.3
    orders = np.where(buys, rng.poisson(4, n) + 1, 0).astype(float)
    columns = {
        "user_id": [f"u{i:04d}" for i in range(n)],
        "recency_days": np.where(buys, rng.uniform(0, 10, n), rng.uniform(0, 90, n)),
        "views": rng.poisson(np.where(buys, 30, 5)).astype(float),
        "sessions": rng.poisson(np.where(buys, 8, 1)) + 1.0,
        "busiest_hour_events": np.where(np.arange(n) < bots, 5000.0, 3.0),
    }
    if revenue:
        columns |= {"orders": orders, "revenue": orders * rng.gamma(3, 10, n)}
    return pa.table(columns)


@pytest.fixture(scope="module")
def shown():
    customers = shop(bots=2)
    segmentation = segment(customers, k=3, features=["orders", "revenue", "views", "sessions"])
    interpretation = interpret(customers, segmentation, currency="EUR")
    return interpretation, segmentation, draw_figures(interpretation, segmentation)


def test_all_four_pictures_are_drawn(shown):
    assert [figure.name for figure in shown[2]] == ["segments", "differences", "pca", "choice_of_k"]


def test_titles_say_the_finding_with_facts(shown):
    interpretation, _, figures = shown
    first = interpretation.profiles[0]
    assert first.revenue_share == max(p.revenue_share for p in interpretation.profiles)
    words = interpretation.facts.render(figures[0].title)
    assert words.startswith(in_sentence(interpretation.names[first.segment_id]))
    assert interpretation.facts.format(f"{first.segment_id}.revenue_share") in words
    assert f"{{{first.segment_id}.share}}" in figures[0].title


def test_bots_are_in_no_comparison(shown):
    text, _, figures = shown
    assert "bots" in text.names
    for figure in figures:
        assert "bots" not in figure.wide.lower()


def test_the_axes_say_how_much_they_keep(shown):
    _, segmentation, figures = shown
    for share in segmentation.projection.explained_variance_ratio:
        assert f"({share * 100:.1f}\u00a0% of the variation)" in figures[2].wide


def test_the_page_of_a_real_story_reads(shown):
    interpretation, _, figures = shown
    page = report_html(interpretation.insights, interpretation.facts, figures)
    text = report_markdown(interpretation.insights, interpretation.facts, figures)
    for name in interpretation.names.values():
        assert name in page
        assert name in text


def test_without_revenue_the_largest_segment_is_the_finding():
    customers = shop(revenue=False)
    segmentation = segment(customers, k=2, features=["views", "sessions"])
    interpretation = interpret(customers, segmentation)
    figures = draw_figures(interpretation, segmentation)
    assert "largest segment" in figures[0].title
    assert "revenue" not in figures[0].wide


def test_no_structure_means_one_picture():
    customers = pa.table({"user_id": ["a", "b"], "orders": [1.0, 1.0], "revenue": [5.0, 5.0]})
    segmentation = segment(customers, features=["orders", "revenue"])
    assert not segmentation.structure
    interpretation = interpret(customers, segmentation)
    figures = draw_figures(interpretation, segmentation)
    assert [figure.name for figure in figures] == ["segments"]
    assert figures[0].title == "All customers are in one segment"
    assert "<table>" in report_html(interpretation.insights, interpretation.facts, figures)


def test_one_feature_makes_no_map():
    customers = pa.table({"user_id": list("abcdef"), "orders": [1.0, 2, 1, 9, 8, 9]})
    segmentation = segment(customers, k=2, features=["orders"])
    names = [
        figure.name for figure in draw_figures(interpret(customers, segmentation), segmentation)
    ]
    assert "pca" not in names
    assert "differences" in names


def test_the_features_that_differ_most_are_shown(shown):
    profiles = shown[0].profiles
    pen = Pen(shown[0].facts, "")
    table = differences_table(pen, shown[0], clustered=["views"], most=2)
    assert table.num_rows == 2 * 3
    assert "product views" in table["feature"].to_pylist()
    result = {
        name: max(abs(p.features[name].difference) for p in profiles if p.segment_id != "bots")
        for name in ("recency_days", "sessions", "orders", "revenue")
    }
    best = max(result, key=result.get)
    labels = {"recency_days": "days since the last activity", "sessions": "visits"}
    assert labels.get(best, best) in table["feature"].to_pylist()


def test_a_difference_whose_mean_points_the_other_way_is_left_out_of_picture_and_text():
    # nine in ten of S2 spent more than everyone else, and one customer of S1 more than all of them
    revenue = [1.0] * 19 + [10_000.0] + [20.0] * 20
    customers = pa.table(
        {
            "user_id": [f"u{n:02d}" for n in range(40)],
            "orders": [1.0] * 20 + [9.0] * 20,
            "revenue": revenue,
        }
    )
    segmentation = segment(customers, k=2, features=["orders"])
    interpretation = interpret(customers, segmentation)
    table = differences_table(Pen(interpretation.facts, ""), interpretation)
    shown = {(row["segment_id"], row["feature"]): row["difference"] for row in table.to_pylist()}
    for profile in interpretation.profiles:
        low = profile.features["orders"].mean == 1
        assert (profile.features["revenue"].difference < -0.2) == low
        assert (
            profile.features["revenue"].mean > interpretation.everyone.features["revenue"].mean
        ) == low
        assert shown.get((profile.segment_id, "revenue")) is None
        assert shown[profile.segment_id, "orders"] is not None
    for part in interpretation.insights.segments:
        marks = " ".join(part.marks)
        assert ".revenue.ratio" not in marks
        assert ".revenue.fewer" not in marks


def test_the_title_of_k_is_true_for_every_rule(shown):
    selection = shown[1].selection

    def title(**changes):
        return _why_so_many(replace(selection, **changes))

    assert (
        title(rule="agreement", k=4, elbow_k=4, silhouette_k=4)
        == "Four segments: the elbow and the silhouette agree"
    )
    assert (
        title(rule="elbow", k=4, elbow_k=4, silhouette_k=2)
        == "Four segments: the elbow is at four and the silhouette is highest at two"
    )
    assert (
        title(rule="agreement", k=2, elbow_k=None, silhouette_k=2)
        == "Two segments: the silhouette is highest at two"
    )
    assert (
        title(rule="fixed", k=6, elbow_k=3, silhouette_k=3)
        == "Six segments, as asked for; the elbow and the silhouette both point to three"
    )
    assert title(rule="fixed", k=6, elbow_k=None, silhouette_k=None) == "Six segments"
    assert (
        title(rule="no structure", k=1, elbow_k=4, silhouette_k=2)
        == "One segment: no division of the customers held up"
    )
    assert title(rule="holdout_r2", k=40).startswith("{clustering.k} segments: ")
