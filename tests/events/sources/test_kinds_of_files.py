"""What a file is comes from what it holds; whatever is packed is unpacked."""

import bz2
import gzip
import json
import lzma
import os
import stat
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather, orc

from clustomer.engines import DuckDB
from clustomer.errors import InputError, UsageError
from clustomer.events import Events, EventSchema, read_events
from clustomer.events.sources import open_source

ROWS = [
    {
        "event_time": f"2024-01-{1 + i:02d} 10:00:00",
        "event_type": "purchase",
        "user_id": f"k{i % 4}",
        "price": "10",
    }
    for i in range(20)
]
TABLE = pa.Table.from_pylist(ROWS)
CSV = "\n".join([",".join(ROWS[0]), *(",".join(row.values()) for row in ROWS)]) + "\n"
LINES = "\n".join(json.dumps(row) for row in ROWS) + "\n"


def zipped(path: Path, members: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)


def halves() -> tuple[str, str]:
    lines = CSV.splitlines()
    return "\n".join(lines[:8]) + "\n", "\n".join([lines[0], *lines[8:]]) + "\n"


def zstd(text: str) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(text.encode())
    return sink.getvalue().to_pybytes()


def avro(path: Path) -> None:
    fastavro = pytest.importorskip("fastavro")
    fields = [{"name": name, "type": "string"} for name in ROWS[0]]
    with path.open("wb") as file:
        fastavro.writer(file, {"type": "record", "name": "event", "fields": fields}, ROWS)


def arrow_stream(path: Path) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=3)


# what a file is called, and what is written into it
FILES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "CSV under another ending": ("log.tab", lambda p: p.write_text(CSV)),
    "CSV without an ending": ("log", lambda p: p.write_text(CSV)),
    "CSV called .json": ("log.json", lambda p: p.write_text(CSV)),
    "tabs": ("log.dat", lambda p: p.write_text(CSV.replace(",", "\t"))),
    "JSON Lines called .json": ("log.json", lambda p: p.write_text(LINES)),
    "JSON Lines called .txt": ("log.txt", lambda p: p.write_text(LINES)),
    "a JSON array": ("log.json", lambda p: p.write_text(json.dumps(ROWS))),
    "a JSON array over lines": ("log.json", lambda p: p.write_text(json.dumps(ROWS, indent=2))),
    "JSON objects over lines": (
        "log.json",
        lambda p: p.write_text("\n".join(json.dumps(row, indent=1) for row in ROWS)),
    ),
    "a list in an object": (
        "log.json",
        lambda p: p.write_text(json.dumps({"object": "list", "has_more": False, "data": ROWS})),
    ),
    "gzip": ("log.gz", lambda p: p.write_bytes(gzip.compress(CSV.encode()))),
    "gzip without an ending": ("log", lambda p: p.write_bytes(gzip.compress(LINES.encode()))),
    "two gzip files in one": (
        "log.gz",
        lambda p: p.write_bytes(b"".join(gzip.compress(t.encode()) for t in (CSV[:99], CSV[99:]))),
    ),
    "zstd": ("log.zst", lambda p: p.write_bytes(zstd(CSV))),
    "bz2": ("log.bz2", lambda p: p.write_bytes(bz2.compress(CSV.encode()))),
    "xz": ("log.xz", lambda p: p.write_bytes(lzma.compress(CSV.encode()))),
    "zip": ("log.zip", lambda p: zipped(p, {"log.csv": CSV})),
    "zip of several": (
        "log.zip",
        lambda p: zipped(
            p,
            {"logs/a.csv": halves()[0], "logs/b.csv": halves()[1], "__MACOSX/logs/a.csv": "x"},
        ),
    ),
    "packed Parquet": (
        "log.parquet.gz",
        lambda p: (
            pq.write_table(TABLE, p.with_name("x")),
            p.write_bytes(gzip.compress(p.with_name("x").read_bytes())),
            p.with_name("x").unlink(),
        ),
    ),
    "Parquet called .csv": ("log.csv", lambda p: pq.write_table(TABLE, p)),
    "Feather": ("log.feather", lambda p: feather.write_feather(TABLE, str(p))),
    "an Arrow stream": ("log.arrows", arrow_stream),
    "ORC": ("log.orc", lambda p: orc.write_table(TABLE, str(p))),
    "Avro": ("log.avro", avro),
}


def facts(events: Events) -> tuple[int, int, int]:
    users = set(events.to_arrow()["user_id"].to_pylist())
    return events.cleaning.rows, events.cleaning.kept, len(users)


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_what_it_holds(tmp_path: Path, kind: str) -> None:
    name, write = FILES[kind]
    write(tmp_path / name)
    assert facts(read_events(tmp_path / name)) == (20, 20, 4)


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind != "an Arrow stream"])
def test_how_many_rows_a_file_has_is_known_before_they_are_read(tmp_path: Path, kind: str) -> None:
    # so that there is room for them, or the run stops before any work
    name, write = FILES[kind]
    write(tmp_path / name)
    with DuckDB() as engine:
        assert open_source(engine, tmp_path / name).rows == 20


def test_how_many_rows_a_database_has_is_known_before_they_are_read(tmp_path: Path) -> None:
    path = tmp_path / "log.duckdb"
    with duckdb.connect(str(path)) as database:
        database.register("given", TABLE)
        database.execute("CREATE TABLE log AS FROM given")
    with DuckDB() as engine:
        assert open_source(engine, path, table="log").rows == 20


@pytest.mark.parametrize("kind", ["csv", "json", "parquet", "gzip"])
def test_a_folder_of_files_of_one_kind(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "logs" / "2024"
    folder.mkdir(parents=True)
    for number, text in enumerate(halves()):
        path = folder / f"part-{number}.{kind}"
        rows = TABLE.slice(0, 7) if number == 0 else TABLE.slice(7)
        if kind == "parquet":
            pq.write_table(rows, path)
        elif kind == "json":
            path.write_text("\n".join(map(json.dumps, rows.to_pylist())))
        else:
            path.write_bytes(gzip.compress(text.encode()) if kind == "gzip" else text.encode())
    (tmp_path / "logs" / "_SUCCESS").touch()
    (tmp_path / "logs" / ".part-0.crc").write_bytes(b"crc")
    assert facts(read_events(tmp_path / "logs")) == (20, 20, 4)


def test_a_folder_called_as_a_file_is_read_once(tmp_path: Path) -> None:
    # as Spark, Dask and pandas write
    folder = tmp_path / "spark" / "2024-01.parquet"
    folder.mkdir(parents=True)
    pq.write_table(TABLE, folder / "part-00000.parquet")
    (tmp_path / "spark" / "latest.parquet").symlink_to(folder / "part-00000.parquet")
    for source in (tmp_path / "spark", folder, tmp_path / "spark" / "*.parquet"):
        assert facts(read_events(source)) == (20, 20, 4)


def test_partitions_of_a_folder_are_columns(tmp_path: Path) -> None:
    for brand in ("a", "b"):
        folder = tmp_path / "log" / f"brand={brand}"
        folder.mkdir(parents=True)
        pq.write_table(TABLE.slice(0, 3), folder / "part.parquet")
    events = read_events(tmp_path / "log")
    assert sorted(events.to_arrow()["brand"].to_pylist()) == ["a"] * 3 + ["b"] * 3


def test_files_of_several_kinds_in_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    pq.write_table(TABLE, tmp_path / "b.parquet")
    with pytest.raises(InputError, match=r"several kinds: .*a.csv is separated text, .*Parquet"):
        read_events(tmp_path)


@pytest.mark.parametrize("name", ["a[1].csv", "a*.csv", "what?.csv", "ä.csv", "x" * 240 + ".csv"])
def test_the_file_that_was_named_is_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "a1.csv").write_text("event_time,user_id\n2024-01-01,other\n")
    (tmp_path / "whats.csv").write_text("event_time,user_id\n2024-01-01,other\n")
    (tmp_path / name).write_text(CSV)
    assert facts(read_events(tmp_path / name)) == (20, 20, 4)
    pq.write_table(TABLE, tmp_path / name)
    assert facts(read_events(tmp_path / name)) == (20, 20, 4)


def test_a_name_that_is_no_utf8(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/l\xffg.csv"
    Path(os.fsdecode(path)).write_text(CSV)
    assert facts(read_events(os.fsdecode(path))) == (20, 20, 4)


def test_paths_that_cannot_be_give_a_message(tmp_path: Path) -> None:
    (tmp_path / "nowhere.csv").symlink_to(tmp_path / "gone.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    for source, message in [
        (tmp_path / "nowhere.csv", "is a link to .*gone.csv, which is not there"),
        (tmp_path / "pipe.csv", "is a pipe, not a file"),
        (Path("/dev/zero"), "is a device"),
        (tmp_path / ("x" * 300), "cannot be opened: File name too long"),
        ("y" * 5_000, "A source of 5,000 characters is no path"),
        ("a\0b", "cannot be opened"),
    ]:
        with pytest.raises(InputError, match=message):
            read_events(source)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_stops_the_reading(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed").chmod(0)
    try:
        with pytest.raises(InputError, match="closed cannot be read: Permission denied"):
            read_events(tmp_path)
    finally:
        (tmp_path / "closed").chmod(stat.S_IRWXU)


def test_a_folder_that_fails_to_be_listed_stops_the_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    (tmp_path / "closed").mkdir()
    real = os.scandir

    def refused(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(InputError, match="closed cannot be read: Permission denied"):
        read_events(tmp_path)


@pytest.mark.parametrize("kind", ["gzip", "zstd", "bz2", "xz", "zip"])
@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_damage_anywhere_in_a_packed_file_is_an_error(
    tmp_path: Path, kind: str, damage: str
) -> None:
    path = tmp_path / "log"
    text = CSV * 200
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("log.csv", text)
    else:
        packed = {
            "gzip": gzip.compress,
            "bz2": bz2.compress,
            "xz": lzma.compress,
            "zstd": lambda data: zstd(data.decode()),
        }[kind](text.encode())
        path.write_bytes(packed)
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[: len(content) * 2 // 3]
    elif kind == "gzip":
        content[-6] ^= 1  # in the checksum
    else:
        content[len(content) // 3] ^= 255
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"damaged|first bytes"):
        read_events(path)


def test_what_is_not_read_is_named(tmp_path: Path) -> None:
    for content, message in [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"<html><table>", "a web page"),
        (b"\n<!DOCTYPE html>", "a web page"),
        (b"<?xml version='1.0'?>", "an XML document"),
        (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
        (b"\x80\x04\x95\x00", "a Python pickle"),
        (b"PAREabc", "an encrypted Parquet file"),
        (b"\x00\x01\x02\x03" * 40, "no kind that is known"),
    ]:
        (tmp_path / "log.csv").write_bytes(content)
        with pytest.raises(InputError, match=message):
            read_events(tmp_path / "log.csv")


def test_a_json_document_that_does_not_end_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    for text in (json.dumps(ROWS)[:-1], json.dumps(ROWS)[:-30], json.dumps(ROWS) + "[]"):
        path.write_text(text)
        with pytest.raises(InputError, match=r"damaged|one array only"):
            read_events(path)


def test_numbers_of_a_json_document_stay_exact(tmp_path: Path) -> None:
    path = tmp_path / "log.json"
    row = '{"event_time": "2024-01-01", "user_id": 12345678901234567890, "price": 0.10}'
    path.write_text(f"[{row},\n{row}]")
    assert set(read_events(path).to_arrow()["user_id"].to_pylist()) == {"12345678901234567890"}


def test_deep_json_is_a_broken_line(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    deep = '{"event_time": "2024-01-02", "user_id": 2, "x": ' + "[" * 200 + "]" * 200 + "}"
    objects = '{"a":' * 200 + "1" + "}" * 200
    text = '{"event_time": "2024-01-03", "user_id": 3, "x": "' + "[" * 200 + '"}'
    path.write_text(f'{{"event_time": "2024-01-01", "user_id": 1}}\n{deep}\n{objects}\n{text}\n')
    events = read_events(path)
    assert ("broken_line", "rejected", 2) in events.cleaning.rules
    assert events.to_arrow()["user_id"].to_pylist() == ["1", "3"]


def test_thousands_of_keys_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    row = {"event_time": "2024-01-01", "user_id": 1}
    path.write_text(json.dumps({**row, **{f"key {i}": i for i in range(5_000)}}) + "\n")
    with pytest.raises(InputError, match="more than 2,000: data seem to be among the names"):
        read_events(path)


def test_returns_in_json_lines_are_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    first, second = (f'{{"event_time": "2024-01-0{i}", "user_id": {i}}}' for i in (1, 2))
    for text in (f"{first}\n{second}\r", f"{first}\r{second}\r\n", f"\n{first}\n \n{second}\n\n"):
        path.write_bytes(text.encode())
        assert facts(read_events(path)) == (2, 2, 2)


def workbook(
    path: Path, hidden: str = "", properties: str = "", /, **sheets: list[list[object]]
) -> Path:
    """Write the least that a workbook of Excel can be; one of its sheets may be hidden."""

    def cell(value: object) -> str:
        if isinstance(value, datetime):
            days = (value - datetime(1899, 12, 30)).total_seconds() / 86400
            return f'<c s="1"><v>{days!r}</v></c>'
        if isinstance(value, int | float):
            return f"<c><v>{value!r}</v></c>"
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    names = list(sheets)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="xml" '
            'ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}">{properties}<sheets>'
            + "".join(
                f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"'
                + (' state="hidden"/>' if name == hidden else "/>")
                for i, name in enumerate(names, 1)
            )
            + "</sheets></workbook>",
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}/relationships">'
            + "".join(
                f'<Relationship Id="r{i}" Type="{office}/worksheet" '
                f'Target="worksheets/sheet{i}.xml"/>'
                for i in range(1, len(names) + 1)
            )
            + f'<Relationship Id="s" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/>'
            '<xf numFmtId="22"/></cellXfs></styleSheet>',
        )
        for number, name in enumerate(names, 1):
            rows = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in sheets[name])
            archive.writestr(
                f"xl/worksheets/sheet{number}.xml",
                f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
            )
    return path


SHEET: list[list[object]] = [
    ["event_time", "event_type", "user_id", "price"],
    [datetime(2024, 1, 5, 9), "purchase", 17850, 12.5],
    [datetime(2024, 1, 6, 9, 30), "purchase", "00042", 3],
]


def test_a_workbook_is_read_cell_by_cell(tmp_path: Path) -> None:
    titled: list[list[object]] = [["Orders of January"], *SHEET]
    rows = read_events(workbook(tmp_path / "orders.dat", Orders=titled)).to_arrow().to_pylist()
    assert [(str(row["event_time"]), row["user_id"], str(row["price"])) for row in rows] == [
        ("2024-01-06 09:30:00", "00042", "3.0000"),
        ("2024-01-05 09:00:00", "17850", "12.5000"),
    ]


def test_sheets_are_listed_and_chosen(tmp_path: Path) -> None:
    path = workbook(tmp_path / "orders.xlsx", Orders=SHEET, Refunds=SHEET[:2], Notes=[["hello"]])
    with pytest.raises(InputError, match=r"2 sheets with rows: `Orders`, `Refunds`.*--sheet"):
        read_events(path)
    with pytest.raises(InputError, match=r"no sheet `Refund`. Did you mean `Refunds`"):
        read_events(path, table="Refund")
    assert read_events(path, table="Refunds").cleaning.kept == 1
    hidden = workbook(tmp_path / "hidden.xlsx", "Refunds", Refunds=SHEET[:2], Orders=SHEET)
    assert read_events(hidden).cleaning.kept == 2


def test_sheets_with_the_same_columns_are_read_together(tmp_path: Path) -> None:
    path = workbook(tmp_path / "orders.xlsx", Y2023=SHEET[:2], Y2024=[SHEET[0], SHEET[2]])
    with pytest.raises(InputError, match=r"same columns: --sheet '\*' reads them together"):
        read_events(path)
    assert read_events(path, table="*").cleaning.kept == 2
    turned = [row[::-1] for row in (SHEET[0], SHEET[2])]
    path = workbook(tmp_path / "turned.xlsx", Y2023=SHEET[:2], Y2024=turned)
    assert read_events(path, table="*").cleaning.kept == 2
    other = workbook(tmp_path / "other.xlsx", Orders=SHEET, Stock=[["sku", "left"], ["a", 1]])
    with pytest.raises(InputError, match=r"first row of `Stock` is not that of `Orders`"):
        read_events(other, table="*")


def test_days_of_a_workbook_are_counted_from_where_it_says(tmp_path: Path) -> None:
    first = datetime(2024, 1, 5, 9)
    days = 43834.375  # from 1904 to that morning
    for cell in (datetime(2020, 1, 4, 9), days):
        sheet = [SHEET[0], [cell, *SHEET[1][1:]]]
        mac = workbook(tmp_path / "mac.xlsx", "", '<workbookPr date1904="1"/>', Orders=sheet)
        assert read_events(mac).window.start == first
    events = read_events(mac)
    assert "from 1904: the workbook says so" in events.readings.time.sentence
    usual = read_events(workbook(tmp_path / "usual.xlsx", Orders=sheet))
    assert usual.window.start == datetime(2020, 1, 4, 9)
    assert 'time_format = "excel_1904"' in usual.readings.time.sentence
    assert read_events(tmp_path / "usual.xlsx", time_format="excel_1904").window.start == first


def test_an_extra_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules = __import__("sys").modules
    monkeypatch.setitem(modules, "python_calamine", None)
    monkeypatch.setitem(modules, "fastavro", None)
    workbook(tmp_path / "a.xlsx", Orders=SHEET)
    (tmp_path / "a.avro").write_bytes(b"Obj\x01")
    for name, extra in (("a.xlsx", "excel"), ("a.avro", "avro")):
        with pytest.raises(UsageError, match=rf"pip install 'clustomer\[{extra}\]'"):
            read_events(tmp_path / name)


def test_a_source_that_changes_while_it_is_read_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.csv"
    real = DuckDB.execute
    changes = {
        "changed while it was read: [0-9,]+ bytes before": lambda: path.write_text(CSV + CSV),
        "went away while it was read": path.unlink,
    }
    for message, change in changes.items():
        path.write_text(CSV)

        def meanwhile(
            engine: DuckDB,
            sql: str,
            parameters: list[object] | None = None,
            change: Callable[[], object] = change,
        ) -> None:
            real(engine, sql, parameters)
            if "TABLE events AS" in sql:
                change()

        monkeypatch.setattr(DuckDB, "execute", meanwhile)
        with pytest.raises(InputError, match=message):
            read_events(path)


def test_the_database_of_another_name_is_read(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "log.csv")) as connection:
        connection.register("log", TABLE)
        connection.execute("CREATE TABLE ecommerce_behavior AS FROM log")
    assert facts(read_events(tmp_path / "log.csv")) == (20, 20, 4)


@pytest.mark.parametrize("kind", ["parquet", "json", "table"])
@pytest.mark.parametrize("other", ["user_id", "USER_ID"])
def test_two_columns_of_one_name_are_refused_where_it_is_needed(
    tmp_path: Path, kind: str, other: str
) -> None:
    columns = [pa.array([value]) for value in ("2024-01-01", "a", "b")]
    table = pa.Table.from_arrays(columns, names=["event_time", "user_id", other])
    source: object = table
    if kind == "parquet":
        pq.write_table(table, tmp_path / "log.parquet")
        source = tmp_path / "log.parquet"
    if kind == "json":
        if other == "user_id":
            pytest.skip("of one object nobody can say which value is meant: the first is taken")
        source = tmp_path / "log.jsonl"
        (tmp_path / "log.jsonl").write_text(json.dumps(table.to_pylist()[0]))
    with pytest.raises(InputError, match="has 2 columns called `user_id`"):
        read_events(source)
    named = {"event_time": "event_time", "user_id": "user_id_1"}
    # a name of its own, with a number, is no second one
    plain = pa.Table.from_arrays(columns, names=["event_time", "user_id_1", "user_id"])
    assert read_events(plain, schema=EventSchema(name="t", columns=named)).cleaning.kept == 1
