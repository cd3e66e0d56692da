"""The model inside the wrappers of other tools: compilation, data parallelism."""

from __future__ import annotations

from torch import nn


def unwrapped(model: nn.Module) -> nn.Module:
    """The module whose layers can be seen, with the same weights: that of torch.compile, DataParallel and DDP.

    A compiled graph hides its layers, and parallel copies are out of sight; the module inside gives the same logits.
    """
    while True:
        inner = getattr(model, "_orig_mod", None)  # torch.compile
        if not isinstance(inner, nn.Module) and _is_parallel(model):
            inner = getattr(model, "module", None)
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def _is_parallel(model: nn.Module) -> bool:
    if isinstance(model, nn.DataParallel):
        return True
    return any(kind.__name__ == "DistributedDataParallel" for kind in type(model).__mro__)
