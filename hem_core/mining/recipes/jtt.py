"""Just train twice (JTT)."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from hem_core.errors import MiningError
from hem_core.mining._loss_vector import check_same_rows
from hem_core.mining._noise import too_noisy
from hem_core.mining.recipes._forward import Collate, Dataset, forward
from hem_core.mining.report import UNLABELLED

Train = Callable[..., nn.Module]
"""train(dataset, weights=(N,) float tensor of mean 1, seed=int) -> a trained module that gives logits (B, K)."""


@dataclass(frozen=True, eq=False)
class TrainedTwice:
    """What `jtt` returns."""

    model: nn.Module
    """The second model."""
    first: nn.Module
    is_error: Tensor
    """(N,) bool: the first model was wrong."""
    weights: Tensor
    """(N,) float32 of mean 1, that the second was trained with."""
    off: str
    """Why no example was up-weighted; empty if some were."""


def jtt(
    train: Train,
    dataset: Dataset,
    *,
    upweight: float = 5.0,
    first: Train | None = None,
    noise: Tensor | None = None,
    seed: int = 0,
    targets: Tensor | None = None,
    batch_size: int = 256,
    collate: Collate | None = None,
) -> TrainedTwice:
    """Train, see which training examples the model gets wrong, and train again from scratch with more weight on these.

    train(dataset, weights=(N,), seed=…) -> module with logits (B, K), called twice, the first time with weights of 1;
    first: another train function for the first time. The first training must not memorise the wrong examples: use
    fewer epochs or more weight decay. dataset: items (input, target, …); its `targets` (N,), where it has them, are
    used. upweight >= 1 of the errors, to 1 of the rest; noise (N,): probability that a label is wrong (the column
    `error_prob` of a run): where it is above 1/2 an error is not upweighted, and where it is above 20% on the mean of
    the others nothing is, with a warning and `off` in the answer. collate: makes a list of items what the model is
    called with, by default the inputs are stacked.
    Returns TrainedTwice(model, first, is_error (N,), weights (N,) of mean 1, off).
    Raises MiningError for other shapes or options, and when the first model makes no error.
    Use it: for a group that no column names and that the model gets wrong; not with wrong labels. Choose upweight
    and the first training on a validation set with known groups.
    Reference: Liu et al. 2021, arXiv:2107.09044; there errors are repeated, here weighted, and the weights' mean is 1.

    >>> import torch
    >>> from hem_core import mining
    >>> def train(dataset, weights, seed):
    ...     inputs, targets = dataset.tensors
    ...     model = mining.NormedLinear(2, 2, seed=seed)
    ...     optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    ...     for _ in range(20):
    ...         losses = torch.nn.functional.cross_entropy(model(inputs), targets, reduction="none")
    ...         optimizer.zero_grad()
    ...         (weights * losses).mean().backward()
    ...         optimizer.step()
    ...     return model
    >>> inputs = torch.randn(40, 2, generator=torch.Generator().manual_seed(0))
    >>> dataset = torch.utils.data.TensorDataset(inputs, (inputs[:, 0] > inputs[:, 1].abs()).long())
    >>> twice = mining.jtt(train, dataset, upweight=3)
    >>> float(twice.weights[twice.is_error][0] / twice.weights[~twice.is_error][0])
    3.0
    """
    if upweight < 1:
        raise MiningError(f"upweight must be 1 or more; it is {upweight:g}")
    labels = _targets(dataset, targets)
    if noise is not None:
        noise = check_same_rows("noise", noise, labels, "jtt")
    even = torch.ones(len(labels))
    model = (first or train)(dataset, weights=even, seed=seed)
    is_error = (predicted(model, dataset, batch_size, collate) != labels) & (labels != UNLABELLED)
    if not is_error.any():
        raise MiningError(
            f"the first model gets all {len(labels)} training examples right, so no example can be up-weighted; "
            "pass first=, a train function of fewer epochs or more weight decay"
        )
    weights, off = _weights(is_error, upweight, noise)
    if off:
        warnings.warn(off, stacklevel=2)
    return TrainedTwice(train(dataset, weights=weights, seed=seed), model, is_error, weights, off)


def predicted(model: nn.Module, dataset: Dataset, batch_size: int, collate: Collate | None) -> Tensor:
    """(N,) int64 on the CPU: the class of the largest logit."""
    classes = []
    for output in forward(model, dataset, batch_size, collate):
        logits: Any = getattr(output, "logits", output)
        if not isinstance(logits, Tensor) or logits.ndim != 2:
            what = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
            raise MiningError(f"jtt expects a model that gives logits (B, K); this one gives {what}")
        classes.append(logits.argmax(dim=1).cpu())
    return torch.cat(classes)


def _targets(dataset: Any, targets: Tensor | None) -> Tensor:
    """(N,) int64 on the CPU: those given, those the data set has, or those of its items."""
    if targets is None:
        targets = getattr(dataset, "targets", None)
    if targets is None:
        targets = torch.tensor([int(dataset[index][1]) for index in range(len(dataset))])
    targets = torch.as_tensor(targets).cpu()
    if targets.shape != (len(dataset),) or not len(targets):
        raise MiningError(
            f"jtt expects targets ({len(dataset)},), one per example and at least one; got {len(targets)}"
        )
    return targets


def _weights(is_error: Tensor, upweight: float, noise: Tensor | None) -> tuple[Tensor, str]:
    raised, off = is_error, ""
    if noise is not None:
        raised = is_error & (noise <= 0.5)
        off = too_noisy("jtt", float(noise[raised].float().mean()) if raised.any() else None)
    weights = torch.where(raised & (not off), upweight, 1.0)
    return weights / weights.mean(), off
