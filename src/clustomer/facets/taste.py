"""Taste: in what customers are interested."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlglot import exp

from clustomer.engines import Engine, literal, parse
from clustomer.events import Window
from clustomer.facets.declaration import OTHER, Binned, Unitary, scoped_events
from clustomer.thresholds import FACET_BINS

_INTEREST = "is_product AND event_type <> 'return'"


def _departments(engine: Engine, window: Window) -> Binned | None:
    """Bin by the first part of the category's code: "home" of "home.kitchen"."""
    counts = _frequencies(engine, window, exp.column("category_code"))
    tops = {code: code.partition(".")[0] for code in counts}
    if all(code == top for code, top in tops.items()):
        return None
    return _binned(exp.column("category_code"), counts, tops)


def _categories(engine: Engine, window: Window) -> Binned | None:
    """Bin by the whole code of the category, or its id where it has no code."""
    column = parse("COALESCE(category_code, category_id)")
    counts = _frequencies(engine, window, column)
    return _binned(column, counts, {value: value for value in counts})


TASTES: tuple[Unitary, ...] = (
    Unitary("taste", "department", ("category",), _departments),
    Unitary("taste", "category", ("category",), _categories),
)
"""The ways to see a taste, in the order of preference."""


def _frequencies(engine: Engine, window: Window, value: exp.Expr) -> dict[str, int]:
    """Return in how many visits each value occurs, in the order of the values."""
    visits = (
        exp.select("user_id", "visit", exp.alias_(value.copy(), "bin_value"))
        .distinct()
        .from_("scoped")
        .where(parse(_INTEREST), exp.not_(exp.Is(this=value.copy(), expression=exp.null())))
    )
    query = (
        exp.select("bin_value", exp.alias_(exp.Count(this=exp.Star()), "visits"))
        .from_("by_visit")
        .group_by("bin_value")
        .with_("scoped", as_=scoped_events(window))
        .with_("by_visit", as_=visits)
    )
    rows = engine.query(query)
    return dict(sorted(zip(rows["bin_value"].to_pylist(), rows["visits"].to_pylist(), strict=True)))


def _binned(value: exp.Expr, visits: Mapping[str, int], groups: Mapping[str, str]) -> Binned | None:
    """Return the bins of a value: its most frequent groups, and the rest."""
    sizes: Counter[str] = Counter()
    for item, count in visits.items():
        sizes[groups[item]] += count
    frequent = sorted(sizes, key=lambda group: (-sizes[group], group))[:FACET_BINS]
    if len(frequent) < 2:
        return None
    members = {group: [v for v, of in groups.items() if of == group] for group in frequent}
    bins = tuple(frequent) + ((OTHER,) if len(sizes) > FACET_BINS else ())
    units = (
        exp.select("user_id", "visit")
        .select(parse("MIN(event_s) AS event_s"))
        .select(exp.alias_(exp.column("bin"), "bin"), parse("COUNT(*) AS units"))
        .from_("interest")
        .group_by("user_id", "visit", "bin")
    )
    interest = (
        exp.select("user_id", "visit", "event_s")
        .select(exp.alias_(_case(value, list(members.values())), "bin"))
        .from_("scoped")
        .where(parse(_INTEREST), exp.not_(exp.Is(this=value.copy(), expression=exp.null())))
    )
    return Binned(bins, units, {"interest": interest})


def _case(value: exp.Expr, members: Sequence[Sequence[str]]) -> exp.Expr:
    """Return the number of the group that a value is in; that of the rest comes last."""
    case = exp.Case()
    for number, values in enumerate(members):
        inside = exp.In(this=value.copy(), expressions=[literal(v) for v in values])
        case = case.when(inside, literal(number))
    return case.else_(literal(len(members)))
