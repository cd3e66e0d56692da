import torch
from torch import Tensor, nn

from hem_core.errors import MiningError
from hem_core.mining.recipes._logistic import fitted, linear, rows_checked, spread


def dfr(
    features: Tensor,
    targets: Tensor,
    groups: Tensor,
    *,
    n_classes: int | None = None,
    penalty: float = 0.01,
    n_draws: int = 10,
    seed: int = 0,
) -> nn.Linear:
    """A new last layer for frozen features, trained on held-out examples of which each group has equally many.

    features (N, D) that the last layer gets, as `last_layer_inputs` finds them, of examples that the model was *not*
    trained on; targets (N,) int64 in [0, n_classes), by default up to the largest there is; groups (N,) int64, any
    numbers, such as class × background; penalty >= 0 of the squared weights, of standardised features. n_draws times
    each group is cut to the size of the smallest, at random by seed, and the mean of the layers is taken.
    Returns an nn.Linear(D, n_classes) with the features' type and device; equal arguments give equal layers. Put it
    in place with `with_last_layer`.
    Raises MiningError for other shapes, a NaN, fewer than 2 classes.
    Use it: when the groups of a few hundred held-out examples are known; it beats training for the worst group.
    Reference: Kirichenko et al. 2023, arXiv:2204.02937; there with an L1 penalty that is tuned, here L2.

    >>> import torch
    >>> from hem_core import mining
    >>> model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> inputs = torch.randn(60, 4, generator=torch.Generator().manual_seed(0))
    >>> targets, background = (inputs[:, 0] > 0).long(), (inputs[:, 1] > 1).long()
    >>> features = mining.last_layer_inputs(model, inputs, layer="2")
    >>> head = mining.dfr(features, targets, groups=2 * targets + background)
    >>> better = mining.with_last_layer(model, "2", head)
    >>> tuple(better(inputs).shape)
    (60, 2)
    """
    if penalty < 0 or n_draws < 1:
        raise MiningError(f"penalty must be 0 or more, n_draws 1 or more; they are {penalty:g}, {n_draws}")
    rows, targets, k = rows_checked(features, targets, n_classes)
    if groups.shape != targets.shape or groups.dtype != torch.int64:
        raise MiningError(f"expected groups ({len(targets)},) int64; got {tuple(groups.shape)} {groups.dtype}")
    mean, deviation = spread(rows)
    rows, groups, generator = (rows - mean) / deviation, groups.cpu(), torch.Generator().manual_seed(seed)
    layers = []
    for _ in range(n_draws):
        drawn = _balanced(groups, generator)
        layers.append(fitted(rows[drawn], targets[drawn], k, torch.ones(len(drawn)), penalty))
    weight, bias = (torch.stack(parts).mean(dim=0) for parts in zip(*layers, strict=True))
    return linear(weight, bias, mean, deviation, like=features)


def _balanced(groups: Tensor, generator: torch.Generator) -> Tensor:
    """Rows (G × n,), ascending: n of each group at random, n the size of the smallest."""
    order = torch.randperm(len(groups), generator=generator)
    members = [order[groups[order] == group] for group in groups.unique()]
    n = min(len(rows) for rows in members)
    return torch.cat([rows[:n] for rows in members]).sort().values
