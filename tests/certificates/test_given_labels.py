"""Groups that somebody else made: truth passes, lots do not, and what cannot be tested is said."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import clustomer
from clustomer.certificates.baselines import Predictions, Target, differences
from clustomer.cli import app
from clustomer.errors import InputError
from clustomer.given_labels import certify_labels
from clustomer.pipeline import run
from clustomer.settings import Settings
from clustomer.simulate import simulate


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("given") / "shop.parquet"
    simulate(path, events=24_000, customers=1_600, random_state=3)
    return path


@pytest.fixture(scope="module")
def truth(shop: Path) -> pa.Table:
    texts = pa_csv.ConvertOptions(column_types={"user_id": pa.string()})
    return pa_csv.read_csv(shop.with_suffix(".truth.csv"), convert_options=texts).select(
        ["user_id", "segment"]
    )


def test_true_kinds_pass_and_their_groups_are_named_beside_theirs(
    shop: Path, truth: pa.Table, tmp_path: Path
) -> None:
    labels = tmp_path / "labels.parquet"
    pq.write_table(truth.slice(0, truth.num_rows - 9), labels)
    out = tmp_path / "out"
    call = ["certify", str(shop), "--labels", str(labels), "--out", str(out), "--json", "-q"]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert printed["verdict"] == "continuum"
    assert printed["labels"]["without_labels"] == 9
    assert not printed["date_given"]
    stored = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert stored["verdict"] == "continuum"
    sizes = dict(
        zip(*(truth.slice(0, truth.num_rows - 9).group_by("segment").aggregate(
            [("user_id", "count")]).to_pydict().values()), strict=True)
    )  # fmt: skip
    assert {part["segment"]: part["customers"] for part in printed["groups"]} == {
        name: count for name, count in sizes.items() if name != "bot"
    }
    for part in printed["certificates"]["segments"].values():
        assert part["stable"]["mark"] == part["real"]["mark"] == "not tested"
        assert "nothing says by which rule" in part["stable"]["why"]
    report = (out / "reports" / "business_insights.md").read_text(encoding="utf-8")
    assert "found from" not in report
    assert "Segments were made as of" not in report
    assert "foretold from what the other four fifths" in report
    table = pq.read_table(out / "segments.parquet")
    assert table.column_names == ["user_id", "segment_id", "segment", "name"]


def test_lots_tell_nothing_and_that_is_an_exit_code(
    shop: Path, truth: pa.Table, tmp_path: Path
) -> None:
    def dealt(seed: int) -> pa.Table:
        names = np.random.default_rng(seed).permutation(truth["segment"].to_pylist())
        return truth.set_column(1, "segment", pa.array(names.tolist()))

    for seed in (0, 1):
        assert certify_labels(shop, dealt(seed)).verdict == "none"
    path = tmp_path / "labels.csv"
    pa_csv.write_csv(dealt(2), path)
    done = CliRunner().invoke(app, ["certify", str(shop), "--labels", str(path)])
    assert done.exit_code == 5
    assert "do not tell what customers do next" in done.stdout
    assert "Not tested" in done.stdout


def test_beside_the_segments_of_a_run(shop: Path, truth: pa.Table, tmp_path: Path) -> None:
    window = clustomer.read_events(shop).window
    date = (window.start + (window.cutoff - window.start) * 2 / 3).date().isoformat()
    out = tmp_path / "before"
    settings = Settings(cutoff=date, certificates=False, facets=("value",), k=2)
    run(shop, out, settings=settings)
    made = certify_labels(shop, truth, date=date, against=out)
    assert set(made.against) >= {"auc", "visited_auc"}
    figure = made.against["auc"]
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low <= figure.value <= figure.high
    ours = next(b for b in made.certificates.prediction.baselines if b.name == "segments")
    assert ours.auc is not None
    assert made.other is not None
    assert figure.value == pytest.approx(ours.auc.value - made.other["auc"]["value"], abs=1e-5)
    with pytest.raises(InputError, match="which they know"):
        certify_labels(shop, truth, date="2020-01-01", against=out)


def test_what_is_no_list_of_groups_is_refused(shop: Path, truth: pa.Table) -> None:
    one = truth.set_column(1, "segment", pa.array(["all"] * truth.num_rows))
    with pytest.raises(InputError, match="1 group of customers"):
        certify_labels(shop, one)
    with pytest.raises(InputError, match="no column `segment`"):
        certify_labels(shop, truth.rename_columns(["user_id", "kind"]).append_column(
            "colour", truth["segment"]))  # fmt: skip


def test_differences_by_hand() -> None:
    bought = Target("bought", np.array([1.0, 0.0, 1.0, 0.0]), binary=True)
    exact = Predictions("x", 2, {"bought": np.array([0.9, 0.1, 0.9, 0.1])})
    blind = Predictions("y", 2, {"bought": np.array([0.5, 0.5, 0.5, 0.5])})
    apart = differences(exact, blind, [bought], np.ones(4, dtype=bool))
    assert apart["auc"].value == 0.5
    same = differences(exact, exact, [bought], np.ones(4, dtype=bool))
    assert (same["auc"].value, same["auc"].low, same["auc"].high) == (0, 0, 0)
