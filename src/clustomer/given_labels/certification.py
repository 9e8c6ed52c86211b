"""Groups that somebody else made, certified: what they tell, and what each of them is."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clustomer.certificates import Certificates, Estimate
from clustomer.customers import (
    Customers,
    Holdout,
    Reason,
    customer_features,
    read_attributes,
    split_holdout,
)
from clustomer.engines import DuckDB
from clustomer.errors import InputError, did_you_mean
from clustomer.events import Events, read_events
from clustomer.insights import Interpretation, certificate_sentence, interpret
from clustomer.insights.study import Study
from clustomer.lifecycle import Lifecycle, lifecycle_stages
from clustomer.progress import Progress, counted, silent
from clustomer.segments.exclusions import BOTS
from clustomer.segments.segmentation import BOTS_ID
from clustomer.versions import StoredRun

MOST_GROUPS = 200
_SEGMENT = "segment"


@dataclass(frozen=True, eq=False)
class CertifiedLabels:
    """What was found of given groups.

    Attributes
    ----------
    certificates : Certificates
        Of the groups G1, G2, ... by falling size. Stability and reality are not tested.
    groups : tuple of dict
        `segment_id`, `segment` (as it was given), `name` (what this program would call it, by its
        numbers), `customers`, `share`, `revenue`, `revenue_share`.
    table : pyarrow.Table
        `user_id`, `segment_id`, `segment`, `name` of each customer with a group.
    interpretation : Interpretation
        Profiles, names, facts and texts.
    labels : mapping
        `source`, `customers`, `without_events`, `without_labels` and `suspected_bots`: what of the
        labels and of the customers was left out.
    date_given : bool
        Whether the date from which on the groups are judged was asked for; if not, it is an
        assumption that they were made without what happened since.
    against : mapping of figure to Estimate
        By how much the groups tell more than those of other results; empty without any.
    other : mapping, or None
        The same figures of those others.
    events : Events
        How the source was read. Its engine is closed.
    """

    certificates: Certificates
    groups: tuple[dict[str, Any], ...]
    table: pa.Table
    interpretation: Interpretation
    labels: Mapping[str, Any]
    date_given: bool
    against: Mapping[str, Estimate]
    other: Mapping[str, Any] | None
    events: Events

    @property
    def verdict(self) -> str:
        """The verdict: "continuum" where the groups tell what customers do next, else "none"."""
        return self.certificates.verdict

    def to_json(self) -> dict[str, Any]:
        """Return everything but the customers, ready for JSON."""
        return {
            "verdict": self.verdict,
            "labels": dict(self.labels),
            "date_given": self.date_given,
            "window": self.events.window.to_json(),
            "groups": list(self.groups),
            "against": {name: asdict(figure) for name, figure in self.against.items()},
            "other": self.other,
            "certificates": self.certificates.to_json(certificate_sentence),
        }


def certify_labels(
    source: Any,
    labels: Any,
    *,
    date: str | None = None,
    against: str | os.PathLike[str] | None = None,
    currency: str | None = None,
    random_state: int = 0,
    engine: DuckDB | None = None,
    progress: Progress | None = None,
    **reading: Any,
) -> CertifiedLabels:
    """Certify groups of customers that somebody else made.

    Parameters
    ----------
    source : path, glob, or any object with `__arrow_c_stream__`
        The event log, as `read_events` takes it.
    labels : path of CSV or Parquet, or any object with `__arrow_c_stream__`
        `user_id` and `segment`, a row for each customer.
    date : str, optional
        The groups are judged by what customers did from this date on, and must have been made
        without it. By default the last third of the window.
    against : path, optional
        A results folder, whose segments are set beside the groups.
    currency : str, optional
    random_state : int, default 0
    engine : DuckDB, optional
    progress : Progress, optional
    **reading
        How to read the log, as `read_events` takes it.

    Returns
    -------
    CertifiedLabels

    Raises
    ------
    InputError
        If a file cannot be read, labels have no column `segment` or fewer than two groups, or
        `against` has segments that know what happened from the date on.

    Examples
    --------
    >>> certify_labels("log.csv", "no-such-file.csv")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: ...
    """
    progress = progress or silent()
    with engine or DuckDB() as used:
        events = read_events(source, **reading, engine=used, progress=progress)
        everyone = customer_features(events, progress=progress)
        with progress.stage("Read labels") as stage:
            groups, about_labels = _labelled(labels, everyone, used)
            customers = replace(everyone, table=everyone.table.filter(pc.is_valid(groups)))
            given = pc.drop_null(groups).to_pylist()
            stage.note(counted(len(set(given)), "group"))
        with progress.stage("Look at an earlier date", used.fraction):
            holdout = split_holdout(events, everyone, date=date)
            others = None if against is None else _others(against, holdout)
        lifecycle = lifecycle_stages(events)
        with progress.stage("Certify groups"):
            return _certified(
                events, customers, given, about_labels, holdout, others, lifecycle,
                date_given=date is not None, currency=currency, random_state=random_state,
            )  # fmt: skip


def _labelled(
    labels: Any, customers: Customers, engine: DuckDB
) -> tuple[pa.ChunkedArray, dict[str, Any]]:
    """Return the group of each customer, NULL without one, and what is told of the file."""
    read = read_attributes(labels, customers, engine=engine)
    names = [name for name in read.table.column_names if name != "user_id"]
    column = next((name for name in names if name.lower() == _SEGMENT), None)
    if column is None and len(names) == 1:
        column = names[0]
    if column is None:
        raise InputError(
            f"{read.source} has no column `{_SEGMENT}`. Expected `user_id` and `{_SEGMENT}`. "
            + did_you_mean(_SEGMENT, names)
        )
    groups = read.table[column]
    count = len(pc.unique(pc.drop_null(groups)))
    if not 2 <= count <= MOST_GROUPS:
        raise InputError(
            f"{read.source} has {counted(count, 'group')} of customers with events in the column "
            f"`{column}`. Expected 2 to {MOST_GROUPS}: one group tells nothing, and so many are "
            "rather one for each."
        )
    return groups, {
        "source": read.source,
        "customers": read.customers,
        "without_events": read.without_events,
        "without_labels": groups.null_count,
    }


def _others(against: str | os.PathLike[str], holdout: Holdout | Reason) -> pa.Table:
    stored = StoredRun.open(against)
    if isinstance(holdout, Holdout) and stored.window.cutoff > holdout.date:
        raise InputError(
            f"The segments in {stored.path} were made of events up to "
            f"{stored.window.cutoff.isoformat(' ')} UTC, and would be judged by what customers did "
            f"from {holdout.date.isoformat(' ')} UTC on, which they know. Expected results whose "
            "cutoff is not later: make them with `clustomer run --cutoff`, and give the same date "
            "as --holdout."
        )
    return stored.segments.select(["user_id", "segment_id"])


def _certified(
    events: Events,
    customers: Customers,
    given: Sequence[str],
    about_labels: dict[str, Any],
    holdout: Holdout | Reason,
    others: pa.Table | None,
    lifecycle: Lifecycle | Reason,
    *,
    date_given: bool,
    currency: str | None,
    random_state: int,
) -> CertifiedLabels:
    from clustomer.certificates.given import certify_given, given_segmentation, group_order

    segmentation = given_segmentation(customers, given)
    tested = certify_given(
        customers, segmentation, holdout, others=others, random_state=random_state
    )
    if isinstance(lifecycle, Lifecycle):
        same = pc.is_in(lifecycle.table["user_id"], customers.table["user_id"].combine_chunks())
        lifecycle = replace(lifecycle, table=lifecycle.table.filter(same))
    theirs = {f"G{place + 1}": name for place, name in enumerate(group_order(given))}
    held = set(segmentation.clusters)
    interpretation = interpret(
        customers,
        segmentation,
        currency=currency,
        cleaning=events.cleaning.table,
        source_label=events.source,
        reading_notes=events.readings.to_say,
        warnings=events.warnings,
        currencies=events.currencies,
        given_names={f"G{c + 1}": theirs[f"G{c + 1}"] for c in held if c >= 0},
        certificates=tested.certificates,
        lifecycle=lifecycle,
    )
    study = interpretation.study
    bots = sum(c == BOTS for c in segmentation.table["cluster"].to_pylist())
    certificates = interpretation.certificates
    assert certificates is not None
    return CertifiedLabels(
        certificates,
        tuple(_groups(study)),
        _table(study),
        interpretation,
        {**about_labels, "suspected_bots": bots},
        date_given,
        tested.against,
        None if tested.other is None else asdict(tested.other),
        events,
    )


def _groups(study: Study) -> list[dict[str, Any]]:
    return [
        {
            "segment_id": part.segment_id,
            "segment": study.names[part.segment_id],
            "name": _own_name(study, part.segment_id),
            "customers": part.customers,
            "share": part.share,
            "revenue": part.revenue,
            "revenue_share": part.revenue_share,
        }
        for part in study.profiles
        if part.segment_id != BOTS_ID
    ]


def _own_name(study: Study, segment_id: str) -> str:
    """Return what this program would call a group."""
    name = study.named[segment_id]
    return name.own_name or name.name


def _table(study: Study) -> pa.Table:
    ids = study.labelled["segment_id"].to_pylist()
    own_names = {segment_id: _own_name(study, segment_id) for segment_id in study.names}
    return pa.table(
        {
            "user_id": study.labelled["user_id"],
            "segment_id": pa.array(ids, pa.string()),
            "segment": pa.array([study.names[i] for i in ids], pa.string()),
            "name": pa.array([own_names[i] for i in ids], pa.string()),
        }
    )
