"""How well planted segments are recovered, and what any division of the features could give.

Everything is the adjusted Rand index against the truth (Hubert & Arabie 1985; 1 is the truth
itself, 0 is chance).
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from clustomer.certificates import Certificates, certify
from clustomer.customers import Customers, Holdout, customer_features, split_holdout
from clustomer.engines import DuckDB
from clustomer.events import read_events
from clustomer.segments import Segmentation, scale, segment
from clustomer.simulate import BOT

K_RANGE = (2, 10)
STARTS = 5
FOLDS = 3
NOT_TESTED = "not tested"
SILHOUETTE_CUSTOMERS = 5_000


@dataclass(frozen=True)
class Recovery:
    """What was found in one world.

    Attributes:
        world: Its name.
        seed: Of the draw.
        true_k: Segments in the truth; bots are none.
        auto_k: Segments that were chosen without being told anything.
        auto: Their adjusted Rand index.
        silhouette_k: The K of the highest silhouette of KMeans on the same scaled features.
        silhouette: Its adjusted Rand index.
        best_k: The K of the highest adjusted Rand index of the same KMeans: hindsight.
        best: That index.
        supervised: A classifier on all features that has seen the truth of other customers;
            about what they can tell at most. None where it was not asked for.
        verdict: Of the certificates: "segments", "continuum", "none" or "not tested".
        reality: The mark of all segments together; likewise `prediction`.
        stable: How many segments pass, are weak and fail in stability: "2/1/0".
        seconds: Of processor time for reading, features, choice and certificates.
    """

    world: str
    seed: int
    true_k: int
    auto_k: int
    auto: float
    silhouette_k: int
    silhouette: float
    best_k: int
    best: float
    supervised: float | None
    verdict: str
    reality: str
    prediction: str
    stable: str
    seconds: float

    @property
    def behind(self) -> float:
        """How far the automatic choice lies below the K of the silhouette; negative above it."""
        return self.silhouette - self.auto


def recover(
    world: str,
    seed: int,
    log: Any,
    truth: dict[str, str],
    *,
    certificates: bool = True,
    supervised: bool = False,
) -> Recovery:
    """Segment a log as a run does, and compare with the truth of each of its customers."""
    began = time.process_time()
    # One thread: two worlds are measured at once.
    events = read_events(log, engine=DuckDB(threads=1))
    try:
        customers = customer_features(events)
        holdout = split_holdout(events, customers)
        given = holdout if isinstance(holdout, Holdout) else None
        segmentation = segment(customers, k_range=K_RANGE, holdout=given, random_state=seed)
        tested = None
        if certificates:
            tested = certify(events, customers, segmentation, holdout=holdout, random_state=seed)
        seconds = time.process_time() - began
    finally:
        events.close()

    users = customers.table["user_id"].to_pylist()
    if set(users) != truth.keys():
        raise SystemExit(f"{world}, seed {seed}: the customers of log and truth differ.")
    names = np.array([truth[user] for user in users])
    cluster = segmentation.table["cluster"].to_numpy()
    human = names != BOT
    kinds = len(set(names[human]))
    matrix = _scaled(customers, segmentation)
    others = _other_choices(matrix[human], names[human], seed)
    silhouette_k = max(others, key=lambda k: others[k][0])
    best_k = max(others, key=lambda k: others[k][1])
    shown = None
    if supervised and kinds > 1:
        every = _matrix(customers.table, [feature.name for feature in customers.features])
        shown = _supervised(every[human], names[human], seed)
    return Recovery(
        world=world,
        seed=seed,
        true_k=kinds,
        auto_k=segmentation.k,
        auto=float(adjusted_rand_score(names[human], cluster[human])),
        silhouette_k=silhouette_k,
        silhouette=others[silhouette_k][1],
        best_k=best_k,
        best=others[best_k][1],
        supervised=shown,
        verdict=tested.verdict if tested else NOT_TESTED,
        reality=tested.reality.mark if tested else NOT_TESTED,
        prediction=tested.prediction.mark if tested else NOT_TESTED,
        stable=_stable(tested),
        seconds=seconds,
    )


def _stable(tested: Certificates | None) -> str:
    """Count the marks of stability: passed, weak, failed."""
    if tested is None:
        return ""
    marks = [item.stable.mark for item in tested.segments.values()]
    return "/".join(str(marks.count(mark)) for mark in ("pass", "weak", "fail"))


def _matrix(table: pa.Table, names: list[str]) -> NDArray[np.float64]:
    return np.column_stack([table[name].cast(pa.float64()).to_numpy() for name in names])


def _scaled(customers: Customers, segmentation: Segmentation) -> NDArray[np.float64]:
    """Return the features of all customers as they were clustered."""
    names = [feature.name for feature in segmentation.scaling]
    return scale(_matrix(customers.table, names), segmentation.scaling)


def _other_choices(
    matrix: NDArray[np.float64], names: NDArray[np.str_], seed: int
) -> dict[int, tuple[float, float]]:
    """Return for each K the silhouette of KMeans, and its adjusted Rand index."""
    result = {}
    size = min(SILHOUETTE_CUSTOMERS, len(matrix))
    rows = np.random.default_rng(seed).choice(len(matrix), size=size, replace=False)
    for k in range(K_RANGE[0], K_RANGE[1] + 1):
        with threadpool_limits(1):
            labels = KMeans(k, n_init=STARTS, random_state=seed).fit_predict(matrix)
            silhouette = float(silhouette_score(matrix[rows], labels[rows]))
        result[k] = (silhouette, float(adjusted_rand_score(names, labels)))
    return result


def _supervised(matrix: NDArray[np.float64], names: NDArray[np.str_], seed: int) -> float:
    classifier = HistGradientBoostingClassifier(max_iter=60, random_state=seed)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    # One thread: on a busy machine several wait for each other ten times longer.
    with threadpool_limits(1):
        predicted = cross_val_predict(classifier, matrix, names, cv=folds)
    return float(adjusted_rand_score(names, predicted))
