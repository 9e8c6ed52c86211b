"""The words of facets: what each is called, how it is seen, and why one is left out."""

from collections.abc import Mapping, Sequence

from clustomer.facets import Facet
from clustomer.insights.texts import listed

NAMES: Mapping[str, str] = {"taste": "Taste", "time": "Time", "path": "Path"}
SEES: Mapping[str, str] = {
    "taste": "what they look at and buy",
    "time": "when they come",
    "path": "how they come to a purchase",
}
"""What a facet is about."""
TITLES: Mapping[str, str] = {name: f"{NAMES[name]}: {words}" for name, words in SEES.items()}
VIEWS: Mapping[str, str] = {
    "department": "the departments that they look at and buy from",
    "category": "the categories that they look at and buy from",
    "brand": "the brands that they look at and buy",
    "price": "the prices that they look at and pay, beside the usual of the category",
    "week": "the time of day of their visits, on weekdays and at weekends",
    "hours": "the time of day of their visits",
    "days": "their visits on weekdays and at weekends",
    "season": "the months of their visits",
    "rhythm": "the gaps between their visits, beside the customer's own mean gap",
    "pace": "the time from the first look at a product to its purchase",
    "visits": "what one visit comes to after another",
    "steps": "the steps within a visit, one after another",
}
"""What a facet is seen by, after "seen by"."""

_BUT_HELD = ", but for those marked “hold back” in segments.csv (test_group)."
ADVICE: Mapping[str, str] = {
    "taste": f"Write to them about {{facet}} first{_BUT_HELD}",
    "time": f"Reach them when they come{_BUT_HELD}",
    "path": f"Write to them at the pace at which they decide{_BUT_HELD}",
}
"""What to do about a combination that is more than its parts let expect."""

PRACTICE: Mapping[str, str] = {
    "department": "Show first what they look for",
    "category": "Show first what they look for",
    "brand": "Show first the brands that they look for",
    "price": "Show first what has their prices",
    "week": "Send when they come",
    "hours": "Send when they come",
    "days": "Send when they come",
    "season": "Write ahead of their months",
    "rhythm": "Write at their own rhythm",
    "pace": "Go by the time that they take to decide",
}
"""What to do by the facet that members of a segment have, by what it is seen by.

Of steps and of visits nothing: those who only look take as next step another look.
"""

RARE_WORDS: Mapping[str, str] = {
    "most_of_one_product": "purchases of one and the same product",
    "orders": "orders",
    "revenue": "of revenue",
    "sessions": "visits",
    "carts": "additions to the cart",
    "views": "views",
}
"""What there is more of, after the number."""
RARE_NONE = (
    "Rare kinds were looked for: no few customers are set apart by a gap in how much they buy, "
    "spend, come, look at or fill the cart, or in how often they buy one and the same product."
)

_LACKING: Mapping[str, str] = {
    "category": "no categories",
    "brand": "no brands",
    "price": "no prices",
    "product_id": "no products",
    "time of day": "no times of day",
    "visit": "no visits",
    "view": "no views",
    "cart": "no additions to the cart",
    "purchase": "no purchases",
}
"""What a source does not have, where a facet needs it."""
UNSEEN: Mapping[str, str] = {
    "facet needs": "the source has {lacking}",
    "facet few customers": "too few customers have enough visits that tell of it",
    "facet alike": "there are no two kinds of it in the data",
}
"""Why facets could not be examined; for any other reason they were, and show no groups."""
SENTENCES: Mapping[str, str] = {
    "facet needs": f"not looked for, since {UNSEEN['facet needs']}.",
    "facet alike": f"not looked for, since {UNSEEN['facet alike']}.",
    "facet few customers": f"not looked for, since {UNSEEN['facet few customers']}: of the "
    "{{threshold.facet_customers}} needed, {{{key}.customers}} have at least "
    "{{{key}.least_visits:visit/visits}}.",
    "facet chance": "customers hardly differ in it more than chance makes of their visits.",
    "facet by degree": "customers differ in it, but by degree: no groups are set apart "
    "(they would explain {{{key}.gain}} times what groups of such a crowd do; "
    "{{threshold.facet_gain}} are needed, and gaps between them).",
    "facet unstable": "two halves of the same customers' visits do not agree on the group.",
}
"""The sentence of each reason for which a facet is left out, with placeholders of facts."""


def facet_sentence(facet: Facet) -> str:
    """Return why a facet is left out.

    >>> from clustomer.customers import Reason
    >>> facet_sentence(Facet("taste", why=Reason("facet needs", {"need": "category"})))
    'not looked for, since the source has no categories.'
    """
    assert facet.why is not None
    name = f"facet.{facet.name}"
    return SENTENCES[facet.why.kind].format(key=name, lacking=lacking([facet]))


def lacking(facets: Sequence[Facet]) -> str:
    """Return what the source does not have that some facets need."""
    needs = [facet.why.numbers.get("need") for facet in facets if facet.why is not None]
    return listed([_LACKING[str(need)] for need in dict.fromkeys(needs) if need is not None])
