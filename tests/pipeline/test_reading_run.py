"""What was decided about reading, and what was lost, reaches everything that a run makes."""

import json
from pathlib import Path

import pytest

from clustomer import Settings, run
from clustomer.errors import InputError
from clustomer.versions import StoredRun


def log(path: Path, unreadable: int) -> Path:
    lines = ["event_time,event_type,price,user_id"]
    for i in range(400):
        amount = "free" if i < unreadable else f'"{5 + i % 90},50"'
        user = "guest" if i % 40 == 0 else f"u{i % 60}"
        lines.append(f"{1 + i % 28}/{1 + i % 9}/2024 10:{i % 60:02d},purchase,{amount},{user}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_notes_and_warnings_reach_manifest_and_report(tmp_path: Path) -> None:
    source = log(tmp_path / "shop.csv", unreadable=60)
    with pytest.raises(
        InputError, match=r"60 of 400 rows \(15\.0%\).*'free'.*--accept-losses 0\.15"
    ):
        run(source, tmp_path / "out", settings=Settings(certificates=False))
    assert not (tmp_path / "out" / "latest").exists()
    done = run(source, tmp_path / "out", settings=Settings(certificates=False, accept_losses=0.15))
    manifest = json.loads((done.results.path / "run.json").read_text(encoding="utf-8"))
    notes, warnings = manifest["reading_notes"], manifest["warnings"]
    assert "day first (%d/%m/%Y)" in notes["1"]
    assert "a decimal comma" in notes["2"]
    assert "60 of 400 rows (15.0%)" in warnings["1"]
    assert "--no-customer guest" in warnings["2"]
    assert manifest["reading"]["losses"]["unread_rows"] == 60
    assert manifest["reading"]["no_time_from"].endswith("-01-01T00:00:00Z")
    first, *_ = done.interpretation.insights.opening
    assert done.interpretation.facts.render(first) == warnings["1"]
    again = StoredRun.open(done.results.path).interpret()
    assert again.insights.opening == done.interpretation.insights.opening
