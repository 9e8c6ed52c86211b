"""Silence scikit-learn's warning of fewer clusters than asked for, in all threads."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from sklearn.exceptions import ConvergenceWarning

_lock = Lock()
_inside = 0
_silence: "warnings.catch_warnings[None] | None" = None


@contextmanager
def quiet_fits() -> Iterator[None]:
    """Ignore scikit-learn's ConvergenceWarning while the block runs, in every thread.

    KMeans warns where rows hold fewer different values than it should make clusters, as a
    resample may. What is ignored is kept for the whole process, so that threads which each
    ignore and restore would leave each other's state behind. Here the first that enters ignores,
    and the last that leaves restores.

    >>> with quiet_fits():
    ...     with quiet_fits():
    ...         pass
    ...     warnings.warn("not heard", ConvergenceWarning)
    """
    global _inside, _silence
    with _lock:
        if _inside == 0:
            _silence = warnings.catch_warnings()
            _silence.__enter__()
            warnings.simplefilter("ignore", ConvergenceWarning)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _silence is not None:
                _silence.__exit__(None, None, None)
                _silence = None
