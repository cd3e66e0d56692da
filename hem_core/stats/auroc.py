"""How well a score tells some rows from others."""

import numpy as np


def auroc(planted: np.ndarray, others: np.ndarray) -> float:
    """How often one of `planted` (P,) is above one of `others` (O,), 0 .. 1, ties as half; NaN for P = 0."""
    ordered = np.sort(others)
    below = (np.searchsorted(ordered, planted, "left") + np.searchsorted(ordered, planted, "right")) / 2
    return float(below.mean() / max(1, len(ordered)))
