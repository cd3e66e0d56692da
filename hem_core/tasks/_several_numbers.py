"""Several numbers of one example: the columns of each, and how they are pooled into one figure of the example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hem_core.stats.percentile import percentile
from hem_core.tasks import _regression_reasons as why
from hem_core.tasks._residuals import FAR, squashed
from hem_core.tasks._standing import standing

TEMPERATURE = 0.1
"""Of the softmax that pools the numbers of an example: the worst one counts most, and the others a little."""
WORST = "worst_number"
"""The column that names the number of each example that is the farthest off."""
OF_EACH = ("residual_scale", "residual_ratio", "label_conflict")
"""Columns of `standing` that are stored for each number."""
TOGETHER = ("residual_bias", "neighbours_low", "neighbours_median", "neighbours_high")
"""Those that are stored as one column (N, D): the evidence quotes them, and nobody filters by them."""


def column(name: str, output: str) -> str:
    """The column of one number: its own name after that of a task of one number, `residual_heating`."""
    return f"{name}_{output}" if output else name


def stacked(columns: Mapping[str, np.ndarray], name: str, outputs: Sequence[str]) -> np.ndarray:
    """(N, D) float64, the column `name` of each number."""
    return np.stack([np.asarray(columns[column(name, each)], np.float64) for each in outputs], axis=1)


def pooled(ratios: np.ndarray) -> np.ndarray:
    """(N,) one ratio for each example, of ratios (N, D) >= 0, NaN = unknown; 0 where none is known.

    Their mean, weighted by a softmax of `squashed` (T = .1): that of the worst where it stands out, and of all where
    they are equally far off. benchmarks/RESULTS.md compares it with the largest and the root of the mean square.
    """
    if ratios.shape[1] == 1:
        return ratios[:, 0]
    is_known = ~np.isnan(ratios)
    known = np.where(is_known, ratios, 0.0)
    weights = np.where(is_known, np.exp((squashed(known) - 1) / TEMPERATURE), 0.0)
    total = weights.sum(axis=1)
    return np.divide((weights * known).sum(axis=1), total, out=np.zeros(len(ratios)), where=total > 0)


def standing_of_all(
    columns: Mapping[str, np.ndarray], neighbours: np.ndarray | None, outputs: Sequence[str], spreads: Sequence[float]
) -> tuple[dict[str, np.ndarray], dict[str, str], list[float]]:
    """`standing` of each of D numbers, and of the examples; the usual |residual| of each number.

    columns: `given_value_<output>`, `predicted_value_<output>` and `residual_<output>`, NaN where nothing is given.
    Returned are the columns OF_EACH of each number and TOGETHER (N, D), the pooled `residual_ratio` and
    `label_conflict`, `error`, `difficulty` and `label_suspicion` of the examples, and WORST.
    """
    each, wholes, how = [], [], {}
    for output, spread in zip(outputs, spreads, strict=True):
        found, how, whole = _of_one(columns, neighbours, output, spread)
        each.append(found)
        wholes.append(whole)
    made = {column(name, output): one[name] for output, one in zip(outputs, each, strict=True) for name in OF_EACH}
    made |= {name: np.stack([one[name] for one in each], axis=1) for name in TOGETHER if name in each[0]}
    ratios, conflicts = (stacked(made, name, outputs) for name in ("residual_ratio", "label_conflict"))
    ratio, conflict = pooled(ratios), pooled(conflicts)
    of_examples = {
        "residual_ratio": ratio,
        "error": squashed(ratio),
        "label_conflict": conflict,
        "difficulty": percentile(ratio),
        "label_suspicion": percentile(conflict),
    }
    made |= {name: values.astype(np.float32) for name, values in of_examples.items()}
    made[WORST] = np.array(outputs, object)[_worst(ratios, conflicts)]
    pool = f", pooled over {len(outputs)} numbers: the worst counts most"
    return made, {name: words + pool for name, words in how.items()}, wholes


def _of_one(
    columns: Mapping[str, np.ndarray], neighbours: np.ndarray | None, output: str, spread: float
) -> tuple[dict[str, np.ndarray], dict[str, str], float]:
    """`standing` of one number among the examples that have it; NaN for the others."""
    own = {name: np.asarray(columns[column(name, output)]) for name in ("given_value", "predicted_value", "residual")}
    is_known = np.isfinite(own["residual"])
    if is_known.all():
        return standing(own, neighbours, spread)
    place = np.full(len(is_known) + 1, -1)  # the last is that of no neighbour, -1
    place[:-1][is_known] = np.arange(is_known.sum())
    near = place[neighbours[is_known]] if neighbours is not None else None
    found, how, whole = standing({name: values[is_known] for name, values in own.items()}, near, spread)
    spaced = {name: np.full(len(is_known), np.nan, np.float32) for name in found}
    for name, values in found.items():
        spaced[name][is_known] = values
    return spaced, how, whole


def _worst(ratios: np.ndarray, conflicts: np.ndarray) -> np.ndarray:
    """(N,) the place of the number that an example is explained by: the most suspect label, else the farthest off."""
    ratios, conflicts = np.nan_to_num(ratios, nan=-1.0), np.nan_to_num(conflicts, nan=-1.0)
    is_suspect = (ratios >= FAR) & (conflicts >= why.CONFLICT)
    return np.where(is_suspect, ratios.max(initial=0.0) + 1 + conflicts, ratios).argmax(axis=1)


def explain_worst(
    columns: Mapping[str, np.ndarray], outputs: Sequence[str], spreads: Sequence[float]
) -> dict[str, np.ndarray]:
    """`reason` and `evidence` (N,) of the worst number of each example; columns: of `standing_of_all`."""
    n = len(columns[WORST])
    reason, evidence = np.full(n, "easy", object), np.full(n, "", object)
    for place, (output, spread) in enumerate(zip(outputs, spreads, strict=True)):
        is_known = np.isfinite(columns[column("residual", output)])
        rows = np.flatnonzero((columns[WORST] == output) & is_known)
        names = ("given_value", "predicted_value", "residual", *OF_EACH)
        own = {name: np.asarray(columns[column(name, output)])[is_known] for name in names}
        own |= {name: np.asarray(columns[name])[is_known, place] for name in TOGETHER if name in columns}
        own |= {"knn_distance": columns["knn_distance"][is_known]} if "knn_distance" in columns else {}
        own["error"] = squashed(own["residual_ratio"].astype(np.float64))
        found = why.explain(own, spread, (np.cumsum(is_known) - 1)[rows])
        reason[rows] = found["reason"]
        evidence[rows] = [f"{output}: {words}" for words in found["evidence"]]
    return {"reason": reason, "evidence": evidence}


def mean_of_standardised(values: np.ndarray) -> np.ndarray:
    """(N,) the mean of the known numbers of each row of values (N, D), each in standard deviations; NaN for none."""
    is_known = ~np.isnan(values)
    known = np.where(is_known, values.astype(np.float64), 0.0)
    counts = np.maximum(1, is_known.sum(axis=0))
    centred = np.where(is_known, known - known.sum(axis=0) / counts, 0.0)
    deviation = np.sqrt((centred**2).sum(axis=0) / counts)
    scaled = np.divide(centred, deviation, out=np.zeros_like(centred), where=deviation > 0)
    of_row = is_known.sum(axis=1)
    return np.where(of_row > 0, scaled.sum(axis=1) / np.maximum(1, of_row), np.nan)
