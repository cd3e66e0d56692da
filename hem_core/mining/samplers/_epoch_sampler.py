"""Shared by all samplers: epochs, ranks, weights, state, the guard against noise, the report.

A subclass defines how it draws (`_draw`) and what it adds to uniform sampling (`_mined`).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Sampler

from hem_core.errors import MiningError
from hem_core.mining._loss_vector import OnNan, known_losses
from hem_core.mining._noise import too_noisy
from hem_core.mining._place import check_current, place
from hem_core.mining._ranges import at_least, between
from hem_core.mining.loss_history import LossHistory, known_index
from hem_core.mining.report import Report
from hem_core.mining.samplers._spread import evenly, spread


@dataclass(frozen=True)
class Plan:
    """One epoch of all ranks: indices (L,) in order, weights (N,), noise of what is mined.

    The expected mean of the weights over the indices is 1; the mean over one epoch's indices is near it.
    """

    epoch: int
    indices: Tensor
    weights: Tensor
    noise: float | None
    off: str


class EpochSampler(Sampler[int]):
    """Gives `total` indices an epoch, the same number in every epoch; rank r takes r, r + world_size, …

    The plan of an epoch depends on the options, the seed, the epoch and the history as it is when the epoch starts,
    and then stays. Iterating again draws the next epoch, also after an incomplete one, unless `set_epoch` sets
    it. `advance` counts the draws that were trained on, so that a saved state resumes in the middle of an epoch.
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
        self.rank, self.world_size = place(rank, world_size)
        self.is_placed_by_torch = rank is None
        self.total = -(-round(total) // self.world_size) * self.world_size  # up, so that all ranks take as many
        self.history, self.seed, self.epoch = history, seed, 0
        self.labels = None if labels is None else _of_each("labels", torch.as_tensor(labels), n)
        self.noise = _known_noise(noise, n)
        self.epochs = None if epochs is None else at_least("epochs", epochs, 1)
        self.natural_last = between("natural_last", natural_last, 0, 1)
        self._plan: Plan | None = None
        self._is_begun = self._is_drawn = self._warned = False
        self._was_whole = self._warned_of_draws = False
        self._n_counted = 0 if history is None else int(history.counts.sum())
        self._start = self._taken = 0  # draws of this rank: before the next iteration's first; taken by the training

    def __len__(self) -> int:
        return self.total // self.world_size

    def __iter__(self) -> Iterator[int]:
        if self._is_begun:
            self.set_epoch(self.epoch + 1)
        own = self.plan().indices[self.rank :: self.world_size].tolist()[self._start :]
        self._taken, self._start, self._is_begun = self._start, 0, True
        for left, index in zip(range(len(own) - 1, -1, -1), own, strict=True):
            self._is_drawn = left == 0
            yield index

    def set_epoch(self, epoch: int) -> None:
        """Set the next epoch, from 0; the plan of the running one stays."""
        self._was_whole = self._is_drawn
        if at_least("epoch", epoch, 0) != self.epoch or self._is_begun:
            self._start = self._taken = 0
        self.epoch, self._is_begun, self._is_drawn = epoch, False, False

    def advance(self, n: int) -> None:
        """Count n more of this rank's draws as trained on: a state saved from now on resumes after them.

        Call it after each optimizer step with the size of the batch (the callbacks do). The sampler cannot count them
        itself: a DataLoader draws ahead of the training. Without it, a resumed epoch begins again from its start.
        """
        self._taken = min(self._taken + at_least("n", n, 0), len(self))

    def plan(self) -> Plan:
        """The draws of all ranks in this epoch. With several ranks, each must call it: it syncs the history.

        Raises MiningError where the sampler's ranks are not those of torch.distributed.
        """
        check_current(type(self).__name__, self.rank, self.world_size, is_automatic=self.is_placed_by_torch)
        if self._plan is None or self._plan.epoch != self.epoch:
            self._plan = self._planned()
        return self._plan

    @property
    def weights(self) -> Tensor:
        """Weight of each example in this epoch, (N,) float32; 1 before the first epoch.

        wanted / expected number of draws: the expected sum over an epoch's draws is that of the wanted numbers.
        """
        return torch.ones(self.n) if self._plan is None else self._plan.weights

    def reduce(self, losses: Tensor, index: Tensor, *, on_nan: OnNan | None = None) -> Tensor:
        """Weighted mean of the losses (B,) of the examples at index (B,): a scalar to call backward on.

        The expected mean of the weights over an epoch is 1, in one batch it may differ. on_nan: "raise", or "skip",
        which averages over the losses that are finite; by default what the history was made with, else "raise". 0 of
        no losses.
        Raises MiningError for a scalar loss, an index outside of the data, other shapes, and a NaN.
        """
        default: OnNan = "raise" if self.history is None else self.history.on_nan
        is_finite = known_losses(losses, type(self).__name__, on_nan or default)
        weights = self.weights[known_index(index, self.n, type(self).__name__)]
        if weights.shape != losses.shape:
            raise MiningError(
                f"{type(self).__name__} expects an index for each loss; got {len(weights)}, {len(losses)}"
            )
        weighed = losses * weights.to(losses)
        if not len(losses):
            return weighed.sum()
        return weighed.mean() if is_finite is None else weighed[is_finite].mean()

    def report(self) -> Report:
        """This epoch in numbers, over all ranks; losses as the history knows them. MiningError before the first."""
        if self._plan is None:
            raise MiningError(f"{type(self).__name__} has drawn nothing yet; iterate over it first")
        losses = torch.full((self.n,), torch.nan) if self.history is None else self.history.losses
        plan = self._plan
        return Report.of(losses, plan.indices, labels=self.labels, noise=plan.noise, off=plan.off)

    def state_dict(self, *, all_ranks: bool = False) -> dict[str, Any]:
        """The epoch, its plan, the draws taken and the history: what the next selection depends on, beside options.

        all_ranks: with the history of every rank, for a checkpoint that one rank writes; every rank must call it.
        """
        plan = None if self._plan is None else asdict(self._plan)
        history = None if self.history is None else self.history.state_dict(all_ranks=all_ranks)
        is_done = self._taken >= len(self) if self._taken else self._is_drawn
        position = {"is_done": is_done, "taken": self._taken, "world_size": self.world_size}
        return {"epoch": self.epoch, "plan": plan, "history": history, **position}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from such a state: the next iteration gives what `advance` has not counted of the epoch.

        So where nothing was counted the epoch begins again, with the same indices in the same order, and where all
        was counted the next epoch comes.
        """
        plan = state["plan"] and Plan(**state["plan"])
        if plan and (len(plan.weights), len(plan.indices)) != (self.n, self.total):
            raise MiningError(
                f"this {type(self).__name__} draws {self.total} of {self.n} examples; the state has "
                f"{len(plan.indices)} of {len(plan.weights)}: make it with the same data, options and ranks"
            )
        self.epoch, self._plan = state["epoch"], plan
        self._is_begun = self._is_drawn = state["is_done"]
        taken = state.get("taken", 0) * state.get("world_size", self.world_size) // self.world_size
        self._start = self._taken = 0 if self._is_begun else taken
        if self.history is not None:
            self.history.load_state_dict(state["history"])

    def _planned(self) -> Plan:
        if self.history is not None:
            self.history.sync()
            self._check_draws(int(self.history.counts.sum()))
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
            weights = weights.float()
        return Plan(self.epoch, indices, weights, noise, off)

    def _check_draws(self, n_counted: int) -> None:
        """Warn once where the ranks drew an epoch to its end and the losses of much of it never came."""
        came, self._n_counted = n_counted - self._n_counted, n_counted
        if self.world_size > 1 and self._was_whole and 0 < came < 0.7 * self.total and not self._warned_of_draws:
            self._warned_of_draws = True
            warnings.warn(
                f"{type(self).__name__}: of the {self.total:,} draws of the last epoch {came:,} reached the history. "
                f"If something else splits them between {self.world_size} ranks once more, an epoch is a part of the "
                "data: call mining.check_ranks(loader)",
                stacklevel=2,
            )

    def _noise(self) -> float | None:
        """Estimated share of wrong labels in what mining adds."""
        if not isinstance(self.noise, Tensor):
            return self.noise
        mined = self._mined()
        return float((mined * self.noise).sum() / mined.sum()) if mined.sum() > 0 else None

    def _resting(self) -> str:
        """Why this epoch samples uniformly, otherwise empty: the last epochs do, if their number is known."""
        if self.epochs is None or not self.natural_last or self.epoch < int((1 - self.natural_last) * self.epochs):
            return ""
        return f"epoch {self.epoch} is among the last {self.natural_last:.1%} of {self.epochs}, which sample uniformly"

    def _draw(self, chance: torch.Generator) -> tuple[Tensor, Tensor]:
        """Indices (total,) of this epoch and the weights (N,): wanted / expected draws, wanted being of sum `total`."""
        raise NotImplementedError

    def _mined(self) -> Tensor:
        """The additional draws of each example, (N,) float64 >= 0, of any sum."""
        raise NotImplementedError


def _known_noise(noise: float | Tensor | None, n: int) -> float | Tensor | None:
    if noise is None or isinstance(noise, int | float):
        return noise if noise is None else between("noise", noise, 0, 1)
    noise = _of_each("noise", torch.as_tensor(noise), n).to(torch.float64)
    if not bool(((noise >= 0) & (noise <= 1)).all()):
        raise MiningError("noise must be a probability in 0 .. 1 for each example; some are outside, or NaN")
    return noise


def _of_each(name: str, values: Tensor, n: int) -> Tensor:
    if values.shape != (n,):
        raise MiningError(f"{name} must have one value per example, ({n},); got shape {tuple(values.shape)}")
    return values.detach().cpu()
