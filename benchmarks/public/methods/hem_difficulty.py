"""HEM's headline for hard examples, whose labels may be right."""

import numpy as np

from benchmarks.public._types import Evidence
from benchmarks.public.methods._hem import table

TITLE = "HEM, difficulty"
LIBRARY = "hem"
REFERENCE = "docs/columns.md"


def hem_difficulty(evidence: Evidence) -> np.ndarray:
    """(N,) percentile in 0 .. 100."""
    return table(evidence)["difficulty"].to_numpy(float)
