"""Arrays as they are stored: nested lists that a stranger can read."""

from typing import Annotated, Any

import numpy as np
from pydantic import PlainSerializer, PlainValidator, TypeAdapter

from clustomer.segments.arrays import Integers, Matrix

_NUMBERS = TypeAdapter(list[float])
_WHOLE = TypeAdapter(list[int])
_POINTS = TypeAdapter(list[list[float]])
_TRIANGLES = TypeAdapter(list[list[list[float]]])


def _points(stored: Any) -> Matrix:
    points = _POINTS.validate_python(stored)
    if len({len(point) for point in points}) > 1:
        raise ValueError("points are not as long as each other")
    return np.array(points, dtype=np.float64)


def _triangles(stored: Any) -> Matrix:
    """Return lower triangles whose row i is stored as i + 1 numbers.

    >>> _triangles([[[2.0], [1.0, 3.0]]]).tolist()
    [[[2.0, 0.0], [1.0, 3.0]]]
    """
    triangles = _TRIANGLES.validate_python(stored)
    size = len(triangles[0]) if triangles else 0
    filled = np.zeros((len(triangles), size, size))
    for index, rows in enumerate(triangles):
        if [len(row) for row in rows] != list(range(1, size + 1)):
            raise ValueError("precision_cholesky does not have a row for each feature")
        for i, row in enumerate(rows):
            filled[index, i, : i + 1] = row
    return filled


StoredPoints = Annotated[
    Matrix, PlainValidator(_points), PlainSerializer(lambda array: array.tolist())
]
StoredNumbers = Annotated[
    Matrix,
    PlainValidator(lambda stored: np.array(_NUMBERS.validate_python(stored), dtype=np.float64)),
    PlainSerializer(lambda array: array.tolist()),
]
StoredIntegers = Annotated[
    Integers,
    PlainValidator(lambda stored: np.array(_WHOLE.validate_python(stored), dtype=np.int64)),
    PlainSerializer(lambda array: array.tolist()),
]
StoredTriangles = Annotated[
    Matrix,
    PlainValidator(_triangles),
    PlainSerializer(
        lambda array: [[row[: i + 1] for i, row in enumerate(rows)] for rows in array.tolist()]
    ),
]
