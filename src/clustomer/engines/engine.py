"""What every engine can do: keep tables, run portable queries over them, and give Arrow.

Features and outcomes of customers are made through this protocol only (`features_within`,
`outcomes_query`), and so are the visits that certificates draw from, whatever holds the clean
events; labels are one portable query (`assignment_query`). All else is the business of the embedded
engine (`clustomer.engines.duckdb`): reading text and files, cleaning, attributes, small tables of
the program's own (`query_tables`), simulated shops, storing events, and checking facts. A run keeps
its events there.

An engine is a module of this room with a class that inherits from `Engine`; the conformance
suite in `tests/engines` runs over each.
"""

from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import pyarrow as pa
from sqlglot import exp


class Engine(Protocol):
    """A place that holds tables and runs portable queries.

    Attributes
    ----------
    dialect : str
        The dialect that it speaks, one of `clustomer.engines.DIALECTS`.
    """

    dialect: str

    def query(self, select: exp.Expr) -> pa.Table:
        """Run a portable query and return its result."""
        ...

    def create_table(self, name: str, select: exp.Expr, *, by: str | None = None) -> None:
        """Keep the result of a portable query under a name, in place of what was there.

        Queries to come group its rows `by` a column: an engine on several machines keeps rows with
        one value of it together.
        """
        ...

    def columns(self, table: str) -> pa.Schema:
        """Return the columns of a table and their types."""
        ...

    def append(self, name: str, select: exp.Expr) -> None:
        """Add the result of a portable query to a table that `create_table` has made."""
        ...

    def drop(self, name: str) -> None:
        """Remove a table that `create_table` has made."""
        ...

    def register(self, name: str, table: Any) -> None:
        """Let queries read anything with `__arrow_c_stream__` under a name."""
        ...

    def unregister(self, name: str) -> None:
        """Forget what was registered."""
        ...

    def parts(self, table: str) -> int:
        """Return in how many parts of customers the work over a table of events is best done.

        More than one where the engine has less memory than the work takes in one go.
        """
        return 1

    def write_parquet(self, select: exp.Expr, folder: Path, *, by: str) -> None:
        """Write the result of a portable query as Parquet files into a folder that is not there.

        Within a file rows are sorted `by` a column. The same rows give the same files.
        """
        ...

    def take_part(self, name: str, table: str, *, key: str, number: int, parts: int) -> None:
        """Keep one of several parts of a table under a name; rows with one key are in one part.

        Parameters
        ----------
        name : str
            Of the part, a table like those of `create_table`.
        table : str
        key : str
            A column of text.
        number, parts : int
            Which of how many, from 0.
        """
        ...

    def close(self) -> None:
        """Free what the engine holds."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
