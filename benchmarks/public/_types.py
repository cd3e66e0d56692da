"""What passes between the parts: a data set, the rows that a noise model sees, and the evidence that a method gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from benchmarks._peers import probabilities


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """M rows of a data set, in the order of its file."""

    inputs: np.ndarray
    """(M, F) float32, what the model reads."""
    embeddings: np.ndarray
    """(M, D) float32, made without any label; near means alike."""
    labels: np.ndarray
    """(M,) int64 in [0, K), taken to be right."""
    n_classes: int
    model: Literal["trees", "net"]
    """What is trained on it: boosted trees over `inputs` as they are, or a net of one hidden layer."""


@dataclass(frozen=True, eq=False)
class CleanRows:
    """N rows before their labels are made wrong, as a noise model sees them."""

    embeddings: np.ndarray
    """(N, D) float32."""
    labels: np.ndarray
    """(N,) int64 in [0, K), the right ones."""
    n_classes: int
    weak_probs: np.ndarray
    """(N, K) of a weak model, trained on a few other rows of the set."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What every method gets of N examples in K classes: the labels as given, and what models say of them."""

    labels: np.ndarray
    """(N,) int64 in [0, K), as given: some are wrong."""
    n_classes: int
    logits: np.ndarray
    """(N, K) float32 of models that were not trained on that example (5 folds); log-probabilities of trees."""
    embeddings: np.ndarray
    """(N, D) float32, made without any label."""
    epoch_logits: np.ndarray
    """(N, E, K) float32 of the one model trained on all examples: in each epoch as the example was trained on, or
    after each round of boosting."""
    probe_logits: np.ndarray
    """(P, E, K) float32, the same of P more rows that were in that training and are not scored."""
    probe_labels: np.ndarray
    """(P,) int64, their labels as given to the training."""
    is_random_probe: np.ndarray
    """(P,) bool: the label was replaced by a random other one on purpose; else as given, so a few are wrong too."""
    seed: int
    are_rounds: bool = False
    """Whether the epochs are rounds of boosting."""

    @property
    def pred_probs(self) -> np.ndarray:
        """(N, K) float64, softmax of `logits`."""
        return probabilities(self.logits)


def losses(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Cross-entropy (N, E) of recorded logits (N, E, K) and labels (N,)."""
    own = np.take_along_axis(probabilities(logits), labels[:, None, None], axis=2)[:, :, 0]  # (N, E)
    return -np.log(np.maximum(own, 1e-12))
