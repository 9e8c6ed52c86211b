"""The whole shop: how many are in each segment where the rest is told of a sample of them."""

from collections.abc import Iterator, Mapping

import pyarrow as pa

from clustomer.insights.blocks import Block, Column, Paragraph, Row, Table
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.facts import Fact, escape
from clustomer.insights.population import BOTS
from clustomer.insights.study import Study
from clustomer.segments.segmentation import BOTS_NAME, NOISE_ID, NOISE_NAME

_FILE = "population.parquet"
_FIGURES = {
    "customers": "customers",
    "share": "share",
    "revenue": "currency",
    "revenue_share": "share",
}
_UNGROUPED = {BOTS: BOTS_NAME, NOISE_ID: NOISE_NAME}


class WholeShop(Chapter):
    """The size of each segment among all customers, and what these brought."""

    name = "whole-shop"
    title = "The whole shop"
    short = "Whole shop"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where everyone was here all along."""
        return None if "population" in study.tables else "no engine holds further customers"

    def tables(self, study: Study) -> Mapping[str, pa.Table]:
        """Return `population`: a row for each segment."""
        return {"population": study.tables["population"]}

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `population.customers`, `population.S1.customers` and the like."""
        table = study.tables["population"]
        if not _beyond_the_sample(study):
            return
        total = sum(table["customers"].to_pylist())
        source = {"table": _FILE, "key": "", "column": "customers", "aggregate": "sum"}
        yield Fact("population.customers", total, "customers", 0, None, source)
        for row in table.to_pylist():
            for column, unit in _FIGURES.items():
                if row[column] is not None:
                    key = f"segment_id={row['segment_id']}"
                    source = {"table": _FILE, "key": key, "column": column, "aggregate": "value"}
                    name = f"population.{row['segment_id']}.{column}"
                    decimals = {"customers": 0, "currency": 2}.get(unit, 1)
                    yield Fact(name, row[column], unit, decimals, None, source)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return what the sample is, and a table of everyone."""
        if not _beyond_the_sample(study):
            return
        yield Paragraph(
            "The segments were found, tested and described on a sample: {all.customers} of "
            "{population.customers:customer/customers}, drawn by their ids alone. Each of all "
            "customers then got a segment by the same rule. This table is of all of them: take the "
            "size of an audience from here, and what its customers are like from the rest of the "
            "report."
        )
        rows = study.tables["population"].to_pylist()
        order = [*study.names, *(i for i in _UNGROUPED if i not in study.names)]
        rows.sort(key=lambda row: order.index(row["segment_id"]))
        columns = [name for name in _FIGURES if any(row[name] is not None for row in rows)]
        titles = {
            "customers": "Customers",
            "share": "Share",
            "revenue": "Revenue",
            "revenue_share": "Of revenue",
        }
        yield Table(
            "All customers by segment",
            (Column("Segment", "name"), *(Column(titles[name]) for name in columns)),
            tuple(
                Row((_name(study, row["segment_id"]), *(_cell(row, name) for name in columns)))
                for row in rows
            ),
        )


def _beyond_the_sample(study: Study) -> bool:
    everyone: int = sum(study.tables["population"]["customers"].to_pylist())
    return everyone > int(study.customers.num_rows)


def _name(study: Study, segment_id: str) -> str:
    return escape(study.names.get(segment_id) or _UNGROUPED.get(segment_id, segment_id))


def _cell(row: Mapping[str, object], column: str) -> str:
    return "" if row[column] is None else f"{{population.{row['segment_id']}.{column}}}"
