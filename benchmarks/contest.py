"""How much of what customers do next does a way to divide them tell? A contest, cross-validated.

A *procedure* divides customers: it takes the feature table of some customers and a seed, and
returns a function that gives any table of customers an integer label each. What it predicts for
a label is the mean of the training customers who have it. A *scorer* predicts each customer
singly. Both see features of the time before the holdout date only, and are judged on customers
that they were not fitted to.

    shop = load("cdnow", folder)
    result = contest(shop, {"mine": my_procedure})["mine"]
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from clustomer.certificates.stable import stable_marks
from clustomer.customers import Holdout, customer_features, split_holdout
from clustomer.customers.reason import Reason
from clustomer.events import Events, read_events
from clustomer.segments import Segmentation
from clustomer.segments.validity.stability import match

Labels = NDArray[np.int64]
Floats = NDArray[np.float64]
Assign = Callable[[pa.Table], Labels]
Procedure = Callable[[pa.Table, int], Assign]
Scorer = Callable[[pa.Table, Mapping[str, Floats], int], Callable[[pa.Table], Mapping[str, Floats]]]
"""As a procedure, with the training customers' `targets`; it predicts each of them."""

FOLDS = 5
CAP = 0.99
TOP = 0.1
FILES = {
    "cdnow": ("cdnow.txt", "1997-10-01"),
    "online_retail": ("online_retail.parquet", "2011-09-01"),
}
"""Each public data set's file, and the date from which it is held out."""


@dataclass(frozen=True, eq=False)
class Shop:
    """Customers at the holdout date, sorted by `user_id`, and what they did afterwards.

    `earlier` is a holdout within the time before the date: what may guide choices. Its customers
    are those of `customers` who were known by then.
    """

    name: str
    customers: pa.Table
    revenue: Floats
    bought: Floats
    earlier: Holdout | Reason
    events: Events

    @property
    def targets(self) -> dict[str, Floats]:
        """What is predicted: revenue, revenue capped at its 99th percentile, buying."""
        cap = np.quantile(self.revenue, CAP)
        return {
            "revenue": self.revenue,
            "capped": np.minimum(self.revenue, cap),
            "bought": self.bought,
        }


@dataclass(frozen=True, eq=False)
class Result:
    """How one contestant did; figures are means over the repeats.

    `errors` are each customer's squared errors of revenue, as means over the repeats, from which
    two contestants are compared.
    """

    name: str
    r2: float
    r2_low: float
    r2_high: float
    auc: float
    r2_capped: float
    top_tenth: float
    errors: Floats
    segments: float | None


def load(name: str, folder: Path) -> Shop:
    """Read one of the public data sets and hold its end out."""
    file, date = FILES[name]
    events = read_events(folder / file)
    customers = customer_features(events)
    holdout = split_holdout(events, customers, date=date)
    assert isinstance(holdout, Holdout), holdout
    return Shop(
        name=name,
        customers=holdout.customers.table,
        revenue=holdout.outcome("revenue"),
        bought=holdout.outcome("bought"),
        earlier=split_holdout(events, holdout.customers),
        events=events,
    )


def contest(
    shop: Shop,
    procedures: Mapping[str, Procedure],
    scorers: Mapping[str, Scorer] | None = None,
    *,
    repeats: int = 20,
    first_seed: int = 0,
) -> dict[str, Result]:
    """Cross-validate contestants on the same folds, five by customer, `repeats` times."""
    result = {}
    for name in [*procedures, *(scorers or {})]:
        predicted = []
        sizes = []
        for seed in range(first_seed, first_seed + repeats):
            values, segments = _cross_validated(
                shop, procedures.get(name), (scorers or {}).get(name), seed
            )
            predicted.append(values)
            sizes += segments
        result[name] = _judged(name, shop, predicted, float(np.mean(sizes)) if sizes else None)
    return result


def gain(result: Result, other: Result, revenue: Floats, resamples: int = 2000) -> Floats:
    """Return how much more R2 of revenue one contestant has, and its 95 % interval.

    Customers are drawn anew in pairs of errors, each time with all repeats.
    """
    random = np.random.default_rng(0)
    differences = np.empty(resamples)
    less = other.errors - result.errors
    for number in range(resamples):
        rows = random.integers(len(revenue), size=len(revenue))
        differences[number] = less[rows].mean() / revenue[rows].var()
    observed = less.mean() / revenue.var()
    return np.array([observed, *np.quantile(differences, [0.025, 0.975])])


def lowest_jaccard(
    procedure: Procedure,
    customers: pa.Table,
    *,
    resamples: int = 50,
    most: int | None = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return the lowest mean Jaccard similarity of a segment, and the smallest share.

    The whole procedure, with its scaling, is run on resamples of at most `most` customers, and
    compared with its segments of everyone as in Hennig (2007), on everyone.
    """
    with threadpool_limits(1):
        labels = procedure(customers, seed)(customers)
        clusters = np.unique(labels)
        size = min(most or len(labels), len(labels))
        rows = []
        for number in range(resamples):
            random = np.random.default_rng([seed, number])
            drawn = customers.take(random.integers(len(labels), size=size))
            # one customer drawn twice is two
            ids = pa.array([f"{place:09}" for place in range(size)])
            drawn = drawn.set_column(0, drawn.schema.field("user_id"), ids)
            rows.append(match(labels, procedure(drawn, seed + number)(customers), clusters)[0])
    shares = np.array([(labels == cluster).mean() for cluster in clusters])
    return float(np.mean(rows, axis=0).min()), float(shares.min())


def certified_jaccard(segmentation: Segmentation, customers: pa.Table) -> float:
    """Return the lowest Jaccard similarity as the certificate of stability measures it.

    Resamples of 2,000 are clustered with the scaling that is stored.
    """
    result = stable_marks(customers, segmentation, {})
    return min(stability.jaccard for stability in result.values() if stability.jaccard is not None)


def _cross_validated(
    shop: Shop, procedure: Procedure | None, scorer: Scorer | None, seed: int
) -> tuple[dict[str, Floats], list[int]]:
    targets = shop.targets
    predicted = {name: np.empty(len(values)) for name, values in targets.items()}
    segments = []
    folds = KFold(FOLDS, shuffle=True, random_state=seed)
    with threadpool_limits(1):
        for train, test in folds.split(shop.revenue):
            given, unknown = shop.customers.take(train), shop.customers.take(test)
            past = {name: values[train] for name, values in targets.items()}
            if procedure is not None:
                assign = procedure(given, seed)
                labels, others = assign(given), assign(unknown)
                segments.append(len(np.unique(labels)))
                for name, values in past.items():
                    predicted[name][test] = segment_means(labels, values, others)
            else:
                assert scorer is not None
                for name, values in scorer(given, past, seed)(unknown).items():
                    predicted[name][test] = values
    return predicted, segments


def segment_means(labels: Labels, values: Floats, others: Labels) -> Floats:
    """Return for each of `others` the mean value of its label; everyone's for an unseen one."""
    codes, index = np.unique(labels, return_inverse=True)
    means = np.bincount(index, values) / np.bincount(index)
    places = np.clip(np.searchsorted(codes, others), 0, len(codes) - 1)
    return np.where(codes[places] == others, means[places], values.mean())


def _judged(
    name: str, shop: Shop, predicted: list[dict[str, Floats]], segments: float | None
) -> Result:
    targets = shop.targets
    r2 = [_r2(targets["revenue"], item["revenue"]) for item in predicted]
    return Result(
        name=name,
        r2=float(np.mean(r2)),
        r2_low=min(r2),
        r2_high=max(r2),
        auc=float(np.mean([roc_auc_score(shop.bought, item["bought"]) for item in predicted])),
        r2_capped=float(np.mean([_r2(targets["capped"], item["capped"]) for item in predicted])),
        top_tenth=float(np.mean([top_share(shop.revenue, item["revenue"]) for item in predicted])),
        errors=np.mean([(shop.revenue - item["revenue"]) ** 2 for item in predicted], axis=0),
        segments=segments,
    )


def top_share(revenue: Floats, predicted: Floats) -> float:
    """Return the share of revenue of the tenth of customers with the highest prediction.

    Of customers with the same prediction at the border, each counts in part.
    """
    order = np.argsort(-predicted, kind="stable")
    wanted = TOP * len(order)
    border = predicted[order[int(np.ceil(wanted)) - 1]]
    above, at = predicted > border, predicted == border
    part = (wanted - above.sum()) / at.sum()
    return float((revenue[above].sum() + part * revenue[at].sum()) / revenue.sum())


def _r2(values: Floats, predicted: Floats) -> float:
    return float(1 - np.mean((values - predicted) ** 2) / values.var())
