"""Portable queries evaluated here, over a few rows: a plan made once, for tables that change.

To plan the definition of features takes an engine ten times as long as to run it over the events of
one customer, and an engine plans anew at each call. Here the same query is compiled once, to
functions of columns. What these do not know is refused when the query is compiled, and what may not
come out as it does in SQL when it is evaluated: the engine has to be asked then. That both give the
same is a law that the tests look after.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from itertools import accumulate
from typing import Any

from sqlglot import exp

Values = list[Any]
Column = Callable[["Rows"], Values]

_EXACT = Context(prec=76, rounding=ROUND_HALF_UP)
_LARGEST_EXACT = 2**53


class NotEvaluatedError(Exception):
    """What only an engine can answer."""


class Rows:
    """Rows of a table, whose columns are made when they are first looked at.

    Parameters
    ----------
    n : int
    makers : mapping of a column's name, or of an expression's SQL, to the function that makes it
    """

    def __init__(self, n: int, makers: Mapping[str, Callable[[], Values]]) -> None:
        self.n = n
        self._makers = makers
        self._places: dict[tuple[str, ...], dict[Any, list[int | None]]] = {}
        self.made: dict[str, Values] = {}

    def column(self, name: str) -> Values:
        """Return the values of a column."""
        if name not in self.made:
            if name not in self._makers:
                raise NotEvaluatedError(f"there is no column {name}")
            self.made[name] = self._makers[name]()
        return self.made[name]

    @property
    def names(self) -> Iterable[str]:
        """The columns."""
        return self._makers.keys()

    def places(self, names: tuple[str, ...]) -> Mapping[Any, list[int | None]]:
        """Return where the values of some columns are together; NULL is nowhere."""
        if names not in self._places:
            places: dict[Any, list[int | None]] = {}
            for place, values in enumerate(zip(*map(self.column, names), strict=True)):
                if None not in values:
                    places.setdefault(values, []).append(place)
            self._places[names] = places
        return self._places[names]

    def taken(self, places: Sequence[int]) -> "Rows":
        """Return some of the rows."""

        def maker(name: str) -> Callable[[], Values]:
            return lambda: [values[i] for values in (self.column(name),) for i in places]

        return Rows(len(places), {name: maker(name) for name in self.names})


class _Groups(Rows):
    """Groups of rows: their keys, and the rows of each."""

    def __init__(self, source: Rows, keys: Mapping[str, Column]) -> None:
        columns = {name: key(source) for name, key in keys.items()}
        self.source = source
        self.members: dict[tuple[Any, ...], list[int]] = {}
        for place, values in enumerate(zip(*columns.values(), strict=True)):
            self.members.setdefault(values, []).append(place)
        super().__init__(len(self.members), {})
        for number, name in enumerate(columns):
            self.made[name] = [values[number] for values in self.members]


Query = Callable[[Mapping[str, Rows], Mapping[str, Any]], Rows]


def compiled(query: exp.Select) -> Query:
    """Return the function of tables and parameters that a portable query is.

    Raises
    ------
    NotEvaluatedError
        If the query has a part that is not known here.

    >>> from clustomer.engines import parse
    >>> query = compiled(parse("SELECT kind, SUM(n) + 1 AS n FROM t WHERE n > 1 GROUP BY kind"))
    >>> table = Rows(3, {"kind": lambda: ["a", "b", "a"], "n": lambda: [1, 2, 3]})
    >>> rows = query({"t": table}, {})
    >>> rows.column("kind"), rows.column("n")
    (['b', 'a'], [3, 4])
    """
    parts = [(part.alias, _select(part.this)) for part in query.ctes]
    last = _select(query)

    def run(tables: Mapping[str, Rows], parameters: Mapping[str, Any]) -> Rows:
        made = dict(tables)
        for name, part in parts:
            made[name] = part(made, parameters)
        return last(made, parameters)

    return run


_PARTS = {"with_", "expressions", "from_", "joins", "where", "group"}


def _select(query: exp.Expr) -> Query:
    unknown = {name for name, part in query.args.items() if part} - _PARTS
    if not isinstance(query, exp.Select) or unknown:
        raise NotEvaluatedError(f"{type(query).__name__} with {', '.join(sorted(unknown))}")
    source, joins = query.args.get("from_"), query.args.get("joins") or []
    first = _source(source.this) if source is not None else None
    joined = [_join(join) for join in joins]
    compiler = _Compiler(qualified=bool(joins))
    where, group = query.args.get("where"), query.args.get("group")
    condition = compiler.column(where.this) if where is not None else None
    keys = {key.sql(): compiler.column(key) for key in group.expressions} if group else {}
    aggregates = [node for part in query.expressions for node in part.find_all(exp.AggFunc)]
    if not keys and any(node.find_ancestor(exp.Window) is None for node in aggregates):
        raise NotEvaluatedError("an aggregate without groups")
    windows = {
        _window_name(window): compiler.window(window)
        for part in query.expressions
        for window in part.find_all(exp.Window)
    }
    selected = _selected(query, compiler)

    def run(tables: Mapping[str, Rows], parameters: Mapping[str, Any]) -> Rows:
        rows = Rows(1, {}) if first is None else first(tables, parameters)
        for join in joined:
            rows = join(rows, tables)
        rows.made |= {f":{name}": [value] * rows.n for name, value in parameters.items()}
        if condition is not None:
            inside = [i for i, value in enumerate(condition(rows)) if value]
            if len(inside) < rows.n:
                rows = _with_parameters(rows, inside)
        if keys:
            rows = _Groups(rows, keys)
        # over all rows, also where a choice looks at some of them
        rows.made |= {name: window(rows) for name, window in windows.items()}
        return _projected(rows, selected)

    return run


def _selected(query: exp.Select, compiler: "_Compiler") -> dict[str, Column | None]:
    """Return the columns of a query by name; None stands for a star."""
    selected: dict[str, Column | None] = {}
    for part in query.expressions:
        if isinstance(part, exp.Star):
            selected["*"] = None
        else:
            bare = part.this if isinstance(part, exp.Alias) else part
            selected[part.alias_or_name] = compiler.column(bare)
    return selected


def _projected(rows: Rows, selected: Mapping[str, Column | None]) -> Rows:
    def maker(name: str, column: Column | None) -> Callable[[], Values]:
        return (lambda: rows.column(name)) if column is None else (lambda: column(rows))

    makers: dict[str, Callable[[], Values]] = {}
    for name, column in selected.items():
        names = rows.names if column is None else [name]
        makers |= {made: maker(made, column) for made in names}
    return Rows(rows.n, makers)


def _source(source: exp.Expr) -> Query:
    if isinstance(source, exp.Subquery):
        return _select(source.this)
    if not isinstance(source, exp.Table):
        raise NotEvaluatedError(f"FROM {type(source).__name__}")
    name, alias = source.name, source.alias_or_name

    def run(tables: Mapping[str, Rows], parameters: Mapping[str, Any]) -> Rows:
        rows = tables[name]

        def maker(column: str) -> Callable[[], Values]:
            return lambda: rows.column(column)

        qualified = {f"{alias}.{column}": maker(column) for column in rows.names}
        return Rows(rows.n, {**{column: maker(column) for column in rows.names}, **qualified})

    return run


def _join(join: exp.Join) -> Callable[[Rows, Mapping[str, Rows]], Rows]:
    """Return the function that puts the rows of a table beside others."""
    on, side, table = join.args.get("on"), join.side, join.this
    if not isinstance(table, exp.Table) or side not in ("", "LEFT"):
        raise NotEvaluatedError(f"JOIN {join.sql()}")
    right, alias = _source(table), table.alias_or_name
    equal = [] if on is None else on.flatten() if isinstance(on, exp.And) else [on]
    keys = [_joined_by(part, alias) for part in equal]

    def run(rows: Rows, tables: Mapping[str, Rows]) -> Rows:
        pairs = _pairs(rows, tables[table.name], keys, outer=side == "LEFT")
        return _beside(rows, right(tables, {}), pairs)

    return run


def _joined_by(on: exp.Expr, alias: str) -> tuple[str, str]:
    """Return the column of ours, and that of the table with an alias, that are to be equal."""
    if not (isinstance(on, exp.EQ) and isinstance(on.this, exp.Column) and on.expression.table):
        raise NotEvaluatedError(f"ON {on.sql()}")
    ours, theirs = on.this, on.expression
    if ours.table == alias:
        ours, theirs = theirs, ours
    return f"{ours.table}.{ours.name}", theirs.name


def _pairs(
    rows: Rows, added: Rows, keys: Sequence[tuple[str, str]], *, outer: bool
) -> list[tuple[int, int | None]]:
    """Return which rows stand beside which."""
    if not keys:
        return [(i, j) for i in range(rows.n) for j in range(added.n)]
    places = added.places(tuple(theirs for _, theirs in keys))
    none: list[int | None] = [None] if outer else []
    values = zip(*(rows.column(ours) for ours, _ in keys), strict=True)
    return [(i, j) for i, value in enumerate(values) for j in places.get(value, none)]


def _beside(rows: Rows, added: Rows, pairs: Sequence[tuple[int, int | None]]) -> Rows:
    def ours(name: str) -> Callable[[], Values]:
        return lambda: [values[i] for values in (rows.column(name),) for i, _ in pairs]

    def theirs(name: str) -> Callable[[], Values]:
        return lambda: [
            None if j is None else values[j] for values in (added.column(name),) for _, j in pairs
        ]

    left = {name: ours(name) for name in rows.names}
    return Rows(len(pairs), {**{name: theirs(name) for name in added.names}, **left})


class _Compiler:
    """Makes functions of columns from expressions; each is evaluated once for some rows."""

    def __init__(self, *, qualified: bool) -> None:
        self._qualified = qualified

    def column(self, node: exp.Expr) -> Column:
        """Return the function of rows that an expression is."""
        if isinstance(node, exp.Column):
            name = f"{node.table}.{node.name}" if node.table and self._qualified else node.name
            return self._once(node.sql(), lambda rows: rows.column(name))
        if isinstance(node, exp.Paren):
            return self.column(node.this)
        if isinstance(node, exp.Placeholder):
            name = f":{node.name}"
            return lambda rows: rows.column(name)
        return self._once(node.sql(), self._made(node))

    def _once(self, name: str, column: Column) -> Column:
        def look(rows: Rows) -> Values:
            if name not in rows.made:
                rows.made[name] = column(rows)
            return rows.made[name]

        return look

    def window(self, node: exp.Window) -> Column:
        """Return the function of all rows that an expression over sorted rows is."""
        function = _window_function(node)
        argument = self.column(node.this.this) if node.this.this is not None else None
        keys = [self.column(part) for part in node.args.get("partition_by") or []]
        ordered = node.args["order"].expressions
        if any(part.args.get("desc") or not part.args.get("nulls_first") for part in ordered):
            raise NotEvaluatedError(node.sql())
        order = [self.column(part.this) for part in ordered]

        def look(rows: Rows) -> Values:
            values = [None] * rows.n if argument is None else argument(rows)
            sorting = [[(v is not None, v) for v in column(rows)] for column in order]
            keyed = [column(rows) for column in keys]
            parts: dict[tuple[Any, ...], list[int]] = {}
            for place in sorted(range(rows.n), key=lambda i: [column[i] for column in sorting]):
                parts.setdefault(tuple(column[place] for column in keyed), []).append(place)
            answers: Values = [None] * rows.n
            for places in parts.values():
                for place, answer in zip(
                    places, function([values[i] for i in places]), strict=True
                ):
                    answers[place] = answer
            return answers

        return look

    def _made(self, node: exp.Expr) -> Column:
        if isinstance(node, exp.Window):
            name = _window_name(node)
            return lambda rows: rows.column(name)
        if isinstance(node, exp.Substring):
            start, length = (_constant(node.args[part]) for part in ("start", "length"))
            return self._of_one(node.this, lambda text: text[start - 1 : start - 1 + length])
        if isinstance(node, exp.Filter | exp.AggFunc) and not isinstance(node, exp.Coalesce):
            return self._aggregate(node)
        if isinstance(node, exp.Case):
            return self._case(node)
        if isinstance(node, exp.Coalesce):
            return self._coalesce([node.this, *node.expressions])
        if isinstance(node, exp.And | exp.Or):
            return self._logical(node)
        if isinstance(node, exp.In) and node.expressions:
            return self._among(node)
        if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
            values = self.column(node.this)
            return lambda rows: [value is None for value in values(rows)]
        if isinstance(node, exp.Literal | exp.Boolean | exp.Null):
            constant = _constant(node)
            return lambda rows: [constant] * rows.n
        if isinstance(node, exp.Cast):
            return self._of_one(node.this, _cast(node))
        if isinstance(node, exp.DateDiff):
            return self._seconds(node)
        if type(node) in _OF_ONE:
            return self._of_one(node.this, _OF_ONE[type(node)])
        if isinstance(node, exp.Nullif) and not isinstance(node.expression, exp.Literal):
            raise NotEvaluatedError(node.sql())
        if type(node) in _OF_TWO:
            return self._of_two(node.this, node.expression, _OF_TWO[type(node)])
        raise NotEvaluatedError(f"{type(node).__name__}: {node.sql()}")

    def _of_one(self, of: exp.Expr, function: Callable[[Any], Any]) -> Column:
        values = self.column(of)
        return lambda rows: [None if v is None else function(v) for v in values(rows)]

    def _of_two(
        self, left: exp.Expr, right: exp.Expr, function: Callable[[Any, Any], Any]
    ) -> Column:
        first, second = self.column(left), self.column(right)
        return lambda rows: [
            None if a is None or b is None else function(a, b)
            for a, b in zip(first(rows), second(rows), strict=True)
        ]

    def _seconds(self, node: exp.DateDiff) -> Column:
        if str(node.args.get("unit")).upper() != "SECOND":
            raise NotEvaluatedError(node.sql())
        # moments are microseconds since 1970
        return self._of_two(
            node.this, node.expression, lambda end, start: end // 10**6 - start // 10**6
        )

    def _logical(self, node: exp.And | exp.Or) -> Column:
        parts = [self.column(part) for part in node.flatten()]
        decides = isinstance(node, exp.Or)

        def together(values: tuple[Any, ...]) -> bool | None:
            if decides in values:
                return decides
            return None if None in values else not decides

        return lambda rows: [
            together(values) for values in zip(*(part(rows) for part in parts), strict=True)
        ]

    def _among(self, node: exp.In) -> Column:
        constants = [_constant(part) for part in node.expressions]
        if None in constants:
            raise NotEvaluatedError(node.sql())
        return self._of_one(node.this, lambda value: value in constants)

    def _coalesce(self, nodes: Sequence[exp.Expr]) -> Column:
        parts = [self.column(node) for node in nodes]

        def first(rows: Rows) -> Values:
            values = parts[0](rows)
            for part in parts[1:]:
                if None not in values:
                    break
                values = [b if a is None else a for a, b in zip(values, part(rows), strict=True)]
            return values

        return first

    def _case(self, node: exp.Case) -> Column:
        """Return a choice; what is not chosen is not computed, since it may not be defined."""
        if node.this is not None:
            raise NotEvaluatedError(node.sql())
        default = node.args.get("default")
        branches = [
            (self.column(part.this), self.column(part.args["true"])) for part in node.args["ifs"]
        ]
        last = self.column(default) if default is not None else None

        def choose(rows: Rows) -> Values:
            values: Values = [None] * rows.n
            left = list(range(rows.n))
            for condition, column in branches:
                inside = condition(rows)
                _put(values, column, rows, [i for i in left if inside[i]])
                left = [i for i in left if not inside[i]]
            if last is not None:
                _put(values, last, rows, left)
            return values

        return choose

    def _aggregate(self, node: exp.Expr) -> Column:
        condition = None
        if isinstance(node, exp.Filter):
            condition = self.column(node.expression.this)
            node = node.this
        if type(node) not in _AGGREGATES or isinstance(node.this, exp.Distinct):
            raise NotEvaluatedError(node.sql())
        function = _AGGREGATES[type(node)]
        argument = None if isinstance(node.this, exp.Star) else self.column(node.this)

        def aggregate(groups: Rows) -> Values:
            if not isinstance(groups, _Groups):
                raise NotEvaluatedError("an aggregate of an aggregate")
            source = groups.source
            values = [1] * source.n if argument is None else argument(source)
            if condition is not None:
                inside = condition(source)
                values = [v if keep else None for v, keep in zip(values, inside, strict=True)]
            return [
                function([values[i] for i in places if values[i] is not None])
                for places in groups.members.values()
            ]

        return aggregate


def _window_name(node: exp.Window) -> str:
    # a choice takes along what begins so
    return f":{node.sql()}"


def _window_function(node: exp.Window) -> Callable[[Values], Values]:
    """Return what a window function makes of the sorted values of a part."""
    spec = node.args.get("spec")
    if isinstance(node.this, exp.RowNumber) and spec is None:
        return lambda values: list(range(1, len(values) + 1))
    if isinstance(node.this, exp.Lag) and spec is None and node.this.args.get("offset") is None:
        return lambda values: [None, *values[:-1]]
    if isinstance(node.this, exp.Max) and spec is not None and spec.sql() == _SO_FAR:
        return lambda values: list(accumulate(values, _larger))
    raise NotEvaluatedError(node.sql())


_SO_FAR = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"


def _larger(so_far: Any, value: Any) -> Any:
    return so_far if value is None else value if so_far is None else max(so_far, value)


def _put(values: Values, column: Column, rows: Rows, places: Sequence[int]) -> None:
    if len(places) == rows.n:
        values[:] = column(rows)
    elif places:
        if isinstance(rows, _Groups):
            raise NotEvaluatedError("a choice among groups")
        for place, value in zip(places, column(_with_parameters(rows, places)), strict=True):
            values[place] = value


def _with_parameters(rows: Rows, places: Sequence[int]) -> Rows:
    taken = rows.taken(places)
    for name, values in rows.made.items():
        if name.startswith(":"):
            taken.made[name] = [values[i] for i in places]
    return taken


def _constant(node: exp.Expr) -> Any:
    if isinstance(node, exp.Null):
        return None
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if not isinstance(node, exp.Literal):
        raise NotEvaluatedError(node.sql())
    if node.is_string:
        return str(node.this)
    text = str(node.this)
    return (
        int(text) if text.isdigit() else Decimal(text) if "e" not in text.lower() else float(text)
    )


def _cast(node: exp.Cast) -> Callable[[Any], Any]:
    kind = node.to.this
    if kind == exp.DType.DOUBLE:
        return _double
    if kind == exp.DType.DECIMAL:
        scale = int(node.to.expressions[1].name) if len(node.to.expressions) == 2 else 0
        return lambda value: _decimal(value, scale)
    if kind in (exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ):
        return _moment
    if kind in (exp.DType.BIGINT, exp.DType.INT):
        return _whole
    if kind in (exp.DType.VARCHAR, exp.DType.TEXT):
        return _text
    raise NotEvaluatedError(node.sql())


def _double(value: Any) -> float:
    """Return a number as a double, rounded as DuckDB rounds it."""
    if not isinstance(value, Decimal):
        return float(value)
    scale = -int(value.as_tuple().exponent)
    if scale <= 0:
        return float(int(value))
    unscaled, unit = int(value.scaleb(scale)), int(10**scale)
    if abs(unscaled) <= _LARGEST_EXACT:
        return unscaled / unit
    sign = -1 if unscaled < 0 else 1
    major, minor = divmod(abs(unscaled), unit)
    return float(sign * major) + sign * minor / unit


def _decimal(value: Any, scale: int) -> Decimal:
    if isinstance(value, float):
        # a hair beyond, as DuckDB rounds what should be half
        raised = value * 10.0**scale
        raised += math.copysign(1e-9, raised) if raised else 0.0
        return Decimal(math.floor(abs(raised) + 0.5) * (-1 if raised < 0 else 1)).scaleb(-scale)
    return Decimal(value).quantize(Decimal(1).scaleb(-scale))


def microseconds(moment: datetime) -> int:
    """Return a moment (UTC) as queries see it here: in microseconds since 1970.

    >>> microseconds(datetime(1970, 1, 2))
    86400000000
    """
    return (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # noqa: DTZ001


def _moment(value: Any) -> int:
    return value if isinstance(value, int) else microseconds(datetime.fromisoformat(value))


def _whole(value: Any) -> int:
    if not isinstance(value, int):
        raise NotEvaluatedError("a whole number of a fraction")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise NotEvaluatedError("what is no whole number, as text")
    return str(value)


def _divided(left: Any, right: Any) -> float:
    if not right:
        raise NotEvaluatedError("a division by 0")
    return _double(left) / _double(right)


def _towards_0(left: int, right: int) -> int:
    if left < 0 or right <= 0:
        raise NotEvaluatedError("a whole division below 0")
    return left // right


def _rest(left: int, right: int) -> int:
    return left - right * _towards_0(left, right)


def _logarithm(value: float) -> float:
    if value <= 0:
        raise NotEvaluatedError("a logarithm of 0")
    return math.log(value)


_OF_ONE: dict[type[exp.Expr], Callable[[Any], Any]] = {
    exp.Not: lambda value: not value,
    exp.Neg: lambda value: -value,
    exp.Ln: _logarithm,
}
_OF_TWO: dict[type[exp.Expr], Callable[[Any, Any], Any]] = {
    exp.Add: lambda a, b: a + b,
    exp.Sub: lambda a, b: a - b,
    exp.Mul: lambda a, b: a * b,
    exp.Div: _divided,
    exp.IntDiv: _towards_0,
    exp.Mod: _rest,
    exp.DPipe: lambda a, b: a + b,
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
    exp.Nullif: lambda a, b: None if a == b else a,
}
_AGGREGATES: dict[type[exp.Expr], Callable[[Values], Any]] = {
    exp.Count: len,
    exp.Sum: lambda values: sum(values) if values else None,
    exp.Min: lambda values: min(values) if values else None,
    exp.Max: lambda values: max(values) if values else None,
}


def evaluated(
    query: Query, tables: Mapping[str, Rows], parameters: Mapping[str, Any], names: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Return some columns of what a query gives, row by row; decimals are exact.

    >>> from clustomer.engines import parse
    >>> query = compiled(parse("SELECT CAST(n AS DOUBLE) / 4 AS quarter FROM t"))
    >>> evaluated(query, {"t": Rows(1, {"n": lambda: [3]})}, {}, ["quarter"])
    [(0.75,)]
    """
    with localcontext(_EXACT):
        rows = query(tables, parameters)
        return list(zip(*(rows.column(name) for name in names), strict=True))
