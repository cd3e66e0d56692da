"""What a scikit-learn estimator can be asked for: one class out of several, a number, a yes or no for each class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core.errors import ModelError
from hem_core.models.single_label import kind_of

ONE_CLASS, NUMBERS, SEVERAL_CLASSES = "one class", "numbers", "several classes"
LEAST = 1e-6
"""How near to 0 and 1 a probability of a class on its own counts: a forest's zero is no certainty."""


@dataclass(frozen=True)
class Answer:
    """How an estimator of one kind is asked."""

    kind: str
    """What it is called: "classifier"."""
    method: str
    """The method that is called on rows."""
    outputs: Callable[[Any, Any], np.ndarray] | None = None
    """Estimator and rows -> raw outputs (n, W) float32; None: `Estimator` itself reads probabilities of one class."""


def numbers(estimator: Any, rows: Any) -> np.ndarray:
    """The predictions (n, 1) float32. Raises ModelError where there is not one finite or infinite number a row."""
    name, found = type(estimator).__name__, np.asarray(_called(estimator, "predict", rows))
    if found.ndim == 1:
        found = found[:, None]  # (n,) -> (n, 1)
    if found.shape != (len(rows), 1) or found.dtype.kind not in "fiub":
        raise ModelError(f"predict of {name} gave {found.dtype} {found.shape}; expected {(len(rows), 1)} numbers")
    return found.astype(np.float32)


def several_classes(estimator: Any, rows: Any) -> np.ndarray:
    """The log-odds (n, K) float32 of each class on its own, from a matrix of probabilities or a list of pairs."""
    name, found = type(estimator).__name__, _called(estimator, "predict_proba", rows)
    if isinstance(found, list):  # one (n, 2) for each class, as a forest or MultiOutputClassifier gives
        found = np.stack([_of_yes(part, len(rows), name) for part in found], axis=1)  # K x (n, 2) -> (n, K)
    probs = np.asarray(found, dtype=np.float64)
    if probs.ndim != 2 or len(probs) != len(rows) or probs.min(initial=0) < 0 or probs.max(initial=1) > 1:
        raise ModelError(
            f"predict_proba of {name} gave {probs.shape}; expected probabilities (n, K), one for each class"
        )
    probs = probs.clip(LEAST, 1 - LEAST)
    return (np.log(probs) - np.log1p(-probs)).astype(np.float32)


def _of_yes(part: Any, n: int, name: str) -> np.ndarray:
    """The probability of the second class of a pair, (n,)."""
    found = np.asarray(part, dtype=np.float64)
    if found.shape != (n, 2):
        raise ModelError(f"{name} was fitted on a class that all or none of the examples have; leave that class out")
    return found[:, 1]


def _called(estimator: Any, method: str, rows: Any) -> Any:
    try:
        return getattr(estimator, method)(rows)
    except Exception as error:  # whatever a step of the user's pipeline raises
        words = " ".join(str(error).split())[:300]
        raise ModelError(f"{method} of {type(estimator).__name__} failed on {len(rows)} rows: {words}") from error


ANSWERS = {
    ONE_CLASS: Answer("classifier", "predict_proba"),
    NUMBERS: Answer("regressor", "predict", numbers),
    SEVERAL_CLASSES: Answer("classifier of several classes", "predict_proba", several_classes),
}
"""By the task's `answers`."""


def check_answers(estimator: Any, answers: str) -> None:
    """Raise ModelError when an estimator, or a Pipeline's last step, is of another kind than the task wants."""
    wanted, name = ANSWERS[answers], type(estimator).__name__
    kind = kind_of(estimator)
    if answers == NUMBERS and kind not in (None, "regressor"):
        raise ModelError(f"the {name} is no regressor; the task expects predicted numbers: return a fitted regressor")
    if not hasattr(estimator, wanted.method):
        raise ModelError(f"{name} has no {wanted.method}; the task expects a {wanted.kind}")


def is_fitted(estimator: Any) -> bool:
    """Whether scikit-learn finds it fitted; an estimator of another library that it cannot judge counts as fitted."""
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    except Exception:  # no estimator of scikit-learn's own making
        return True
    return True
