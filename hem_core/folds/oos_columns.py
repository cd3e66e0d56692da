"""The predictions of models that did not see an example, whoever made them, and the columns that a run has of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from hem_core.engine.example_scores import example_scores
from hem_core.reasons.facts import has_energy
from hem_core.tasks import Task, load
from hem_core.thresholds import WRONG


@dataclass(frozen=True, eq=False)
class OutOfSample:
    """What models said of N examples that they were not trained on. `how`: "folds" or "head"."""

    how: str
    logits: np.ndarray
    """(N, W) float32, the raw outputs; NaN rows where nothing is known."""
    fold: np.ndarray
    """(N,) the fold that each row was left out with."""
    task: Task = field(default_factory=load)

    def errors(self, targets: np.ndarray) -> np.ndarray:
        """(N,): 1 where the model was wrong, 0 where right, NaN where it was not asked."""
        return np.where(np.isnan(self.logits[:, 0]), np.nan, self.task.errors(self.logits, targets))

    def accuracy(self, targets: np.ndarray) -> float | None:
        """Share of the examples that were asked and are right, 0 .. 1; None where nothing was asked."""
        error = self.errors(targets)
        known = error[~np.isnan(error)]
        return float((known < WRONG).mean()) if len(known) else None


def beside(found: OutOfSample, targets: np.ndarray) -> dict[str, np.ndarray]:
    """The columns `loss_oos`, `margin_oos`, `entropy_oos`, `label_prob_oos`, `predicted_oos`, `predicted_prob_oos`,
    `error_oos`, each (N,), and the head's most likely classes, `top_classes_oos` and `top_probs_oos`."""
    made = rescored(found.task, found.logits, targets)
    names = ("loss", "margin", "entropy", "label_prob", "predicted", "predicted_prob", "top_classes", "top_probs")
    names += ("error",)
    return {f"{name}_oos": made[name] for name in names if name in made}


def rescored(task: Task, raw: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Every column that comes from raw outputs (N, W) and targets (N,) alone, as a run has them."""
    tensors = example_scores(task, [""] * len(targets), torch.from_numpy(raw), torch.from_numpy(targets))
    columns = {name: values.numpy() for name, values in tensors.items()}
    if "energy" in columns and not has_energy(columns["energy"]):
        del columns["energy"]
    return columns
