"""How near a customer is to another segment of a grid of scores.

By recency or by orders alone, whichever takes less: up to the value at which the score, and with
it the segment, would be another.
"""

from collections.abc import Callable, Sequence

from sqlglot import exp

from clustomer.engines import dialect

_SCORES = 5

Grid = Sequence[Sequence[int]]


def grid_margins(
    recency_cuts: Sequence[float], frequency_cuts: Sequence[float], grid: Grid
) -> tuple[exp.Expr, ...]:
    """Return the margins of a customer in a cell, by each way out of its segment.

    More recent, longer ago, fewer orders, more orders. Each is 1 less the ratio of the value and
    the one at which the segment changes, the smaller over the larger; 1 where no other segment is
    that way. The query has columns `cell`, `recency` and `orders_placed`.
    """
    # of recency a high score is a low value: row r ends at the cut point `ends[r - 1]`
    ends = [*reversed(recency_cuts)]

    def sooner(row: int, column: int) -> float | None:
        others = (r for r in range(row + 1, _SCORES) if grid[r][column] != grid[row][column])
        # where cut points coincide no value has the score between them
        return next((ends[r - 1] for r in others if _is_held(ends, r - 1)), None)

    def later(row: int, column: int) -> float | None:
        others = (r for r in range(row - 1, -1, -1) if grid[r][column] != grid[row][column])
        return next((ends[r] for r in others if r == 0 or _is_held(ends, r - 1)), None)

    def fewer(row: int, column: int) -> float | None:
        others = (c for c in range(column - 1, -1, -1) if grid[row][c] != grid[row][column])
        held = (c for c in others if c == 0 or frequency_cuts[c - 1] < frequency_cuts[c])
        return next((frequency_cuts[c] for c in held), None)

    def more(row: int, column: int) -> float | None:
        others = (c for c in range(column + 1, _SCORES) if grid[row][c] != grid[row][column])
        held = (c for c in others if c == _SCORES - 1 or frequency_cuts[c - 1] < frequency_cuts[c])
        # orders are whole numbers: one more than the cut point is beyond it
        return next((frequency_cuts[c - 1] + 1.0 for c in held), None)

    return (
        _margin("recency", sooner, falling=True),
        _margin("recency", later, falling=False),
        _margin("orders_placed", fewer, falling=True),
        _margin("orders_placed", more, falling=False),
    )


def _is_held(ends: Sequence[float], index: int) -> bool:
    """Return whether some value has the score above the cut point at an index of falling ones."""
    return index == len(ends) - 1 or ends[index + 1] < ends[index]


def _margin(column: str, bound: Callable[[int, int], float | None], *, falling: bool) -> exp.Expr:
    value = exp.column(column)
    margins = exp.Case()
    for row in range(_SCORES):
        for score in range(_SCORES):
            at = bound(row, score)
            if at is None:
                continue
            is_cell = exp.EQ(
                this=exp.column("cell"), expression=dialect.literal(10 * (row + 1) + score + 1)
            )
            margins = margins.when(is_cell, _apart(value, at, falling=falling), copy=False)
    if not margins.args.get("ifs"):
        return dialect.literal(1.0)
    return margins.else_(dialect.literal(1.0))


def _apart(value: exp.Expr, bound: float, *, falling: bool) -> exp.Expr:
    """Return 1 less the smaller over the larger; 0 where both are 0."""
    limit = dialect.literal(float(bound))
    small, large = (limit, value.copy()) if falling else (value.copy(), limit)
    ratio = exp.Div(this=small, expression=exp.Nullif(this=large, expression=dialect.literal(0.0)))
    return exp.Coalesce(
        this=exp.Sub(this=dialect.literal(1.0), expression=ratio),
        expressions=[dialect.literal(0.0)],
    )
