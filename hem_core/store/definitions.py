"""The definitions of a run's numbers, read by every page, filter, slice and export.

Each count is a rule over the run's columns (see `store/rules.py`), so that a number and the filter of the same name
cannot differ.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from hem_core.store.verdicts import reviews
from hem_core.thresholds import HARDEST, SUSPECT, WRONG

if TYPE_CHECKING:
    import pandas as pd

ERROR: dict[str, Any] = {"column": "error", "min": WRONG, "max": None}
"""The prediction that counts (see `judge`) is wrong, as the task sees it. Unlabelled examples are neither right nor
wrong."""
JUDGED: dict[str, Any] = {"column": "error", "min": None, "max": None}
"""Examples whose prediction is known to be right or wrong: the denominator of an error rate."""
HARD: dict[str, Any] = {"not": {"column": "reason", "in": ["easy", "unsure", None]}}
"""The reason is a hard one: neither 'easy' nor 'unsure'."""
SUSPECTED: dict[str, Any] = {"column": "reason", "in": list(SUSPECT)}
"""The model and the neighbours contradict the given label; to be reviewed, not an error by itself."""
HARDEST_TENTH: dict[str, Any] = {"column": "difficulty", "min": HARDEST, "max": None}

OUT_OF_SAMPLE_HEAD = "a linear head on the embeddings that did not see the example"
IN_SAMPLE = {name: f"{name}_in_sample" for name in ("predicted", "is_correct", "error", "predicted_prob")}
"""The model's own predictions for examples that it was trained on, kept next to those that count."""
TOP = ("top_classes", "top_probs")


def judge(info: Mapping[str, Any], columns: Collection[str]) -> str:
    """Which predictions count as those of a run: 'model' or 'head'.

    The model's, unless it was trained on these examples and the run also has predictions of a linear head that was
    not fitted on them (the stored column `predicted_oos`): then the head's count, and the model's are
    `predicted_in_sample`, `error_in_sample` and so on.
    info: what run.json says; columns: names in scores.parquet.
    """
    return "head" if info.get("sample") == "in-sample" and "predicted_oos" in columns else "model"


def reviewed(verdicts: pd.DataFrame, ids: pd.Index) -> pd.Index:
    """The ids that somebody looked at one at a time and gave a verdict, skipping included, in the order of `ids`.

    verdicts: the verdicts of the tag log, id -> …, `n` (how many examples were tagged at once). A verdict on many at
    once (a lasso, a filter) is not a review of each.
    """
    return ids[ids.isin(reviews(verdicts).index)]
