"""Answers to an agent: every number with the id of its fact, and no customer unless allowed."""

import re
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pyarrow.compute as pc

from clustomer.errors import InputError, did_you_mean
from clustomer.insights.blocks import Section, texts_of
from clustomer.narrative import Catalogue, catalogue_of, check_claims, kept_narrative
from clustomer.narrative.kept import byline, passages
from clustomer.narrative.quantities import owner_of
from clustomer.versions import StoredRun

Document = dict[str, Any]
MOST_FACTS = 50
"""Facts in one answer at most."""


class Answers:
    """What the tools return, over one version of results.

    A statement is text in which the id of its fact stands in brackets after each number:
    `53.4 % [S1.revenue_share]`. What the results do not hold is answered by `lacking`, which says
    so.

    Parameters
    ----------
    stored : StoredRun
    allow_customers : bool, default False
        Whether a single customer may be looked up.
    """

    def __init__(self, stored: StoredRun, *, allow_customers: bool = False) -> None:
        self._stored = stored
        self._allow_customers = allow_customers
        self._made = stored.interpret(stored.given_names)
        self.catalogue: Catalogue = catalogue_of(stored, self._made)

    def overview(self) -> Document:
        """Return the version, the verdict, the segments, and what the report begins with."""
        manifest = self._stored.manifest
        return {
            "version": manifest.version,
            "verdict": manifest.verdict,
            "segments": [
                {"id": key, "name": name, "facts": self._facts(f"{key}.{part}" for part in _SIZE)}
                for key, name in self.catalogue.segments.items()
            ],
            "statements": self._written(self.catalogue.opening),
        }

    def segment(self, segment_id: str) -> Document:
        """Return who a segment is, what to do about it, and its facts."""
        key = self._segment(segment_id)
        if key is None:
            return self._no_segment(segment_id)
        return {
            "id": key,
            "name": self.catalogue.segments[key],
            "statements": self._written(self.catalogue.portraits[key]),
            "actions": self._written(self.catalogue.actions[key]),
            "facts": self._facts(
                fact_id for fact_id in self.catalogue.usable if owner_of(fact_id) == key
            ),
        }

    def search_facts(self, query: str) -> Document:
        """Return the facts whose ids hold all words of a query; see `MOST_FACTS`."""
        words = [word for word in re.split(r"[^\w]+", query.casefold()) if word]
        ids = [
            fact_id
            for fact_id in self._made.facts
            if words and all(word in fact_id.casefold() for word in words)
        ]
        if not ids:
            near = did_you_mean(query[:60], self._made.facts)
            return {"lacking": f"No fact has all of these words in its id. {near[:400]}"}
        return {"facts": self._facts(ids[:MOST_FACTS]), "left_out": len(ids[MOST_FACTS:])}

    def fact(self, fact_id: str) -> Document:
        """Return one fact with its source and the query that computes it again."""
        if fact_id not in self._made.facts:
            return {
                "lacking": f"There is no such fact. {did_you_mean(fact_id[:60], self._made.facts)}"
            }
        [document] = self._facts([fact_id])
        return {**document, "source": dict(self._made.facts[fact_id].source)}

    def chapter(self, name: str) -> Document:
        """Return what one chapter of the report states."""
        sections = self.chapters()
        if name not in sections:
            return {
                "lacking": f"The report has no such chapter. {did_you_mean(name[:60], sections)}"
            }
        section = sections[name]
        return {
            "title": "".join(self._written([section.title])),
            "statements": self._texts(section),
        }

    def chapters(self) -> dict[str, Section]:
        """Return the chapters that can be asked for, by name."""
        return {
            section.anchor: section for section in self._made.insights.sections if section.anchor
        }

    def recommendations(self, segment_id: str) -> Document:
        """Return what a segment wants more than others do, where recommendations were made."""
        key = self._segment(segment_id)
        if key is None:
            return self._no_segment(segment_id)
        texts = [
            text
            for section in self._made.insights.sections
            for text in texts_of(section)
            if "recommend" in section.anchor and f"{{{key}." in text
        ]
        if not texts:
            return {"lacking": "These results hold no recommendations for this segment."}
        return {"id": key, "statements": self._written(texts)}

    def narrative(self) -> Document:
        """Return the narrative that was kept with the results."""
        if self._stored.narrative is None:
            return {
                "lacking": "No narrative was kept with these results. `clustomer insights RESULTS "
                "--save` keeps one."
            }
        try:
            narrative = kept_narrative(self._stored.narrative, self.catalogue)
        except InputError as error:
            return {"lacking": str(error)}
        return {
            "byline": byline(narrative),
            "passages": [
                {"title": passage.title, "statements": self._written(passage.texts)}
                for passage in passages(narrative)
            ],
        }

    def customer(self, user_id: str) -> Document:
        """Return one customer's features and segment, where that is allowed."""
        if not self._allow_customers:
            return {
                "lacking": "Customers are not shown here. Whoever started this server can allow it "
                "with --allow-customers."
            }
        customers, segments = (
            table.filter(pc.equal(table["user_id"], user_id)).to_pylist()
            for table in (self._stored.customers, self._stored.segments)
        )
        if not customers:
            return {"lacking": "There is no such customer in these results."}
        return {"customer": customers[0], "segment": segments[0]}

    def check_claims(self, text: str) -> list[Document]:
        """Tell of every number and comparison in a text whether the results bear it out."""
        return [asdict(verdict) for verdict in check_claims(text, self.catalogue)]

    def _segment(self, segment_id: str) -> str | None:
        """Return the id of a segment that is given by its id or its name."""
        for key, name in self.catalogue.segments.items():
            if segment_id.casefold() in (key.casefold(), name.casefold()):
                return key
        return None

    def _no_segment(self, segment_id: str) -> Document:
        names = did_you_mean(segment_id[:60], self.catalogue.segments)
        return {"lacking": f"There is no such segment. {names}"}

    def _facts(self, ids: Iterable[str]) -> list[Document]:
        facts = self._made.facts
        return [
            {"id": fact_id, "written": facts.format(fact_id), "unit": facts[fact_id].unit}
            for fact_id in ids
            if fact_id in facts and facts[fact_id].value is not None
        ]

    def _texts(self, section: Section) -> list[str]:
        return self._written(dict.fromkeys(texts_of(section)))

    def _written(self, texts: Iterable[str]) -> list[str]:
        """Write texts with the id of each fact in brackets behind its number."""
        return [
            self._made.facts.render(text, wrap=lambda fact_id, number: f"{number} [{fact_id}]")
            for text in texts
            if text
        ]


_SIZE = ("customers", "share", "revenue", "revenue_share")
