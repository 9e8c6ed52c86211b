"""What to do first: by the money at stake, as far as the segment is sure to be there."""

from datetime import datetime

import pyarrow as pa
import pytest

from clustomer.events import Window
from clustomer.insights import interpret
from clustomer.insights.chapters.opening import most_at_stake
from clustomer.insights.facts import Fact
from clustomer.insights.profiles import Profile
from clustomer.lifecycle import Lifecycle, Limits, Rhythm
from clustomer.outputs import report_markdown
from clustomer.segments import segment


def group(key: str) -> Profile:
    return Profile(key, 100, 0.1, None, None, {}, {}, key)


def facts(**values: dict[str, float]) -> dict[str, Fact]:
    return {
        f"{key}.{name}": Fact(f"{key}.{name}", value, "", 0, key, {})
        for key, parts in values.items()
        for name, value in parts.items()
    }


def test_the_most_that_is_left_comes_first_as_far_as_it_is_sure() -> None:
    stated = facts(
        # 900 left, of which six in ten are found again: 540
        S1={"one_more": 1000.0, "contact": 100.0, "stable_jaccard": 0.6},
        # 700 left, nearly all of it: 665
        S2={"one_more": 800.0, "contact": 100.0, "stable_jaccard": 0.95},
        # it costs more than it brings
        S3={"one_more": 50.0, "contact": 100.0, "stable_jaccard": 1.0},
        # not tested: as it is, 600
        S4={"one_more": 700.0, "contact": 100.0},
        # 1.4 times the cost, which a guess does not make sure
        S6={"one_more": 4200.0, "contact": 3000.0},
    )
    groups = [group(key) for key in ("S1", "S2", "S3", "S4", "S5", "S6")]
    assert most_at_stake(groups, stated, {}) == ["S2", "S4", "S1"]


def test_where_only_those_who_are_late_are_addressed_only_they_count() -> None:
    stated = facts(
        # 900 left of all, but 50 of those who are late
        S1={"one_more": 1000.0, "contact": 100.0, "late_one_more": 70.0, "late_contact": 20.0},
        S2={"one_more": 300.0, "contact": 100.0, "late_one_more": 290.0, "late_contact": 1.0},
    )
    groups = [group(key) for key in ("S1", "S2")]
    assert most_at_stake(groups, stated, {}) == ["S1", "S2"]
    assert most_at_stake(groups, stated, {"S1": "late_"}) == ["S2", "S1"]


@pytest.mark.parametrize(("cost", "pays"), [(0.5, True), (1.01, False)])
def test_without_groups_those_who_are_late_come_first_where_they_pay(
    cost: float, pays: bool
) -> None:
    ids = [f"c{number:02}" for number in range(40)]
    alike = {"user_id": ids, "orders": [1.0] * 40, "revenue": [100.0] * 40}
    segmentation = segment(pa.table(alike), k_range=(2, 4), features=["orders"])
    assert not segmentation.structure
    start, end = datetime(2024, 1, 1), datetime(2024, 12, 31)
    stages = {
        "user_id": ids,
        "stage": ["slowing"] * 30 + ["lapsed"] * 10,
        "basis": ["orders"] * 40,
        "expected_gap_days": pa.nulls(40, pa.float64()),
        "expected_on": pa.nulls(40, pa.date32()),
        "due": [False] * 40,
        "past_due": [False] * 40,
    }
    window = Window(start, end, "UTC")
    limits = Limits(10, 20, 30, 40, 50, 60, ended=30, going_on=40, come_back=0.5)
    rhythm = Rhythm(limits, limits, (), (), usual_gap=2000, strength=1)
    lifecycle = Lifecycle(pa.table(stages), {"orders": rhythm}, window)
    made = interpret(pa.table(alike), segmentation, lifecycle=lifecycle, window=window, cost=cost)
    text = report_markdown(made.insights, made.facts)
    # 5 % of thirty order once more, at 30 for each: 45, which is three times 15
    assert pays == (
        "*All customers:* Remind the 30 customers who are late, before they lapse. One more order "
        "from 5 % of them would earn 45.00 at a margin of 30.0 %; contacting these once costs 15.00"
        in text
    )
    assert pays == ("What to do first" in text)
