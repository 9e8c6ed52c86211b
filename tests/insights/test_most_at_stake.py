"""What to do first: by the money at stake, as far as the segment is sure to be there."""

from clustomer.insights.chapters.opening import most_at_stake
from clustomer.insights.facts import Fact
from clustomer.insights.profiles import Profile


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
