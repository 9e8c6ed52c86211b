"""A new log scored: from a source to each customer's segment."""

import os
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clustomer.engines import DuckDB
from clustomer.errors import UsageError
from clustomer.events import Events, EventSchema, Window, parse_length, read_events
from clustomer.facets import RARE
from clustomer.progress import Progress, counted, silent
from clustomer.scoring.definition import Definition
from clustomer.scoring.scorer import Scorer, days_in_words
from clustomer.settings import Settings
from clustomer.versions import StoredRun

_PERIOD = {"cutoff", "window", "time_zone"}


@dataclass(frozen=True, eq=False)
class Scored:
    """The customers of a log, each with the segment that a stored definition gives.

    Attributes
    ----------
    table : pyarrow.Table
        `user_id`, `segment_id`, `segment`, `cluster`, `distance`, `border_distance`, `unlike`,
        and `<facet>_segment_id` and `<facet>_segment` of facets; sorted by `user_id`.
    version : str
        The version of the results whose definition it is.
    window : Window
    segments : tuple of dict
        `segment_id`, `segment`, `customers`, `share`, and `share_in_run` of each segment.
    unlike : int
        How many customers are unlike anyone whom the run saw.
    facets, facets_left_out : tuple of str
        The facets that were scored, and those for which the log lacks what they look at.
    events : Events
        How the source was read. Its engine is closed.
    """

    table: pa.Table
    version: str
    window: Window
    segments: tuple[dict[str, Any], ...]
    unlike: int
    facets: tuple[str, ...]
    facets_left_out: tuple[str, ...]
    events: Events

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)

    def to_json(self) -> dict[str, Any]:
        """Return everything but the customers, ready for JSON."""
        return {
            "version": self.version,
            "window": self.window.to_json(),
            "rows": {
                "input": self.events.cleaning.rows,
                "kept": self.events.cleaning.kept,
                "rejected": self.events.cleaning.rejected,
            },
            "customers": self.table.num_rows,
            "segments": list(self.segments),
            "unlike": self.unlike,
            "facets": list(self.facets),
            "facets_left_out": list(self.facets_left_out),
        }


def score(
    results: str | os.PathLike[str],
    source: Any,
    *,
    engine: DuckDB | None = None,
    progress: Progress | None = None,
    **reading: Any,
) -> Scored:
    """Give each customer of a log the segment that a stored definition says.

    Nothing is fitted: the window has the length that it had, and rates of the shop, winsorising
    limits, scaling and rule are those that were stored. The same events give the same answer.

    Parameters
    ----------
    results : path
        A results folder (its latest version), or the folder of a version.
    source : path, glob, or any object with `__arrow_c_stream__`
        As `read_events` takes it.
    engine : DuckDB, optional
    progress : Progress, optional
    **reading
        How to read it, as `read_events` takes it. What is left out is as it was in the run; the
        cutoff is just after the last plausible event.

    Returns
    -------
    Scored

    Raises
    ------
    UsageError
        If a window of another length, or another time zone, is asked for.
    InputError
        If there are no results that can be scored with, or the log cannot be read, does not go
        back far enough, or lacks what features are made of.

    Examples
    --------
    >>> score("no-such-folder", "log.csv")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """
    progress = progress or silent()
    stored = StoredRun.open(results)
    scorer = Scorer.open(stored.path)
    options = _options(stored, scorer, reading)
    with engine or DuckDB() as used:
        events = read_events(source, **options, engine=used, progress=progress)
        with progress.stage("Score customers", used.fraction) as stage:
            table = scorer.score(events)
            stage.note(counted(table.num_rows, "customer"))
    facets = [part.facet.name for part in scorer.definition.facets]
    facets += [RARE] * (scorer.definition.rare is not None)
    are_scored = {name: f"{name}_segment_id" in table.column_names for name in facets}
    return Scored(
        table,
        stored.manifest.version,
        events.window,
        tuple(_segments(stored, scorer.definition, table)),
        int(pc.sum(table["unlike"]).as_py() or 0),
        tuple(name for name in facets if are_scored[name]),
        tuple(name for name in facets if not are_scored[name]),
        events,
    )


def _options(stored: StoredRun, scorer: Scorer, given: dict[str, Any]) -> dict[str, Any]:
    """Return how to read a log: as asked for, else as in the run."""
    recorded = Settings.from_recorded(stored.results.manifest["settings"]).reading()
    if recorded["schema"] is not None:
        # a file may be gone, or have been edited since
        recorded["schema"] = EventSchema.model_validate(scorer.definition.model.event_schema)
    options = {name: value for name, value in recorded.items() if name not in _PERIOD}
    options |= {name: value for name, value in given.items() if value is not None}
    window = scorer.definition.window
    zone = options.get("time_zone", window.time_zone)
    if zone != window.time_zone:
        raise UsageError(
            f"The time zone is {zone}, and the segmentation was made on the clock of "
            f"{window.time_zone}. Leave it out: scoring keeps to that one."
        )
    asked = options.get("window")
    length = parse_length(asked) if isinstance(asked, str) else asked
    if length is not None and abs(length - scorer.length) > scorer.length / 100:
        raise UsageError(
            f"The window is {days_in_words(length)} long, and the segmentation was made over "
            f"{days_in_words(scorer.length)}: counts over another length of time are other "
            "features. Leave it out, or run `clustomer run` with that window."
        )
    return {**options, "window": scorer.length, "time_zone": window.time_zone}


def _segments(stored: StoredRun, definition: Definition, table: pa.Table) -> list[dict[str, Any]]:
    shares = {part.segment_id: part.share for part in stored.manifest.segments}
    counts = {
        row["values"]: row["counts"] for row in pc.value_counts(table["segment_id"]).to_pylist()
    }
    names = dict(definition.segments.values())
    order = [*shares, *(i for i in names if i not in shares and i in counts)]
    return [
        {
            "segment_id": segment_id,
            "segment": names[segment_id],
            "customers": counts.get(segment_id, 0),
            "share": counts.get(segment_id, 0) / table.num_rows,
            "share_in_run": shares.get(segment_id, 0.0),
        }
        for segment_id in order
    ]
