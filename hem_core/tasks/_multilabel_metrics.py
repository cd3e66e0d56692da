"""How good predicted tags are: mean average precision, micro and macro F1, subset accuracy; and each tag's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hem_core.stats.bootstrap import DRAWS, MOST_ROWS, bootstrap
from hem_core.tasks._multilabel_scores import PREDICTED
from hem_core.types import Metric

CELLS = 3 * 10**7
"""Examples times tags times draws that intervals may cost: some seconds."""
LEAST_DRAWS = 40


def measured(given: np.ndarray, probs: np.ndarray) -> list[Metric]:
    """mAP (the headline), micro F1, macro F1 and subset accuracy, with 95% bootstrap intervals over the examples.

    given (N, K): 1 yes, 0 no, NaN unknown; probs (N, K). What cannot be measured has no metric.
    """
    if not given.size:
        return []
    draws = int(np.clip(CELLS // (min(len(given), MOST_ROWS) * given.shape[1]), LEAST_DRAWS, DRAWS))
    measures = {
        "mAP": mean_average_precision,
        "micro F1": micro_f1,
        "macro F1": macro_f1,
        "subset accuracy": subset_accuracy,
    }
    found = [(name, bootstrap(measure, given, probs, draws=draws)) for name, measure in measures.items()]
    return [Metric(name, *values, n=len(given)) for name, values in found if np.isfinite(values[0])]


def average_precisions(given: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """(K,) average precision of each tag, 0 .. 1, as scikit-learn's; NaN for a tag that no example is known to have.

    given, probs (N, K), as in `measured`. Equal probabilities share one threshold.
    """
    n = len(given)
    if not n:
        return np.full(given.shape[1], np.nan)
    order = np.argsort(-probs, axis=0, kind="stable")
    ranked, truth = np.take_along_axis(probs, order, 0), np.take_along_axis(given, order, 0)
    is_known, is_given = ~np.isnan(truth), truth > 0
    hits, seen = is_given.cumsum(axis=0), is_known.cumsum(axis=0)
    is_last = np.ones(ranked.shape, bool)
    is_last[:-1] = ranked[:-1] != ranked[1:]
    place = np.where(is_last, np.arange(n)[:, None], n)
    end = np.minimum.accumulate(place[::-1], axis=0)[::-1]  # the last place with the same probability
    precision = np.take_along_axis(hits, end, 0) / np.maximum(1, np.take_along_axis(seen, end, 0))
    total = is_given.sum(axis=0)
    summed = (precision * is_given).sum(axis=0)
    return np.divide(summed, total, out=np.full(len(total), np.nan), where=total > 0)


def mean_average_precision(given: np.ndarray, probs: np.ndarray) -> float:
    """Mean over the tags that have one, 0 .. 1; NaN without any."""
    return mean_of_known(average_precisions(given, probs))


def f1_by_tag(given: np.ndarray, probs: np.ndarray) -> np.ndarray:
    """(K,) F1 of each tag, 0 .. 1; NaN for a tag that is neither given nor predicted."""
    hits, apart = _counts(given, probs)
    total = 2 * hits + apart
    return np.divide(2 * hits, total, out=np.full(len(total), np.nan), where=total > 0)


def micro_f1(given: np.ndarray, probs: np.ndarray) -> float:
    """F1 of all tags together, 0 .. 1; NaN where none is given or predicted."""
    hits, apart = (counts.sum() for counts in _counts(given, probs))
    return float(2 * hits / (2 * hits + apart)) if hits + apart else float("nan")


def macro_f1(given: np.ndarray, probs: np.ndarray) -> float:
    """Mean of `f1_by_tag` over the tags that have one, 0 .. 1."""
    return mean_of_known(f1_by_tag(given, probs))


def mean_of_known(each: np.ndarray) -> float:
    """The mean of figures of K tags, NaN left out; NaN without any."""
    return float(np.nanmean(each)) if np.isfinite(each).any() else float("nan")


def subset_accuracy(given: np.ndarray, probs: np.ndarray) -> float:
    """Share of the examples whose known tags are all right, 0 .. 1."""
    is_right = ((given > 0) == (probs >= PREDICTED)) | np.isnan(given)
    return float(is_right.all(axis=1).mean())


def by_tag(given: np.ndarray, probs: np.ndarray, names: Sequence[str]) -> list[dict[str, Any]]:
    """One row a tag: its name, `ap` and `f1` (None where they are not known), how often it is given, predicted, known,
    and the mean of its probabilities, which is to be compared with the share that has it."""
    ap, f1 = average_precisions(given, probs), f1_by_tag(given, probs)
    is_known = ~np.isnan(given)
    return [
        {
            "tag": name,
            "ap": _rounded(ap[k]),
            "f1": _rounded(f1[k]),
            "given": int((given[:, k] > 0).sum()),
            "predicted": int(((probs[:, k] >= PREDICTED) & is_known[:, k]).sum()),
            "known": int(is_known[:, k].sum()),
            "mean_prob": _rounded(probs[is_known[:, k], k].mean() if is_known[:, k].any() else np.nan),
        }
        for k, name in enumerate(names)
    ]


def _counts(given: np.ndarray, probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(K,) how often a tag is both given and predicted, and how often it is one of the two alone."""
    is_given, is_predicted, is_known = given > 0, probs >= PREDICTED, ~np.isnan(given)
    return (is_given & is_predicted).sum(axis=0), ((is_given != is_predicted) & is_known).sum(axis=0)


def _rounded(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
