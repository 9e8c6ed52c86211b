"""What to recommend to every customer, as chosen by a contest on the log itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.customers.reason import Number, Reason
from clustomer.documents import read_document
from clustomer.errors import InputError, UsageError
from clustomer.events import CleanEvents, Window
from clustomer.history.story import labels_at
from clustomer.products.contest import Contest, hold_contest, make_way, with_again
from clustomer.products.interactions import VIEW, Integers, Interactions, read_interactions
from clustomer.products.metrics import DEPTH
from clustomer.products.past import Past
from clustomer.products.ranking import NOBODY, Ranking
from clustomer.products.reasons import reason_texts, reasons_of
from clustomer.products.repurchase import Repurchase, measure_repurchase
from clustomer.products.sparse import Floats
from clustomer.products.split import (
    Split,
    Stretch,
    default_target,
    earlier,
    past_of,
    split,
    stretch_bounds,
)
from clustomer.products.wants import bought_together, most_offered, most_wanted, products_table
from clustomer.products.ways.neighbours import COSINE, cosine_neighbours
from clustomer.products.ways.popularity import POPULARITY, SEGMENT_POPULARITY
from clustomer.progress import Progress, silent
from clustomer.segments import Segmentation
from clustomer.segments.segmentation import BOTS_ID

TOP = 10
"""Products on a list, unless told otherwise."""
MOST_TOP = 100
_OFFERED_NEXT = 5
SCHEMA_VERSION = 1


@dataclass(frozen=True, eq=False)
class Recommendations:
    """Lists for customers, what the segments want, and how well such lists did before.

    Attributes
    ----------
    table : pyarrow.Table
        `user_id`, `rank`, `product_id`, `score` (how often such a place was taken, of customers
        who took anything in such a stretch), `reason`, `reason_product`; and `product_name`,
        `reason_product_name` where the source names products.
    products : pyarrow.Table
        What each segment wants more than others, what is bought together, what to offer next.
    contest : Contest, or Reason why there was none
    numbers : mapping
        The target, the stretches, and what was counted: see `to_json`.
    """

    table: pa.Table
    products: pa.Table
    contest: Contest | Reason
    numbers: Mapping[str, Any]

    @property
    def way(self) -> str:
        """The way that made the lists."""
        return str(self.numbers["way"])

    @property
    def top(self) -> int:
        """How long a list is at most."""
        return int(self.numbers["top"])

    @property
    def asked(self) -> bool:
        """Whether the way was asked for, whatever the contest shows."""
        return bool(self.numbers["asked"])

    @property
    def by_segment(self) -> bool:
        """Whether lists are filled up by what is popular in the segment."""
        return bool(self.numbers["by_segment"])

    @property
    def target(self) -> str:
        """What is recommended: the next view, purchase or basket."""
        return str(self.numbers["target"])

    def entry(self) -> dict[str, Any]:
        """Return what the manifest tells of them."""
        names = ("way", "asked", "target", "top")
        return {name: self.numbers[name] for name in names}

    def to_json(self) -> dict[str, Any]:
        """Return everything but the tables as JSON-ready values."""
        contest = self.contest
        return {
            "schema_version": SCHEMA_VERSION,
            **self.numbers,
            **(
                {"why": {"kind": contest.kind, "numbers": dict(contest.numbers)}}
                if isinstance(contest, Reason)
                else {"contest": contest.to_json()}
            ),
        }


def read_recommendations(text: str | bytes, table: pa.Table, products: pa.Table) -> Recommendations:
    """Return recommendations from the text of what `to_json` returned, and the tables.

    Raises InputError where the text is something else.
    """
    document = read_document(text, "recommendation.json", newest=SCHEMA_VERSION)
    numbers = {
        key: value
        for key, value in document.items()
        if key not in ("schema_version", "why", "contest")
    }
    contest: Contest | Reason
    try:
        if "why" in document:
            contest = Reason(document["why"]["kind"], document["why"]["numbers"])
        else:
            contest = Contest.from_json(document["contest"])
        for key in ("way", "target", "top"):
            numbers[key]
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"This is no recommendation.json: {error}. Give the file of a results folder as it "
            "was written, or make the recommendations again."
        ) from error
    return Recommendations(table, products, contest, numbers)


def recommend_products(
    events: CleanEvents,
    segmentation: Segmentation,
    labelled: pa.Table,
    *,
    top: int = TOP,
    way: str | None = None,
    random_state: int = 0,
    progress: Progress | None = None,
) -> Recommendations:
    """Hold the contest, and make the lists of every customer by its winner.

    Parameters
    ----------
    events : CleanEvents
    segmentation : Segmentation
        Whose rule says who was in which segment before.
    labelled : pyarrow.Table
        `user_id`, `segment_id`; suspected bots get no list.
    top : int, default 10
        The length of the lists, 1 to 100.
    way : str, optional
        The way to use, whichever wins.
    random_state : int, default 0
    progress : Progress, optional

    Raises
    ------
    InputError
        If the events name no products.
    UsageError
        If `top` is out of range, there is no such way, or it takes a package that is missing.
    """
    progress = progress or silent()
    if not 1 <= top <= MOST_TOP:
        raise UsageError(f"The lists are to have {top} products; 1 to {MOST_TOP} were expected.")
    if way is not None:
        make_way(way, random_state)
    people = labelled.filter(pc.not_equal(labelled["segment_id"], BOTS_ID)).sort_by("user_id")
    users = people["user_id"].combine_chunks()
    segments = sorted(people["segment_id"].unique().to_pylist())
    label = _places(people["segment_id"], pa.array(segments, pa.string()))
    with progress.stage("Read who did what with which product") as stage:
        rows = read_interactions(events, users)
        stage.note(f"{rows.n_products:,} products")
    if not len(rows):
        raise InputError(
            "The events name no products, so that there is nothing to recommend. Expected a "
            "column of products; name it in the schema, if the log has one, and run again."
        )

    def segments_at(second: int) -> Integers:
        return _segments_at(events, segmentation, users, segments, second)

    parts = split(rows, events.window, segments_at, random_state=random_state)
    contest: Contest | Reason = (
        parts
        if isinstance(parts, Reason)
        else hold_contest(parts, way=way, random_state=random_state, progress=progress)
    )
    with progress.stage("Make the lists"):
        return _lists(rows, events.window, parts, contest, label, segments, top, way, random_state)


def _lists(
    rows: Interactions,
    window: Window,
    parts: Split | Reason,
    contest: Contest | Reason,
    label: Integers,
    segments: Sequence[str],
    top: int,
    way: str | None,
    random_state: int,
) -> Recommendations:
    target = default_target(rows) if isinstance(parts, Reason) else parts.target
    _, judge, end = stretch_bounds(rows, window)
    past = past_of(rows, end, max(end - judge, 1), target, label)
    repurchase = measure_repurchase(past, earlier(past))
    if isinstance(contest, Reason):
        used = way or (SEGMENT_POPULARITY if len(segments) > 1 else POPULARITY)
        chances = popular_chances(past, top)
    else:
        used = contest.winner
        chances = _longer(contest.entrant(used).judged_chances, top)
    made = make_way(used, random_state).fit(past)
    customers = np.arange(rows.n_customers)
    ranking = made.rank(customers, top, repurchase)
    if made.ranks_all:
        scores = np.where(ranking.items == NOBODY, np.nan, chances[None, :])
    else:
        ranking, scores = with_again(ranking, chances, past, customers, repurchase)
    near = made.near if used == COSINE else cosine_neighbours(past.evidence)  # type: ignore[attr-defined]
    by_segment = used != POPULARITY and len(segments) > 1
    reasons = reasons_of(past, customers, ranking, near, by_segment=by_segment)
    products = products_table(
        most_wanted(rows, label, len(segments)),
        bought_together(rows),
        most_offered(label, ranking.items, segments, rows.products, _OFFERED_NEXT),
        segments,
        rows.products,
    )
    # nothing was measured of those of whom nothing is known
    scores = np.where((np.diff(past.evidence.indptr) > 0)[:, None], scores, np.nan)
    table = _table(rows, ranking, scores, *reasons)
    numbers = {
        "way": used,
        "asked": way is not None,
        "target": target,
        "top": top,
        "by_segment": by_segment,
        "depth": DEPTH,
        **_stretches(parts),
        **_counted(past, repurchase, table, ranking),
    }
    return Recommendations(table, products, contest, numbers)


def popular_chances(past: Past, depth: int) -> Floats:
    """Return how many customers of the last stretch took the most popular products, as shares."""
    active = max(int((np.diff(past.recent.indptr) > 0).sum()), 1)
    counts = np.asarray(past.recent.sum(axis=0)).ravel()
    shares = np.zeros(depth)
    first = counts[past.popular(NOBODY)][:depth] / active
    shares[: len(first)] = first
    return shares


def _longer(chances: Sequence[float], depth: int) -> Floats:
    """Return chances for so many places; further places have the last of them."""
    longer = list(chances) + [chances[-1]] * max(depth - len(chances), 0)
    return np.array(longer[:depth])


def _segments_at(
    events: CleanEvents,
    segmentation: Segmentation,
    users: pa.Array,
    segments: Sequence[str],
    second: int,
) -> Integers:
    """Return the segment that the stored rule gives each customer by what was before a second."""
    label = np.full(len(users), NOBODY, dtype=np.int64)
    moment = datetime.fromtimestamp(second, UTC).replace(tzinfo=None)
    if len(segments) < 2 or moment <= events.window.start:
        return label
    window = Window(events.window.start, moment, events.window.time_zone)
    then = labels_at(events, segmentation, window)
    user = _places(then["user_id"], users)
    segment = _places(then["segment_id"], pa.array(segments, pa.string()))
    here = (user != NOBODY) & (segment != NOBODY)
    label[user[here]] = segment[here]
    return label


def _places(column: pa.ChunkedArray, among: pa.Array) -> Integers:
    """Return the place of each value among others, `NOBODY` where it is not there."""
    places = pc.fill_null(pc.index_in(column.cast(pa.string()), value_set=among), NOBODY)
    return np.asarray(places.to_numpy(), dtype=np.int64)


def _table(
    rows: Interactions, ranking: Ranking, scores: Floats, reason: Integers, nearest: Integers
) -> pa.Table:
    """Return the lists, a row for each product of each customer."""
    n, depth = ranking.items.shape
    there = ranking.items.ravel() >= 0
    owner = np.repeat(np.arange(n), depth)[there]
    product_ids = rows.products["product_id"].combine_chunks()
    other = nearest.ravel()[there]
    listed = pa.array(ranking.items.ravel()[there])
    named = pa.array(other, mask=other < 0)
    columns = {
        "user_id": rows.user_ids.take(pa.array(owner)),
        "rank": pa.array(np.tile(np.arange(1, depth + 1), n)[there], pa.int64()),
        "product_id": product_ids.take(listed),
        "product_name": None,
        "score": pa.array(np.round(scores.ravel()[there], 9), from_pandas=True),
        "reason": reason_texts(reason.ravel()[there]),
        "reason_product": product_ids.take(named),
        "reason_product_name": None,
    }
    if "name" in rows.products.column_names:
        names = rows.products["name"].combine_chunks()
        columns["product_name"] = names.take(listed)
        columns["reason_product_name"] = names.take(named)
    return pa.table({name: column for name, column in columns.items() if column is not None})


def _stretches(parts: Split | Reason) -> dict[str, Any]:
    if isinstance(parts, Reason):
        return {}
    return {
        name: _stretch(part)
        for name, part in (("choosing", parts.choosing), ("judging", parts.judging))
    }


def _stretch(part: Stretch) -> dict[str, Number]:
    until = part.past.until
    return {
        "start": _moment(until),
        "end": _moment(until + part.past.stretch),
        "days": round(part.past.stretch / 86_400, 6),
        "eligible": part.eligible,
        "customers": len(part.customers),
    }


def _moment(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _counted(
    past: Past, repurchase: Repurchase, table: pa.Table, ranking: Ranking
) -> dict[str, Any]:
    offered = int(past.offered.sum())
    return {
        "repurchase": {
            "pairs": repurchase.pairs,
            "repeated": repurchase.repeated,
            "rate": repurchase.rate,
        },
        "products": {
            "all": past.shape[1],
            "offered": offered,
            "gone": past.shape[1] - offered,
            "listed": len(np.unique(ranking.items[ranking.items >= 0])),
        },
        "customers": {
            "all": past.shape[0],
            "listed": int((ranking.items >= 0).any(axis=1).sum()),
            "without_history": int((np.diff(past.evidence.indptr) == 0).sum()),
        },
        "returned": int(past.returned.nnz),
        "views": past.interactions.has(VIEW),
        "rows": table.num_rows,
    }
