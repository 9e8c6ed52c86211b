import threading
import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning

from clustomer.segments.validity.quiet_fits import quiet_fits


def test_a_thread_that_leaves_later_restores_what_was_before():
    entered, leave = threading.Event(), threading.Event()

    def outlast():
        with quiet_fits():
            entered.set()
            leave.wait(10)

    before = list(warnings.filters)
    with quiet_fits():
        thread = threading.Thread(target=outlast)
        thread.start()
        assert entered.wait(10)
    warnings.warn("the other thread is still inside", ConvergenceWarning, stacklevel=1)
    leave.set()
    thread.join()
    assert warnings.filters == before
    with pytest.raises(ConvergenceWarning):
        warnings.warn("everyone has left", ConvergenceWarning, stacklevel=1)


def test_an_error_restores_too():
    before = list(warnings.filters)
    with pytest.raises(ZeroDivisionError), quiet_fits():
        raise ZeroDivisionError
    assert warnings.filters == before
