"""A feature costs one declaration: everything else follows from it, to the words of the report."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import clustomer

DECLARATION = """
    Feature(
        name="late_views",
        family="engagement",
        label="looks after the shop has closed",
        unit="events",
        definition="Views from 22:00 to 06:00, in the shop's time zone.",
        grain="events",
        sql="COUNT(*) FILTER (WHERE event_type = 'view' AND (hour >= 22 OR hour < 6))",
        needs=("view", "time of day"),
        clustering=True,
        place=1,
        power=0.5,
        words=Amount(
            topic="late looks",
            verb="take",
            noun="looks after closing",
            none=("None of them looked after closing", "no looks after closing"),
        ),
    ),
"""


def test_a_feature_is_one_declaration(tmp_path: Path) -> None:
    package = tmp_path / "clustomer"
    shutil.copytree(Path(clustomer.__file__).parent, package)
    engagement = package / "customers/features/engagement.py"
    opening = "FEATURES: tuple[Feature, ...] = ("
    text = engagement.read_text()
    assert text.count(opening) == 1
    engagement.write_text(text.replace(opening, opening + DECLARATION))

    run(
        tmp_path,
        "run",
        write_log(tmp_path),
        "--out",
        str(tmp_path / "out"),
        "--k",
        "2",
        "--no-certificates",
    )
    latest = tmp_path / "out/latest"
    model = json.loads((latest / "segmentation.json").read_text())
    report = (latest / "reports/business_insights.md").read_text()
    facts = json.loads((latest / "facts.json").read_text())["facts"]
    assert "late_views" in {feature["name"] for feature in model["features"]}
    assert "looks after the shop has closed" in report
    assert "None of them looked after closing" in report
    # 60 look four times each, at night; 90 never
    means = {fact["id"]: fact["value"] for fact in facts if fact["id"].endswith("late_views.mean")}
    assert sorted(means.values()) == [0, 60 * 4 / 150, 4]


def write_log(folder: Path) -> str:
    lines = ["event_time,event_type,product_id,price,user_id,user_session"]
    for customer in range(150):
        hour = 23 if customer < 60 else 11
        lines += [
            f"2024-01-{day:02d} {hour}:30:00,view,p{day},5,u{customer},{customer}-{day}"
            for day in range(1 + customer % 3, 5 + customer % 3)
        ]
    path = folder / "log.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def run(folder: Path, *arguments: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "clustomer", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr
