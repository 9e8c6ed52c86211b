"""The facts of a run: its settings, its window, what cleaning and clustering did."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clustomer.customers.reason import Reason
from clustomer.history import History
from clustomer.insights.algorithm import algorithm_entries, algorithm_facts
from clustomer.insights.facts import Fact, decimals_for
from clustomer.insights.naming.definition import grid_facts, grid_settings
from clustomer.insights.reasons import left_out_sentences, reason_sentence
from clustomer.insights.threshold_facts import threshold_facts, threshold_values
from clustomer.lifecycle import Lifecycle

_UNITS = {"margin": "share", "cost": "currency", "window_days": "days"}


def run_document(
    settings: Mapping[str, Any],
    source_label: str,
    *,
    window: Any,
    unavailable: Mapping[str, str] | None,
    attributes: Any,
    lifecycle: Any = None,
    history: History | None = None,
    reading_notes: Sequence[str] = (),
    warnings: Sequence[str] = (),
    nameless: float | None = None,
    currencies: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Return what facts take from `run.json`, laid out as it is there."""
    document: dict[str, Any] = {
        "settings": settings,
        "source": {"label": source_label},
        "unavailable_features": dict(unavailable or {}),
        "thresholds": threshold_values(),
        "reading_notes": numbered(reading_notes),
        "warnings": numbered(warnings),
        "revenue_without_customer": nameless,
        "currencies": None if currencies is None else list(currencies),
    }
    if window is not None:
        document["window"] = window.to_json()
    if attributes is not None:
        document["attributes"] = {
            name: getattr(attributes, name)
            for name in ("customers", "without_events", "without_attributes")
        }
    if lifecycle is not None:
        document["lifecycle"] = lifecycle_document(lifecycle)
    if history is not None:
        document["history"] = history.to_json()
    return document


def lifecycle_document(lifecycle: Lifecycle | Reason) -> dict[str, Any]:
    """Return what `run.json` holds of stages: what is usual in the shop, or why there are none."""
    return {"reason": asdict(lifecycle)} if isinstance(lifecycle, Reason) else lifecycle.to_json()


def numbered(sentences: Sequence[str]) -> dict[str, str]:
    """Return sentences by their number, as `run.json` holds them.

    >>> numbered(["Times were read as unix seconds."])
    {'1': 'Times were read as unix seconds.'}
    """
    return {str(number): sentence for number, sentence in enumerate(sentences, 1)}


def model_document(segmentation: Any) -> dict[str, Any]:
    """Return what facts take from `segmentation.json`, laid out as it is there."""
    selection = segmentation.selection
    document = {
        "selection": {
            "k": segmentation.k,
            "reason": reason_sentence(selection.reason),
            "fitted_customers": segmentation.fitted_customers,
            "elbow_k": selection.elbow_k,
            "silhouette_k": selection.silhouette_k,
        },
        "left_out": left_out_sentences(segmentation.left_out),
        "algorithm": {"parameters": algorithm_entries(segmentation)},
        "assignment": grid_settings(segmentation.rule),
    }
    if selection.rare_clusters:
        document["selection"]["grounds"] = {"numbers": dict(selection.reason.numbers)}
    if selection.repetition is not None:
        document["selection"]["repetition"] = asdict(selection.repetition)
    if segmentation.weights is not None:
        document["weights"] = asdict(segmentation.weights)
    if segmentation.projection is not None:
        shares = segmentation.projection.explained_variance_ratio
        document["projection"] = {"explained_variance_ratio": [float(share) for share in shares]}
    if segmentation.dendrogram is not None:
        document["dendrogram"] = {"shares": list(segmentation.dendrogram.shares)}
    return document


def setting_facts(tables: Mapping[str, Any]) -> Iterator[Fact]:
    """Make `run.margin`, `cleaning.kept`, `clustering.k` and the like from the tables of a run."""
    yield from _run_facts(tables["run"])
    yield from threshold_facts()
    for kind in ("reading_notes", "warnings"):
        for number, sentence in tables["run"].get(kind, {}).items():
            source = _value("run", kind, number)
            yield Fact(f"run.{kind}.{number}", sentence, "text", 0, None, source)
    if "cleaning" in tables:
        yield from _cleaning_facts(tables["cleaning"])
    model = tables["segmentation"]
    selection = model["selection"]
    for name, unit in (("k", "segments"), ("fitted_customers", "customers")):
        source = _value("segmentation", "selection", name)
        yield Fact(f"clustering.{name}", selection[name], unit, 0, None, source)
    if "grounds" in selection:
        source = _value("segmentation", "selection/grounds/numbers", "crowd_k")
        crowd_k = selection["grounds"]["numbers"]["crowd_k"]
        yield Fact("clustering.crowd_k", crowd_k, "segments", 0, None, source)
    yield from _repetition_facts(selection.get("repetition"))
    yield from grid_facts(model["assignment"])
    yield from algorithm_facts(model["algorithm"]["parameters"])
    source = _value("segmentation", "selection", "reason")
    yield Fact("clustering.reason", selection["reason"], "text", 0, None, source)
    for entry, table, place, reasons in (
        ("left_out", "segmentation", "left_out", model["left_out"]),
        ("unavailable", "run", "unavailable_features", tables["run"]["unavailable_features"]),
    ):
        for index, (name, reason) in enumerate(sorted(reasons.items()), 1):
            source = _value(table, place, name)
            yield Fact(f"clustering.{entry}.{index}", reason, "text", 0, None, source)


def _repetition_facts(repetition: Mapping[str, Any] | None) -> Iterator[Fact]:
    """Make `clustering.draws`, `clustering.returned` and the like."""
    if repetition is None:
        return
    key = "selection/repetition"
    source = {**_value("segmentation", key, "taken"), "aggregate": "length"}
    yield Fact("clustering.draws", len(repetition["taken"]), "draws", 0, None, source)
    for name, column, unit, decimals in (
        ("returned", "returned", "draws", 0),
        ("drawn_customers", "customers", "customers", 0),
        ("least_returned", "lowest_jaccard", "similarity", 2),
    ):
        source = _value("segmentation", key, column)
        yield Fact(f"clustering.{name}", repetition[column], unit, decimals, None, source)


def _run_facts(run: Mapping[str, Any]) -> Iterator[Fact]:
    values = [
        *(
            (name, value, _value("run", "settings", name))
            for name, value in run["settings"].items()
        ),
        ("source", run["source"]["label"], _value("run", "source", "label")),
    ]
    if "window" in run:
        values += _window_values(run["window"])
    for name, value, source in values:
        unit = _UNITS.get(name, "text")
        decimals = 2 if name == "cost" else decimals_for(value, unit)
        yield Fact(f"run.{name}", value, unit, decimals, None, source)


def _window_values(window: Mapping[str, Any]) -> Iterator[tuple[str, Any, dict[str, str]]]:
    """Yield the first and the last day on the shop's clock, the days between, and its zone."""
    zone = ZoneInfo(window["time_zone"])
    start, cutoff = (datetime.fromisoformat(window[name]) for name in ("start", "cutoff"))
    last = cutoff - timedelta(microseconds=1)
    for name, moment, column, aggregate in (
        ("start", start, "start", "local_date"),
        ("end", last, "cutoff", "local_last_day"),
    ):
        day = moment.astimezone(zone).date().isoformat()
        yield name, day, _value("run", "window", column) | {"aggregate": aggregate}
    days = (cutoff - start).total_seconds() / 86400
    yield "window_days", days, _value("run", "window", "cutoff") | {"aggregate": "days"}
    yield "time_zone", window["time_zone"], _value("run", "window", "time_zone")


def _cleaning_facts(table: Any) -> Iterator[Fact]:
    rows = table.to_pylist()
    for action in ("kept", "repaired", "rejected"):
        total = sum(row["rows"] for row in rows if row["action"] == action)
        yield Fact(
            f"cleaning.{action}",
            total,
            "events",
            0,
            None,
            {
                "table": "cleaning",
                "key": f"action={action}",
                "column": "rows",
                "aggregate": "sum",
            },
        )
    yield from _cleaning_totals({row["rule"]: row["rows"] for row in rows}, rows)
    for row in rows:
        name = row["rule"]
        source = _value("cleaning", f"rule={name}", "rows")
        yield Fact(f"cleaning.{name}.rows", row["rows"], "events", 0, None, source)
        source = _value("cleaning", f"rule={name}", "share")
        yield Fact(f"cleaning.{name}.share", row["share"], "share", 1, None, source)


def _cleaning_totals(
    counts: Mapping[str, int], rows: Iterable[Mapping[str, Any]]
) -> Iterator[Fact]:
    """Make `cleaning.input`, all rows, and `cleaning.used`, those inside the window."""
    every = sum(row["rows"] for row in rows if row["action"] in ("kept", "rejected"))
    source = _sum_of("cleaning.kept", "cleaning.rejected")
    yield Fact("cleaning.input", every, "events", 0, None, source)
    used = [rule for rule in ("clean", "possible_duplicate") if rule in counts]
    if used:
        source = (
            _sum_of(*(f"cleaning.{rule}.rows" for rule in used))
            if len(used) > 1
            else _value("cleaning", f"rule={used[0]}", "rows")
        )
        total = sum(counts[rule] for rule in used)
        yield Fact("cleaning.used", total, "events", 0, None, source)


def _sum_of(*parts: str) -> dict[str, str]:
    return {"table": "facts", "key": " ".join(parts), "column": "value", "aggregate": "sum"}


def _value(table: str, key: str, column: str) -> dict[str, str]:
    return {"table": table, "key": key, "column": column, "aggregate": "value"}
