"""Words that are over-represented in one group of texts."""

import numpy as np


def log_odds(group: np.ndarray, others: np.ndarray, *, prior: float = 500.0) -> tuple[np.ndarray, np.ndarray]:
    """How much more at home each word is in a group than elsewhere: the log-odds ratio with an informative prior.

    group, others (W,): how often each word occurs in either; prior: the size of the prior, whose words are
    distributed as in both together, so that rare words are drawn towards no difference.
    Returns (delta, z), each (W,): the log-odds ratio, above 0 = more frequent in the group, and delta over its
    standard deviation.
    Reference: Monroe, Colaresi & Quinn 2008, "Fightin' Words", doi:10.1093/pan/mpn018.
    """
    a, b = np.asarray(group, np.float64), np.asarray(others, np.float64)
    whole = a + b
    alpha = prior * whole / max(whole.sum(), 1)

    def odds(count: np.ndarray) -> np.ndarray:
        inside = count + alpha
        return np.log(np.maximum(inside, 1e-12)) - np.log(np.maximum(count.sum() + prior - inside, 1e-12))

    delta = odds(a) - odds(b)
    variance = 1 / np.maximum(a + alpha, 1e-12) + 1 / np.maximum(b + alpha, 1e-12)
    return delta, delta / np.sqrt(variance)
