import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from markdown_it import MarkdownIt
from stories import contrast, opening_of, overview, tell

from clustomer.errors import InputError, OutputError
from clustomer.insights import Facts
from clustomer.outputs import report_html, report_markdown, write_reports
from clustomer.outputs.report import summary_html

VOID = {"meta", "br", "hr", "img", "link", "input"}
HOSTILE = '<script>alert(1)</script>](javascript:x) | `x` \n# h "quoted" {{0}} www.example.org'


class Page(HTMLParser):
    """A page as a person gets it: tags balanced, texts, headings, links."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.in_fact = 0
        self.cards: list[str] = []
        self.facts: dict[str, str] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        result = dict(attrs)
        if "id" in result:
            self.ids.append(result["id"])
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if result.get("class") == "card":
            self.cards.append("")
        if tag not in VOID:
            # numbers of pictures are looked at in the tests of pictures
            is_fact = tag == "span" and "data-fact" in result
            self.open.append(f"fact {result['data-fact']}" if is_fact else tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        opened = self.open.pop()
        assert opened == tag or (tag == "span" and opened.startswith("fact "))

    def handle_data(self, data):
        facts = [name for name in self.open if name.startswith("fact ")]
        if facts:
            self.facts[facts[-1].removeprefix("fact ")] = data
        elif "article" in self.open:
            self.cards[-1] += data


@pytest.fixture(scope="module")
def html(story, figures):
    return report_html(story.insights, story.facts, figures)


@pytest.fixture(scope="module")
def markdown(story, figures):
    return report_markdown(story.insights, story.facts, figures)


def test_the_page_is_well_formed_and_small(html):
    page = Page(html)
    assert html.startswith("<!doctype html>\n<html lang=")
    assert len(page.ids) == len(set(page.ids))
    assert len(html.encode()) < 500_000


def test_the_page_asks_nothing_of_the_network(html):
    assert "http://www.w3.org/2000/svg" in html
    rest = html.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:|//[a-z]", rest)
    assert not re.search(r"@import|url\((?!#)|<(link|iframe|img|object|form)\b", rest)
    # the one script there is, and none else, may run
    [script] = re.findall(r"<script>(.*?)</script>", rest, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in rest
    assert not re.search(r"fetch|XMLHttp|import\(|eval|innerHTML|localStorage", script)
    for name, value in Page(html).attributes:
        assert not name.startswith("on")
        if name in ("href", "src", "xlink:href"):
            assert value.startswith("#") or value == "../segments.csv"
    assert "default-src 'none'" in html


def test_every_link_of_the_page_has_its_target(html):
    page = Page(html)
    for name, value in page.attributes:
        if name == "href" and value.startswith("#"):
            assert value.removeprefix("#") in page.ids


def test_headings_step_down_one_at_a_time(html):
    headings = Page(html).headings
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(headings))


def test_every_picture_says_what_it_shows(html, figures):
    labels = [value for name, value in Page(html).attributes if name == "aria-label"]
    for figure in figures:
        assert labels.count(figure.description) == 2  # wide and narrow, one of them hidden


def test_the_page_is_made_for_dark_screens_paper_and_phones(html):
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media print" in html
    assert "break-inside: avoid" in html
    assert re.search(r"@media screen and \(max-width: \d+rem\)", html)
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in html


def test_the_palette_of_the_page_has_contrast(html):
    matches = re.findall(r":root \{\s+color-scheme.*?\}|:root \{.*?\}", html, re.DOTALL)
    assert len(matches) == 3  # light, dark, print
    for block in matches:
        colour = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for ground in ("page", "surface"):
            for text in ("ink", "muted", "accent", "good", "fair", "poor"):
                assert contrast(colour[text], colour[ground]) >= 4.5, (text, ground)
        assert contrast(colour["poor"], colour["alarm"]) >= 4.5
        assert contrast(colour["muted"], colour["soft"]) >= 4.5


def test_numbers_of_a_segment_are_facts(html, story):
    page = Page(html)
    assert len(page.cards) == len(story.insights.segments)
    for card in page.cards:
        assert not re.search(r"\d", re.sub(r'segment_id is "\w+"', "", card)), card
    for fact_id, written in page.facts.items():
        assert written.replace("\u00a0", " ").startswith(story.facts.format(fact_id))
    assert {"S3.revenue_share", "S3.orders.mean", "everyone.revenue"} <= set(page.facts)


def test_numbers_of_a_segment_are_facts_in_markdown_too(story):
    numbers = {
        fact_id: story.facts.format(fact_id)
        for fact_id, fact in story.facts.items()
        if fact.unit != "text"
    }
    text = report_markdown(story.insights, story.facts)
    part = text.partition("## Segment by segment")[2].partition("## What is at stake")[0]
    for written in sorted(numbers.values(), key=len, reverse=True):
        part = part.replace(written.replace("<", "\\<"), "")
    assert not re.search(r"\d", re.sub(r'segment_id is "\w+"', "", part))


def test_a_fact_that_was_not_computed_is_an_error(story):
    insights = replace(story.insights, sections=(opening_of("{S9.share} of customers"),))
    with pytest.raises(InputError, match="S9"):
        report_html(insights, story.facts)
    with pytest.raises(InputError, match="S9"):
        report_markdown(insights, story.facts)


def test_what_comes_from_data_is_inert_in_the_page(story):
    hostile = tell(rename={"S3": HOSTILE.replace("{{0}}", ""), "S2": "</style><b>"}, word=HOSTILE)
    page = Page(report_html(hostile.insights, hostile.facts))
    assert page.tags == Page(report_html(story.insights, story.facts)).tags
    assert not any(name.startswith("on") for name, _ in page.attributes)


def rendered(text: str) -> list[str]:
    """Return the kinds of elements that Markdown makes of a text, with those inside lines."""
    kinds = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        kinds.append(token.type)
        kinds += [child.type for child in token.children or [] if child.type != "text"]
    return [kind for kind in kinds if kind not in ("text_special", "softbreak")]


def test_what_comes_from_data_is_inert_in_markdown(story):
    hostile = tell(rename={"S3": HOSTILE.replace("{{0}}", ""), "S2": "# x | y"}, word=HOSTILE)
    assert rendered(report_markdown(hostile.insights, hostile.facts)) == rendered(
        report_markdown(story.insights, story.facts)
    )


def test_markdown_holds_the_whole_story(markdown, story, figures):
    tables = MarkdownIt("commonmark").enable("table").render(markdown)
    assert tables.count("<table>") == 2
    for figure in figures:
        assert f'src="figures/{figure.name}.png"' in tables
    assert "<strong>High-value loyal customers</strong></td>" in tables
    assert "EUR 482,114" in tables
    first = markdown.index("23,844 customers spent EUR 775,818")
    assert first < markdown.index("## The segments at a glance")
    headings = re.findall(r"^## (.*)$", markdown, re.MULTILINE)
    assert headings[0] == "What you need to know"
    assert headings[-1] == "Appendix: how it was done"


def test_reports_are_written_whole_and_the_same_each_time(tmp_path, story, figures):
    paths = write_reports(tmp_path / "v", story.insights, story.facts, figures)
    assert [path.relative_to(tmp_path / "v").as_posix() for path in paths] == [
        "reports/business_insights.md",
        "reports/report.html",
        *(f"reports/figures/{figure.name}.png" for figure in figures),
    ]
    again = write_reports(tmp_path / "w", story.insights, story.facts, figures)
    assert [p.read_bytes() for p in paths] == [p.read_bytes() for p in again]
    assert b"\r" not in paths[0].read_bytes() + paths[1].read_bytes()


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path, story):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OutputError, match="Choose another"):
        write_reports(tmp_path / "taken", story.insights, story.facts)


def test_without_revenue_there_are_no_empty_columns(story):
    facts = Facts([f for i, f in story.facts.items() if not i.endswith(".revenue_share")])
    segments = tuple(
        replace(segment, why="", headline_mark="") for segment in story.insights.segments
    )
    sections = (opening_of("No revenue."), *overview(segments, facts))
    insights = replace(
        story.insights, segments=segments, sections=(*sections, *story.insights.at("appendix"))
    )
    text = report_html(insights, facts)
    Page(text)
    assert "Share of revenue" not in text
    assert 'id="spend"' not in text
    assert "Share of revenue" not in report_markdown(insights, facts)


def test_a_title_of_the_users_own_is_inert_everywhere(story):
    titled = replace(story.insights, title="A <b> & {shop} *x*", one_page=True)
    page, text = report_html(titled, story.facts), report_markdown(titled, story.facts)
    printed = summary_html(titled, story.facts)
    assert text.startswith("# A \\<b\\> & {shop} \\*x\\*\n")
    for html in (page, printed):
        assert "<h1>A &lt;b&gt; &amp; {shop} *x*</h1>" in html
    assert "<script" not in printed
    assert "default-src 'none'" in printed


def test_the_summary_is_written_where_it_is_asked_for(story, tmp_path):
    write_reports(tmp_path / "without", story.insights, story.facts)
    assert not (tmp_path / "without" / "reports" / "summary.html").exists()
    asked = replace(story.insights, one_page=True)
    written = write_reports(tmp_path / "with", asked, story.facts)
    assert tmp_path / "with" / "reports" / "summary.html" in written
