"""The words of recommendations: targets, ways, and what to offer to a segment."""

from collections.abc import Mapping, Sequence
from typing import Any

from clustomer.insights.texts import listed
from clustomer.products import Contest
from clustomer.products.contest import deciding
from clustomer.products.past import NEXT_BASKET, NEXT_PURCHASE, NEXT_VIEW
from clustomer.products.ways.popularity import POPULARITY

WAYS: Mapping[str, str] = {
    "popularity": "What is popular",
    "segment popularity": "What is popular in the segment",
    "cosine": "Neighbours of products (cosine)",
    "bm25": "Neighbours of products (BM25)",
    "als": "Factors of customers and products (ALS)",
    "vsknn": "Neighbours of visits (V-SkNN)",
    "tifuknn": "Next basket by neighbours (TIFU-KNN)",
}
"""How reports call the ways to recommend."""

TARGET_WORDS: Mapping[str, str] = {
    NEXT_BASKET: "what they are likely to have in their next order.",
    NEXT_PURCHASE: "what they are likely to buy next.",
    NEXT_VIEW: "what they are likely to look at next; there are too few purchases to judge what "
    "they buy next.",
}

BY: Mapping[str, tuple[str, str]] = {
    NEXT_BASKET: ("bought", "bought"),
    NEXT_PURCHASE: ("bought", "bought"),
    NEXT_VIEW: ("looked at", "looked at"),
}

LEFT_OUT: Mapping[str, str] = {
    "one segment": "took no part, as there is one segment only.",
    "not installed": "took no part: its package is not installed "
    "(pip install 'clustomer[recommend]').",
    "no repeat shop": "took no part, as most who bought had not ordered twice before.",
}

DEFINITIONS = (
    "Every way learned from what was before {recommended.choosing.start}, and what "
    "{recommended.choosing.customers:customer/customers} took until {recommended.choosing.end} "
    "chose the best; then all learned from what was before {recommended.judging.start}, and what "
    "{recommended.judging.customers:customer/customers} took until {recommended.judging.end} "
    "judged them: that is what the tables show, but for the column of the choice. All products "
    "were ranked, and the first {recommended.depth} count. NDCG: how much of what a customer took "
    "is on the list, the higher on it the more; one is all of it, in the first places. New are "
    "products that the customer had not taken before; what is taken again is ranked alike in all "
    "lists, so that ways differ in new products and are chosen by them. MRR: one over the place of "
    "the first product that was taken. In brackets: the interval of {threshold.confidence}, "
    "customer by customer; in the column of the choice it is wider, for so many ways at once."
)


def decision(contest: Contest, *, asked: bool) -> str:
    """Say which way is used, and how surely it is better than what is popular."""
    way, key = WAYS[contest.winner], contest.winner.replace(" ", "_")
    judged = f"recommended.{key}.judging"
    lists = (
        f"On the last stretch, of {{recommended.judging.days}}, which took no part in the choice, "
        f"{{{judged}.hit_rate}} of the lists held something that was taken among the first "
        "{recommended.depth}"
    )
    popular = "recommended.popularity.judging"
    if contest.winner == POPULARITY:
        chosen = (
            "What is popular is used, as asked."
            if asked
            else "No way was surely better than what is popular, so that is what is recommended."
        )
        return f"{chosen} {lists}."
    score = deciding(contest.winner)
    what = "New products" if score == "new_ndcg" else "All products"
    interval = f"{{{judged}.{score}.mean}} ({{{judged}.{score}.low}} to {{{judged}.{score}.high}})"
    if contest.beats_popularity:
        chosen = f"{way} is used: it was surely better than what is popular when it was chosen"
        chosen += ", as asked." if asked else "."
    else:
        chosen = f"{way} is used, as asked; it was not surely better than what is popular."
    gain = contest.entrant(contest.winner).judging.gains.get(score)
    if contest.confirmed:
        then = f"{what} were named better by it then, too: NDCG differs by {interval}."
    elif gain is not None and gain.is_loss:
        then = f"{what} were named worse by it then: NDCG differs by {interval}."
    else:
        then = f"Then its NDCG of {what.lower()} differed by {interval}, which may be chance."
    return f"{chosen} {lists}, with what is popular {{{popular}.hit_rate}}. {then}"


def offer_lines(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what to offer to a segment: what its lists begin with, and what it wants more."""
    nexts = [row["key"] for row in rows if row["kind"] == "next"][:3]
    wants = [row["key"] for row in rows if row["kind"] == "wants"][:3]
    lines = []
    if nexts:
        products = listed(
            [f"{{products.{key}.product}} ({{products.{key}.share}} of lists)" for key in nexts]
        )
        lines.append(
            f"Most often on the lists of this segment: {products}. Each customer's own list is in "
            "recommendations.csv."
        )
    if wants:
        products = listed(
            [
                f"{{products.{key}.product}} ({{products.{key}.lift}} times as often)"
                for key in wants
            ]
        )
        lines.append(f"Wanted more than elsewhere: {products}.")
    return tuple(lines)
