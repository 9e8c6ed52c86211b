import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clustomer.events import events_written, fingerprint, read_events, storage, write_events


def events(rows: int = 60):
    return read_events(
        pa.table(
            {
                "event_time": [1_700_000_000 + i for i in range(rows)],
                "event_type": ["view"] * rows,
                "user_id": [str(i % 12) for i in range(rows)],
            }
        )
    )


@pytest.mark.parametrize(("per_file", "digits"), [(1_000, 0), (30, 1), (3, 2)])
def test_all_events_of_a_customer_are_in_the_bucket_of_its_md5(
    tmp_path, monkeypatch, per_file, digits
) -> None:
    monkeypatch.setattr(storage, "EVENTS_PER_FILE", per_file)
    read = events()
    write_events(read, tmp_path)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 16**digits
    result = pa.concat_tables([pq.read_table(file) for file in files])
    assert sorted(result["event_time"].to_pylist()) == sorted(
        read.to_arrow()["event_time"].to_pylist()
    )
    for file in files:
        rows = pq.read_table(file).to_pydict()
        assert rows["user_id"] == sorted(rows["user_id"])
        digests = read.engine.rows(
            "SELECT DISTINCT LEFT(MD5(UNNEST(?)), ?)", [rows["user_id"], digits]
        )
        expected = "" if digits == 0 else file.stem.removeprefix("bucket-")
        assert {digest for (digest,) in digests} <= {expected}


def test_a_fingerprint_is_of_the_content_and_not_of_its_order() -> None:
    table = events().to_arrow().select(["event_time", "event_type", "user_id"])
    turned = table.take(list(range(table.num_rows))[::-1])
    assert fingerprint(read_events(table)) == fingerprint(read_events(turned))
    assert fingerprint(read_events(table)) != fingerprint(read_events(table.slice(1)))


def test_events_written_beside_other_work_are_the_same_bytes(tmp_path) -> None:
    read = events()
    write_events(read, tmp_path / "plain")
    with events_written(read, tmp_path / "beside") as writing:
        read.engine.execute("CREATE OR REPLACE TABLE other AS SELECT 1 AS x")
    assert writing.done()
    plain = (tmp_path / "plain" / "bucket-all.parquet").read_bytes()
    assert (tmp_path / "beside" / "bucket-all.parquet").read_bytes() == plain


def test_an_error_beside_stops_the_writing(tmp_path) -> None:
    read = events(20_000)

    def fail() -> None:
        with events_written(read, tmp_path):
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert read.engine.rows("SELECT COUNT(*) FROM events") == [(20_000,)]


def test_an_error_of_the_writing_is_raised(tmp_path) -> None:
    (tmp_path / "bucket-all.parquet").mkdir()
    read = events()
    with pytest.raises(read.engine.errors), events_written(read, tmp_path):
        pass
