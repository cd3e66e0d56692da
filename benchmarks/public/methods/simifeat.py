"""SimiFeat: the vote of the nearest by cosine, weighted by their similarity, with one's own label among them."""

from functools import lru_cache

import numpy as np
from sklearn.neighbors import NearestNeighbors

from benchmarks.public._types import Evidence

TITLE = "SimiFeat"
REFERENCE = "Zhu et al. 2022, arXiv:2110.06283; score of SimiFeat-R, decision of SimiFeat-V, k = 10, one round"


def simifeat(evidence: Evidence) -> np.ndarray:
    """(N,) 1 - cosine of the soft label of the neighbours and the label, in 0 .. 1."""
    votes = _votes(evidence)
    length = np.linalg.norm(votes, axis=1)
    return 1 - votes[np.arange(len(votes)), evidence.labels] / np.maximum(length, 1e-12)


def flags(evidence: Evidence) -> np.ndarray:
    """(N,) bool: the neighbours' majority is another class."""
    return _votes(evidence).argmax(axis=1) != evidence.labels


@lru_cache(maxsize=1)
def _votes(evidence: Evidence) -> np.ndarray:
    """(N, K). As in the authors' code, one's own distance is extrapolated from those of the next two."""
    model = NearestNeighbors(n_neighbors=10, metric="cosine").fit(evidence.embeddings)
    distance, nearest = model.kneighbors(evidence.embeddings)
    distance[:, 0] = 2 * distance[:, 1] - distance[:, 2]
    votes = np.zeros((len(nearest), evidence.n_classes))
    np.add.at(votes, (np.arange(len(nearest))[:, None], evidence.labels[nearest]), 1 - distance)
    return votes
