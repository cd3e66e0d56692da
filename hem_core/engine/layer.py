"""Where the embedding is read: the input of the last linear layer, or the output of a layer that was named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from hem_core.engine.call import call
from hem_core.errors import ModelError
from hem_core.tasks import Task, load


@dataclass(frozen=True)
class Layer:
    """A place in the network. `is_head`: it is the last linear layer, and what is read is its input."""

    name: str
    module: nn.Module
    is_head: bool

    @property
    def has_bias(self) -> bool:
        return getattr(self.module, "bias", None) is not None


@dataclass
class Tap:
    """What the hook saw in the latest forward pass."""

    features: Tensor | None = field(default=None)


def find_layer(
    model: nn.Module, inputs: Any, named: str | None, *, task: Task | None = None, is_probability: bool = False
) -> Layer | None:
    """The named layer, or the linear layer whose output is the raw output of the task; None without such a head.

    is_probability: the raw output is the sigmoid of that of the layer. One forward pass over `inputs` tells which
    linear layer is used last.
    Raises ModelError for a name that is not a module of the model.
    """
    modules = dict(model.named_modules())
    if named:
        if named not in modules:
            names = ", ".join(name for name in modules if name)
            raise ModelError(f"no layer '{named}' in the model; there are: {names[:400]}")
        return Layer(named, modules[named], is_head=False)
    called: list[tuple[str, Tensor]] = []

    def note(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        return lambda _module, _inputs, output: called.append((name, output))

    linear = {name: module for name, module in modules.items() if isinstance(module, nn.Linear)}
    hooks = [module.register_forward_hook(note(name)) for name, module in linear.items()]
    try:
        output = call(model, inputs)
    finally:
        for hook in hooks:
            hook.remove()
    if not called:
        return None
    name, last = called[-1]
    raw = (task or load()).raw(output)
    last = last.sigmoid() if is_probability else last
    is_raw = last.ndim == 2 and last.shape[0] == raw.shape[0] and torch.equal(last.float(), raw[:, -last.shape[1] :])
    return Layer(name, modules[name], is_head=True) if is_raw else None


@contextmanager
def tapped(layer: Layer | None) -> Iterator[Tap]:
    """While open, every forward pass leaves the layer's features in the tap, pooled to (N, D)."""
    tap = Tap()
    if layer is None:
        yield tap
        return

    def before(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        tap.features = pooled(inputs[0])

    def after(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor | tuple[Tensor, ...]) -> None:
        tap.features = pooled(output[0] if isinstance(output, tuple) else output)

    hook = (
        layer.module.register_forward_pre_hook(before) if layer.is_head else layer.module.register_forward_hook(after)
    )
    try:
        yield tap
    finally:
        hook.remove()


def pooled(features: Tensor) -> Tensor:
    """(N, D) as it is; feature maps (N, D, H, W) and tokens (N, T, D) averaged over places -> (N, D)."""
    if features.ndim == 2:
        return features
    if features.ndim == 3:
        return features.mean(dim=1)  # (N, T, D) -> (N, D)
    if features.ndim == 4:
        return features.mean(dim=(2, 3))  # (N, D, H, W) -> (N, D)
    raise ModelError(f"cannot make an embedding of features of shape {tuple(features.shape)}; name another layer")
