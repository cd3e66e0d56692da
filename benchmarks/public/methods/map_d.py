"""MAP-D: which probes have loss curves like this one's, by their 20 nearest."""

from functools import lru_cache

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from benchmarks.public._types import Evidence, losses

TITLE = "MAP-D"
REFERENCE = "Siddiqui et al. 2022, arXiv:2209.10015; two kinds of probes, random labels and labels as given"


def map_d(evidence: Evidence) -> np.ndarray:
    """(N,) share of the 20 nearest probes whose label was replaced at random, in 0 .. 1."""
    return _share(evidence)


def flags(evidence: Evidence) -> np.ndarray:
    """(N,) bool: most of the 20 are."""
    return _share(evidence) > 0.5


@lru_cache(maxsize=1)
def _share(evidence: Evidence) -> np.ndarray:
    model = KNeighborsClassifier(n_neighbors=min(20, len(evidence.probe_labels)))
    model.fit(losses(evidence.probe_logits, evidence.probe_labels), evidence.is_random_probe.astype(int))
    curves = losses(evidence.epoch_logits, evidence.labels)
    return np.asarray(model.predict_proba(curves))[:, list(model.classes_).index(1)]
