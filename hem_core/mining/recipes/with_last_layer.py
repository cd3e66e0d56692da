from copy import deepcopy

from torch import nn

from hem_core.errors import MiningError
from hem_core.mining.recipes.last_layer_inputs import named_layer


def with_last_layer(model: nn.Module, layer: str, head: nn.Module) -> nn.Module:
    """A copy of the model in which the layer of that name is `head`; the model itself stays as it is.

    layer: its name in `model.named_modules()`; head: such as `dfr` and `balanced_head` return.
    Raises MiningError for an unknown layer, and when a linear layer and the head want features of other widths.
    Reference: none.

    >>> import torch
    >>> from hem_core import mining
    >>> model = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(2, 3))
    >>> mining.with_last_layer(model, "1", torch.nn.Identity())(torch.tensor([[1.0, -1.0]]))
    tensor([[1., 0.]])
    """
    old = named_layer(model, layer)
    if isinstance(old, nn.Linear) and isinstance(head, nn.Linear) and old.in_features != head.in_features:
        raise MiningError(f"layer '{layer}' gets {old.in_features} features, the head expects {head.in_features}")
    changed = deepcopy(model)
    parent, _, name = layer.rpartition(".")
    setattr(changed.get_submodule(parent), name, head)
    return changed
