"""Customers on a plane: the two directions along which they differ most."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from threadpoolctl import threadpool_limits

from clustomer.engines import dialect, query_tables
from clustomer.segments.arrays import Floats
from clustomer.segments.matrix.sampling import share_out
from clustomer.segments.matrix.scaling import ScaledFeature, scale

MAX_POINTS = 1_500
FEWEST_PER_CLUSTER = 10


@dataclass(frozen=True, eq=False)
class Projection:
    """A principal component analysis of the scaled features, down to two dimensions.

    `mean` (features) and `components` (2 x features) give coordinates by
    `(z - mean) @ components.T`; `explained_variance_ratio` has two shares of all variance.
    `loadings` is a table `feature, x, y, strength`: the correlation of each feature with each
    axis, and the length of that arrow, the longest first. `points` is a table `user_id,
    cluster, x, y` of a sample of customers, suspected bots left out.
    """

    features: tuple[str, ...]
    mean: Floats
    components: Floats
    explained_variance_ratio: Floats
    loadings: pa.Table
    points: pa.Table


def fit_axes(
    matrix: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Return the mean, the two first principal components, and their shares of the variance.

    The sign of a component is free; here its largest entry (the first of equals) is
    positive. With fewer than two features, or nothing that varies, the components that do
    not exist are all 0 and explain 0.

    Parameters
    ----------
    matrix : shape (n_customers, n_features), scaled.

    Returns
    -------
    mean (n_features,), components (2, n_features), explained variance ratio (2,)

    Examples
    --------
    >>> import numpy as np
    >>> mean, components, explained = fit_axes(np.array([[0.0, 0.0], [-3.0, -3.0], [6.0, 6.0]]))
    >>> mean.tolist(), components[0].round(4).tolist(), explained.round(4).tolist()
    ([1.0, 1.0], [0.7071, 0.7071], [1.0, 0.0])
    """
    n_rows, n_features = matrix.shape
    mean = matrix.mean(axis=0) if n_rows else np.zeros(n_features)
    components, explained = np.zeros((2, n_features)), np.zeros(2)
    n_axes = min(2, n_features, n_rows)
    if n_axes and np.ptp(matrix, axis=0).any():
        from sklearn.decomposition import PCA

        with threadpool_limits(1):
            pca = PCA(n_components=n_axes, svd_solver="covariance_eigh").fit(matrix)
        signs = np.sign(pca.components_[np.arange(n_axes), np.abs(pca.components_).argmax(axis=1)])
        components[:n_axes] = pca.components_ * signs[:, np.newaxis]
        explained[:n_axes] = pca.explained_variance_ratio_
    return mean, components, explained


def loadings(features: tuple[str, ...], matrix: Floats, coordinates: Floats) -> pa.Table:
    """Return each feature's correlation with each axis, the longest arrow first.

    Parameters
    ----------
    features : names of the columns of `matrix`.
    matrix : shape (n_customers, n_features), scaled.
    coordinates : shape (n_customers, 2).

    Returns
    -------
    pyarrow.Table
        `feature`, `x`, `y` (correlations, 0 with an axis along which nothing varies) and
        `strength`, the length of the arrow: the multiple correlation with both axes.

    Examples
    --------
    >>> import numpy as np
    >>> z = np.array([[1.0], [-1.0]])
    >>> loadings(("orders",), z, np.column_stack([z, 0 * z])).to_pylist()
    [{'feature': 'orders', 'x': 1.0, 'y': 0.0, 'strength': 1.0}]
    """
    together = np.zeros((len(features), 2))
    if len(matrix):
        with threadpool_limits(1):
            left, right = matrix - matrix.mean(axis=0), coordinates - coordinates.mean(axis=0)
            lengths = [np.einsum("ij,ij->j", half, half) for half in (left, right)]
            sizes = np.sqrt(np.outer(*lengths))
            # An axis that explains nothing has coordinates of rounding errors only.
            np.divide(left.T @ right, sizes, out=together, where=sizes > 1e-9 * len(matrix))
    rows: list[dict[str, Any]] = [
        {"feature": name, "x": x, "y": y, "strength": float(np.hypot(x, y))}
        for name, (x, y) in zip(features, together.tolist(), strict=True)
    ]
    rows.sort(key=lambda row: -round(row["strength"], 9))
    kinds = [("feature", pa.string())] + [(n, pa.float64()) for n in ("x", "y", "strength")]
    return pa.Table.from_pylist(rows, schema=pa.schema(kinds))


def project(
    labelled: pa.Table,
    matrix: Floats,
    features: tuple[ScaledFeature, ...],
    axes: tuple[Floats, Floats, Floats],
    arrows: pa.Table,
) -> Projection:
    """Return the projection of a sample of customers onto axes that are known.

    Parameters
    ----------
    labelled : `user_id` and `cluster`, sorted by `user_id`.
    matrix : shape (n_customers, n_features), in the order of `labelled`, as in the customer table.
    features : how each column of the matrix is scaled.
    axes : mean, components and explained variance ratio, as `fit_axes` returns them.
    arrows : what `loadings` returned.
    """
    mean, components, explained = axes
    points = sampled_customers(labelled)
    where = pc.index_in(points["user_id"], labelled["user_id"]).to_numpy()
    coordinates = (scale(matrix[where], features) - mean) @ components.T
    for axis, name in enumerate(("x", "y")):
        points = points.append_column(name, pa.array(np.ascontiguousarray(coordinates[:, axis])))
    return Projection(
        features=tuple(feature.name for feature in features),
        mean=mean,
        components=components,
        explained_variance_ratio=explained,
        loadings=arrows,
        points=points,
    )


def sampled_customers(
    table: pa.Table, *, max_points: int = MAX_POINTS, fewest: int = FEWEST_PER_CLUSTER
) -> pa.Table:
    """Return a sample of customers that depends on who they are, not on the order of rows.

    Each cluster has `fewest` (or all it has, where that is less), the rest is shared out in
    proportion to size, and within a cluster the customers with the lowest MD5 of their
    `user_id` are taken. Suspected bots (cluster -1) are left out; noise (-2) is a cluster here.

    Parameters
    ----------
    table : `user_id` and `cluster`.
    max_points : the most customers to return; raised to one per cluster.

    Returns
    -------
    pyarrow.Table
        `user_id`, `cluster`, sorted by `user_id`.

    Examples
    --------
    >>> table = pa.table({"user_id": list("abcdef"), "cluster": [0, 0, 0, 0, 0, 1]})
    >>> sampled_customers(table, max_points=3, fewest=1)["cluster"].to_pylist()
    [0, 0, 1]
    """
    sizes = query_tables(
        dialect.parse(
            "SELECT cluster, COUNT(*) AS customers FROM labelled WHERE cluster <> -1 "
            "GROUP BY cluster ORDER BY cluster"
        ),
        labelled=table,
    ).to_pydict()
    quotas = pa.table(
        {
            "cluster": pa.array(sizes["cluster"], pa.int32()),
            "quota": pa.array(share_out(sizes["customers"], max_points, fewest), pa.int64()),
        }
    )
    return query_tables(
        dialect.parse(
            "SELECT ranked.user_id, ranked.cluster FROM (SELECT user_id, cluster, "
            "ROW_NUMBER() OVER (PARTITION BY cluster ORDER BY MD5(user_id), user_id) AS place "
            "FROM labelled) AS ranked JOIN quotas ON ranked.cluster = quotas.cluster "
            "WHERE ranked.place <= quotas.quota ORDER BY ranked.user_id"
        ),
        labelled=table,
        quotas=quotas,
    )
