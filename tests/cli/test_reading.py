"""What the command line says of the kinds of source."""

import json
from pathlib import Path

from clustomer.engines import Postgres

QUICK = ("--k-range", "2:3", "--facets", "value", "--no-certificates")
FORMATS = Path(__file__).parents[1] / "events" / "formats"


def test_what_is_ignored_and_mapped_is_told(call, tmp_path) -> None:
    (tmp_path / "ids.csv").write_text("id,customer\n100,1\n")
    options = ["check", FORMATS / "taobao.csv", "--id-map", tmp_path / "ids.csv"]
    options += ["--accept-losses", "0.2"]
    code, out, err = call(*options)
    assert code == 0
    assert "Ignored event types: 'fav' (2)" in out
    assert "Unknown event types: 'share' (1)" in out
    assert "Ids that the map replaced: 1" in out
    assert "Schema: taobao (detected" in err
    code, out, _ = call(*options, "--json", "--quiet")
    printed = json.loads(out)
    assert printed["ignored_event_types"] == {"fav": 2}
    assert printed["mapped_ids"] == 1
    assert {"rule": "mapped_customer", "action": "repaired", "rows": 1, "share": 1 / 8} in printed[
        "rules"
    ]


def test_a_run_stores_the_map_and_what_it_did(call, tmp_path) -> None:
    (tmp_path / "ids.csv").write_text("id,customer\nben@example.com,anna@example.com\n")
    code, out, _ = call("run", FORMATS / "shopify.csv", "--id-map", tmp_path / "ids.csv",
                        "--out", tmp_path / "out", "--json", "--quiet")  # fmt: skip
    assert code == 5
    printed = json.loads(out)
    assert printed["customers"] == 1
    assert printed["source"]["mapped_ids"] == 1
    assert printed["source"]["ignored_event_types"] == {"expired": 1}
    assert printed["settings"]["id_map"] == str(tmp_path / "ids.csv")


def test_a_map_with_two_customers_for_an_id_writes_nothing(call, tmp_path) -> None:
    (tmp_path / "ids.csv").write_text("id,customer\n1,a\n1,b\n")
    code, out, err = call("run", FORMATS / "taobao.csv", "--id-map", tmp_path / "ids.csv",
                          "--out", tmp_path / "out")  # fmt: skip
    assert code == 3
    assert "gives two customers to 1 of its ids" in err
    assert out == ""
    assert not (tmp_path / "out").exists()


def test_a_run_on_postgresql_stores_no_password(
    call, tmp_path, postgres: Postgres, postgres_server: str
) -> None:
    with postgres.connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS ecommerce_behavior")
        cursor.execute(
            """CREATE TABLE ecommerce_behavior AS SELECT
            timestamptz '2024-01-01' + i * interval '1 hour' AS event_time,
            CASE WHEN i % 3 = 0 THEN 'purchase' ELSE 'view' END AS event_type,
            (i % 17)::numeric AS price, i % 40 AS user_id FROM generate_series(1, 2000) AS i"""
        )
    uri = postgres_server.replace("clustomer@", "clustomer:s3cr3t@")
    assert "s3cr3t" in uri
    code, out, err = call("run", uri, "--out", tmp_path / "out", "--k", 2, *QUICK)
    assert code == 0
    assert "(table public.ecommerce_behavior)" in err
    code, shown, stated = call("schema", uri, "--out", tmp_path / "mine.toml")
    assert code == 0
    assert "s3cr3t" not in out + err + shown + stated
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "run.json" for path in files)
    assert [path for path in files if b"s3cr3t" in path.read_bytes()] == []


def test_what_a_schema_does_besides_columns_is_shown(call) -> None:
    code, out, _ = call("schema", FORMATS / "shopify.csv")
    assert code == 0
    assert "Schema: shopify, detected from the columns" in out
    assert "carried_within_order: event_time, event_type, user_id" in out
    assert "return_time: Cancelled at" in out
    assert "Refunded Amount" in out.split("Not used")[1]
