import torch
from torch import Tensor, nn

from hem_core.errors import MiningError
from hem_core.mining.recipes._logistic import fitted, linear, rows_checked, spread


def balanced_head(
    features: Tensor, targets: Tensor, *, n_classes: int | None = None, penalty: float = 0.01
) -> nn.Linear:
    """A new last layer for frozen features, trained as if all classes were equally frequent.

    features (N, D) that the last layer gets, as `last_layer_inputs` finds them, of the training set; targets (N,)
    int64 in [0, n_classes), by default up to the largest there is; penalty >= 0 of the squared weights, of
    standardised features.
    Returns an nn.Linear(D, n_classes) with the features' type and device; equal arguments give equal layers. A class
    without an example is not learned. Put it in place with `with_last_layer`.
    Raises MiningError for other shapes, a NaN, fewer than 2 classes.
    Use it: for a long tail and a trained model, in seconds.
    Reference: Kang et al. 2020, arXiv:1910.09217, classifier re-training (cRT); there by SGD over class-balanced
    batches, here by weights and to the minimum.

    >>> import torch
    >>> from hem_core import mining
    >>> model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> inputs = torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    >>> targets = (inputs[:, 0] > 1).long()  # the rarer class
    >>> features = mining.last_layer_inputs(model, inputs, layer="2")
    >>> head = mining.balanced_head(features, targets)
    >>> better = mining.with_last_layer(model, "2", head)
    >>> tuple(better(inputs).shape)
    (50, 2)
    """
    if penalty < 0:
        raise MiningError(f"penalty must be 0 or more; it is {penalty:g}")
    rows, targets, k = rows_checked(features, targets, n_classes)
    mean, deviation = spread(rows)
    weights = 1 / torch.bincount(targets, minlength=k).double()[targets]
    weight, bias = fitted((rows - mean) / deviation, targets, k, weights, penalty)
    return linear(weight, bias, mean, deviation, like=features)
