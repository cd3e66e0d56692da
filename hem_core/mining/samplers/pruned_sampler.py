"""Shorter epochs: a part of the easy examples is skipped, a different one each time."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from hem_core.mining._ranges import between
from hem_core.mining.loss_history import LossHistory
from hem_core.mining.samplers._epoch_sampler import EpochSampler
from hem_core.mining.samplers._spread import evenly, spread

MOST = 0.75  # of the easy part; what is kept of it then weighs 4 at most


class PrunedSampler(EpochSampler):
    """Skips the share `prune` in every epoch: of the examples with a known loss below the mean, drawn again each time.

    prune in 0 .. 0.75 (0.2 .. 0.4 is usual). Every epoch has (1 - prune) N draws, so len(loader) and with it the
    schedule stay as they are from the first to the last step, and the cost is known beforehand. At most 3/4 of the
    easy part are left out; what is missing to `prune` is left out of the rest at random, which in the first epoch is
    everything. The last `natural_last` of `epochs` sample uniformly: (1 - prune) N random ones. `reduce` weights a
    draw by (1 - prune) / its chance to be kept: the expected mean over an epoch is the mean loss of all. noise: of
    those at or above the mean, or (N,) probabilities that a label is wrong.

    >>> import torch
    >>> history = LossHistory(8)
    >>> history.update(torch.arange(8), torch.tensor([9.0, 9.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]))
    >>> sampler = PrunedSampler(history, epochs=8, prune=0.375)          # 3 of the 6 below the mean of 3
    >>> kept = sorted(sampler)
    >>> kept[:2], len(kept)
    ([0, 1], 5)
    >>> sampler.weights                                                  # 1 and 2, times 5 / 8
    tensor([0.6250, 0.6250, 1.2500, 1.2500, 1.2500, 1.2500, 1.2500, 1.2500])

    Reference: Qin et al. 2023 (InfoBatch), arXiv:2303.04947. Changed: as many are left out of every epoch, in place
    of each with the same chance, and the last epochs are as short as the others; weights are of mean 1 (the
    paper's are 1 / (1 - prune) on average: raise the learning rate by that much to follow it).
    """

    def __init__(
        self,
        history: LossHistory,
        *,
        epochs: int,
        prune: float = 0.3,
        natural_last: float = 0.125,
        labels: Tensor | None = None,
        seed: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
        noise: float | Tensor | None = None,
    ) -> None:
        self.prune = between("prune", prune, 0, MOST)
        super().__init__(
            len(history),
            math.ceil(round((1 - prune) * len(history), 6)),
            history=history,
            labels=labels,
            epochs=epochs,
            natural_last=natural_last,
            seed=seed,
            rank=rank,
            world_size=world_size,
            noise=noise,
        )

    def _draw(self, chance: torch.Generator) -> tuple[Tensor, Tensor]:
        left_out = self.n - self.total
        if left_out <= 0:  # nothing to prune, or filled up for the ranks
            return spread(evenly(self.n, self.total), chance), torch.ones(self.n)
        is_hard = self._is_hard()
        n_hard = int(is_hard.sum())
        of_easy = min(left_out, MOST * (self.n - n_hard))  # a fraction is drawn by chance
        keep_easy = 1 - of_easy / max(self.n - n_hard, 1)
        keep_hard = 1 - (left_out - of_easy) / max(n_hard, 1)
        expected = torch.full((self.n,), keep_easy, dtype=torch.float64)
        expected[is_hard] = keep_hard
        return spread(expected, chance), self.total / self.n / expected

    def _mined(self) -> Tensor:
        assert self.history is not None
        return (self._is_hard() & (self.history.counts > 0)).to(torch.float64)

    def _is_hard(self) -> Tensor:
        """At or above the mean of the known losses, or not known, (N,) bool."""
        assert self.history is not None
        losses = self.history.losses
        return ~(losses < losses.nanmean())
