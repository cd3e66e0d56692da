"""What the numbers of a run mean: every page, filter, slice and export reads the definitions here.

Each count is a rule over the run's columns (see `store/rules.py`), so that a number and the filter of the same name
cannot differ.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from hem_core.hardest import HARDEST

if TYPE_CHECKING:
    import pandas as pd

WRONG = 0.5
"""`error` from which a prediction counts as wrong: for classes it is 0 or 1, for other tasks it is graded."""
ERROR: dict[str, Any] = {"column": "error", "min": WRONG, "max": None}
"""The prediction that counts (see `judge`) is wrong, as the task sees it. Unlabelled examples are neither right nor
wrong."""
JUDGED: dict[str, Any] = {"column": "error", "min": None, "max": None}
"""Examples of which it is known whether the prediction is right: what an error rate is a share of."""
HARD: dict[str, Any] = {"not": {"column": "reason", "in": ["easy", "unsure", None]}}
"""The reason is a hard one: neither 'easy' nor 'unsure'."""
SUSPECTED: dict[str, Any] = {"column": "reason", "in": ["mislabelled"]}
"""The model and the neighbours contradict the given label; to review, no error by itself."""
HARDEST_TENTH: dict[str, Any] = {"column": "difficulty", "min": HARDEST, "max": None}

OUT_OF_SAMPLE_HEAD = "a linear head on the embeddings that did not see the example"
IN_SAMPLE = {name: f"{name}_in_sample" for name in ("predicted", "is_correct", "error", "predicted_prob")}
"""What the model itself says of examples that it was trained on, beside what counts."""
TOP = ("top_classes", "top_probs")


def judge(info: Mapping[str, Any], columns: Collection[str]) -> str:
    """Whose prediction counts as *the* prediction of a run: 'model' or 'head'.

    The model's, unless it was trained on these examples and the run also has predictions of a linear head that was
    not fitted on them (the stored column `predicted_oos`): then the head's count, and the model's are
    `predicted_in_sample`, `error_in_sample` and so on.
    info: what run.json says; columns: names in scores.parquet.
    """
    return "head" if info.get("sample") == "in-sample" and "predicted_oos" in columns else "model"


def reviewed(verdicts: pd.DataFrame, ids: pd.Index) -> pd.Index:
    """The ids that somebody looked at one at a time and gave a verdict, skipping included, in the order of `ids`.

    verdicts: the verdicts of the tag log, id -> …, `n` (how many examples were tagged at once). A verdict on many at
    once (a lasso, a filter) is no review of each.
    """
    alone = verdicts.loc[verdicts["n"] == 1, :].index
    return ids[ids.isin(alone)]
