"""What one more order from a few of a segment would bring, beside the cost of asking for it."""

from collections.abc import Iterator, Mapping

import numpy as np

from clustomer.insights.blocks import Block, Column, Paragraph, Row, Table
from clustomer.insights.chapters.cards import own_figures
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.facts import Fact, made_of
from clustomer.insights.population import BOTS, EVERYONE
from clustomer.insights.profiles import Profile
from clustomer.insights.study import Study
from clustomer.thresholds import ONE_MORE_SHARE

COST = 0.50
"""Cost of contacting one customer, in the shop's currency: an assumption, to be replaced."""

NOTE = (
    "The gain is the margin on one more order, as large as their orders are (as everyone's, where "
    "they have none), from the share that is assumed: {threshold.one_more_share} of those "
    "contacted, or half of those who order anyway in the time that shows whether it worked, where "
    "that is less. The customers whom segments.csv marks “hold back” (test_group) are not "
    "contacted, so that you see whether it works. The cost is that of contacting once. It assumes "
    "that {run.margin} of revenue is kept after the cost of goods and that contacting one "
    "customer costs {run.cost}; set both to your own figures (a column of costs, or --margin, and "
    "--cost). Whether an action brings so much is not known before it is tried; where nothing is "
    "left, contact a part of them, or none."
)

_NO_ADDRESS = (
    "Those who never ordered may have left no address: they can be reached on the site, or by "
    "advertisements."
)


class Spend(Chapter):
    """What is at stake in each segment: one more order, beside the cost of asking for it."""

    name = "spend"
    title = "What is at stake"
    short = "What is at stake"

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `everyone.order_value`, `S1.order_value`, `S1.one_more`, `S1.contact` and `S1.left`.

        `S1.one_more` is the margin on one more order from a share of the customers who are not held
        back for a test, `S1.won`: one in twenty, or half of those who order anyway within their
        horizon, where that is less. `S1.contact` is what it costs to contact them once, `S1.left`
        the one less the other; `S1.late_one_more` and `S1.late_contact` are those of who is late.
        """
        figures = study.once(own_figures)
        margin, cost = study.settings["margin"], study.settings["cost"]
        average = _order_value(study.everyone)
        # where fewer order at all, one more order from so many of a segment is out of reach
        few_buy = average is not None and _buying(study) < ONE_MORE_SHARE
        if average is not None:
            yield _value_of_an_order(EVERYONE, average)
        for profile in study.profiles:
            key = profile.segment_id
            if key == BOTS:
                continue
            won, share = _won(key, figures)
            if share.startswith(key):
                ids = f"threshold.one_more_share {key}.own.response"
                yield made_of(share, won, "share", ids, "half_at_most", segment_id=key)
            audiences = _audiences(key, profile, figures)
            for part, (counted, size) in audiences.items():
                ids = f"run.cost {counted}"
                yield _money(f"{key}.{part}contact", cost * size, ids, "product", key)
            value, whose = _order_value(profile), key
            if value is not None:
                yield _value_of_an_order(key, value)
            else:
                value, whose = average, EVERYONE
            if value is None or few_buy:
                continue
            for part, (counted, size) in audiences.items():
                ids = f"{share} {counted} {whose}.order_value run.margin"
                gain = won * size * value * margin
                yield _money(f"{key}.{part}one_more", gain, ids, "product_of_four", key)
            ids = f"{key}.one_more {key}.contact"
            size = audiences[""][1]
            left = won * size * value * margin - cost * size
            yield _money(f"{key}.left", left, ids, "difference", key)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return the table, and how to read it."""
        if not any(name.endswith(".one_more") for name in facts):
            return
        returns = "returns" in study.everyone.features
        columns = (
            Column("Segment", "name"),
            Column("Customers"),
            Column("Contacted"),
            Column("An order of theirs" + (", net of returns" if returns else "")),
            Column("Assumed to order once more"),
            Column("What that earns"),
            Column("Contacting them"),
            Column("What is left"),
        )
        rows = tuple(
            _row(profile.segment_id, study.names[profile.segment_id], facts)
            for profile in study.profiles
            if profile.segment_id != BOTS
        )
        yield Table("Table of spend", columns, rows)
        never = "everyone.non_buyers" in facts and facts["everyone.non_buyers"].value
        never = never and "views" in study.everyone.features
        yield Paragraph(f"{NOTE} {_NO_ADDRESS}" if never else NOTE, "note")


def _won(key: str, figures: Mapping[str, Fact]) -> tuple[float, str]:
    """Return the share of a segment that is assumed to order once more, and the fact it is."""
    response = figures.get(f"{key}.own.response")
    usual = response.value if response is not None else None
    if isinstance(usual, int | float) and usual / 2 < ONE_MORE_SHARE:
        return usual / 2, f"{key}.won"
    return ONE_MORE_SHARE, "threshold.one_more_share"


def share_assumed(key: str, facts: Mapping[str, Fact]) -> str:
    """Return the share of a segment that is assumed to order once more, as a template."""
    return f"{{{key}.won}}" if f"{key}.won" in facts else "{threshold.one_more_share}"


def _audiences(
    key: str, profile: Profile, figures: Mapping[str, Fact]
) -> dict[str, tuple[str, int]]:
    """Return who is addressed, of all or of those who are late, with the fact that counts them.

    Who is held back for a test is not.
    """
    audiences = {"": (f"{key}.customers", profile.customers)}
    for part, names in (("", ("contacted",)), ("late_", ("late_contacted", "late"))):
        counts = (figures.get(f"{key}.own.{name}") for name in names)
        count = next((fact for fact in counts if fact is not None), None)
        if count is not None and isinstance(count.value, int):
            audiences[part] = count.id, count.value
    return audiences


def _buying(study: Study) -> float:
    """Return the share of all customers who have ordered."""
    return float(np.mean(study.people.values(EVERYONE, "orders") > 0))


def _order_value(profile: Profile) -> float | None:
    """Return revenue over orders, where both are above 0."""
    revenue, orders = (profile.features.get(name) for name in ("revenue", "orders"))
    if revenue is None or orders is None or not revenue.mean or not orders.mean:
        return None
    return revenue.mean / orders.mean if revenue.mean > 0 and orders.mean > 0 else None


def _value_of_an_order(key: str, value: float) -> Fact:
    segment = None if key == EVERYONE else key
    ids = f"{key}.revenue.mean {key}.orders.mean"
    return _money(f"{key}.order_value", value, ids, "ratio", segment)


def _money(name: str, value: float, ids: str, aggregate: str, segment: str | None) -> Fact:
    return made_of(name, value, "currency", ids, aggregate, segment_id=segment)


def _row(key: str, name: str, facts: Mapping[str, Fact]) -> Row:
    texts = (
        f"{{{key}.{part}}}" if f"{key}.{part}" in facts else "–"
        for part in ("one_more", "contact", "left")
    )
    contacted = "own.contacted" if f"{key}.own.contacted" in facts else "customers"
    counts = (
        f"{{{key}.{part}}}" if f"{key}.{part}" in facts else "–"
        for part in ("customers", contacted, "order_value")
    )
    assumed = share_assumed(key, facts) if f"{key}.one_more" in facts else "–"
    return Row((name, *counts, assumed, *texts), key)
