import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clustomer.certificates import read_certificates
from clustomer.events import read_schema
from clustomer.versions import Results


def test_a_run_ends_with_a_summary_and_where_the_report_is(call, shop, tmp_path) -> None:
    code, out, err = call(
        "run",
        shop,
        "--out",
        tmp_path / "out",
        "--currency",
        "EUR",
        "--no-certificates",
        "--k",
        3,
        "--k-range",
        "2:3",
    )
    assert code == 0
    assert "Segment" in out
    assert str(tmp_path / "out" / "latest" / "reports" / "report.html") in out
    assert "Schema: rees46 (detected from the columns" in err
    assert "Choose and fit segments" in err


def test_few_customers_prove_no_structure_unless_it_is_forced(call, shop, tmp_path) -> None:
    options = ("--no-events", "--k", 3, "--k-range", "2:3", "--facets", "value")
    code, out, _ = call("run", shop, "--out", tmp_path / "out", *options)
    assert code == 5
    assert "No structure found" in out
    results = Results.open(tmp_path / "out")
    assert results.manifest["k"] == 1
    assert results.manifest["verdict"] == "none"
    certificates = read_certificates((results.path / "certificates.json").read_bytes())
    assert certificates.proposed_k == len(certificates.proposed) == 3

    code, out, _ = call("run", shop, "--out", tmp_path / "forced", *options, "--force")
    assert code == 0
    assert "Warning: no structure was found" in " ".join(out.split())
    forced = Results.open(tmp_path / "forced")
    assert forced.manifest["k"] == certificates.proposed_k
    assert "Warning: no structure was found" in (
        forced.path / "reports" / "business_insights.md"
    ).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--no-certificates", "--force"], "--force says something about certificates"),
        (["--no-certificates", "--holdout", "2020-01-01"], "--holdout says something"),
        (["--holdout", "1999-01-01"], "is not within the window"),
        (["--holdout", "soon"], "is no date"),
        (["--algorithm", "kmean"], "Did you mean `kmeans`"),
        (["--algorithm", "dbscan", "--k", "3"], "finds the number of clusters itself"),
    ],
)
def test_options_that_make_no_sense_together(call, shop, tmp_path, options, message) -> None:
    code, out, err = call("run", shop, "--out", tmp_path / "out", *options)
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())
    assert not (tmp_path / "out").exists()


def test_algorithms_stand_side_by_side(call, shop, tmp_path) -> None:
    code, _, _ = call(
        *("run", shop, "--out", tmp_path / "out", "--no-events", "--no-certificates"),
        *("--compare", "--k-range", "2:3"),
    )
    assert code == 0
    table = (tmp_path / "out" / "latest" / "reports" / "algorithms.csv").read_text()
    names = [line.split(",")[0] for line in table.splitlines()]
    assert names == ["algorithm", "kmeans", "ward", "dbscan", "hdbscan", "gmm"]


def test_json_is_one_object_on_standard_output(call, shop, tmp_path) -> None:
    code, out, _ = call(
        "run",
        shop,
        "--out",
        tmp_path / "out",
        "--json",
        "--k",
        4,
        "--no-events",
        "--no-certificates",
    )
    assert code == 0
    printed = json.loads(out)
    assert printed["k"] == 4
    assert printed["results"] == str(Results.open(tmp_path / "out").path)
    assert sum(part["customers"] for part in printed["segments"]) == printed["customers"]


def test_quiet_says_nothing(call, shop, tmp_path) -> None:
    code, out, err = call(
        "run",
        shop,
        "--out",
        tmp_path / "out",
        "--quiet",
        "--k",
        3,
        "--k-range",
        "2:3",
        "--no-certificates",
    )
    assert (code, out, err) == (0, "", "")
    assert call("simulate", tmp_path / "other.db", "--events", 500, "--quiet") == (0, "", "")


def test_check_prints_what_cleaning_did(call, shop) -> None:
    code, out, _ = call("check", shop)
    assert code == 0
    assert "4,000 rows = " in out
    assert "duplicate_row" in out
    code, out, _ = call("check", shop, "--json", "--quiet")
    printed = json.loads(out)
    assert printed["kept"] + printed["rejected"] == printed["rows"] == 4_000


def test_schema_shows_rows_and_writes_a_file_to_edit(call, shop, tmp_path) -> None:
    code, out, _ = call("schema", shop)
    assert code == 0
    assert "rees46, detected from the columns" in out
    assert "The first rows, as they will be understood" in out
    target = tmp_path / "mine.toml"
    code, _, err = call("schema", shop, "--out", target)
    assert code == 0
    assert "Edit it" in err
    assert read_schema(str(target)).name == "rees46"
    code, _, _ = call("check", shop, "--schema", target)
    assert code == 0


def test_schema_drafts_what_it_does_not_know(call, tmp_path) -> None:
    (tmp_path / "log.csv").write_text("visitorid,event,colour\n1,view,red\n")
    code, out, _ = call("schema", tmp_path / "log.csv", "--out", tmp_path / "mine.toml")
    assert code == 0
    assert "this is a guess" in out
    assert 'event_time = "CHANGE-ME"' in (tmp_path / "mine.toml").read_text()


def test_simulate_is_reproducible(call, tmp_path) -> None:
    for name in ("a.csv", "b.csv"):
        code, out, _ = call("simulate", tmp_path / name, "--events", 2_000, "--seed", 3)
        assert code == 0
        assert "2,000 events" in out
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    code, _, err = call("simulate", tmp_path / "a.csv", "--events", 2_000)
    assert code == 4
    assert "--overwrite" in err


def test_simulate_says_what_it_planted(call, tmp_path) -> None:
    switches = ("--drift", 0.5, "--migration", 0.2, "--tastes", "--dirt", 0, "--json")
    code, out, _ = call("simulate", tmp_path / "a.csv", "--events", 3_500, *switches)
    made = json.loads(out)
    assert code == 0
    assert (made["structure"], made["movers"], made["tastes"]) == ("kinds", 20, 8)
    assert made["drift"] == {"completion": 0.7, "price": 1.25, "views": 0.825}
    assert set(made["dirt"].values()) == {0}
    columns = (tmp_path / "a.truth.csv").read_text().splitlines()[0]
    assert columns == "user_id,segment,segment_before,changed_at,taste"
    code, out, _ = call("simulate", tmp_path / "b.csv", "--events", 700, "--no-structure", "--json")
    assert (code, json.loads(out)["segments"]) == (0, {"everyone": 20})
    code, _, err = call("simulate", tmp_path / "c.csv", "--no-structure", "--migration", 0.2)
    assert code == 2
    assert "--no-structure" in err


BAD = [
    (["run", "missing.db"], 3, "There is no file missing.db"),
    (["run", "shop.db", "--table", "ecommerce"], 3, "Did you mean `ecommerce_behavior`"),
    (["run", "shop.db", "--k", "many"], 2, "Expected a whole number of segments"),
    (["run", "shop.db", "--k", "0"], 2, "k"),
    (["run", "shop.db", "--k", "100000"], 2, "different customers"),
    (["run", "shop.db", "--k-range", "4"], 2, "such as 2:10"),
    (["run", "shop.db", "--features", "recency"], 2, "Did you mean `recency_days`"),
    (["run", "shop.db", "--cutoff", "soon"], 2, "is no date"),
    (["run", "shop.db", "--cutoff", "1999-01-01"], 2, "is not after the first event"),
    (["run", "shop.db", "--window", "0d"], 2, "no length of time"),
    (["run", "shop.db", "--timezone", "Berlin"], 2, "no time zone"),
    (["run", "shop.db", "--schema", "orders"], 2, "There is no schema `orders`"),
    (["run", "shop.db", "--schema", "order-lines"], 3, "does not have"),
    (["run", "shop.db", "--out", "shop.db/out"], 4, "Name a folder that can be written"),
    (["run", "shop.db", "--colour", "red"], 2, "No such option"),
    (["run"], 2, "Missing argument"),
    (["schema", "shop.db", "--out", "no/such/mine.toml"], 4, "cannot be written"),
    (["simulate", "shop.xls"], 2, ".parquet"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), BAD, ids=lambda v: str(v)[:50])
def test_a_mistake_is_one_message_and_its_exit_code(
    call, shop, monkeypatch, arguments, code, message
) -> None:
    monkeypatch.chdir(shop.parent)
    before = sorted(os.listdir(shop.parent))
    result, out, err = call(*arguments)
    assert result == code
    assert message in " ".join(err.split())
    assert out == ""
    assert sorted(os.listdir(shop.parent)) == before


def test_no_structure_is_an_exit_code_of_its_own(call, tmp_path) -> None:
    (tmp_path / "one.csv").write_text("event_time,user_id\n2024-01-01,1\n2024-01-02,1\n")
    code, out, _ = call("run", tmp_path / "one.csv", "--out", tmp_path / "out")
    assert code == 5
    assert "report.html" in out
    assert Results.open(tmp_path / "out").manifest["structure_found"] is False


def test_an_interruption_leaves_nothing_half_written(shop: Path) -> None:
    out = shop.parent / "out"
    program = [sys.executable, "-m", "clustomer", "run", str(shop), "--out", str(out)]
    running = subprocess.Popen(program, stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    # the first line says that the source has been read
    running.stderr.readline()
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert not out.exists() or os.listdir(out) == ["versions"]


def test_the_version_and_the_help(call) -> None:
    assert call("--version")[1].startswith("clustomer 0.")
    code, out, _ = call("--help")
    assert code == 0
    for command in ("run", "check", "schema", "simulate"):
        assert command in out
