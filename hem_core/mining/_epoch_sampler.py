"""What all samplers have in common: epochs, ranks, weights, state, the guard against noise, the report.

A child says how it draws (`_draw`) and what it adds to taking all alike (`_mined`).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.distributed
from torch import Tensor
from torch.utils.data import Sampler

from hem_core.errors import MiningError
from hem_core.mining._loss_vector import loss_vector
from hem_core.mining._noise import too_noisy
from hem_core.mining._ranges import at_least, between
from hem_core.mining._spread import evenly, spread
from hem_core.mining.loss_history import LossHistory, known_index
from hem_core.mining.report import Report


@dataclass(frozen=True)
class Plan:
    """One epoch of all ranks: indices (L,) in order, weights (N,) of mean 1 over them, noise of what is mined."""

    epoch: int
    indices: Tensor
    weights: Tensor
    noise: float | None
    off: str


class EpochSampler(Sampler[int]):
    """Gives `total` indices an epoch, the same number in every epoch; rank r takes r, r + world_size, …

    The plan of an epoch depends on the options, the seed, the epoch and the history as it is when the epoch starts,
    and then stays. Iterating again goes on to the next epoch unless `set_epoch` says which.
    """

    def __init__(
        self,
        n: int,
        total: float,
        *,
        history: LossHistory | None = None,
        labels: Tensor | None = None,
        seed: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
        noise: float | Tensor | None = None,
        epochs: int | None = None,
        natural_last: float = 0.0,
    ) -> None:
        self.n = at_least("the number of examples", n, 1)
        self.rank, self.world_size = _place(rank, world_size)
        self.total = -(-round(total) // self.world_size) * self.world_size  # up, so that all ranks take as many
        self.history, self.seed, self.epoch = history, seed, 0
        self.labels = None if labels is None else _of_each("labels", torch.as_tensor(labels), n)
        self.noise = _known_noise(noise, n)
        self.epochs = None if epochs is None else at_least("epochs", epochs, 1)
        self.natural_last = between("natural_last", natural_last, 0, 1)
        self._plan: Plan | None = None
        self._is_done = self._warned = False

    def __len__(self) -> int:
        return self.total // self.world_size

    def __iter__(self) -> Iterator[int]:
        if self._is_done:
            self.set_epoch(self.epoch + 1)
        own = self.plan().indices[self.rank :: self.world_size].tolist()
        for left, index in zip(range(len(own) - 1, -1, -1), own, strict=True):
            self._is_done = left == 0
            yield index

    def set_epoch(self, epoch: int) -> None:
        """Which epoch comes next, from 0; the plan of one that is under way stays."""
        self.epoch, self._is_done = at_least("epoch", epoch, 0), False

    def plan(self) -> Plan:
        """What all ranks do in this epoch. Over several ranks each must call it: it syncs the history."""
        if self._plan is None or self._plan.epoch != self.epoch:
            self._plan = self._planned()
        return self._plan

    @property
    def weights(self) -> Tensor:
        """Weight of each example in this epoch, (N,) float32, of mean 1 over its draws; 1 before the first epoch."""
        return torch.ones(self.n) if self._plan is None else self._plan.weights

    def reduce(self, losses: Tensor, index: Tensor) -> Tensor:
        """Weighted mean of the losses (B,) of the examples at index (B,): a scalar to call backward on.

        The weights have mean 1 over the epoch, not in every batch. Raises MiningError for a scalar loss, an index
        outside of the data, other shapes.
        """
        loss_vector(losses, type(self).__name__)
        weights = self.weights[known_index(index, self.n, type(self).__name__)]
        if weights.shape != losses.shape:
            raise MiningError(f"{type(self).__name__} wants an index for each loss; got {len(weights)}, {len(losses)}")
        return (losses * weights.to(losses)).mean()

    def report(self) -> Report:
        """This epoch in numbers, over all ranks; losses as the history knows them. MiningError before the first."""
        if self._plan is None:
            raise MiningError(f"{type(self).__name__} has drawn nothing yet; iterate over it first")
        losses = torch.full((self.n,), torch.nan) if self.history is None else self.history.losses
        plan = self._plan
        return Report.of(losses, plan.indices, labels=self.labels, noise=plan.noise, off=plan.off)

    def state_dict(self) -> dict[str, Any]:
        """The epoch, its plan and the history: what the next selection depends on, beside the options."""
        plan = None if self._plan is None else asdict(self._plan)
        history = None if self.history is None else self.history.state_dict()
        return {"epoch": self.epoch, "is_done": self._is_done, "plan": plan, "history": history}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from such a state; an epoch broken off begins again, with the same indices in the same order."""
        plan = state["plan"] and Plan(**state["plan"])
        if plan and (len(plan.weights), len(plan.indices)) != (self.n, self.total):
            raise MiningError(
                f"this {type(self).__name__} draws {self.total} of {self.n} examples; the state has "
                f"{len(plan.indices)} of {len(plan.weights)}: make it with the same data, options and ranks"
            )
        self.epoch, self._is_done, self._plan = state["epoch"], state["is_done"], plan
        if self.history is not None:
            self.history.load_state_dict(state["history"])

    def _planned(self) -> Plan:
        if self.history is not None:
            self.history.sync()
        chance = torch.Generator().manual_seed((self.seed * 1_000_003 + self.epoch) % 2**63)
        noise = self._noise()
        too_much = too_noisy(type(self).__name__, noise)
        if too_much and not self._warned:
            warnings.warn(too_much, stacklevel=2)
            self._warned = True
        if off := too_much or self._resting():
            indices, weights = spread(evenly(self.n, self.total), chance), torch.ones(self.n)
        else:
            indices, weights = self._draw(chance)
            weights = (weights / weights[indices].mean()).float()
        return Plan(self.epoch, indices, weights, noise, off)

    def _noise(self) -> float | None:
        """Estimated share of wrong labels in what mining adds."""
        if not isinstance(self.noise, Tensor):
            return self.noise
        mined = self._mined()
        return float((mined * self.noise).sum() / mined.sum()) if mined.sum() > 0 else None

    def _resting(self) -> str:
        """Why all are taken alike in this epoch, else empty: the last epochs are, where it is known how many come."""
        if self.epochs is None or not self.natural_last or self.epoch < int((1 - self.natural_last) * self.epochs):
            return ""
        return f"epoch {self.epoch} is among the last {self.natural_last:.1%} of {self.epochs}, which take all alike"

    def _draw(self, chance: torch.Generator) -> tuple[Tensor, Tensor]:
        """Indices (total,) of this epoch and the weights (N,), not yet of mean 1."""
        raise NotImplementedError

    def _mined(self) -> Tensor:
        """How much mining adds of each example, (N,) float64 >= 0, of any sum."""
        raise NotImplementedError


def _place(rank: int | None, world_size: int | None) -> tuple[int, int]:
    if (rank is None) != (world_size is None):
        raise MiningError(f"rank and world_size come together; got rank={rank}, world_size={world_size}")
    if rank is None or world_size is None:
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            return torch.distributed.get_rank(), torch.distributed.get_world_size()
        return 0, 1
    if not 0 <= rank < at_least("world_size", world_size, 1):
        raise MiningError(f"rank is in 0 .. {world_size - 1} (world_size - 1); got {rank}")
    return rank, world_size


def _known_noise(noise: float | Tensor | None, n: int) -> float | Tensor | None:
    if noise is None or isinstance(noise, int | float):
        return noise if noise is None else between("noise", noise, 0, 1)
    noise = _of_each("noise", torch.as_tensor(noise), n).to(torch.float64)
    if not bool(((noise >= 0) & (noise <= 1)).all()):
        raise MiningError("noise is a probability in 0 .. 1 for each example; some are outside, or NaN")
    return noise


def _of_each(name: str, values: Tensor, n: int) -> Tensor:
    if values.shape != (n,):
        raise MiningError(f"{name} has one value an example, ({n},); got shape {tuple(values.shape)}")
    return values.detach().cpu()
