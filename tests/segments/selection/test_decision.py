import numpy as np
import pytest

from clustomer.insights.reasons import reason_sentence
from clustomer.segments.selection.decision import decide, qualifying
from clustomer.segments.validity.holdout_r2 import HoldoutR2


def criteria(ks, *, jaccard=0.9, share=0.1, clear=0.4, silhouette=0.3, dip=0.0, lowest=0.0):
    def column(value):
        return np.broadcast_to(np.asarray(value, dtype=float), len(ks)).copy()

    return {
        "k": np.array(ks),
        "lowest_jaccard": column(jaccard),
        "smallest_share": column(share),
        "silhouette_squared": column(clear),
        "silhouette": column(silhouette),
        "density_dip": column(dip),
        "lowest_density_dip": column(lowest),
    }


def holdout_r2_of(scores, *, noise=0.0, **options):
    """Customers whose paired differences all have the standard deviation `noise`."""
    generator = np.random.default_rng(0)
    wobble = generator.normal(size=(400, len(scores)))
    gains = np.array(list(scores.values())) + noise * (wobble - wobble.mean(axis=0))
    return HoldoutR2(np.array(list(scores)), gains.mean(axis=0), gains, **options)


def choose(result, holdout_r2=None, *, elbow=None, silhouette=None, fixed=None):
    return decide(
        result,
        result["k"].tolist(),
        elbow=elbow,
        silhouette=silhouette,
        holdout_r2=holdout_r2,
        fixed=fixed,
    )


def test_both_bars_are_included():
    result = criteria([2, 3, 4, 5], jaccard=[0.75, 0.7499, 0.8, np.nan], share=[0.01, 1, 0.0099, 1])
    assert qualifying(result, [2, 3, 4, 5]) == [2]


def test_of_those_that_qualify_the_highest_as_telling_as_any_is_taken():
    result = criteria([2, 3, 4, 5, 6], jaccard=[0.9, 0.9, 0.9, 0.9, 0.6], dip=0.2)
    scores = {2: 0.10, 3: 0.15, 4: 0.20, 5: 0.195, 6: 0.40}
    # one standard error of a difference is about 0.1 * sqrt(2 / 400) = 0.007
    taken = choose(result, holdout_r2_of(scores, noise=0.1))
    assert (taken.k, taken.rule, taken.runner_up) == (5, "holdout_r2", 4)
    assert reason_sentence(taken.reason) == (
        "5 segments. With 2, 3, 4 or 5 segments, every segment is stable and holds at least 1 % of "
        "the customers. Where the gaps between segments are clearest, 5 is the highest number that "
        "predicts what customers did next as well as the best does, within a standard error; the "
        "runner-up is 4 (holdout R² 0.20 against 0.19)."
    )
    assert choose(result, holdout_r2_of(scores)).k == 4
    even = criteria([2, 3, 4, 5, 6], jaccard=[0.9, 0.9, 0.9, 0.9, 0.6], dip=0.19)
    assert " customers. Of these 5 is the highest number that predicts " in reason_sentence(
        choose(even, holdout_r2_of(scores, noise=0.1)).reason
    )


def test_two_are_taken_by_holdout_r2_only_where_no_other_number_qualifies():
    scores = {2: 0.3, 3: 0.1, 4: 0.1}
    assert choose(criteria([2, 3, 4], clear=[0.39, 0.40, 0.40]), holdout_r2_of(scores)).k == 4
    alone = choose(criteria([2, 3, 4], jaccard=[0.9, 0.6, 0.7]), holdout_r2_of(scores))
    assert (alone.k, alone.runner_up) == (2, 4)
    assert reason_sentence(alone.reason) == (
        "2 segments, the only number at which every segment is stable and holds at least 1 % of "
        "the customers; the runner-up is 4, where the least stable segment is recovered only to "
        "0.70 of 0.75."
    )


def test_holdout_r2_does_not_buy_clusters_that_blur_where_there_are_groups():
    holdout_r2 = holdout_r2_of({3: 0.1, 4: 0.3, 5: 0.4})
    groups = criteria([3, 4, 5], clear=[0.50, 0.475, 0.474], dip=[0.1, 0.2, 0.1])
    assert choose(groups, holdout_r2).k == 4
    continuum = criteria([3, 4, 5], clear=[0.50, 0.475, 0.474], dip=[0.1, 0.19, 0.1])
    assert choose(continuum, holdout_r2).k == 5
    # dips at a number that is not stable are no groups
    chance = criteria([3, 4, 5], clear=[0.5, 0.4, 0.3], dip=[0, 0.9, 0], jaccard=[1, 0.7, 1])
    assert choose(chance, holdout_r2).k == 5


@pytest.mark.parametrize(
    "holdout_r2",
    [
        None,
        holdout_r2_of({2: 0.01, 3: 0.02, 4: 0.04}),
        holdout_r2_of({2: 0.1, 3: 0.2, 4: 0.3}, decides=False),
    ],
    ids=["no holdout", "hardly anything told", "a horizon of hours"],
)
def test_without_holdout_r2_it_is_the_highest_that_is_as_clear_as_any(holdout_r2):
    result = criteria([2, 3, 4, 5], clear=[0.60, 0.40, 0.39, 0.37], lowest=0.19)
    taken = choose(result, holdout_r2)
    assert (taken.k, taken.rule, taken.runner_up) == (4, "stability", 3)
    assert reason_sentence(taken.reason).endswith(
        "Of these 4 is the highest above 2 whose segments are as clearly apart and as surely "
        "recovered as any; the runner-up is 3 (silhouette times stability 0.36 against 0.35)."
    )
    assert choose(criteria([3, 4, 5], clear=[0.40, 0.37, 0.39])).k == 5
    assert reason_sentence(choose(criteria([2, 3], clear=[0.6, 0.4])).reason).endswith(
        "; the runner-up is 2, which is taken only where no larger number will do."
    )
    assert choose(criteria([2, 3], jaccard=[0.9, 0.7])).k == 2


def test_without_holdout_r2_it_is_the_highest_at_which_all_are_set_apart():
    result = criteria([2, 3, 4, 5], clear=[0.6, 0.3, 0.3, 0.3], lowest=[0.9, 0.2, 0.19, 0.1])
    taken = choose(result)
    assert (taken.k, taken.rule, taken.runner_up) == (3, "density_dip", 2)
    assert reason_sentence(taken.reason).endswith(
        "Of these 3 is the highest at which every segment is set apart by a density dip, with a "
        "fifth fewer customers between it and its neighbours; the runner-up is 2."
    )
    two = criteria([2, 3, 4, 5], clear=[0.6, 0.3, 0.3, 0.3], lowest=[0.9, 0.1, 0.19, 0.1])
    assert choose(two).k == 2
    unstable = criteria([2, 3], lowest=[0.9, 0.9], jaccard=[0.8, 0.74])
    assert choose(unstable).k == 2


def test_without_holdout_r2_what_is_recovered_more_surely_may_blur_a_little_more():
    result = criteria([3, 4], clear=[0.40, 0.36], jaccard=[0.78, 0.99])
    assert choose(result).k == 4
    assert choose(criteria([3, 4], clear=[0.40, 0.36], jaccard=[0.99, 0.99])).k == 3


def test_two_are_taken_where_they_are_the_clearest_and_tell_as_much():
    holdout_r2 = holdout_r2_of({2: 0.3, 3: 0.3, 4: 0.3})
    two = choose(criteria([2, 3, 4], clear=[0.41, 0.40, 0.40]), holdout_r2)
    assert (two.k, two.runner_up) == (2, 4)
    assert (
        "2 has the clearest gaps between its segments, and predicts what customers did next as "
        "well as the best does, within a standard error; the runner-up is 4 (holdout R² 0.30 "
        "against 0.30)."
    ) in reason_sentence(two.reason)
    assert choose(criteria([2, 3, 4], clear=[0.39, 0.40, 0.40]), holdout_r2).k == 4
    less = holdout_r2_of({2: 0.2, 3: 0.3, 4: 0.3})
    assert choose(criteria([2, 3, 4], clear=[0.41, 0.40, 0.40]), less).k == 4


def test_where_none_qualifies_the_least_unstable_is_taken_and_said_so():
    result = criteria([2, 3, 4], jaccard=[0.5, 0.74, 0.9], share=[0.3, 0.2, 0.004])
    taken = choose(result)
    assert (taken.k, taken.rule, taken.runner_up) == (3, "least unstable", 2)
    assert reason_sentence(taken.reason) == (
        "3 segments, the least unstable number: none from 2 to 4 has only segments that are "
        "stable and hold at least 1 % of the customers; at 3 the least stable segment is "
        "recovered only to 0.74 of 0.75; the runner-up is 2, where the least stable segment is "
        "recovered only to 0.50 of 0.75."
    )
    small = choose(criteria([2, 3], share=0.004, jaccard=[0.8, 0.9]))
    assert small.k == 3
    assert "at 3 the smallest segment holds only 0.4 %" in reason_sentence(small.reason)


def test_differences_in_the_last_digits_decide_nothing():
    close = 0.4 * (1 + 1e-13)
    assert choose(criteria([3, 4], clear=[close, 0.38])).k == 4


def test_a_number_that_is_asked_for_is_taken_whatever_is_measured():
    taken = choose(criteria([2, 3], jaccard=0.1), fixed=3, elbow=2)
    assert (taken.k, taken.rule) == (3, "fixed")
    assert reason_sentence(taken.reason) == "3 segments, as asked; the elbow is at 2."


def shape(heights, *, elbow, silhouette):
    result = criteria(list(heights), jaccard=np.nan, silhouette=list(heights.values()))
    return choose(result, elbow=elbow, silhouette=silhouette)


def test_without_stability_the_elbow_decides_unless_far_less_clear():
    taken = shape({2: 0.40, 3: 0.3, 4: 0.20}, elbow=4, silhouette=2)
    assert (taken.k, taken.rule) == (4, "elbow")
    assert "highest at 2 (0.40 against 0.20 at 4)" in reason_sentence(taken.reason)

    taken = shape({2: 0.40, 3: 0.3, 4: 0.19}, elbow=4, silhouette=2)
    assert (taken.k, taken.rule) == (2, "silhouette")
    assert "at the elbow, 4, it is less than half of that (0.19 against 0.40)" in reason_sentence(
        taken.reason
    )

    taken = shape({2: 0.40, 3: 0.3}, elbow=None, silhouette=2)
    assert (taken.k, taken.rule) == (2, "silhouette")
    assert "no clear elbow" in reason_sentence(taken.reason)

    taken = shape({2: 0.40, 3: 0.5}, elbow=3, silhouette=3)
    assert reason_sentence(taken.reason) == "3 segments, since the elbow and the silhouette agree."


def test_of_those_that_qualify_the_one_that_returns_most_often_is_taken():
    result = criteria([2, 3, 4, 5], jaccard=[0.9, 0.9, 0.9, 0.6])
    scores = holdout_r2_of({2: 0.1, 3: 0.2, 4: 0.3, 5: 0.4})

    def taken(returned):
        return decide(
            result, [2, 3, 4, 5], elbow=None, silhouette=None, holdout_r2=scores, returned=returned
        )

    assert taken(None).k == 4
    often = taken({3: 3, 4: 2, 5: 1})
    assert (often.k, often.rule, often.runner_up) == (3, "holdout_r2", 4)
    assert reason_sentence(often.reason) == (
        "3 segments. With 2, 3 or 4 segments, every segment is stable and holds at least 1 % of "
        "the customers. The whole procedure was repeated on 6 random draws of the customers: it "
        "gave 3 in 3 of them, and the runner-up, 4, in 2."
    )
    assert taken({3: 3, 4: 3}).k == 4  # a tie is for the rule
    unstable = taken({5: 6})  # what does not qualify cannot win
    assert unstable.k == 4
    assert "returned" not in unstable.reason.numbers
    alone = criteria([2, 3], jaccard=[0.6, 0.9])
    assert decide(alone, [2, 3], elbow=None, silhouette=None, returned={2: 6}).k == 3
