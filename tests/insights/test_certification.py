import itertools
import json
import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import certified
from clustomer.certificates import prediction, reality, stable, usability
from clustomer.certificates.certificate import Certificates, Mark, Verdict
from clustomer.insights import Interpretation, certificate_sentence, interpret
from clustomer.insights.blocks import Paragraph, inside, panels_of
from clustomer.insights.certificate_facts import (
    DISSOLVED,
    LEAST_MATCH,
    LEAST_PRECISION,
    LEAST_RECALL,
    LEAST_SHARE,
    SEGMENT_DEPTH,
    VALID,
    decimals_apart,
)
from clustomer.insights.chapters.certificate_words import EXPLANATIONS
from clustomer.insights.chapters.findings import LEVEL, findings, standing, standing_note
from clustomer.insights.facts import Facts, placeholders
from clustomer.insights.naming.names import Name
from clustomer.insights.naming.proof import with_names
from clustomer.insights.threshold_facts import stated
from clustomer.segments import Segmentation, segment
from clustomer.segments.selection.repeated import Repetition

FEATURES = ["orders", "revenue"]
SHOP = pa.table(
    {
        "user_id": [f"u{n:02}" for n in range(40)],
        "orders": [1.0 + n % 3 if n < 25 else 20.0 + n % 4 for n in range(40)],
        "purchase_recency_days": [float(1 + n % 9) for n in range(40)],
        "revenue": [10.0 + n for n in range(25)] + [900.0 + 3 * n for n in range(15)],
    }
)


@pytest.fixture(scope="module")
def two() -> Segmentation:
    return segment(SHOP, k=2, features=FEATURES)


@pytest.fixture(scope="module")
def one() -> Segmentation:
    return replace(segment(SHOP, k=1, features=FEATURES), structure=False)


def told(
    segmentation: Segmentation, certificates: Certificates | None, **settings
) -> Interpretation:
    return interpret(SHOP, segmentation, currency="EUR", certificates=certificates, **settings)


def written(interpretation: Interpretation) -> str:
    return "\n".join(interpretation.facts.render(text) for text in interpretation.insights.texts())


VERDICTS: list[Certificates] = [
    certified.certificates("segments"),
    certified.certificates("continuum"),
    certified.certificates("continuum", reality=certified.reality("not tested")),
    certified.certificates("continuum", reality=certified.reality("pass")),
    certified.certificates("undecided"),
    certified.forced(certified.certificates("none")),
    certified.certificates("not tested"),
    certified.left_out(),
]


@pytest.mark.parametrize("tested", VERDICTS)
def test_facts_come_from_the_document_of_the_certificates(two, tested):
    interpretation = told(two, tested)
    assert interpretation.facts.verify(interpretation.tables) == ()
    assert interpretation.certificates is not None
    # what a reader gets of it is JSON, and says the same
    document = json.loads(json.dumps(interpretation.certificates.to_json(certificate_sentence)))
    assert interpretation.facts.verify({**interpretation.tables, "certificates": document}) == ()
    again = Facts.from_json(interpretation.facts.to_json())
    assert again.verify({**interpretation.tables, "certificates": document}) == ()


@pytest.mark.parametrize("tested", VERDICTS)
def test_numbers_of_certificates_reach_the_reader_only_through_facts(two, tested):
    interpretation = told(two, tested)
    story = certified.certified_of(interpretation)
    texts = [story.headline, story.warning, *story.meaning, *story.together, *story.holdout]
    texts += [*story.untested, *story.choice, *story.next_steps]
    for item in (*story.segments, *story.proposed):
        texts += [text for finding in item.findings for text in (finding.short, *finding.texts)]
    texts += [
        text for row in (story.contest.rows if story.contest else ()) for text in row.cells[1:]
    ]
    for text in texts:
        assert not re.search(r"\d", re.sub(r"\{[^{}]*\}", "", text)), text
        assert set(placeholders(text)) <= set(interpretation.facts)


def test_known_figures_are_written_as_they_are(two):
    interpretation = told(two, certified.certificates("segments"))
    write = interpretation.facts.format
    assert write("S1.stable_jaccard") == "0.87"
    assert write("S1.stable_in_100") == "87"
    assert write("S1.real_statistic") == "61.0 %"
    assert write("S1.real_effect") == "30 points"
    assert write("S1.lift_revenue") == "2.4"
    assert write("S1.lift_revenue_segment") == "EUR 100.02"
    assert write("S1.lift_bought_p") == "<0.001"
    assert write("S1.usable_condition_1_whole") == "3"
    assert write("holdout.date") == "2011-09-01"
    assert write("holdout.horizon_days") == "99 days"
    assert write("baseline.segments.auc") == "0.757"
    assert write("carried.r2") == "72 %"
    assert interpretation.facts["S1.stable_mark"].value == "pass"
    assert interpretation.facts["certificate.verdict"].value == "segments"
    assert interpretation.facts["S1.stable_jaccard"].source == {
        "table": "certificates",
        "key": "segments/S1/stable",
        "column": "jaccard",
        "aggregate": "value",
    }


def test_a_rule_is_said_in_words(two):
    text = written(told(two, certified.certificates("segments")))
    assert (
        "Among customers that the rule was not made from, 91 % of those it picks are in the "
        "segment, and it finds 71 % of the segment." in text
    )
    assert "In short: orders above 3 and last purchase at most 60 days ago." in text


def test_what_the_segments_carry_is_said_only_where_it_was_measured(two):
    text = written(told(two, certified.certificates("segments")))
    assert (
        "These 2 segments carry 94 % (88 % to 101 %) of what an individual model predicts from the "
        "same features about who buys, and 72 % (55 % to 90 %) of what it predicts about how much "
        "they spend." in text
    )
    without = certified.certificates("segments", prediction=certified.prediction(individual=False))
    assert "individual model predicts" not in written(told(two, without))


@pytest.mark.parametrize(
    ("value", "bounds"), [(0.7483, (0.75,)), (0.4996, (0.5,)), (79.68, (80.0,)), (0.004, (0.01,))]
)
def test_rounding_carries_no_figure_over_a_bound(value, bounds):
    rounded = round(value, decimals_apart(value, bounds, 0))
    assert (rounded >= bounds[0]) == (value >= bounds[0])


def test_a_weak_figure_is_not_written_as_if_it_had_passed(two):
    result = certified.certificates(
        "segments", {"S1": certified.segment("S1", "weak", "weak", "weak", "weak")}
    )
    write = told(two, result).facts.format
    assert write("S1.stable_jaccard") == "0.748"
    assert write("S1.stable_in_100") == "74.8"
    assert write("S1.usable_precision") == "79.7 %"
    assert write("S1.real_effect") == "14.96 points"


MARKS = list(itertools.product(certified.MARKS, repeat=4))


@pytest.mark.parametrize("marks", MARKS)
def test_every_combination_of_marks_is_told(marks: tuple[Mark, Mark, Mark, Mark]):
    segmentation = certified.segment("S1", *marks)
    result = findings(segmentation, "S1", {"orders": "orders"}, frozenset({"orders"}))
    assert [finding.word for finding in result] == ["Stable", "Set apart", "Predictive", "Usable"]
    assert tuple(finding.mark for finding in result) == marks
    assert all(finding.texts for finding in result)
    words, _, borders = standing(result).partition("; ")
    told_of = {finding.word.lower(): finding.mark for finding in result if finding.test != "real"}
    if set(told_of.values()) == {"pass"}:
        assert words == "reliable"
    elif set(told_of.values()) == {"not tested"}:
        assert words == "not tested"
    else:
        assert words.startswith("with care: ")
        assert {word for word in told_of if word in words} == {
            word for word, mark in told_of.items() if mark != "pass"
        }
    # what the certificate calls a fail is no contradiction to "reliable", and is said beside it
    assert (
        borders
        == {
            "pass": "set apart",
            "weak": "hardly set apart",
            "fail": "blends into its neighbours",
            "not tested": "",
        }[result[1].mark]
    )
    note = standing_note([segmentation])
    assert ("Reliable: " in note) == (words == "reliable")
    assert ("Blends into" in note) == (borders == "blends into its neighbours")


HEADLINES: dict[str, tuple[Verdict, str]] = {
    "real groups": (
        "segments",
        # 10 + ... + 34 = 550 of 550 + 13,815
        "There are real groups: gaps set 1 of the 2 segments apart, with 62 % of the customers "
        "and 3.8 % of the revenue.",
    ),
    "continuum": (
        "continuum",
        "Useful segments without sharp borders: customers differ by degree",
    ),
    "undecided": ("undecided", "Undecided: the data do not settle whether these segments are"),
    "not tested": ("not tested", "Not certified: what matters most could not be tested."),
}


@pytest.mark.parametrize(("verdict", "headline"), HEADLINES.values(), ids=HEADLINES)
def test_the_verdict_is_the_headline(two, verdict, headline):
    interpretation = told(two, certified.certificates(verdict))
    story = certified.certified_of(interpretation)
    assert interpretation.facts.render(story.headline).startswith(headline)
    assert interpretation.insights.warning == ""


def test_the_revenue_of_several_segments_set_apart_is_added_up():
    customers = pa.table(
        {
            "user_id": [f"u{n:02}" for n in range(40)],
            "orders": [float([1, 5, 25, 125][n // 10]) for n in range(40)],
            "revenue": [float([1, 2, 3, 14][n // 10]) for n in range(40)],
        }
    )
    segmentation = segment(customers, k=4, features=["orders"])
    last = customers["revenue"].to_pylist().index(14.0)
    fourth = segmentation.table.sort_by("user_id")["cluster"].to_pylist()[last]
    tested = certified.certificates(
        "segments",
        {
            f"S{n + 1}": certified.segment(f"S{n + 1}", real="weak" if n == fourth else "pass")
            for n in range(4)
        },
    )
    interpretation = interpret(customers, segmentation, certificates=tested)
    headline = interpretation.facts.render(certified.certified_of(interpretation).headline)
    # the three bring 10 + 20 + 30 of 200
    assert headline.endswith("of the customers and 30.0 % of the revenue.")
    assert interpretation.facts.verify(interpretation.tables) == ()


def test_without_revenue_the_headline_names_none():
    customers = SHOP.drop_columns(["revenue"])
    segmentation = segment(customers, k=2, features=["orders"])
    tested = certified.certificates("segments")
    interpretation = interpret(customers, segmentation, certificates=tested)
    headline = interpretation.facts.render(certified.certified_of(interpretation).headline)
    assert headline.endswith("apart, with 62 % of the customers.")


def test_what_was_not_tested_is_not_denied(two):
    untested = certified.certificates("continuum", reality=certified.reality("not tested"))
    story = certified.certified_of(told(two, untested))
    assert "could not be tested" in story.headline
    assert "no gaps show" not in " ".join((story.headline, *story.meaning))


def test_gaps_that_tell_nothing_of_what_came_next_are_not_called_groups(two):
    failed = replace(certified.prediction(individual=False), mark="fail")
    tested = certified.certificates(
        "undecided", reality=certified.reality("pass"), prediction=failed
    )
    interpretation = told(two, tested)
    gaps, use = (
        interpretation.facts.render(line) for line in certified.certified_of(interpretation).meaning
    )
    assert gaps.startswith("Gaps set 1 of the 2 segments apart, with 62 % of the customers. But")
    assert use.startswith("They do not tell what customers do next")


def test_a_division_with_few_customers_set_apart_says_so(two):
    few = replace(certified.reality("pass"), apart_share=0.2)
    interpretation = told(two, certified.certificates("continuum", reality=few))
    headline = interpretation.facts.render(certified.certified_of(interpretation).headline)
    assert headline.endswith("gaps set 1 of the 2 segments apart, with only 20 % of the customers.")


def test_what_is_undecided_says_what_is_too_near_and_what_the_segments_are_good_for(two):
    def meaning(**settings):
        interpretation = told(two, certified.certificates("undecided", **settings))
        return [
            interpretation.facts.render(line)
            for line in certified.certified_of(interpretation).meaning
        ]

    gaps, use = meaning()
    assert "Chance alone does not explain the gaps" in gaps
    assert use.startswith("They tell what customers do next")
    failed = replace(certified.prediction(), mark="fail")
    few = replace(certified.reality("pass"), apart_share=0.2)
    share, use = meaning(reality=few, prediction=failed)
    assert share == "Gaps set 1 of the 2 segments apart, with only 20 % of the customers."
    assert use.startswith("They do not tell what customers do next")
    explained = replace(certified.reality("fail"), explained=True)
    bursts, _ = meaning(reality=explained)
    assert bursts.endswith("where their visits come in bursts.")
    stability, _ = meaning(reality=certified.reality("fail"))
    assert "would come out again" in stability


def test_a_reason_is_given_once_for_all_whom_it_concerns(two):
    untested = {key: certified.segment(key, predictive="not tested") for key in ("S1", "S2")}
    interpretation = told(two, certified.certificates("segments", untested))
    names = ", ".join(interpretation.names.values())
    assert [
        interpretation.facts.render(line)
        for line in certified.certified_of(interpretation).untested
    ] == [f"Predictive ({names}): No segment at the holdout date is enough like it."]


def test_leaving_the_tests_out_is_said(two):
    story = certified.certified_of(told(two, certified.left_out()))
    assert story.headline == "Nothing was certified."
    assert story.segments == story.explanations == ()
    assert "certificate" not in {part.anchor for part in told(two, None).insights.sections}


def test_segments_against_the_verdict_carry_a_warning(two):
    interpretation = told(two, certified.forced(certified.certificates("none")))
    assert "forced" in interpretation.insights.warning
    assert certified.certified_of(interpretation).headline.startswith("No structure found")


def test_one_segment_is_told_in_full(one):
    interpretation = told(one, certified.none(3))
    story = certified.certified_of(interpretation)
    assert story.headline == "No structure found: everyone is one segment."
    assert [item.name for item in story.proposed] == ["Group 1", "Group 2", "Group 3"]
    assert story.segments == ()
    assert len(story.next_steps) >= 4
    assert interpretation.insights.warning == ""
    [everyone] = interpretation.insights.segments
    assert everyone.name == "All customers"
    assert interpretation.facts.render(everyone.who).startswith("40 customers: all there are.")
    assert interpretation.facts.render(everyone.marks[0]) == (
        "Orders: 9.3 on average; for at least half of them 3 or fewer."
    )
    assert everyone.actions
    assert interpretation.facts["proposed.S2.stable_mark"].value == "fail"
    assert interpretation.facts.verify(interpretation.tables) == ()


def test_only_what_was_found_speaks_against_a_division(one):
    steady = {f"S{n}": certified.segment(f"S{n}", real="fail") for n in (1, 2)}
    untested = certified.certificates("not tested").prediction
    result = certified.certificates("none", {}, proposed=steady, proposed_k=2, prediction=untested)
    interpretation = told(one, result)
    meaning = interpretation.facts.render(certified.certified_of(interpretation).meaning[0])
    assert meaning.startswith("The customers were divided into 2 groups, but the gaps between")
    assert meaning.endswith(
        "; whether the division tells what customers do next could not be tested."
    )
    assert "would not have come out again" not in meaning
    again = certified.certified_of(told(one, certified.none(3)))
    assert "most of this division would not have come out again" in again.meaning[0]


def test_nothing_to_divide_by_is_no_failed_test(one):
    alone = Certificates(
        "none", {}, certified.reality("not tested"), certified.prediction(individual=False)
    )
    story = certified.certified_of(told(one, alone))
    assert "There was nothing to divide" in story.meaning[0]
    assert not any("--force" in step for step in story.next_steps)


def test_actions_of_a_segment_that_failed_are_advised_with_reserve(two):
    cases: dict[tuple[Mark, Mark], str] = {
        ("fail", "pass"): "would not have been recovered",
        ("pass", "fail"): "did not tell what its customers did next",
        ("fail", "fail"): "recovered, and it did not tell",
    }
    for (steady, telling), words in cases.items():
        segmentation = certified.segment("S1", steady, "pass", telling)
        interpretation = told(two, certified.certificates("segments", {"S1": segmentation}))
        reserves = held_back(interpretation)
        [reserve] = reserves["S1"]
        assert words in reserve
        assert reserves["S2"] == []
        assert all(segment.actions for segment in interpretation.insights.segments)
    good = certified.certificates("segments", {"S1": certified.segment("S1", real="fail")})
    assert not any(held_back(told(two, good)).values())


def held_back(interpretation) -> dict[str, list[str]]:
    """Return what the card of each segment holds back below the title of what to do."""
    cards = {
        panel.segment_id: panel
        for section in interpretation.insights.at("main")
        for panel in panels_of(section)
        if panel.role == "card"
    }
    assert cards.keys() == interpretation.names.keys()
    return {key: list(_reserves(card)) for key, card in cards.items()}


def _reserves(block):
    if isinstance(block, Paragraph) and block.role == "reserve":
        yield block.text
    for inner in inside(block):
        yield from _reserves(inner)


def test_a_name_that_is_not_proved_is_weak(two):
    proved = told(two, certified.certificates("segments"))
    assert proved.certificates is not None
    assert proved.certificates.segments["S1"].usable.named is True
    assert proved.certificates.segments["S1"].usable.mark == "pass"

    names = {
        key: Name(key, "Mixed customers", "mixed", (), proved=False) for key in ("S1", "S2", "S3")
    }
    before = certified.certificates(
        "segments", {key: certified.segment(key, usable=mark) for key, mark in
                     (("S1", "pass"), ("S2", "fail"), ("S3", "not tested"))}
    )  # fmt: skip
    after = with_names(before, names).segments
    assert [item.usable.mark for item in after.values()] == ["weak", "fail", "not tested"]
    assert [item.usable.named for item in after.values()] == [False] * 3


def test_customers_alike_in_everything_get_no_proved_name():
    # two groups that differ in nothing but what no rule looks at
    rng = np.random.default_rng(0)
    table = pa.table(
        {"user_id": [f"{n:03}" for n in range(60)], "orders": rng.poisson(3, 60).astype(float)}
    )
    interpretation = interpret(table, segment(table, k=5, features=["orders"]))
    unproved = [item.name for item in interpretation.named.values() if not item.proved]
    assert all(re.search("larger|smaller|group|Mixed", name) for name in unproved)


def test_customers_in_no_group_are_no_segment(two):
    labels = two.table["cluster"].to_numpy().copy()
    labels[::10] = -2
    table = two.table.set_column(1, "cluster", pa.array(labels, pa.int32()))
    result = replace(two, table=table, segment_ids={**two.segment_ids, -2: "noise"})
    interpretation = told(result, certified.certificates("segments"))
    assert interpretation.names["noise"] == "In no group"
    assert interpretation.profiles[-1].segment_id == "noise"
    assert interpretation.everyone.customers == 40
    assert [item.segment_id for item in certified.certified_of(interpretation).segments] == [
        "S2",
        "S1",
    ]
    assert "4 customers are in no group (10.0 %)" in written(interpretation)
    assert interpretation.facts.verify(interpretation.tables) == ()


def test_algorithms_side_by_side(two):
    comparison = pa.table(
        {
            "algorithm": ["kmeans", "dbscan"],
            "segments": [2, 1],
            "noise_share": [0.0, 0.25],
            "silhouette": [0.61, None],
            "smallest_share": [0.375, 0.75],
            "agreement": [1.0, 0.4],
            "sample_customers": [None, 5000],
        }
    )
    interpretation = told(two, None, comparison=comparison)
    [section] = [part for part in interpretation.insights.sections if part.anchor == "comparison"]
    table = section.blocks[0]
    rows = [[interpretation.facts.render(cell) for cell in row.cells] for row in table.rows]
    assert rows == [
        ["k-means", "2", "0 %", "0.61", "37.5 %", "1.00", "–"],
        ["DBSCAN", "1", "25.0 %", "–", "75.0 %", "0.40", "5,000"],
    ]
    assert [row.chosen for row in table.rows] == [True, False]
    assert interpretation.facts.verify(interpretation.tables) == ()


def test_thresholds_in_words_are_those_of_the_tests():
    assert (VALID, DISSOLVED) == (stable.VALID, stable.DISSOLVED)
    assert LEAST_MATCH == prediction.MATCHED
    assert LEVEL == prediction.LEVEL
    assert SEGMENT_DEPTH == reality.SEGMENT_EFFECT_NEEDED
    assert (LEAST_PRECISION, LEAST_RECALL) == (usability.PRECISION, usability.RECALL)
    assert LEAST_SHARE == usability.MIN_SHARE
    text = stated(" ".join(explanation.method for explanation in EXPLANATIONS))
    for number in (
        stable.VALID,
        reality.SEGMENT_EFFECT_NEEDED,
        reality.EFFECT_NEEDED,
        prediction.MATCHED,
        usability.PRECISION,
        usability.RECALL,
    ):
        assert f"{number:g}" in text
    assert f"{usability.MIN_REVENUE_SHARE:.0%}".replace("%", " %") in text
    assert f"{reality.N_WORLDS} such worlds" in text


def test_a_certificate_that_takes_back_what_the_choice_rested_on_says_so(two):
    chosen = replace(two, selection=replace(two.selection, rule="holdout_r2"))
    assert chosen.selection.rests_on_stability
    assert not two.selection.rests_on_stability
    held = certified.certificates("segments")
    weak = certified.certificates(
        "segments", {"S1": certified.segment("S1"), "S2": certified.segment("S2", stable="weak")}
    )
    both = {key: certified.segment(key, stable="weak") for key in ("S1", "S2")}

    def choice(segmentation, result):
        interpretation = told(segmentation, result)
        first, *more = certified.certified_of(interpretation).choice
        assert first == "{clustering.reason}"
        names = [item.name for item in interpretation.insights.segments]
        ids = [item.segment_id for item in interpretation.insights.segments]
        return [interpretation.facts.render(line) for line in more], dict(
            zip(ids, names, strict=True)
        )

    assert choice(chosen, held)[0] == choice(two, weak)[0] == []
    [line], names = choice(chosen, weak)
    assert line == (
        "That was measured before the number was taken, on other resamples: in the "
        f"certificate, “{names['S2']}” comes out less stable than that."
    )
    [line], names = choice(chosen, certified.certificates("segments", both))
    first, second = names.values()
    assert f"“{first}” and “{second}” come out less stable than that." in line


@pytest.mark.parametrize(("returned", "certain"), [(2, False), (3, False), (4, True)])
def test_the_verdict_says_where_another_sample_could_have_given_another_number(
    two, returned, certain
) -> None:
    taken = (2,) * returned + (3,) * (6 - returned)
    again = Repetition(taken, 30, returned, {0: 0.9, 1: 0.8}, 0.8)
    drawn = replace(two, selection=replace(two.selection, repetition=again))
    interpretation = told(drawn, certified.certificates("segments"))
    meaning = [
        interpretation.facts.render(text) for text in certified.certified_of(interpretation).meaning
    ]
    sentence = (
        f"How many segments there are is not certain: only {returned} of 6 random draws of the "
        "customers gave 2 again. What the certificate says holds for these 2."
    )
    assert (sentence in meaning) == (not certain)
    forced = certified.forced(certified.certificates("none"))
    assert "not certain" not in " ".join(certified.certified_of(told(drawn, forced)).meaning)


def test_beside_rare_kinds_the_number_is_that_of_the_others(two) -> None:
    again = Repetition((1, 2, 2), 30, 1, {0: 0.9}, 0.9)
    reason = two.selection.reason.also(rare_clusters=[1], crowd_k=1)
    drawn = replace(two, selection=replace(two.selection, repetition=again, reason=reason))
    interpretation = told(drawn, certified.certificates("segments"))
    assert interpretation.facts.verify(interpretation.tables) == ()
    parts = certified.certified_of(interpretation)
    first, line, *_ = (interpretation.facts.render(text) for text in parts.choice)
    assert first.endswith(
        ". 1 more segment is a rare kind, whose members had no say in this number."
    )
    assert "1 of them gave 1 again" in line
    assert any(
        "only 1 of 3 random draws of the customers gave 1 again"
        in interpretation.facts.render(text)
        for text in parts.meaning
    )
