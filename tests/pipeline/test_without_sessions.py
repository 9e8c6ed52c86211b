"""A plain log without sessions, from CSV to the report: what the lowest versions are tried with."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

from clustomer.pipeline import run
from clustomer.settings import Settings

ROWS = 22_831


def test_a_log_of_some_thousand_rows_needs_little_memory(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    start = np.datetime64("2024-01-01T00:00:00")
    log = {
        "event_time": start + rng.integers(0, 90 * 86400, ROWS).astype("timedelta64[s]"),
        "event_type": rng.choice(["view", "view", "view", "cart", "purchase"], ROWS),
        "product_id": rng.integers(1, 900, ROWS),
        "price": np.round(rng.gamma(2, 20, ROWS), 2),
        "user_id": rng.integers(1, 4000, ROWS),
    }
    pc.write_csv(pa.table(log), tmp_path / "log.csv")

    done = run(
        tmp_path / "log.csv",
        tmp_path / "out",
        settings=Settings(certificates=False, k=3, k_range=(2, 3)),
    )

    assert done.events.cleaning.kept == ROWS
    assert done.events.cleaning.rows == ROWS
    assert done.segmentation.k == 3
    assert done.results.damaged() == []
