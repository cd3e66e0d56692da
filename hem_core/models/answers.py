"""What a scikit-learn estimator can predict: one class out of several, or a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core.errors import ModelError
from hem_core.models.single_label import kind_of

ONE_CLASS, NUMBERS = "one class", "numbers"


@dataclass(frozen=True)
class Answer:
    """How an estimator of one kind predicts."""

    kind: str
    """Its name in messages: "classifier"."""
    method: str
    """The method that is called on rows."""
    outputs: Callable[[Any, Any], np.ndarray] | None = None
    """Estimator and rows -> raw outputs (n, W) float32; None: `Estimator` itself reads probabilities of one class."""


def numbers(estimator: Any, rows: Any) -> np.ndarray:
    """The predictions (n, 1) float32. Raises ModelError unless there is one number per row."""
    name, found = type(estimator).__name__, np.asarray(_called(estimator, "predict", rows))
    if found.ndim == 1:
        found = found[:, None]  # (n,) -> (n, 1)
    if found.shape != (len(rows), 1) or found.dtype.kind not in "fiub":
        raise ModelError(f"predict of {name} gave {found.dtype} {found.shape}; expected {(len(rows), 1)} numbers")
    return found.astype(np.float32)


def _called(estimator: Any, method: str, rows: Any) -> Any:
    try:
        return getattr(estimator, method)(rows)
    except Exception as error:  # whatever a step of the user's pipeline raises
        words = " ".join(str(error).split())[:300]
        raise ModelError(f"{method} of {type(estimator).__name__} failed on {len(rows)} rows: {words}") from error


ANSWERS = {
    ONE_CLASS: Answer("classifier", "predict_proba"),
    NUMBERS: Answer("regressor", "predict", numbers),
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
