"""HEM's calibrated probability that a fresh model gets the example wrong as labelled."""

import numpy as np

from benchmarks.public._types import Evidence
from benchmarks.public.methods._hem import table

TITLE = "HEM, error_prob"
LIBRARY = "hem"
REFERENCE = "docs/columns.md"


def hem_error_prob(evidence: Evidence) -> np.ndarray:
    """(N,) in 0 .. 1."""
    return table(evidence)["error_prob"].to_numpy(float)
