"""Check that every process of a distributed training draws its own part of an epoch, once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hem_core.errors import MiningError
from hem_core.mining._place import current
from hem_core.mining.samplers._epoch_sampler import EpochSampler

_INNER = ("base_dataloader", "batch_sampler", "sampler", "dataset", "_sampler", "flattened")


def check_ranks(loader: Any, *, rank: int | None = None, world_size: int | None = None) -> EpochSampler | None:
    """The HEM sampler of a DataLoader, once it is sure that the ranks together draw an epoch, neither half nor twice.

    loader: as the training iterates over it, after `accelerator.prepare` or whatever else wraps it. rank, world_size:
    of this process among those that share the data; by default those of torch.distributed, else 0 and 1.
    The sampler deals its draws to `world_size` ranks, and a wrapper (accelerate's BatchSamplerShard, Lightning's or
    torch's DistributedSampler) deals what it gets once more; exactly one of the two may. None where the loader has no
    HEM sampler.
    Raises MiningError, with the way out, where both deal, or neither.

    >>> from torch.utils.data import DataLoader
    >>> from hem_core import mining
    >>> sampler = mining.RepeatFactorSampler([0, 0, 1, 1], rank=0, world_size=2)
    >>> check_ranks(DataLoader(range(4), sampler=sampler), rank=0, world_size=2) is sampler
    True
    >>> check_ranks(DataLoader(range(4), sampler=sampler), rank=0, world_size=1)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    hem_core.errors.MiningError: ...

    Reference: none.
    """
    if rank is None or world_size is None:
        rank, world_size = current() or (0, 1)
    for sampler, parts, wrapper in _samplers(loader):
        _check(sampler, parts, wrapper, rank, world_size)
        return sampler
    return None


def _check(sampler: EpochSampler, parts: int, wrapper: str, rank: int, world_size: int) -> None:
    who, own = type(sampler).__name__, (sampler.rank, sampler.world_size)
    if wrapper.endswith("Dispatcher") and world_size > 1:
        raise MiningError(
            f"{wrapper} draws the batches in one process, and {who} would wait there for the losses of the others for "
            "ever: pass dispatch_batches=False"
        )
    if parts > 1 and sampler.world_size > 1:
        raise MiningError(
            f"{who} draws for rank {own[0]} of {own[1]} and {wrapper} splits its draws between {parts} ranks again: an "
            f"epoch would be 1/{parts} of the data. Turn the second off (Lightning: "
            "Trainer(use_distributed_sampler=False); accelerate: do not prepare this loader), "
            "or make the sampler with rank=0, world_size=1"
        )
    if parts > 1 and parts == world_size:
        return
    if own != (rank, world_size):
        raise MiningError(
            f"{who} was made as rank {own[0]} of {own[1]}; this process is rank {rank} of {world_size}: make the "
            "sampler after init_process_group (in Lightning: in train_dataloader), or pass "
            f"rank={rank}, world_size={world_size}"
        )


def _samplers(thing: Any, parts: int = 1, wrapper: str = "") -> Iterator[tuple[EpochSampler, int, str]]:
    """The samplers inside of a loader, each with the number of ranks that wrappers deal its draws to, and who does."""
    if isinstance(thing, EpochSampler):
        yield thing, parts, wrapper
        return
    if isinstance(thing, list | tuple | dict):
        for each in thing.values() if isinstance(thing, dict) else thing:
            yield from _samplers(each, parts, wrapper)
        return
    shares = getattr(thing, "num_replicas", None) or getattr(thing, "num_processes", None)
    if isinstance(shares, int) and shares > 1:
        parts, wrapper = parts * shares, type(thing).__name__
    if type(thing).__name__.endswith("Dispatcher"):
        wrapper = type(thing).__name__
    for name in _INNER:
        inner = vars(thing).get(name) if hasattr(thing, "__dict__") else None
        if inner is not None and (name != "dataset" or hasattr(inner, "_sampler")):
            yield from _samplers(inner, parts, wrapper)
