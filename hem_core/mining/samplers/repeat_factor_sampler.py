"""Images with rare classes are drawn more often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from hem_core.mining._ranges import between
from hem_core.mining.report import UNLABELLED
from hem_core.mining.samplers._epoch_sampler import EpochSampler
from hem_core.mining.samplers._spread import spread


class RepeatFactorSampler(EpochSampler):
    """Draws an example r times an epoch, r = the highest max(1, sqrt(threshold / f)) of its classes.

    f is the share of the examples that hold a class; threshold in 0 .. 1: classes rarer than it are repeated.
    labels (N,): a class an example, or for each a collection of its classes (an empty one has r = 1, and -100 is no
    class). A fraction of r
    is drawn by chance, again in every epoch, while the number of all draws stays round(sum r). The shift is intended,
    so all weights are 1. noise: of the repeated ones, or (N,) probabilities that a label is wrong.

    >>> sampler = RepeatFactorSampler([0, 0, 0, 0, 0, 0, 0, 1], threshold=0.5)    # f of 1 is 1/8: sqrt(.5 * 8) = 2
    >>> sampler.factors
    tensor([1., 1., 1., 1., 1., 1., 1., 2.], dtype=torch.float64)
    >>> len(sampler), list(sampler).count(7)
    (9, 2)
    >>> RepeatFactorSampler([{0}, {0, 1}, {0}, set()], threshold=1.0).factors.tolist()[1]
    2.0

    Reference: Gupta et al. 2019 (LVIS), arXiv:1908.03195. Changed: draws are even (systematic), so that every epoch
    is of one length.
    """

    def __init__(
        self,
        labels: Tensor | Sequence[int] | Sequence[Iterable[int]],
        *,
        threshold: float = 0.001,
        seed: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
        noise: float | Tensor | None = None,
    ) -> None:
        between("threshold", threshold, 0, 1)
        named = labels.tolist() if isinstance(labels, Tensor) else list(labels)
        classes = [set(label) if isinstance(label, Iterable) else {int(label)} for label in named]
        classes = [those - {UNLABELLED} for those in classes]
        held_by = Counter(name for those in classes for name in those)
        factor = {name: max(1.0, (threshold * len(classes) / times) ** 0.5) for name, times in held_by.items()}
        self.factors = torch.tensor(
            [max((factor[name] for name in those), default=1.0) for those in classes], dtype=torch.float64
        )
        is_single = all(len(those) == 1 for those in classes)
        super().__init__(
            len(classes),
            float(self.factors.sum()),
            labels=torch.tensor([next(iter(those)) for those in classes]) if is_single else None,
            seed=seed,
            rank=rank,
            world_size=world_size,
            noise=noise,
        )

    def _draw(self, chance: torch.Generator) -> tuple[Tensor, Tensor]:
        expected = self.factors * (self.total / self.factors.sum())
        return spread(expected, chance), torch.ones(self.n)

    def _mined(self) -> Tensor:
        return self.factors - 1
