"""The report: one story, as Markdown and as a page that needs nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from clustomer.errors import OutputError
from clustomer.insights import Facts, Insights, SegmentInsight
from clustomer.insights.story import Finding
from clustomer.outputs.charts import Figure
from clustomer.outputs.markdown import escape_markdown
from clustomer.outputs.theme import SIGNS, TONES, SegmentLook, segment_looks, unbroken

TITLE = "Customer segments"
MARKDOWN_NAME = "business_insights.md"
HTML_NAME = "report.html"
FIGURES_NAME = "figures"

# Pictures that need a word of statistics stand in the appendix.
APPENDIX_FIGURES = ("pca", "dendrogram", "choice_of_k")

_COLUMNS = (
    ("customers", "Customers"),
    ("share", "Share of customers"),
    ("revenue", "Revenue"),
    ("revenue_share", "Share of revenue"),
)


@dataclass(frozen=True)
class Cell:
    """One number of a segment in a table: its column and its text, a placeholder."""

    title: str
    text: str


def report_markdown(
    insights: Insights,
    facts: Facts,
    figures: Sequence[Figure] = (),
    *,
    title: str = TITLE,
    subtitle: str | None = None,
) -> str:
    """Return `business_insights.md`.

    Numbers come from `facts` through the placeholders of the texts; figures are linked as
    `figures/<name>.png`. Whatever comes from data is escaped. Raises InputError where a text
    names a fact that there is not.
    """
    environment = Environment(
        loader=PackageLoader("clustomer.outputs"),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_plain_in_markdown,
    )
    environment.filters["say"] = lambda text: _Written(escape_markdown(facts.render(text)))
    environment.filters["own"] = lambda text: _Written(str(text))
    return _fill(environment, "business_insights.md.j2", insights, facts, figures, title, subtitle)


def report_html(
    insights: Insights,
    facts: Facts,
    figures: Sequence[Figure] = (),
    *,
    title: str = TITLE,
    subtitle: str | None = None,
) -> str:
    """Return `report.html`: one page with its style and pictures inside, and no script.

    Every number is wrapped in `<span data-fact="id">`. Whatever comes from data is escaped,
    and a content security policy forbids the page to load or run anything. Raises InputError
    where a text names a fact that there is not.
    """

    def say(text: str) -> Markup:
        return Markup(
            facts.render(
                text,
                wrap=lambda fact_id, written: str(
                    Markup('<span data-fact="{}">{}</span>').format(
                        fact_id, unbroken(facts, fact_id, written)
                    )
                ),
                literal=lambda words: str(escape(words)),
            )
        )

    environment = Environment(
        loader=PackageLoader("clustomer.outputs"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

    def estimate(text: str) -> Markup:
        figure, _, bounds = text.partition(" (")
        if not bounds:
            return say(text)
        return Markup('{} <span class="short">{}</span>').format(say(figure), say(f"({bounds}"))

    environment.filters["say"] = say
    environment.filters["estimate"] = estimate
    # The SVG was drawn here, and its texts were escaped by the XML writer.
    environment.filters["trusted"] = Markup
    return _fill(environment, "report.html.j2", insights, facts, figures, title, subtitle)


def write_reports(
    directory: Path,
    insights: Insights,
    facts: Facts,
    figures: Sequence[Figure] = (),
    *,
    title: str = TITLE,
    subtitle: str | None = None,
) -> tuple[Path, ...]:
    """Write both reports and the figures into the directory of a version; return the paths.

    `reports/business_insights.md`, `reports/report.html`, then `reports/figures/*.png`. Folders
    are made where they are missing. Raises OutputError where they cannot be written.
    """
    reports = directory / "reports"
    texts = {
        MARKDOWN_NAME: report_markdown(insights, facts, figures, title=title, subtitle=subtitle),
        HTML_NAME: report_html(insights, facts, figures, title=title, subtitle=subtitle),
    }
    written: list[Path] = []
    try:
        (reports / FIGURES_NAME).mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            path = reports / name
            path.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
        for figure in figures:
            path = reports / FIGURES_NAME / f"{figure.name}.png"
            path.write_bytes(figure.png)
            written.append(path)
    except OSError as error:
        raise OutputError(
            f"The reports cannot be written to {directory} ({error.strerror}); a folder that can "
            "be written to was expected. Choose another one, or make room."
        ) from error
    return tuple(written)


class _Written(str):
    """Markdown that is already escaped."""


def _plain_in_markdown(value: Any) -> str:
    return value if isinstance(value, _Written) else escape_markdown(str(value))


def _fill(
    environment: Environment,
    template: str,
    insights: Insights,
    facts: Facts,
    figures: Sequence[Figure],
    title: str,
    subtitle: str | None,
) -> str:
    looks = {
        look.segment_id: look
        for look in segment_looks((s.segment_id, s.name) for s in insights.segments)
    }
    columns = segment_columns(insights, facts)
    certified = insights.certification.segments if insights.certification is not None else ()
    found = {each.segment_id: each.findings for each in certified}
    return environment.get_template(template).render(
        title=title,
        subtitle=_subtitle(facts) if subtitle is None else subtitle,
        opening=insights.opening,
        columns=[Cell(name, "") for _, name in columns],
        segments=[
            _segment(segment, looks[segment.segment_id], columns, facts, found)
            for segment in insights.segments
        ],
        spend=[{**vars(row), "colour": looks[row.segment_id].colour} for row in insights.spend],
        spend_note=insights.spend_note,
        method=insights.method,
        limits=insights.limits,
        warning=insights.warning,
        page_warning=insights.warning.replace('"', "'"),
        signs=SIGNS,
        certification=_certification(insights, looks),
        comparison=insights.comparison,
        standings=any(segment.standing for segment in insights.segments),
        main_figures=[figure for figure in figures if figure.name not in APPENDIX_FIGURES],
        appendix_figures=[figure for figure in figures if figure.name in APPENDIX_FIGURES],
    )


def _certification(insights: Insights, looks: Mapping[str, SegmentLook]) -> dict[str, Any] | None:
    told = insights.certification
    if told is None:
        return None
    tone = "fail" if told.warning else TONES[told.verdict]
    return {
        **vars(told),
        "tone": tone.replace(" ", "-"),
        "sign": SIGNS[tone],
        "segments": [
            {**vars(each), "colour": looks[each.segment_id].colour} for each in told.segments
        ],
    }


def _subtitle(facts: Mapping[str, Any]) -> str:
    return "Source: {run.source}" if "run.source" in facts else ""


def segment_columns(insights: Insights, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the number columns of the table of segments: those that some segment has a fact for.

    Pairs of the last part of the fact's id and the column's title.
    """
    return [
        (key, title)
        for key, title in _COLUMNS
        if any(f"{segment.segment_id}.{key}" in facts for segment in insights.segments)
    ]


def _segment(
    segment: SegmentInsight,
    look: SegmentLook,
    columns: Sequence[tuple[str, str]],
    facts: Mapping[str, Any],
    found: Mapping[str, Sequence[Finding]],
) -> dict[str, Any]:
    return {
        **vars(segment),
        "findings": found.get(segment.segment_id, ()),
        "anchor": f"segment-{segment.segment_id}",
        "colour": look.colour,
        "cells": [
            Cell(
                title,
                f"{{{segment.segment_id}.{key}}}"
                if f"{segment.segment_id}.{key}" in facts
                else "–",
            )
            for key, title in columns
        ],
    }
