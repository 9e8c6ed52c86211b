"""What the verdict says of facets where none holds: what was looked at, and what could not be."""

from collections.abc import Iterator, Mapping, Sequence

from clustomer.facets import Facet, Facets
from clustomer.insights.texts import listed

_ALL = "As far as the data tell, no groups show in what they buy, or in when and how they come."
_LOOKED_AT = "In {what}, no groups show."
_NOT_LOOKED_FOR = "Groups in {what} were not looked for."
_UNSEEN: Mapping[str, str] = {
    "facet needs": "the source has {lacking}",
    "facet few customers": "too few customers have enough visits that tell of it",
    "facet alike": "there are no two kinds of it in the data",
}
"""Why a facet could not be examined; for any other reason it was, and shows no groups."""
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


def none_shows(facets: Facets, *, visits: bool) -> Iterator[str]:
    """Tell what was looked at and has no groups from what could not be, and from the rest.

    `visits` is whether the source has them: who only orders does not come.
    """
    about = {
        "taste": "what they buy",
        "time": "when they come" if visits else "when they order",
        "path": "how they come",
    }
    by_name = {facet.name: facet for facet in facets.facets}
    unseen = [by_name[name] for name in about if name in by_name and _is_unseen(by_name[name])]
    looked_at = [name for name in about if name in by_name and by_name[name] not in unseen]
    if len(looked_at) == len(about):
        yield _ALL
        return
    for kind, why in _UNSEEN.items():
        alike = [facet for facet in unseen if facet.why is not None and facet.why.kind == kind]
        if alike:
            what = listed([about[facet.name] for facet in alike])
            reason = why.format(lacking=_lacking(alike))
            yield f"{what[:1].upper()}{what[1:]} could not be examined: {reason}."
    if looked_at:
        yield _LOOKED_AT.format(what=listed([about[name] for name in looked_at], "or"))
    others = [words for name, words in about.items() if name not in by_name]
    if others:
        yield _NOT_LOOKED_FOR.format(what=listed(others, "or"))


def _is_unseen(facet: Facet) -> bool:
    return facet.why is not None and facet.why.kind in _UNSEEN


def _lacking(facets: Sequence[Facet]) -> str:
    needs = [facet.why.numbers.get("need") for facet in facets if facet.why is not None]
    return listed([_LACKING[str(need)] for need in dict.fromkeys(needs) if need is not None])
