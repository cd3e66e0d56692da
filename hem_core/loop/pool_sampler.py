"""The same number of draws per epoch for any size of the set, so that a small set gets no fewer optimiser steps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler


class EqualDraws(Sampler[int]):
    """`draws` indices below n an epoch: whole permutations one after another, the last one cut.

    No index is drawn twice more often than another by more than one. The same seed and epoch draw the same; an epoch
    is the one of `set_epoch`, else one more with each pass.
    """

    def __init__(self, n: int, draws: int, *, seed: int) -> None:
        self._n, self._draws, self._seed, self._epoch = n, draws, seed, 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return self._draws

    def __iter__(self) -> Iterator[int]:
        chance = np.random.default_rng([self._seed, self._epoch])
        self._epoch += 1
        passes = -(-self._draws // self._n)
        order = np.concatenate([chance.permutation(self._n) for _pass in range(passes)])
        yield from order[: self._draws].tolist()
