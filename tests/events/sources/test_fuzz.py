"""Damaged and odd files of every kind: a message or every row counted, never anything else.

`CLUSTOMER_FUZZ_SECONDS` sets how long each kind is tried; `make fuzz` takes a minute for each.
"""

import json
import os
import random
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from pyarrow import feather

from clustomer.cli import app
from clustomer.engines import DuckDB
from clustomer.errors import ClustomerError, UsageError
from clustomer.events import PRESETS, describe_source, read_events, read_schema

SECONDS = float(os.environ.get("CLUSTOMER_FUZZ_SECONDS", "1.5"))
ROWS = [
    {
        "event_time": f"2024-01-{1 + i % 28:02d} 10:00:00",
        "event_type": "purchase",
        "user_id": f"ü{i % 5}",
        "price": f"{i}.50",
        "brand": 'a "b", c' if i % 7 == 0 else "x",
    }
    for i in range(60)
]
TABLE = pa.Table.from_pylist(ROWS)
PIECES = [
    b'"', b'""', b"\n", b"\r", b"\r\n", b",", b";", b"\t", b"\x00", b"\xff", b"\xef\xbb\xbf", b"{",
    b"}", b"[", b"]", b"\\", b"\x1b[31m", b"'", b"\xe2\x80\xa8", b"=1+1", b"9" * 40, b"[" * 120,
]  # fmt: skip


def csv_file(path: Path) -> None:
    lines = [",".join(ROWS[0])]
    for row in ROWS:
        values = (value.replace('"', '""') for value in row.values())
        lines.append(",".join(f'"{value}"' if "," in value else value for value in values))
    path.write_text("\n".join(lines) + "\n")


KINDS: dict[str, Callable[[Path], object]] = {
    "csv": csv_file,
    "json lines": lambda p: p.write_text("\n".join(json.dumps(row) for row in ROWS) + "\n"),
    "json": lambda p: p.write_text(json.dumps(ROWS, indent=1)),
    "parquet": lambda p: pq.write_table(TABLE, p, compression="none"),
    "feather": lambda p: feather.write_feather(TABLE, str(p), compression="uncompressed"),
}


def mutated(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(len(changed))
        match chance.randrange(4):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                changed[at:at] = chance.choice(PIECES)
            case 2:
                del changed[at : at + chance.choice((1, 3, 50))]
            case 3:
                end = at + chance.choice((1, 10, 200))
                changed[at:at] = changed[at:end]
        if not changed:
            changed += b"\n"
    return bytes(changed)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutated_file_gives_a_message_or_every_row(tmp_path: Path, kind: str) -> None:
    intact, path = tmp_path / "intact", tmp_path / "log"
    KINDS[kind](intact)
    chance = random.Random(int(os.environ.get("CLUSTOMER_FUZZ_SEED", "0")))
    end = time.monotonic() + SECONDS
    tried = 0
    with DuckDB(threads=1) as engine:
        while time.monotonic() < end or tried < 5:
            tried += 1
            path.write_bytes(mutated(intact.read_bytes(), chance))
            begin = time.monotonic()
            message = ""
            try:
                cleaning = read_events(path, engine=engine, accept_losses=1).cleaning
                assert cleaning.kept + cleaning.rejected == cleaning.rows
            except ClustomerError as error:
                message = str(error)
            # an engine that one file has made unusable
            assert not re.search("INTERNAL|invalidated", message), path.read_bytes()
            assert time.monotonic() - begin < 30
            if tried % 20 == 0:
                with suppress(ClustomerError):
                    describe_source(path)


def test_a_mutated_schema_file_gives_a_message_or_a_schema(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    intact = max((schema.to_toml() for schema in PRESETS), key=len).encode()
    chance = random.Random(int(os.environ.get("CLUSTOMER_FUZZ_SEED", "0")))
    end = time.monotonic() + SECONDS
    tried = 0
    while time.monotonic() < end or tried < 5:
        tried += 1
        path.write_bytes(mutated(intact, chance))
        with suppress(UsageError):
            assert read_schema(str(path)).columns["user_id"]


OPTIONS = b"""
k = "auto"
k_range = "2:10"
features = ["orders", "views"]
window = "90d"
timezone = "Europe/London"
schema = "mine.toml"
no-customer = "guest,0"
decimal = ","
accept_losses = 0.1
margin = 0.3
cost = 0.5
seed = 7
force = true
certificates = false
out = "results"
"""


def test_a_mutated_file_of_options_gives_a_message_or_options(tmp_path: Path) -> None:
    command = typer.main.get_command(app).commands["run"]  # type: ignore[attr-defined]
    path = tmp_path / "clustomer.toml"
    chance = random.Random(int(os.environ.get("CLUSTOMER_FUZZ_SEED", "0")))
    odd = [b"[" * 3_000, b"9" * 5_000, b"k = " + b"[" * 2_000, b"\xff\xfe", b"seed = 1e999"]
    end = time.monotonic() + SECONDS
    tried = 0
    while time.monotonic() < end or tried <= len(odd):
        if tried == len(odd):
            content = OPTIONS.replace(b"accept_losses = 0.1", b"accept_losses = 2.1")
        else:
            content = OPTIONS + odd[tried] if tried < len(odd) else mutated(OPTIONS, chance)
        tried += 1
        path.write_bytes(content)
        # what the parser of the command line refuses by itself is a message, too
        with suppress(UsageError, typer.BadParameter):
            command.make_context("run", ["log.csv", "--config", str(path)])
