"""Rows drawn customer by customer, put into the order of time by way of the disk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.ipc

from clustomer.simulate.visits import Integers

SLICE_ROWS: Final = 2_000_000
MOST_SLICES: Final = 200
"""Each slice is an open file; beyond so many, slices grow instead."""


class Slices:
    """Slices of time, a file each: only one of them is in memory when they are read in turn.

    Rows of the same second stay in the order in which they came, so where one slice ends and the
    next begins makes no difference to the order of all.
    """

    def __init__(self, folder: Path, rows: int) -> None:
        """Expect about `rows` rows; the files go into `folder`."""
        self._folder = folder
        self._slices = min(-(-rows // SLICE_ROWS), MOST_SLICES)
        self._bounds: Integers | None = None
        self._files: list[pa.OSFile] = []
        self._writers: list[pa.RecordBatchStreamWriter] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Put the rows of `batch` into their slices, by `at`."""
        at = batch["at"].to_numpy()
        order = np.argsort(at, kind="stable")
        if self._bounds is None:
            # The first customers come when all the others come.
            inner = np.arange(1, self._slices) * at.size // self._slices
            self._bounds = np.unique(at[order][inner])
            self._open(batch.schema)
        batch = batch.take(pa.array(order))
        cuts = [0, *np.searchsorted(at[order], self._bounds), at.size]
        for writer, begin, end in zip(self._writers, cuts[:-1], cuts[1:], strict=True):
            if end > begin:
                writer.write_batch(batch.slice(begin, end - begin))

    def _open(self, schema: pa.Schema) -> None:
        assert self._bounds is not None
        for number in range(self._bounds.size + 1):
            self._files.append(pa.OSFile(str(self._path(number)), "wb"))
            self._writers.append(pa.ipc.new_stream(self._files[-1], schema))

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.arrow"

    def close(self) -> None:
        """Close the files; further calls do nothing."""
        while self._writers:
            self._writers.pop().close()
        while self._files:
            self._files.pop().close()

    def read(self) -> Iterator[pa.Table]:
        """Yield slice by slice the rows in the order of time, and remove the files."""
        files = len(self._files)
        self.close()
        for number in range(files):
            with pa.OSFile(str(self._path(number))) as stream:
                table = pa.ipc.open_stream(stream).read_all()
            self._path(number).unlink()
            order = np.argsort(table["at"].to_numpy(), kind="stable")
            yield table.take(pa.array(order))
