"""Which tags are called wrong: how many is counted or expected, and the order of suspicion says which they are."""

from __future__ import annotations

import numpy as np

from hem_core.tasks._multilabel_scores import PREDICTED, support

ROUNDING = 1e-9
"""By how much a probability may miss the mean that it equals."""


def contradicted(given: np.ndarray, probs: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """(N, K) bool: the most suspicious tags, as many as the model contradicts as surely as it is right on average.

    given (N, K): 1 yes, 0 no, NaN unknown; probs (N, K); wrong (N, K): their suspicion. The mean is that of the tag: of
    its probability where it is given, and of the complement where it is not, as in confident learning (Northcutt et al.
    2021, arXiv:1911.00068); there all that are counted are returned, here as many, by the order of suspicion.
    """
    own, is_given = support(given, probs), given > 0
    usual = np.where(probs >= PREDICTED, _mean(probs, is_given), _mean(1 - probs, given == 0))
    is_counted = (own <= 1 - PREDICTED) & (1 - own >= usual - ROUNDING)
    return _most_suspicious(wrong, int(is_counted.sum()))


def expected(wrong: np.ndarray) -> np.ndarray:
    """(N, K) bool: the most suspicious tags, as many as are wrong by expectation, the sum of the suspicion (N, K)."""
    return _most_suspicious(wrong, round(float(np.nansum(wrong))))


def _mean(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """(K,) mean of each column over the rows of a mask (N, K); 1 for a column without any."""
    count = among.sum(axis=0)
    return np.divide((values * among).sum(axis=0), count, out=np.ones(len(count)), where=count > 0)


def _most_suspicious(wrong: np.ndarray, n: int) -> np.ndarray:
    chosen = np.zeros(wrong.size, bool)
    chosen[np.argsort(-np.nan_to_num(wrong, nan=-1.0).reshape(-1), kind="stable")[:n]] = True
    return chosen.reshape(wrong.shape)
