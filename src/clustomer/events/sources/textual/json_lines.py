"""JSON: one object a line, or a document of objects; nested values have dotted names."""

import json
from collections.abc import Collection, Sequence

from clustomer.engines import DuckDB, literal, quoted
from clustomer.errors import InputError, first_line
from clustomer.events.paths import Structure, pointer
from clustomer.events.schema import EventSchema
from clustomer.events.sources.content import Plain
from clustomer.events.sources.files import readable_path
from clustomer.events.sources.source import FILE, BrokenLines, Source, distinct_names
from clustomer.events.sources.textual.json_documents import copy_documents, is_document
from clustomer.events.sources.textual.lines import MAX_LINE_BYTES, is_deep
from clustomer.events.sources.textual.separated import LINES, REJECTED_LINES, copy_lines, decoded

SAMPLE_LINES = 20_000
"""So many lines tell what is inside of nested values; keys are collected from all lines."""

MAX_KEYS = 2_000
"""A log has no more keys than this; data among the keys would be columns without end."""

_BROKEN = "broken line"
# conditions need not be tried in the order they are written in: nothing may fail on its own
_DOCUMENT = "TRY_CAST(line AS JSON)"
_OBJECT = f"COALESCE(JSON_TYPE({_DOCUMENT}) = 'OBJECT', FALSE)"


def open_json(
    engine: DuckDB,
    label: str,
    plains: Sequence[Plain],
    schema: EventSchema | None = None,
    *,
    careful: bool = False,
) -> Source:
    """Open files of JSON objects: one a line, an array, or one after the other.

    A line that is no object, or is nested far too deep, becomes a broken line. `careful` copies
    every file line by line, whatever it looks like.
    """
    broken = BrokenLines(engine)
    paths, records, copied = [], 0, 0
    notes: list[str] = []
    for plain in plains:
        path, encoding, profile = decoded(engine, plain, schema, json=True)
        notes.append(f"JSON in {encoding}")
        document = is_document(path)
        if document:
            path, _, what = copy_documents(engine, path, plain.label)
            notes.append(what)
        if (
            careful
            or document
            or profile.deep
            or profile.not_utf8
            or not profile.one_kind_of_ending
            or profile.longest >= MAX_LINE_BYTES
        ):
            path, count = copy_lines(engine, path, broken, refused=is_deep)
            paths.append(str(path))
            copied += 1
        else:
            count = profile.lines
            paths.append(readable_path(engine, path))
        records += count
    broken.flush()
    source = _of_lines(engine, label, paths, records)
    source.notes = tuple(dict.fromkeys(notes))
    if copied < len(paths):
        source.careful = lambda: open_json(engine, label, plains, schema, careful=True)
    return source


def _of_lines(engine: DuckDB, label: str, paths: list[str], records: int) -> Source:
    keys = _structure(engine, label, paths)
    names, repeated = distinct_names(list(keys))
    key_of = dict(zip(names, keys, strict=True))
    structure = dict(zip(names, keys.values(), strict=True))
    kinds = {
        name: "JSON" if isinstance(inside, dict | list) or inside == "JSON" else "VARCHAR"
        for name, inside in structure.items()
    }

    def project(columns: Collection[str]) -> str:
        wanted = [name for name in kinds if name in columns]
        pointers = ", ".join(literal(pointer(key_of[name])).sql("duckdb") for name in wanted)
        fields = [f"CASE WHEN NOT is_object THEN line END AS {quoted(_BROKEN)}"]
        fields += [f"parts[{i + 1}] AS {quoted(key)}" for i, key in enumerate(wanted)]
        return (
            f"(SELECT {', '.join(fields)}, {quoted(FILE)} FROM (SELECT *, "
            f"JSON_EXTRACT_STRING({_DOCUMENT}, [{pointers}]) AS parts "
            f"FROM (SELECT *, {_OBJECT} AS is_object FROM {LINES} WHERE TRIM(line) <> '')))"
        )

    return Source(
        "json lines",
        label,
        project(kinds),
        kinds,
        rejects=f"{REJECTED_LINES} UNION ALL {BrokenLines.SELECT}",
        parameters=[paths],
        structure={key: inside for key, inside in structure.items() if kinds[key] == "JSON"},
        project=project,
        broken=_BROKEN,
        file=FILE,
        rows=records,
        counted=lambda: records,
        repeated=repeated,
    )


def _structure(engine: DuckDB, label: str, paths: list[str]) -> dict[str, Structure]:
    """Return every key, with what is inside of its values."""
    document = f"CASE WHEN {_OBJECT} THEN {_DOCUMENT} END"
    try:
        # a line for each list of keys, so that no key is missed, beside the first lines
        listed = engine.rows(
            f"""SELECT CAST(JSON_GROUP_STRUCTURE(document) AS VARCHAR) FROM (
                SELECT {document} AS document FROM (SELECT line FROM {LINES} LIMIT {SAMPLE_LINES})
                UNION ALL
                SELECT {_DOCUMENT} FROM (
                    SELECT MIN(line) AS line FROM (SELECT line FROM {LINES} WHERE {_OBJECT})
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
    structure = json.loads(listed[0][0]) if listed and listed[0][0] else None
    if not isinstance(structure, dict) or not structure:
        raise InputError(
            f"{label} has no line that is a JSON object. Expected JSON Lines: one object a line, "
            'such as {"event_time": "2024-01-01 10:00:00", "user_id": "7"}, or one array of such '
            "objects."
        )
    if len(structure) > MAX_KEYS:
        raise InputError(
            f"{label} has {len(structure):,} keys, more than {MAX_KEYS:,}: data seem to be among "
            f"the names, such as `{list(structure)[-1][:80]}`. Write such values as a list of "
            "objects with `key` and `value`, or leave them out."
        )
    return structure
