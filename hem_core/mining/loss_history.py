"""The loss of every example as it was when last seen."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.distributed
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining._loss_vector import loss_vector
from hem_core.mining._ranges import at_least, between


class LossHistory:
    """Moving average of the loss of each of n examples, on the CPU.

    `ema` in 0 .. 1 is the weight of what was known before. `losses` (N,) float32, NaN where never seen; `counts` (N,)
    int64, how often seen. An index that stands in a batch more than once counts with the mean of its losses.
    Over several ranks each knows what it saw until `sync` (the samplers call it at the start of an epoch).

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

    def __init__(self, n: int, *, ema: float = 0.7) -> None:
        self.ema = between("ema", ema, 0, 1)
        self.losses = torch.full((at_least("n", n, 0),), torch.nan)
        self.counts = torch.zeros(n, dtype=torch.int64)
        self._synced = self.counts.clone()

    def __len__(self) -> int:
        return len(self.losses)

    def update(self, index: Tensor, losses: Tensor) -> None:
        """Take in the losses (B,) of the examples at index (B,) int64 in [0, n), from any device.

        Raises MiningError for a scalar loss, other shapes, an index outside, a loss that is not finite.
        """
        losses = loss_vector(losses, "LossHistory").to("cpu", torch.float32)
        index = known_index(index, len(self), "LossHistory")
        if index.shape != losses.shape:
            raise MiningError(f"LossHistory wants an index for each loss; got {len(index)} for {len(losses)}")
        if not losses.isfinite().all():
            first = int(index[~losses.isfinite()][0])
            raise MiningError(f"the loss of example {first} is infinite: lower the learning rate, or leave it out")
        seen, where, times = index.unique(return_inverse=True, return_counts=True)
        new = torch.zeros(len(seen)).index_add_(0, where, losses) / times
        averaged = self.ema * self.losses[seen] + (1 - self.ema) * new
        self.losses[seen] = averaged.where(self.counts[seen] > 0, new)
        self.counts[seen] += times

    def sync(self) -> None:
        """Let all ranks know what each has seen since the last sync; all ranks must call it.

        An example that several ranks saw gets the mean of their averages. Without torch.distributed nothing happens.
        """
        if not torch.distributed.is_available() or not torch.distributed.is_initialized():
            return
        place = "cuda" if torch.distributed.get_backend() == "nccl" else "cpu"
        times = self.counts - self._synced
        summed = torch.stack([self.losses.where(times > 0, 0), (times > 0).float()]).to(place)
        times = times.to(place)
        torch.distributed.all_reduce(summed)
        torch.distributed.all_reduce(times)
        total, n_ranks = summed.cpu()
        self.losses = (total / n_ranks).where(n_ranks > 0, self.losses)
        self.counts = self._synced + times.cpu()
        self._synced = self.counts.clone()

    def state_dict(self) -> dict[str, Tensor]:
        return {"losses": self.losses.clone(), "counts": self.counts.clone(), "synced": self._synced.clone()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Go on from such a state. Raises MiningError when it has another number of examples."""
        if len(state["losses"]) != len(self):
            raise MiningError(f"this LossHistory has {len(self)} examples; the state has {len(state['losses'])}")
        self.losses, self.counts = state["losses"].clone(), state["counts"].clone()
        self._synced = state["synced"].clone()


def known_index(index: Tensor, n: int, who: str) -> Tensor:
    """`index` (B,) int64 on the CPU. Raises MiningError unless it is a vector of integers in [0, n)."""
    index = torch.as_tensor(index).detach().cpu()
    if index.dim() != 1 or index.is_floating_point():
        raise MiningError(f"{who} wants indices (B,), whole numbers; got {index.dtype} of shape {tuple(index.shape)}")
    if len(index) and not 0 <= int(index.min()) <= int(index.max()) < n:
        wrong = index[(index < 0) | (index >= n)][0]
        raise MiningError(f"{who} knows indices 0 .. {n - 1}; got {int(wrong)}: take them from mining.WithIndex")
    return index.to(torch.int64)
