"""Text in every usual encoding gives the same customers."""

from pathlib import Path

import pytest

from clustomer.engines import DuckDB
from clustomer.errors import InputError, UsageError
from clustomer.events import read_events
from clustomer.events.sources import open_source

USERS = ["Jürgen", "Anna", "Zoë", "Peter"]
TEXT = "event_time,event_type,user_id,price\n" + "".join(
    f"2024-01-{1 + i:02d} 10:00,purchase,{USERS[i % 4]},10\n" for i in range(20)
)
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
    "latin-1": "Windows-1252",
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("separator", [",", "\t"])
def test_an_encoding_is_found_and_said(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(TEXT.replace(",", separator).encode(encoding))
    events = read_events(path)
    assert (events.cleaning.rows, events.cleaning.kept) == (20, 20)
    assert set(events.to_arrow()["user_id"].to_pylist()) == set(USERS)
    with DuckDB() as engine:
        assert f"text in {ENCODINGS[encoding]}" in open_source(engine, path).notes[0]


def test_what_windows_1252_does_not_have_is_latin_1(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(TEXT.encode("latin-1") + b"2024-02-01 10:00,purchase,\x81,10\n")
    assert "\x81" in read_events(path).to_arrow()["user_id"].to_pylist()


def test_a_few_bytes_that_are_no_utf8_are_broken_lines(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(TEXT.encode() + "2024-02-01 10:00,purchase,René,10\n".encode("cp1252"))
    events = read_events(path)
    assert ("broken_line", "rejected", 1) in events.cleaning.rules
    assert events.cleaning.rows == 21


def test_an_encoding_may_be_set(tmp_path: Path) -> None:
    path, schema = tmp_path / "log.csv", tmp_path / "mine.toml"
    path.write_bytes(TEXT.replace("Zoë", "Zoł").encode("cp1250"))
    columns = '[columns]\nevent_time = "event_time"\nuser_id = "user_id"\n'
    schema.write_text('event_type = "view"\nencoding = "windows-1250"\n' + columns)
    events = read_events(path, schema=str(schema))
    assert "Zoł" in events.to_arrow()["user_id"].to_pylist()
    schema.write_text('event_type = "view"\nencoding = "klingon"\n' + columns)
    with pytest.raises(UsageError, match="no encoding `klingon`"):
        read_events(path, schema=str(schema))
    schema.write_text('event_type = "view"\nencoding = "ascii"\n' + columns)
    with pytest.raises(InputError, match="is not in ascii throughout, as the schema says"):
        read_events(path, schema=str(schema))


def test_json_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    lines = [f'{{"event_time": "2024-01-01", "user_id": "{user}"}}' for user in USERS]
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        path.write_bytes("\n".join(lines).encode(encoding))
        assert set(read_events(path).to_arrow()["user_id"].to_pylist()) == set(USERS)


def test_the_same_columns_in_another_encoding_each(tmp_path: Path) -> None:
    for name, encoding in (("a", "utf-8"), ("b", "cp1252"), ("c", "utf-16")):
        (tmp_path / f"{name}.csv").write_bytes(TEXT.encode(encoding))
    events = read_events(tmp_path / "*.csv")
    assert set(events.to_arrow()["user_id"].to_pylist()) == set(USERS)
    assert events.cleaning.rows == 60
