"""The tables with a row for each segment, or for what is said of one."""

from collections.abc import Iterable, Sequence

import pyarrow as pa

from clustomer.insights import Interpretation
from clustomer.insights.facts.sources import fact_query
from clustomer.insights.population import BOTS
from clustomer.powerbi.columns import COUNT, SHARE, Column, StarTable, distinct, star_table
from clustomer.powerbi.relationships import SEGMENT
from clustomer.versions import StoredRun

Cells = tuple[Column, Sequence[object]]

_KEY = Column(SEGMENT, "segment_key", "whole", hidden=True)
_SEGMENT = Column("Segment", "segment", "text", "Its name.", sort_by="Order")
_MARKS = {
    "stable": ("Stable", "Whether resamples find the segment again."),
    "real": ("Set apart", "Whether a valley lies between it and the others."),
    "predictive": ("Predictive", "Whether it tells what its customers do next."),
    "usable": ("Usable", "Whether a short rule finds its customers."),
}


def segment_keys(made: Interpretation) -> dict[str, int]:
    """Return a number for each segment, from 1 in the order of the report; bots have none."""
    ids = [part.segment_id for part in made.profiles if part.segment_id != BOTS]
    return {segment_id: number for number, segment_id in enumerate(ids, 1)}


def segments_table(stored: StoredRun, made: Interpretation, keys: dict[str, int]) -> StarTable:
    """Return `Segments`: its name, its place in the report, and its certificate."""
    names = distinct([made.names[segment_id] for segment_id in keys])
    rows = [{"key": number, "id": segment_id} for segment_id, number in keys.items()]
    columns: list[Cells] = [
        (_KEY, [row["key"] for row in rows]),
        (Column("Segment id", "segment_id", "text"), [row["id"] for row in rows]),
        (_SEGMENT, names),
        (Column("Order", "position", "whole", hidden=True), [row["key"] for row in rows]),
    ]
    certificates = stored.certificates
    if certificates is not None:
        for name, (title, text) in _MARKS.items():
            marks = []
            for segment_id in keys:
                certificate = certificates.segments.get(segment_id)
                mark = getattr(certificate, name).mark if certificate else "not tested"
                marks.append(mark)
            columns.append((Column(title, name, "text", text), marks))
    return _table("Segments", "One row per segment, in the order of the report.", columns)


def profiles_table(made: Interpretation, keys: dict[str, int]) -> StarTable:
    """Return `Profiles`: the mean and the median of each feature in each segment."""
    described = made.study.described
    rows = [
        (
            keys[part.segment_id],
            column.label[:1].upper() + column.label[1:],
            number,
            column.unit,
            column.slug,
            part.features[name],
            made.everyone.features[name],
        )
        for part in made.profiles
        if part.segment_id in keys
        for number, (name, column) in enumerate(described.items(), 1)
    ]
    everyone = "The same of all customers."
    columns: list[Cells] = [
        (_KEY, [row[0] for row in rows]),
        (Column("Feature", "feature", "text", sort_by="Feature order"), [row[1] for row in rows]),
        (Column("Feature order", "feature_order", "whole", hidden=True), [row[2] for row in rows]),
        (Column("Unit", "unit", "text"), [row[3] for row in rows]),
        (Column("Name in facts", "slug", "text"), [row[4] for row in rows]),
        (Column("Mean", "mean", "number"), [row[5].mean for row in rows]),
        (Column("Median", "median", "number"), [row[5].median for row in rows]),
        (Column("Mean of everyone", "mean_all", "number", everyone), [row[6].mean for row in rows]),
        (
            Column(
                "Difference",
                "difference",
                "number",
                "From everyone, in standard deviations on the scale of the fit.",
            ),
            [row[5].difference for row in rows],
        ),
    ]
    return _table("Profiles", "One row per segment and feature.", columns)


def advice_table(made: Interpretation, keys: dict[str, int]) -> StarTable:
    """Return `Advice`: who a segment is and what to do about it, as the report says it."""
    rows = [
        (keys[part.segment_id], kind, made.facts.render(text))
        for part in made.insights.segments
        if part.segment_id in keys
        for kind, texts in (
            ("Who they are", [part.who, *part.marks]),
            ("Why it matters", [part.why]),
            ("What to do", [action.text for action in part.actions]),
        )
        for text in texts
        if text
    ]
    columns: list[Cells] = [
        (_KEY, [row[0] for row in rows]),
        (Column("Line", "line", "whole"), list(range(1, len(rows) + 1))),
        (Column("About", "about", "text"), [row[1] for row in rows]),
        (Column("Text", "text", "text"), [row[2] for row in rows]),
    ]
    return _table("Advice", "What the report says of each segment.", columns)


def wanted_table(stored: StoredRun, keys: dict[str, int]) -> StarTable | None:
    """Return `Wanted products`: what a segment takes more than others, or is to be offered next."""
    assert stored.recommendations is not None
    words = {"wants": "Takes more than others", "next": "On most lists"}
    rows = [
        row
        for row in stored.recommendations.products.to_pylist()
        if row["kind"] in words and row["segment_id"] in keys
    ]
    if not rows:
        return None
    columns: list[Cells] = [
        (_KEY, [keys[row["segment_id"]] for row in rows]),
        (Column("About", "kind", "text"), [words[row["kind"]] for row in rows]),
        (Column("Place", "place", "whole"), [row["place"] for row in rows]),
        (Column("Product", "product", "text"), [row["product"] for row in rows]),
        (Column("Customers", "customers", "whole", "", COUNT), [row["customers"] for row in rows]),
        (Column("Share", "share", "number", "", SHARE), [row["share"] for row in rows]),
        (
            Column("Share elsewhere", "elsewhere", "number", "", SHARE),
            [row["elsewhere"] for row in rows],
        ),
        (
            Column("Times as often", "lift", "number", "As customers of other segments."),
            [row["lift"] for row in rows],
        ),
    ]
    return _table("Wanted products", "What each segment wants.", columns)


def facts_table(made: Interpretation) -> StarTable:
    """Return `Facts`: every number of the report, with the query that recomputes it."""
    facts = made.facts
    rows = list(facts.values())
    numbers = [f.value if isinstance(f.value, int | float) else None for f in rows]
    about = [
        made.names.get(fact.segment_id, fact.segment_id) if fact.segment_id else "The shop"
        for fact in rows
    ]
    columns: list[Cells] = [
        (Column("Fact", "fact", "text", "Its id in facts.json."), [fact.id for fact in rows]),
        (Column("About", "about", "text"), about),
        (Column("As the report writes it", "written", "text"), [facts.format(f.id) for f in rows]),
        (Column("Value", "value", "number"), numbers),
        (Column("Unit", "unit", "text"), [fact.unit for fact in rows]),
        (
            Column("SQL", "sql", "text", "DuckDB runs it in the folder of the version."),
            [fact_query(fact, facts) for fact in rows],
        ),
    ]
    return _table("Facts", "Every number that the report shows, and its source.", columns)


def _table(name: str, description: str, columns: Iterable[Cells]) -> StarTable:
    types = {"whole": pa.int64(), "number": pa.float64(), "text": pa.string()}
    return star_table(
        name,
        description,
        [
            (column, pa.chunked_array([pa.array(values, types[column.kind])]))
            for column, values in columns
        ],
    )
