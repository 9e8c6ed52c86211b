"""The definition as a dbt package: a model, its variables, its description and its tests."""

import json
import os
import re
from pathlib import Path

from clustomer.errors import UsageError
from clustomer.scoring.export import HASHED_JOINS, segments_sql
from clustomer.scoring.scorer import Scorer
from clustomer.unfinished import check_free, whole_folder
from clustomer.versions import StoredRun

NAME = "clustomer_segments"
MODEL = "customer_segments"
_EVENTS = "clustomer_events_table"
_BOUND = r"CAST\('([^']+)' AS (.+?)\) AS (window_start|window_cutoff)"
_COLUMNS = {
    "user_id": "The customer.",
    "segment_id": "The id of the segment.",
    "segment": "Its name.",
    "cluster": "Its number; -1 for suspected bots, -2 for customers in no group.",
    "distance": "From the centre of the segment, in standard deviations.",
    "border_distance": "How near the border to another segment, from 0 on it to 1.",
}
_RARE_COLUMNS = {
    "rare_segment_id": "The id of the rare kind that the customer belongs to; none for most.",
    "rare_segment": "Its name.",
}


def write_dbt_package(
    results: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    dialect: str = "duckdb",
    *,
    table: str = "events",
    clean: bool = False,
    overwrite: bool = False,
) -> Path:
    """Write the definition of the segments as a dbt package.

    Its model `customer_segments` is the SELECT of `segments_sql`. The variables
    `clustomer_events` (the table of events), `clustomer_window_start` and
    `clustomer_window_cutoff` can be set in the project that uses the package. Tests ask that each
    customer is there once, with one of the segments.

    Parameters
    ----------
    results : path
        A results folder (its latest version), or the folder of a version.
    folder : path
        Made anew, whole or not at all.
    dialect : str, default "duckdb"
        That of the warehouse.
    table : str, default "events"
        What `clustomer_events` is unless it is set.
    clean : bool, default False
        The table has clean events.
    overwrite : bool, default False

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If something is there, or it cannot be written.
    UsageError
        If the name of a segment would be a template to dbt.

    Examples
    --------
    >>> write_dbt_package("no-such-folder", "package")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There are no results in no-such-folder. ...
    """
    out = Path(folder)
    text = segments_sql(results, dialect, table=_EVENTS, clean=clean)
    if re.search(r"\{[{%#]", text):
        raise UsageError(
            "The name of a segment has {{, {% or {#, which dbt would take for a template. Give it "
            "another with `clustomer rename`."
        )
    check_free(out, overwrite)
    stored = StoredRun.open(results)
    definition = Scorer.open(stored.path).definition
    segments, rare = definition.segments, definition.rare
    kinds = [kind.segment_id for kind in rare.kinds] if rare is not None else []
    bounds = {name: value for value, _, name in re.findall(_BOUND, text)}
    files = {
        "dbt_project.yml": _project(stored.manifest.version, table, bounds, dialect),
        f"models/{MODEL}.sql": _model(text),
        "models/schema.yml": _schema([segment_id for segment_id, _ in segments.values()], kinds),
    }
    with whole_folder(out, option="--dbt") as made:
        for name, content in files.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8", newline="\n")
    return out


def _model(text: str) -> str:
    """Return the SELECT with variables in the places of the table and of the window's bounds."""
    bound = re.sub(
        _BOUND,
        lambda m: f"CAST('{{{{ var(\"clustomer_{m[3]}\") }}}}' AS {m[2]}) AS {m[3]}",
        text,
    )
    return re.sub(rf'["`]?{_EVENTS}["`]?', '{{ var("clustomer_events") }}', bound)


def _project(version: str, table: str, bounds: dict[str, str], dialect: str) -> str:
    hook = HASHED_JOINS.format(scope="LOCAL ")
    variables = {"clustomer_events": table, **{f"clustomer_{k}": v for k, v in bounds.items()}}
    lines = [
        f"# Customer segments of clustomer, version {version} of the results.",
        f"name: {NAME}",
        'version: "1.0.0"',
        "config-version: 2",
        'model-paths: ["models"]',
        "models:",
        f"  {NAME}:",
        "    +materialized: table",
        *([f"    +pre-hook: {json.dumps(hook)}"] if dialect == "postgres" else []),
        "vars:",
        f"  {NAME}:",
        *(f"    {name}: {json.dumps(value)}" for name, value in variables.items()),
    ]
    return "\n".join(lines) + "\n"


def _schema(segment_ids: list[str], kinds: list[str]) -> str:
    """Return the description of the model, and its tests; JSON is YAML, too."""
    described = {**_COLUMNS, **(_RARE_COLUMNS if kinds else {})}
    tests: dict[str, list[object]] = {
        "user_id": ["unique", "not_null"],
        "segment_id": ["not_null", {"accepted_values": {"arguments": {"values": segment_ids}}}],
        "segment": ["not_null"],
        "cluster": ["not_null"],
        "rare_segment_id": [{"accepted_values": {"arguments": {"values": kinds}}}],
    }
    columns = [
        {
            "name": name,
            "description": text,
            **({"data_tests": tests[name]} if name in tests else {}),
        }
        for name, text in described.items()
    ]
    model = {"name": MODEL, "description": "Each customer's segment.", "columns": columns}
    return json.dumps({"version": 2, "models": [model]}, indent=2, ensure_ascii=False) + "\n"
