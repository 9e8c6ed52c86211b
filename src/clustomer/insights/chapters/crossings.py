"""Where the segments and a facet meet: combinations that are more than both let expect."""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import NormalDist

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clustomer.facets import Facet
from clustomer.insights.blocks import (
    Block,
    Bullets,
    Column,
    OfSegment,
    Paragraph,
    Row,
    Section,
    Table,
)
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.chapters.crossing import Crossing
from clustomer.insights.chapters.facet_advice import members_advice
from clustomer.insights.chapters.facet_names import facet_names
from clustomer.insights.chapters.facet_words import ADVICE, NAMES, PRACTICE
from clustomer.insights.facts import Fact, decimals_for, escape
from clustomer.insights.study import Study
from clustomer.insights.texts import in_sentence
from clustomer.thresholds import CHANCE, EFFECT, FEWEST_EXPECTED, FEWEST_KNOWN

MOST_INSIGHTS = 5
_BY_CONSTRUCTION = (
    "A path is made of the same visits, carts and orders as the segments: that some of them go "
    "together is partly so by construction."
)


class Crossings(Chapter):
    """The segments beside each facet, and the combinations that surprise."""

    name = "facet-crossings"
    title = "Where segments and facets meet"
    short = "Combinations"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where there are not two segments, or no facet holds."""
        if study.facets is None or not study.facets.held:
            return "no facet holds"
        return None if len(study.groups) > 1 else "there is one segment"

    def tables(self, study: Study) -> Mapping[str, pa.Table]:
        """Return `facet_crossings`: a row for each segment and each segment of a facet."""
        rows = [
            {
                "crossing": crossing.key,
                "segment_id": crossing.segment_id,
                "facet_segment_id": crossing.facet_segment_id,
                "customers": crossing.customers,
                "expected": crossing.expected,
                "ratio": _ratio(crossing.customers, crossing.expected),
                "placed": crossing.placed,
                "share": crossing.share,
                "revenue": crossing.revenue,
                "revenue_expected": crossing.revenue_expected,
                "revenue_ratio": _ratio(crossing.revenue, crossing.revenue_expected),
            }
            for crossing in study.once(crossings)
        ]
        return {"facet_crossings": pa.Table.from_pylist(rows, schema=_SCHEMA)}

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `crossing.S1.taste.2.customers` and the like."""
        for crossing in study.once(crossings):
            ratio = _ratio(crossing.customers, crossing.expected)
            yield _fact(crossing, "customers", crossing.customers, "customers")
            yield _fact(crossing, "ratio", ratio, "ratio")
            yield _fact(crossing, "placed", crossing.placed, "customers")
            yield _fact(crossing, "share", crossing.share, "share")
            if crossing.worth_more:
                worth = _ratio(crossing.revenue, crossing.revenue_expected)
                yield _fact(crossing, "revenue", crossing.revenue, "currency")
                yield _fact(crossing, "revenue_ratio", worth, "ratio")

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return what surprises, and a table for each facet."""
        assert study.facets is not None
        met = study.once(crossings)
        insights = _insights(study, met)
        if insights:
            yield Bullets(tuple(insights.values()), "More than both let expect")
            for crossing, sentence in insights.items():
                yield OfSegment(crossing.segment_id, "left", Paragraph(sentence))
        else:
            yield Paragraph(
                "No combination holds surely more customers, or brings more, than its segment and "
                "its facet let expect."
            )
        yield from members_advice(study.facets.held, met)
        for facet in study.facets.held:
            cells = {(c.segment_id, c.facet_segment_id): c for c in met if c.facet == facet.name}
            beside = () if facet.view in PRACTICE else (Paragraph(_BY_CONSTRUCTION, "note"),)
            yield Section(NAMES[facet.name], (_table(study, facet, cells), *beside))
        yield Paragraph(
            "A cell has its customers, and how many times as many that is as there would be if the "
            "two had nothing to do with each other. A combination is told where the difference is "
            "at least {threshold.effect}, and by so much that among all cells not even one is "
            "likely to be chance (a level of {threshold.attribute_chance} for all together, after "
            "Bonferroni).",
            "note",
        )


_SCHEMA = pa.schema(
    [
        ("crossing", pa.string()),
        ("segment_id", pa.string()),
        ("facet_segment_id", pa.string()),
        ("customers", pa.int64()),
        ("expected", pa.float64()),
        ("ratio", pa.float64()),
        ("placed", pa.int64()),
        ("share", pa.float64()),
        ("revenue", pa.float64()),
        ("revenue_expected", pa.float64()),
        ("revenue_ratio", pa.float64()),
    ]
)


def crossings(study: Study) -> tuple[Crossing, ...]:
    """Return every combination of a segment and a segment of a facet."""
    assert study.facets is not None
    segments = [profile.segment_id for profile in study.groups]
    ids = np.asarray(study.labelled["segment_id"].to_pylist(), dtype=object)
    every = [
        (facet, np.asarray(study.facets.table[f"{facet.name}_segment_id"].to_pylist(), object))
        for facet in study.facets.held
    ]
    cells = sum(len(segments) * len(facet.segments) for facet, _ in every)
    # customers and revenue of each cell are looked at
    sure = NormalDist().inv_cdf(1 - CHANCE / (2 * 2 * max(cells, 1)))
    revenue = _revenue(study)
    return tuple(
        crossing
        for facet, labels in every
        for crossing in _of_facet(facet, labels, ids, segments, revenue, sure)
    )


def _revenue(study: Study) -> NDArray[np.float64] | None:
    """Return the revenue of each customer, in the order of the labels."""
    if "revenue" not in study.people.columns:
        return None
    by_id = study.people.columns["revenue"]
    order = np.argsort(np.argsort(study.labelled["user_id"].to_numpy(zero_copy_only=False)))
    return np.asarray(by_id[order])


def _of_facet(
    facet: Facet,
    labels: NDArray[np.object_],
    ids: NDArray[np.object_],
    segments: Sequence[str],
    revenue: NDArray[np.float64] | None,
    sure: float,
) -> Iterator[Crossing]:
    placed = np.isin(ids, np.asarray(segments, dtype=object)) & (labels != None)  # noqa: E711
    total = int(placed.sum())
    for segment_id in segments:
        row = placed & (ids == segment_id)
        for part in facet.segments:
            column = placed & (labels == part.segment_id)
            both = row & column
            customers = int(both.sum())
            p, q = row.sum() / max(total, 1), column.sum() / max(total, 1)
            expected = float(total * p * q)
            spread = math.sqrt(max(expected * (1 - p) * (1 - q), 1e-12))
            yield Crossing(
                facet.name,
                segment_id,
                part.segment_id,
                customers,
                round(expected, 9),
                expected >= FEWEST_EXPECTED
                and customers >= (1 + EFFECT) * expected
                and (customers - expected) / spread >= sure,
                *_worth(revenue, both, row, column, placed, sure),
                placed=int(row.sum()),
            )


def _worth(
    revenue: NDArray[np.float64] | None,
    both: NDArray[np.bool_],
    row: NDArray[np.bool_],
    column: NDArray[np.bool_],
    placed: NDArray[np.bool_],
    sure: float,
) -> tuple[float | None, float | None, bool]:
    """Return the mean revenue of a combination, what both let expect, and whether it is more."""
    if revenue is None or both.sum() < FEWEST_KNOWN:
        return None, None, False
    theirs, everyone = revenue[both], float(revenue[placed].mean())
    if everyone <= 0:
        return None, None, False
    expected = float(revenue[row].mean() * revenue[column].mean() / everyone)
    error = float(theirs.std(ddof=1) / math.sqrt(len(theirs)))
    mean = float(theirs.mean())
    # what is no more than one of the two by itself is no news
    most = max(expected, float(revenue[row].mean()), float(revenue[column].mean()))
    more = expected > 0 and mean >= (1 + EFFECT) * expected and mean - most >= sure * error
    return round(mean, 9), round(expected, 9), bool(more and error > 0)


def _ratio(part: float | None, expected: float | None) -> float | None:
    return None if part is None or not expected or expected < 0 else round(part / expected, 9)


def _fact(crossing: Crossing, name: str, value: float | None, unit: str) -> Fact:
    source = {
        "table": "facet_crossings.parquet",
        "key": f"crossing={crossing.key}",
        "column": name,
        "aggregate": "value",
    }
    decimals = 0 if unit == "customers" else decimals_for(value, unit)
    return Fact(f"crossing.{crossing.key}.{name}", value, unit, decimals, None, source)


def _insights(study: Study, met: Sequence[Crossing]) -> dict[Crossing, str]:
    assert study.facets is not None
    names = {facet.name: facet_names(facet) for facet in study.facets.held}
    marked = {
        part.segment_id for facet in study.facets.held for part in facet.segments if part.marks
    }
    # a path is made of the same carts and orders as the segments: that they go together is no news
    practised = {facet.name for facet in study.facets.held if facet.view in PRACTICE}
    telling = sorted(
        (
            crossing
            for crossing in met
            if crossing.worth_more or (crossing.surely and crossing.facet in practised)
        ),
        key=lambda one: (-(_ratio(one.customers, one.expected) or 0), one.key),
    )
    return {
        crossing: _sentence(
            crossing,
            study.names[crossing.segment_id],
            names[crossing.facet],
            marked=crossing.facet_segment_id in marked and crossing.facet in practised,
        )
        for crossing in telling[:MOST_INSIGHTS]
    }


def _sentence(crossing: Crossing, segment: str, names: Mapping[str, str], *, marked: bool) -> str:
    key = f"crossing.{crossing.key}"
    facet = names[crossing.facet_segment_id]
    parts = []
    if crossing.surely:
        parts.append(
            f"{{{key}.customers:customer/customers}}, {{{key}.ratio}} times as many as expected"
        )
    if crossing.worth_more:
        parts.append(
            f"{{{key}.revenue}} a customer, {{{key}.revenue_ratio}} times what both let expect"
        )
    # where nothing marks the part of a facet, there is nothing to go by
    advice = f" {ADVICE[crossing.facet].format(facet=escape(facet))}" if marked else ""
    who = f"{in_sentence(segment)} whose {crossing.facet} is “{escape(facet)}”"
    return f"{who}: {'; '.join(parts)}.{advice}"


def _table(study: Study, facet: Facet, cells: Mapping[tuple[str, str], Crossing]) -> Table:
    names = facet_names(facet)
    return Table(
        f"Segments by {facet.name}",
        (Column("Segment", "name"), *(Column(escape(names[p.segment_id])) for p in facet.segments)),
        tuple(
            Row(
                (
                    study.names[profile.segment_id],
                    *(_cell(cells[profile.segment_id, p.segment_id]) for p in facet.segments),
                ),
                profile.segment_id,
            )
            for profile in study.groups
        ),
    )


def _cell(crossing: Crossing) -> str:
    key = f"crossing.{crossing.key}"
    return f"{{{key}.customers}} (× {{{key}.ratio}})" if crossing.expected else "–"
