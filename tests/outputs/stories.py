"""A small story, told as the insights tell one, with facts that were not computed but given."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from clustomer.insights.advice import Action
from clustomer.insights.blocks import (
    Bullets,
    Column,
    FigureRef,
    Labelled,
    Paragraph,
    Row,
    Section,
    Table,
    filled,
)
from clustomer.insights.chapters.cards import Cards, card, segment_numbers
from clustomer.insights.chapters.glance import Glance, screen_of_segments, table_of_segments
from clustomer.insights.chapters.opening import Opening
from clustomer.insights.facts import Fact, Facts
from clustomer.insights.story import Insights, SegmentInsight
from clustomer.outputs.charts import (
    Figure,
    choice_of_k_chart,
    differences_chart,
    draw,
    pca_chart,
    sizes_chart,
)
from clustomer.outputs.charts.layers import Label
from clustomer.outputs.theme import luminance, segment_looks

SEGMENTS = (
    ("S3", "High-value loyal customers", 1932, 0.081, 482113.5, 0.6214),
    ("S2", "Cart abandoners", 4106, 0.1722, 139800.0, 0.1802),
    ("S1", "One-time visitors", 15231, 0.6388, 121004.25, 0.1559),
    ("S4", "Lapsed customers", 2575, 0.108, 32900.0, 0.0425),
    ("bots", "Suspected bots", 3, 0.0001, 0.0, 0.0),
)
FEATURES = (
    ("engagement", "days since the last visit"),
    ("engagement", "active days"),
    ("engagement", "views"),
    ("purchases", "orders"),
    ("purchases", "revenue"),
    ("purchases", "days between orders"),
    ("assortment", "different products looked at"),
    ("assortment", "price level"),
)


@dataclass(frozen=True)
class Story:
    """What a report is made of."""

    insights: Insights
    facts: Facts


def tell(rename: dict[str, str] | None = None, word: str = "shoes") -> Story:
    """Return a story; `rename` gives segments other names, `word` comes from the data."""
    rows = [(key, (rename or {}).get(key, name), *rest) for key, name, *rest in SEGMENTS]
    source = {"table": "customers", "key": "S1", "column": "user_id", "aggregate": "count"}
    facts = []
    for key, _, customers, share, revenue, revenue_share in rows:
        facts += [
            Fact(f"{key}.customers", customers, "customers", 0, key, source),
            Fact(f"{key}.share", share, "share", 1, key, source),
            Fact(f"{key}.revenue", revenue, "currency", 0, key, source),
            Fact(f"{key}.revenue_share", revenue_share, "share", 1, key, source),
            Fact(f"{key}.orders.mean", 3.2, "orders", 2, key, source),
            Fact(f"{key}.orders.ratio", 4.1, "ratio", 1, key, source),
            Fact(f"{key}.recency_days.mean", 3.2, "days", 1, key, source),
            Fact(f"{key}.favourite", word, "text", 0, key, source),
            Fact(f"{key}.break_even", 0.042, "share", 1, key, source),
        ]
    facts += [
        Fact("everyone.customers", 23844, "customers", 0, None, source),
        Fact("everyone.revenue", 775817.75, "currency", 0, None, source),
        Fact("everyone.orders.mean", 0.78, "orders", 2, None, source),
        Fact("run.rejected", 412, "rows", 0, None, source),
        Fact("run.events", 1000000, "events", 0, None, source),
        Fact("run.kept", 999588, "events", 0, None, source),
        Fact("clustering.k", 4, "segments", 0, None, source),
        Fact("run.start", "2019-10-01", "text", 0, None, source),
        Fact("run.end", "2019-10-31", "text", 0, None, source),
        Fact("run.time_zone", "Europe/Berlin", "text", 0, None, source),
        Fact(
            "clustering.reason",
            "4 clusters, since the elbow and the silhouette agree.",
            "text",
            0,
            None,
            source,
        ),
    ]
    computed = Facts(facts, currency="EUR")
    return Story(_insights(rows, word, computed), computed)


def opening_of(*lines: str) -> Section:
    """Return the section that a report begins with."""
    opening = Bullets(lines, role="numbered")
    return Section(Opening.title, (opening,), "lead", "opening")


def overview(segments: tuple[SegmentInsight, ...], facts: Facts) -> tuple[Section, ...]:
    """Return the table of segments, their cards, and their table on the last screen."""
    numbers = segment_numbers(segments, facts)
    cards = tuple(card(segment, numbers[segment.segment_id]) for segment in segments)
    glance = table_of_segments(segments, numbers)
    figures = tuple(FigureRef(name) for name in ("segments", "differences", "pca", "choice_of_k"))
    sections = (
        Section(Glance.title, (glance, *figures), "main", "glance", Glance.short),
        Section(Cards.title, cards, "main", "segments"),
        Section("", (screen_of_segments(segments, facts),), "screen"),
    )
    return tuple(part for part in filled(sections, {}) if isinstance(part, Section))


def _insights(rows: list[tuple], word: str, facts: Facts) -> Insights:
    segments = tuple(
        SegmentInsight(
            segment_id=key,
            name=name,
            evidence=(
                f"They place {{{key}.orders.mean}} orders each, {{{key}.orders.ratio}} times as "
                "many as everyone.",
                f"Their favourite is {{{key}.favourite}}.",
            ),
            who=f"{{{key}.customers:customer/customers}}, {{{key}.share}} of all, were last seen "
            f"{{{key}.recency_days.mean}} before the end of the window.",
            marks=(
                f"Orders are strongly higher: {{{key}.orders.mean}} each, against "
                "{everyone.orders.mean} for everyone.",
                f"The last visit is clearly more recent: {{{key}.recency_days.mean}}.",
            ),
            why=f"They bring {{{key}.revenue}}, {{{key}.revenue_share}} of all revenue. Losing "
            "one of them costs more than losing any other customer.",
            actions=(
                Action(
                    "retention",
                    "Thank them before you sell to them: early access, a person "
                    "to talk to, no blanket discount.",
                ),
                Action("personalization", f"Show {{{key}.favourite}} first."),
                Action("revenue", "Suggest what goes with their last order."),
            ),
            measure=f"Orders per customer, now {{{key}.orders.mean}}, against a group that was "
            "left alone.",
            headline_mark=f"{{{key}.orders.mean}} orders each",
            headline_action="Thank them early, discount nothing",
        )
        for key, name, *_ in rows
    )
    opening = (
        "{everyone.customers:customer/customers} spent {everyone.revenue} in the window.",
        f"{rows[0][1]} are {{S3.share}} of customers and bring {{S3.revenue_share}} of all.",
        "{S2.customers} customers fill carts and leave: {S2.revenue_share} of revenue.",
        "The largest group came once; {S1.share} of customers are in it.",
        "Start with the loyal: one of them is worth many of the others.",
    )
    return Insights(
        segments=segments,
        sections=(
            opening_of(*opening),
            *overview(segments, facts),
            Section(
                "What is at stake, and when an action pays",
                (_spend(rows), Paragraph(SPEND_NOTE, "note")),
                "main",
                "spend",
                "What is at stake",
            ),
            _step("Data", "{run.events} events were read.", "{run.rejected} rows were rejected."),
            _step("Number of segments", "{clustering.reason}"),
            _step("What these results cannot tell", "They do not say what causes what."),
            Section("", SCREEN, "screen"),
        ),
    )


SCREEN = (
    Paragraph("{run.events} events, {everyone.customers} customers, {clustering.k} segments"),
    Paragraph("{run.start} to {run.end}, {run.time_zone}", "aside"),
    Labelled("Why so many", "{clustering.reason}"),
    Labelled("Cleaning", "kept {run.kept} of {run.events} rows; {run.rejected} rejected"),
)
SPEND_NOTE = "No effect is promised: the last column is what an action would have to achieve."


def _spend(rows: list[tuple]) -> Table:
    return Table(
        "Table of spend",
        (Column("Segment", "name"), Column("Revenue"), Column("Pays from", "words")),
        tuple(
            Row((name, f"{{{key}.revenue}}", f"it lifts revenue by {{{key}.break_even}}"), key)
            for key, name, *_ in rows
            if key != "bots"
        ),
    )


def _step(title: str, *texts: str) -> Section:
    return Section(title, (Bullets(texts),), "appendix")


def draw_all(story: Story, *, points: int = 1500) -> tuple[Figure, ...]:
    """Draw the four pictures of a story, over generated customers."""
    looks = segment_looks((s.segment_id, s.name) for s in story.insights.segments)
    rng = np.random.default_rng(0)
    facts, ids = story.facts, [look.segment_id for look in looks]
    sizes, differences = _sizes(facts, ids), _differences(rng, ids)
    customers = _map(rng, ids, points)
    return (
        draw(
            "segments",
            lambda layout: sizes_chart(sizes, looks, layout=layout),
            title=f"{looks[0].name} are {facts.format('S3.share')} of customers and bring "
            f"{facts.format('S3.revenue_share')} of revenue",
            note="Each segment's share of customers beside its share of revenue.",
            description="Bars of customers and revenue for each segment",
        ),
        draw(
            "differences",
            lambda layout: differences_chart(differences, looks, layout=layout),
            title="What sets each segment apart from everyone",
            note="Blue: more than everyone; brown: less.",
            description="A table of colours: how each segment differs in each feature",
        ),
        draw(
            "pca",
            lambda layout: pca_chart(
                customers,
                LOADINGS,
                looks,
                explained=(Label("41.2 %", "map.first"), Label("17.9 %", "map.second")),
                layout=layout,
            ),
            title="Customers on a map: near each other means alike",
            note="A sample of customers; arrows show the features that span the map.",
            description="Customers as points, coloured by segment",
        ),
        draw(
            "choice_of_k",
            lambda layout: choice_of_k_chart(CRITERIA, k=4, elbow=4, layout=layout),
            title="Four segments: elbow and silhouette agree",
            note="The band is one standard error.",
            description="Two lines over the number of segments",
        ),
    )


def _sizes(facts: Facts, ids: list[str]) -> pa.Table:
    columns: dict[str, list] = {"segment_id": ids}
    for part, share in (("customers", "share"), ("revenue", "revenue_share")):
        names = [f"{key}.{share}" for key in ids]
        columns[f"{part}_share"] = [facts[name].value for name in names]
        columns[f"{part}_text"] = [facts.format(name) for name in names]
        columns[f"{part}_facts"] = names
    return pa.table(columns)


def _differences(rng: np.random.Generator, ids: list[str]) -> pa.Table:
    cells = [(key, *feature) for feature in FEATURES for key in ids]
    distances = rng.normal(0, 1.2, len(cells))
    return pa.table(
        {
            "segment_id": [cell[0] for cell in cells],
            "family": [cell[1] for cell in cells],
            "feature": [cell[2] for cell in cells],
            "difference": distances,
            "text": [f"{distance:+.1f}" for distance in distances],
            "facts": ["S1.orders.difference"] * len(cells),
        }
    )


def _map(rng: np.random.Generator, ids: list[str], points: int) -> pa.Table:
    centres = np.array([[4, 1], [1, 3], [0, -1], [-2, 0]])
    members = rng.choice(4, points, p=[0.1, 0.2, 0.5, 0.2])
    places = centres[members] + rng.normal(0, 0.9, (points, 2))
    return pa.table({"segment_id": [ids[i] for i in members], "x": places[:, 0], "y": places[:, 1]})


KS = list(range(2, 11))
CRITERIA = pa.table(
    {
        "k": KS,
        "inertia": [1e6 / k**0.9 for k in KS],
        "silhouette": [0.4, 0.41, 0.44, 0.40, 0.39, 0.37, 0.36, 0.35, 0.33],
        "silhouette_se": [0.008] * len(KS),
        "lowest_jaccard": [0.97, 0.95, 0.86, 0.71, 0.8, 0.6, 0.55, 0.5, None],
        "lowest_jaccard_se": [0.01] * len(KS),
        "holdout_r2": [0.1, 0.15, 0.2, 0.21, 0.21, 0.22, 0.22, 0.22, 0.22],
        "holdout_r2_se": [0.01] * len(KS),
        "prediction_strength": [0.95, 0.9, 0.85, 0.6, 0.5, 0.5, 0.4, 0.4, 0.4],
        "gap": [1.0, 1.2, 1.4, 1.45, 1.5, 1.5, 1.55, 1.6, 1.6],
        "qualifies": [True, True, True, False, True, False, False, False, False],
    }
)
LOADINGS = pa.table(
    {
        "feature": [
            "orders",
            "revenue",
            "active days",
            "days since the last visit",
            "view-to-cart rate",
        ],
        "x": [0.45, 0.44, 0.40, -0.38, 0.1],
        "y": [0.2, 0.18, -0.1, 0.1, 0.5],
    }
)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, WCAG 2.2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
