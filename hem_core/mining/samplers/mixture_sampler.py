"""A part of each batch from a hard set, the rest from the rest."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining._ranges import at_least, between
from hem_core.mining.loss_history import known_index
from hem_core.mining.samplers._epoch_sampler import EpochSampler
from hem_core.mining.samplers._spread import evenly, spread


class MixtureSampler(EpochSampler):
    """Draws the share `share` of each batch from a hard set and the others from the rest; N draws an epoch.

    n examples there are, hard (M,) are the indices of the hard set, in [0, n). Hard and other draws alternate, so a
    batch of any size has its share, give or take one. No example comes more often than max_repeat times an epoch: of
    a set smaller than share / max_repeat of the data less than `share` is drawn, and of one larger than `share` each
    once. The last `natural_last` of the steps of all `epochs` are the natural distribution: a permutation, cut where
    need be within an epoch. All weights are 1. noise: of the hard set, or (N,) probabilities that a label is wrong.

    >>> sampler = MixtureSampler(12, hard=[3, 7], epochs=2, natural_last=0.5)
    >>> first = list(sampler)                     # half of 12 is 6: three times each
    >>> first.count(3), first.count(7), len(set(first) - {3, 7})
    (3, 3, 6)
    >>> [index in (3, 7) for index in first[:4]]
    [False, True, False, True]
    >>> sorted(sampler) == list(range(12))        # the last half of two epochs: the second
    True

    Reference: Tarvainen and Valpola 2017 (batches of two streams), arXiv:1703.01780. Changed: the streams are a hard
    set and the rest, with a cap on repeats and a natural end.
    """

    def __init__(
        self,
        n: int,
        hard: Sequence[int] | Tensor,
        *,
        epochs: int,
        share: float = 0.5,
        max_repeat: int = 4,
        natural_last: float = 0.125,
        labels: Tensor | None = None,
        seed: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
        noise: float | Tensor | None = None,
    ) -> None:
        super().__init__(
            n,
            n,
            labels=labels,
            epochs=epochs,
            natural_last=natural_last,
            seed=seed,
            rank=rank,
            world_size=world_size,
            noise=noise,
        )
        self.share, self.max_repeat = between("share", share, 0, 1), at_least("max_repeat", max_repeat, 1)
        self.hard = known_index(torch.as_tensor(hard), n, "MixtureSampler").unique()
        if not 0 < len(self.hard) < n:
            raise MiningError(f"hard must be some of the {n} examples, neither none nor all; got {len(self.hard)}")
        is_rest = torch.ones(n, dtype=torch.bool)
        is_rest[self.hard] = False
        self.rest = is_rest.nonzero()[:, 0]

    def _resting(self) -> str:
        if self._n_mixed():
            return ""
        return f"epoch {self.epoch} is within the last {self.natural_last:.1%} of the steps of {self.epochs} epochs"

    def _n_mixed(self) -> int:
        """Steps of this epoch, on each rank, that are not natural yet."""
        assert self.epochs is not None
        left = round((1 - self.natural_last) * self.epochs * len(self)) - self.epoch * len(self)
        return min(max(left, 0), len(self))

    def _draw(self, chance: torch.Generator) -> tuple[Tensor, Tensor]:
        steps, n_ranks = self._n_mixed(), self.world_size
        most = self.max_repeat if steps == len(self) else max(self.max_repeat - 1, 1)  # the natural part adds one
        n_hard = max(round(self.share * steps), round(steps * len(self.hard) / self.n))  # of each rank
        n_hard = min(n_hard, most * len(self.hard) // n_ranks)
        n_hard = max(n_hard, steps - most * len(self.rest) // n_ranks)
        ends = torch.arange(steps + 1) * n_hard // steps
        is_hard = (ends.diff() > 0).repeat_interleave(n_ranks)  # (steps,) -> (steps * n_ranks,)
        mixed = torch.empty(steps * n_ranks, dtype=torch.int64)
        mixed[is_hard] = self._of(self.hard, n_hard * n_ranks, chance)
        mixed[~is_hard] = self._of(self.rest, (steps - n_hard) * n_ranks, chance)
        natural = spread(evenly(self.n, self.total - len(mixed)), chance)
        return torch.cat([mixed, natural]), torch.ones(self.n)

    @staticmethod
    def _of(examples: Tensor, total: int, chance: torch.Generator) -> Tensor:
        return examples[spread(evenly(len(examples), total), chance)]

    def _mined(self) -> Tensor:
        mined = torch.zeros(self.n, dtype=torch.float64)
        mined[self.hard] = 1
        return mined
