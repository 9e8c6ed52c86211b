import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustomer.segments.validity.label_codes import coded


@given(st.lists(st.integers(-3, 9) | st.sampled_from([10**12, -(10**12)]), max_size=40))
def test_codes_are_those_of_numpy(labels: list[int]) -> None:
    given_labels = np.array(labels, dtype=np.int64)
    values, codes = coded(given_labels)
    expected_values, expected_codes = np.unique(given_labels, return_inverse=True)
    assert values.tolist() == expected_values.tolist()
    assert codes.tolist() == expected_codes.tolist()
    assert values.dtype == given_labels.dtype


@pytest.mark.parametrize("kind", [np.int32, np.uint8, np.float64, np.str_])
def test_codes_of_every_kind_of_label(kind: type) -> None:
    values, codes = coded(np.array([3, 1, 3, 2]).astype(kind))
    assert values.astype(np.float64).tolist() == [1, 2, 3]
    assert codes.tolist() == [2, 0, 2, 1]
    assert codes.dtype == np.int64
