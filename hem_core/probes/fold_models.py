"""The models of a train function's folds as the judge: the probes were among what they were trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from hem_core import scores
from hem_core.dynamics.table import Dynamics
from hem_core.engine.network import Network
from hem_core.probes import held_out_logits
from hem_core.probes.asked_model import forward
from hem_core.probes.judge import TOO_FEW, Impossible, Probes, Rows
from hem_core.probes.spoil import Spoiled
from hem_core.reasons import facts
from hem_core.reasons.columns import ReasonPredictions
from hem_core.types import Outputs

DYNAMICS = ("aum_windowed", "confidence_mean", "variability", "forgetting", "learned_epoch")


@dataclass(frozen=True, eq=False)
class Planted:
    """Probes that were in the folds' trainings, and what came of it."""

    spoiled: Spoiled
    logits: np.ndarray
    """(P, K): CrossFit.extra_logits."""
    dynamics: Dynamics | None
    """CrossFit.extra_dynamics."""
    window: int
    """Epochs that `aum_windowed` is taken over: dynamics.window of the real rows' hits."""
    row_dynamics: Dynamics | None = None
    """CrossFit.single_dynamics of the N rows: of as many trainings as those of a probe."""
    embeddings: np.ndarray | None = None
    """(P, D): by the model whose embeddings the real rows have, where it was asked already."""


@dataclass(frozen=True, eq=False)
class FoldModels:
    """A Judge; see `hem_core.probes.judge`."""

    logits: np.ndarray
    """(N, K) of each row by the model that was trained without it."""
    planted: Planted | None
    """None where there were too few rows to plant probes among."""
    network: Network | None = None
    """The model that was scored, to be asked for the embeddings of the probes where `planted` has none."""
    batch_size: int = 32
    subject = "the model"
    note = "Calibrated on probes planted in the trainings."

    def facts(self, rows: Rows) -> dict[str, Any]:
        columns = facts.from_logits(self.logits, rows.targets)
        if self.planted is None or self.planted.row_dynamics is None:
            return columns
        return columns | _scores(self.planted.row_dynamics, self.planted.window)

    def predictions(self, rows: Rows) -> ReasonPredictions:
        return held_out_logits.predictions(rows, self.logits, self.subject)

    def ask(self, rows: Rows) -> Probes:
        if self.planted is None:
            raise Impossible(TOO_FEW.format(len(rows.targets)))
        planted = self.planted
        chosen, embeddings = planted.spoiled.plan, planted.embeddings
        if embeddings is None and self.network is not None:
            embeddings = forward(self.network, planted.spoiled, self.batch_size)[1]
        dynamics = _scores(planted.dynamics, planted.window) if planted.dynamics is not None else {}
        return Probes(chosen, held_out_logits.flips_as_rows(planted.logits, self.logits, chosen), embeddings, dynamics)

    def of_flips(self, rows: Rows) -> dict[str, Any]:
        return held_out_logits.of_flips(rows, self.logits)


def _scores(recorded: Dynamics, window: int) -> dict[str, np.ndarray]:
    whole, early = _outputs(recorded, slice(None)), _outputs(recorded, slice(max(1, window)))
    columns = {name: scores.compute(name, whole).numpy() for name in DYNAMICS[1:]}
    return columns | {"aum_windowed": scores.compute("aum", early).numpy()}


def _outputs(recorded: Dynamics, part: slice) -> Outputs:
    return Outputs(
        ids=recorded.ids,
        epoch_confidences=torch.from_numpy(recorded.confidences[:, part]),
        epoch_margins=torch.from_numpy(recorded.margins[:, part]),
        epoch_hits=torch.from_numpy(recorded.hits[:, part]),
    )
