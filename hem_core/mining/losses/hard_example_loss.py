"""The mean loss of the examples that a selector keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from hem_core.errors import MiningError
from hem_core.mining._loss_vector import OnNan, known_on_nan
from hem_core.mining._ranges import between
from hem_core.mining.losses._counted import counted, without
from hem_core.mining.losses._packed import packed, unpacked
from hem_core.mining.report import Report
from hem_core.mining.selectors._selector import Selector


class HardExampleLoss(nn.Module):
    """Mean of those losses that `select` keeps, while start <= progress <= end; else, and in eval(), of all.

    loss_fn(input, target) gives one loss per example (or per pixel: (B, H, W) is flattened). Tell the module by
    `set_progress(step / total)` how far the training is, or set start=0, end=1. Keeping all is bit for bit the plain
    mean.
    ignore_index: a target that is counted neither in the selection nor in the mean; by default the one of
    loss_fn where it has that attribute, else -100 where the targets are classes. It cannot be read from a lambda:
    pass it.
    on_nan: "raise", or "skip": losses that are NaN or infinite are not counted and have no gradient, and the report
    says how many there were; of a batch of nothing else the mean is not finite, and a GradScaler skips the step.
    `state_dict` holds the progress and the selector's state as one tensor, so it goes through safetensors and
    through `load_state_dict(strict=True)` of a model that has this loss as a part; a state without it starts from the
    beginning. Over several ranks each selects from its own batches, and a checkpoint holds the selector of the rank
    that saved it.
    Raises MiningError for a scalar loss, for a target that is neither a class nor ignored, for a NaN unless it is
    skipped, and where start or end would be passed by unnoticed.

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

    def __init__(
        self,
        loss_fn: Callable[..., Tensor],
        select: Selector,
        start: float = 0.1,
        end: float = 0.9,
        *,
        ignore_index: int | None = None,
        on_nan: OnNan = "raise",
    ) -> None:
        super().__init__()
        self.loss_fn, self.select = loss_fn, select
        self.start, self.end = between("start", start, 0, 1), between("end", end, start, 1)
        self.on_nan: OnNan = known_on_nan(on_nan)
        self.ignore_index = getattr(loss_fn, "ignore_index", None) if ignore_index is None else ignore_index
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
            raise MiningError(
                "HardExampleLoss expects one loss per example; got a scalar: pass reduction='none' to loss_fn"
            )
        if labels is None and target.shape == losses.shape and not target.is_floating_point():
            labels = target
        n_lost = 0
        is_counted = counted(input, target, losses, self.ignore_index)
        if self.on_nan == "skip" and (is_lost := ~losses.detach().isfinite() & is_counted).any():
            n_lost = int(is_lost.sum())
            losses = self.loss_fn(without(is_lost, input, target), target) if n_lost < is_counted.sum() else losses
            is_counted = is_counted & ~is_lost if n_lost < is_counted.sum() else is_counted
        parts = [losses, reference, labels, noise]
        losses, *rest = [_flat(part, is_counted) for part in parts]
        return self._mean(losses, rest, n_lost)

    def _mean(self, losses: Tensor, rest: list[Tensor | None], n_lost: int) -> Tensor:
        """Of the flat losses, those that count; rest: reference, labels and noise beside them."""
        if not self.training or not len(losses):
            return losses.mean() if len(losses) else losses.sum()
        is_lost = n_lost == len(losses) and not bool(losses.detach().isfinite().any())
        if off := "no loss is finite" if is_lost else self._off():
            everything = torch.arange(len(losses), device=losses.device)
            self._report = partial(Report.of, losses.detach(), everything, labels=rest[1], off=off, n_skipped=n_lost)
            return losses.mean()
        kept = self.select(losses, progress=self.progress, reference=rest[0], labels=rest[1], noise=rest[2])
        self._report = partial(_with_skipped, self.select.report, n_lost)
        return losses.mean() if len(kept) == len(losses) else losses[kept].mean()

    def report(self) -> Report:
        """The last training batch in numbers. Raises MiningError before the first."""
        if self._report is None:
            raise MiningError("HardExampleLoss has seen no training batch yet; call it first")
        return self._report()

    def get_extra_state(self) -> Tensor:
        return packed({"progress": self.progress, "select": self.select.state_dict()})

    def set_extra_state(self, state: Tensor | Mapping[str, Any]) -> None:
        found = unpacked(state) if isinstance(state, Tensor) else state  # a mapping: saved by an older version
        self.progress = found["progress"]
        self.select.load_state_dict(found["select"])

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """As torch does it, but a model's state that was saved without this loss is not refused."""
        known = state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        super()._load_from_state_dict(*known)
        missing_keys[:] = [key for key in missing_keys if key != f"{prefix}_extra_state"]

    def _off(self) -> str:
        if self.progress is None:
            if self.start > 0 or self.end < 1:
                raise MiningError(
                    f"HardExampleLoss mines between {self.start:.0%} and {self.end:.0%} of the training and does not "
                    "know the progress: call set_progress(step / total), or create it with start=0, end=1"
                )
            return ""
        if self.start <= self.progress <= self.end:
            return ""
        return f"progress {self.progress:.2f} is outside of {self.start:g} .. {self.end:g}"


def _with_skipped(report: Callable[[], Report], n_skipped: int) -> Report:
    return replace(report(), n_skipped=n_skipped)


def _flat(part: Tensor | None, is_counted: Tensor) -> Any:
    """What stands beside the losses, flat, (n,), of those that count; the selector refuses another shape."""
    if part is None or part.shape != is_counted.shape:
        return part
    return part.flatten() if is_counted.all() else part[is_counted]
