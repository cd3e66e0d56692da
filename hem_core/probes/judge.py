"""Who is asked about the rows of a run and the probes planted among them, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from hem_core.embeddings.neighbours import Graph
from hem_core.errors import HemError
from hem_core.probes.planted import Plan
from hem_core.reasons.columns import ReasonPredictions
from hem_core.reasons.votes import Votes

TOO_FEW = "Too few examples ({}; some 1,400 are needed) to plant probes among: simple rules name the reasons."
NO_MODEL = "There is no model to ask about planted probes: simple rules name the reasons."
NOT_TRAINED_ON = (
    "Calibrated on probes that the model was not trained on; it may hide a wrong label that it has learned."
)


@dataclass(frozen=True, eq=False)
class Rows:
    """The N scored rows whose reasons are to be named."""

    columns: Mapping[str, np.ndarray]
    """The columns of the run so far, each N long; `index` is each row's position in the catalog."""
    targets: np.ndarray
    """(N,) int64 in [0, K), -1 = no label."""
    classes: list[str]
    embeddings: np.ndarray | None
    """(N, D) floats; None where the run has none."""
    graph: Graph | None
    """The neighbours of each row; None where the run has none."""
    epochs: int | None = None
    """Epochs of the recorded training; None where nothing was recorded."""
    seed: int = 0
    votes: Votes | None = None
    """What other models say of their reasons; None: nobody was asked."""


@dataclass(frozen=True, eq=False)
class Probes:
    """P planted probes, as the judge sees them."""

    plan: Plan
    logits: np.ndarray
    """(P, K) by models that were not trained on the probe, or not with its true kind."""
    embeddings: np.ndarray | None
    """(P, D) by the model whose embeddings the rows have; None where it gives none."""
    dynamics: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Scores of the training dynamics, each (P,); empty where the probes were in no recorded training."""

    @property
    def is_flip(self) -> np.ndarray:
        """(P,) bool: whose label was planted, with the input as it was."""
        return self.plan.kind == "mislabelled"


class Judge(Protocol):
    """What three ways of judging have in common: `own_model`, `linear_heads`, `fold_models`."""

    @property
    def subject(self) -> str:
        """Whose word it is, as the evidence says it: "the model"."""
        ...

    @property
    def note(self) -> str:
        """What the calibration rests on, for a run whose reasons can be trusted."""
        ...

    def facts(self, rows: Rows) -> dict[str, Any]:
        """What is known of each row of the features of `hem_core.reasons`: name -> (N,)."""
        ...

    def predictions(self, rows: Rows) -> ReasonPredictions:
        """The two likeliest classes of each row, and how sure the judge is of them and of the label."""
        ...

    def ask(self, rows: Rows) -> Probes:
        """Plant probes among the rows and judge them. Raises Impossible, which says why, where that cannot be done."""
        ...

    def of_flips(self, rows: Rows) -> dict[str, Any]:
        """`auroc`, `is_trusted` and `n_probes` of flipped labels alone, for a run whose reasons cannot be calibrated;
        {} where the judge cannot tell without the probes."""
        ...


class Impossible(HemError):
    """Nothing can be calibrated; the message says why."""
