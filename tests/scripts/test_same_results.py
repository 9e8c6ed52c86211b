"""The comparison of two revisions' results notices what differs, and only that."""

import json
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return import_module("same_results")


def version(folder: Path, manifest: dict[str, object], **files: str) -> Path:
    (folder / "version").mkdir(parents=True)
    (folder / "version" / "run.json").write_text(json.dumps(manifest))
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_what_differs_is_listed(script: ModuleType, tmp_path: Path) -> None:
    one = version(tmp_path / "a", {"k": 3, "window": {"days": 9}}, table="a\nb", gone="x")
    other = version(tmp_path / "b", {"k": 4, "window": {"days": 9}}, table="a\nc", new="x")
    assert script.compared(one, other) == [
        "only before: gone",
        "only after: new",
        "table differs",
        "-b",
        "+c",
        "run.json: k: 3 -> 4",
    ]


def test_versions_and_hashes_in_the_manifest_do_not_count(
    script: ModuleType, tmp_path: Path
) -> None:
    one = version(tmp_path / "a", {"k": 3, "packages": {"duckdb": "1"}, "version": "x"})
    other = version(tmp_path / "b", {"k": 3, "packages": {"duckdb": "2"}, "version": "y"})
    assert script.compared(one, other) == []
