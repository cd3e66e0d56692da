"""The model that was scored as the judge: it never saw these rows, or nothing better is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core.probes.asked_model import AskedModel
from hem_core.probes.judge import NO_MODEL, NOT_TRAINED_ON, Impossible, Probes, Rows
from hem_core.reasons.columns import ReasonPredictions

FACTS = ("margin", "entropy", "top2_gap", "energy", "predicted_prob", "predicted")


@dataclass(frozen=True, eq=False)
class OwnModel:
    """A Judge; see `hem_core.probes.judge`."""

    model: AskedModel | None
    """None where predictions alone were scored."""
    subject = "the model"
    note = NOT_TRAINED_ON

    def facts(self, rows: Rows) -> dict[str, Any]:
        return {name: rows.columns[name] for name in FACTS if name in rows.columns}

    def predictions(self, rows: Rows) -> ReasonPredictions:
        return predictions(rows, self.subject)

    def ask(self, rows: Rows) -> Probes:
        if self.model is None:
            raise Impossible(NO_MODEL)
        spoiled = self.model.spoiled(rows)
        return Probes(spoiled.plan, *self.model.forward(spoiled))

    def of_flips(self, rows: Rows) -> dict[str, Any]:
        return {}


def predictions(rows: Rows, subject: str) -> ReasonPredictions:
    """What the columns of the run say: the scored model's own word."""
    top, best = rows.columns["top_classes"][:, :2].copy(), rows.columns["top_probs"][:, :2].astype(np.float32)
    label_sure = rows.columns["label_prob"].astype(np.float32)
    return ReasonPredictions(top[:, 0], best[:, 0], label_sure, top[:, 1], best[:, 1], subject)
