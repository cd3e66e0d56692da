"""The level `tags`: one row for each tag that an example is given, or is predicted, or confidently lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from hem_core.stats.percentile import percentile
from hem_core.tag_sets import NONE
from hem_core.tasks import _multilabel_reasons as why
from hem_core.tasks._multilabel_scores import PREDICTED, losses, probability, support, suspicion

LEVEL = "tags"
GIVEN, LOGITS, PROBS = "tag_given", "tag_logits", "tag_probs"
"""Columns (N, K) of the examples: what is given (1, 0, NaN = unknown), the raw output, and its probabilities."""
JUDGED = ("probability", "is_predicted", "outcome", "suspicion", "suspicion_kind")
"""Columns that come of the prediction; no weak slice is described by them."""


@dataclass(frozen=True, eq=False)
class Tags:
    """R tags of N examples, in the order of the examples."""

    example: np.ndarray
    """(R,) place of the example."""
    tag: np.ndarray
    """(R,) number of the tag."""

    @property
    def at(self) -> tuple[np.ndarray, np.ndarray]:
        """Where they stand in an array (N, K)."""
        return self.example, self.tag


def tags_of(given: np.ndarray, probs: np.ndarray) -> Tags:
    """Which tags of the examples are rows: known, and given, or predicted, or as probable as where they are given.

    A tag that the model never calls likely, since it is rare, is confidently missing from half of what it usually
    reaches on: the mean probability of the examples that have it. given, probs (N, K).
    """
    is_given = given > 0
    count = is_given.sum(axis=0)
    usual = np.divide((probs * is_given).sum(axis=0), count, out=np.ones(len(count)), where=count > 0)  # (K,)
    limit = np.clip(usual, 0.1, PREDICTED)
    example, tag = np.nonzero((is_given | (probs >= limit)) & ~np.isnan(given))
    return Tags(example, tag)


@dataclass(frozen=True, eq=False)
class Judged:
    """What is known of the R tags that are rows, once for the level and for the examples."""

    n: int
    """N, the number of examples."""
    rows: Tags
    suspicion: np.ndarray
    """(R,) of `_multilabel_scores.suspicion`."""
    prob: np.ndarray | None
    """(R,) calibrated probability that the tag is wrong, NaN where there is none; None where nothing was calibrated."""
    reason: np.ndarray
    evidence: np.ndarray


def judged(
    columns: Mapping[str, np.ndarray], names: Sequence[str], prob: np.ndarray | None, wrong: np.ndarray | None = None
) -> Judged:
    """The reasons of the tags. columns: GIVEN and LOGITS (N, K), and `knn_distance` where there is one.

    prob (N, K): of `probed`, None where nothing was calibrated; wrong (N, K): the suspicion, where it is known already.
    """
    given = np.asarray(columns[GIVEN], np.float64)
    probs = probability(columns[LOGITS])
    rows = tags_of(given, probs)
    wrong = suspicion(given, probs) if wrong is None else wrong
    found = why.explained(columns, rows.at, names, wrong)
    own = prob[rows.at] if prob is not None else None
    return Judged(len(given), rows, wrong[rows.at], own, found["reason"], found["evidence"])


def tag_table(columns: Mapping[str, np.ndarray], ids: Sequence[str], names: Sequence[str], found: Judged) -> pa.Table:
    """R rows with the columns that every level has, and the tag, its probability, and its suspicion.

    columns: GIVEN and LOGITS (N, K); found: of `judged`, on the same columns. `error` is the distance of the
    probability from what is given, `loss` the binary cross-entropy in nats, `suspicion` as
    `_multilabel_scores.suspicion` gives it; `difficulty` and `label_suspicion` are their percentiles.
    """
    given, logits = np.asarray(columns[GIVEN], np.float64), np.asarray(columns[LOGITS], np.float64)
    probs, rows = probability(logits), found.rows
    example, tag = rows.at
    is_given, p = given[rows.at] > 0, probs[rows.at]
    is_predicted, unlikely = p >= PREDICTED, 1 - support(given, probs)[rows.at]
    loss = losses(given, logits)[rows.at]
    named = np.array(names, object)[tag] if len(tag) else np.zeros(0, object)
    owners = [ids[place] for place in example.tolist()]
    texts = {
        "id": [f"{owner}#{k}" for owner, k in zip(owners, tag.tolist(), strict=True)],
        "example": owners,
        "tag": named.tolist(),
        "given": _where(is_given, named),
        "predicted": _where(is_predicted, named),
        "outcome": outcomes_of(is_given, is_predicted),
        "suspicion_kind": _where(unlikely >= PREDICTED, np.where(is_given, *why.KINDS)),
        "suggested_label": _where(found.reason == "suspect_label", np.where(is_given, NONE, named)),
        "reason": found.reason.tolist(),
        "evidence": found.evidence.tolist(),
    }
    numbers = {
        "probability": p,
        "error": unlikely,
        "loss": loss,
        "difficulty": percentile(loss),
        "suspicion": found.suspicion,
        "label_suspicion": percentile(found.suspicion),
    }
    if found.prob is not None:
        numbers["reason_prob"] = np.where(found.reason == "suspect_label", found.prob, np.nan)
    truths = {"is_given": is_given, "is_predicted": is_predicted}
    table = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    table |= {name: _floats(values) for name, values in numbers.items()}
    return pa.table(table | {name: pa.array(values, pa.bool_()) for name, values in truths.items()})


def outcomes_of(is_given: np.ndarray, is_predicted: np.ndarray) -> list[str]:
    """What became of each tag (R,): right, not predicted, not given."""
    return np.where(is_given == is_predicted, "right", np.where(is_given, "not predicted", "not given")).tolist()


def _where(is_there: np.ndarray, texts: np.ndarray) -> list[str | None]:
    """Each text where it holds, else None."""
    return [text if there else None for there, text in zip(is_there.tolist(), texts.tolist(), strict=True)]


def _floats(values: np.ndarray) -> pa.Array:
    return pa.array(values.astype(np.float32), pa.float32(), from_pandas=True)
