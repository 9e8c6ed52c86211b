"""Facts as they were stored before each had its query: sources that named tables in memory."""

from collections.abc import Mapping
from typing import Any

_RUN = {
    "currency": ("settings", "currency", "value"),
    "margin": ("settings", "margin", "value"),
    "cost": ("settings", "cost", "value"),
    "source": ("source", "label", "value"),
    "time_zone": ("window", "time_zone", "value"),
    "window_days": ("window", "cutoff", "days"),
}
_SEGMENTATION = {
    "": "selection",
    "left_out": "left_out",
    "algorithm": "algorithm/parameters",
    "recency_cuts": "assignment/recency_cuts",
    "frequency_cuts": "assignment/frequency_cuts",
}


def with_places(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a `facts.json` of schema version 1 as version 2 has it."""
    return {**document, "facts": [_moved(fact) for fact in document["facts"]]}


def _moved(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fact of schema version 1 with the place in the files that its value has.

    >>> source = {"table": "run", "key": "", "column": "margin", "aggregate": "value"}
    >>> _moved({"id": "run.margin", "value": 0.3, "source": source})["source"]
    {'table': 'run', 'key': 'settings', 'column': 'margin', 'aggregate': 'value'}
    """
    source = dict(entry["source"])
    table, key, column = source["table"], source["key"], source["column"]
    if table == "run":
        clock = "local_time" if len(str(entry["value"])) > len("2019-10-01") else "local_date"
        places = {**_RUN, **{name: ("window", name, clock) for name in ("start", "cutoff")}}
        source["key"], source["column"], source["aggregate"] = places[column]
    elif table == "attributes_file":
        source |= {"table": "run", "key": "attributes"}
    elif table == "segmentation" and key == "unavailable":
        source |= {"table": "run", "key": "unavailable_features"}
    elif table == "segmentation":
        source["key"] = _SEGMENTATION[key]
        if key.endswith("_cuts"):
            source["column"] = str(int(column) - 1)
    return {**entry, "source": source}
