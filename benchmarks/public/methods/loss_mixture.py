"""Two Gaussians fitted to the training loss: the chance that a label belongs to the one of higher loss."""

from functools import lru_cache

import numpy as np
from sklearn.mixture import GaussianMixture

from benchmarks.public._types import Evidence, losses

TITLE = "loss mixture (DivideMix)"
REFERENCE = "co-divide of DivideMix, Li et al. 2020, arXiv:2002.07394; on the mean loss of all epochs, one network"


def loss_mixture(evidence: Evidence) -> np.ndarray:
    """(N,) posterior in 0 .. 1; equal ones in the order of the loss."""
    return _posterior(evidence) + 1e-9 * _mean_loss(evidence)


def flags(evidence: Evidence) -> np.ndarray:
    """(N,) bool: the posterior is above a half."""
    return _posterior(evidence) > 0.5


@lru_cache(maxsize=1)
def _posterior(evidence: Evidence) -> np.ndarray:
    mean = _mean_loss(evidence)
    scaled = ((mean - mean.min()) / max(float(np.ptp(mean)), 1e-12))[:, None]
    mixture = GaussianMixture(2, max_iter=10, tol=1e-2, reg_covar=5e-4, random_state=0).fit(scaled)
    return mixture.predict_proba(scaled)[:, mixture.means_[:, 0].argmax()]


def _mean_loss(evidence: Evidence) -> np.ndarray:
    return losses(evidence.epoch_logits, evidence.labels).mean(axis=1)
