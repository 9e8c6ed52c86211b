"""The contest of ways to recommend: chosen on one stretch of time, judged on a later one.

The protocol is that of Ludewig and Jannach (2018, doi:10.1007/s11257-018-9209-6), split in time:
nothing that comes after a moment is part of what is recommended at it, and all products are ranked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np

from clustomer.errors import UsageError, did_you_mean
from clustomer.products.metrics import DEPTH, Judged, judge, mean_and_error
from clustomer.products.past import NEXT_BASKET, Past
from clustomer.products.ranking import Ranking, merged
from clustomer.products.repurchase import Repurchase, measure_repurchase
from clustomer.products.sparse import Floats
from clustomer.products.split import Split, Stretch
from clustomer.products.ways.baskets import BASKETS, Baskets
from clustomer.products.ways.factors import ALS, Als, als_is_there
from clustomer.products.ways.neighbours import BM25, COSINE, Bm25, Cosine
from clustomer.products.ways.popularity import (
    POPULARITY,
    SEGMENT_POPULARITY,
    Popularity,
    SegmentPopularity,
)
from clustomer.products.ways.sessions import SESSIONS, Sessions
from clustomer.products.ways.way import Way
from clustomer.progress import Progress, silent
from clustomer.thresholds import CONFIDENCE

WAYS = (POPULARITY, SEGMENT_POPULARITY, COSINE, BM25, ALS, SESSIONS, BASKETS)
"""The names of the ways, in the order of a contest."""


@dataclass(frozen=True)
class Gain:
    """A mean difference from popularity, customer by customer, and its interval.

    `low` and `high` are None where one customer alone gives no interval.
    """

    mean: float
    low: float | None
    high: float | None

    @property
    def is_sure(self) -> bool:
        """Whether the difference is surely above 0."""
        return self.low is not None and self.low > 0

    @property
    def is_loss(self) -> bool:
        """Whether it is surely below 0."""
        return self.high is not None and self.high < 0


@dataclass(frozen=True)
class Scores:
    """How the lists of a way did in a stretch.

    Attributes
    ----------
    hit_rate, ndcg, mrr : float
        At the depth of 20.
    new_hit_rate, again_hit_rate : float or None
        Of customers who took something new to them, how many lists named any of it; of those
        who took something again, how many named any of that.
    coverage : float
        The share of the products still there that are in any list.
    new_ndcg : float or None
        NDCG of the new products alone, of customers who took any.
    gains : mapping of the name of a score to Gain
        By how much `ndcg`, `new_ndcg`, `hit_rate` and `mrr` exceed those of popularity; nothing
        for popularity itself.
    """

    hit_rate: float
    ndcg: float
    mrr: float
    new_hit_rate: float | None
    again_hit_rate: float | None
    coverage: float
    new_ndcg: float | None
    gains: Mapping[str, Gain] = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Scores":
        """Read what stands of it in a stored contest."""
        gains = {name: Gain(**gain) for name, gain in stored["gains"].items()}
        return cls(**{**stored, "gains": gains})


@dataclass(frozen=True)
class Entrant:
    """A way in the contest: how it did on the stretch that chose, and on the one that judged.

    `chances` is how often new products at each place were taken in the one that chose,
    `judged_chances` in the one that judged; of a way that ranks all, products of any kind.
    """

    way: str
    choosing: Scores
    judging: Scores
    chances: tuple[float, ...]
    judged_chances: tuple[float, ...]


@dataclass(frozen=True)
class Contest:
    """What came of it.

    Attributes
    ----------
    winner : str
        The way that is used.
    beats_popularity : bool
        Whether it is surely better than popularity on the stretch that chose; where none is,
        popularity wins. What comes again is ranked alike in all lists, so that ways differ in the
        new products that they name: their NDCG is compared. A way that ranks all products itself
        is compared by the NDCG of its whole lists.
    confirmed : bool
        Whether it also does on the later stretch, which took no part.
    entrants : tuple of Entrant
    left_out : mapping of a way to why it took no part
    """

    winner: str
    beats_popularity: bool
    confirmed: bool
    entrants: tuple[Entrant, ...]
    left_out: Mapping[str, str]

    def entrant(self, way: str) -> Entrant:
        """Return the entrant of a name."""
        return next(entrant for entrant in self.entrants if entrant.way == way)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-ready values; ways by their names."""
        return {
            "winner": self.winner,
            "beats_popularity": self.beats_popularity,
            "confirmed": self.confirmed,
            "ways": {
                entrant.way: {
                    "choosing": asdict(entrant.choosing),
                    "judging": asdict(entrant.judging),
                    "chances": list(entrant.chances),
                    "judged_chances": list(entrant.judged_chances),
                }
                for entrant in self.entrants
            },
            "left_out": dict(self.left_out),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Contest":
        """Read what `to_json` returned."""
        entrants = tuple(
            Entrant(
                way,
                Scores.from_json(entry["choosing"]),
                Scores.from_json(entry["judging"]),
                tuple(entry["chances"]),
                tuple(entry["judged_chances"]),
            )
            for way, entry in sorted(stored["ways"].items(), key=lambda one: WAYS.index(one[0]))
        )
        return cls(
            stored["winner"],
            stored["beats_popularity"],
            stored["confirmed"],
            entrants,
            dict(stored["left_out"]),
        )


def make_way(name: str, random_state: int = 0) -> Way:
    """Return a way by its name.

    Raises UsageError for an unknown name, and for ALS where its package is not installed.
    """
    made: dict[str, Any] = {
        POPULARITY: Popularity,
        SEGMENT_POPULARITY: SegmentPopularity,
        COSINE: Cosine,
        BM25: Bm25,
        SESSIONS: Sessions,
        BASKETS: Baskets,
    }
    if name == ALS:
        return Als(random_state)
    if name not in made:
        raise UsageError(f"There is no way `{name}` to recommend. {did_you_mean(name, WAYS)}")
    way: Way = made[name]()
    return way


def entering(target: str, n_segments: int) -> tuple[list[str], dict[str, str]]:
    """Return which ways take part, and of the others why they do not."""
    left_out: dict[str, str] = {}
    if n_segments < 2:
        left_out[SEGMENT_POPULARITY] = "one segment"
    if not als_is_there():
        left_out[ALS] = "not installed"
    if target != NEXT_BASKET:
        left_out[BASKETS] = "no repeat shop"
    return [way for way in WAYS if way not in left_out], left_out


def hold_contest(
    parts: Split,
    *,
    way: str | None = None,
    random_state: int = 0,
    progress: Progress | None = None,
) -> Contest:
    """Hold the contest.

    Parameters
    ----------
    parts : Split
    way : str, optional
        One of `WAYS` that is used whoever wins; it takes part in any case.
    random_state : int, default 0
    progress : Progress, optional
    """
    progress = progress or silent()
    n_segments = len(set(parts.judging.past.segment.tolist()) - {-1})
    names, left_out = entering(parts.target, n_segments)
    if way is not None and way not in names:
        make_way(way, random_state)
        names, left_out = [*names, way], {k: v for k, v in left_out.items() if k != way}
    lists: dict[str, list[_Listed]] = {name: [] for name in names}
    for stretch, title in ((parts.choosing, "choose"), (parts.judging, "judge")):
        repurchase = measure_repurchase(stretch.past, stretch.before)
        with progress.stage(f"Hold the contest of recommendations ({title})") as stage:
            for number, name in enumerate(names):
                earlier = lists[name][0].chances if lists[name] else None
                made = make_way(name, random_state).fit(stretch.past)
                lists[name].append(_listed(made, stretch, repurchase, earlier))
                stage.note(f"{number + 1} of {len(names)}")
    confidence = 1 - (1 - CONFIDENCE) / max(len(names) - 1, 1)
    entrants = [
        Entrant(
            name,
            _scores(lists[name][0], lists[POPULARITY][0], name, confidence),
            _scores(lists[name][1], lists[POPULARITY][1], name, CONFIDENCE),
            tuple(lists[name][0].chances.tolist()),
            tuple(lists[name][1].chances.tolist()),
        )
        for name in names
    ]
    return _decided(entrants, left_out, way)


def _decided(entrants: Sequence[Entrant], left_out: Mapping[str, str], way: str | None) -> Contest:
    """Choose the best of those that are surely better than popularity.

    One that names new products better must not be surely worse on the whole.
    """
    better = [entrant for entrant in entrants if _is_better(entrant.way, entrant.choosing)]
    best = max(
        (entrant for entrant in better if entrant.way != BASKETS),
        key=lambda entrant: entrant.choosing.new_ndcg or 0.0,
        default=None,
    )
    for entrant in better:
        if entrant.way == BASKETS and (best is None or entrant.choosing.ndcg > best.choosing.ndcg):
            best = entrant
    winner = way or (best.way if best is not None else POPULARITY)
    [used] = [entrant for entrant in entrants if entrant.way == winner]
    confirmed = _is_better(winner, used.judging)
    return Contest(winner, used in better, confirmed, tuple(entrants), left_out)


def _is_better(way: str, scores: Scores) -> bool:
    """Return whether a way is surely better than popularity."""
    gain = scores.gains.get(deciding(way))
    if gain is None or not gain.is_sure:
        return False
    return "ndcg" in scores.gains and not scores.gains["ndcg"].is_loss


def deciding(way: str) -> str:
    """Return the score that decides on a way: of new products, or of whole lists.

    >>> deciding("cosine"), deciding("tifuknn")
    ('new_ndcg', 'ndcg')
    """
    return "ndcg" if way == BASKETS else "new_ndcg"


@dataclass(frozen=True, eq=False)
class _Listed:
    """The lists of a way in a stretch, and how they did.

    `fresh` judges the new products alone, `judged` the lists.
    """

    judged: Judged
    fresh: Judged
    chances: Floats
    coverage: float


def _listed(way: Way, stretch: Stretch, repurchase: Repurchase, earlier: Floats | None) -> _Listed:
    """Make and judge the lists of a way.

    New and old products are merged by how often a place was taken: in the earlier stretch, or,
    where there is none, in this one.
    """
    customers = stretch.customers
    targets, taken = stretch.targets[customers], stretch.past.taken[customers]
    ranking = way.rank(customers, DEPTH, repurchase)
    judged = fresh = judge(ranking.items, targets, taken)
    chances = chances_of(fresh)
    if not way.ranks_all:
        used = chances if earlier is None else earlier
        ranking, _ = with_again(ranking, used, stretch.past, customers, repurchase)
        judged = judge(ranking.items, targets, taken)
    listed = np.unique(ranking.items[ranking.items >= 0])
    coverage = len(listed) / max(int(stretch.past.offered.sum()), 1)
    return _Listed(judged, fresh, chances, coverage)


def with_again(
    fresh: Ranking,
    chances: Floats,
    past: Past,
    customers: Any,
    repurchase: Repurchase,
) -> tuple[Ranking, Floats]:
    """Merge new products with those that customers may take again."""
    depth = fresh.items.shape[1]
    again, again_chances = repurchase.offers(past, customers, depth)
    return merged(fresh, chances, again, again_chances, depth)


def chances_of(judged: Judged) -> Floats:
    """Return how often the product at each place was taken, falling with the place.

    Where a later place did better, both have their mean (isotonic regression).
    """
    from sklearn.isotonic import IsotonicRegression

    rates = judged.hits.mean(axis=0)
    places = np.arange(len(rates))
    smooth: Floats = IsotonicRegression(increasing=False).fit_transform(places, rates)
    return np.round(smooth, 12)


def _scores(listed: _Listed, popular: _Listed, name: str, confidence: float) -> Scores:
    judged, other = listed.judged, popular.judged
    differences = {
        "ndcg": judged.ndcg - other.ndcg,
        "new_ndcg": listed.fresh.new_ndcg - popular.fresh.new_ndcg,
        "hit_rate": judged.hit - other.hit,
        "mrr": judged.mrr - other.mrr,
    }
    gains = {score: _gain(values, confidence) for score, values in differences.items()}
    return Scores(
        float(judged.hit.mean()),
        float(judged.ndcg.mean()),
        float(judged.mrr.mean()),
        mean_and_error(judged.new)[0],
        mean_and_error(judged.again)[0],
        listed.coverage,
        mean_and_error(listed.fresh.new_ndcg)[0],
        {score: gain for score, gain in gains.items() if gain is not None and name != POPULARITY},
    )


def _gain(differences: Floats, confidence: float) -> Gain | None:
    """Return the mean difference and its interval; None where nobody has any."""
    mean, error = mean_and_error(differences)
    if mean is None:
        return None
    if error is None:
        return Gain(mean, None, None)
    margin = NormalDist().inv_cdf((1 + confidence) / 2) * error
    return Gain(mean, mean - margin, mean + margin)
