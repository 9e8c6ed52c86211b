"""The reader of stored versions: typed where they are as written, else one message."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clustomer.editions import rename
from clustomer.errors import InputError, UsageError
from clustomer.pipeline import Run, run
from clustomer.settings import Settings
from clustomer.simulate import simulate
from clustomer.versions import FILES, Results, StoredRun, missing_files

HASH = "0" * 64


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("shop")
    simulate(folder / "shop.parquet", events=4_000, random_state=5)
    settings = Settings(k=3, certificates=False, currency="EUR", window="60d", compare=True)
    return run(folder / "shop.parquet", folder / "out", settings=settings)


@pytest.fixture
def copy(done: Run, tmp_path: Path) -> Path:
    """Return a results folder of one's own to damage."""
    root = tmp_path / "out"
    shutil.copytree(done.results.path.parent.parent, root, symlinks=True)
    return root


def change(root: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    path = root / "latest" / "run.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    edit(manifest)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def test_every_file_comes_back_as_the_run_made_it(done: Run) -> None:
    stored = StoredRun.open(done.results.path)
    assert stored.customers.equals(done.customers.table)
    assert stored.segments.equals(done.interpretation.segments)
    assert stored.cleaning.to_pylist() == done.events.cleaning.table.to_pylist()
    assert stored.rejected.num_rows == done.events.cleaning.rejected
    assert stored.summary["segment_id"].to_pylist() == [
        profile.segment_id for profile in done.interpretation.profiles
    ]
    assert stored.evaluation["K"].to_pylist()[0] == 2
    assert stored.comparison is not None
    assert stored.comparison.num_rows == 5
    assert dict(stored.facts) == dict(done.interpretation.facts)
    assert stored.segmentation.clusters == done.segmentation.clusters
    assert stored.certificates is not None
    assert stored.certificates.verdict == "not tested"
    assert stored.attributes is None
    assert stored.window == done.customers.window
    assert [path.name for path in stored.event_files] == ["bucket-all.parquet"]
    assert stored.manifest.settings.currency == "EUR"
    assert stored.root == done.results.path.parent.parent.resolve()
    again = stored.interpret()
    assert again.facts.to_json() == done.interpretation.facts.to_json()
    assert again.insights == done.interpretation.insights


def test_the_contract_names_every_file_of_a_run_and_its_reader(done: Run) -> None:
    manifest = done.results.manifest
    assert missing_files(manifest["files"], manifest) == []
    for path in manifest["files"]:
        assert sum(file.holds(path) for file in FILES) == 1, path
    stored = StoredRun.open(done.results.path)
    for file in FILES:
        assert file.reader is None or hasattr(stored, file.reader)


def test_a_file_is_read_when_it_is_asked_for(copy: Path) -> None:
    (copy / "latest" / "facts.json").unlink()
    (copy / "latest" / "customers.parquet").write_bytes(b"PAR1")
    stored = StoredRun.open(copy)
    assert stored.segments.num_rows == stored.manifest.customers
    with pytest.raises(InputError, match=r"have no facts\.json"):
        _ = stored.facts
    with pytest.raises(InputError, match=r"customers\.parquet cannot be read"):
        _ = stored.customers
    with pytest.raises(InputError, match=r"changed since the run: customers\.parquet, facts\.json"):
        stored.check()


def _paths(*names: str) -> list[tuple[str, Callable[[dict[str, Any]], object]]]:
    return [(f"path {name!r}", lambda m, name=name: m["files"].update({name: HASH}))
            for name in names]  # fmt: skip


def _without(*keys: str) -> list[tuple[str, Callable[[dict[str, Any]], object]]]:
    return [(f"no {key}", lambda m, key=key: m.pop(key)) for key in keys]


def _with(**values: object) -> list[tuple[str, Callable[[dict[str, Any]], object]]]:
    return [
        (f"{key} {value!r:.30}", lambda m, key=key, value=value: m.update({key: value}))
        for key, value in values.items()
    ]


HOSTILE = [
    *_paths("../../../x", "/etc/passwd", "a/../../x", "C:x", "a\\b", "", ".", "..", "a//b", "./a"),
    *_paths("a\nb", "\x1b[31m", "run.json", "a/", "\ud800"),
    *_without("schema_version", "version", "files", "settings", "source", "window", "segments"),
    *_without("rows", "customers", "k", "structure_found"),
    *_with(schema_version=99, version="../../x-1", files=[], settings=3, source={}, window={}),
    *_with(segments=[], customers="many", k=None, attributes={"source": 1}, verdict=None),
    *_with(version="a", files={"a": "no hash"}, unavailable_features=[]),
    ("margin", lambda m: m["settings"].update(margin="much")),
    ("an unknown zone", lambda m: m["window"].update(time_zone="../../etc/passwd")),
    ("no time", lambda m: m["window"].update(start="yesterday")),
    ("two of one id", lambda m: m["segments"].append(m["segments"][0])),
    ("an id less", lambda m: m["segments"][0].pop("segment_id")),
    ("a name of two lines", lambda m: m["segments"][1].update(segment="a\nb", named_by="user")),
    ("a segment that is not there", lambda m: m["segments"][0].update(segment_id="S99")),
]


@pytest.mark.parametrize("edit", [case[1] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_a_manifest_that_was_tampered_with_is_refused(copy: Path, edit) -> None:
    change(copy, edit)
    before = sorted(copy.parent.rglob("*"))
    with pytest.raises(InputError, match=r"cannot be read|have no"):
        StoredRun.open(copy).segments  # noqa: B018 - reading is the point
    with pytest.raises((InputError, UsageError)):
        rename(copy, "S1", "Mine")
    assert sorted(copy.parent.rglob("*")) == before


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"null"])
def test_what_is_no_manifest_is_refused(copy: Path, text: bytes) -> None:
    (copy / "latest" / "run.json").write_bytes(text)
    with pytest.raises(InputError, match=r"run\.json cannot be read"):
        Results.open(copy)


def test_a_link_out_of_the_version_is_not_followed(copy: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    stored = copy / "latest" / "cleaning.csv"
    secret.write_bytes(stored.read_bytes())
    stored.unlink()
    stored.symlink_to(secret)
    with pytest.raises(InputError, match="leads out of the version"):
        _ = StoredRun.open(copy).cleaning
    assert Results.open(copy).damaged() == ["cleaning.csv"]


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"user": ["a"]}),
        pa.table({"user_id": [1], "segment_id": ["S1"], "segment": ["a"], "cluster": [0],
                  "distance": [0.0]}),
    ],
)  # fmt: skip
def test_a_table_of_other_columns_is_refused(copy: Path, table: pa.Table) -> None:
    pq.write_table(table, copy / "latest" / "segments.parquet")
    with pytest.raises(InputError, match="has no column `user_id` of the expected type"):
        _ = StoredRun.open(copy).segments


def test_results_from_before_a_key_existed_are_read_and_renamed(copy: Path) -> None:
    def age(manifest: dict[str, Any]) -> None:
        for key in ("attributes", "verdict", "features_left_out"):
            del manifest[key]
        del manifest["files"]["certificates.json"]
        for key in ("margin", "cost", "compare", "certificates", "force"):
            del manifest["settings"][key]
        for part in manifest["segments"]:
            del part["named_by"], part["own_name"]

    change(copy, age)
    (copy / "latest" / "certificates.json").unlink()
    stored = StoredRun.open(copy)
    assert stored.manifest.verdict == "not tested"
    assert stored.certificates is None
    renamed = rename(copy, "S1", "Mine")
    entries = {part["segment_id"]: part for part in renamed.manifest["segments"]}
    assert (entries["S1"]["segment"], entries["S1"]["named_by"]) == ("Mine", "user")
    assert renamed.damaged() == []


def test_a_version_that_was_copied_elsewhere_is_not_written_beside(done, tmp_path: Path) -> None:
    lonely = tmp_path / "folder" / "lonely"
    shutil.copytree(done.results.path, lonely)
    assert StoredRun.open(lonely).window.cutoff > datetime(2000, 1, 1)
    with pytest.raises(UsageError, match="is in no results folder"):
        rename(lonely, "S1", "Mine")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("text", [b"", b"..", b"../..", b"\xff\xfe", b"a\0b", b"x" * 5000])
def test_a_text_file_that_leads_nowhere_is_one_message(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "latest").write_bytes(text)
    with pytest.raises(InputError, match=r"There are no results in|File name too long"):
        Results.open(tmp_path)
