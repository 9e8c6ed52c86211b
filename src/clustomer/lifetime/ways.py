"""The ways to forecast that compete, fitted to what was before a day."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.lifetime.models import (
    BgNbd,
    Floats,
    GammaGamma,
    Histories,
    MbgNbd,
    ParetoNbd,
    PastRate,
)

PAST_RATE, BOOSTING = "past_rate", "boosting"
BG_NBD, MBG_NBD, PARETO_NBD = "bg_nbd", "mbg_nbd", "pareto_nbd"
PARETO_NBD_SIZES = "pareto_nbd_sizes"
WAYS = (PAST_RATE, BG_NBD, MBG_NBD, PARETO_NBD, PARETO_NBD_SIZES, BOOSTING)
"""All of them, in the order of the table."""
ALIVE_WAYS = (MBG_NBD, PARETO_NBD, PARETO_NBD_SIZES)
"""Those that say how likely a customer is still one, also of who ordered once."""

LEARNED_CUSTOMERS = 50_000
_TREES = {"max_iter": 100, "learning_rate": 0.06, "max_leaf_nodes": 16, "min_samples_leaf": 50}


class OrderModel(Protocol):
    """What tells how many orders customers will place."""

    def expected_orders(self, histories: Histories, days: float) -> Floats:
        """Return the days with an order that each customer is expected to have in the next days."""
        ...


def fit_models(histories: Histories) -> dict[str, OrderModel]:
    """Return every model but boosting, fitted; the one of sizes where first orders differ."""
    pareto = ParetoNbd.fit(histories)
    models: dict[str, OrderModel] = {
        PAST_RATE: PastRate(),
        BG_NBD: BgNbd.fit(histories),
        MBG_NBD: MbgNbd.fit(histories),
        PARETO_NBD: pareto,
    }
    if len(np.unique(histories.size)) > 1:
        models[PARETO_NBD_SIZES] = pareto.with_sizes(histories)
    return models


def fit_value(histories: Histories) -> GammaGamma | None:
    """Return the model of what customers spend; None where nobody spent anything."""
    sampled = histories.sample()
    if not (sampled.value > 0).any():
        return None
    return GammaGamma.fit(sampled.order_days, sampled.value)


class Boosting:
    """Gradient-boosted trees on the customer table, from an earlier day to what was ordered next.

    Friedman 2001, doi:10.1214/aos/1013203451, as scikit-learn has it, with the loss of counts
    (Poisson).

    Parameters
    ----------
    features : pyarrow.Table
        Of customers at the earlier day.
    orders : ndarray of float
        What each of them ordered in the horizon from that day on.
    random_state : int
    """

    def __init__(self, features: pa.Table, orders: Floats, random_state: int) -> None:
        from sklearn.ensemble import HistGradientBoostingRegressor

        self._names = [
            name
            for name in features.column_names
            if name != "user_id"
            and pc.count_distinct(features[name], mode="only_valid").as_py() > 1
        ]
        rows = np.arange(0, len(orders), -(-len(orders) // LEARNED_CUSTOMERS))
        self._trees = HistGradientBoostingRegressor(
            loss="poisson", early_stopping=False, random_state=random_state, **_TREES
        ).fit(self._matrix(features)[rows], orders[rows])

    def expected_orders(self, features: pa.Table) -> Floats:
        """Return what customers with these features are expected to order in the same time."""
        return np.asarray(self._trees.predict(self._matrix(features)))

    def _matrix(self, features: pa.Table) -> Floats:
        missing = np.full(features.num_rows, np.nan)
        columns = [
            features[name].to_numpy() if name in features.column_names else missing
            for name in self._names
        ]
        return np.column_stack(columns).astype(np.float64)


def of_customers(table: pa.Table, user_ids: pa.Array) -> pa.Table:
    """Return the rows of a customer table for these customers, in their order.

    >>> table = pa.table({"user_id": ["a", "b"], "views": [1.0, 2.0]})
    >>> of_customers(table, pa.array(["b", "a"]))["views"].to_pylist()
    [2.0, 1.0]
    """
    return table.take(pc.index_in(user_ids, table["user_id"].combine_chunks()))


def parameters_of(models: Mapping[str, OrderModel]) -> dict[str, dict[str, float]]:
    """Return the parameters of models that have any, ready for JSON."""
    return {name: vars(model) for name, model in models.items() if vars(model)}
