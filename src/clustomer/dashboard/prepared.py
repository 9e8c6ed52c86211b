"""What the pages show, made once from a version before the server starts.

Texts and pictures take all customers in memory; the server that shows them takes none. So they are
made in a process of their own, which ends, and kept as JSON in a folder that is private.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clustomer.dashboard.stored_blocks import from_json, to_json
from clustomer.errors import ClustomerError, InputError
from clustomer.insights import Facts, Insights
from clustomer.narrative import Catalogue, catalogue_of, kept_narrative
from clustomer.narrative.kept import byline, passages
from clustomer.outputs import Figure, draw_figures
from clustomer.outputs.theme import SegmentLook, looks_of
from clustomer.versions import StoredRun

FILE = "prepared.json"

_DRAWN = ("name", "title", "note", "description", "wide", "narrow")
_COLLECTED = ("version", "usable", "segments", "opening", "portraits", "actions")


@dataclass(frozen=True)
class Prepared:
    """Texts, pictures and rules of a version.

    Attributes
    ----------
    path : Path
        The folder of the version.
    insights : Insights
        Its sections, without what only programs read.
    facts : Facts
    figures : tuple of Figure
        Without their PNG.
    catalogue : Catalogue
        What questions are answered from.
    definition : str
        The segments as one SELECT from a table of events.
    rules : mapping of segment ids
        Each segment as a condition, as `clustomer sql --rules sql` gives it.
    no_rules : str
        Why there is no definition or there are no conditions; mostly nothing.
    points : list of [user_id, x, y]
        The map of the report.
    byline : str
        Who wrote the narrative that was kept, or why it is not shown; nothing, where none was.
    narrative : list of [title, texts]
        That narrative.
    """

    path: Path
    insights: Insights
    facts: Facts
    figures: tuple[Figure, ...]
    catalogue: Catalogue
    definition: str
    rules: Mapping[str, Mapping[str, Any]]
    no_rules: str
    points: list[tuple[str, float, float]]
    byline: str = ""
    narrative: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def looks(self) -> tuple[SegmentLook, ...]:
        """How segments look, in the order of the report."""
        return looks_of(self.insights.sections)


def prepare(results: str, folder: str) -> None:
    """Write what the pages show into a folder."""
    stored = StoredRun.open(results)
    stored.check()
    made = stored.interpret(stored.given_names)
    definition, rules, no_rules = _rules(results)
    projection = stored.segmentation.projection
    points = [] if projection is None else projection.points.to_pylist()
    catalogue = catalogue_of(stored, made)
    document = {
        "path": str(stored.path.resolve()),
        "sections": to_json(made.insights.sections),
        "warning": made.insights.warning,
        "title": made.insights.title,
        "facts": made.facts.to_json(),
        "figures": [
            {name: getattr(figure, name) for name in _DRAWN}
            for figure in draw_figures(made, stored.segmentation)
        ],
        "catalogue": {name: getattr(catalogue, name) for name in _COLLECTED},
        "definition": definition,
        "rules": rules,
        "no_rules": no_rules,
        "points": [[row["user_id"], row["x"], row["y"]] for row in points],
        **_narrative(stored, catalogue),
    }
    text = json.dumps(document, ensure_ascii=False)
    (Path(folder) / FILE).write_text(text, encoding="utf-8")


def read_prepared(folder: Path) -> Prepared:
    """Read what `prepare` wrote."""
    document = json.loads((folder / FILE).read_text(encoding="utf-8"))
    facts = Facts.from_json(document["facts"])
    stated = document["catalogue"]
    return Prepared(
        path=Path(document["path"]),
        insights=Insights(
            from_json(document["sections"]),
            warning=document["warning"],
            title=document["title"],
        ),
        facts=facts,
        figures=tuple(Figure(**part, png=b"", page="") for part in document["figures"]),
        catalogue=Catalogue(
            stated["version"],
            facts,
            tuple(stated["usable"]),
            stated["segments"],
            tuple(stated["opening"]),
            {key: tuple(texts) for key, texts in stated["portraits"].items()},
            {key: tuple(texts) for key, texts in stated["actions"].items()},
        ),
        definition=document["definition"],
        rules=document["rules"],
        no_rules=document["no_rules"],
        points=[tuple(row) for row in document["points"]],
        byline=document["byline"],
        narrative=[(title, texts) for title, texts in document["narrative"]],
    )


def _narrative(stored: StoredRun, catalogue: Catalogue) -> dict[str, Any]:
    """Return the narrative that was kept, passed through its check once more."""
    if stored.narrative is None:
        return {"byline": "", "narrative": []}
    try:
        narrative = kept_narrative(stored.narrative, catalogue)
    except InputError as error:
        # a later check may refuse what an earlier one let through; the pages hold without it
        return {"byline": str(error), "narrative": []}
    return {
        "byline": byline(narrative),
        "narrative": [
            [passage.title, narrative.rendered(passage.texts)] for passage in passages(narrative)
        ],
    }


def _rules(results: str) -> tuple[str, dict[str, dict[str, Any]], str]:
    """Return the segments as SQL and as conditions, or why there are none."""
    from clustomer.pasted_rules import tool_rules
    from clustomer.scoring import segments_sql

    try:
        definition = segments_sql(results, "duckdb")
        made = tool_rules(results, "sql").to_json()
    except ClustomerError as error:
        return "", {}, str(error)
    return definition, {rule["segment_id"]: rule for rule in made["rules"]}, ""
