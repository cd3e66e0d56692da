"""The mean loss of the examples that a selector keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from hem_core.errors import MiningError
from hem_core.mining._ranges import between
from hem_core.mining._selector import Selector
from hem_core.mining.report import Report


class HardExampleLoss(nn.Module):
    """Mean of those losses that `select` keeps, while start <= progress <= end; else, and in eval(), of all.

    loss_fn(input, target) gives one loss an example (or a pixel: (B, H, W) is flattened); what it is told to ignore
    (`ignore_index`) counts nowhere. Tell it by `set_progress(step / total)` how far the training is, or set start=0,
    end=1. Keeping all is bit for bit the plain mean. `state_dict` holds the progress and the selector's state.
    Raises MiningError for a scalar loss, and where start or end would be passed by unnoticed.

    >>> import torch
    >>> from hem_core import mining
    >>> error = torch.nn.L1Loss(reduction="none")
    >>> loss_fn = mining.HardExampleLoss(error, select=mining.TopK(keep=0.5), start=0.1, end=0.9)
    >>> output, target = torch.tensor([1.0, 2.0, 3.0, 6.0]), torch.zeros(4)
    >>> loss_fn.set_progress(0.0)
    >>> loss_fn(output, target)
    tensor(3.)
    >>> loss_fn.set_progress(0.5)
    >>> loss_fn(output, target)
    tensor(4.5000)

    Reference: Shrivastava et al. 2016 (OHEM), arXiv:1604.03540. Changed: off in the first and last tenth, since
    the early losses say little and the late ones are most often wrong labels.
    """

    def __init__(self, loss_fn: Callable[..., Tensor], select: Selector, start: float = 0.1, end: float = 0.9) -> None:
        super().__init__()
        self.loss_fn, self.select = loss_fn, select
        self.start, self.end = between("start", start, 0, 1), between("end", end, start, 1)
        self.progress: float | None = None
        self._report: Callable[[], Report] | None = None

    def set_progress(self, progress: float) -> None:
        """progress: steps done / all steps, in 0 .. 1."""
        self.progress = between("progress", progress, 0, 1)

    def forward(
        self,
        input: Tensor,
        target: Tensor,
        *,
        reference: Tensor | None = None,
        labels: Tensor | None = None,
        noise: Tensor | None = None,
    ) -> Tensor:
        """Scalar. reference, labels, noise: as a selector takes them; labels are the target where that has them."""
        losses = self.loss_fn(input, target)
        if losses.dim() == 0:
            raise MiningError("HardExampleLoss wants a loss an example; got a scalar: pass reduction='none' to loss_fn")
        if labels is None and target.shape == losses.shape and not target.is_floating_point():
            labels = target
        beside = {"reference": reference, "labels": labels, "noise": noise}
        losses, *rest = _counted([losses, *beside.values()], getattr(self.loss_fn, "ignore_index", None), target)
        if not self.training or not len(losses):
            return losses.mean() if len(losses) else losses.sum()
        if off := self._off():
            everything = torch.arange(len(losses), device=losses.device)
            self._report = partial(Report.of, losses.detach(), everything, labels=rest[1], off=off)
            return losses.mean()
        kept = self.select(losses, progress=self.progress, **dict(zip(beside, rest, strict=True)))
        self._report = self.select.report
        return losses.mean() if len(kept) == len(losses) else losses[kept].mean()

    def report(self) -> Report:
        """The last training batch in numbers. Raises MiningError before the first."""
        if self._report is None:
            raise MiningError("HardExampleLoss has seen no training batch yet; call it first")
        return self._report()

    def get_extra_state(self) -> dict[str, Any]:
        return {"progress": self.progress, "select": self.select.state_dict()}

    def set_extra_state(self, state: Mapping[str, Any]) -> None:
        self.progress = state["progress"]
        self.select.load_state_dict(state["select"])

    def _off(self) -> str:
        if self.progress is None:
            if self.start > 0 or self.end < 1:
                raise MiningError(
                    f"HardExampleLoss mines between {self.start:.0%} and {self.end:.0%} of the training and was not "
                    "told how far it is: call set_progress(step / total), or make it with start=0, end=1"
                )
            return ""
        if self.start <= self.progress <= self.end:
            return ""
        return f"progress {self.progress:.2f} is outside of {self.start:g} .. {self.end:g}"


def _counted(parts: list[Any], ignored: int | None, target: Tensor) -> list[Any]:
    """Losses and what stands beside them, flat, (n,), without the ignored targets."""
    shape = parts[0].shape
    flat = [part.flatten() if part is not None and part.shape == shape else part for part in parts]
    if ignored is None or target.shape != shape:
        return flat
    counts = target.flatten() != ignored
    if counts.all():
        return flat
    return [part[counts] if part is not None and len(part) == len(counts) else part for part in flat]
