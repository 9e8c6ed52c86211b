"""A certificate is what its tests give one by one, with its holdout and its seed."""

from dataclasses import replace

from logs import log

from clustomer.certificates import certify
from clustomer.certificates.prediction import predict
from clustomer.certificates.reality import test_reality as reality_of
from clustomer.certificates.split_halves import split_half_agreement
from clustomer.certificates.stable import stable_marks
from clustomer.certificates.usability import usable
from clustomer.certificates.verdict import _CHANCE
from clustomer.customers import Holdout, customer_features, split_holdout
from clustomer.events import read_events
from clustomer.segments import segment

SEED = 7


def test_every_test_has_the_holdout_and_the_seed_of_the_certificate() -> None:
    events = read_events(log([(520, 3.0, 2.0, 0.3)]))
    customers = customer_features(events)
    holdout = split_holdout(events, customers, date="2024-03-01")
    assert isinstance(holdout, Holdout)
    segmentation = segment(customers, k=3, k_range=(3, 3))
    certificates = certify(events, customers, segmentation, holdout=holdout, random_state=SEED)
    seed = SEED + _CHANCE
    prediction, predictive = predict(segmentation, holdout, random_state=seed)
    assert certificates.prediction == prediction
    assert certificates.prediction.date == holdout.date
    halves = split_half_agreement(events, customers, segmentation)
    stable = stable_marks(customers.table, segmentation, halves, random_state=seed)
    usability = usable(customers, segmentation, random_state=seed)
    reality, real = reality_of(events, customers, segmentation, random_state=seed)
    # what share is set apart is counted when the segments are there
    assert replace(certificates.reality, apart=None, apart_share=None) == reality
    assert set(certificates.segments) == {"S1", "S2", "S3"} == set(real)
    for segment_id, part in certificates.segments.items():
        assert part.segment_id == segment_id
        assert part.stable == stable[segment_id]
        assert part.stable.split_half is not None
        assert part.real == real[segment_id]
        assert part.predictive == predictive[segment_id]
        assert part.usable == usability[segment_id]
    events.close()
