"""Customers in, the ten classic RFM segments out."""

from clustomer.customers.reason import Reason
from clustomer.errors import InputError
from clustomer.segments.algorithms.algorithm import AlgorithmNote
from clustomer.segments.exclusions import BOTS, columns_of
from clustomer.segments.matrix.customer_matrix import (
    cluster_sizes,
    customer_table,
)
from clustomer.segments.rules.assignment import assign
from clustomer.segments.rules.rfm_grid import (
    NO_PURCHASE,
    NO_PURCHASE_ID,
    RFM_SEGMENTS,
    fit_rfm_grid,
)
from clustomer.segments.segmentation import BOTS_ID, Segmentation
from clustomer.segments.selection.criteria_table import criteria_table
from clustomer.segments.selection.selection import Selection


def rfm(customers: object) -> Segmentation:
    """Put customers into the ten classic named RFM segments.

    Customers with an order are scored from 1 to 5 for the recency of the last order and for
    the number of orders, by quintiles of each (`cut_points`), and each pair of scores belongs
    to one of ten segments with a fixed name (`RFM_SEGMENTS`). Customers without an order are a
    segment of their own, and so are suspected bots. What customers spend is described, and
    decides nothing.

    Parameters
    ----------
    customers : any Arrow, pandas or Polars table, or the result of `customer_features`
        One row per customer: `user_id`, `orders`, and `purchase_recency_days` (NULL or NaN
        where there is no order).

    Returns
    -------
    Segmentation
        Its clusters are the places of the segments in the list, whatever their sizes, and 10
        for those without an order; a segment that nobody is in is left out of `clusters`.
        `distance` is NULL: a grid has no centres.

    Raises
    ------
    InputError
        If the table has no customers, no column for recency or orders, or no order at all.

    Examples
    --------
    >>> import pyarrow as pa
    >>> found = rfm(pa.table({
    ...     "user_id": ["ann", "bob", "cem", "dee", "eve", "fay"],
    ...     "orders": [9.0, 1.0, 2.0, 3.0, 4.0, 0.0],
    ...     "purchase_recency_days": [1.0, 2.0, 30.0, 40.0, 50.0, None],
    ... }))
    >>> [found.segment_ids[cluster] for cluster in found.table["cluster"].to_pylist()]
    ['champions', 'promising', 'about_to_sleep', 'at_risk', 'at_risk', 'no_purchase']
    """
    table = customer_table(customers)
    if table.num_rows == 0:
        raise InputError("The table has no customers. Give one with at least one row.")
    rule, n_scored = fit_rfm_grid(table)
    needed = dict.fromkeys(["user_id", *rule.features, *columns_of(rule.exclusions)])
    labelled = assign(table.select(list(needed)), rule)
    clusters = cluster_sizes(labelled)
    k = len(clusters) - (BOTS in clusters)
    return Segmentation(
        table=labelled,
        clusters=clusters,
        rule=rule,
        segment_ids={
            **{cluster: part.segment_id for cluster, part in enumerate(RFM_SEGMENTS)},
            NO_PURCHASE: NO_PURCHASE_ID,
            BOTS: BOTS_ID,
        },
        left_out={},
        selection=_selection(k, NO_PURCHASE in clusters),
        projection=None,
        structure=k > 1,
        fitted_customers=n_scored,
        random_state=0,
        algorithm=AlgorithmNote("rfm"),
    )


def _selection(k: int, with_no_purchase: bool) -> Selection:
    return Selection(
        k=k,
        requested=None,
        k_range=(k, k),
        rule="definition",
        reason=Reason("definition", {"k": k, "no_purchase": with_no_purchase}),
        elbow_k=None,
        silhouette_k=None,
        criteria=criteria_table({"k": [k]}, {"taken": k}),
    )
