"""The same customers, divided by other algorithms."""

from collections.abc import Iterator, Mapping
from typing import Any

from clustomer.insights.blocks import Block, Column, Paragraph, Row, Table
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.facts import Fact, escape
from clustomer.insights.study import Study
from clustomer.segments.algorithms.registry import OFFERED

_COMPARED = {
    "segments": ("Segments", "segments", 0),
    "noise_share": ("In no group", "share", 1),
    "silhouette": ("Silhouette", "score", 2),
    "smallest_share": ("Smallest segment", "share", 1),
    "agreement": ("Agreement with k-means", "score", 2),
    "sample_customers": ("Fitted to", "customers", 0),
}
_NOTE = (
    "All used the same features on the same scale. The silhouette says how clearly "
    "customers belong to their own segment, from minus one to one; it favours few, round groups, "
    "and is high where nearly everyone is in one segment. Agreement is the adjusted Rand "
    "index: one is the same division, zero what chance would give."
)


class OtherAlgorithms(Chapter):
    """A row for each algorithm that was tried on the same features."""

    name = "comparison"
    title = "The same customers, divided by other algorithms"
    short = "Other algorithms"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where no algorithms were compared."""
        return None if study.comparison is not None else "no algorithms were compared"

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `comparison.ward.silhouette` and the like."""
        for row in _rows(study):
            algorithm = row["algorithm"]
            for name, (_, unit, decimals) in _COMPARED.items():
                if row.get(name) is None:
                    continue
                source = {
                    "table": "comparison",
                    "key": f"algorithm={algorithm}",
                    "column": name,
                    "aggregate": "value",
                }
                fact_id = f"comparison.{algorithm}.{name}"
                yield Fact(fact_id, row[name], unit, decimals, None, source)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return the table, in which the algorithm that made the segments stands out."""
        rows = _rows(study)
        compared = [
            name
            for name in _COMPARED
            if any(f"comparison.{row['algorithm']}.{name}" in facts for row in rows)
        ]
        columns = (
            Column("Algorithm", "name"),
            *(Column(_COMPARED[name][0], "estimate") for name in compared),
        )
        yield Table(
            self.title,
            columns,
            tuple(
                Row(
                    (
                        escape(algorithm_name(row["algorithm"])),
                        *(_cell(row["algorithm"], name, facts) for name in compared),
                    ),
                    chosen=row["algorithm"] == study.segmentation.algorithm.name,
                )
                for row in rows
            ),
        )
        yield Paragraph(_NOTE, "note")


def algorithm_name(name: str) -> str:
    """Return what an algorithm is called in texts.

    >>> algorithm_name("gmm"), algorithm_name("kmeans")
    ('Gaussian mixture', 'k-means')
    """
    return OFFERED[name].label if name in OFFERED else {"rfm": "RFM grid"}.get(name, name)


def _rows(study: Study) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        study.comparison.to_pylist() if study.comparison is not None else []
    )
    return rows


def _cell(algorithm: str, name: str, facts: Mapping[str, Fact]) -> str:
    fact = f"comparison.{algorithm}.{name}"
    return f"{{{fact}}}" if fact in facts else "–"
