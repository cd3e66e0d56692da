"""What a scikit-learn estimator can predict: one class out of several, a number or several, or tags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hem_core.errors import ModelError
from hem_core.models.single_label import kind_of

ONE_CLASS, NUMBERS, TAGS = "one class", "numbers", "tags"
LEAST_PROBABILITY = 1e-6
"""Probabilities of tags are clipped at this value, since a forest's zero is not a certainty."""


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
    """The predictions (n, D) float32. Raises ModelError unless there are numbers for each row."""
    name, found = type(estimator).__name__, np.asarray(_called(estimator, "predict", rows))
    if found.ndim == 1:
        found = found[:, None]  # (n,) -> (n, 1)
    if found.ndim != 2 or len(found) != len(rows) or found.dtype.kind not in "fiub":
        raise ModelError(
            f"predict of {name} gave {found.dtype} {found.shape}; expected numbers, ({len(rows)},) or ({len(rows)}, D)"
        )
    return found.astype(np.float32)


def tag_logits(estimator: Any, rows: Any) -> np.ndarray:
    """The log-odds (n, K) float32 of K tags in `predict_proba`, whatever its shape.

    An array (n, K), as of OneVsRestClassifier, or a list of K arrays (n, 2), as of MultiOutputClassifier, k-nearest
    neighbours and forests. A tag that the estimator met in one state alone has a column less: it is sure of that state.
    Raises ModelError for anything else.
    """
    name, found = type(estimator).__name__, _called(estimator, "predict_proba", rows)
    if isinstance(found, list):
        states = _states_of(estimator, len(found))
        found = np.stack([_of_yes(one, state, name) for one, state in zip(found, states, strict=True)], axis=1)
    probs = np.asarray(found, np.float64)
    if probs.ndim != 2 or len(probs) != len(rows):
        raise ModelError(
            f"predict_proba of {name} gave {probs.shape}; expected ({len(rows)}, K), a number for each tag"
        )
    if probs.size and not (probs.min() >= 0 and probs.max() <= 1):
        raise ModelError(f"predict_proba of {name} gives numbers outside 0 .. 1")
    p = probs.clip(LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    return (np.log(p) - np.log1p(-p)).astype(np.float32)


def _states_of(estimator: Any, n: int) -> list[Any]:
    """The states that each of n tags had in training, as the last step of a Pipeline knows them."""
    found = getattr(estimator, "classes_", None)
    return list(found) if isinstance(found, list) and len(found) == n else [None] * n


def _of_yes(probs: Any, states: Any, name: str) -> np.ndarray:
    """(n,) the probability of yes, from the (n, states) of one tag."""
    found = np.asarray(probs, np.float64)
    if found.ndim == 2 and found.shape[1] == 2:
        return found[:, 1]
    if found.ndim == 2 and found.shape[1] == 1:
        is_yes = states is not None and bool(np.asarray(states).reshape(-1)[0])
        return np.full(len(found), float(is_yes))
    raise ModelError(f"predict_proba of {name} gave {found.shape} for a tag; expected two columns, no and yes")


def _called(estimator: Any, method: str, rows: Any) -> Any:
    try:
        return getattr(estimator, method)(rows)
    except Exception as error:  # whatever a step of the user's pipeline raises
        words = " ".join(str(error).split())[:300]
        raise ModelError(f"{method} of {type(estimator).__name__} failed on {len(rows)} rows: {words}") from error


ANSWERS = {
    ONE_CLASS: Answer("classifier", "predict_proba"),
    NUMBERS: Answer("regressor", "predict", numbers),
    TAGS: Answer("classifier of several labels", "predict_proba", tag_logits),
}
"""By the task's `answers`."""


def check_answers(estimator: Any, answers: str) -> None:
    """Raise ModelError when an estimator, or a Pipeline's last step, is of another kind than the task wants."""
    wanted, name = ANSWERS[answers], type(estimator).__name__
    kind = kind_of(estimator)
    if answers == NUMBERS and kind not in (None, "regressor"):
        raise ModelError(f"the {name} is no regressor; the task expects predicted numbers: return a fitted regressor")
    if answers == TAGS and kind not in (None, "classifier"):
        raise ModelError(f"the {name} is no classifier; the task expects one that gives a probability to each tag")
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
