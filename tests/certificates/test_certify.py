import json
from dataclasses import replace

import pytest
from logs import ALIKE, GROUPS, log

from clustomer.certificates import (
    Certificates,
    Estimate,
    Prediction,
    Predictive,
    Real,
    Reality,
    SegmentCertificate,
    Stable,
    Usable,
    certify,
    deliver,
    not_certified,
    read_certificates,
    verdict_of,
)
from clustomer.certificates.stable import stability_mark
from clustomer.customers import customer_features
from clustomer.customers.reason import Reason
from clustomer.errors import InputError
from clustomer.events import read_events
from clustomer.insights import certificate_sentence
from clustomer.segments import rfm, segment


def certified(*segments, real="pass"):
    return {
        f"S{number}": SegmentCertificate(
            f"S{number}", Stable(stable), Real(real), Predictive("weak"), Usable("pass", share)
        )
        for number, (stable, share) in enumerate(segments, start=1)
    }


@pytest.mark.parametrize(
    ("stable", "reality", "prediction", "verdict"),
    [
        ((("pass", 0.7), ("pass", 0.3)), "pass", "pass", "segments"),
        ((("pass", 0.7), ("pass", 0.3)), "pass", "not tested", "segments"),
        ((("pass", 0.7), ("pass", 0.3)), "weak", "pass", "continuum"),
        ((("pass", 0.7), ("pass", 0.3)), "not tested", "pass", "continuum"),
        ((("pass", 0.7), ("pass", 0.3)), "fail", "weak", "none"),
        ((("pass", 0.7), ("pass", 0.3)), "fail", "not tested", "none"),
        ((("pass", 0.7), ("pass", 0.3)), "not tested", "not tested", "not tested"),
        # half of the customers must be in segments that are recovered
        ((("fail", 0.6), ("pass", 0.4)), "pass", "pass", "none"),
        ((("fail", 0.4), ("weak", 0.6)), "pass", "pass", "segments"),
    ],
)
def test_the_verdict_follows_from_the_marks(stable, reality, prediction, verdict):
    result = verdict_of(certified(*stable), Reality(reality), Prediction(prediction))
    assert result == verdict


@pytest.mark.parametrize(
    ("share", "prediction", "verdict"),
    [
        (0.5, "pass", "segments"),
        (0.5, "not tested", "segments"),
        # a kind of customer lasts
        (0.5, "weak", "undecided"),
        (0.5, "fail", "undecided"),
        (0.49, "pass", "continuum"),
        # there is structure, but neither the headline nor "no structure" would be true
        (0.49, "fail", "undecided"),
    ],
)
def test_real_groups_need_half_of_the_customers_in_segments_set_apart(share, prediction, verdict):
    parts = certified(("pass", share), ("pass", 1 - share))
    parts["S2"] = replace(parts["S2"], real=Real("weak"))
    assert verdict_of(parts, Reality("pass"), Prediction(prediction)) == verdict


@pytest.mark.parametrize("prediction", ["pass", "weak", "fail", "not tested"])
def test_what_is_too_near_to_the_border_is_undecided(prediction):
    parts = certified(("pass", 1.0), real="weak")
    near = Reality("weak", undecided=True)
    assert verdict_of(parts, near, Prediction(prediction)) == "undecided"


@pytest.mark.parametrize(("prediction", "verdict"), [("pass", "continuum"), ("fail", "undecided")])
def test_gaps_that_only_a_stricter_null_explains_are_not_called_no_structure(prediction, verdict):
    parts = certified(("pass", 1.0), real="weak")
    explained = Reality("fail", explained=True)
    assert verdict_of(parts, explained, Prediction(prediction)) == verdict
    chance = Reality("fail")
    assert verdict_of(parts, chance, Prediction("fail")) == "none"


@pytest.mark.parametrize(
    ("jaccard", "verdict"),
    [(0.46, "none"), (0.49, "undecided"), (0.51, "undecided"), (0.54, "segments")],
)
def test_stability_must_clear_its_border_by_two_standard_errors(jaccard, verdict):
    stable = Stable(stability_mark(jaccard), jaccard=jaccard, jaccard_se=0.015)
    parts = certified(("pass", 1.0))
    parts["S1"] = replace(parts["S1"], stable=stable)
    assert verdict_of(parts, Reality("pass"), Prediction("pass")) == verdict


@pytest.mark.parametrize(
    ("jaccard", "mark"),
    [(0.85, "pass"), (0.75, "pass"), (0.7499, "weak"), (0.5001, "weak"), (0.5, "fail")],
)
def test_stability_has_the_thresholds_of_its_source(jaccard, mark):
    assert stability_mark(jaccard) == mark


def test_halves_that_agree_as_strangers_do_weaken_what_passes():
    assert stability_mark(0.9, (0.31, 0.3, 200)) == "pass"
    assert stability_mark(0.9, (0.3, 0.3, 200)) == "weak"
    assert stability_mark(0.4, (0.2, 0.3, 200)) == "fail"


@pytest.fixture(scope="module")
def alike():
    events = read_events(log(ALIKE))
    yield events, customer_features(events)
    events.close()


def test_planted_groups_are_certified_and_what_was_written_is_read_again():
    events = read_events(log(GROUPS))
    customers = customer_features(events)
    segmentation = segment(customers, k=3, k_range=(3, 3))
    certificates = certify(events, customers, segmentation)
    events.close()
    assert certificates.verdict == "segments"
    assert list(certificates.segments) == ["S1", "S2", "S3"]
    assert {item.stable.mark for item in certificates.segments.values()} == {"pass"}
    assert sum(item.usable.share for item in certificates.segments.values()) == pytest.approx(1)
    assert deliver(certificates, customers, segmentation) == (certificates, segmentation)

    written = json.dumps(certificates.to_json())
    assert read_certificates(written).to_json() == certificates.to_json()


def test_certificates_of_schema_version_1_are_read_by_their_new_names() -> None:
    tested = {"mark": "pass", "thinned": 0.6, "thinned_chance": 0.2}
    usable = {"mark": "pass", "share": 1.0}
    one = {"segment_id": "thinned", "stable": tested, "real": {"mark": "fail"},
           "predictive": {"mark": "fail"}, "usable": usable}  # fmt: skip
    auc = {"value": 0.7, "low": 0.6, "high": 0.8}
    contender = {"name": "segments", "segments": 1, "auc": auc, "r2": None, "r2_capped": None,
                 "top_tenth": None}  # fmt: skip
    written = {
        "schema_version": 1,
        "verdict": "continuum",
        "segments": {"thinned": one},
        "reality": {"mark": "fail"},
        "prediction": {"mark": "pass", "certifying": 120, "contenders": [contender]},
    }
    written["proposed"] = {}
    certificates = read_certificates(json.dumps(written))
    stable = certificates.segments["thinned"].stable
    assert (stable.split_half, stable.split_half_chance) == (0.6, 0.2)
    assert certificates.prediction.validation == 120
    assert certificates.prediction.baselines[0].auc == Estimate(0.7, 0.6, 0.8)


def test_certificates_of_schema_version_3_know_no_facets() -> None:
    written = not_certified().to_json()
    assert written["schema_version"] == 4
    del written["facets"], written["rare"]
    old = read_certificates(json.dumps({**written, "schema_version": 3}))
    assert (old.facets, old.rare) == ({}, {})


def test_certificates_of_schema_version_2_name_no_null_and_are_decided() -> None:
    written = {
        "schema_version": 2,
        "verdict": "segments",
        "segments": {
            key: {
                "segment_id": key,
                "stable": {"mark": "pass"},
                "real": {"mark": real},
                "predictive": {"mark": "pass"},
                "usable": {"mark": "pass", "share": share},
            }
            for key, real, share in (("S1", "pass", 0.6), ("S2", "weak", 0.4))
        },
        "proposed": {},
        "reality": {"mark": "pass", "statistic": 0.4, "null_99": 0.2, "effect": 0.2},
        "prediction": {"mark": "pass"},
    }
    reality = read_certificates(json.dumps(written)).reality
    assert (reality.effect, reality.error, reality.null, reality.nulls) == (0.2, None, None, ())
    assert not reality.undecided
    assert (reality.apart, reality.apart_share) == (1, 0.6)


def test_where_nothing_holds_everyone_is_one_segment(alike):
    events, customers = alike
    segmentation = segment(customers, k=4, k_range=(4, 4))
    certificates = certify(events, customers, segmentation, holdout=Reason("one moment"))
    assert certificates.verdict == "none"
    assert certificates.reality.mark in {"fail", "weak"}
    assert certificates.prediction.why == Reason("one moment")

    withheld, alone = deliver(certificates, customers, segmentation)
    assert alone.structure is False
    assert alone.selection.reason == Reason("no structure", {"best_k": 4})
    assert alone.k == 1
    assert alone.clusters == {0: customers.table.num_rows}
    assert withheld.segments == {}
    assert withheld.proposed == certificates.segments
    assert withheld.proposed_k == 4

    forced, kept = deliver(certificates, customers, segmentation, force=True)
    assert forced.to_json() == replace(certificates, forced=True).to_json()
    assert kept is segmentation


def test_defined_segments_claim_no_structure_and_are_delivered(alike):
    events, customers = alike
    segmentation = rfm(customers)
    certificates = certify(events, customers, segmentation, holdout=Reason("one moment"))
    assert certificates.reality.mark == "not tested"
    assert {item.stable.jaccard for item in certificates.segments.values()} <= {
        item.stable.jaccard
        for item in certificates.segments.values()
        if 0 <= item.stable.jaccard <= 1
    }
    empty = Certificates("none", certificates.segments, Reality("fail"), Prediction("fail"))
    assert deliver(empty, customers, segmentation) == (empty, segmentation)


def test_one_segment_has_nothing_to_test(alike):
    events, customers = alike
    segmentation = segment(customers, k=1, k_range=(1, 1))
    certificates = certify(events, customers, segmentation, holdout=Reason("one moment"))
    assert certificates.verdict == "not tested"
    assert certificates.segments == {}
    assert certificates.reality.why == certificates.prediction.why == Reason("one segment")
    nothing = replace(segmentation, structure=False)
    assert certify(events, customers, nothing, holdout="too little").verdict == "none"


def test_a_damaged_file_is_one_message():
    with pytest.raises(InputError, match=r"This is no certificates\.json"):
        read_certificates("[]")


def test_reasons_are_stored_as_data_beside_their_sentence_and_read_as_data() -> None:
    reason = Reason("few customers", {"customers": 60, "least": 100})
    certificates = replace(not_certified(), reality=Reality("not tested", why=reason))
    written = certificates.to_json(certificate_sentence)
    assert written["reality"]["why"] == "There are 60 customers; the test needs at least 100."
    assert written["reality"]["grounds"] == {
        "kind": "few customers", "numbers": {"customers": 60, "least": 100},
    }  # fmt: skip
    assert written["prediction"]["why"] == "The tests were left out."
    read = read_certificates(json.dumps(written))
    assert (read.reality.why, read.prediction.why) == (reason, Reason("left out"))


def test_a_sentence_without_its_data_stays_as_it_was_stated() -> None:
    written = not_certified().to_json()
    written["schema_version"] = 1
    for part in (written["reality"], written["prediction"]):
        del part["grounds"]
        part["why"] = "The moon was full."
    read = read_certificates(json.dumps(written))
    assert read.reality.why == Reason.stated("The moon was full.")
    assert read.to_json(certificate_sentence)["prediction"]["why"] == "The moon was full."
