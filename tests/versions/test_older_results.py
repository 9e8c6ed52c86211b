"""Results that an earlier format wrote are still read, verified and renamed."""

import json
import shutil
from pathlib import Path

import pytest

from clustomer.editions import rename
from clustomer.proofs import verify
from clustomer.versions import Results, StoredRun

# as written by 0.1.0 of 2026-11-23, less its reports and pictures
OLD = Path(__file__).parent / "written_by_0_1"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    shutil.copytree(OLD, tmp_path / "out")
    return tmp_path / "out"


def test_they_are_of_the_first_formats() -> None:
    folder = Results.open(OLD).path
    versions = {
        name: json.loads((folder / name).read_text(encoding="utf-8"))["schema_version"]
        for name in ("run.json", "certificates.json", "facts.json", "segmentation.json")
    }
    assert versions == {
        "run.json": 1, "certificates.json": 1, "facts.json": 1, "segmentation.json": 2,
    }  # fmt: skip


def test_every_file_is_read(old: Path) -> None:
    stored = StoredRun.open(old)
    stored.check()
    assert stored.customers.num_rows == stored.segments.num_rows == stored.manifest.customers
    assert [part.segment_id for part in stored.manifest.segments] == ["S2", "S3", "S1"]
    assert stored.certificates is not None
    assert stored.certificates.verdict == stored.manifest.verdict
    assert stored.comparison is not None
    assert stored.segmentation.k == 3
    assert stored.facts["S1.customers"].value == stored.manifest.segments[2].customers
    assert stored.summary.num_rows == 3
    assert stored.evaluation.num_rows == 9
    assert stored.window.days == 60
    assert stored.event_files == ()


def test_they_hold_and_are_renamed(old: Path) -> None:
    assert verify(old).differences == ()
    renamed = rename(old, "S1", "Ours")
    assert renamed.damaged() == []
    assert verify(old).differences == ()
    assert StoredRun.open(old).given_names == {"S1": "Ours"}
