"""JSON Lines: one object a line, whose nested values have dotted names."""

import json
from collections.abc import Collection

from clustomer.engines import DuckDB, literal, quoted
from clustomer.errors import InputError
from clustomer.events.paths import Structure, pointer
from clustomer.events.sources.source import Source, first_line, rows_of_text
from clustomer.events.sources.text import LINES, REJECTED_LINES

SAMPLE_LINES = 20_000
"""So many lines tell what is inside of nested values; keys are collected from all lines."""

_BROKEN = "broken line"
# conditions need not be tried in the order they are written in: nothing may fail on its own
_DOCUMENT = "TRY_CAST(line AS JSON)"
_OBJECT = f"COALESCE(JSON_TYPE({_DOCUMENT}) = 'OBJECT', FALSE)"


def open_json_lines(engine: DuckDB, label: str, paths: list[str]) -> Source:
    """Open files of JSON objects, one a line; a line that is none becomes a broken line."""
    lines = LINES.format(header="false", more="store_rejects = true")
    structure = _structure(engine, label, lines, paths)
    kinds = {
        key: "JSON" if isinstance(inside, dict | list) or inside == "JSON" else "VARCHAR"
        for key, inside in structure.items()
    }

    def project(columns: Collection[str]) -> str:
        wanted = [key for key in kinds if key in columns]
        pointers = ", ".join(literal(pointer(key)).sql("duckdb") for key in wanted)
        fields = [f"CASE WHEN NOT is_object THEN line END AS {quoted(_BROKEN)}"]
        fields += [f"parts[{i + 1}] AS {quoted(key)}" for i, key in enumerate(wanted)]
        return (
            f"(SELECT {', '.join(fields)} FROM (SELECT line, is_object, "
            f"JSON_EXTRACT_STRING({_DOCUMENT}, [{pointers}]) AS parts "
            f"FROM (SELECT line, {_OBJECT} AS is_object FROM {lines} WHERE TRIM(line) <> '')))"
        )

    return Source(
        "json lines",
        label,
        project(kinds),
        kinds,
        rejects=REJECTED_LINES,
        parameters=[paths],
        structure={key: inside for key, inside in structure.items() if kinds[key] == "JSON"},
        project=project,
        broken=_BROKEN,
        rows=rows_of_text(paths),
    )


def _structure(engine: DuckDB, label: str, lines: str, paths: list[str]) -> dict[str, Structure]:
    """Return every key, with what is inside of its values."""
    document = f"CASE WHEN {_OBJECT} THEN {_DOCUMENT} END"
    try:
        # a line for each list of keys, so that no key is missed, beside the first lines
        found = engine.rows(
            f"""SELECT CAST(JSON_GROUP_STRUCTURE(document) AS VARCHAR) FROM (
                SELECT {document} AS document FROM (SELECT line FROM {lines} LIMIT {SAMPLE_LINES})
                UNION ALL
                SELECT {_DOCUMENT} FROM (
                    SELECT MIN(line) AS line FROM (SELECT line FROM {lines} WHERE {_OBJECT})
                    GROUP BY JSON_KEYS({_DOCUMENT})
                )
            )""",
            [paths, paths],
        )
    except engine.errors as error:
        raise InputError(
            f"{label} cannot be read as JSON Lines: {first_line(error)} It may be truncated or "
            "damaged."
        ) from error
    structure = json.loads(found[0][0]) if found and found[0][0] else None
    if not isinstance(structure, dict) or not structure:
        raise InputError(
            f"{label} has no line that is a JSON object. Expected JSON Lines: one object a line, "
            'such as {"event_time": "2024-01-01 10:00:00", "user_id": "7"}. One array of objects '
            "is not JSON Lines: write each object on a line of its own (jq -c '.[]')."
        )
    unique: dict[str, Structure] = {}
    for key, inside in structure.items():
        if key.lower() not in {other.lower() for other in unique}:
            unique[key] = inside
    return unique
