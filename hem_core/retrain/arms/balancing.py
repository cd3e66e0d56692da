"""What the recipe `balanced` does for rare classes: a loss where the train function takes one, else weights, else its
outputs after a plain training."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from hem_core.engine.call import embeddings_of
from hem_core.engine.network import Network
from hem_core.mining import BalancedSoftmaxLoss, ClassBalancedLoss
from hem_core.tasks import is_known, load

TAU = 1.25
"""How much the logarithm of a class's share counts, in the loss and in the outputs: chosen among 1 to 2 on seeds 0 to 4
of the long tail of benchmarks/_benefit_long_tail.py; 1 is the papers'."""


def class_counts(targets: np.ndarray, n_classes: int) -> np.ndarray:
    """(K,) examples of each class, a class without any counted as 1. targets (N,) int64, -1 = none."""
    return np.bincount(targets[is_known(targets)], minlength=n_classes).clip(min=1)


def of_class(targets: np.ndarray) -> np.ndarray:
    """(N,) weights of the examples' classes, mean 1: the rarer the class, the heavier. See `ClassBalancedLoss`."""
    counts = np.bincount(targets)
    return ClassBalancedLoss(counts.clip(min=1).tolist()).weights.numpy()[targets]


def balanced_loss(counts: np.ndarray) -> nn.Module:
    """loss(logits (B, K), targets (B,)) -> (B,): `BalancedSoftmaxLoss` with `TAU`; counts (K,) of the training."""
    return BalancedSoftmaxLoss(counts.tolist(), tau=TAU, reduction="none")


def logit_offsets(counts: np.ndarray) -> np.ndarray:
    """(K,) float32 to subtract from the logits of a plain training: `TAU` times the log of each class's share.

    Reference: Menon et al. 2021, arXiv:2007.07314, section 4.1, post-hoc logit adjustment.
    """
    return (TAU * np.log(counts / counts.sum())).astype(np.float32)


def adjust(network: Network, offsets: np.ndarray) -> None:
    """Subtract the offsets (K,) from the logits of a model for good: in the bias of its last layer where it has one, so
    that its weights hold them, else in what it returns."""
    values, layer = torch.from_numpy(offsets), network.layer
    bias = getattr(layer.module, "bias", None) if layer is not None and layer.is_head else None
    if isinstance(bias, Tensor) and bias.shape == values.shape:
        with torch.no_grad():
            bias -= values.to(bias)
        return
    network.model.register_forward_hook(lambda _module, _inputs, output: _shifted(output, values))


def _shifted(output: object, offsets: Tensor) -> dict[str, Tensor]:
    logits, embeddings = load().raw(output), embeddings_of(output)
    found = {"logits": logits - offsets.to(logits)}
    return found if embeddings is None else found | {"embeddings": embeddings}
