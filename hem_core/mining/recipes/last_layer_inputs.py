from typing import Any

import torch
from torch import Tensor, nn

from hem_core.errors import MiningError
from hem_core.mining.recipes._forward import Collate, Dataset, forward


def last_layer_inputs(
    model: nn.Module, dataset: Dataset, layer: str, *, batch_size: int = 256, collate: Collate | None = None
) -> Tensor:
    """The input of a model's layer for each example: the features that `dfr` and `balanced_head` take.

    dataset: a tensor (N, …) of inputs, or N items that are an input or begin with one, as (input, target, id); layer:
    its name in `model.named_modules()`; collate: makes a list of items what the model is called with, by default the
    inputs are stacked.
    Returns (N, D) on the model's device, of eval mode; the model is left as it was, batch-norm statistics included.
    Raises MiningError for an unknown layer, and for one that is not called once a batch with a tensor (B, D).
    Reference: none.

    >>> import torch
    >>> from hem_core import mining
    >>> model = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(2, 3))
    >>> mining.last_layer_inputs(model, torch.tensor([[1.0, -1.0], [-2.0, 2.0]]), layer="1")
    tensor([[1., 0.],
            [0., 2.]])
    """
    seen: list[Tensor] = []
    hook = named_layer(model, layer).register_forward_pre_hook(lambda _module, given: _keep(seen, given, layer))
    try:
        for done, _ in enumerate(forward(model, dataset, batch_size, collate), start=1):
            if len(seen) != done:
                raise MiningError(f"layer '{layer}' was called {len(seen) - done + 1} times in a batch; expected once")
    finally:
        hook.remove()
    return torch.cat(seen) if seen else torch.zeros(0, 0)


def named_layer(model: nn.Module, layer: str) -> nn.Module:
    """The layer of that name. Raises MiningError, listing the linear ones, when there is none."""
    layers = dict(model.named_modules())
    if not layer or layer not in layers:
        known = [name for name, module in layers.items() if isinstance(module, nn.Linear)]
        raise MiningError(f"no layer '{layer}'; the linear ones are: {', '.join(known) or 'none'}")
    return layers[layer]


def _keep(seen: list[Tensor], given: tuple[Any, ...], layer: str) -> None:
    if not given or not isinstance(given[0], Tensor) or given[0].ndim != 2:
        what = tuple(given[0].shape) if given and isinstance(given[0], Tensor) else "no tensor"
        raise MiningError(f"layer '{layer}' receives {what}; expected features (B, D)")
    seen.append(given[0].detach())
