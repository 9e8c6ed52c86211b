"""The certificates as people see them: on the page, in Markdown and on the last screen."""

import io
import itertools
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pyarrow as pa
import pytest
from markdown_it import MarkdownIt
from rich.console import Console
from test_report import Page, rendered

import certified
from clustomer.certificates.certificate import Certificates
from clustomer.customers.reason import Reason
from clustomer.insights import Interpretation, interpret
from clustomer.insights.blocks import texts_of
from clustomer.outputs import draw_figures, print_summary, report_html, report_markdown
from clustomer.outputs.theme import SIGNS
from clustomer.segments import Segmentation, segment

FEATURES = ["orders", "revenue"]
SHOP = pa.table(
    {
        "user_id": [f"u{n:02}" for n in range(40)],
        "orders": [1.0 + n % 3 if n < 25 else 20.0 + n % 4 for n in range(40)],
        "revenue": [10.0 + n for n in range(25)] + [900.0 + 3 * n for n in range(15)],
        "purchase_recency_days": [float(1 + n % 9) for n in range(40)],
    }
)
FORCED = certified.forced(certified.certificates("none"))
VERDICTS = {
    "segments": certified.certificates("segments"),
    "continuum": certified.certificates("continuum"),
    "useful": certified.certificates("continuum", reality=certified.reality("not tested")),
    "partly apart": certified.certificates("continuum", reality=certified.reality("pass")),
    "undecided": certified.certificates("undecided"),
    "forced": FORCED,
    "untested": certified.certificates("not tested"),
    "left out": certified.left_out(),
}


@pytest.fixture(scope="module")
def two() -> Segmentation:
    return segment(SHOP, k=2, features=FEATURES)


@pytest.fixture(scope="module")
def one() -> Segmentation:
    return replace(segment(SHOP, k=1, features=FEATURES), structure=False)


def told(
    segmentation: Segmentation, certificates: Certificates | None, **settings
) -> Interpretation:
    return interpret(SHOP, segmentation, certificates=certificates, **settings)


def html(interpretation: Interpretation) -> str:
    return report_html(interpretation.insights, interpretation.facts)


def markdown(interpretation: Interpretation) -> str:
    return report_markdown(interpretation.insights, interpretation.facts)


def screen(interpretation: Interpretation, width: int = 100, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="")
    print_summary(
        Console(file=file, width=width, legacy_windows=False),
        interpretation.insights,
        interpretation.facts,
        report=Path("report.html"),
    )
    file.flush()
    return raw.getvalue().decode(encoding)


def plain(text: str) -> str:
    """Return a text without markup, and with one blank between words."""
    return " ".join(unescape(re.sub(r"<[^>]+>|[\\*]", "", text)).split())


@pytest.mark.parametrize("tested", VERDICTS.values(), ids=VERDICTS)
def test_every_verdict_is_the_headline_everywhere(two, tested):
    interpretation = told(two, tested)
    headline = interpretation.facts.render(certified.certified_of(interpretation).headline)
    page = html(interpretation)
    Page(page)
    assert plain(page).count(headline) == 2
    assert f"## {headline}" in markdown(interpretation).replace("\\", "")
    for width, encoding in ((100, "utf-8"), (44, "ascii")):
        assert headline in plain(screen(interpretation, width, encoding))


def test_without_certificates_nothing_is_said_of_them(two):
    interpretation = told(two, None)
    assert "ertificate" not in re.sub(
        r"<style>.*?</style>", "", html(interpretation), flags=re.DOTALL
    )
    assert "ertificate" not in markdown(interpretation)
    assert "tested" not in screen(interpretation)


def test_every_mark_is_a_word_beside_its_sign(two):
    for marks in itertools.permutations(certified.MARKS):
        result = certified.certificates("segments", {"S1": certified.segment("S1", *marks)})
        interpretation = told(two, result)
        page, text, last = html(interpretation), markdown(interpretation), screen(interpretation)
        row = next(line for line in plain(last.replace("\n", " | ")).split(" | ") if "✓" in line)
        for test, mark in zip(("stable", "real", "predictive", "usable"), marks, strict=True):
            badge = rf'aria-hidden="true">{SIGNS[mark]}</span> {mark}</span>'
            # the card, the table, the certificate; whether it is set apart is not on the card
            assert len(re.findall(badge, page)) == (2 if test == "real" else 3)
            assert f"{SIGNS[mark]} {mark}" in text
            assert f"{SIGNS[mark]} {mark}" in row


@pytest.mark.parametrize("marks", [("pass",) * 4, ("weak",) * 4, ("fail",) * 4, certified.MARKS])
def test_what_was_found_is_on_the_page_word_for_word(two, marks):
    result = certified.certificates("segments", {"S1": certified.segment("S1", *marks)})
    interpretation = told(two, result)
    page, text = plain(html(interpretation)), plain(markdown(interpretation))
    [item] = certified.certified_of(interpretation).segments
    sentences = [line for finding in item.findings for line in finding.texts]
    assert len(sentences) >= 4
    for sentence in sentences:
        assert plain(interpretation.facts.render(sentence)) in page
        assert plain(interpretation.facts.render(sentence)) in text


def test_numbers_of_the_certificate_are_marked_as_facts(two):
    interpretation = told(two, VERDICTS["segments"])
    page = Page(html(interpretation))
    for fact_id, written in page.facts.items():
        assert written.replace("\xa0", " ").startswith(interpretation.facts.format(fact_id))
    for fact_id in (
        "S1.stable_in_100",
        "S1.real_statistic",
        "S1.lift_revenue_low",
        "S1.usable_recall",
        "holdout.horizon_days",
        "baseline.rfm_125.auc_high",
        "carried.auc",
        "reality.worlds",
    ):
        assert fact_id in page.facts


def test_the_contest_is_a_table_in_which_ours_stands_out(two):
    interpretation = told(two, VERDICTS["segments"])
    tables = MarkdownIt("commonmark").enable("table").render(markdown(interpretation))
    assert "<strong>These segments</strong>" in tables
    for name in ("The ten RFM segments", "The 125 RFM cells", "An individual model"):
        assert name in tables
    assert html(interpretation).count('class="chosen"') == 1
    bare = replace(
        VERDICTS["segments"],
        prediction=replace(certified.prediction(), baselines=(), carried_auc=None, carried_r2=None),
    )
    assert "The ten RFM segments" not in html(told(two, bare))


SECTIONS = ("glance", "spend", "certificate", "comparison", "appendix")
COMPARISON = pa.table(
    {"algorithm": ["kmeans", "ward"], "segments": [2, 2], "silhouette": [0.5, 0.4]}
)


def test_forced_segments_carry_the_warning_on_every_page_and_in_every_section(two):
    interpretation = told(two, FORCED, comparison=COMPARISON)
    warning = interpretation.insights.warning
    page = html(interpretation)
    assert page.count(f"⚠</span> {warning}</p>") >= len(SECTIONS) + len(
        interpretation.insights.segments
    )
    for section in SECTIONS:
        inside = page.partition(f'id="{section}"')[2].partition("</section>")[0]
        assert warning in inside, section
    for card in re.findall(r'<article class="card".*?</article>', page, re.DOTALL):
        assert warning in card
    for certificate in re.findall(r'<div class="panel certified".*?</dl>', page, re.DOTALL):
        assert warning in certificate
    # on paper, each sheet has it in its margin
    assert f'@top-center {{ content: "{warning}"' in page

    parts = re.split(r"^##+ ", markdown(interpretation), flags=re.MULTILINE)
    titled = {part.partition("\n")[0]: part for part in parts[1:]}
    for title in ("The segments at a glance", "What is at stake"):
        assert warning in titled[title]
    for name in interpretation.names.values():
        assert warning in titled[name]
        assert warning in titled[f"Certificate of {name}"]
    assert warning in parts[0]
    assert warning in titled["Appendix: how it was done"]
    assert warning in titled["Certificate: how far these segments can be relied on"]
    assert warning in titled["The same customers, divided by other algorithms"]

    assert warning in plain(screen(interpretation))
    for figure in draw_figures(interpretation, two):
        assert figure.note.startswith(warning)


def test_segments_that_hold_carry_no_warning(two):
    interpretation = told(two, VERDICTS["segments"], comparison=COMPARISON)
    assert "⚠" not in html(interpretation) + markdown(interpretation) + screen(interpretation)
    assert "@top-center" not in html(interpretation)


def test_one_segment_has_a_whole_report(one):
    interpretation = told(one, certified.none(3))
    page, text, last = html(interpretation), markdown(interpretation), screen(interpretation)
    Page(page)
    for shown in (plain(page), plain(text)):
        assert "No structure found: everyone is one segment." in shown
        assert "The groups that were found, and not delivered" in shown
        assert "Group 3" in shown
        assert "Address customers by the plain groups" in shown
        assert "--force gives the segments" in shown
        assert "40 customers: all there are." in shown
    assert "Found, and not delivered:" in last
    assert "1 segment" in last
    assert next(iter(draw_figures(interpretation, one))).name == "segments"


def test_what_a_certificate_says_of_the_data_is_inert(two):
    hostile = "<script>alert(1)</script>](javascript:x) | `x` \n# h {0} www.example.org"
    tame = certified.segment("S1", "not tested", "not tested", "not tested", "not tested")
    bad = replace(
        tame,
        stable=replace(tame.stable, why=Reason.stated(hostile)),
        real=replace(tame.real, why=Reason.stated(hostile)),
        predictive=replace(tame.predictive, why=Reason.stated(hostile)),
        usable=replace(tame.usable, why=Reason.stated(hostile)),
    )
    names = {"S1": "Tame"}, {"S1": "<b>*x*</b> | y"}
    ways = [
        told(two, certified.certificates("segments", {"S1": item}), given_names=given)
        for item, given in zip((tame, bad), names, strict=True)
    ]
    first, second = (Page(html(way)) for way in ways)
    assert not any(name.startswith("on") for name, _ in second.attributes)
    assert second.tags.count("script") == first.tags.count("script") == 1
    assert set(first.tags) == set(second.tags)
    kinds = [rendered(markdown(way)) for way in ways]
    assert set(kinds[0]) == set(kinds[1])


def test_links_lead_somewhere_and_ids_are_unique(two, one):
    for text in (told(two, verdict, comparison=COMPARISON) for verdict in VERDICTS.values()):
        page = Page(html(text))
        assert len(page.ids) == len(set(page.ids))
        for name, value in page.attributes:
            if name == "href" and value != "../segments.csv":
                assert value is not None
                assert value.removeprefix("#") in page.ids
    assert Page(html(told(one, certified.none()))).open == []


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_last_screen_keeps_words_whole_and_lines_short(two, one, width, encoding):
    ways = [told(two, VERDICTS["segments"]), told(two, FORCED), told(one, certified.none())]
    for way in ways:
        text = screen(way, width, encoding)
        assert all(len(line.rstrip()) <= width for line in text.splitlines())
        words = set(re.findall(r"[\w-]+", text))
        for item in certified.certified_of(way).segments:
            assert set(re.findall(r"[\w-]+", item.name)) <= words
            assert {"pass", "weak"} <= words


def test_every_text_of_a_certificate_is_rendered_somewhere(two):
    interpretation = told(two, FORCED, comparison=COMPARISON)
    page = plain(html(interpretation))
    apart = {
        text
        for place in ("screen", "page")
        for part in interpretation.insights.at(place)
        for text in texts_of(part)
    }
    for text in set(interpretation.insights.texts()) - apart:
        assert plain(interpretation.facts.render(text)) in page, text
