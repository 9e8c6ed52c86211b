"""Reports beside what they must say: made again from the tables of their version.

Every number in a report comes from a fact, and every fact from the tables. So whatever the reports
show, numbers, words and pictures, follows from the tables, and is written anew here and compared
character by character. A number is known by its place, not by its value.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import unescape
from itertools import zip_longest
from pathlib import Path

from clustomer.errors import InputError
from clustomer.insights import Interpretation
from clustomer.insights.facts.collection import Facts
from clustomer.insights.facts.writing import format_value
from clustomer.narrative import catalogue_of, kept_narrative
from clustomer.narrative.kept import (
    MARKDOWN,
    NAME,
    narrative_document,
    narrative_entry,
    narrative_markdown,
    stated_texts,
)
from clustomer.outputs.charts import Figure
from clustomer.outputs.figures import draw_figures
from clustomer.outputs.markdown import escape_markdown
from clustomer.outputs.report import HTML_NAME, MARKDOWN_NAME, report_markdown, report_texts
from clustomer.outputs.theme import unbroken
from clustomer.proofs.documents import leaves
from clustomer.versions import Difference, StoredRun, package_versions

WRITERS = ("clustomer", "vl-convert-python")
"""What decides how a report is written and drawn: only of these versions it can be made again."""

_OPEN, _BETWEEN, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARKED = re.compile(f"{_OPEN}(.*?){_BETWEEN}(.*?){_CLOSE}")
_SPAN = re.compile(r'<span data-fact="([^"]*)">(.*?)</span>', re.DOTALL)
_SHOWN = 60
"""Characters of a line that a difference shows at most."""


@dataclass(frozen=True)
class Place:
    """Where a number stands in a line: from, to, and the fact that it is."""

    start: int
    end: int
    fact: str


def differing_reports(
    stored: StoredRun,
) -> tuple[dict[str, str | None], list[Difference]]:
    """Write the reports and pictures of a version again from its tables, and compare them.

    Returns
    -------
    writers : dict of a package to its version
        Of those that wrote the reports in another version than today's. Where there are any,
        only the numbers of the page are compared, each with its fact: words and pictures may have
        become others since.
    differences : list of Difference
        Of the kind "report": file, line and, for a number, the id of its fact.
    """
    interpretation = stored.interpret(stored.given_names)
    packages, today = stored.manifest.packages, package_versions()
    writers = {name: packages.get(name) for name in WRITERS if packages.get(name) != today[name]}
    if writers:
        numbers = _differing_numbers(stored, interpretation.facts)
        return writers, [*numbers, *_unlike_narrative(stored, interpretation.facts)]
    files = _differing_files(stored, interpretation)
    return {}, [*files, *_differing_narrative(stored, interpretation)]


def _differing_files(stored: StoredRun, made: Interpretation) -> Iterator[Difference]:
    figures = draw_figures(made, stored.segmentation)
    texts = report_texts(made.insights, made.facts, figures)
    for name in sorted(texts.keys() | _texts(stored)):
        place = f"reports/{name}"
        if name not in texts:
            yield Difference("report", place, "a report", None)
            continue
        places = _spans(texts[name])
        if name == MARKDOWN_NAME:
            places = _places(_marked_markdown(made, figures))
        yield from _differing_lines(place, _text(stored, name), texts[name], places)
    yield from _differing_pictures(stored, figures)


def _marked_markdown(made: Interpretation, figures: tuple[Figure, ...]) -> str:
    """Write the Markdown with marks around each number that name its fact."""
    return report_markdown(
        made.insights,
        made.facts,
        figures,
        wrap=_marked,
    )


def _marked(fact_id: str, written: str) -> str:
    return f"{_OPEN}{fact_id}{_BETWEEN}{written}{_CLOSE}"


def _differing_narrative(stored: StoredRun, made: Interpretation) -> Iterator[Difference]:
    """Pass a narrative through the check of its model once more, and write it again."""
    document = stored.narrative
    if document is None:
        return
    try:
        narrative = kept_narrative(document, catalogue_of(stored, made))
    except InputError as error:
        yield Difference("report", NAME, "a narrative", str(error))
        return
    remade = (
        (NAME, document, json.loads(json.dumps(narrative_document(narrative)))),
        ("run.json: narrative", stored.manifest.narrative, narrative_entry(narrative)),
    )
    for name, one, other in remade:
        for place, stated, again in leaves(one, other):
            if stated != again:
                yield Difference("report", f"{name}: {place}", stated, again)
    yield from _differing_lines(
        MARKDOWN,
        _text(stored, MARKDOWN.removeprefix("reports/")),
        narrative_markdown(narrative),
        _places(narrative_markdown(narrative, wrap=_marked)),
    )


def _texts(stored: StoredRun) -> set[str]:
    """Return the reports that the version holds."""
    return {
        name.removeprefix("reports/")
        for name in stored.manifest.files
        if re.fullmatch(r"reports/[^/]+\.(html|md)", name)
        and (name != MARKDOWN or stored.narrative is None)
    }


def _differing_pictures(stored: StoredRun, figures: tuple[Figure, ...]) -> Iterator[Difference]:
    """Compare pixel for pixel what is drawn again; say also which pictures are too many."""
    drawn = {f"reports/figures/{figure.name}.png": figure.png for figure in figures}
    for name in sorted(drawn.keys() | _pictures(stored)):
        path = stored.path / name
        if name not in drawn:
            yield Difference("report", name, "a picture", None)
        elif path.is_file() and path.read_bytes() != drawn[name]:
            yield Difference("report", name, "another picture", "the picture of these tables")


def _pictures(stored: StoredRun) -> set[str]:
    return {name for name in stored.manifest.files if name.startswith("reports/figures/")}


def _text(stored: StoredRun, name: str) -> str:
    path: Path = stored.path / "reports" / name
    # a file that is missing is named by its hash
    return path.read_bytes().decode("utf-8", errors="replace") if path.is_file() else ""


def _places(marked: str) -> list[list[Place]]:
    """Return where each line of a text has its numbers, without the marks around them."""
    lines = []
    for line in marked.split("\n"):
        places, gone = [], 0
        for match in _MARKED.finditer(line):
            start = match.start() - gone
            places.append(Place(start, start + len(match[2]), match[1].replace("\\", "")))
            gone += len(match[0]) - len(match[2])
        lines.append(places)
    return lines


def _spans(page: str) -> list[list[Place]]:
    """Do the same with a page, whose numbers are marked in it."""
    return [
        [Place(match.start(2), match.end(2), match[1]) for match in _SPAN.finditer(line)]
        for line in page.split("\n")
    ]


def _differing_lines(
    name: str, stored: str, remade: str, places: list[list[Place]]
) -> Iterator[Difference]:
    if not stored or stored == remade:
        return
    one, other = stored.split("\n"), remade.split("\n")
    for old, new in _unlike_lines(one, other):
        place = f"{name}: line {(len(one) if old is None else old) + 1}"
        if old is None or new is None:
            line = _shown(other[new], 0) if new is not None else None
            yield Difference("report", place, None if old is None else _shown(one[old], 0), line)
        else:
            yield _difference(place, one[old], other[new], places[new])


def _unlike_lines(stored: list[str], remade: list[str]) -> Iterator[tuple[int | None, int | None]]:
    """Pair the lines that differ by their numbers; None for one that the other text lacks."""
    if len(stored) == len(remade):
        yield from ((n, n) for n in range(len(stored)) if stored[n] != remade[n])
        return
    for tag, *ends in SequenceMatcher(None, stored, remade, False).get_opcodes():
        if tag != "equal":
            yield from zip_longest(range(*ends[:2]), range(*ends[2:]))


def _difference(place: str, stored: str, remade: str, places: list[Place]) -> Difference:
    """Tell of two lines what differs first: the number, where it is one, else the words there."""
    at = next(
        (index for index, pair in enumerate(zip(stored, remade, strict=False)) if len({*pair}) > 1),
        min(len(stored), len(remade)),
    )
    for number in places:
        if number.start <= at <= number.end:
            longer = len(stored) - len(remade)
            written = stored[number.start : number.end + longer]
            return Difference(
                "report",
                f"{place}, {number.fact}",
                written[:_SHOWN],
                remade[number.start : number.end],
            )
    return Difference("report", place, _shown(stored, at), _shown(remade, at))


def _shown(line: str, at: int) -> str:
    start = max(0, at - _SHOWN // 3)
    return line[start : start + _SHOWN].strip()


def _differing_numbers(stored: StoredRun, facts: Facts) -> Iterator[Difference]:
    """Compare each number of the page with the fact whose id stands there."""
    name = f"reports/{HTML_NAME}"
    for count, line in enumerate(_text(stored, HTML_NAME).split("\n"), 1):
        for fact_id, written in _SPAN.findall(line):
            place = f"{name}: line {count}, {fact_id}"
            if fact_id not in facts:
                yield Difference("report", place, written, None)
                continue
            value = unbroken(facts, fact_id, format_value(facts[fact_id], facts.currency))
            # a word may follow, as in "3 customers"
            if not re.fullmatch(rf"{re.escape(value)}([ \u00a0].*)?", unescape(written)):
                yield Difference("report", place, unescape(written), value)


def _unlike_narrative(stored: StoredRun, facts: Facts) -> Iterator[Difference]:
    """Compare the numbers of a narrative with the facts that its document names for them."""
    document = stored.narrative
    if document is None:
        return
    texts, model = stated_texts(document)
    sentences = [escape_markdown(facts.render(text)) for text in texts]
    lines = _text(stored, MARKDOWN.removeprefix("reports/")).split("\n")
    for sentence in sentences:
        if sentence not in lines:
            yield Difference("report", MARKDOWN, None, sentence)
    # what stands around these sentences has no digits but those of names
    names = [part.segment for part in stored.manifest.segments]
    allowed = sorted((escape_markdown(name) for name in (*names, model)), key=len)
    for count, line in enumerate(lines, 1):
        rest = line
        for name in reversed(allowed):
            rest = rest.replace(name, "") if name else rest
        if line not in sentences and re.search(r"\d", rest):
            yield Difference("report", f"{MARKDOWN}: line {count}", line[:_SHOWN], None)
