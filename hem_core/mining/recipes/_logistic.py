"""A linear layer fitted to features until convergence."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hem_core.errors import MiningError


def rows_checked(features: Tensor, targets: Tensor, n_classes: int | None) -> tuple[Tensor, Tensor, int]:
    """Features (N, D) float64, targets (N,) and K, on the CPU.

    Raises MiningError for other shapes, a NaN, a target outside of 0 .. K - 1, and fewer than 2 classes.
    """
    if features.ndim != 2 or targets.shape != features.shape[:1] or targets.dtype != torch.int64:
        raise MiningError(
            f"expected features (N, D) and targets (N,) int64; got {tuple(features.shape)} and "
            f"{tuple(targets.shape)} {str(targets.dtype).removeprefix('torch.')}"
        )
    features, targets = features.detach().cpu().double(), targets.cpu()
    is_bad = ~features.isfinite().all(dim=1)
    if is_bad.any():
        raise MiningError(f"row {int(is_bad.nonzero()[0])} of the features has a NaN or an infinite value")
    if len(targets.unique()) < 2:
        raise MiningError(f"the {len(targets)} examples have fewer than 2 classes, so nothing can be learned")
    low, high = int(targets.min()), int(targets.max())
    k = high + 1 if n_classes is None else n_classes
    if low < 0 or high >= k:
        raise MiningError(f"targets are class indices in 0 .. {k - 1}; got {low} .. {high}")
    return features, targets, k


def fitted(features: Tensor, targets: Tensor, n_classes: int, weights: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
    """(K, D) and (K,): where sum(weights × cross entropy) / sum(weights) + penalty / 2 |W|² is smallest.

    features (N, D) float64, best standardised; weights (N,) >= 0. Convex and deterministic; the start is 0.
    """
    weight = torch.zeros(n_classes, features.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(n_classes, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=500, tolerance_grad=1e-7, tolerance_change=1e-12, line_search_fn="strong_wolfe"
    )
    weights = (weights / weights.sum()).double()

    def objective() -> Tensor:
        optimizer.zero_grad()
        losses = F.cross_entropy(F.linear(features, weight, bias), targets, reduction="none")
        total = (weights * losses).sum() + penalty / 2 * weight.square().sum()
        total.backward()
        return total

    optimizer.step(objective)  # with gradients, also where the caller has turned them off
    return weight.detach(), bias.detach()


def spread(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (D,) of the columns; a constant one has the deviation 1."""
    deviation = features.std(dim=0, correction=0)
    return features.mean(dim=0), torch.where(deviation > 0, deviation, torch.ones_like(deviation))


def linear(weight: Tensor, bias: Tensor, mean: Tensor, deviation: Tensor, like: Tensor) -> nn.Linear:
    """The layer for features as they come, of one for (features - mean) / deviation; type and device as `like`."""
    weight = weight / deviation
    head = nn.Linear(weight.shape[1], weight.shape[0], device="meta")  # draws no random numbers
    head.weight, head.bias = (nn.Parameter(part.to(like.device, like.dtype)) for part in (weight, bias - weight @ mean))
    return head
