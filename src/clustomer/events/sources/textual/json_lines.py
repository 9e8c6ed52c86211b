"""JSON: one object a line, or a document of objects; nested values have dotted names."""

import json
from collections.abc import Collection, Mapping, Sequence

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

    A line that is no object, is nested far too deep, or has one key twice with two values,
    becomes a broken line. `careful` copies every file line by line, whatever it looks like.
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
    keys, twice = _structure(engine, label, paths)
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
        doubts = _contradictions({key_of[name]: structure[name] for name in wanted}, twice)
        broken = " OR ".join(["NOT is_object", *doubts])
        fields = [f"CASE WHEN is_broken THEN line END AS {quoted(_BROKEN)}"]
        fields += [f"parts[{i + 1}] AS {quoted(key)}" for i, key in enumerate(wanted)]
        return (
            f"(SELECT {', '.join(fields)}, {quoted(FILE)} FROM (SELECT *, CASE WHEN NOT is_broken "
            f"THEN JSON_EXTRACT_STRING({_DOCUMENT}, [{pointers}]) END AS parts "
            f"FROM (SELECT *, COALESCE({broken}, FALSE) AS is_broken "
            f"FROM (SELECT *, {_OBJECT} AS is_object FROM {LINES} WHERE TRIM(line) <> ''))))"
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


def _structure(engine: DuckDB, label: str, paths: list[str]) -> tuple[dict[str, Structure], bool]:
    """Return every key, with what is inside of its values, and whether lines have one twice."""
    document = f"CASE WHEN {_OBJECT} THEN {_DOCUMENT} END"
    try:
        # a line for each list of keys, so that no key is missed, beside the first lines
        listed = engine.rows(
            f"""SELECT CAST(JSON_GROUP_STRUCTURE(document) AS VARCHAR), BOOL_OR(twice) FROM (
                SELECT {document} AS document, FALSE AS twice
                FROM (SELECT line FROM {LINES} LIMIT {SAMPLE_LINES})
                UNION ALL
                SELECT {_DOCUMENT}, LEN(LIST_DISTINCT(keys)) < LEN(keys) FROM (
                    SELECT MIN(line) AS line, JSON_KEYS({_DOCUMENT}) AS keys
                    FROM (SELECT line FROM {LINES} WHERE {_OBJECT}) GROUP BY keys
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
    return structure, bool(listed[0][1])


def _contradictions(columns: Mapping[str, Structure], twice: bool) -> list[str]:
    """Return SQL for whether a key of some columns, or one inside of them, has two values.

    `twice` says that lines have a key of their own more than once.
    """
    conditions = []
    if twice:
        keys = ", ".join(literal(key).sql("duckdb") for key in columns)
        conditions.append(_contradicts(_DOCUMENT, f"IF pair[1] IN ({keys})"))

    def walk(document: str, inside: Structure) -> None:
        if isinstance(inside, dict) and inside:
            conditions.append(_contradicts(document))
            for key, value in inside.items():
                walk(_inside(document, key), value)
        elif isinstance(inside, list) and inside and isinstance(inside[0], dict):
            elements = f"JSON_EXTRACT({document}, '$[*]')"
            doubtful = f"[1 FOR element IN {elements} IF {_contradicts('element')}]"
            conditions.append(f"LEN({doubtful}) > 0")

    for key, inside in columns.items():
        walk(_inside(_DOCUMENT, key), inside)
    return conditions


def _inside(document: str, key: str) -> str:
    return f"JSON_EXTRACT({document}, {literal(pointer(key)).sql('duckdb')})"


def _contradicts(document: str, among: str = "") -> str:
    """Return SQL for whether an object has more values than keys; NULL counts as a value."""
    pairs = (
        f"[pair FOR pair IN LIST_ZIP(JSON_KEYS({document}), "
        f"JSON_EXTRACT_STRING({document}, '$.*')) {among}]"
    )
    return (
        f"CASE WHEN LEN(LIST_DISTINCT(JSON_KEYS({document}))) < LEN(JSON_KEYS({document})) "
        f"THEN LEN(LIST_DISTINCT({pairs})) > LEN(LIST_DISTINCT([pair[1] FOR pair IN {pairs}])) "
        "ELSE FALSE END"
    )
