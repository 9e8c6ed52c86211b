from pathlib import Path

import pytest

from clustomer.versions import FILES, bears_names, missing_files

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "results.md"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_reference_tells_of_every_file(file) -> None:
    when = f"; {file.when}" if file.when else ""
    assert f"| `{file.name}` | {file.content}{when} |\n" in PAGE.read_text(encoding="utf-8")


def test_what_is_required_depends_on_the_manifest() -> None:
    always = [file.name for file in FILES if not file.when and file.name != "run.json"]
    present = [f"{name}x" if name.endswith("/") else name for name in always]
    assert missing_files(present, {}) == []
    settings = {"keep_events": True, "compare": True}
    manifest = {"settings": settings, "attributes": {"source": "a.csv"}, "verdict": "none"}
    assert missing_files(present, manifest) == [
        "events/",
        "attributes.parquet",
        "certificates.json",
        "reports/algorithms.csv",
    ]
    assert missing_files([], {}) == always
    assert missing_files(present, {"settings": None, "attributes": None}) == []


def test_names_are_in_the_reports_and_not_in_the_customers() -> None:
    paths = ["reports/figures/a.png", "segments.csv", "events/bucket-all.parquet", "cleaning.csv"]
    assert [bears_names(path) for path in paths] == [True, True, False, False]
