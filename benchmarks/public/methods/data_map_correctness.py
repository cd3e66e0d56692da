"""Data maps: the share of epochs in which the label was predicted."""

import numpy as np

from benchmarks.public._types import Evidence

TITLE = "data map, correctness"
REFERENCE = "Swayamdipta et al. 2020, arXiv:2009.10795"


def data_map_correctness(evidence: Evidence) -> np.ndarray:
    """(N,) share of the epochs that were wrong, in 0 .. 1."""
    return (evidence.epoch_logits.argmax(axis=2) != evidence.labels[:, None]).mean(axis=1)
