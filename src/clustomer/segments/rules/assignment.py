"""The rule that gives each customer a cluster, as one portable SQL query.

Published labels come from this query alone, never from an algorithm's own labels:
scoring a customer tomorrow, on any engine, equals fitting.
"""

import pyarrow as pa
from sqlglot import exp

from clustomer.engines import dialect, query_tables
from clustomer.errors import InputError
from clustomer.segments.exclusions import columns_of
from clustomer.segments.matrix.customer_matrix import customer_table, is_number
from clustomer.segments.rules.rule import HasRule

LABELS = pa.schema(
    [
        ("user_id", pa.string()),
        ("cluster", pa.int32()),
        ("distance", pa.float64()),
        ("border_distance", pa.float64()),
    ]
)
"""The columns that a rule gives."""


def assignment_query(model: HasRule, table: str = "customers") -> exp.Select:
    """Return the query that gives each row of a customer table its cluster.

    A missing feature is filled, kept within its limits, rooted where the scaling says so and
    standardised (`scaled_query`). For the nearest centroid the smallest squared distance wins;
    ties go to the lowest cluster. A mixture takes the highest weighted normal
    density instead, and dense regions take the nearest exemplar: beyond its cluster's radius a
    customer is noise, cluster -2, without a distance. For the RFM grid recency and orders are
    scored by the stored cut points, and the cell says the cluster. Excluded customers get
    cluster -1 and no distance.

    Parameters
    ----------
    model : a `Segmentation`, a `SegmentationModel`, or a bare `Rule`.
    table : name of a table with `user_id` and the model's features.

    Returns
    -------
    sqlglot Select
        Columns `user_id`, `cluster` (integer), `distance` (double: Euclidean, in
        standard deviations, for a mixture Mahalanobis, in those of the cluster itself; NULL
        where excluded, for noise, and for a grid) and `border_distance` (double, from 0 on the
        border to another cluster to 1), in no particular order. It
        keeps to the portable dialect: `engines.dialect.translate` gives it for other engines.

    Notes
    -----
    `border_distance` is 1 - a / b for centroids, a and b the distances to the nearest and the
    second nearest. For exemplars a is the distance to the nearest of all, and b the one to the
    nearest of another cluster or the radius beyond which there is noise, whichever is less; for
    noise itself it is 1 - radius / a. For a mixture it is h / (1 + h), h the natural logarithm of
    how many times as likely the own cluster is as the second. For a grid it is 1 - a / b with the
    value of recency or of orders and the one at which the segment changes, the smaller over the
    larger, whichever is less. NULL where excluded, without an order in a grid, and where there is
    one centroid.

    Examples
    --------
    >>> import numpy as np
    >>> from clustomer.segments import NearestCentroid, ScaledFeature
    >>> rule = NearestCentroid(
    ...     (ScaledFeature("orders", 0.0, 1.0, 2.0, 0.5),), np.array([[1.0], [-1.0]])
    ... )
    >>> print(assignment_query(rule).sql("duckdb", pretty=True))
    WITH scaled AS (
      SELECT
        user_id,
        FALSE AS excluded,
        (
          COALESCE(CAST(orders AS DOUBLE), CAST(0.0 AS DOUBLE)) - CAST(2.0 AS DOUBLE)
        ) / CAST(0.5 AS DOUBLE) AS z0
      FROM customers
    ), distances AS (
      SELECT
        user_id,
        excluded,
        (
          z0 - CAST(1.0 AS DOUBLE)
        ) * (
          z0 - CAST(1.0 AS DOUBLE)
        ) AS d0,
        (
          z0 - -CAST(1.0 AS DOUBLE)
        ) * (
          z0 - -CAST(1.0 AS DOUBLE)
        ) AS d1
      FROM scaled
    ), nearest AS (
      SELECT
        user_id,
        CASE WHEN excluded THEN -1 WHEN d0 <= d1 THEN 0 ELSE 1 END AS cluster,
        d0,
        d1
      FROM distances
    ), placed AS (
      SELECT
        user_id,
        cluster,
        CASE WHEN cluster = 0 THEN d0 WHEN cluster = 1 THEN d1 END AS own,
        d0,
        d1
      FROM nearest
    ), margins AS (
      SELECT
        user_id,
        cluster,
        own,
        CASE
          WHEN cluster = 0
          THEN CAST(1.0 AS DOUBLE)
          ELSE COALESCE(
            CAST(1.0 AS DOUBLE) - SQRT(own / NULLIF(d0, CAST(0.0 AS DOUBLE))),
            CAST(0.0 AS DOUBLE)
          )
        END AS m0,
        CASE
          WHEN cluster = 1
          THEN CAST(1.0 AS DOUBLE)
          ELSE COALESCE(
            CAST(1.0 AS DOUBLE) - SQRT(own / NULLIF(d1, CAST(0.0 AS DOUBLE))),
            CAST(0.0 AS DOUBLE)
          )
        END AS m1
      FROM placed
    )
    SELECT
      user_id,
      cluster,
      SQRT(own) AS distance,
      CASE WHEN cluster >= 0 THEN CASE WHEN m0 <= m1 THEN m0 ELSE m1 END END AS border_distance
    FROM margins
    """
    source = exp.to_table(table) if "." in table else exp.Table(this=exp.to_identifier(table))
    query = model.rule.query(source)
    dialect.check(query)
    return query


def assign(customers: object, model: HasRule) -> pa.Table:
    """Give each customer the cluster that a fitted or loaded segmentation says.

    Parameters
    ----------
    customers : any Arrow, pandas or Polars table with `user_id` and the model's features.
    model : a `Segmentation`, a `SegmentationModel`, or a bare `Rule`.

    Returns
    -------
    pyarrow.Table
        `user_id` (string), `cluster` (int32; -1 where excluded, -2 for noise), `distance`
        (float64, standard deviations, NULL where excluded, for noise, and for a grid) and
        `border_distance` (float64: see `assignment_query`), sorted by `user_id`.

    Raises
    ------
    InputError
        If a feature of the model is missing or no number, or `user_id` is not usable.

    Examples
    --------
    >>> import numpy as np
    >>> from clustomer.segments import NearestCentroid, ScaledFeature
    >>> rule = NearestCentroid(
    ...     (ScaledFeature("orders", 0.0, 1.0, 2.0, 0.5),), np.array([[1.0], [-1.0]])
    ... )
    >>> assign(pa.table({"user_id": ["b", "a"], "orders": [3.0, None]}), rule).to_pydict()
    {'user_id': ['a', 'b'], 'cluster': [1, 0], 'distance': [3.0, 1.0],
     'border_distance': [0.4, 0.6666666666666667]}
    """
    rule = model.rule
    needed = [*rule.features, *columns_of(rule.exclusions)]
    table = customer_table(customers)
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        raise InputError(
            "The segmentation needs "
            + ", ".join(f"`{name}`" for name in missing)
            + ", which the customer table lacks. Give a table made with the same features."
        )
    for name in needed:
        if not is_number(table.schema.field(name).type):
            raise InputError(
                f"`{name}` is of type {table.schema.field(name).type}, expected numbers. "
                "Give a table made with the same features."
            )
    query = assignment_query(rule).order_by("user_id", copy=False)
    labelled = query_tables(query, customers=table)
    return labelled.cast(LABELS)
