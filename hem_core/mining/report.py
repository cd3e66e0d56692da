"""The kept and the dropped part of a selection."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

UNLABELLED = -100
"""The label of examples without a class, as in torch's losses."""


@dataclass(frozen=True)
class Report:
    """One selection in numbers; every selector, sampler and HardExampleLoss gives one by `report()`.

    n examples were there, n_kept different ones were kept (fraction_kept in 0 .. 1); mean_loss_kept counts a
    repeated example as often as it was drawn; a mean of nothing is NaN. classes: draws a class, None without labels;
    the label -100 is none. n_skipped losses were NaN and are not counted among the n.
    noise: estimated share of wrong labels in what mining picked, None where unknown. off: why nothing was mined.

    >>> import torch
    >>> losses, labels = torch.tensor([4.0, 1.0, 3.0, 2.0]), torch.tensor([0, 0, 1, 1])
    >>> report = Report.of(losses, torch.tensor([0, 2]), labels=labels)
    >>> report.fraction_kept, report.mean_loss_kept, report.mean_loss_dropped
    (0.5, 3.5, 1.5)
    >>> report.classes
    {0: 1, 1: 1}
    >>> report.numbers("mining/")
    {'mining/fraction_kept': 0.5, 'mining/mean_loss_kept': 3.5, 'mining/mean_loss_dropped': 1.5, 'mining/is_off': 0.0}

    Reference: none.
    """

    n: int
    n_kept: int
    mean_loss_kept: float
    mean_loss_dropped: float
    classes: dict[int, int] | None = None
    noise: float | None = None
    off: str = ""
    n_skipped: int = 0

    @property
    def fraction_kept(self) -> float:
        return self.n_kept / self.n if self.n else 1.0

    def numbers(self, prefix: str = "") -> dict[str, float]:
        """What a logger (TensorBoard, a CSV file, `log_dict`) takes: name to number; without what is unknown."""
        found = {
            "fraction_kept": self.fraction_kept,
            "mean_loss_kept": self.mean_loss_kept,
            "mean_loss_dropped": self.mean_loss_dropped,
            "noise": math.nan if self.noise is None else self.noise,
            "is_off": float(bool(self.off)),
        }
        skipped = {"n_skipped": float(self.n_skipped)} if self.n_skipped else {}
        return {prefix + name: value for name, value in (found | skipped).items() if not math.isnan(value)}

    @classmethod
    def of(
        cls,
        losses: Tensor,
        kept: Tensor,
        *,
        labels: Tensor | None = None,
        noise: float | None = None,
        off: str = "",
        n_skipped: int = 0,
    ) -> Report:
        """losses (N,), NaN where unknown; kept (M,) positions in [0, N), which may repeat; labels (N,) integers."""
        is_kept = torch.zeros(len(losses), dtype=torch.bool, device=losses.device)
        is_kept[kept] = True
        mean_kept, mean_dropped = (float(part.float().nanmean()) for part in (losses[kept], losses[~is_kept]))
        classes = None
        if labels is not None:
            named, times = labels[kept].unique(return_counts=True)
            classes = dict(zip(named.tolist(), times.tolist(), strict=True))
            classes.pop(UNLABELLED, None)
        return cls(len(losses), int(is_kept.sum()), mean_kept, mean_dropped, classes, noise, off, n_skipped)
