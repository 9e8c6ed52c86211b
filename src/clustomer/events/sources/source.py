"""A source once it is open: a relation that DuckDB can read."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clustomer.engines import DuckDB
from clustomer.events.paths import Structure, names_of, structure_of

_BYTES_OF_A_LINE = 60


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
    header: bool = True
    """Whether the source names its columns itself; a text file without a header does not."""
    rows: int | None = None
    """About how many rows it has, where that is known before they are read."""

    def reading(self, columns: Collection[str]) -> str:
        """Return SQL for a FROM clause that has at least these columns."""
        return self.project(columns) if self.project else self.relation

    @property
    def names(self) -> list[str]:
        """Every name that a schema can use: columns, and dotted paths into objects."""
        return names_of(self.columns, self.structure)


def described(engine: DuckDB, kind: str, label: str, relation: str, **more: Any) -> Source:
    """Return a source whose columns and types DuckDB knows."""
    parameters = more.get("parameters")
    rows = engine.rows(f"DESCRIBE SELECT * FROM {relation}", parameters)
    columns = {row[0]: row[1] for row in rows}
    inside = {}
    if any(is_nested(kind) for kind in columns.values()):
        empty = engine.empty(f"SELECT * FROM {relation} LIMIT 0", parameters)
        inside = {
            part.name: structure_of(part.type) for part in empty if is_nested(columns[part.name])
        }
    return Source(kind, label, relation, columns, structure=inside, **more)


def rows_of_text(paths: Collection[str]) -> int | None:
    """Return about how many rows plain text files have, None where they are compressed."""
    if any(path.endswith((".gz", ".zst")) for path in paths):
        return None
    return sum(Path(path).stat().st_size for path in paths) // _BYTES_OF_A_LINE


def is_nested(kind: str) -> bool:
    """Whether a type of DuckDB holds further values.

    >>> is_nested("STRUCT(a INTEGER)[]"), is_nested("DECIMAL(18,4)")
    (True, False)
    """
    return kind == "JSON" or kind.endswith("]") or kind.startswith(("STRUCT", "MAP"))


def first_line(error: BaseException) -> str:
    """Return the first line of what an engine said, as a sentence."""
    return str(error).strip().splitlines()[0].rstrip(".") + "."
