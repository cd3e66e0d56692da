"""The part of an epoch that this process draws: its rank among the processes of a distributed training."""

from __future__ import annotations

import torch.distributed

from hem_core.errors import MiningError
from hem_core.mining._ranges import at_least


def current() -> tuple[int, int] | None:
    """Rank and world size of torch.distributed; None where no process group was initialised."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return None


def place(rank: int | None, world_size: int | None) -> tuple[int, int]:
    """Rank and world size as passed, else those of torch.distributed, else 0 and 1. MiningError where they can't be."""
    if (rank is None) != (world_size is None):
        raise MiningError(f"pass both rank and world_size, or neither; got rank={rank}, world_size={world_size}")
    if rank is None or world_size is None:
        return current() or (0, 1)
    if not 0 <= rank < at_least("world_size", world_size, 1):
        raise MiningError(f"rank must be in 0 .. {world_size - 1} (world_size - 1); got {rank}")
    return rank, world_size


def check_current(who: str, rank: int, world_size: int, *, is_automatic: bool) -> None:
    """Raise MiningError where torch.distributed runs now and the sampler's ranks are not those of its processes.

    is_automatic: nobody passed a rank, so it was the one of torch.distributed when the sampler was made. Ranks that
    were passed may be fewer than the processes (a Trainer that deals the batches itself, tensor parallelism).
    """
    now = current()
    if now is None or now == (rank, world_size) or (not is_automatic and world_size <= now[1]):
        return
    made = "was made before torch.distributed was initialised" if (rank, world_size) == (0, 1) else "was made"
    raise MiningError(
        f"{who} {made}, as rank {rank} of {world_size}; this process is rank {now[0]} of {now[1]}: make the sampler "
        f"after init_process_group (in Lightning: in train_dataloader), or pass rank={now[0]}, world_size={now[1]}"
    )
