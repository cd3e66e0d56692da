"""Cross-fitted linear heads as the judge: none was trained on the rows that it judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core.folds.linear_head import Heads
from hem_core.probes import held_out_logits
from hem_core.probes.asked_model import AskedModel
from hem_core.probes.judge import NO_MODEL, NOT_TRAINED_ON, Impossible, Probes, Rows
from hem_core.reasons import facts
from hem_core.reasons.columns import ReasonPredictions


@dataclass(frozen=True, eq=False)
class LinearHeads:
    """A Judge; see `hem_core.probes.judge`."""

    heads: Heads
    fold: np.ndarray
    """(N,) the fold of each row, whose head was not trained on it."""
    model: AskedModel | None
    """The model whose embeddings the heads read; None where predictions alone were scored."""
    subject = "a model that had not seen it"
    note = NOT_TRAINED_ON

    def facts(self, rows: Rows) -> dict[str, Any]:
        return facts.from_logits(self.heads.logits, rows.targets)

    def predictions(self, rows: Rows) -> ReasonPredictions:
        return held_out_logits.predictions(rows, self.heads.logits, self.subject)

    def ask(self, rows: Rows) -> Probes:
        if self.model is None:
            raise Impossible(NO_MODEL)
        if rows.embeddings is None or rows.graph is None:
            raise Impossible("No head can be asked about planted probes: simple rules name the reasons.")
        spoiled = self.model.spoiled(rows, logits=self.heads.logits, fold=self.fold)
        logits, embeddings = self.model.forward(spoiled)
        if embeddings is not None:
            logits = self.heads.predict(embeddings, self.fold[spoiled.plan.source])
        return Probes(spoiled.plan, held_out_logits.flips_as_rows(logits, self.heads.logits, spoiled.plan), embeddings)

    def of_flips(self, rows: Rows) -> dict[str, Any]:
        return held_out_logits.of_flips(rows, self.heads.logits)
