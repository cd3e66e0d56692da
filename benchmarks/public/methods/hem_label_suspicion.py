"""HEM's headline for wrong labels."""

import numpy as np

from benchmarks.public._types import Evidence
from benchmarks.public.methods._hem import table

TITLE = "HEM, label_suspicion"
LIBRARY = "hem"
REFERENCE = "docs/columns.md"


def hem_label_suspicion(evidence: Evidence) -> np.ndarray:
    """(N,) percentile in 0 .. 100."""
    return table(evidence)["label_suspicion"].to_numpy(float)


def flags(evidence: Evidence) -> np.ndarray:
    """(N,) bool: the reason says mislabelled."""
    return (table(evidence)["reason"] == "mislabelled").to_numpy()
