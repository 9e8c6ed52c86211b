"""Names of the segments of facets: what marks them, in the words of the data."""

from collections.abc import Callable, Mapping, Sequence

from clustomer.facets import Facet, FacetSegment
from clustomer.insights.texts import listed
from clustomer.printable import printable

LONGEST_LABEL, LONGEST_NAME = 30, 80
REST = "all others"
_UNMARKED = {"taste": "A bit of everything", "time": "At any time", "path": "In any order"}
_UNMARKED_VIEWS = {"rhythm": "At irregular intervals", "price": "Any price"}
_FORMS = {
    "week": "{}s",
    "days": "{}s",
    "price": "Prices {}",
    "pace": "Decides {}",
    "visits": "{}",
}
"""What is made of the marks of a view; of others they stand as they are."""
_TASTES = ("department", "category", "brand")


def facet_names(facet: Facet) -> dict[str, str]:
    """Return the name of each segment of a facet, by its id.

    The bins that mark a segment, most telling first. Where the marks of two are the same, the one
    with less in them has "less" before it, so that no two names are alike.

    >>> from clustomer.facets import FacetSegment
    >>> bins = ("home.kitchen", "home.bath", "toys")
    >>> segments = (
    ...     FacetSegment("taste:1", 60, (0.5, 0.4, 0.1), (0, 1), 0.9, 1.0),
    ...     FacetSegment("taste:2", 40, (0.3, 0.3, 0.4), (), 0.0, 0.0),
    ... )
    >>> facet_names(Facet("taste", "category", True, bins=bins, segments=segments))
    {'taste:1': 'Kitchen and Bath', 'taste:2': 'A bit of everything'}
    """
    labels = bin_labels(facet)
    names: dict[str, str] = {}
    for segment in sorted(facet.segments, key=lambda part: -part.inside):
        name = _name(facet, segment, labels)
        while name in names.values():
            name = f"Less {name[:1].lower()}{name[1:]}"
        names[segment.segment_id] = name
    return {segment.segment_id: names[segment.segment_id] for segment in facet.segments}


def _name(facet: Facet, segment: FacetSegment, labels: Sequence[str]) -> str:
    if not segment.marks:
        return _UNMARKED_VIEWS.get(facet.view, _UNMARKED[facet.name])
    form = _FORMS.get(facet.view, "{}")
    words = [form.format(labels[mark]) for mark in segment.marks]
    if facet.view not in _TASTES:
        words = [_capital(words[0]), *words[1:]]
    while len(words) > 1 and len(listed(words)) > LONGEST_NAME:
        words.pop()
    return listed(words)


def bin_labels(facet: Facet) -> tuple[str, ...]:
    """Return what each bin of a facet is called.

    >>> bin_labels(Facet("taste", "category", bins=("home.kitchen", "a.b_c", "x.b_c", "17", "")))
    ('Kitchen', 'A: b c', 'X: b c', 'Category 17', 'all others')
    """
    short = [_label(facet.view, name) for name in facet.bins]
    return tuple(
        _with_parent(name, label) if short.count(label) > 1 and "." in name else label
        for name, label in zip(facet.bins, short, strict=True)
    )


def _label(view: str, name: str) -> str:
    if not name:
        return REST
    return _LABELS[view](name) if view in _LABELS else name


def _category(code: str) -> str:
    last = code.rpartition(".")[2]
    if not any(character.isalpha() for character in last):
        return _cleaned(f"Category {code}")
    return _cleaned(last)


def _with_parent(code: str, label: str) -> str:
    parent = _cleaned(code.split(".")[-2])
    return _cut(f"{parent}: {label[:1].lower()}{label[1:]}")


_LABELS: Mapping[str, Callable[[str], str]] = {
    "department": _category,
    "category": _category,
    "brand": lambda name: _cleaned(name),
}


def _cleaned(text: str) -> str:
    """Return a text of the data on one line, shown and not sent, with a capital.

    >>> _cleaned("coffee_machine "), _cleaned("a" * 40)
    ('Coffee machine', 'Aaaaaaaaaaaaaaaaaaaaaaaaaaaaa…')
    """
    words = " ".join(printable(text).replace("_", " ").split())
    return _cut(_capital(words))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"
