"""The share of draws of each class."""

import torch
from torch import Tensor

from hem_core.mining.report import UNLABELLED


def quota(labels: Tensor) -> tuple[Tensor, Tensor]:
    """The class of each example, (N,) int64 in [0, K), and the share of each class, (K,) float64, of sum 1.

    A share goes with the root of the natural one, within 0.5 x .. 4 x of it (before all are scaled to sum 1). The
    label -100 is no class: what has it keeps its natural share.
    """
    named, which, times = labels.unique(return_inverse=True, return_counts=True)
    natural = times.to(torch.float64) / len(labels)
    is_class = named != UNLABELLED
    roots = natural.sqrt() * is_class
    shares = roots / roots.sum().clamp(min=1e-300) * natural[is_class].sum()
    shares = shares.clamp(min=0.5 * natural, max=4 * natural).where(is_class, natural)
    return which, shares / shares.sum()
