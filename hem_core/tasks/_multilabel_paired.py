"""Models with several labels compared on the same examples: by mAP, F1 and subset accuracy, and tag by tag."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hem_core.errors import DataError
from hem_core.stats.paired import Measure, Paired
from hem_core.tasks import _multilabel_metrics as measures
from hem_core.tasks._multilabel_parts import outcomes_of, tags_of
from hem_core.tasks._multilabel_scores import PREDICTED, support

WHOLE = (Measure("mAP"), Measure("micro F1"), Measure("macro F1"), Measure("subset accuracy"))
"""The measures of all tags together, the headline first."""
OUTCOMES = {"right": "right", "not predicted": "given, not predicted", "not given": "predicted, not given"}
PART_COLUMNS = ("id", "example", "given")


@dataclass(frozen=True, eq=False)
class TagAnswers:
    """What a model says of the tags of N examples."""

    given: np.ndarray
    """(N, K): 1 yes, 0 no, NaN unknown."""
    probs: np.ndarray
    """(N, K) in 0 .. 1."""
    names: tuple[str, ...]

    def of_examples(self, rows: np.ndarray) -> TagAnswers:
        """Some of the examples."""
        return TagAnswers(self.given[rows], self.probs[rows], self.names)


def paired(models: Sequence[TagAnswers], *, n_resamples: int, seed: int = 0) -> Paired:
    """The measures `WHOLE` of A models on the same N examples, then AP of each tag that an example has.

    Every resample draws the same examples for all models, so what they share cancels in their difference.
    Raises DataError when the models have other numbers of examples, or other tags.
    """
    first = models[0]
    for other in models:
        if len(other.given) != len(first.given) or other.names != first.names:
            raise DataError(
                f"these predictions are of {len(first.given):,} and {len(other.given):,} examples and of "
                f"{len(first.names)} and {len(other.names)} tags; compare predictions of the same examples"
            )
    count = (first.given > 0).sum(axis=0)
    known = np.flatnonzero(count)
    of_tags = tuple(Measure("AP", label=first.names[k], n=int(count[k])) for k in known.tolist())
    n, chance = len(first.given), np.random.default_rng(seed)
    draws = [chance.integers(0, n, n) for _ in range(n_resamples)]
    every = np.arange(n)
    point = np.stack([_measured(one, every, known) for one in models])
    resampled = [np.stack([_measured(one, rows, known) for one in models]) for rows in draws]
    stacked = np.stack(resampled) if draws else np.zeros((0, *point.shape))
    return Paired((*WHOLE, *of_tags), point, stacked if n > 1 else np.full_like(stacked, np.nan), n)


def _measured(model: TagAnswers, rows: np.ndarray, known: np.ndarray) -> np.ndarray:
    given, probs = model.given[rows], model.probs[rows]
    each = measures.average_precisions(given, probs)
    whole = [
        measures.mean_of_known(each),
        measures.micro_f1(given, probs),
        measures.macro_f1(given, probs),
        measures.subset_accuracy(given, probs) if len(given) else np.nan,
    ]
    return np.array([*whole, *each[known]])


def parts_of(model: TagAnswers, ids: Sequence[str]) -> Mapping[str, np.ndarray]:
    """The rows of the level `tags` as `same_tags` and a report of what changed need them."""
    rows = tags_of(model.given, model.probs)
    example, tag = rows.at
    owners, names = np.array(ids, object)[example], np.array(model.names, object)[tag]
    is_given = model.given[rows.at] > 0
    return {
        "id": np.array([f"{owner}#{k}" for owner, k in zip(owners, tag.tolist(), strict=True)], object),
        "example": owners,
        "given": np.array([name if has else None for name, has in zip(names, is_given, strict=True)], object),
        "error": 1 - support(model.given, model.probs)[rows.at],
        "outcome": np.array(outcomes_of(is_given, model.probs[rows.at] >= PREDICTED), object),
    }


def same_tags(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> list[tuple[int, int]]:
    """Rows (before, after) with the same id: a tag of an example has the same number for every model."""
    place = {id: row for row, id in enumerate(before["id"].tolist())}
    return [(place[id], row) for row, id in enumerate(after["id"].tolist()) if id in place]
