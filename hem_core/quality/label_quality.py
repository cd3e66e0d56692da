"""How good each label is: of examples, and of their parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from hem_core.errors import HemError
from hem_core.quality._rated import rated
from hem_core.tasks import DEFAULT


def label_quality(labels: Any, pred_probs: Any, *, task: str = DEFAULT, embeddings: Any = None) -> np.ndarray:
    """How good the label of each example is: 1 = fine, 0 = surely wrong. **Lower = more suspicious.**

    The direction is cleanlab's, the reverse of HEM's columns. Predictions must be those of models that did not see the
    example. labels, pred_probs, by task:
    - classification: (N,) class numbers from 0; (N, K) probabilities, rows sum to 1;
    - multilabel: N lists of tag numbers, or an array (N, K) of 1, 0 and NaN for unknown; (N, K) probabilities;
    - regression: (N,) numbers, or (N, D) for several; predictions of the same shape;
    - detection: N dicts of `bboxes` (L, 4; left, top, right, bottom in px) and `labels` (L,); N sequences of K arrays
      (M, 5), one a class, with the confidence in the fifth column.
    embeddings (N, D): of the examples, for classification and regression; then the neighbours count too.
    Returns (N,) float64 in 0 .. 1. Raises DataError for shapes and values that cannot be read, with what to do.
    """
    return rated(labels, pred_probs, task, embeddings).quality


def label_quality_of_parts(
    labels: Any, pred_probs: Any, *, task: str, kind: str | None = None, embeddings: Any = None
) -> Any:
    """How good each tag, number or box of the examples is: 1 = fine, 0 = surely wrong. Lower = more suspicious.

    labels, pred_probs, embeddings: as in `label_quality`. kind: for detection one of missing, spurious, misplaced and
    wrong_class. Returns for multilabel and for several numbers an array (N, K), NaN where a tag is unknown; for
    detection a list of N arrays: of `missing` one number for each predicted box, by class in their order, of the others
    one for each given box.
    Raises HemError for a task whose examples have no parts, and for another kind.
    """
    parts = rated(labels, pred_probs, task, embeddings).parts
    if not parts:
        raise HemError(f"the labels of task '{task}' have no parts here; use hem_core.label_quality")
    if kind is None and len(parts) == 1:
        return next(iter(parts.values()))
    if kind is None or kind not in parts:
        raise HemError(f"kind must be one of {', '.join(parts)}; it is {kind!r}")
    return parts[kind]
