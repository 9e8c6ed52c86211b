"""What to recommend: how it was chosen, what segments want, and what is bought together."""

from collections.abc import Iterator, Mapping
from typing import Any

from clustomer.customers.reason import Reason
from clustomer.insights.blocks import (
    Block,
    Bullets,
    Column,
    Headed,
    OfSegment,
    Paragraph,
    Row,
    Section,
    Table,
)
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.chapters.recommended_words import (
    BY,
    DEFINITIONS,
    LEFT_OUT,
    TARGET_WORDS,
    WAYS,
    decision,
    offer_lines,
)
from clustomer.insights.facts import Fact, decimals_for
from clustomer.insights.population import BOTS
from clustomer.insights.study import Study
from clustomer.products import Contest, Recommendations

WANTS, TOGETHER = "What each segment wants more than others", "What goes together"
_SHOWN_WANTS = 5
_SHOWN_PAIRS = 10
_SCORES = {
    "hit_rate": ("share", 1),
    "ndcg": ("score", 3),
    "mrr": ("score", 3),
    "new_hit_rate": ("share", 1),
    "again_hit_rate": ("share", 1),
    "coverage": ("share", 1),
    "new_ndcg": ("score", 3),
}
_GAINS = {
    "ndcg": ("difference", 3),
    "new_ndcg": ("difference", 3),
    "mrr": ("difference", 3),
    "hit_rate": ("difference", 3),
}
_STRETCH = {"start": "date", "end": "date", "days": "days", "customers": "customers"}
_COUNTS = {
    ("", "top"): "products",
    ("", "depth"): "products",
    ("repurchase", "pairs"): "pairs",
    ("repurchase", "rate"): "share",
    ("products", "all"): "products",
    ("products", "gone"): "products",
    ("products", "listed"): "products",
    ("customers", "listed"): "customers",
    ("customers", "without_history"): "customers",
    ("", "returned"): "pairs",
}
_OF_PRODUCTS = {
    "product": "text",
    "other": "text",
    "customers": "customers",
    "orders": "orders",
    "share": "share",
    "elsewhere": "share",
    "lift": "ratio",
    "lift_low": "ratio",
    "lift_high": "ratio",
}


class Recommended(Chapter):
    """Lists of products, the contest that made them, and what is known of products."""

    name = "recommended"
    title = "What to recommend"
    short = "Recommendations"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where nothing was recommended."""
        return None if study.recommendations is not None else "nothing was recommended"

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `recommended.top`, `recommended.cosine.judging.ndcg`, `products.wants.S1.1.lift`."""
        made = _made(study)
        document = made.to_json()
        for (key, name), unit in _COUNTS.items():
            value = (document[key] if key else document)[name]
            yield _stored(f"recommended.{_dotted(key)}{name}", value, unit, key, name)
        for part in ("choosing", "judging"):
            for name, unit in _STRETCH.items() if part in document else ():
                value = document[part][name]
                yield _stored(f"recommended.{part}.{name}", value, unit, part, name)
        if isinstance(made.contest, Reason):
            for name, value in made.contest.numbers.items():
                yield _stored(f"recommended.why.{name}", value, "customers", "why/numbers", name)
        else:
            yield from _contest_facts(document["contest"]["ways"])
        for row in made.products.to_pylist():
            yield from _product_facts(row)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return what is recommended, how that did before, and what is known of products."""
        made = _made(study)
        lead = tuple(Paragraph(text) for text in _lead(made))
        yield from lead
        if isinstance(made.contest, Contest):
            tables = (_ways(made.contest, facts), _lists(made.contest, facts))
            notes = (*_left_out(made.contest), Paragraph(DEFINITIONS, "note"))
            yield Headed("How each way did", (*tables, *notes))
        again = " ".join(_again(made))
        if again:
            yield Headed("What is offered again, and what is not", (Paragraph(again),))
        rows = made.products.to_pylist()
        for title, blocks in (
            (WANTS, _wants(study, [row for row in rows if row["kind"] == "wants"])),
            (TOGETHER, _together([row for row in rows if row["kind"] == "together"])),
        ):
            shown = tuple(blocks)
            if shown:
                yield Headed(title, shown)
        for key in study.names:
            lines = offer_lines([row for row in rows if row["segment_id"] == key])
            if lines:
                yield OfSegment(key, "actions", Bullets(lines, "What to offer"))
        brief = (_brief(made.contest, facts),) if isinstance(made.contest, Contest) else ()
        yield Section(self.title, (*lead, *brief), "screen")


def _made(study: Study) -> Recommendations:
    assert study.recommendations is not None
    return study.recommendations


def _dotted(key: str) -> str:
    return f"{key}." if key else ""


def _stored(name: str, value: Any, unit: str, key: str, column: str) -> Fact:
    source = {"table": "recommendation", "key": key, "column": column, "aggregate": "value"}
    return Fact(name, value, unit, decimals_for(value, unit), None, source)


def way_key(way: str) -> str:
    """Return a way's name as ids of facts have it.

    >>> way_key("segment popularity")
    'segment_popularity'
    """
    return way.replace(" ", "_")


def _contest_facts(ways: Mapping[str, Any]) -> Iterator[Fact]:
    for way, entry in ways.items():
        for part in ("choosing", "judging"):
            scores, fact = entry[part], f"recommended.{way_key(way)}.{part}"
            place = f"contest/ways/{way}/{part}"
            for name, (unit, decimals) in _SCORES.items():
                yield from _score(f"{fact}.{name}", scores[name], unit, decimals, place, name)
            for name, gain in scores["gains"].items():
                for end, value in gain.items():
                    key = f"{place}/gains/{name}"
                    yield from _score(f"{fact}.{name}.{end}", value, *_GAINS[name], key, end)


def _score(
    fact: str, value: float | None, unit: str, decimals: int, key: str, column: str
) -> Iterator[Fact]:
    if value is not None:
        source = {"table": "recommendation", "key": key, "column": column, "aggregate": "value"}
        yield Fact(fact, value, unit, decimals, None, source)


def _product_facts(row: Mapping[str, Any]) -> Iterator[Fact]:
    for name, unit in _OF_PRODUCTS.items():
        if row[name] is not None:
            source = {
                "table": "products.parquet",
                "key": f"key={row['key']}",
                "column": name,
                "aggregate": "value",
            }
            # an interval that begins a little above 1 must be seen to
            places = 2 if unit == "ratio" and row[name] < 10 else decimals_for(row[name], unit)
            fact = f"products.{row['key']}.{name}"
            yield Fact(fact, row[name], unit, places, row["segment_id"], source)


def _lead(made: Recommendations) -> Iterator[str]:
    yield (
        "{recommended.customers.listed:customer/customers} {recommended.customers.listed?has/have} "
        f"a list of up to {{recommended.top:product/products}} in recommendations.csv: "
        f"{TARGET_WORDS[made.target]}"
    )
    contest = made.contest
    if isinstance(contest, Reason):
        yield (
            "No way to recommend was judged. It takes {recommended.why.least:customer/customers} "
            "in each of two stretches at the end of the log who took a product in it and had to "
            "do with one before; there were {recommended.why.choosing} and "
            f"{{recommended.why.judging}}. The lists are made by: {WAYS[made.way].lower()}, "
            "untested."
        )
        return
    yield decision(contest, asked=made.asked)


def _ways(contest: Contest, facts: Mapping[str, Fact]) -> Table:
    columns = (
        Column("Way to recommend", "name"),
        Column("New products: NDCG"),
        Column("More than what is popular", "estimate"),
        Column("When it was chosen", "estimate"),
        Column("All products: NDCG"),
        Column("More than what is popular", "estimate"),
    )
    rows = [
        Row(
            (
                WAYS[entrant.way],
                _fact(facts, entrant.way, "judging", "new_ndcg"),
                _interval(facts, entrant.way, "judging", "new_ndcg"),
                _interval(facts, entrant.way, "choosing", "new_ndcg"),
                _fact(facts, entrant.way, "judging", "ndcg"),
                _interval(facts, entrant.way, "judging", "ndcg"),
            ),
            chosen=entrant.way == contest.winner,
        )
        for entrant in contest.entrants
    ]
    return Table("The contest of recommendations", columns, tuple(rows))


def _lists(contest: Contest, facts: Mapping[str, Fact]) -> Table:
    columns = (
        Column("Way to recommend", "name"),
        Column("Lists with anything taken"),
        Column("More than what is popular", "estimate"),
        Column("With anything new taken"),
        Column("With anything taken again"),
        Column("MRR"),
        Column("More than what is popular", "estimate"),
        Column("Products on any list"),
    )
    rows = []
    for entrant in contest.entrants:
        hits, new, again, mrr, coverage = (
            _fact(facts, entrant.way, "judging", name)
            for name in ("hit_rate", "new_hit_rate", "again_hit_rate", "mrr", "coverage")
        )
        more_hits, more_mrr = (
            _interval(facts, entrant.way, "judging", name) for name in ("hit_rate", "mrr")
        )
        cells = (WAYS[entrant.way], hits, more_hits, new, again, mrr, more_mrr, coverage)
        rows.append(Row(cells, chosen=entrant.way == contest.winner))
    return Table("The lists of each way", columns, tuple(rows))


def _brief(contest: Contest, facts: Mapping[str, Fact]) -> Table:
    columns = {"new_ndcg": "New: NDCG", "ndcg": "All: NDCG", "hit_rate": "Any taken"}
    rows = [
        Row(
            (
                WAYS[entrant.way],
                *(_fact(facts, entrant.way, "judging", name) for name in columns),
            ),
            chosen=entrant.way == contest.winner,
        )
        for entrant in contest.entrants
    ]
    titles = (Column(title) for title in columns.values())
    return Table("The contest in brief", (Column("Way to recommend", "name"), *titles), tuple(rows))


def _fact(facts: Mapping[str, Fact], way: str, part: str, name: str) -> str:
    fact = f"recommended.{way_key(way)}.{part}.{name}"
    return f"{{{fact}}}" if fact in facts else "–"


def _interval(facts: Mapping[str, Fact], way: str, part: str, score: str) -> str:
    ends = ("mean", "low", "high")
    mean, low, high = (_fact(facts, way, part, f"{score}.{end}") for end in ends)
    return mean if low == "–" else f"{mean} ({low} to {high})"


def _left_out(contest: Contest) -> Iterator[Block]:
    texts = [f"{WAYS[way]} {LEFT_OUT[why]}" for way, why in contest.left_out.items()]
    if texts:
        yield Paragraph(" ".join(texts), "note")


def _again(made: Recommendations) -> Iterator[str]:
    did, past = BY[made.target]
    seen = "bought or looked at" if made.numbers["views"] else "bought"
    if made.numbers["repurchase"]["pairs"]:
        yield (
            "Of {recommended.repurchase.pairs:pair/pairs} of a customer and a product that they "
            f"had {past} before the last stretch, {{recommended.repurchase.rate}} came again in "
            f"it, of customers who {did} anything then. So such products are offered again as "
            "likely as that was by how often and how lately they were taken, and by their category."
        )
    if made.numbers["products"]["gone"]:
        yield (
            "Not recommended are {recommended.products.gone} of "
            f"{{recommended.products.all:product/products}}, which nobody {seen} in the last "
            "{threshold.gone_days} of the log."
        )
    if made.numbers["returned"]:
        yield (
            "Nor is it recommended to customers what they sent back: "
            "{recommended.returned:pair/pairs} of a customer and a product."
        )
    if made.numbers["customers"]["without_history"]:
        yield (
            "{recommended.customers.without_history:customer has/customers have} done nothing "
            "with a product so far: their lists are what is popular"
            f"{' in their segment' if made.by_segment else ''}."
        )


def _wants(study: Study, rows: list[dict[str, Any]]) -> Iterator[Block]:
    shown = [row for row in rows if row["place"] <= _SHOWN_WANTS]
    keys = [key for key in study.names if key != BOTS]
    if not shown:
        if len(keys) > 1:
            yield Paragraph("No segment surely wants any product more than the others do.")
        return
    table_rows = tuple(
        Row(
            (
                study.names[key],
                f"{{products.{row['key']}.product}}",
                "Bought" if row["by"] == "purchase" else "Looked at",
                f"{{products.{row['key']}.customers}}",
                f"{{products.{row['key']}.lift}} ({{products.{row['key']}.lift_low}} to "
                f"{{products.{row['key']}.lift_high}})",
            ),
            key,
        )
        for key in keys
        for row in shown
        if row["segment_id"] == key
    )
    columns = (
        Column("Segment", "name"),
        Column("Product", "words"),
        Column("By what they", "words"),
        Column("Customers"),
        Column("Times as often as elsewhere", "estimate"),
    )
    yield Table(WANTS, columns, table_rows)
    yield Paragraph(
        "Wanted more: the product's part of all that the segment took, over its part of what the "
        "others took, from {threshold.wanted_support:customer/customers} of the segment on. In "
        "brackets is the interval that leaves {threshold.attribute_chance} to chance for all "
        "products and segments together; only what is above one to its end is told.",
        "note",
    )


def _together(rows: list[dict[str, Any]]) -> Iterator[Block]:
    shown = rows[:_SHOWN_PAIRS]
    if not shown:
        return
    bought = shown[0]["by"] == "purchase"
    occasion, past = ("Orders", "bought") if bought else ("Visits", "looked at")
    columns = (
        Column("Product", "words"),
        Column(f"Is {past} together with", "words"),
        Column(f"{occasion} with both"),
        Column("Of those with the first"),
        Column("Times as often as by chance", "estimate"),
    )
    table_rows = tuple(
        Row(
            (
                f"{{products.{row['key']}.product}}",
                f"{{products.{row['key']}.other}}",
                f"{{products.{row['key']}.orders}}",
                f"{{products.{row['key']}.share}}",
                f"{{products.{row['key']}.lift}} ({{products.{row['key']}.lift_low}} to "
                f"{{products.{row['key']}.lift_high}})",
            )
        )
        for row in shown
    )
    yield Table(f"What is {past} together", columns, table_rows)
