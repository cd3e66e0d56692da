"""A fitted scikit-learn estimator, or Pipeline that ends in one, as a torch module."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from hem_core.errors import ModelError
from hem_core.models import answers as asking
from hem_core.models._row_embedding import RowEmbedding
from hem_core.models._text_embedding import TextEmbedding
from hem_core.models.single_label import WANTED, check_estimator

TOLERANCE = 0.02
"""How far from 1 a row of probabilities may sum, by rounding."""
NOT_FITTED = (
    "the {} is not fitted: return it fitted, or train it and judge examples that it did not see with "
    "--train package.module:train and --oos"
)
LEAST_PROBABILITY = 1e-12
"""Probabilities are clipped at this value: a forest's zero is not a certainty, and its logarithm is not finite."""


class Estimator(nn.Module):
    """Gives the logarithm of the estimator's probabilities as logits, and an embedding of the rows that it reads.

    For a task that wants other answers than one class (`answers`, see `hem_core.models.answers`) the logits are the
    numbers that these give, and there are no `class_labels`.

    What it is called with reaches the estimator as it is: a DataFrame of features, an array (n, F), or a list of texts.
    `class_labels` are its `classes_`, the labels that its outputs stand for, in their order. Nothing is pickled and
    nothing is loaded from a pickle: the estimator comes, fitted, from the user's own function.
    n_classes: it was fitted on class indices 0 .. n_classes - 1 and may have met only some: the others are impossible.
    Raises ModelError when it is no classifier of one label, is not fitted, gives no probabilities, or was fitted on
    labels beyond n_classes.
    """

    def __init__(self, estimator: Any, *, n_classes: int | None = None, answers: str = asking.ONE_CLASS) -> None:
        super().__init__()
        name = type(estimator).__name__
        self.embedding: RowEmbedding | TextEmbedding | None = None
        self.estimator = estimator
        self.class_labels: list[Any] | None = None
        self._places: list[int] | None = None
        self._outputs = asking.ANSWERS[answers].outputs
        if self._outputs is not None:
            asking.check_answers(estimator, answers)
            if not asking.is_fitted(estimator):
                raise ModelError(NOT_FITTED.format(name))
            return
        check_estimator(estimator)
        if not is_fitted(estimator):
            raise ModelError(NOT_FITTED.format(name))
        if not hasattr(estimator, "predict_proba"):
            raise ModelError(f"{name} gives no probabilities; wrap it in sklearn.calibration.CalibratedClassifierCV")
        labels: list[Any] = np.asarray(estimator.classes_).tolist()
        self._n_outputs = len(labels)
        if n_classes is not None:
            self._places, labels = _places(labels, n_classes), list(range(n_classes))
        self.class_labels = labels

    def extra_repr(self) -> str:
        return _without_addresses(repr(self.estimator))

    def fit_embedding(self, rows: Any) -> None:
        """Take medians, deviations and categories from all rows at once, so that a row's embedding is its own.

        rows: all N that will be scored: a DataFrame, an array (N, F), or texts, whose embedding is what a Pipeline
        gives its last step, brought down to 64 coordinates. Without this call there are no embeddings.
        """
        self.embedding = TextEmbedding.of(self.estimator, rows) if isinstance(rows, list) else RowEmbedding.of(rows)

    def preprocess(self, rows: Any) -> Any:
        """Rows as they are stored, pictures flattened: the estimator does the rest itself."""
        return rows.cpu().flatten(1) if isinstance(rows, Tensor) else rows

    def forward(self, rows: Any) -> dict[str, Tensor]:
        """`logits` (n, W) float32: log-probabilities, or what the task wants; once fitted also `embeddings` (n, D)."""
        plain = rows.numpy() if isinstance(rows, Tensor) else rows
        if self._outputs is None:
            logits = torch.from_numpy(self.probabilities(plain).clip(LEAST_PROBABILITY, 1)).log().float()
        else:
            logits = torch.from_numpy(self._outputs(self.estimator, plain))
        found = {"logits": logits}
        if self.embedding is not None:
            found["embeddings"] = torch.from_numpy(self.embedding.apply(plain))
        return found

    def probabilities(self, rows: Any) -> np.ndarray:
        """(n, K) float64, rows sum to 1, columns in the order of `class_labels`."""
        name = type(self.estimator).__name__
        try:
            probs = np.asarray(self.estimator.predict_proba(rows), dtype=np.float64)
        except Exception as error:  # whatever a step of the user's pipeline raises
            words = " ".join(str(error).split())[:300]
            raise ModelError(f"predict_proba of {name} failed on {len(rows)} rows: {words}") from error
        if probs.shape != (len(rows), self._n_outputs):
            raise ModelError(f"predict_proba of {name} gave {probs.shape}; expected {(len(rows), self._n_outputs)}")
        if (np.abs(probs.sum(axis=1) - 1) > TOLERANCE).any():
            raise ModelError(
                f"predict_proba of {name} gives rows that do not sum to 1, as where one example has several labels; "
                f"{WANTED}"
            )
        if self._places is None:
            return probs
        whole = np.zeros((len(rows), len(self.class_labels or ())))
        whole[:, self._places] = probs
        return whole

    def identity(self, batches: Sequence[Any] = ()) -> str:
        """Identifies the estimator: its kind, all its parameters, and its predictions for these rows.

        A fitted estimator has no list of weights, and its pickle differs from one process to the next. So its
        probabilities on all rows that will be scored, to six places, stand for what it has learned.
        """
        params = self.estimator.get_params(deep=True) if hasattr(self.estimator, "get_params") else {}
        parts = [type(self.estimator).__qualname__, repr(self.class_labels)]
        parts += [f"{name}={_without_addresses(repr(value))}" for name, value in sorted(params.items())]
        for rows in batches:
            told = self.probabilities(rows) if self._outputs is None else self._outputs(self.estimator, rows)
            parts.append(told.round(6).tobytes().hex())
        return "\n".join(parts)


def _places(labels: Sequence[Any], n_classes: int) -> list[int]:
    known = {index: index for index in range(n_classes)}
    if not all(label in known for label in labels):
        raise ModelError(
            f"the estimator was fitted on labels {labels[:5]}; expected class indices 0 to {n_classes - 1}"
        )
    return [known[label] for label in labels]


def is_estimator(candidate: Any) -> bool:
    """Whether it looks like an estimator of scikit-learn or of a library that follows it."""
    return hasattr(candidate, "fit") and hasattr(candidate, "get_params") and not isinstance(candidate, type)


def is_fitted(estimator: Any) -> bool:
    """Whether it knows its classes; a Pipeline answers for its last step."""
    try:
        return len(estimator.classes_) > 0
    except (AttributeError, TypeError):
        return False


def _without_addresses(text: str) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", text)
