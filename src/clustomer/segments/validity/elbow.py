"""The elbow of a curve, by Kneedle."""

from collections.abc import Sequence

import numpy as np


def find_elbow(x: Sequence[float], y: Sequence[float], *, sensitivity: float = 1.0) -> float | None:
    """Return the `x` at which a convex, decreasing curve has its elbow, or None.

    Kneedle (Satopaa, Albrecht, Irwin & Raghavan 2011, "Finding a 'Kneedle' in a
    Haystack", doi:10.1109/ICDCSW.2011.20) for the offline case, without smoothing: both
    axes are brought to [0, 1], the curve is turned upside down, and a local maximum of its
    height above the diagonal counts as an elbow once the height falls by
    `sensitivity * mean step of x` before it rises again. Of several elbows the highest is
    returned, and the first where two are as high.

    There is no elbow, and None is returned, with fewer than three points, on a flat or a
    rising curve, and where no point lies above the diagonal far enough (a straight line, a
    curve that falls ever faster). The first and the last point are never an elbow.

    Parameters
    ----------
    x : rising values, such as numbers of clusters.
    y : the value of the curve at each, such as inertia.
    sensitivity : how far the curve must bend; the paper's S, which suggests 1.

    Examples
    --------
    >>> find_elbow([1, 2, 3, 4, 5], [100, 30, 20, 10, 0])
    2.0
    >>> find_elbow([1, 2, 3, 4, 5], [4, 3, 2, 1, 0]) is None
    True
    """
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if xs.shape != ys.shape or xs.ndim != 1:
        raise ValueError(f"x and y must be as long as each other, got {xs.shape} and {ys.shape}.")
    if len(xs) < 3 or not np.isfinite(ys).all() or not ys[0] > ys[-1]:
        return None
    across = (xs - xs[0]) / (xs[-1] - xs[0])
    height = (ys.max() - ys) / (ys.max() - ys.min()) - across
    drop = sensitivity * float(np.mean(np.diff(across)))
    best: int | None = None
    for index in range(1, len(xs) - 1):
        if not (height[index] > height[index - 1] and height[index] >= height[index + 1]):
            continue
        lowest = height[index]
        for later in height[index + 1 :]:
            if later > height[index]:
                break
            lowest = min(lowest, later)
        bends = lowest < height[index] - drop
        if bends and height[index] > 0 and (best is None or height[index] > height[best]):
            best = index
    return None if best is None else float(xs[best])
