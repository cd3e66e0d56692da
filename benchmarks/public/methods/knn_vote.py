"""How many of the nearest in the embedding have another label."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from benchmarks.public._types import Evidence

TITLE = "k-NN vote"
REFERENCE = "deep k-NN, Bahri et al. 2020, arXiv:2004.12289; k = 15"


def knn_vote(evidence: Evidence) -> np.ndarray:
    """(N,) share of the 15 nearest, itself left out, in 0 .. 1."""
    nearest = NearestNeighbors(n_neighbors=15).fit(evidence.embeddings).kneighbors(return_distance=False)
    return (evidence.labels[nearest] != evidence.labels[:, None]).mean(axis=1)
