"""Facets: what customers look for, in chapters of their own; those that do not hold, in a line."""

from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa

from clustomer.facets import Facet, FacetSegment
from clustomer.insights.blocks import Block, Column, FigureRef, Paragraph, Row, Section, Table
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.chapters.facet_names import bin_labels, facet_names
from clustomer.insights.chapters.facet_words import (
    NAMES,
    TITLES,
    VIEWS,
    facet_sentence,
)
from clustomer.insights.facts import Fact, decimals_for, escape
from clustomer.insights.study import Study
from clustomer.insights.texts import listed


class FacetChapter(Chapter):
    """The segments of one facet: who they are, what marks them, whether it will last."""

    def __init__(self, facet: str) -> None:
        self.facet = facet
        self.name = f"facet-{facet}"  # type: ignore[misc]
        self.title = TITLES[facet]  # type: ignore[misc]
        self.short = NAMES[facet]  # type: ignore[misc]

    def _of(self, study: Study) -> Facet | None:
        facets = study.facets.held if study.facets is not None else ()
        return next((facet for facet in facets if facet.name == self.facet), None)

    def needs(self, study: Study) -> str | None:
        """Return what is missing where the facet does not hold."""
        return None if self._of(study) is not None else "the facet does not hold"

    def tables(self, study: Study) -> Mapping[str, pa.Table]:
        """Return `facets`: a row for each segment of each facet that holds."""
        return {"facets": study.once(_table)}

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `facet.taste.customers`, `facet.taste.1.customers` and the like."""
        facet = self._of(study)
        assert facet is not None
        yield from _facet_facts(facet)
        for number, segment in enumerate(facet.segments, 1):
            yield from _segment_facts(facet, segment, number)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return how they are seen, a table of the segments, and what came next."""
        facet = self._of(study)
        assert facet is not None
        key, names = f"facet.{facet.name}", facet_names(facet)
        yield Paragraph(
            f"Seen by {VIEWS[facet.view]}, the {{{key}.customers:customer/customers}} with at "
            f"least {{{key}.least_visits:visit/visits}} of that kind fall into "
            f"{{{key}.segments:group/groups}}."
        )
        yield Table(
            f"Segments by {facet.name}",
            (
                Column("Segment", "name"),
                Column("Customers"),
                Column("Share of their visits in what marks them"),
                Column("The same of everyone"),
                Column("Members with more of it than everyone"),
            ),
            tuple(
                _row(key, number, names[segment.segment_id], segment)
                for number, segment in enumerate(facet.segments, 1)
            ),
        )
        yield FigureRef(f"facet_{facet.name}")
        if facet.following is not None:
            yield Paragraph(
                f"Segments made of the visits before the holdout date told what came next: "
                f"{{{key}.following.share}} of their members' later visits were in what marks "
                f"the segment, against {{{key}.following.everyone}} of everyone's, "
                f"{{{key}.following.lift}} times as much ({{{key}.following.low}} to "
                f"{{{key}.following.high}}, {{threshold.confidence}} interval)."
            )
        else:
            yield Paragraph(
                "Whether they tell what comes next could not be tested: too few customers have "
                "enough visits before and after the holdout date.",
                "note",
            )
        yield Paragraph(_method(facet, key), "note")
        yield Section(self.title, (_screen(facet, names),), "screen")


def _screen(facet: Facet, names: Mapping[str, str]) -> Table:
    """Return the table for the last screen: the segments and how many are in each."""
    key = f"facet.{facet.name}"
    rows = (
        Row((escape(names[segment.segment_id]), f"{{{key}.{number}.customers}}"))
        for number, segment in enumerate(facet.segments, 1)
    )
    columns = (Column("Segment", "name"), Column("Customers"))
    return Table(f"Segments by {facet.name}", columns, tuple(rows))


def _method(facet: Facet, key: str) -> str:
    others = ""
    if facet.also:
        ways = listed([VIEWS[view] for view in facet.also])
        others = f" Seen by {ways}, there are groups, too; the clearer ones are shown."
    return (
        f"{{{key}.reliability}} of how far customers are apart in it belongs to the customers; the "
        f"rest is chance in their visits. The groups explain {{{key}.gain}} times the variance "
        "that groups explain in a crowd whose customers differ as much, but by degree "
        f"({{threshold.facet_gain}} are needed), and the gaps between them are {{{key}.dip}} deep, "
        f"against at most {{{key}.dip_crowd}} in {{{key}.crowds}} such crowds. Two halves of the "
        f"same customers' visits agree on the segment with a kappa of {{{key}.agreement}} (0 is "
        "chance, 1 is always). Who has fewer visits, and suspected bots, are in "
        f"none.{others}"
    )


def _row(key: str, number: int, name: str, segment: FacetSegment) -> Row:
    place = f"{key}.{number}"
    marked = bool(segment.marks)
    return Row(
        (
            escape(name),
            f"{{{place}.customers}}",
            f"{{{place}.inside}}" if marked else "–",
            f"{{{place}.everyone}}" if marked else "–",
            f"{{{place}.true_of}}" if marked else "–",
        )
    )


def _table(study: Study) -> pa.Table:
    """Return the segments of the facets that hold, and what marks them."""
    rows = [
        {
            "facet": facet.name,
            "segment_id": segment.segment_id,
            "segment": facet_names(facet)[segment.segment_id],
            "marks": [bin_labels(facet)[mark] for mark in segment.marks],
            "customers": segment.customers,
            "inside": segment.inside,
            "everyone": _everyone(facet, segment),
            "true_of": segment.true_of,
        }
        for facet in (study.facets.held if study.facets is not None else ())
        for segment in facet.segments
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


_SCHEMA = pa.schema(
    [
        ("facet", pa.string()),
        ("segment_id", pa.string()),
        ("segment", pa.string()),
        ("marks", pa.list_(pa.string())),
        ("customers", pa.int64()),
        ("inside", pa.float64()),
        ("everyone", pa.float64()),
        ("true_of", pa.float64()),
    ]
)


def _everyone(facet: Facet, segment: FacetSegment) -> float:
    return round(sum(facet.everyone[mark] for mark in segment.marks), 12)


def _facet_facts(facet: Facet) -> Iterator[Fact]:
    key, way = f"facet.{facet.name}", f"facets/{facet.name}"
    test, following = facet.test, facet.following
    assert test is not None
    places: list[tuple[str, float | int | None, str, str]] = [
        ("customers", facet.customers, "customers", way),
        ("least_visits", facet.least_visits, "visits", way),
        ("reliability", test.reliability, "share", f"{way}/test"),
        ("gain", test.gain, "ratio", f"{way}/test"),
        ("dip", test.dip, "share", f"{way}/test"),
        ("dip_crowd", test.dip_crowd, "share", f"{way}/test"),
        ("crowds", test.crowds, "crowds", f"{way}/test"),
        ("agreement", test.agreement, "kappa", f"{way}/test"),
    ]
    for name, value, unit, at in places:
        yield _stored(f"{key}.{name}", value, unit, at, name)
    yield Fact(
        f"{key}.segments",
        len(facet.segments),
        "segments",
        0,
        None,
        {"table": "segmentation", "key": way, "column": "segments", "aggregate": "length"},
    )
    if following is not None:
        for name, unit in (
            ("share", "share"),
            ("everyone", "share"),
            ("lift", "ratio"),
            ("low", "ratio"),
            ("high", "ratio"),
        ):
            value = getattr(following, name)
            yield _stored(f"{key}.following.{name}", value, unit, f"{way}/following", name)


def _stored(name: str, value: float | int | None, unit: str, at: str, column: str) -> Fact:
    source = {"table": "segmentation", "key": at, "column": column, "aggregate": "value"}
    decimals = 2 if unit in ("ratio", "kappa") else decimals_for(value, unit)
    return Fact(name, value, unit, decimals, None, source)


def _segment_facts(facet: Facet, segment: FacetSegment, number: int) -> Iterator[Fact]:
    key = f"facet.{facet.name}.{number}"
    column = f"{facet.name}_segment_id"
    yield Fact(
        f"{key}.customers",
        segment.customers,
        "customers",
        0,
        None,
        {
            "table": "segments",
            "key": f"{column}={segment.segment_id}",
            "column": column,
            "aggregate": "count",
        },
    )
    values = {
        "inside": segment.inside,
        "everyone": _everyone(facet, segment),
        "true_of": segment.true_of,
    }
    if not segment.marks:
        return
    for name, value in values.items():
        source = {
            "table": "facets.parquet",
            "key": f"segment_id={segment.segment_id}",
            "column": name,
            "aggregate": "value",
        }
        yield Fact(f"{key}.{name}", value, "share", decimals_for(value, "share"), None, source)


class FacetsLeftOut(Chapter):
    """Which facets were looked for and do not hold, and why: a line each."""

    name = "facets-left-out"
    title = "Facets that were left out"
    place = "appendix"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where every facet that was looked for holds."""
        return None if self._left_out(study) else "no facet was left out"

    def _left_out(self, study: Study) -> tuple[Facet, ...]:
        facets = study.facets.facets if study.facets is not None else ()
        return tuple(facet for facet in facets if not facet.holds)

    def facts(self, study: Study) -> Iterable[Fact]:
        """Make what the sentences name."""
        for facet in self._left_out(study):
            key, way = f"facet.{facet.name}", f"facets/{facet.name}"
            yield _stored(f"{key}.customers", facet.customers, "customers", way, "customers")
            yield _stored(f"{key}.least_visits", facet.least_visits, "visits", way, "least_visits")
            if facet.test is not None and facet.test.gain is not None:
                yield _stored(f"{key}.gain", facet.test.gain, "ratio", f"{way}/test", "gain")

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return a sentence for each."""
        for facet in self._left_out(study):
            yield Paragraph(f"{NAMES[facet.name]}: {facet_sentence(facet)}")
