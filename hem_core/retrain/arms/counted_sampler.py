"""Every example once per epoch, and a count of the epochs: the control determines how long the other arms train."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler


class CountedSampler(Sampler[int]):
    """A permutation of N indices an epoch, as a DataLoader shuffles; `n_epochs` is how many were begun."""

    def __init__(self, n: int, seed: int) -> None:
        self.n, self.seed, self.epoch, self.n_epochs = n, seed, 0, 0

    def __len__(self) -> int:
        return self.n

    def set_epoch(self, epoch: int) -> None:
        """Which epoch comes next, from 0."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        self.n_epochs += 1
        chance = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        self.epoch += 1
        return iter(torch.randperm(self.n, generator=chance).tolist())
