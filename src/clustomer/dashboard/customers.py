"""Customers as the pages ask for them: DuckDB over the files of a version, a few rows at a time."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from clustomer.errors import InputError
from clustomer.outputs import write_csv
from clustomer.versions import StoredRun

Filters = Mapping[str, Sequence[str]]
"""What a column may be, by its name; every column must agree."""

MEMORY = "384MB"
PAGE = 50
"""Customers on a page of their table."""

POINTS = 5_000
"""Customers on a map at most."""

MOST_CHOICES = 40
"""A column with more values than this is no filter."""

_TABLES = ("customers", "segments", "lifecycle", "lifetime", "recommendations", "products")
_NAMES = "product_names"


class Customers:
    """The customers of one version, never all at once in memory.

    The connection can read the files of the version and nothing else. What comes from a reader
    enters a query as a parameter, and a column by its place in the schema.

    Parameters
    ----------
    stored : StoredRun
    spill : Path
        A folder for what does not fit into memory.
    """

    def __init__(self, stored: StoredRun, spill: Path) -> None:
        self._connection = duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "threads": 2,
                "temp_directory": str(spill),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        files = {
            name: [str(stored.file(f"{name}.parquet").resolve())]
            for name in (*_TABLES, _NAMES)
            if stored.has(f"{name}.parquet")
        }
        files["events"] = [str(path.resolve()) for path in stored.event_files]
        for name, paths in files.items():
            if paths:
                self._connection.read_parquet(paths).create_view(name)
        folder = exp.Literal.string(str(stored.path.resolve())).sql(dialect="duckdb")
        self._connection.execute(f"SET allowed_directories = [{folder}]")
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")
        self.tables = frozenset(name for name, paths in files.items() if paths)
        self.columns = {name: self._columns(name) for name in sorted(self.tables)}
        self.filters = {
            name: values
            for name in self._filterable(stored)
            if 1 < len(values := self._values(name)) <= MOST_CHOICES
        }

    @property
    def listed(self) -> list[str]:
        """The columns of the table of customers."""
        hidden = ("cluster", "segment_id", "distance")
        return [
            name
            for name in self.columns["segments"]
            if name not in hidden and not name.endswith("_segment_id")
        ]

    def count(self, filters: Filters) -> int:
        """Return how many customers there are."""
        query = _where(_from("segments", exp.Count(this=exp.Star())), filters)
        [[number]] = self._run(query, _values_of(filters))
        return int(number)

    def by_segment(self, filters: Filters) -> pa.Table:
        """Return customers, orders and revenue of each segment."""
        sums = [
            exp.alias_(exp.Sum(this=exp.column(name, quoted=True)), name)
            for name in ("orders", "revenue")
            if name in self.columns["segments"]
        ]
        query = _from(
            "segments",
            exp.column("segment_id"),
            exp.column("segment"),
            exp.alias_(exp.Count(this=exp.Star()), "customers"),
            *sums,
        )
        query = _where(query, filters).group_by("segment_id", "segment").order_by("segment_id")
        return self._table(query, filters)

    def page(self, filters: Filters, *, number: int, sort: str, descending: bool) -> pa.Table:
        """Return one page of customers; the first has the number 1."""
        query = self._listed(filters, sort, descending)
        return self._table(query.limit(PAGE).offset((max(number, 1) - 1) * PAGE), filters)

    def csv(self, filters: Filters, *, sort: str, descending: bool) -> bytes:
        """Return all customers as CSV, in the order of the table."""
        table = self._table(self._listed(filters, sort, descending), filters)
        with tempfile.TemporaryDirectory(prefix="clustomer-") as folder:
            return write_csv(Path(folder) / "customers.csv", table).read_bytes()

    def customer(self, user_id: str) -> dict[str, dict[str, Any]]:
        """Return what is known of a customer, by table; nothing where there is no such customer."""
        tables = [t for t in ("segments", "customers", "lifecycle", "lifetime") if t in self.tables]
        rows = {name: self._of(name, user_id).to_pylist() for name in tables}
        return {name: row[0] for name, row in rows.items() if row}

    def like(self, text: str, most: int = 8) -> list[str]:
        """Return ids that begin with a text."""
        begins = exp.Anonymous(
            this="starts_with", expressions=[exp.column("user_id"), _parameter()]
        )
        query = _from("segments", exp.column("user_id")).where(begins).order_by("user_id")
        return [row[0] for row in self._run(query.limit(most), [text])]

    def events(self, user_id: str, most: int = 200) -> pa.Table | None:
        """Return a customer's last events, the newest first; None where none were kept."""
        if "events" not in self.tables:
            return None
        names = ("event_time", "event_type", "product_id", "category_code", "brand", "price")
        last = exp.Ordered(this=exp.column("event_time"), desc=True)
        present = [n for n in (*names, "quantity") if n in self.columns["events"]]
        columns = [exp.column(name) for name in present]
        query = _from("events", *columns).where(_same("user_id"))
        query = query.order_by(last, *columns[1:]).limit(most)
        if _NAMES in self.tables:
            place = present.index("product_id") + 1
            query.expressions.insert(place, exp.column("product_name"))
            query = query.join(_NAMES, using=["product_id"], join_type="left")
        return self._table(query, parameters=[user_id])

    def recommended(self, user_id: str) -> pa.Table | None:
        """Return the list of a customer; None where no lists were made."""
        if "recommendations" not in self.tables:
            return None
        query = _from("recommendations", exp.Star()).where(_same("user_id")).order_by("rank")
        return self._table(query, parameters=[user_id])

    def spread(self, filters: Filters, across: str, up: str) -> pa.Table:
        """Return a sample of customers with two of their features as x and y.

        `user_id, segment_id, segment, x, y`; the sample is the same every time.
        """
        for name in (across, up):
            if name not in self.features:
                raise InputError(f"There is no feature {name!r:.60}. Choose one of the list.")
        places = [
            exp.alias_(exp.column(name, table="customers", quoted=True), axis)
            for name, axis in ((across, "x"), (up, "y"))
        ]
        parts = [
            exp.column(name, table="segments") for name in ("user_id", "segment_id", "segment")
        ]
        query = _from("segments", *parts, *places).join("customers", using=["user_id"])
        defined = [exp.column(name, table="customers", quoted=True) for name in (across, up)]
        for column in defined:
            query = query.where(column.is_(exp.null()).not_())
        query = _where(query, filters, "segments")
        return self._table(query.order_by(exp.MD5(this=parts[0]), parts[0]).limit(POINTS), filters)

    def segments_of(self, user_ids: Sequence[str], filters: Filters) -> dict[str, tuple[str, str]]:
        """Return the segment, id and name, of those of some customers who agree with filters."""
        names = ("user_id", "segment_id", "segment")
        listed = exp.Anonymous(
            this="list_contains", expressions=[_parameter(), exp.column("user_id")]
        )
        query = _where(_from("segments", *map(exp.column, names)).where(listed), filters)
        rows = self._run(query, [list(user_ids), *_values_of(filters)])
        return {user_id: (segment_id, name) for user_id, segment_id, name in rows}

    @property
    def features(self) -> list[str]:
        """The features of the customers."""
        return [name for name, kind in self.columns["customers"].items() if kind == "DOUBLE"]

    def _of(self, table: str, user_id: str) -> pa.Table:
        return self._table(_from(table, exp.Star()).where(_same("user_id")), parameters=[user_id])

    def _listed(self, filters: Filters, sort: str, descending: bool) -> exp.Select:
        names = self.listed
        if sort not in names:
            raise InputError(f"Customers have no column {sort!r:.60}. Choose one of the table.")
        columns = [exp.column(name, quoted=True) for name in names]
        first = exp.Ordered(this=exp.column(sort, quoted=True), desc=descending, nulls_first=False)
        query = _where(_from("segments", *columns), filters)
        return query.order_by(first, exp.column("user_id"))

    def _filterable(self, stored: StoredRun) -> Iterable[str]:
        """Return the columns that may be filters: stages, facets, and what is else known."""
        columns = self.columns["segments"]
        facets = [name.removesuffix("_id") for name in columns if name.endswith("_segment_id")]
        attributes: list[str] = []
        if stored.has("attributes.parquet"):
            import pyarrow.parquet as pq

            attributes = pq.read_schema(stored.file("attributes.parquet")).names
        wanted = dict.fromkeys(("stage", "test_group", *facets, *attributes))
        return [name for name in wanted if columns.get(name) == "VARCHAR" and name != "user_id"]

    def _values(self, name: str) -> list[str]:
        column = exp.column(name, quoted=True)
        query = _from("segments", column).distinct().where(column.is_(exp.null()).not_())
        return [row[0] for row in self._run(query.order_by(column).limit(MOST_CHOICES + 1))]

    def _columns(self, table: str) -> dict[str, str]:
        relation = self._connection.cursor().table(table)
        return dict(zip(relation.columns, map(str, relation.types), strict=True))

    def _run(
        self, query: exp.Expr, parameters: Sequence[Any] | None = None
    ) -> list[tuple[Any, ...]]:
        sql = query.sql(dialect="duckdb")
        return self._connection.cursor().execute(sql, list(parameters or ())).fetchall()

    def _table(
        self,
        query: exp.Expr,
        filters: Filters | None = None,
        parameters: Sequence[str] = (),
    ) -> pa.Table:
        values = [*_values_of(filters or {}), *parameters]
        # every request has a cursor of its own: pages are shown by several threads
        cursor = self._connection.cursor()
        return cursor.sql(query.sql(dialect="duckdb"), params=values).to_arrow_table()


def _from(table: str, *columns: exp.Expr) -> exp.Select:
    return exp.select(*columns).from_(exp.to_table(table))


def _parameter() -> exp.Placeholder:
    return exp.Placeholder()


def _same(name: str) -> exp.EQ:
    return exp.EQ(this=exp.column(name, quoted=True), expression=_parameter())


def _where(query: exp.Select, filters: Filters, table: str | None = None) -> exp.Select:
    """Keep the rows on which all filters agree; `_values_of` gives the parameters."""
    for name, values in sorted(filters.items()):
        if values:
            wanted = [_parameter() for _ in values]
            query = query.where(
                exp.In(this=exp.column(name, table=table, quoted=True), expressions=wanted)
            )
    return query


def _values_of(filters: Filters) -> list[str]:
    return [value for _, values in sorted(filters.items()) for value in values]
