"""The confidence interval of a share."""

import numpy as np
import numpy.typing as npt


def wilson(hits: npt.ArrayLike, n: npt.ArrayLike, *, z: float = 1.959964) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a share: hits of n, by default at 95%.

    hits, n: counts of any equal shape, 0 <= hits <= n. Returns (low, high), each in 0 .. 1;
    n = 0 gives 0 and 1: nothing is known.
    Reference: Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    hits, n = np.asarray(hits, float), np.asarray(n, float)
    known = np.maximum(n, 1)
    share = hits / known
    middle = share + z**2 / (2 * known)
    spread = z * np.sqrt(share * (1 - share) / known + z**2 / (4 * known**2))
    scale = 1 + z**2 / known
    low = np.where(n > 0, np.clip((middle - spread) / scale, 0, 1), 0.0)
    high = np.where(n > 0, np.clip((middle + spread) / scale, 0, 1), 1.0)
    return low, high
