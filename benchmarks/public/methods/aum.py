"""AUM: the margin of the label, averaged over the epochs, by the authors' library."""

import numpy as np
import torch

from benchmarks.public._types import Evidence

TITLE = "AUM"
LIBRARY = "aum"
REFERENCE = "Pleiss et al. 2020, arXiv:2001.10528; ranked, without the threshold samples"


def aum(evidence: Evidence) -> np.ndarray:
    """(N,) minus the AUM, in logits."""
    from aum import AUMCalculator

    rows, labels = list(range(len(evidence.labels))), torch.from_numpy(evidence.labels)
    calculator = AUMCalculator("", compressed=True)
    for logits in torch.from_numpy(evidence.epoch_logits).unbind(dim=1):
        calculator.update(logits, labels, rows)
    return np.array([-calculator.sums[row] / calculator.counts[row] for row in rows])
