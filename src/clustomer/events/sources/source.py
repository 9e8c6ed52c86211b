"""A source once it is open: a relation that DuckDB can read, and how many rows it must give."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from clustomer.engines import DuckDB
from clustomer.errors import InputError
from clustomer.events.paths import Structure, names_of, structure_of
from clustomer.events.sources.files import FileState, require_unchanged

FILE = "file of the row"
"""The column that says which of several files a row is of; no source has this name."""


class LostRowsError(InputError):
    """Other rows were read than there are."""


@dataclass
class Source:
    """A readable relation.

    `relation` is SQL for a FROM clause; `columns` maps each column to its type
    in DuckDB's words; `rejects` is SQL that gives the text of every line that
    could not be read as a row, valid after the relation has been read.
    """

    kind: str
    label: str
    relation: str
    columns: dict[str, str]
    rejects: str | None = None
    parameters: list[Any] = field(default_factory=list)
    opened: Callable[[], AbstractContextManager[None]] = nullcontext
    """Makes the relation readable, once, within its context: a stream is read only once."""
    structure: dict[str, Structure] = field(default_factory=dict)
    """What is inside of columns that hold objects or lists, as far as it is known."""
    project: Callable[[Collection[str]], str] | None = None
    """The relation with some columns only, where reading every one would cost more."""
    broken: str | None = None
    """A column of the relation that is not among `columns`: the text of a line that is no
    row, NULL for rows."""
    file: str | None = None
    """A column of the relation that is not among `columns`: which of several files a row is of."""
    header: bool = True
    """Whether the source names its columns itself; a text file without a header does not."""
    rows: int | None = None
    """About how many rows it has, where that is known before they are read."""
    counted: Callable[[], int | None] = lambda: None
    """How many rows and broken lines it has, counted independently of whatever parses them;
    valid within `opened`."""
    careful: "Callable[[], Source] | None" = None
    """The same source read in a slower way, for where the fast one loses rows."""
    notes: tuple[str, ...] = ()
    """What was found out about it, in a few words each."""
    files: tuple[FileState, ...] = ()
    """The files that must not change while they are read."""
    lacking: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns that only some of several files have, with those that have not."""
    from_1904: bool = False
    """Whether numbers of days, where it has any, begin in 1904: a workbook says so."""
    repeated: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Names that several columns have, in lower case, with the names that these got instead."""

    def reading(self, columns: Collection[str]) -> str:
        """Return SQL for a FROM clause that has at least these columns."""
        return self.project(columns) if self.project else self.relation

    @property
    def names(self) -> list[str]:
        """Every name that a schema can use: columns, and dotted paths into objects."""
        return names_of(self.columns, self.structure)

    def require_whole(self, read: int, counted: int | None) -> None:
        """Raise LostRowsError where not every row came out of it, or it changed meanwhile."""
        require_unchanged(self.files)
        if counted is None or counted == read:
            return
        missing = abs(counted - read)
        raise LostRowsError(
            f"{self.label} has {counted:,} row{'s' * (counted != 1)}, of which {read:,} were read: "
            f"{missing:,} too {'few' if read < counted else 'many'}. Nothing is made of a part of "
            "a log. The file may be damaged, or written in a way that is not understood: write it "
            "anew as CSV with quotes doubled inside of quotes, or as Parquet."
        )


def described(
    engine: DuckDB, kind: str, label: str, relation: str, *, names: Sequence[str] = (), **more: Any
) -> Source:
    """Return a source whose columns and types DuckDB knows.

    `names` are those that the source gives its first columns; DuckDB numbers equal ones.
    """
    parameters = more.get("parameters")
    rows = engine.rows(f"DESCRIBE SELECT * FROM {relation}", parameters)
    columns = {row[0]: row[1] for row in rows if row[0] != more.get("file")}
    inside = {}
    if any(is_nested(kind) for kind in columns.values()):
        empty = engine.empty(f"SELECT * FROM {relation} LIMIT 0", parameters)
        inside = {
            part.name: structure_of(part.type)
            for part in empty
            if is_nested(columns.get(part.name, ""))
        }
    given = [name.lower() for name in names]
    repeated = {
        name: tuple(column for column, ours in zip(columns, given, strict=False) if ours == name)
        for name in dict.fromkeys(given)
        if given.count(name) > 1
    }
    return Source(kind, label, relation, columns, structure=inside, repeated=repeated, **more)


def lacking_in(files: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return the columns that some of several files have not, with these files.

    >>> lacking_in({"a.csv": ["user_id", "brand"], "b.csv": ["user_id"]})
    {'brand': ('b.csv',)}
    """
    columns = dict.fromkeys(name for names in files.values() for name in names)
    lacking = {
        column: tuple(label for label, names in files.items() if column not in names)
        for column in columns
    }
    return {column: labels for column, labels in lacking.items() if labels}


def valid_text(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """Return rows that raise an error where a text is no UTF-8, which DuckDB takes on trust.

    What it makes of such text later may leave the whole database unusable.
    """

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in rows:
            batch.validate(full=True)
            yield batch

    return pa.RecordBatchReader.from_batches(rows.schema, batches())


def is_nested(kind: str) -> bool:
    """Whether a type of DuckDB holds further values.

    >>> is_nested("STRUCT(a INTEGER)[]"), is_nested("DECIMAL(18,4)")
    (True, False)
    """
    return kind == "JSON" or kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))


def distinct_names(names: Sequence[str]) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Return column names of which no two are equal, and which names had to be changed.

    >>> distinct_names(["id", "at", "ID", ""])
    (['id_1', 'at', 'ID_2', 'column_4'], {'id': ('id_1', 'ID_2')})
    """
    filled = [name.strip() or f"column_{number}" for number, name in enumerate(names, 1)]
    lowered = [name.lower() for name in filled]
    taken = set(lowered)
    repeated: dict[str, tuple[str, ...]] = {}
    seen: dict[str, int] = {}
    unique = []
    for name in filled:
        key = name.lower()
        if lowered.count(key) > 1:
            number = seen.get(key, 0) + 1
            while f"{key}_{number}" in taken:
                number += 1
            seen[key] = number
            name = f"{name}_{number}"
            taken.add(name.lower())
            repeated[key] = (*repeated.get(key, ()), name)
        unique.append(name)
    return unique, repeated


class BrokenLines:
    """The table `broken_lines`: lines that were put aside before anything parsed them."""

    SELECT = "SELECT 0 AS line_number, line FROM broken_lines"
    _AT_ONCE = 10_000

    def __init__(self, engine: DuckDB) -> None:
        self._engine = engine
        self._lines: list[str] = []
        engine.execute("CREATE OR REPLACE TABLE broken_lines (line VARCHAR)")

    def add(self, line: bytes) -> None:
        """Put a line aside."""
        self._lines.append(line.decode("utf-8", "replace"))
        if len(self._lines) >= self._AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what is still in memory."""
        if self._lines:
            self._engine.register("lines_put_aside", pa.table({"line": self._lines}))
            self._engine.execute("INSERT INTO broken_lines SELECT line FROM lines_put_aside")
            self._engine.unregister("lines_put_aside")
            self._lines = []
