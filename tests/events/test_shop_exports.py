"""What `clustomer schema` drafts of an export runs unedited, and gives the right totals."""

from pathlib import Path

import pytest
from shop_exports import EXPORTS, FOLDER, Export

from clustomer.errors import ClustomerError
from clustomer.events import describe_source, read_events


def test_every_export_has_its_right_value() -> None:
    assert {export.name for export in EXPORTS} == {path.name for path in FOLDER.iterdir()}


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
def test_an_export_is_read_right_as_it_is_drafted(tmp_path: Path, export: Export) -> None:
    path, schema = FOLDER / export.name, tmp_path / "mine.toml"
    described = describe_source(path)
    assert [doubt.setting for doubt in described.doubts] == [export.asked] * bool(export.asked)
    if export.asked:
        assert export.answer in described.doubts[0].choices
        described = describe_source(path, answers={export.asked: export.answer})
    schema.write_text(described.schema.to_toml(), encoding="utf-8")
    drafted = totals(path, str(schema))
    assert drafted == (export.revenue, export.customers, export.first, export.last)
    try:
        detected = totals(path, None)
    except ClustomerError:
        # to be asked is no wrong number
        return
    assert detected == drafted


def totals(path: Path, schema: str | None) -> tuple[str, int, str, str]:
    events = read_events(path, schema=schema)
    with events.engine:
        sums, window = events.totals(), events.window
        days = (str(window.first_day), str(window.last_day))
        return (f"{sums.revenue:.2f}", sums.customers, *days)
