"""A run where the data are: cleaned, counted and divided there; a sample is fitted here.

The sample is events and features of some customers, whole: what is fitted, certified and told of
is the sample. Rates of the shop, prices of categories and the window are those of everyone, so
that a customer of the sample has the features that the whole shop gives. Everyone gets a segment
by the rule, on the engine, which also counts them and writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlglot import exp

from clustomer.customers import Customers
from clustomer.customers.definition import CATEGORY_PRICES, shop_table_query, takes_category_prices
from clustomer.customers.table import (
    available_features,
    keep_customers,
    kept_customers,
    known_within,
)
from clustomer.engines import DuckDB, Engine, parse
from clustomer.events import Events
from clustomer.events.typed.cleaning import REJECTED
from clustomer.events.typed.opening import (
    MAX_REJECTED,
    Sample,
    exact,
    open_elsewhere,
    sampled_sentence,
)
from clustomer.progress import Progress, counted
from clustomer.segments import Segmentation
from clustomer.segments.labels import labels_query
from clustomer.segments.segmentation import BOTS_ID
from clustomer.settings import Settings

FOLDER = "population"
_LABELS = "labelled_customers"


@dataclass(frozen=True)
class Pushdown:
    """What an engine holds of a run, and the sample of it that is here.

    Attributes
    ----------
    engine : Engine
        With the tables `events` and `customers`.
    events : Events
        Those of the sample, here; what was cleaned is that of all.
    customers : Customers
        Those of the sample, with features as the whole shop gives them.
    sample : Sample
    """

    engine: Engine
    events: Events
    customers: Customers
    sample: Sample

    def to_json(self) -> dict[str, Any]:
        """Return what the manifest tells of it."""
        return {
            "engine": self.engine.dialect,
            "customers": self.sample.customers,
            "events": self.sample.events,
            "sampled_customers": self.sample.sampled_customers,
            "sampled_events": self.sample.sampled_events,
            "drawn_below": self.sample.below,
        }

    def label(self, segmentation: Segmentation, folder: Path, progress: Progress) -> pa.Table:
        """Give everyone a segment, write all customers into a version, and count them.

        Rejected rows, too, are written by the engine where they are many.

        Returns
        -------
        pyarrow.Table
            `segment_id`, `customers`, `share` (of all but suspected bots; of these, of all),
            `revenue` and `revenue_share` (NULL without prices), sorted by `segment_id`.
        """
        with progress.stage(f"Divide all customers with {self.engine.dialect}") as stage:
            segments = {
                cluster: (segment_id, segment_id)
                for cluster, segment_id in segmentation.segment_ids.items()
            }
            self.engine.create_table(_LABELS, labels_query(segmentation.rule, segments))
            columns = ("user_id", "segment_id", "cluster", "distance", "border_distance")
            population = folder / FOLDER
            population.mkdir()
            labels = exp.select(*map(exp.column, columns)).from_(_LABELS)
            self.engine.write_parquet(labels, population / "segments", by="user_id")
            names = ("user_id", *(feature.name for feature in self.customers.features))
            customers = exp.select(*map(exp.column, names)).from_("customers")
            self.engine.write_parquet(customers, population / "customers", by="user_id")
            if self.events.cleaning.rejected > MAX_REJECTED:
                rejected = exp.select("*").from_(REJECTED)
                self.engine.write_parquet(rejected, folder / "rejected", by="rule")
                _joined(folder / "rejected", folder / "rejected.parquet")
            table = self._counts()
            stage.note(counted(sum(table["customers"].to_pylist()), "customer"))
        return table

    def _counts(self) -> pa.Table:
        priced = "revenue" in {feature.name for feature in self.customers.features}
        amount = "CAST(SUM(CAST(c.revenue AS DECIMAL(38, 4))) AS VARCHAR)" if priced else "NULL"
        rows = self.engine.query(
            parse(
                f"SELECT l.segment_id AS segment_id, COUNT(*) AS customers, {amount} AS revenue "
                f"FROM {_LABELS} AS l JOIN customers AS c ON l.user_id = c.user_id "
                "GROUP BY l.segment_id"
            )
        ).to_pylist()
        rows.sort(key=lambda row: str(row["segment_id"]))
        self.engine.drop(_LABELS)
        return _with_shares(rows, priced=priced)


def _joined(parts: Path, file: Path) -> None:
    """Make one Parquet file of those in a folder, a batch at a time, and remove these."""
    paths = sorted(parts.iterdir())
    with pq.ParquetWriter(file, pq.read_schema(paths[0]), compression="zstd") as writer:
        for path in paths:
            for batch in pq.ParquetFile(path).iter_batches():
                writer.write_batch(batch)
            path.unlink()
    parts.rmdir()


def _with_shares(rows: list[Mapping[str, Any]], *, priced: bool) -> pa.Table:
    people = [row for row in rows if row["segment_id"] != BOTS_ID]
    total = sum(row["customers"] for row in people)
    everyone = sum(row["customers"] for row in rows)
    sums = {row["segment_id"]: exact(row["revenue"]) for row in rows}
    revenue = sum(sums[row["segment_id"]] for row in people)
    shares = [
        row["customers"] / (everyone if row["segment_id"] == BOTS_ID else total) for row in rows
    ]
    return pa.table(
        {
            "segment_id": pa.array([row["segment_id"] for row in rows], pa.string()),
            "customers": pa.array([row["customers"] for row in rows], pa.int64()),
            "share": pa.array(shares, pa.float64()),
            "revenue": pa.array(
                [float(sums[row["segment_id"]]) if priced else None for row in rows], pa.float64()
            ),
            "revenue_share": pa.array(
                [
                    float(sums[row["segment_id"]] / revenue) if priced and revenue > 0 else None
                    for row in rows
                ],
                pa.float64(),
            ),
        }
    )


def push_down(
    engine: Engine,
    table: exp.Table,
    columns: pa.Schema,
    label: str,
    *,
    settings: Settings,
    embedded: DuckDB,
    progress: Progress,
) -> Pushdown:
    """Clean the rows of a table on its engine, make its customers there, and bring a sample here.

    Parameters
    ----------
    engine, table, columns, label
        As `engine_for` gives them.
    settings : Settings
    embedded : DuckDB
        Where the sample goes.
    progress : Progress
    """
    opened = open_elsewhere(
        engine,
        table,
        columns,
        label=label,
        most_customers=settings.sample,
        embedded=embedded,
        reading=settings.reading(),
        progress=progress,
    )
    window, sample = opened.events.window, opened.sample
    with progress.stage(f"Build customer features with {engine.dialect}") as stage:
        features, unavailable = available_features(known_within(engine, window))
        shop = keep_customers(engine, features, window)
        customers = kept_customers(
            engine, features, window, shop, only=sample.condition, unavailable=unavailable
        )
        here = pc.is_in(customers.table["user_id"], pa.array(sample.left_out, pa.string()))
        customers = replace(customers, table=customers.table.filter(pc.invert(here)))
        if takes_category_prices(features):
            prices = shop_table_query(CATEGORY_PRICES, window).order_by("category")
            customers = replace(customers, category_prices=engine.query(prices))
        [everyone] = engine.query(parse("SELECT COUNT(*) AS n FROM customers"))["n"].to_pylist()
        sample = replace(
            sample, customers=int(everyone), sampled_customers=customers.table.num_rows
        )
        stage.note(f"{counted(sample.customers, 'customer')}, {counted(len(features), 'feature')}")
    events = opened.events
    if not sample.is_everyone:
        events = replace(events, warnings=(sampled_sentence(sample), *events.warnings))
    return Pushdown(engine, events, customers, sample)
