"""Taste: in what customers are interested."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sqlglot import exp

from clustomer.engines import Engine, literal, parse
from clustomer.events import Window
from clustomer.facets.declaration import OTHER, Binned, Unitary, scoped_events
from clustomer.thresholds import FACET_BINS

PRICES = ("far below the usual", "below the usual", "the usual", "above it", "far above it")
"""Prices over the mean price of their category: below 0.5, 0.8, 1.25 and 2, and beyond."""

STORED_PRICES = "stored_prices"
"""The table of a stored facet's `category` and `mean_price`, while it is scored."""
_MEAN_PRICES = "category_prices"
_CATEGORY = "COALESCE(category_code, category_id)"
_INTEREST = "is_product AND event_type <> 'return'"
_NAMED = """
    SELECT user_id, visit, event_s, price, COALESCE(category_id, category_code) AS category
    FROM scoped WHERE is_product AND event_type <> 'return'
"""
_CATEGORY_PRICES = """
    SELECT category, CAST(SUM(price) AS DOUBLE) / CAST(COUNT(price) AS DOUBLE) AS mean_price
    FROM named WHERE category IS NOT NULL GROUP BY category HAVING SUM(price) > 0
"""
_PRICED = """
    SELECT named.user_id AS user_id, named.visit AS visit, named.event_s AS event_s,
        CASE WHEN CAST(named.price AS DOUBLE) < 0.5 * category_prices.mean_price THEN 0
            WHEN CAST(named.price AS DOUBLE) < 0.8 * category_prices.mean_price THEN 1
            WHEN CAST(named.price AS DOUBLE) < 1.25 * category_prices.mean_price THEN 2
            WHEN CAST(named.price AS DOUBLE) < 2.0 * category_prices.mean_price THEN 3
            ELSE 4 END AS bin
    FROM named JOIN category_prices ON named.category = category_prices.category
    WHERE named.price IS NOT NULL
"""


def _departments(engine: Engine, window: Window) -> Binned | None:
    """Bin by the first part of the category's code: "home" of "home.kitchen"."""
    counts = _frequencies(engine, window, exp.column("category_code"))
    tops = _tops(counts)
    if all(code == top for code, top in tops.items()):
        return None
    return _binned(exp.column("category_code"), counts, tops)


def _departments_again(engine: Engine, window: Window, bins: tuple[str, ...]) -> Binned:
    codes = _frequencies(engine, window, exp.column("category_code"))
    return _binned_by(exp.column("category_code"), _tops(codes), bins)


def _tops(codes: Iterable[str]) -> dict[str, str]:
    return {code: code.partition(".")[0] for code in codes}


def _categories(engine: Engine, window: Window) -> Binned | None:
    """Bin by the whole code of the category, or its id where it has no code."""
    column = parse(_CATEGORY)
    counts = _frequencies(engine, window, column)
    return _binned(column, counts, {value: value for value in counts})


def _categories_again(engine: Engine, window: Window, bins: tuple[str, ...]) -> Binned:
    return _values_again(engine, window, parse(_CATEGORY), bins)


def _brands(engine: Engine, window: Window) -> Binned | None:
    """Bin by the brand."""
    counts = _frequencies(engine, window, exp.column("brand"))
    return _binned(exp.column("brand"), counts, {value: value for value in counts})


def _brands_again(engine: Engine, window: Window, bins: tuple[str, ...]) -> Binned:
    return _values_again(engine, window, exp.column("brand"), bins)


def _values_again(
    engine: Engine, window: Window, column: exp.Expr, bins: tuple[str, ...]
) -> Binned:
    values = _frequencies(engine, window, column)
    return _binned_by(column, {value: value for value in values}, bins)


def _prices(engine: Engine, window: Window) -> Binned:
    """Bin by the price beside the mean price of the category."""
    return _priced(parse(_CATEGORY_PRICES))


def _prices_again(engine: Engine, window: Window, bins: tuple[str, ...]) -> Binned:
    return _priced(exp.select("category", "mean_price").from_(STORED_PRICES))


def _priced(mean_prices: exp.Expr) -> Binned:
    units = parse(
        "SELECT user_id, visit, MIN(event_s) AS event_s, bin, COUNT(*) AS units FROM priced "
        "GROUP BY user_id, visit, bin"
    )
    steps = {"named": parse(_NAMED), _MEAN_PRICES: mean_prices, "priced": parse(_PRICED)}
    return Binned(PRICES, units, steps, of_the_shop=_MEAN_PRICES)


TASTES: tuple[Unitary, ...] = (
    Unitary("taste", "department", ("category",), _departments, _departments_again),
    Unitary("taste", "category", ("category",), _categories, _categories_again),
    Unitary("taste", "brand", ("brand",), _brands, _brands_again),
    Unitary("taste", "price", ("price", "category"), _prices, _prices_again, takes_prices=True),
)
"""The ways to see a taste, in the order of preference."""


def _frequencies(engine: Engine, window: Window, value: exp.Expr) -> dict[str, int]:
    """Return how many events have each value, in the order of the values."""
    query = (
        exp.select(exp.alias_(value.copy(), "bin_value"))
        .select(exp.alias_(exp.Count(this=exp.Star()), "events"))
        .from_("scoped")
        .where(parse(_INTEREST), exp.not_(exp.Is(this=value.copy(), expression=exp.null())))
        .group_by(value.copy())
        .with_("scoped", as_=scoped_events(window))
    )
    rows = engine.query(query)
    return dict(sorted(zip(rows["bin_value"].to_pylist(), rows["events"].to_pylist(), strict=True)))


def _binned(value: exp.Expr, events: Mapping[str, int], groups: Mapping[str, str]) -> Binned | None:
    """Return the bins of a value: its most frequent groups, and the rest."""
    sizes: Counter[str] = Counter()
    for item, count in events.items():
        sizes[groups[item]] += count
    frequent = sorted(sizes, key=lambda group: (-sizes[group], group))[:FACET_BINS]
    if len(frequent) < 2:
        return None
    bins = tuple(frequent) + ((OTHER,) if len(sizes) > FACET_BINS else ())
    return _binned_by(value, groups, bins)


def _binned_by(value: exp.Expr, groups: Mapping[str, str], bins: tuple[str, ...]) -> Binned:
    """Return the units of a value in bins: groups that it is in, and the rest where it has a bin.

    What is in no bin is no unit.
    """
    frequent = bins[:-1] if bins[-1] == OTHER else bins
    members = {group: [v for v, of in groups.items() if of == group] for group in frequent}
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
    placed = {v for values in members.values() for v in values}
    if frequent == bins and placed < groups.keys():
        inside = exp.In(this=value.copy(), expressions=[literal(v) for v in sorted(placed)])
        interest = interest.where(inside if placed else exp.false())
    return Binned(bins, units, {"interest": interest})


def _case(value: exp.Expr, members: Sequence[Sequence[str]]) -> exp.Expr:
    """Return the number of the group that a value is in; that of the rest comes last."""
    case = exp.Case()
    for number, values in enumerate(members):
        if not values:
            continue
        inside = exp.In(this=value.copy(), expressions=[literal(v) for v in values])
        case = case.when(inside, literal(number))
    return case.else_(literal(len(members))) if case.args.get("ifs") else literal(len(members))
