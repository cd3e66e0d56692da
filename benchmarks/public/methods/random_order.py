"""No method at all: a random order, to compare with."""

import numpy as np

from benchmarks.public._types import Evidence

TITLE = "random order"
REFERENCE = "none"


def random_order(evidence: Evidence) -> np.ndarray:
    """(N,) numbers by chance."""
    return np.random.default_rng([evidence.seed, 1]).random(len(evidence.labels))
