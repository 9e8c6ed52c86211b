"""The truth about the simulated customers, written block by block."""

from collections import Counter
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv


class TruthFile:
    """A CSV file with a row for each customer, and how many there are of each segment.

    Attributes:
        segments: Customers in each segment so far.
        changed: Customers that changed their kind so far.
    """

    def __init__(self, path: Path) -> None:
        """Write into a new file."""
        self.segments: Counter[str] = Counter()
        self.changed = 0
        self._stream = path.open("wb")
        self._writer: pa.csv.CSVWriter | None = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Write the customers of a block; every block has the same columns."""
        if self._writer is None:
            self._stream.write((",".join(batch.schema.names) + "\n").encode())
            options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
            self._writer = pa.csv.CSVWriter(self._stream, batch.schema, write_options=options)
        self._writer.write_batch(batch)
        self.segments.update(batch["segment"].to_pylist())
        if "changed_at" in batch.schema.names:
            self.changed += len(batch) - batch["changed_at"].null_count

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
        self._stream.close()
