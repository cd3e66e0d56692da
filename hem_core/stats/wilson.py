"""The confidence interval of a share."""

import numpy as np
import numpy.typing as npt


def wilson(
    hits: npt.ArrayLike, n: npt.ArrayLike, *, z: float = 1.959964, is_corrected: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a share: hits of n, by default at 95%.

    hits, n: counts of any equal shape, 0 <= hits <= n; also fractions, such as the worth of a sample. is_corrected:
    with the correction for continuity, which is wider and hardly ever covers less than it says, also for few hits.
    Returns (low, high), each in 0 .. 1; n = 0 gives 0 and 1: nothing is known.
    Reference: Wilson 1927, doi:10.1080/01621459.1927.10502953; with the correction Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, method 4.
    """
    hits, n = np.asarray(hits, float), np.asarray(n, float)
    known = np.maximum(n, 1)
    share = hits / known
    if is_corrected:
        return _corrected(share, n, z)
    middle = share + z**2 / (2 * known)
    spread = z * np.sqrt(share * (1 - share) / known + z**2 / (4 * known**2))
    scale = 1 + z**2 / known
    low = np.where(n > 0, np.clip((middle - spread) / scale, 0, 1), 0.0)
    high = np.where(n > 0, np.clip((middle + spread) / scale, 0, 1), 1.0)
    return low, high


def _corrected(share: np.ndarray, n: np.ndarray, z: float) -> tuple[np.ndarray, np.ndarray]:
    known, other = np.maximum(n, 1), 1 - share
    inner_low = np.maximum(z**2 - 2 - 1 / known + 4 * share * (known * other + 1), 0)
    inner_high = np.maximum(z**2 + 2 - 1 / known + 4 * share * (known * other - 1), 0)
    low = (2 * known * share + z**2 - 1 - z * np.sqrt(inner_low)) / (2 * (known + z**2))
    high = (2 * known * share + z**2 + 1 + z * np.sqrt(inner_high)) / (2 * (known + z**2))
    low = np.where((n > 0) & (share > 0), np.clip(low, 0, 1), 0.0)
    high = np.where((n > 0) & (share < 1), np.clip(high, 0, 1), 1.0)
    return low, high
