"""The quality of sets of tags that are given as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from hem_core.array_checks import check_lengths, probabilities
from hem_core.errors import DataError
from hem_core.tasks import _multilabel_scores as scores
from hem_core.tasks._multilabel_suspects import contradicted
from hem_core.tasks._rates_labels import Rated


def rated(labels: Any, predictions: Any) -> Rated:
    """labels: a list of N lists of tag numbers, or an array (N, K): 1 yes, 0 no, NaN unknown; predictions (N, K).

    The quality of a tag is 1 − `_multilabel_scores.suspicion`, that of an example 1 − the pooled suspicion of its tags;
    an example is an issue where any tag is among those of `_multilabel_suspects.contradicted`.
    """
    check_lengths(labels, predictions, "pred_probs")
    if not len(labels):
        nothing = np.zeros(0)
        return Rated(nothing, nothing > 0, nothing > 0, [], [], {"tags": np.zeros((0, 0))})
    probs = probabilities(predictions, sums_to_one=False)
    given = given_of(labels, probs.shape[1])
    wrong = scores.suspicion(given, probs)
    is_predicted = probs >= scores.PREDICTED
    is_apart = (is_predicted != (given > 0)) & ~np.isnan(given)
    return Rated(
        quality=1 - scores.pooled(wrong, 1 - wrong),
        is_issue=np.asarray(contradicted(given, probs, wrong).any(axis=1)),
        is_contradicted=is_apart.any(axis=1),
        given=_listed(given > 0),
        predicted=_listed(is_predicted),
        parts={"tags": 1 - wrong},
    )


def given_of(labels: Any, n_tags: int) -> np.ndarray:
    """(N, K) float64: 1 yes, 0 no, NaN unknown. Raises DataError for names, and for numbers beyond the tags."""
    if isinstance(labels, np.ndarray) and labels.ndim == 2:
        return _of_matrix(labels, n_tags)
    given = np.zeros((len(labels), n_tags))
    for row, tags in enumerate(labels):
        given[row, _numbers(row, tags, n_tags)] = 1
    return given


def _of_matrix(labels: np.ndarray, n_tags: int) -> np.ndarray:
    if labels.shape[1] != n_tags:
        raise DataError(f"labels have {labels.shape[1]} columns and pred_probs {n_tags}; both need one for each tag")
    found = labels.astype(np.float64)
    odd = np.flatnonzero(~(np.isin(found, (0, 1)) | np.isnan(found)).all(axis=1))
    if len(odd):
        raise DataError(f"an array of labels holds 1, 0 or NaN for each tag; row {odd[0]} holds another number")
    return found


def _numbers(row: int, tags: Any, n_tags: int) -> list[int]:
    if isinstance(tags, str) or np.ndim(tags) != 1:
        raise DataError(
            f"labels of several tags are a list of tag numbers for each example; row {row} is {tags!r}. "
            "Pass [] for an example without tags"
        )
    for tag in tags:
        if isinstance(tag, str):
            raise DataError(f"row {row} names the tag '{tag}'; pass its number, the column of pred_probs from 0")
        if not 0 <= tag < n_tags or tag != int(tag):
            raise DataError(f"row {row} has the tag {tag}; pred_probs have columns 0 to {n_tags - 1}")
    return [int(tag) for tag in tags]


def _listed(has: np.ndarray) -> list[list[int]]:
    """(N, K) bool -> the numbers of the tags of each example."""
    return [np.flatnonzero(row).tolist() for row in has]
