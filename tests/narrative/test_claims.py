"""The gate: what of anyone's prose is proven, false or unknown."""

import json
from pathlib import Path

import pytest
from answers import LIES
from typer.testing import CliRunner

from clustomer.cli import app
from clustomer.commands.exit_codes import ALARM
from clustomer.narrative import Catalogue, check_claims


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        ("They bring 71.6 % [S3.revenue_share] of it.", ["proven"]),
        ("They bring 71.6% [S3.revenue_share] of it.", ["proven"]),
        ("They bring EUR 49,053 [S3.revenue].", ["proven"]),
        ("There are 171 [everyone.customers] and 184 [everyone.orders.sum].", ["proven", "proven"]),
        ("They bring 71.7 % [S3.revenue_share].", ["false"]),
        ("They bring 71.6 % [S2.revenue_share].", ["false"]),
        ("They bring EUR 49,054 [S3.revenue].", ["false"]),
        ("They bring \u2212EUR 49,053 [S3.revenue].", ["false"]),
        ("They bring 71.6 %.", ["unknown"]),
        ("They bring 71.6 % [S3.profit].", ["unknown"]),
        ("They bring more than half.", ["unknown", "unknown", "unknown"]),
        ("Nothing is said here of anyone.", []),
    ],
)
def test_by_hand(text: str, verdicts: list[str], catalogue: Catalogue) -> None:
    assert [part.verdict for part in check_claims(text, catalogue)] == verdicts


def test_one_changed_digit_is_false(catalogue: Catalogue) -> None:
    for fact_id in catalogue.usable:
        value = catalogue.facts.format(fact_id)
        [verdict] = check_claims(f"It is {value} [{fact_id}].", catalogue)
        assert verdict.verdict == "proven", verdict
        for at, sign in enumerate(value):
            if sign.isdigit():
                other = f"{value[:at]}{(int(sign) + 1) % 10}{value[at + 1 :]}"
                [verdict] = check_claims(f"It is {other} [{fact_id}].", catalogue)
                assert verdict.verdict == "false", (other, verdict)


def test_numbers_and_comparisons_of_lies_are_never_proven(catalogue: Catalogue) -> None:
    for _, sentence in LIES:
        verdicts = check_claims(sentence.text, catalogue)
        assert "proven" not in {part.verdict for part in verdicts}


def test_the_command(results: Path, tmp_path: Path) -> None:
    text = tmp_path / "prose.txt"
    text.write_text("They bring 71.6 % [S3.revenue_share]. It is twice that of 62 [S3.customers].")
    done = CliRunner().invoke(app, ["insights", str(results), "--check", str(text)])
    assert done.exit_code == ALARM == 6
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["proven", "71.6"],
        ["unknown", "twice:"],
        ["false", "62:"],
    ]
    text.write_text("They bring 71.6 % [S3.revenue_share].")
    done = CliRunner().invoke(app, ["insights", str(results), "--check", str(text), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)[0]["verdict"] == "proven"
    missing = CliRunner().invoke(app, ["insights", str(results), "--check", "no/such.txt"])
    assert "cannot be read" in str(missing.exception)
