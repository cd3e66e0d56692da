"""More draws for examples with a high loss, with a lower weight for each draw."""

from __future__ import annotations

import warnings
from typing import Literal

import torch
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining._ranges import at_least, between
from hem_core.mining.loss_history import LossHistory
from hem_core.mining.samplers._class_quota import quota
from hem_core.mining.samplers._epoch_sampler import EpochSampler
from hem_core.mining.samplers._spread import evenly, spread


class HardnessSampler(EpochSampler):
    """Draws each example in proportion to its known loss, mixed with uniform sampling; N draws an epoch.

    uniform_mix in 0 (not included) .. 1: the part of the draws that is uniform; 1 gives plain permutations.
    max_repeat: how often one example may come in an epoch. class_quota "sqrt" (with labels (N,)): the other part of
    the draws has class shares that go with the root of the natural ones, within 0.5 x .. 4 x of these. An example
    never seen counts with the mean loss, so the first epoch is a permutation. `reduce` weights a draw by wanted /
    expected number of draws, within 1 / uniform_mix: its expected mean over an epoch is the plain mean loss, or that
    of the classes in their quota, for any N. With `epochs`, the last `natural_last` of them sample uniformly. N that
    the ranks do not divide is filled up with further draws. noise: of what it draws more of, or (N,) probabilities
    that a label is wrong.

    >>> import torch
    >>> history = LossHistory(4)
    >>> history.update(torch.tensor([0, 1, 2, 3]), torch.tensor([5.0, 1.0, 1.0, 1.0]))
    >>> sampler = HardnessSampler(history, uniform_mix=0.5, max_repeat=4, seed=0)
    >>> len(sampler), len(list(sampler))               # expected draws: .5 + 2 * (5, 1, 1, 1) / 8
    (4, 4)
    >>> weight = sampler.weights / sampler.weights[0]
    >>> weight                                         # 1 / (1.75, .75, .75, .75), over the first
    tensor([1.0000, 2.3333, 2.3333, 2.3333])

    Reference: Katharopoulos and Fleuret 2018, arXiv:1803.00942. Changed: the known loss in place of a bound on the
    gradient, no extra forward pass, mixed with uniform, even (systematic) draws with a cap.
    """

    def __init__(
        self,
        history: LossHistory,
        *,
        uniform_mix: float = 0.5,
        max_repeat: int = 4,
        class_quota: Literal["sqrt"] | None = None,
        labels: Tensor | None = None,
        epochs: int | None = None,
        natural_last: float = 0.125,
        seed: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
        noise: float | Tensor | None = None,
    ) -> None:
        super().__init__(
            len(history),
            len(history),
            history=history,
            labels=labels,
            epochs=epochs,
            natural_last=natural_last,
            seed=seed,
            rank=rank,
            world_size=world_size,
            noise=noise,
        )
        if class_quota not in (None, "sqrt"):
            raise MiningError(f"no class quota {class_quota!r}; there are: 'sqrt', None")
        if class_quota and labels is None:
            warnings.warn("class_quota='sqrt' has no effect without labels: pass labels=, one an example", stacklevel=2)
        if uniform_mix == 0:
            raise MiningError("uniform_mix is above 0: an example that is never drawn cannot be weighed")
        self.uniform_mix = between("uniform_mix", uniform_mix, 0, 1)
        self.max_repeat = at_least("max_repeat", max_repeat, 1)
        self._quota = quota(self.labels) if class_quota and self.labels is not None else None

    def _draw(self, chance: torch.Generator) -> tuple[Tensor, Tensor]:
        expected = self._expected()
        even = evenly(self.n, self.total)
        wanted = (
            even if self._quota is None else self.uniform_mix * even + (1 - self.uniform_mix) * self._by_quota(even)
        )
        return spread(expected, chance), wanted / expected

    def _mined(self) -> Tensor:
        return (self._expected() - self.uniform_mix * self.total / self.n).clamp(min=0)

    def _expected(self) -> Tensor:
        """Expected draws of each example, (N,) float64, of sum `total`, none above max_repeat."""
        assert self.history is not None
        known = self.history.losses.to(torch.float64).clamp(min=0)
        hardness = known.nan_to_num(float(known.nanmean().nan_to_num()))
        even = evenly(self.n, self.total)
        hard = self._by_quota(hardness)
        hard = hard * (self.total / hard.sum()) if hard.sum() > 0 else even
        return _capped(self.uniform_mix * even + (1 - self.uniform_mix) * hard, self.max_repeat)

    def _by_quota(self, amounts: Tensor) -> Tensor:
        """Amounts (N,) scaled so that each class has its quota of their sum; as they are, without quotas."""
        if self._quota is None:
            return amounts
        which, shares = self._quota
        sums = torch.zeros(len(shares), dtype=torch.float64).index_add_(0, which, amounts)
        flat = torch.ones(len(which), dtype=torch.float64)
        sizes = torch.zeros_like(sums).index_add_(0, which, flat)
        within = torch.where(sums[which] > 0, amounts / sums[which], flat / sizes[which])
        return within * shares[which] * amounts.sum()


def _capped(expected: Tensor, most: float) -> Tensor:
    """What lies above `most` goes to the others, in proportion to what they have."""
    total = expected.sum()
    most = max(most, float(total) / len(expected))
    is_full = torch.zeros(len(expected), dtype=torch.bool)
    while ((expected > most) & ~is_full).any():
        is_full |= expected > most
        left = total - most * is_full.sum()
        expected = torch.where(is_full, most, expected * (left / expected[~is_full].sum()))
    return expected
