"""Where the labels of arrows go, so that none covers another."""

import math
from collections.abc import Sequence
from itertools import product

Point = tuple[float, float]
Box = tuple[float, float, float, float]

_TURNS = (0, 0.35, -0.35, 0.7, -0.7, 1.1, -1.1, 1.5, -1.5)
_DISTANCES = (10, 20, 32, 46, 62)


def place_labels(
    ends: Sequence[Point],
    texts: Sequence[Sequence[str]],
    *,
    origin: Point,
    size: tuple[float, float],
    letter: float,
    line: float = 15,
) -> list[Point]:
    """Return the middle of each label (a list of lines), near the end of its arrow.

    All positions are pixels with y downwards. `letter` is the mean width of a letter, `line`
    the height of a line. Labels are placed in the given order: the first gets the best place.
    The best place is beyond the tip of the arrow; where that is taken, outside the picture or
    crossed by an arrow, nearby places are tried, and the least bad one inside is kept.

    >>> place_labels([(60.0, 50.0)], [["ab"]], origin=(0.0, 50.0), size=(200, 100), letter=6.0)
    [(76.0, 50.0)]
    """
    placed: list[Box] = []
    middles: list[Point] = []
    for index, ((x, y), text) in enumerate(zip(ends, texts, strict=True)):
        width, height = max(map(len, text)) * letter, len(text) * line
        outward = math.atan2(y - origin[1], x - origin[0])
        best: tuple[float, Point, Box] | None = None
        for distance, turn in product(_DISTANCES, _TURNS):
            angle = outward + turn
            dx, dy = math.cos(angle), math.sin(angle)
            wanted = (
                x + dx * (distance + width / 2 * abs(dx)),
                y + dy * (distance + height / 2 * abs(dy)),
            )
            middle = (
                _inside(wanted[0], width, size[0]),
                _inside(wanted[1], height, size[1]),
            )
            box = (
                middle[0] - width / 2,
                middle[1] - height / 2,
                middle[0] + width / 2,
                middle[1] + height / 2,
            )
            cost = distance / 10 + abs(turn) * 2
            cost += math.dist(wanted, middle) / 10
            cost += 60 * _contains(box, (x, y))
            cost += 40 * _crosses(origin, (x, y), box)
            cost += sum(200 for other in placed if _overlap(box, other))
            cost += sum(
                40
                for other, end in enumerate(ends)
                if other != index and _crosses(origin, end, box)
            )
            cost += sum(60 for other in ends if other != (x, y) and _contains(box, other))
            if best is None or cost < best[0]:
                best = (cost, middle, box)
        assert best is not None
        middles.append((round(best[1][0], 2), round(best[1][1], 2)))
        placed.append(best[2])
    return middles


def _inside(middle: float, length: float, size: float) -> float:
    return max(min(middle, size - 2 - length / 2), 2 + length / 2)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _contains(box: Box, point: Point) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


def _crosses(start: Point, end: Point, box: Box) -> bool:
    """Return whether a line meets a box (Liang and Barsky 1984).

    >>> _crosses((0, 0), (9, 9), (4, 4, 6, 5)), _crosses((0, 0), (9, 9), (4, 1, 6, 2))
    (True, False)
    """
    enters, leaves = 0.0, 1.0
    for axis in (0, 1):
        low, high = box[axis] - start[axis], box[axis + 2] - start[axis]
        way = end[axis] - start[axis]
        if way == 0:
            if low > 0 or high < 0:
                return False
            continue
        first, last = sorted((low / way, high / way))
        enters, leaves = max(enters, first), min(leaves, last)
    return enters <= leaves
