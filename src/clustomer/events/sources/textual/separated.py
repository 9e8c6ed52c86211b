"""Text files: a header line, then a row on each line; every column arrives as text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from clustomer.engines import DuckDB, quoted
from clustomer.errors import InputError
from clustomer.events.presets import without_header
from clustomer.events.schema import EventSchema
from clustomer.events.sources.content import Plain
from clustomer.events.sources.files import readable_path, require_room
from clustomer.events.sources.source import (
    FILE,
    BrokenLines,
    Source,
    distinct_names,
    lacking_in,
)
from clustomer.events.sources.textual.encoding import as_utf8
from clustomer.events.sources.textual.layout import (
    Layout,
    are_values,
    fields_of,
    layout_of,
    quotes_of,
    sample_of,
)
from clustomer.events.sources.textual.lines import (
    MAX_LINE_BYTES,
    SHOWN_BYTES,
    TextProfile,
    is_blank,
    is_utf8,
    lines_of,
    profile_of,
)
from clustomer.events.sources.textual.records import MAX_LINES_OF_A_FIELD, copy_records

LINES = (
    "read_csv(?, auto_detect = false, header = false, delim = E'\\x01', quote = '', "
    "escape = '', columns = {'line': 'VARCHAR'}, store_rejects = true, "
    f"max_line_size = {MAX_LINE_BYTES}, filename = '{FILE}')"
)
"""DuckDB SQL that reads files as their lines, with the file of each."""

# a broken line can have several errors, and is still one line
REJECTED_LINES = (
    "SELECT line, TRIM(ANY_VALUE(csv_line), E'\\r\\n') FROM reject_errors GROUP BY file_id, line"
)
"""DuckDB SQL for the lines that the last reading with `store_rejects` could not read."""


_ALIKE = (
    "read_csv(?, auto_detect = false, header = ?, delim = ?, quote = '\"', escape = '\"', "
    "columns = ?, store_rejects = true, null_padding = false, "
    f"max_line_size = {MAX_LINE_BYTES}{{}})"
)
"""DuckDB SQL that reads files with the same columns in the same order."""


@dataclass
class _TextFile:
    """One file, in UTF-8, and what is known of it."""

    label: str
    path: Path
    profile: TextProfile
    layout: Layout
    encoding: str
    columns: list[str] = field(default_factory=list)
    needs_copy: bool = False


def open_text(
    engine: DuckDB,
    label: str,
    plains: Sequence[Plain],
    schema: EventSchema | None = None,
    *,
    careful: bool = False,
) -> Source:
    """Open delimited files with the same header line, or without one and with the same columns.

    There is none where the schema says so, or where the first line looks like data of
    a preset that is known to come without. `careful` copies every file, whatever it looks like.
    """
    files = _text_files(engine, plains, schema)
    first = files[0]
    separator = first.layout.separator
    if separator == "spaces":
        return _open_spaces(engine, label, files, schema)
    names = _given_names(first, separator, schema)
    header = names is None
    for file in files:
        file.columns, _ = distinct_names(names or _fields(file))
    _, repeated = distinct_names(names or _fields(first))
    columns = _columns_by_name(files) if header else first.columns
    if len(first.columns) < 2:
        raise InputError(
            f"The first line of {first.label} has one column only. Expected a header line with "
            "names separated by commas, tabs, semicolons or bars; set `separator` in a schema "
            "file for another one."
        )
    for file in files:
        file.needs_copy = careful or _loses_rows(file, files)
    broken = BrokenLines(engine)
    notes = _notes(files, separator)
    paths: dict[tuple[str, ...], list[str]] = {}
    records = 0
    for file in files:
        alike = paths.setdefault((file.layout.separator, *file.columns), [])
        if not file.needs_copy:
            alike.append(readable_path(engine, file.path))
            records += file.profile.lines - header
            continue
        copy, count, further = _copied(engine, file, len(file.columns), header, broken)
        alike.append(str(copy))
        records += count
        notes += further
    broken.flush()
    parameters: list[Any] = []
    for (sign, *names_there), group in paths.items():
        parameters += [group, header, sign, dict.fromkeys(names_there, "VARCHAR")]
    file_of_row = FILE if len(files) > 1 else None
    relation = _ALIKE.format(f", filename = '{FILE}'" if file_of_row else "")
    if len(paths) > 1:
        relation = f"({' UNION ALL BY NAME '.join(f'SELECT * FROM {relation}' for _ in paths)})"
    source = Source(
        "text",
        label,
        relation,
        dict.fromkeys(columns, "VARCHAR"),
        file=file_of_row,
        rejects=f"{REJECTED_LINES} UNION ALL {BrokenLines.SELECT}",
        parameters=parameters,
        header=header,
        lacking=lacking_in({file.label: file.columns for file in files}),
        rows=records,
        counted=lambda: records,
        notes=tuple(notes),
        repeated=repeated,
    )
    if not all(file.needs_copy for file in files):
        source.careful = lambda: open_text(engine, label, plains, schema, careful=True)
    return source


def header_of(plain: Plain, schema: EventSchema | None) -> list[str]:
    """Return the names in the header line of a file in UTF-8 or the like."""
    layout = layout_of(sample_of(plain.path), schema.separator if schema else None)
    if layout.separator == "spaces":
        return layout.first.split()
    return [name.strip() for name in fields_of(layout.first, layout.separator)]


def _text_files(
    engine: DuckDB, plains: Sequence[Plain], schema: EventSchema | None
) -> list[_TextFile]:
    separator = asked = schema.separator if schema else None
    files: list[_TextFile] = []
    for plain in plains:
        path, encoding, profile = decoded(engine, plain, schema)
        sample = sample_of(path)
        usual = quotes_of(sample, separator)
        if usual is not None:
            path, profile = _changed(engine, path, usual)
            sample = sample_of(path)
        layout = layout_of(sample, separator)
        if separator != asked and len(fields_of(layout.first, layout.separator)) < 2:
            layout = layout_of(sample, asked)
        if not layout.first.strip():
            raise InputError(
                f"{plain.label} has no first line. Expected a header line with column names."
            )
        if layout.short:
            raise InputError(
                f"The header line of {plain.label} has {len(layout.short)} names, and its rows "
                f"have {len(fields_of(layout.first, layout.separator))} values. Add a name for "
                "each column that has none."
            )
        separator = layout.separator
        files.append(_TextFile(plain.label, path, profile, layout, encoding))
    return files


def _changed(
    engine: DuckDB, path: Path, change: Callable[[bytes], bytes]
) -> tuple[Path, TextProfile]:
    """Return a copy of a file each line of which was changed, and its profile."""
    folder = engine.directory / "quotes"
    folder.mkdir(exist_ok=True)
    copy = folder / str(sum(1 for _ in folder.iterdir()))
    with path.open("rb") as given, copy.open("wb") as out:
        for line in given:
            out.write(change(line))
    return copy, profile_of(copy)


def decoded(
    engine: DuckDB, plain: Plain, schema: EventSchema | None, *, json: bool = False
) -> tuple[Path, str, TextProfile]:
    """Return a file in UTF-8, the name of the encoding that it had, and its profile."""
    profile = profile_of(plain.path, json=json)
    asked = plain.encoding or (schema.encoding if schema else None)
    path, encoding = as_utf8(engine, plain.path, plain.label, profile, asked)
    if path != plain.path:
        profile = profile_of(path, json=json)
    return path, encoding, profile


def _loses_rows(file: _TextFile, files: Sequence[_TextFile]) -> bool:
    """Whether a strict reader would lose more of a file than its broken lines."""
    profile = file.profile
    return bool(
        file.layout.above
        or profile.half_quoted
        or profile.repeated
        or profile.not_utf8
        or profile.longest >= MAX_LINE_BYTES
        or not profile.one_kind_of_ending
        or (profile.returns and not all(other.profile.returns for other in files))
    )


def _copied(
    engine: DuckDB, file: _TextFile, width: int, header: bool, broken: BrokenLines
) -> tuple[Path, int, list[str]]:
    require_room(engine.directory, file.path.stat().st_size, file.label, "is copied")
    folder = engine.directory / "records"
    folder.mkdir(exist_ok=True)
    copy = folder / str(sum(1 for _ in folder.iterdir()))
    with copy.open("wb") as out:
        copied = copy_records(
            file.path,
            out,
            separator=file.layout.separator,
            width=width,
            header=file.layout.first.encode() if header else None,
            above=file.layout.above,
            by_return=_ends_by_return(file.profile),
            on_broken=broken.add,
        )
    notes = []
    if file.layout.above:
        notes.append(f"{file.layout.above} above the header left out")
    if copied.headers:
        notes.append(f"the header comes {copied.headers:,} times more")
    if copied.unclosed:
        where = ", ".join(f"{number:,}" for number in copied.unclosed[:3])
        more = ", ..." if len(copied.unclosed) > 3 else ""
        notes.append(
            f"a quote opens and does not close within {MAX_LINES_OF_A_FIELD} lines, or in the "
            f"wrong place: line {where}{more}"
        )
    return copy, copied.records, notes


def _ends_by_return(profile: TextProfile) -> bool:
    return profile.returns - profile.returns_before_newline > profile.newlines


def _notes(files: Sequence[_TextFile], separator: str) -> list[str]:
    words = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
    encodings = sorted({file.encoding for file in files})
    return [
        f"text in {' and '.join(encodings)}, separated by {words.get(separator, repr(separator))}"
    ]


def _given_names(
    file: _TextFile, separator: str, schema: EventSchema | None
) -> tuple[str, ...] | None:
    """Return the columns of a file that has no header line, None where it has one."""
    fields = [field.strip() for field in fields_of(file.layout.first, separator)]
    if schema is None:
        schema = without_header(fields)
        if schema is None and are_values(fields):
            return tuple(f"column_{number}" for number in range(1, len(fields) + 1))
    if schema is None or schema.header:
        return None
    if [field.lower() for field in fields] == [name.lower() for name in schema.names]:
        return None
    if len(fields) != len(schema.names):
        raise InputError(
            f"The first line of {file.label} has {len(fields)} columns. The schema "
            f"`{schema.name}` names {len(schema.names)}: {', '.join(schema.names)}. Check `names` "
            "and `separator` in the schema file."
        )
    return schema.names


def _fields(file: _TextFile) -> list[str]:
    return fields_of(file.layout.first, file.layout.separator)


MIN_SHARED = 0.5
"""Files of one log share at least so much of the shorter one's names of columns."""


def _columns_by_name(files: Sequence[_TextFile]) -> list[str]:
    """Return all columns of some files, by names that differ in capitals and order only once.

    Raises
    ------
    InputError
        If a file seems to be of another table, or has a name twice that another has at another
        place.
    """
    first = files[0]
    columns = {name.lower(): name for name in first.columns}
    for file in files[1:]:
        lowered = [name.lower() for name in file.columns]
        shared = len({*lowered} & {name.lower() for name in first.columns})
        alike = [name.lower() for name in first.columns] == lowered
        repeated = len({*map(str.lower, _fields(file))}) < len(lowered)
        if shared < MIN_SHARED * min(len(lowered), len(first.columns)) or (repeated and not alike):
            _refuse_header(first, file)
        file.columns = [columns.setdefault(name.lower(), name) for name in file.columns]
    return list(columns.values())


def _require_same_header(files: Sequence[_TextFile]) -> None:
    for file in files:
        if _fields(file) != _fields(files[0]):
            _refuse_header(files[0], file)


def _refuse_header(first: _TextFile, file: _TextFile) -> NoReturn:
    fields = _fields(file)
    number, name = next(
        (number, name)
        for number, name in enumerate([*_fields(first), "nothing more"], 1)
        if fields[number - 1 : number] != [name]
    )
    raise InputError(
        f"{file.label} has another header line than {Path(first.label).name}: column {number} is "
        f"not `{name[:80]}`. Files that are read together need the same columns; read it alone, or "
        "rewrite its header."
    )


def copy_lines(
    engine: DuckDB,
    file: Path,
    broken: BrokenLines,
    *,
    skip: int = 0,
    refused: Callable[[bytes], bool] = lambda line: False,
) -> tuple[Path, int]:
    """Return a copy of a file's lines that hold something and are UTF-8, and how many it had.

    The first `skip` of them are left out; what is `refused` is a broken line.
    """
    folder = engine.directory / "lines"
    folder.mkdir(exist_ok=True)
    copy = folder / str(sum(1 for _ in folder.iterdir()))
    lines = 0
    with file.open("rb") as given, copy.open("wb") as out:
        for line in lines_of(given, by_return=True):
            if is_blank(line):
                continue
            lines += 1
            if lines <= skip:
                continue
            line = line.removeprefix(b"\xef\xbb\xbf")
            if len(line) < MAX_LINE_BYTES - 1 and is_utf8(line) and not refused(line):
                out.write(line + b"\n")
            else:
                broken.add(line[:SHOWN_BYTES])
    return copy, lines - min(skip, lines)


def _open_spaces(
    engine: DuckDB, label: str, files: Sequence[_TextFile], schema: EventSchema | None
) -> Source:
    names = None if schema is None or schema.header else schema.names
    if names is None:
        files = [replace(file, layout=replace(file.layout, separator=" ")) for file in files]
        _require_same_header(files)
    columns, repeated = distinct_names(names or files[0].layout.first.split())
    broken = BrokenLines(engine)
    copies = [
        copy_lines(engine, file.path, broken, skip=1 if names is None else 0) for file in files
    ]
    broken.flush()
    records = sum(lines for _, lines in copies)
    fields = ", ".join(f"parts[{i + 1}] AS {quoted(name)}" for i, name in enumerate(columns))
    engine.execute(
        "CREATE OR REPLACE TABLE source_lines AS "
        f"SELECT *, STRING_SPLIT_REGEX(TRIM(line), '\\s+') AS parts FROM {LINES}",
        [[str(copy) for copy, _ in copies]],
    )
    complete = f"LEN(parts) = {len(columns)}"
    return Source(
        "text",
        label,
        f"(SELECT {fields}, {quoted(FILE)} FROM source_lines WHERE {complete})",
        dict.fromkeys(columns, "VARCHAR"),
        file=FILE,
        rejects=f"SELECT 0 AS line_number, line FROM source_lines WHERE NOT ({complete}) "
        f"UNION ALL {BrokenLines.SELECT}",
        header=names is None,
        rows=records,
        counted=lambda: records,
        notes=(f"text in {files[0].encoding}, separated by spaces",),
        repeated=repeated,
    )
