"""Shared by all selectors: the door, the guard against noise, the report.

The one level of inheritance in this room: seven selectors would otherwise each repeat these forty lines.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from hem_core.errors import MiningError
from hem_core.mining._loss_vector import OnNan, check_same_rows, known_losses
from hem_core.mining._noise import too_noisy
from hem_core.mining._ranges import between
from hem_core.mining.report import Report


class Selector:
    """Losses of a batch in, positions of the selected ones out; a subclass selects them in `_pick`.

    noise: estimated share of wrong labels among what it would pick (not among all), 0 .. 1, where one is known.
    """

    def __init__(self, *, noise: float | None = None) -> None:
        self.noise = None if noise is None else between("noise", noise, 0, 1)
        self._warned = False
        self._report: Callable[[], Report] | None = None

    def __call__(
        self,
        losses: Tensor,
        *,
        progress: float | None = None,
        reference: Tensor | None = None,
        labels: Tensor | None = None,
        noise: Tensor | None = None,
        on_nan: OnNan = "raise",
    ) -> Tensor:
        """Positions of the kept examples of a batch, (n,) int64, ascending, on the losses' device.

        losses (B,), a gradient is not asked for; progress of the training in 0 .. 1; reference (B,) losses of another
        model; labels (B,) for the report alone; noise (B,) probability that a label is wrong (the column
        `error_prob` of a run), which then stands for the estimate given at the start. Where the estimated noise of
        the picks is above 20%, all positions come back, a warning says so once, and the report each time.
        on_nan: "skip" selects from the losses that are finite; none of them, no position.
        Raises MiningError for a scalar loss, another shape, or a NaN.
        """
        who = type(self).__name__
        is_number = known_losses(losses, who, on_nan)
        if is_number is not None:
            reference, labels, noise = (
                None if values is None else check_same_rows(name, values, losses, who)[is_number]
                for name, values in (("reference", reference), ("labels", labels), ("noise", noise))
            )
            kept = self(losses[is_number], progress=progress, reference=reference, labels=labels, noise=noise)
            return is_number.nonzero()[:, 0][kept]
        losses = losses.detach()
        if progress is not None:
            between("progress", progress, 0, 1)
        reference = None if reference is None else check_same_rows("reference", reference, losses, who)
        labels = None if labels is None else check_same_rows("labels", labels, losses, who)
        kept = everything = torch.arange(len(losses), device=losses.device)
        if len(losses):
            kept = self._pick(losses, progress=progress, reference=reference)
        estimate = self.noise
        if noise is not None and len(losses):
            estimate = float(check_same_rows("noise", noise, losses, who)[kept].float().mean())
        if off := too_noisy(who, estimate):
            kept = everything
            if not self._warned:
                warnings.warn(off, stacklevel=2)
            self._warned = True
        self._report = partial(Report.of, losses, kept, labels=labels, noise=estimate, off=off)
        return kept

    def report(self) -> Report:
        """The last selection in numbers. Raises MiningError before the first."""
        if self._report is None:
            raise MiningError(f"{type(self).__name__} has selected nothing yet; call it with losses first")
        return self._report()

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next selection depends on, besides the options; tensors and numbers."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue as the selector that gave this state would."""

    def _pick(self, losses: Tensor, *, progress: float | None, reference: Tensor | None) -> Tensor:
        raise NotImplementedError
