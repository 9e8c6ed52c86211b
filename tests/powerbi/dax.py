"""The DAX of our measures, evaluated by DuckDB over the files of the star.

It reads the text that Power BI reads, and knows the functions that our measures use; another one
is an error, so that no measure goes untested.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+)|\"(?P<text>[^\"]*)\"|(?P<column>'[^']+'\[[^\]]+\]|\w+\[[^\]]+\])"
    r"|(?P<measure>\[[^\]]+\])|(?P<table>'[^']+')|(?P<word>\w+)|(?P<sign>[(),=]))"
)
_AGGREGATES = {
    "SUM": "FSUM({0})",
    "AVERAGE": "FAVG({0})",
    "MEDIAN": "MEDIAN({0})",
    "DISTINCTCOUNT": "COUNT(DISTINCT {0})",
    "SELECTEDVALUE": "CASE WHEN COUNT(DISTINCT {0}) = 1 THEN MIN({0}) END",
    "HASONEVALUE": "COUNT(DISTINCT {0}) = 1",
}

Context = Mapping[str, tuple[str, ...]]
"""Conditions in SQL, by table."""


class Model:
    """The tables of a project by their names, with the sources of columns, and the measures."""

    def __init__(self, folder: Path) -> None:
        self.connection = duckdb.connect()
        self.sources: dict[str, dict[str, str]] = {}
        self.files: dict[str, str] = {}
        self.measures: dict[str, str] = {}
        for path in (folder / "clustomer.SemanticModel/definition/tables").glob("*.tmdl"):
            self._read(path.stem, path.read_text(encoding="utf-8"), folder)

    def _read(self, table: str, text: str, folder: Path) -> None:
        for name, dax in re.findall(r"^\tmeasure (.+?) = (.+)$", text, re.MULTILINE):
            self.measures[_bare(name)] = dax.strip()
        columns = re.findall(r"^\tcolumn (.+?)$(.+?)sourceColumn: (\S+)$", text, re.M | re.S)
        self.sources[table] = {_bare(name): source for name, _, source in columns}
        file = re.search(r'"\\([^"]+\.parquet)"', text)
        if file:
            self.files[table] = str(folder / "data" / file[1])

    def value(self, measure: str, **conditions: str) -> Any:
        """Return a measure's value, where `conditions` hold for the tables that they name."""
        context = {name.replace("_", " "): (sql,) for name, sql in conditions.items()}
        return _Reading(self, self.measures[measure]).value(context)

    def of_segment(self, measure: str, key: int) -> Any:
        """Return a measure's value in one segment, which filters every table that has it."""
        mine = f"segment_key = {key}"
        context: dict[str, tuple[str, ...]] = {}
        for table, sources in self.sources.items():
            if "Segment key" in sources:
                context[table] = (mine,)
            elif "Customer key" in sources:
                file = self.files["Customers"]
                context[table] = (
                    f"customer_key IN (SELECT customer_key FROM '{file}' WHERE {mine})",
                )
        return _Reading(self, self.measures[measure]).value(context)

    def aggregate(self, sql: str, table: str, context: Context) -> Any:
        where = " AND ".join(("TRUE", *context.get(table, ())))
        query = f"SELECT {sql} FROM '{self.files[table]}' WHERE {where}"
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return row[0]


class _Reading:
    def __init__(self, model: Model, dax: str) -> None:
        self.model, self.dax, self.place = model, dax, 0

    def value(self, context: Context) -> Any:
        kind, token = self._next()
        if kind == "number":
            return int(token)
        if kind == "measure":
            return _Reading(self.model, self.model.measures[token[1:-1]]).value(context)
        assert kind == "word", (self.dax, token)
        self._expect("(")
        result = self._call(token, context)
        self._expect(")")
        return result

    def _call(self, name: str, context: Context) -> Any:
        if name == "COUNTROWS":
            return self.model.aggregate("COUNT(*)", self._table(), context)
        if name in _AGGREGATES:
            table, column = self._column()
            return self.model.aggregate(_AGGREGATES[name].format(column), table, context)
        if name == "DIVIDE":
            above = self.value(context)
            self._expect(",")
            below = self.value(context)
            return above / below if below and above is not None else None
        if name == "IF":
            holds = self.value(context)
            self._expect(",")
            then = self.value(context)
            return then if holds else None
        if name == "CALCULATE":
            # what it computes is written before its filters, and read once they are known
            begin = self.place
            self.value(context)
            while self._peek() == ",":
                self._expect(",")
                context = self._filtered(context)
            end, self.place = self.place, begin
            result = self.value(context)
            self.place = end
            return result
        raise AssertionError(f"{name} in {self.dax}: no measure used it before")

    def _filtered(self, context: Context) -> Context:
        begin = self.place
        kind, token = self._next()
        if kind == "word" and token in ("ALL", "USERELATIONSHIP"):
            self._expect("(")
            if token == "ALL":
                context = {} if self._table() == "Customers" else context
            else:
                self._column()
                self._expect(",")
                self._column()
            self._expect(")")
            return context
        self.place = begin
        table, column = self._column()
        self._expect("=")
        kind, token = self._next()
        if token == "TRUE":
            self._expect("(")
            self._expect(")")
            token = "TRUE"
        elif kind == "text":
            token = f"'{token}'"
        return {**context, table: (*context.get(table, ()), f"{column} = {token}")}

    def _table(self) -> str:
        return _bare(self._next()[1])

    def _column(self) -> tuple[str, str]:
        kind, token = self._next()
        assert kind == "column", (self.dax, token)
        table, _, column = token.removesuffix("]").partition("[")
        name = _bare(table)
        return name, f'"{self.model.sources[name][column]}"'

    def _next(self) -> tuple[str, str]:
        match = _TOKEN.match(self.dax, self.place)
        assert match is not None, (self.dax, self.place)
        self.place = match.end()
        assert match.lastgroup is not None
        return match.lastgroup, match[match.lastgroup]

    def _peek(self) -> str:
        place = self.place
        token = self._next()[1]
        self.place = place
        return token

    def _expect(self, sign: str) -> None:
        assert self._next()[1] == sign, (self.dax, sign)


def _bare(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") else name
