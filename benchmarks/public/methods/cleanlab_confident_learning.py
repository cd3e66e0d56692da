"""cleanlab's find_label_issues: confident learning says which, what it flags comes first, by normalized margin."""

from functools import lru_cache

import numpy as np

from benchmarks.public._types import Evidence

TITLE = "cleanlab, find_label_issues"
LIBRARY = "cleanlab"
REFERENCE = "Northcutt et al. 2021, arXiv:1911.00068; defaults (prune by noise rate)"


def cleanlab_confident_learning(evidence: Evidence) -> np.ndarray:
    """(N,) in 0 .. 2: above 1 what is flagged."""
    from cleanlab.rank import get_label_quality_scores

    margin = 1 - get_label_quality_scores(evidence.labels, evidence.pred_probs, method="normalized_margin")
    return margin + flags(evidence)


@lru_cache(maxsize=1)
def flags(evidence: Evidence) -> np.ndarray:
    """(N,) bool."""
    from cleanlab.filter import find_label_issues

    return find_label_issues(evidence.labels, evidence.pred_probs, n_jobs=1)
