"""Draws by the weights of a set, dealt to the ranks of a distributed training."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import torch
import torch.distributed
from torch.utils.data import WeightedRandomSampler

from hem_core.errors import DataError


class SetSampler(WeightedRandomSampler):
    """As many draws an epoch as there are weights, with replacement; rank r takes every world_size-th from r on.

    The generator is seeded alike on all ranks, so that they draw one epoch together. Without a rank each process draws
    all of it, as a trainer that deals the batches itself wants it (Lightning, accelerate and the Hugging Face Trainer
    do); a warning says so where torch.distributed runs.
    """

    def __init__(
        self, weights: Sequence[float], seed: int, rank: int | None = None, world_size: int | None = None
    ) -> None:
        super().__init__(weights, len(weights), replacement=True, generator=torch.Generator().manual_seed(seed))
        if (rank is None) != (world_size is None):
            raise DataError(f"pass both rank and world_size, or neither; got rank={rank}, world_size={world_size}")
        if rank is not None and world_size is not None and not 0 <= rank < world_size:
            raise DataError(f"rank must be in 0 .. {world_size - 1} (world_size - 1); got {rank}")
        self.rank, self.world_size, self._is_told = rank or 0, world_size or 1, rank is not None

    def __len__(self) -> int:
        return -(-self.num_samples // self.world_size)

    def __iter__(self) -> Iterator[int]:
        is_distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
        if is_distributed and not self._is_told and (n_ranks := torch.distributed.get_world_size()) > 1:
            self._is_told = True
            warnings.warn(
                f"each of the {n_ranks} ranks draws all examples of the set, and the same ones, unless the trainer "
                f"deals them; in a plain loop pass rank={torch.distributed.get_rank()}, world_size={n_ranks} to "
                "load_set",
                stacklevel=2,
            )
        drawn = list(super().__iter__())
        drawn += drawn[: len(self) * self.world_size - len(drawn)]  # up, so that all ranks take as many
        yield from drawn[self.rank :: self.world_size]
