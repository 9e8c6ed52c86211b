import csv
import math

import pyarrow as pa
import pytest

from clustomer.errors import OutputError, UsageError
from clustomer.outputs import (
    write_cleaning,
    write_cluster_summary,
    write_csv,
    write_evaluation_metrics,
    write_segments,
)

VALUES = [0.1, 1 / 3, 1e-7, 1e22, -0.0, 123456789.123, 5e-324]


def test_numbers_come_back_exactly(tmp_path):
    path = write_csv(tmp_path / "x.csv", pa.table({"value": VALUES}))
    lines = path.read_text().splitlines()[1:]
    assert [float(line) for line in lines] == VALUES
    assert lines[0] == "0.1"


def test_texts_come_back_exactly(tmp_path):
    texts = ["plain", 'a "b"', "a,b", "line\nbreak", "", "ümlaut", "=1+1"]
    table = pa.table({"text": texts, "n": range(7)})
    path = write_csv(tmp_path / "x.csv", table, raw=True)
    with path.open(newline="", encoding="utf-8") as file:
        assert [row["text"] for row in csv.DictReader(file)] == texts
    assert b"\r" not in path.read_bytes()


def test_what_is_not_known_is_left_empty(tmp_path):
    table = pa.table({"a": [None, math.nan, 1.5], "b": [True, None, False], "c": ["x", None, ""]})
    assert write_csv(tmp_path / "x.csv", table).read_text() == 'a,b,c\n,true,x\n,,\n1.5,false,""\n'


def test_each_file_has_its_place_and_its_first_columns(tmp_path):
    cleaning = pa.table({"share": [1.0], "rows": [3], "action": ["kept"], "rule": ["kept"]})
    segments = pa.table(
        {
            "user_id": ["007"],
            "segment_id": ["S1"],
            "segment": ["Buyers, all"],
            "cluster": pa.array([0], pa.int32()),
            "distance": pa.array([None], pa.float64()),
        }
    )
    criteria = pa.table({"k": [2], "inertia": [1.5], "silhouette": [0.25], "taken": [True]})
    summary = pa.table(
        {"segment_id": ["S1"], "segment": ["Buyers"], "customers": [1], "orders": [2.0]}
    )
    written = {
        "cleaning.csv": write_cleaning(tmp_path, cleaning),
        "segments.csv": write_segments(tmp_path, segments),
        "reports/cluster_evaluation_metrics.csv": write_evaluation_metrics(tmp_path, criteria),
        "reports/cluster_summary.csv": write_cluster_summary(tmp_path, summary),
    }
    for place, path in written.items():
        assert path == tmp_path / place
    assert [path.read_text() for path in written.values()] == [
        "rule,action,rows,share\nkept,kept,3,1.0\n",
        'user_id,segment_id,segment,cluster,distance\n007,S1,"Buyers, all",0,\n',
        "K,inertia,silhouette,taken\n2,1.5,0.25,true\n",
        "segment_id,segment,customers,orders\nS1,Buyers,1,2.0\n",
    ]


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"no column `action`.*`actions`"):
        write_cleaning(tmp_path, pa.table({"rule": ["x"], "actions": ["kept"]}))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_csv(tmp_path / "file" / "x.csv", pa.table({"a": [1]}))


def test_many_rows_in_batches_give_one_file(tmp_path):
    table = pa.concat_tables([pa.table({"n": range(50_000)}), pa.table({"n": range(50_000)})])
    lines = write_csv(tmp_path / "x.csv", table).read_text().splitlines()
    assert len(lines) == 100_001
    assert lines[50_001] == "0"


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\tx", "\rx", "=", "-"]
NO_FORMULAS = ["-5", "+49123", "-1,250.50", "1e-7", "-1e-7", "u-1", "a=b", "", "'=1", None]


def test_a_spreadsheet_runs_no_text(tmp_path):
    table = pa.table({"text": FORMULAS + NO_FORMULAS, "n": [-1.5] * 18})
    path = write_csv(tmp_path / "x.csv", table)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    texts = [f"'{text}" for text in FORMULAS] + [text or "" for text in NO_FORMULAS]
    assert rows == [[text, "-1.5"] for text in texts]


def test_rows_that_are_written_a_few_at_a_time_are_the_same(tmp_path, monkeypatch) -> None:
    texts = ["a", "=b", None, "-5", "", "@c", "d"] * 30
    floats = [1.5, float("nan"), None, -0.0, 1e300, 2.0, 1 / 3] * 30
    table = pa.table({"text": texts, "number": floats, "place": list(range(210))})
    at_once = write_csv(tmp_path / "a.csv", table).read_bytes()
    monkeypatch.setattr("clustomer.outputs.tables.ROWS_AT_ONCE", 4)
    assert write_csv(tmp_path / "b.csv", table).read_bytes() == at_once
    assert at_once.splitlines()[2:4] == [b"'=b,,1", b",,2"]
