"""Every case of the page `files.md` is read right, or refused with the message that it names."""

from pathlib import Path

import pytest
from reading_cases import CASES, Case

from clustomer.errors import ClustomerError
from clustomer.events import read_events


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_a_file_is_read_right_or_refused(tmp_path: Path, case: Case) -> None:
    path = tmp_path / case.name
    content = case.content.encode() if isinstance(case.content, str) else case.content
    for name, further in case.beside.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(further.encode() if isinstance(further, str) else further)
    if content:
        path.write_bytes(content)
    schema = None
    if case.schema:
        schema = tmp_path / "mine.toml"
        schema.write_text(case.schema)
    if case.refused:
        with pytest.raises(ClustomerError) as caught:
            read_events(path, schema=schema, accept_losses=0.1)
        assert case.refused in str(caught.value)
        return
    events = read_events(path, schema=schema, accept_losses=0.5)
    revenue = events.engine.rows(
        "SELECT user_id, CAST(SUM(CASE event_type WHEN 'return' THEN -price ELSE price END * "
        "quantity) AS DECIMAL(18, 2)) FROM events GROUP BY ALL"
    )
    assert {user: str(total) for user, total in revenue} == case.revenue
    rejected = {rule: n for rule, action, n in events.cleaning.rules if action == "rejected" and n}
    assert rejected == case.rejected
    assert case.said in " ".join(events.warnings)
