"""Verification in depth: a run made again gives what it gave, and whatever was changed is named."""

import hashlib
import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from clustomer.cli import app
from clustomer.commands.exit_codes import ALARM
from clustomer.editions import rename
from clustomer.engines import memory
from clustomer.errors import InputError, OutputError, UsageError
from clustomer.pipeline import Run, Settings, run
from clustomer.proofs import verify
from clustomer.simulate import simulate


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    simulate(path, events=9_000, customers=900, random_state=5)
    return path


@pytest.fixture(scope="module")
def done(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with every certificate."""
    settings = Settings(
        k_range=(2, 3), random_state=3, force=True, time_zone="Europe/London", facets=("value",)
    )
    return run(shop, tmp_path_factory.mktemp("out"), settings=settings)


@pytest.fixture
def root(done: Run, tmp_path: Path) -> Path:
    shutil.copytree(done.results.path.parent.parent, tmp_path / "out", symlinks=True)
    return tmp_path / "out"


def rehash(root: Path, name: str) -> None:
    """Let the manifest say that a file was always as it is now."""
    path, manifest_path = root / "latest" / name, root / "latest" / "run.json"
    manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
    manifest["files"][name] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest_path.write_text(json.dumps(manifest), encoding="utf-8")


def edit(root: Path, name: str, changes: dict[str, Any]) -> None:
    """Put other values at some places of a JSON file."""
    path = root / "latest" / name
    document = json.loads(path.read_text(encoding="utf-8"))
    for place, value in changes.items():
        *parents, last = [int(part) if part.isdigit() else part for part in place.split("/")]
        target = document
        for part in parents:
            target = target[part]
        assert target[last] != value, place
        target[last] = value
    path.write_text(json.dumps(document), encoding="utf-8")
    rehash(root, name)


def test_a_run_holds_under_another_name_but_for_every_changed_digit(root: Path) -> None:
    rename(root, "S1", "Ours")
    assert verify(root).differences == ()
    certificates = json.loads((root / "latest" / "certificates.json").read_bytes())
    first = certificates["segments"]["S1"]
    assert certificates["reality"]["worlds"] > 0
    assert certificates["prediction"]["mark"] != "not tested"
    changes = {
        "reality/null_99": certificates["reality"]["null_99"] + 1e-6,
        "segments/S1/stable/jaccard": first["stable"]["jaccard"] - 1e-6,
        "segments/S1/stable/split_half": 0.999,
        "segments/S1/usable/precision": (first["usable"]["precision"] or 0) / 2 + 0.01,
        "segments/S2/real/null_mean": None,
        "prediction/baselines/0/auc/low": 0.123456,
        "segments/S1/predictive/customers": first["predictive"]["customers"] + 1,
        "proposed_k": 17,
    }
    edit(root, "certificates.json", changes)
    model = json.loads((root / "latest" / "segmentation.json").read_bytes())
    silhouette = model["selection"]["criteria"][0]["inertia"]
    edit(root, "segmentation.json", {"selection/criteria/0/inertia": silhouette * 1.00001})
    call = CliRunner().invoke(app, ["verify", str(root), "--deep", "--json", "--quiet"])
    assert call.exit_code == ALARM
    verification = json.loads(call.stdout)
    # everything was made again, so that what is not among the differences holds
    assert verification["rerun"]["values"] > 900 * 39
    assert not verification["rerun"]["packages"]
    assert not verification["rerun"]["lost"]
    differences = {
        difference["place"]: (difference["stated"], difference["recomputed"])
        for difference in verification["differences"]
        if difference["kind"] == "rerun"
    }
    assert differences.pop("segmentation.json: selection/criteria/0/inertia") == (
        silhouette * 1.00001,
        pytest.approx(silhouette),
    )
    assert set(differences) == {f"certificates.json: {place}" for place in changes}
    for place, value in changes.items():
        assert differences[f"certificates.json: {place}"][0] == value
    assert differences["certificates.json: reality/null_99"][1] == pytest.approx(
        certificates["reality"]["null_99"], abs=1e-9
    )


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "shop.parquet"
    simulate(path, events=1_500, customers=150, random_state=5)
    return path


@pytest.fixture(scope="module")
def untested(small_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    settings = Settings(certificates=False, k=3, k_range=(2, 3), window="60d", compare=True)
    return run(small_shop, tmp_path_factory.mktemp("untested"), settings=settings)


def test_an_event_that_was_taken_away_comes_out(untested: Run, tmp_path: Path) -> None:
    root = tmp_path / "out"
    shutil.copytree(untested.results.path.parent.parent, root, symlinks=True)
    path = root / "latest" / "events" / "bucket-all.parquet"
    events = pq.read_table(path)
    pq.write_table(events.filter(pc.less(events["event_time"], pc.max(events["event_time"]))), path)
    rehash(root, "events/bucket-all.parquet")
    places = {difference.place for difference in verify(root, deep=True).differences}
    assert "run.json: source/fingerprint/sum" in places
    assert any(place.startswith("customers.parquet: ") for place in places)
    path.write_bytes(b"PAR1")
    rehash(root, "events/bucket-all.parquet")
    [difference] = verify(root, deep=True).differences
    assert "cannot be read" in difference.recomputed


def test_without_events_it_is_said_what_cannot_be_made_again(
    small_shop: Path, tmp_path: Path
) -> None:
    settings = Settings(certificates=False, k=3, k_range=(2, 3), keep_events=False)
    done = run(small_shop, tmp_path, settings=settings)
    verification = verify(tmp_path, deep=True)
    assert verification.holds
    assert verification.rerun is not None
    assert verification.rerun.values == 0
    assert "clustering.k" in verification.rerun.lost
    assert set(verification.rerun.lost) < {fact.id for fact in done.interpretation.facts.values()}
    call = CliRunner().invoke(app, ["verify", str(tmp_path), "--deep"])
    assert call.exit_code == InputError.exit_code
    assert "No value was made again: the run kept no events" in call.stdout
    assert verify(tmp_path).rerun is None


def test_other_package_versions_are_said(untested: Run, tmp_path: Path) -> None:
    root = tmp_path / "out"
    shutil.copytree(untested.results.path.parent.parent, root, symlinks=True)
    path = root / "latest" / "run.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["packages"]["duckdb"] = "0.1"
    # hashes are those of a version of DuckDB, and tell nothing about another one's
    manifest["source"]["fingerprint"]["sum"] = "1"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    call = CliRunner().invoke(app, ["verify", str(root), "--deep"])
    assert call.exit_code == 0, call.stdout
    assert "The run had duckdb 0.1" in call.stdout
    assert "values made again from the events are as stated." in call.stdout


def test_a_changed_forecast_comes_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    orders = [
        {
            "user_id": f"{customer}",
            "event_time": datetime(2024, 1, 1) + timedelta(days=int(day)),
            "event_type": "purchase",
            "price": 10.0 + customer % 7,
            "product_id": "p",
        }
        for customer in range(300)
        for day in rng.choice(360, size=1 + rng.poisson(1 + customer % 3), replace=False)
    ]
    settings = Settings(certificates=False, k=3, k_range=(2, 3), horizon="60d", facets=("value",))
    run(pa.Table.from_pylist(orders), tmp_path, settings=settings)
    assert verify(tmp_path).differences == ()
    changes = {"parameters/mbg_nbd/r": 1.0, "inside": 0.5, "winner": "past_rate"}
    edit(tmp_path, "forecast.json", changes)
    places = {
        difference.place
        for difference in verify(tmp_path, deep=True).differences
        if difference.kind == "rerun"
    }
    assert places == {f"forecast.json: {place}" for place in changes}


def test_memory_is_for_deep_alone_and_bounds_it(
    untested: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(untested.results.path.parent.parent)
    with pytest.raises(UsageError, match="without deep"):
        verify(root, memory="4GB")
    with pytest.raises(UsageError, match="1MB"):
        verify(root, deep=True, memory="1MB")
    monkeypatch.setattr(memory, "BYTES_PER_CUSTOMER", 10**6)
    call = CliRunner().invoke(app, ["verify", root, "--deep", "--memory", "500MB"])
    assert isinstance(call.exception, OutputError)
    assert "too little memory" in str(call.exception)
