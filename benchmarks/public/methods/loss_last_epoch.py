"""The loss in the last epoch of the training."""

import numpy as np

from benchmarks.public._types import Evidence, losses

TITLE = "training loss, last epoch"
REFERENCE = "small-loss selection, Han et al. 2018, arXiv:1804.06872"


def loss_last_epoch(evidence: Evidence) -> np.ndarray:
    """(N,) cross-entropy of the label in nats."""
    return losses(evidence.epoch_logits[:, -1:], evidence.labels)[:, 0]
