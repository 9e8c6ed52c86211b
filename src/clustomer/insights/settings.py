"""The facts of a run: its settings, its window, what cleaning and clustering did."""

from collections.abc import Iterator, Mapping
from typing import Any

from clustomer.insights.algorithm import algorithm_facts
from clustomer.insights.definition import grid_facts
from clustomer.insights.facts import Fact, decimals_for

_UNITS = {"margin": "share", "cost": "currency", "window_days": "days"}


def setting_facts(tables: Mapping[str, Any]) -> Iterator[Fact]:
    """Make `run.margin`, `cleaning.kept`, `clustering.k` and the like from the tables of a run."""
    for name, value in tables["run"].items():
        unit = _UNITS.get(name, "text")
        decimals = decimals_for(value, unit)
        if name == "cost":
            decimals = 2
        yield Fact(f"run.{name}", value, unit, decimals, None, _value("run", "", name))
    if "cleaning" in tables:
        yield from _cleaning_facts(tables["cleaning"])
    model = tables["segmentation"]
    for name in ("k", "fitted_customers"):
        unit = "customers" if name == "fitted_customers" else "segments"
        source = _value("segmentation", "", name)
        yield Fact(f"clustering.{name}", model[name], unit, 0, None, source)
    yield from grid_facts(model)
    yield from algorithm_facts(model["algorithm"])
    source = _value("segmentation", "", "reason")
    yield Fact("clustering.reason", model["reason"], "text", 0, None, source)
    for entry in ("left_out", "unavailable"):
        for index, (name, reason) in enumerate(sorted(model[entry].items()), 1):
            source = _value("segmentation", entry, name)
            yield Fact(f"clustering.{entry}.{index}", reason, "text", 0, None, source)


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
    for row in rows:
        name = row["rule"]
        source = _value("cleaning", f"rule={name}", "rows")
        yield Fact(f"cleaning.{name}.rows", row["rows"], "events", 0, None, source)
        source = _value("cleaning", f"rule={name}", "share")
        yield Fact(f"cleaning.{name}.share", row["share"], "share", 1, None, source)


def _value(table: str, key: str, column: str) -> dict[str, str]:
    return {"table": table, "key": key, "column": column, "aggregate": "value"}
