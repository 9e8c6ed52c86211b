"""Names of the segments of facets: what marks them, in the words of the data."""

from collections.abc import Callable, Mapping, Sequence

from clustomer.facets import Facet, Facets, FacetSegment, RareKind
from clustomer.insights.texts import listed
from clustomer.printable import printable

LONGEST_LABEL, LONGEST_NAME = 30, 80
REST = "all others"
_UNMARKED = {"taste": "A bit of everything", "time": "At any time", "path": "In any order"}
_UNMARKED_VIEWS = {"rhythm": "At irregular intervals", "price": "Any price"}
_FORMS = {"price": "prices {}"}
"""What is made of the marks of a view; of others they stand as they are."""
_TASTES = ("department", "category", "brand")
_VISITS = {
    "look, then look": "only looking, visit after visit",
    "look, then cart": "a cart after looking",
    "look, then order": "an order after looking",
    "cart, then look": "looking after a cart",
    "cart, then cart": "cart after cart",
    "cart, then order": "an order after a cart",
    "order, then look": "looking after an order",
    "order, then cart": "a cart after an order",
    "order, then order": "order after order",
}
_PACES = {
    "within a visit": "decide within a visit",
    "within a day": "decide within a day",
    "within a week": "decide within a week",
    "after longer": "decide after more than a week",
    "without a look": "buy without a look",
}
_RARE = {
    "most_of_one_product": "The same product over and over",
    "orders": "Far more orders than all others",
    "revenue": "Far more revenue than all others",
    "sessions": "Far more visits than all others",
    "carts": "Far more additions to the cart than all others",
    "views": "Far more views than all others",
}
_TOGETHER = {
    frozenset({"order, then order", "order, then look", "look, then order"}): (
        "Order after order, with looks between"
    ),
    frozenset({"order, then look", "look, then order"}): "Orders with looks between",
    frozenset({"cart, then cart", "cart, then look", "look, then cart"}): (
        "Cart after cart, with looks between"
    ),
    frozenset({"cart, then look", "look, then cart"}): "Carts with looks between",
}
"""Marks that say one thing together."""


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


def rare_name(kind: RareKind) -> str:
    """Return what a rare kind is called.

    >>> rare_name(RareKind("rare:1", "orders", 9.5, 30, 20.0, 2.0, 0.8, 0.3, 30))
    'Far more orders than all others'
    """
    return _RARE[kind.amount]


def all_facet_names(facets: Facets) -> dict[str, str]:
    """Return the name of every segment of the facets that hold, and of every rare kind."""
    names = {kind.segment_id: rare_name(kind) for kind in facets.rare_kinds}
    for facet in facets.held:
        names |= facet_names(facet)
    return names


def _name(facet: Facet, segment: FacetSegment, labels: Sequence[str]) -> str:
    if not segment.marks:
        return _UNMARKED_VIEWS.get(facet.view, _UNMARKED[facet.name])
    together = _TOGETHER.get(frozenset(facet.bins[mark] for mark in segment.marks))
    if together is not None and facet.view == "visits":
        return together
    form = _FORMS.get(facet.view, "{}")
    words = [form.format(labels[mark]) for mark in segment.marks]
    while len(words) > 1 and len(_said_once(words)) > LONGEST_NAME:
        words.pop()
    name = _said_once(words) if facet.view in ("week", "pace") else listed(words)
    return name if facet.view in _TASTES else _capital(name)


def _said_once(words: Sequence[str]) -> str:
    """List words, their first word only once where all begin with it.

    >>> _said_once(["weekday mornings", "weekday evenings"]), _said_once(["weekday evenings"])
    ('weekday mornings and evenings', 'weekday evenings')
    """
    first = {word.partition(" ")[0] for word in words}
    if len(words) < 2 or len(first) > 1:
        return listed(words)
    return f"{first.pop()} {listed([word.partition(' ')[2] for word in words])}"


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


def _on_days(name: str) -> str:
    """Return hours or days as one speaks of them.

    >>> _on_days("working day evening"), _on_days("weekend"), _on_days("late evening")
    ('weekday evenings', 'weekends', 'late evenings')
    """
    day, of_work, part = name.rpartition("working day")
    return f"{day}weekday{part}s" if of_work else f"{name}s"


def _one_after_the_other(name: str) -> str:
    """Return one step after another as one speaks of them.

    >>> _one_after_the_other("view, then cart"), _one_after_the_other("cart first")
    ('cart after view', 'cart first')
    """
    before, _, after = name.partition(", then ")
    return f"{after} after {before}" if after else name


_LABELS: Mapping[str, Callable[[str], str]] = {
    "department": _category,
    "category": _category,
    "brand": lambda name: _cleaned(name),
    "week": _on_days,
    "hours": _on_days,
    "days": _on_days,
    "visits": _VISITS.__getitem__,
    "pace": _PACES.__getitem__,
    "steps": _one_after_the_other,
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
