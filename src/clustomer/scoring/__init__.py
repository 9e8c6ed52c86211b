"""Scoring: the segment of a customer in new data, by the stored definition alone."""

from clustomer.scoring.dbt_package import write_dbt_package
from clustomer.scoring.definition import Definition, read_definition
from clustomer.scoring.export import segments_sql
from clustomer.scoring.scorer import Scorer
from clustomer.scoring.scoring import Scored, score

__all__ = [
    "Definition",
    "Scored",
    "Scorer",
    "read_definition",
    "score",
    "segments_sql",
    "write_dbt_package",
]
