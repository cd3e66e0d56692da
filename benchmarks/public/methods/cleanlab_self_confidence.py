"""cleanlab's label quality by self-confidence; the same order as the out-of-fold loss."""

import numpy as np

from benchmarks.public._types import Evidence

TITLE = "cleanlab, self-confidence (= loss, out-of-fold)"
LIBRARY = "cleanlab"
REFERENCE = "Northcutt et al. 2021, arXiv:1911.00068"


def cleanlab_self_confidence(evidence: Evidence) -> np.ndarray:
    """(N,) 1 - probability of the label."""
    from cleanlab.rank import get_label_quality_scores

    return 1 - get_label_quality_scores(evidence.labels, evidence.pred_probs, method="self_confidence")
