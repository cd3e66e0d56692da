"""cleanlab's label quality by confidence-weighted entropy."""

import numpy as np

from benchmarks.public._types import Evidence

TITLE = "cleanlab, confidence-weighted entropy"
LIBRARY = "cleanlab"
REFERENCE = "Kuan & Mueller 2022, Model-agnostic label quality scoring to detect real-world label errors"


def cleanlab_entropy(evidence: Evidence) -> np.ndarray:
    """(N,) 1 - quality, in 0 .. 1."""
    from cleanlab.rank import get_label_quality_scores

    return 1 - get_label_quality_scores(evidence.labels, evidence.pred_probs, method="confidence_weighted_entropy")
