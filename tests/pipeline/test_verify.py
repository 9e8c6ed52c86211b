"""Verification: what a run wrote holds, and whatever is changed after it is noticed."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from clustomer.cli import app
from clustomer.commands.exit_codes import ALARM
from clustomer.editions import rename
from clustomer.errors import InputError
from clustomer.pipeline import Run, Settings, run
from clustomer.proofs import verify
from clustomer.simulate import simulate


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    simulate(path, events=6_000, random_state=5)
    return path


@pytest.fixture(scope="module")
def done(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    attributes = shop.with_name("attributes.csv")
    users = (
        pq.read_table(shop, columns=["user_id"])["user_id"].cast(pa.string()).unique().drop_null()
    )
    rows = "".join(f"{user},{'DE' if len(user) % 2 else 'FR'}\n" for user in users.to_pylist())
    attributes.write_text("user_id,country\n" + rows)
    settings = Settings(
        k=3,
        k_range=(2, 3),
        currency="EUR",
        window="60d",
        force=True,
        compare=True,
        attributes=str(attributes),
        facets=("value",),
    )
    return run(shop, tmp_path_factory.mktemp("out"), settings=settings)


@pytest.fixture
def copy(done: Run, tmp_path: Path) -> Path:
    root = tmp_path / "out"
    shutil.copytree(done.results.path.parent.parent, root, symlinks=True)
    return root


def rewrite(root: Path, name: str, edit: Callable[[Any], Any]) -> None:
    """Change a file, and let the manifest say that it was always so."""
    path = root / "latest" / name
    if name.endswith(".parquet"):
        pq.write_table(edit(pq.read_table(path)), path)
    elif name.endswith(".json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        edit(content)
        path.write_text(json.dumps(content), encoding="utf-8")
    else:
        path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    if name != "run.json":
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        rewrite(root, "run.json", lambda manifest: manifest["files"].update({name: digest}))


def test_a_run_holds_with_all_its_facts(done: Run) -> None:
    verification = verify(done.results.path)
    assert verification.differences == ()
    assert verification.holds
    assert verification.facts == len(done.interpretation.facts) > 300
    assert verification.files == len(done.results.manifest["files"])


@pytest.mark.parametrize(
    "settings",
    [
        Settings(algorithm="rfm", certificates=False, keep_events=False, facets=("value",)),
        Settings(
            k=2,
            k_range=(2, 3),
            certificates=False,
            keep_events=False,
            algorithm="gmm",
            facets=("value",),
        ),
    ],
    ids=["rfm", "gmm"],
)
def test_other_runs_hold_also_without_events_and_renamed(shop, tmp_path, settings) -> None:
    first = run(shop, tmp_path, settings=settings).results
    assert verify(tmp_path).differences == ()
    rename(tmp_path, first.manifest["segments"][0]["segment_id"], "Ours")
    assert verify(tmp_path).differences == ()


def test_a_changed_or_missing_file_is_named(copy: Path) -> None:
    (copy / "latest" / "segments.csv").write_text("user_id\n")
    (copy / "latest" / "reports" / "report.html").unlink()
    differences = {difference.place: difference for difference in verify(copy).differences}
    assert set(differences) == {"reports/report.html", "segments.csv"}
    assert differences["reports/report.html"].recomputed is None
    assert differences["segments.csv"].recomputed == hashlib.sha256(b"user_id\n").hexdigest()
    assert {difference.kind for difference in differences.values()} == {"file"}


def test_a_number_that_no_file_bears_out_is_named(copy: Path) -> None:
    def more(document: dict[str, Any]) -> None:
        [fact] = [fact for fact in document["facts"] if fact["id"] == "S1.customers"]
        fact["value"] += 1

    rewrite(copy, "facts.json", more)
    [difference] = verify(copy).differences
    assert (difference.kind, difference.place) == ("fact", "S1.customers")
    assert difference.stated == difference.recomputed + 1


def test_a_changed_customer_is_noticed_in_every_fact_of_his(copy: Path) -> None:
    def richer(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index("revenue")
        return table.set_column(place, "revenue", pc.add(table["revenue"], 1.0))

    rewrite(copy, "customers.parquet", richer)
    places = {difference.place for difference in verify(copy).differences}
    assert {"everyone.revenue", "S1.revenue", "run.json: segments/S1/revenue"} <= places
    assert "S1.customers" not in places


def test_whatever_a_manifest_says_otherwise_is_noticed(copy: Path) -> None:
    def edit(manifest: dict[str, Any]) -> None:
        rows = manifest["rows"]
        [second] = [part for part in manifest["segments"] if part["segment_id"] == "S2"]
        manifest.update(customers=7, k=4, verdict="everything is real")
        rows.update(kept=rows["kept"] - 1, rejected=rows["rejected"] + 1, input=1)
        second.update(share=0.999, segment="Loyal lovers")

    rewrite(copy, "run.json", edit)
    differences = verify(copy).differences
    assert {difference.kind for difference in differences} == {"manifest"}
    assert sorted(difference.place for difference in differences) == [
        "run.json: customers",
        "run.json: k",
        "run.json: rows/input",
        "run.json: rows/kept",
        "run.json: rows/rejected",
        "run.json: segments/S2/segment",
        "run.json: segments/S2/share",
        "run.json: verdict",
    ]


def test_a_file_beyond_reading_is_a_difference_and_no_error(copy: Path) -> None:
    (copy / "latest" / "customers.parquet").write_bytes(b"PAR1")
    [changed, *unread] = verify(copy).differences
    assert changed.place == "customers.parquet"
    assert unread
    assert all("customers.parquet cannot be read" in difference.recomputed for difference in unread)


def test_no_results_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There are no results"):
        verify(tmp_path)


def test_the_command(copy: Path) -> None:
    call = CliRunner().invoke
    done = call(app, ["verify", str(copy)])
    assert done.exit_code == 0, done.output
    assert " holds: " in done.stdout
    assert "facts and the reports written again are as stated." in done.stdout
    done = call(app, ["verify", str(copy), "--json", "--quiet"])
    assert json.loads(done.stdout)["holds"] is True
    rewrite(copy, "run.json", lambda manifest: manifest.update(customers=7))
    (copy / "latest" / "segments.csv").unlink()
    done = call(app, ["verify", str(copy)])
    assert done.exit_code == ALARM == 6
    assert "does not hold" in done.stdout
    assert "segments.csv" in done.stdout
    assert "run.json: customers" in done.stdout
    done = call(app, ["verify", str(copy), "--json"])
    assert done.exit_code == ALARM
    places = [difference["place"] for difference in json.loads(done.stdout)["differences"]]
    assert places == ["segments.csv", "run.json: customers"]
    assert call(app, ["verify", str(copy), "--quiet"]).stdout == ""
