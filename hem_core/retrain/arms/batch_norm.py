"""Re-estimate batch-norm statistics on the natural distribution, for a net that was trained on another one."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from hem_core.engine.batch import Values
from hem_core.engine.network import Network

KINDS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


@torch.inference_mode()
def reestimate(network: Network, batches: Iterable[Values]) -> int:
    """Compute the running means and variances again from these batches, each with equal weight; weights stay unchanged.

    Layers without running statistics are left alone. Returns how many were re-estimated; the model is in eval mode
    afterwards.
    """
    layers = [layer for layer in network.model.modules() if isinstance(layer, KINDS) and layer.running_mean is not None]
    if not layers:
        return 0
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the plain mean over all batches
        layer.train()
    try:
        for values in batches:
            network.forward(values)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
            layer.eval()
    return len(layers)
