"""Whether a model ends in a sigmoid, seen in the operations of one forward pass and not guessed from its numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from hem_core.engine.call import call

SIGMOIDS = {torch.ops.aten.sigmoid.default, torch.ops.aten.sigmoid_.default}


class _Watch(TorchDispatchMode):
    """Keeps what sigmoids return, so that its memory is not given to another tensor meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func in SIGMOIDS:
            self.seen.append(result)
        return result


def ends_in_a_sigmoid(model: nn.Module, inputs: Any) -> bool:
    """Whether what the model returns for these inputs came out of a sigmoid; False where nothing is seen."""
    try:
        with _Watch() as watch:
            output = call(model, inputs)
    except Exception:  # a scripted or an exotic model is not watched
        return False
    return any(_is_same(found, seen) for found in _tensors(output) for seen in watch.seen)


def _tensors(output: Any) -> list[Tensor]:
    """What stands for the logits in an output."""
    if isinstance(output, Tensor):
        return [output]
    logits = output.get("logits") if hasattr(output, "get") else getattr(output, "logits", None)
    if logits is None and isinstance(output, tuple | list) and output:
        logits = output[0]
    return [logits] if isinstance(logits, Tensor) else []


def _is_same(one: Tensor, other: Tensor) -> bool:
    """Whether one is the other or a part of it, as a slice or another shape is."""
    return one.numel() > 0 and one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()
