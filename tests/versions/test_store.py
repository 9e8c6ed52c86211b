import json
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from clustomer.errors import InputError, OutputError
from clustomer.versions import FILES, Draft, Results, point_latest
from clustomer.versions.store import new_version as store_version


def new_version(folder: Path, **options: Any) -> AbstractContextManager[Draft]:
    """A version of any files: what a run must leave is tested elsewhere."""
    return store_version(folder, missing=lambda present, manifest: [], **options)


def write(folder: Path, text: str = "a", **identity: object) -> Results:
    with new_version(folder, cutoff="2024-01-01", identity=identity, about={"note": text}) as draft:
        draft.write_text("reports/a.txt", text)
    assert draft.result is not None
    return draft.result


def test_a_version_is_written_whole_and_becomes_the_latest(tmp_path: Path) -> None:
    written = write(tmp_path / "out", k=4)
    opened = Results.open(tmp_path / "out")
    assert opened.manifest == written.manifest
    assert opened.path.samefile(written.path)
    assert opened.path.parent.name == "versions"
    assert opened.path.name.startswith("2024-01-01-")
    assert (opened.path / "reports" / "a.txt").read_text() == "a"
    assert list(opened.manifest["files"]) == ["reports/a.txt"]
    assert opened.damaged() == []
    assert sorted(os.listdir(tmp_path / "out")) == ["latest", "versions"]


def test_other_settings_are_another_version_beside_it(tmp_path: Path) -> None:
    first = write(tmp_path, "a", k=4)
    second = write(tmp_path, "b", k=5)
    assert first.path != second.path
    assert Results.open(tmp_path).manifest["note"] == "b"
    assert Results.open(first.path).damaged() == []


def test_the_same_run_again_is_the_same_version(tmp_path: Path) -> None:
    assert write(tmp_path, k=4).path == write(tmp_path, k=4).path
    assert len(list((tmp_path / "versions").iterdir())) == 1


def test_a_damaged_version_makes_room_for_a_whole_one_beside_it(tmp_path: Path) -> None:
    first = write(tmp_path, k=4)
    (first.path / "reports" / "a.txt").write_text("changed by hand")
    assert Results.open(tmp_path).damaged() == ["reports/a.txt"]
    second = write(tmp_path, k=4)
    assert second.damaged() == []
    assert second.path.name == f"{first.path.name}.2" == second.manifest["version"]
    assert Results.open(tmp_path).manifest == second.manifest
    assert write(tmp_path, k=4).path == second.path
    # what was changed is somebody's, too
    assert (first.path / "reports" / "a.txt").read_text() == "changed by hand"


def test_what_differs_under_one_name_stays_beside_it(tmp_path: Path) -> None:
    versions = [write(tmp_path, text, k=4) for text in ("a", "b", "a", "c")]
    names = [version.path.name.partition(".")[2] for version in versions]
    assert names == ["", "2", "", "3"]
    assert [version.damaged() for version in versions] == [[]] * 4
    assert Results.open(tmp_path).manifest["note"] == "c"


def test_a_draft_that_lost_a_file_is_not_published(tmp_path: Path) -> None:
    about = {"settings": {"keep_events": True}, "verdict": "none"}

    def lost(*names: str) -> None:
        with store_version(tmp_path, cutoff="2024-01-02", identity={}, about=about) as draft:
            for file in FILES:
                inside = f"{file.name}a" if file.name.endswith("/") else file.name
                if file.name not in names and file.required(about):
                    draft.write_text(inside, "a")

    before = write(tmp_path, k=4)
    with pytest.raises(OutputError, match=r"Files were lost .*: events/, customers\.parquet\."):
        lost("events/", "customers.parquet")
    with pytest.raises(OutputError, match=r"Files were lost .*: cleaning\.csv, rejected\.parquet,"):
        lost(*(file.name for file in FILES))
    assert Results.open(tmp_path).manifest == before.manifest
    assert sorted(os.listdir(tmp_path)) == ["latest", "versions"]
    lost()
    assert Results.open(tmp_path).manifest["verdict"] == "none"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_run_leaves_the_previous_results_whole(tmp_path: Path, error) -> None:
    before = write(tmp_path, k=4)

    def interrupted() -> None:
        with new_version(tmp_path, cutoff="2024-01-02", identity={}, about={}) as draft:
            draft.write_text("reports/a.txt", "half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert Results.open(tmp_path).manifest == before.manifest
    assert sorted(os.listdir(tmp_path)) == ["latest", "versions"]


def test_what_a_killed_run_left_is_swept_up_and_nothing_else(tmp_path: Path) -> None:
    left = tmp_path / ".partial-0123456789ab"
    left.mkdir()
    left.with_name(".partial-0123456789ab.lock").touch()
    unmarked = tmp_path / ".partial-999999999-x"
    unmarked.mkdir()
    with new_version(tmp_path) as live:
        live.write_text("reports/a.txt", "a")
        write(tmp_path, k=4)
        assert not left.exists()
        assert not left.with_name(".partial-0123456789ab.lock").exists()
        assert live.path.exists()
        live.identify(cutoff="2024-01-02", identity={}, about={})
    assert sorted(os.listdir(tmp_path)) == [unmarked.name, "latest", "versions"]
    assert Results.open(tmp_path).damaged() == []


def test_latest_is_a_text_file_where_links_do_not_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise NotImplementedError

    first = write(tmp_path, "a", k=4)
    monkeypatch.setattr(Path, "symlink_to", no_links)
    write(tmp_path, "b", k=5)
    assert (tmp_path / "latest").is_file()
    assert Results.open(tmp_path).manifest["note"] == "b"
    point_latest(tmp_path, first.path.name)
    assert Results.open(tmp_path).manifest["note"] == "a"


def test_no_results_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There are no results in"):
        Results.open(tmp_path)
    broken = write(tmp_path, k=4)
    (broken.path / "run.json").write_text("{")
    with pytest.raises(InputError, match=r"run\.json cannot be read"):
        Results.open(tmp_path)


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Name a folder that can be written with --out"):
        write(tmp_path / "file" / "out", k=4)


def test_a_full_disk_is_an_output_error_and_leaves_nothing(tmp_path: Path) -> None:
    before = write(tmp_path, k=4)

    def full() -> None:
        with new_version(tmp_path, cutoff="2024-01-02", identity={}, about={}) as draft:
            draft.write_text("a.txt", "half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="no space left"):
        full()
    assert Results.open(tmp_path).manifest == before.manifest


def test_the_manifest_is_plain_json_without_a_clock(tmp_path: Path) -> None:
    manifest = json.loads((write(tmp_path, k=4).path / "run.json").read_text())
    assert manifest["schema_version"] == 1
    assert set(manifest) == {"schema_version", "version", "packages", "note", "files"}


def test_what_a_version_is_may_be_said_after_its_files_are_written(tmp_path: Path) -> None:
    with new_version(tmp_path / "late") as draft:
        draft.write_text("reports/a.txt", "a")
        draft.identify(cutoff="2024-01-01", identity={"k": 4}, about={"note": "a"})
    early = write(tmp_path / "early", k=4)
    assert Results.open(tmp_path / "late").manifest == early.manifest


def test_folders_made_for_results_that_never_came_are_removed(tmp_path: Path) -> None:
    def interrupted(folder: Path) -> None:
        with new_version(folder) as draft:
            draft.write_text("reports/a.txt", "half")
            raise KeyboardInterrupt

    (tmp_path / "kept").mkdir()
    for folder in (tmp_path / "new" / "out", tmp_path / "kept"):
        with pytest.raises(KeyboardInterrupt):
            interrupted(folder)
    assert os.listdir(tmp_path) == ["kept"]
    assert os.listdir(tmp_path / "kept") == []


def test_a_run_beside_one_that_fails_keeps_its_place(tmp_path: Path) -> None:
    with new_version(tmp_path / "out") as draft:
        draft.write_text("reports/a.txt", "a")
        (tmp_path / "out" / "versions").rmdir()
        draft.identify(cutoff="2024-01-01", identity={}, about={})
    assert Results.open(tmp_path / "out").damaged() == []
