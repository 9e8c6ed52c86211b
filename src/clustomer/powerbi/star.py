"""The star of a version: its tables, and what it has no table of."""

from dataclasses import dataclass

from clustomer.insights import Interpretation
from clustomer.powerbi.columns import StarTable
from clustomer.powerbi.customer_tables import (
    CustomerKeys,
    customers_table,
    lifetime_table,
    recommendations_table,
)
from clustomer.powerbi.history_tables import cohorts_table, dates_table, over_time_table
from clustomer.powerbi.segment_tables import (
    advice_table,
    facts_table,
    profiles_table,
    segment_keys,
    segments_table,
    wanted_table,
)
from clustomer.versions import StoredRun


@dataclass(frozen=True, eq=False)
class Star:
    """The tables of the model.

    Attributes
    ----------
    tables : tuple of StarTable
    left_out : tuple of str
        A sentence for each table that this version does not have, and for who is in none.
    """

    tables: tuple[StarTable, ...]
    left_out: tuple[str, ...]

    @property
    def by_name(self) -> dict[str, StarTable]:
        """The tables by their names in the model."""
        return {table.name: table for table in self.tables}


def star_of(stored: StoredRun, made: Interpretation) -> Star:
    """Make the tables of a version, of what it holds."""
    keys, customers = segment_keys(made), CustomerKeys(stored)
    left_out = []
    tables = [
        customers_table(stored, customers, keys),
        segments_table(stored, made, keys),
        profiles_table(made, keys),
        advice_table(made, keys),
    ]
    bots = stored.segments.num_rows - len(customers.ids)
    if bots:
        left_out.append(f"Suspected bots are in no table: {bots:,}.")
    if stored.lifetime is not None:
        tables.append(lifetime_table(stored, customers))
    else:
        left_out.append("There is no table Lifetime: these results hold no forecast.")
    if stored.history is not None:
        tables.append(cohorts_table(stored.history, keys))
        tables.append(over_time_table(stored.history, keys))
    else:
        left_out.append("There are no tables Cohorts and Over time: these results hold no history.")
    if stored.recommendations is not None:
        tables.append(recommendations_table(stored, customers))
        wanted = wanted_table(stored, keys)
        tables += [wanted] if wanted is not None else []
    else:
        left_out.append(
            "There is no table Recommendations: nothing is recommended yet. `clustomer recommend` "
            "makes lists."
        )
    tables.append(facts_table(made))
    if any(column.kind == "date" for table in tables for column in table.columns):
        tables.append(dates_table(tables))
    return Star(tuple(tables), tuple(left_out))
