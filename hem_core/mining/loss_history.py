"""The last known loss of every example."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.distributed
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining._loss_vector import OnNan, known_on_nan, loss_vector
from hem_core.mining._place import current
from hem_core.mining._ranges import at_least, between


class LossHistory:
    """Moving average of the loss of each of n examples, on the CPU.

    `ema` in 0 .. 1 is the weight of the previous average. `losses` (N,) float32, NaN where never seen; `counts` (N,)
    int64, how often seen. An index that occurs more than once in a batch counts with the mean of its losses.
    on_nan: a loss that is NaN or infinite is refused ("raise") or skipped ("skip"; `n_skipped` counts them), as where
    mixed precision overflows. ids: of the examples in order, so that a state of other or reordered data is
    refused; without them only another number of examples is.
    With several ranks, each knows only its own losses until `sync` (the samplers call it at the start of an epoch).

    >>> import torch
    >>> history = LossHistory(3, ema=0.75)
    >>> history.update(torch.tensor([0, 2]), torch.tensor([4.0, 1.0]))
    >>> history.update(torch.tensor([0]), torch.tensor([8.0]))         # .75 * 4 + .25 * 8
    >>> history.losses
    tensor([5., nan, 1.])
    >>> history.counts
    tensor([2, 0, 1])

    Reference: Loshchilov and Hutter 2015 (online batch selection by the last known loss), arXiv:1511.06343. Changed:
    an average in place of the last loss.
    """

    def __init__(
        self, n: int, *, ema: float = 0.7, on_nan: OnNan = "raise", ids: Sequence[object] | None = None
    ) -> None:
        self.ema, self.n_skipped = between("ema", ema, 0, 1), 0
        self.on_nan: OnNan = known_on_nan(on_nan)
        self.losses = torch.full((at_least("n", n, 0),), torch.nan)
        self.counts = torch.zeros(n, dtype=torch.int64)
        self._base, self._synced = self.losses.clone(), self.counts.clone()  # as all ranks knew them at the last sync
        if ids is not None and len(ids) != n:
            raise MiningError(f"LossHistory expects an id for each example; got {len(ids)} for {n}")
        self._digest = None if ids is None else _digest(ids)

    def __len__(self) -> int:
        return len(self.losses)

    def update(self, index: Tensor, losses: Tensor) -> None:
        """Take in the losses (B,) of the examples at index (B,) int64 in [0, n), from any device.

        Raises MiningError for a scalar loss, other shapes, an index outside, a loss that is not finite.
        """
        losses = losses if self.on_nan == "skip" and losses.dim() == 1 else loss_vector(losses, "LossHistory")
        losses = losses.detach().to("cpu", torch.float32)
        index = known_index(index, len(self), "LossHistory")
        if index.shape != losses.shape:
            raise MiningError(f"LossHistory expects an index for each loss; got {len(index)} for {len(losses)}")
        is_finite = losses.isfinite()
        if not is_finite.all() and self.on_nan == "raise":
            first = int(index[~is_finite][0])
            raise MiningError(
                f"the loss of example {first} is infinite: lower the learning rate, skip the example, or use "
                "LossHistory(n, on_nan='skip')"
            )
        self.n_skipped += int((~is_finite).sum())
        self._average(index[is_finite], losses[is_finite])

    def _average(self, index: Tensor, losses: Tensor) -> None:
        seen, where, times = index.unique(return_inverse=True, return_counts=True)
        new = torch.zeros(len(seen)).index_add_(0, where, losses) / times
        averaged = self.ema * self.losses[seen] + (1 - self.ema) * new
        self.losses[seen] = averaged.where(self.counts[seen] > 0, new)
        self.counts[seen] += times

    def sync(self) -> None:
        """Let all ranks know what each has seen since the last sync; all ranks must call it.

        An example that several ranks saw gets the mean of their averages. Without torch.distributed nothing happens.
        """
        if current() is None:
            return
        place = "cuda" if torch.distributed.get_backend() == "nccl" else "cpu"
        times = self.counts - self._synced
        summed = torch.stack([self.losses.where(times > 0, 0), (times > 0).float()]).to(place)
        times = times.to(place)
        torch.distributed.all_reduce(summed)
        torch.distributed.all_reduce(times)
        total, n_ranks = summed.cpu()
        self._merge(total, n_ranks, times.cpu())

    def _merge(self, total: Tensor, n_ranks: Tensor, times: Tensor) -> None:
        self.losses = (total / n_ranks).where(n_ranks > 0, self.losses)
        self.counts = self._synced + times
        self._base, self._synced = self.losses.clone(), self.counts.clone()

    def state_dict(self, *, all_ranks: bool = False) -> dict[str, Any]:
        """Losses and counts. all_ranks: with what every rank saw since the last sync; every rank must call it."""
        state: dict[str, Any] = {name: getattr(self, name).clone() for name in ("losses", "counts")}
        state |= {"base": self._base.clone(), "synced": self._synced.clone()}
        if self._digest is not None:
            state["ids"] = self._digest.clone()
        if all_ranks and (ranks := current()) is not None:
            seen = (self.counts > self._synced).nonzero()[:, 0]
            state["ranks"] = [None] * ranks[1]
            own = {"index": seen, "losses": self.losses[seen], "counts": self.counts[seen]}
            torch.distributed.all_gather_object(state["ranks"], own)
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from such a state; of one of all ranks each takes its own part, and other ranks share what they saw.

        Raises MiningError when it has another number of examples, or other ids.
        """
        if len(state["losses"]) != len(self):
            raise MiningError(f"this LossHistory has {len(self)} examples; the state has {len(state['losses'])}")
        digest = state.get("ids")
        if digest is not None and self._digest is not None and not torch.equal(digest, self._digest):
            raise MiningError(
                f"the state of this LossHistory was saved with other ids, or in another order, than its {len(self)} "
                "examples have: load the original data, or start with a new history"
            )
        self.losses, self.counts = state["losses"].clone(), state["counts"].clone()
        self._base, self._synced = state.get("base", state["losses"]).clone(), state["synced"].clone()
        if state.get("ranks"):
            self._take_part(state["ranks"])

    def _take_part(self, parts: Sequence[Mapping[str, Tensor]]) -> None:
        """Put in what this rank saw since the last sync, or what all did, where they were as many as they are now."""
        rank, world_size = current() or (0, 1)
        self.losses, self.counts = self._base.clone(), self._synced.clone()
        if len(parts) == world_size:
            self.losses[parts[rank]["index"]] = parts[rank]["losses"]
            self.counts[parts[rank]["index"]] = parts[rank]["counts"]
            return
        total, n_ranks, times = torch.zeros(len(self)), torch.zeros(len(self)), torch.zeros_like(self.counts)
        for part in parts:
            index = part["index"]
            total[index] += part["losses"]
            n_ranks[index] += 1
            times[index] += part["counts"] - self._synced[index]
        self._merge(total, n_ranks, times)


def known_index(index: Tensor, n: int, who: str) -> Tensor:
    """`index` (B,) int64 on the CPU. Raises MiningError unless it is a vector of integers in [0, n)."""
    index = torch.as_tensor(index).detach().cpu()
    if index.shape == (0,):
        return index.to(torch.int64)  # torch makes floats of an empty list
    if index.dtype == torch.bool:
        raise MiningError(f"{who} expects indices (B,), and this is a mask: pass mask.nonzero()[:, 0]")
    if index.dim() != 1 or index.is_floating_point():
        raise MiningError(f"{who} expects indices (B,), whole numbers; got {index.dtype} of shape {tuple(index.shape)}")
    if len(index) and not 0 <= int(index.min()) <= int(index.max()) < n:
        wrong = index[(index < 0) | (index >= n)][0]
        raise MiningError(f"{who} knows indices 0 .. {n - 1}; got {int(wrong)}: take them from mining.WithIndex")
    return index.to(torch.int64)


def _digest(ids: Sequence[object]) -> Tensor:
    """SHA-256 of the ids in order, (32,) uint8: a tensor, as all of a state is."""
    digest = hashlib.sha256()
    for each in ids:
        text = str(each).encode()
        digest.update(len(text).to_bytes(8, "little") + text)
    return torch.tensor(list(digest.digest()), dtype=torch.uint8)
