"""The tree of a hierarchical clustering, as far up as can be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

MAX_LEAVES = 30


@dataclass(frozen=True)
class Dendrogram:
    """The last merges of a hierarchical clustering.

    Leaf i holds `shares[i]` of the customers and belongs to cluster `clusters[i]` where the tree
    is cut. Merge j joins the two nodes `merges[j]` at `heights[j]`, rising, and becomes node
    `len(shares) + j`. The tree is cut between the merges that leave as many groups as there are
    clusters.
    """

    shares: tuple[float, ...]
    clusters: tuple[int, ...]
    merges: tuple[tuple[int, int], ...]
    heights: tuple[float, ...]

    def renumbered(self, numbers: Mapping[int, int]) -> "Dendrogram":
        """Return it with other numbers of the clusters; -1 for one that has none."""
        return replace(self, clusters=tuple(numbers.get(cluster, -1) for cluster in self.clusters))


def dendrogram(fitted: Any, *, max_leaves: int = MAX_LEAVES) -> Dendrogram:
    """Return the top of the tree of a fitted `Ward`.

    Parameters
    ----------
    fitted : a fitted `Ward`.
    max_leaves : int, default 30
        Raised to the number of clusters.

    Examples
    --------
    >>> from clustomer.segments.algorithms.ward import Ward
    >>> tree = dendrogram(Ward(n_clusters=2).fit([[0.0], [1.0], [10.0], [12.0]]), max_leaves=3)
    >>> tree.shares, tree.clusters, tree.merges
    ((0.5, 0.25, 0.25), (0, 1, 1), ((1, 2), (0, 3)))
    """
    from clustomer.segments.algorithms.ward import cut

    children = fitted.children_
    n_rows = len(children) + 1
    n_leaves = min(max(max_leaves, int(fitted.n_clusters)), n_rows)
    leaf_of, group_of = cut(children, n_leaves), cut(children, int(fitted.n_clusters))
    weights = fitted.sample_weights_
    shares = np.bincount(leaf_of, weights, minlength=n_leaves) / weights.sum()
    clusters = group_of[[int(np.argmax(leaf_of == leaf)) for leaf in range(n_leaves)]]
    node = _top_nodes(children, leaf_of)
    merges: list[tuple[int, int]] = []
    for step in range(n_rows - n_leaves, len(children)):
        left, right = sorted(node[int(child)] for child in children[step])
        node[n_rows + step] = n_leaves + len(merges)
        merges.append((left, right))
    return Dendrogram(
        tuple(shares.tolist()),
        tuple(clusters.tolist()),
        tuple(merges),
        tuple(float(height) for height in fitted.distances_[n_rows - n_leaves :]),
    )


def leaf_order(tree: Dendrogram) -> list[int]:
    """Return the leaves from left to right, so that no two branches cross.

    At each fork the branch with more customers comes first.

    >>> leaf_order(Dendrogram((0.2, 0.3, 0.5), (0, 0, 1), ((0, 1), (2, 3)), (1.0, 4.0)))
    [2, 1, 0]
    """
    n_leaves = len(tree.shares)
    orders: list[Sequence[int]] = [[leaf] for leaf in range(n_leaves)]
    share = list(tree.shares)
    for pair in tree.merges:
        first, second = sorted(pair, key=lambda node: (-round(share[node], 12), node))
        orders.append([*orders[first], *orders[second]])
        share.append(share[first] + share[second])
    return list(orders[-1])


def _top_nodes(children: Any, leaf_of: Any) -> dict[int, int]:
    """Return the leaf of each node of the whole tree that is not above the leaves."""
    n_rows = len(children) + 1
    leaves = {row: int(leaf) for row, leaf in enumerate(leaf_of)}
    for step in range(n_rows - 1 - int(leaf_of.max())):
        leaves[n_rows + step] = leaves[int(children[step][0])]
    return leaves
