"""Data maps: the mean probability of the label over the epochs."""

import numpy as np

from benchmarks.public._types import Evidence, losses

TITLE = "data map, confidence"
REFERENCE = "Swayamdipta et al. 2020, arXiv:2009.10795"


def data_map_confidence(evidence: Evidence) -> np.ndarray:
    """(N,) 1 - mean probability, in 0 .. 1."""
    return 1 - np.exp(-losses(evidence.epoch_logits, evidence.labels)).mean(axis=1)
