"""What the verdict says of facets where none holds: what was looked at, and what could not be."""

from collections.abc import Iterator

from clustomer.facets import Facet, Facets
from clustomer.insights.chapters.facet_words import UNSEEN, lacking
from clustomer.insights.texts import listed

_ALL = "As far as the data tell, no groups show in what they buy, or in when and how they come."
_LOOKED_AT = "In {what}, no groups show."
_NOT_LOOKED_FOR = "Groups in {what} were not looked for."


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
    for kind, why in UNSEEN.items():
        alike = [facet for facet in unseen if facet.why is not None and facet.why.kind == kind]
        if alike:
            what = listed([about[facet.name] for facet in alike])
            reason = why.format(lacking=lacking(alike))
            yield f"{what[:1].upper()}{what[1:]} could not be examined: {reason}."
    if looked_at:
        yield _LOOKED_AT.format(what=listed([about[name] for name in looked_at], "or"))
    others = [words for name, words in about.items() if name not in by_name]
    if others:
        yield _NOT_LOOKED_FOR.format(what=listed(others, "or"))


def _is_unseen(facet: Facet) -> bool:
    return facet.why is not None and facet.why.kind in UNSEEN
