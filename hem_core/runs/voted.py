"""Several models vote: the evidence for the headlines as the mean over this run and those beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from hem_core.reasons.top_logits import dense
from hem_core.store.run import Run, open_run

MEANS = ("aum_windowed", "confidence_mean_windowed", "confidence_mean", "aum", "neighbour_disagreement")
"""Evidence whose mean over models is that of their mean."""
LEAST = 1e-30
READ = ("id", "label", "label_prob", "top_classes", "top_probs", *MEANS)


def voted(
    ids: list[str], columns: dict[str, np.ndarray], classes: list[str], sample: str, folders: Sequence[str | Path]
) -> dict[str, np.ndarray]:
    """`loss` and `margin` of the mean of the models' probabilities, and the means of MEANS, each (N,).

    columns: of this run, of N examples; sample: of its predictions. Other runs are matched by id; one that gave an
    example another label, or does not know it, does not count there, nor do the predictions of a run that may have
    been trained on the examples beside a run that was not. A run keeps the probabilities of the 5 likeliest classes and
    of the label, which is all that is averaged; N · K numbers are held. {} where no other run counts.
    """
    if not folders:
        return {}
    place = {id: row for row, id in enumerate(ids)}
    given = np.array(classes, dtype=object)[columns["target"]]
    total, count = dense(columns["top_classes"], columns["top_probs"], len(classes)), np.ones(len(ids))
    total[np.arange(len(ids)), columns["target"]] = columns["label_prob"]
    means = {name: [columns[name]] for name in MEANS if name in columns}
    for folder in folders:
        run = open_run(folder)
        table, rows = agreeing(run, place, given, READ)
        if len(rows) and may_vote(run, sample):
            total[rows] += _probabilities(table, columns["target"][rows], classes)
            count[rows] += 1
        for name in set(means) & set(table.columns):
            means[name].append(_spread(table[name].to_numpy(np.float64, na_value=np.nan), rows, len(ids)))
    averaged = {name: np.nanmean(np.stack(each), axis=0) for name, each in means.items() if _is_known(each[1:])}
    return averaged | (_conflict(total / count[:, None], columns["target"]) if (count > 1).any() else {})


def may_vote(run: Run, sample: str) -> bool:
    """Whether predictions of a run count beside those of a run of that `sample`: not if it may have been trained on the
    examples and the other was not."""
    return sample != "out-of-sample" or run.info.get("sample") == sample


def agreeing(
    run: Run, place: dict[str, int], given: np.ndarray, names: Sequence[str]
) -> tuple[pd.DataFrame, np.ndarray]:
    """The rows of a run that are among these and have the same label, and their places here.

    place: id -> row, given (N,): the label here; names: the columns to read, "id" and "label" among them.
    """
    table = run.table([name for name in names if name in run.source.columns])
    rows = np.array([place.get(id, -1) for id in table["id"]], np.int64)
    agrees = (rows >= 0) & (table["label"].to_numpy() == given[rows])
    return table.loc[agrees], rows[agrees]


def _is_known(values: Sequence[np.ndarray]) -> bool:
    return any(not np.isnan(each).all() for each in values)


def _probabilities(table: pd.DataFrame, targets: np.ndarray, classes: list[str]) -> np.ndarray:
    """(n, K) probabilities of a run, 0 where it keeps none; its classes that are none of these have no column."""
    number = {name: k for k, name in enumerate(classes)}
    top = np.array([[number.get(name, -1) for name in names] for names in table["top_classes"]], np.int64)
    found = dense(top, np.array(table["top_probs"].tolist(), np.float64), len(classes))
    found[np.arange(len(table)), targets] = table["label_prob"]
    return found


def _conflict(probs: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Loss and margin of mean probabilities (N, K)."""
    rows = np.arange(len(targets))
    own = np.maximum(probs[rows, targets], LEAST)
    others = probs.copy()
    others[rows, targets] = 0
    rest = np.maximum(np.maximum(others.sum(axis=1), 1 - own), LEAST)
    return {"loss": np.log1p(rest / own), "margin": np.log(np.maximum(others.max(axis=1), LEAST)) - np.log(own)}


def _spread(values: np.ndarray, rows: np.ndarray, n: int) -> np.ndarray:
    whole = np.full(n, np.nan)
    whole[rows] = values
    return whole
