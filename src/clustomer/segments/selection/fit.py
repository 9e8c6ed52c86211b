"""One fit: from scaled customers to a rule."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from clustomer.segments.algorithms.algorithm import Algorithm, AlgorithmNote
from clustomer.segments.algorithms.dendrogram import Dendrogram
from clustomer.segments.exclusions import Exclusion
from clustomer.segments.matrix.scaling import Scaling
from clustomer.segments.rules.numbering import by_size
from clustomer.segments.rules.scaled_rule import ScaledRule
from clustomer.segments.selection.choosers import Choosers
from clustomer.segments.selection.holdout_split import HoldoutView
from clustomer.segments.selection.selection import Selection, density_selection, selection_of

if TYPE_CHECKING:
    from clustomer.segments.selection.repetition import Draws
    from clustomer.segments.selection.select_k import SelectK

_SLOW_RESAMPLES = 20


@dataclass(frozen=True, eq=False)
class Fit:
    """A rule (None: one cluster), and how it was found; before clusters have their numbers.

    `rare` are the clusters that are rare kinds.
    """

    rule: ScaledRule | None
    selection: Selection
    algorithm: AlgorithmNote
    tree: Dendrogram | None = None
    draws: "Draws | None" = None
    rare: tuple[int, ...] = ()


def fit_rule(
    scaling: Scaling,
    exclusions: tuple[Exclusion, ...],
    algorithm: Algorithm,
    k: int | Literal["auto"],
    k_range: tuple[int, int],
    random_state: int,
    *,
    view: HoldoutView | None = None,
    choosers: Choosers | None = None,
    criteria: Literal["all", "deciding"] = "all",
) -> Fit:
    """Fit an algorithm to scaled customers, with the K that is selected where it takes one.

    Parameters
    ----------
    scaling, exclusions : of the customers in the fit.
    algorithm : Algorithm
    k, k_range, random_state, criteria : as `segment` takes them.
    view : what the selection of K may see of a holdout; without one it sees all customers.
    choosers : what the whole procedure starts from, where it is to be done again on draws.
    """
    draws = None
    if algorithm.takes_k:
        draws = _draws(choosers, k_range, random_state)
        selector = _selector(algorithm, k, k_range, random_state, view, criteria)
        if draws is not None:
            selector.set_params(returned=draws.votes)
        selector.fit(scaling.matrix, selection=None if view is None else view.rows)
        fitted, labels = selector.best_estimator_, selector.labels_
        selection = selection_of(selector, k, k_range)
    else:
        fitted = algorithm.estimator().set_params(random_state=random_state).fit(scaling.matrix)
        labels = fitted.labels_
        selection = density_selection(algorithm.label, scaling.matrix, labels, k_range)
    rule = algorithm.rule(fitted, scaling.features, exclusions)
    tree = algorithm.tree(fitted)
    if rule is not None:
        sizes = np.bincount(labels[labels >= 0], minlength=len(rule.centres))
        order = by_size(sizes, rule.centres)
        rule = rule.renumbered(order)
        if tree is not None:
            tree = tree.renumbered({int(old): new for new, old in enumerate(order)})
    return Fit(rule, selection, algorithm.note(fitted, len(scaling.matrix)), tree, draws)


def _draws(
    choosers: Choosers | None, k_range: tuple[int, int], random_state: int
) -> "Draws | None":
    if choosers is None:
        return None
    from clustomer.segments.selection.repetition import draw_again

    return draw_again(choosers, k_range, random_state=random_state)


def _selector(
    algorithm: Algorithm,
    k: int | Literal["auto"],
    k_range: tuple[int, int],
    random_state: int,
    view: HoldoutView | None,
    criteria: Literal["all", "deciding"],
) -> "SelectK":
    # scikit-learn is loaded when it is needed: it takes as long as reading a million events
    from clustomer.segments.selection.select_k import SelectK

    selector = SelectK(
        algorithm.estimator(),
        k_range,
        n_clusters=k,
        holdout_r2=None if view is None else view.holdout_r2,
        criteria=criteria,
        random_state=random_state,
    )
    if algorithm.is_slow:
        # A refit of these takes ten times as long, and the gap statistic a hundred of them.
        selector.set_params(criteria="deciding", n_resamples=_SLOW_RESAMPLES)
    return selector
