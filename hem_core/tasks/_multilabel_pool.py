"""By what the examples of a pool are ranked for a model of tags that did not see them."""

from __future__ import annotations

import numpy as np

from hem_core.tasks._multilabel_scores import probability

POLICIES = ("margin",)
"""By `tag_entropy`. benchmarks/pool_of_tasks.py compares the ways to choose: RESULTS.md, "Pools of boxes"."""
UNCERTAINTIES = {
    "tag_entropy": "the mean entropy of the tags in nats: how unsure the model is of all of them",
    "least_sure_tag": "how unsure the model is of its least sure tag, 0 .. 1: twice the smaller of p and 1 − p",
}


def unsure(logits: np.ndarray) -> dict[str, np.ndarray]:
    """`UNCERTAINTIES` of logits (N, K), each (N,) float32.

    Reference: binary entropy, Shannon 1948; the least sure label, binary minimum of Brinker 2006,
    doi:10.1007/3-540-31314-1_24.
    """
    right = probability(logits)
    either = np.abs(np.asarray(logits, np.float64))
    # −p log p − (1 − p) log(1 − p), with the logit's size l: log(1 + e^−l) + l (1 − p of the likelier state)
    entropy = np.logaddexp(0.0, -either) + either * np.minimum(right, 1 - right)
    least = 2 * np.minimum(right, 1 - right).max(axis=1, initial=0.0)
    return {"tag_entropy": entropy.mean(axis=1).astype(np.float32), "least_sure_tag": least.astype(np.float32)}
