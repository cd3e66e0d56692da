"""Why a number is hard to predict: simple rules over what is usual around an example, and the evidence in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hem_core.tasks._numbers import decimals, in_digits
from hem_core.tasks._residuals import GAUSSIAN
from hem_core.thresholds import WRONG

MEANINGS = {
    "suspect_label": "the given value is probably wrong: the prediction and the neighbours agree on another",
    "biased": "the model is off in the same direction on most examples around it",
    "ambiguous": "its neighbours disagree among themselves: the inputs do not settle the value",
    "outlier": "it looks like nothing else in the data",
    "rare": "there are few given values like it",
    "easy": "nothing is hard about it",
    "unsure": "the prediction is far off, and no reason stands out",
}
CONFLICT = 3.0
"""`label_conflict` from which a label is suspect: three times the usual distance."""
BIAS = 1.0
"""Times the usual |residual| of the whole set that the median residual around an example is off when it is biased."""
SPLIT = 2.0
"""Times the usual scale of the whole set that the local one is where the neighbours disagree."""
FAR_OUT, TAIL = 0.97, 0.01
"""Share of the distances to the neighbours below an outlier's; share of the given values in each rare tail."""


@dataclass(frozen=True, eq=False)
class _Facts:
    """(N,) each."""

    given: np.ndarray
    predicted: np.ndarray
    scale: np.ndarray
    bias: np.ndarray
    whole: float
    columns: Mapping[str, np.ndarray]
    spread: float

    @property
    def of_a_row(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What the evidence of a row begins with."""
        return self.given, self.predicted, self.scale


def explain(columns: Mapping[str, np.ndarray], spread: float, rows: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """`reason` and `evidence`, (N,) texts; columns: those of `_standing.standing`, and `knn_distance` where known.

    spread: of the given values; it decides how many digits are printed. rows (n,): explain these alone, (n,) texts;
    what is usual is still that of all N.
    """
    given, predicted = (np.asarray(columns[name], np.float64) for name in ("given_value", "predicted_value"))
    scale, bias = (np.asarray(columns[name], np.float64) for name in ("residual_scale", "residual_bias"))
    whole = GAUSSIAN * float(np.median(np.abs(given - predicted))) if len(given) else 1.0
    facts = _Facts(given, predicted, scale, bias, whole, columns, spread)
    some = np.arange(len(given)) if rows is None else rows
    reason = _reasons(facts)[some]
    return {"reason": reason, "evidence": _evidence(facts, reason, some)}


def is_suspect(error: np.ndarray, conflict: np.ndarray) -> np.ndarray:
    """Which given values are probably wrong; error in 0 .. 1 and conflict as in `_standing.standing`, of any shape."""
    return (error >= WRONG) & (conflict >= CONFLICT)


def _reasons(facts: _Facts) -> np.ndarray:
    """The first rule that holds names the reason."""
    error = np.asarray(facts.columns["error"], np.float64)
    residual = facts.given - facts.predicted
    is_wrong = error >= WRONG
    is_far = is_wrong | (np.abs(residual) >= 2 * facts.whole)  # also where large residuals are usual
    is_bias = (np.abs(facts.bias) >= BIAS * facts.whole) & (np.sign(facts.bias) == np.sign(residual))
    tests = {
        "suspect_label": is_suspect(error, np.asarray(facts.columns["label_conflict"])),
        "biased": is_far & is_bias & (facts.whole > 0),
        "ambiguous": is_far & (facts.scale >= SPLIT * facts.whole) & (facts.whole > 0),
        "outlier": is_wrong & _is_far_out(facts),
        "rare": is_wrong & _is_in_a_tail(facts.given),
        "unsure": is_wrong,
    }
    names = np.array([*tests, "easy"], dtype=object)
    first = np.argmax(np.stack([*tests.values(), np.ones(len(error), bool)]), axis=0)  # (rules, N) -> (N,)
    return names[first]


def _is_far_out(facts: _Facts) -> np.ndarray:
    distance = facts.columns.get("knn_distance")
    if distance is None or not len(distance):
        return np.zeros(len(facts.given), bool)
    return np.asarray(distance) > np.nanquantile(distance, FAR_OUT)


def _is_in_a_tail(given: np.ndarray) -> np.ndarray:
    if not len(given):
        return np.zeros(0, bool)
    low, high = np.quantile(given, [TAIL, 1 - TAIL])
    return (given < low) | (given > high)


def _evidence(facts: _Facts, reason: np.ndarray, some: np.ndarray) -> np.ndarray:
    """One sentence an example: what was given and predicted, with what is usual, and what the neighbours say.

    reason (n,) of the rows `some` (n,).
    """
    digits = decimals(min(facts.spread, float(np.median(facts.scale))) if len(facts.scale) else facts.spread)
    has_near = "neighbours_low" in facts.columns
    near = [facts.columns[f"neighbours_{end}"].tolist() for end in ("low", "high")] if has_near else []
    words = []
    for row, name in zip(some.tolist(), reason.tolist(), strict=True):
        given, predicted, scale = (in_digits(float(each[row]), digits) for each in facts.of_a_row)
        text = f"given {given}, predicted {predicted} ± {scale}"
        if has_near:
            low, high = (in_digits(end[row], digits) for end in near)
            text += f"; most of its neighbours lie between {low} and {high}"
        words.append(text + _more(facts, str(name), row, digits))
    return np.array(words, dtype=object)


def _more(facts: _Facts, reason: str, row: int, digits: int) -> str:
    """What the reason adds."""
    if reason == "biased":
        side = "above" if facts.bias[row] > 0 else "below"
        size = in_digits(abs(float(facts.bias[row])), digits)
        return f"; around it the given values lie {side} the predictions, by {size} at the median"
    if reason == "ambiguous":
        return f"; residuals around it are {facts.scale[row] / facts.whole:.1f} times as large as elsewhere"
    if reason == "outlier":
        return "; it is farther from its neighbours than 97% of the data"
    if reason == "rare":
        return "; its value is among the most extreme 2%"
    return ""
