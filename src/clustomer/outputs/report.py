"""The report: one story, as Markdown and as a page that needs nothing else."""

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket, BytecodeCache
from markupsafe import Markup, escape

from clustomer.errors import OutputError
from clustomer.insights import Facts, Insights
from clustomer.insights.blocks import Block, Section, panels_of, warns_itself
from clustomer.insights.facts import placeholders
from clustomer.outputs.charts import Figure
from clustomer.outputs.markdown import escape_markdown
from clustomer.outputs.markdown_blocks import MarkdownBlocks
from clustomer.outputs.small_pictures import bar, spark
from clustomer.outputs.theme import SIGNS, looks_of, unbroken

TITLE = "Customer segments"
MARKDOWN_NAME = "business_insights.md"
HTML_NAME = "report.html"
SUMMARY_NAME = "summary.html"
FIGURES_NAME = "figures"

Wrap = Callable[[str, str], str]
"""Puts a mark around a number, from the id of its fact and how it is written."""


Drawn = Callable[[str, str], str]
"""Puts a picture into a page, from its SVG and what someone who cannot see it should be told."""


@dataclass(frozen=True)
class Entry:
    """A line of the table of contents; `segment_id` where it is about a segment."""

    text: str
    anchor: str
    segment_id: str | None = None


def report_markdown(
    insights: Insights,
    facts: Facts,
    figures: Sequence[Figure] = (),
    *,
    title: str = "",
    subtitle: str | None = None,
    wrap: Wrap = lambda fact_id, written: written,
) -> str:
    """Return `business_insights.md`.

    Numbers come from `facts` through the placeholders of the texts, and `wrap(id, written)` may
    mark each of them; figures are linked as `figures/<name>.png`. Whatever comes from data is
    escaped. Raises InputError where a text names a fact that there is not.
    """
    blocks = MarkdownBlocks(
        lambda text: escape_markdown(facts.render(text, wrap=wrap)),
        {figure.name: figure.description for figure in figures},
        insights.warning,
    )
    environment = _environment(autoescape=False, finalize=_plain_in_markdown)
    environment.filters["say"] = lambda text: _Written(blocks.say(text))
    environment.filters["own"] = lambda text: _Written(text)

    def at(place: str, level: int) -> list[str]:
        written = (blocks.section(section, level) for section in insights.at(place))
        return [text for text in written if text]

    return environment.get_template("business_insights.md.j2").render(
        **_frame(insights, facts, figures, title, subtitle),
        lead=at("lead", 2),
        main=at("main", 2),
        appendix=at("appendix", 3),
    )


def report_html(
    insights: Insights,
    facts: Facts,
    figures: Sequence[Figure] = (),
    *,
    title: str = "",
    subtitle: str | None = None,
) -> str:
    """Return `report.html`: one page with its style, pictures and a script inside.

    Every number is wrapped in `<span data-fact="id">`. Whatever comes from data is escaped,
    and a content security policy forbids the page to load anything, and to run anything but
    that script, which sorts tables; without it the page reads as well. Raises InputError where a
    text names a fact that there is not.
    """
    environment, frame = page_of(insights, facts, figures, title, subtitle)
    script = environment.get_template("report.js").render()
    return environment.get_template("report.html.j2").render(
        **frame,
        script=script,
        script_hash=f"sha256-{b64encode(sha256(script.encode()).digest()).decode()}",
        lead=insights.at("lead"),
        main=insights.at("main"),
        appendix=insights.at("appendix"),
    )


def summary_html(
    insights: Insights, facts: Facts, figures: Sequence[Figure] = (), *, title: str = ""
) -> str:
    """Return `summary.html`: one page to print, with key figures, segments and three actions."""
    environment, frame = page_of(insights, facts, figures, title)
    verdict = [section.title for section in insights.at("lead") if section.tone is not None]
    return environment.get_template("summary.html.j2").render(
        **frame, page=insights.at("page"), verdict=verdict[0] if verdict else ""
    )


def page_of(
    insights: Insights,
    facts: Facts,
    figures: Sequence[Figure],
    title: str = "",
    subtitle: str | None = None,
    drawn: Drawn = lambda svg, description: svg,
) -> tuple[Environment, dict[str, Any]]:
    """Return what writes blocks on a page, and what every page is told.

    `drawn(svg, description)` says how a picture stands in it.
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

    def estimate(text: str) -> Markup:
        figure, _, bounds = text.partition(" (")
        if not bounds:
            return say(text)
        return Markup('{} <span class="short">{}</span>').format(say(figure), say(f"({bounds}"))

    environment = _environment(autoescape=True)
    environment.filters["say"] = say
    environment.filters["estimate"] = estimate
    # The SVG was drawn here, and its texts were escaped by the XML writer.
    environment.filters["trusted"] = Markup
    environment.filters["drawn"] = lambda svg, text: Markup(drawn(svg, facts.render(text)))
    environment.filters["spark"] = lambda trend: Markup(
        drawn(spark([facts[fact].value for fact in trend]), "")
    )
    environment.filters["bar"] = lambda text: Markup(
        drawn(bar(facts[placeholders(text)[0]].value), "")
    )
    frame = _frame(insights, facts, figures, title, subtitle)

    def show(block: Block, level: int) -> Markup:
        return Markup(getattr(macros, type(block).__name__.lower())(block, level))

    environment.globals["show"] = show
    environment.globals["warns_itself"] = warns_itself
    macros: Any = environment.get_template("blocks.html.j2").make_module(frame)
    return environment, frame


def report_texts(
    insights: Insights,
    facts: Facts,
    figures: Sequence[Figure] = (),
    *,
    title: str = "",
    subtitle: str | None = None,
) -> dict[str, str]:
    """Return the reports by the names of their files: Markdown, page and, if asked for, summary."""
    texts = {
        MARKDOWN_NAME: report_markdown(insights, facts, figures, title=title, subtitle=subtitle),
        HTML_NAME: report_html(insights, facts, figures, title=title, subtitle=subtitle),
    }
    if insights.one_page:
        texts[SUMMARY_NAME] = summary_html(insights, facts, figures, title=title)
    return texts


def write_reports(
    directory: Path,
    insights: Insights,
    facts: Facts,
    figures: Sequence[Figure] = (),
    *,
    title: str = "",
    subtitle: str | None = None,
) -> tuple[Path, ...]:
    """Write both reports and the figures into the directory of a version; return the paths.

    `reports/business_insights.md`, `reports/report.html`, where it was asked for
    `reports/summary.html`, then `reports/figures/*.png`. Folders
    are made where they are missing. Raises OutputError where they cannot be written.
    """
    reports = directory / "reports"
    texts = report_texts(insights, facts, figures, title=title, subtitle=subtitle)
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


class _CompiledOnce(BytecodeCache):
    """Templates as they were compiled, for the next report of this process."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


_COMPILED = {autoescape: _CompiledOnce() for autoescape in (False, True)}
"""What a template is compiled to depends on whether its texts are escaped."""


def _environment(*, autoescape: bool, **settings: Any) -> Environment:
    return Environment(
        loader=PackageLoader("clustomer.outputs"),
        bytecode_cache=_COMPILED[autoescape],
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **settings,
    )


def _frame(
    insights: Insights,
    facts: Facts,
    figures: Sequence[Figure],
    title: str,
    subtitle: str | None,
) -> dict[str, Any]:
    """Return what both reports are told besides the sections of the chapters."""
    return {
        "title": title or insights.title or TITLE,
        "subtitle": _subtitle(facts) if subtitle is None else subtitle,
        "contents": list(contents(insights.at("main"))),
        "figures": {figure.name: figure for figure in figures},
        "colours": {look.segment_id: look.colour for look in looks_of(insights.sections)},
        "warning": insights.warning,
        "page_warning": insights.warning.replace('"', "'"),
        "signs": SIGNS,
    }


def _subtitle(facts: Mapping[str, Any]) -> str:
    return "Source: {run.source}" if "run.source" in facts else ""


def contents(sections: Iterable[Section]) -> Iterator[Entry]:
    """Yield the table of contents: sections with a short title, and the cards of segments."""
    for section in sections:
        if section.short:
            yield Entry(section.short, section.anchor)
        for panel in panels_of(section):
            if panel.role == "card":
                yield Entry(panel.name, panel.anchor, panel.segment_id)
