"""cleanlab's label quality by normalized margin."""

import numpy as np

from benchmarks.public._types import Evidence

TITLE = "cleanlab, normalized margin"
LIBRARY = "cleanlab"
REFERENCE = "Northcutt et al. 2021, arXiv:1911.00068"


def cleanlab_normalized_margin(evidence: Evidence) -> np.ndarray:
    """(N,) from the largest other probability minus the label's, in 0 .. 1."""
    from cleanlab.rank import get_label_quality_scores

    return 1 - get_label_quality_scores(evidence.labels, evidence.pred_probs, method="normalized_margin")
