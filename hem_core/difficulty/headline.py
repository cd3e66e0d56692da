"""The two headline numbers: how hard is an example, and is its label wrong?"""

from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np

from hem_core.difficulty.members import WORDS, Sample, members
from hem_core.errors import HemError
from hem_core.stats.percentile import percentile, percentile_within

__all__ = ["Headline", "Sample", "headline"]


_CALIBRATED = "percentile of the calibrated probability that a fresh model gets the example wrong as labelled"
VERSION = "3"
"""Of the definition of the two; 1: difficulty was the percentile of the calibrated probability, where there was one; 2:
without a recording it was the plain loss out-of-sample."""


class Headline(TypedDict):
    """What `headline` returns."""

    difficulty: np.ndarray
    """(N,) float32 in 0 .. 100, a percentile of this data set; NaN where nothing is known."""
    difficulty_in_class: np.ndarray
    """(N,) float32 in 0 .. 100, a percentile among the examples of the same label."""
    label_suspicion: np.ndarray
    """(N,) float32 in 0 .. 100, a percentile of this data set; higher = more likely a wrong label."""
    how: dict[str, str]
    """`difficulty` and `label_suspicion`: a sentence each, what went in; `version` of the definition of both."""
    notes: list[str]
    """Warnings to be shown with the numbers."""


def headline(
    table: Mapping[str, Any],
    *,
    sample: str,
    trusted_from: float = 0.7,
    neighbours_help: bool = True,
    has_memorised: bool | None = None,
) -> Headline:
    """Two percentiles of this data set: how hard is each example, and how suspicious its label; higher = more so.

    table: columns (N,) named as in scores.parquet, a dict or a data frame. Read where present: `label`, `error_prob`,
    `loss`, `margin`, `aum_windowed`, `confidence_mean_windowed`, `confidence_mean`, `aum`, `neighbour_disagreement`,
    `loss_oos`, `margin_oos`; NaN in a row: not known there.
    sample: "in-sample", "out-of-sample" or "unknown": was the model trained on these examples?
    neighbours_help, has_memorised: see `members`.
    Each is the percentile of the mean rank of what counts: see `members`, with what was measured. An example that lacks
    these columns (one that was never recorded, say) is ranked by the others. `error_prob` is the probability that a
    fresh model gets the example wrong, but may not know that model's own loss, and so ranks worse than the loss: it is
    the difficulty only where there is nothing else.
    Raises HemError when `sample` is another word, or no column to rank by is there.
    Reference: rank-mean after Borda; windowed AUM after Pleiss et al. 2020, arXiv:2001.10528.
    """
    columns = {name: values for name in WORDS if (values := _numbers(table, name)) is not None}
    chosen = members(
        columns,
        sample=sample,
        trusted_from=trusted_from,
        neighbours_help=neighbours_help,
        has_memorised=has_memorised,
    )
    prob = _numbers(table, "error_prob")
    if prob is None and not columns:
        wanted = ", ".join([*WORDS, "error_prob"])
        raise HemError(f"difficulty needs at least one of {wanted}; the table has none with a number")
    difficulty = percentile(_filled(_ranked(columns, chosen.difficulty) if columns else None, prob))
    suspicion = percentile(_ranked(columns, chosen.label_suspicion)) if columns else difficulty
    kind = "semi-out-of-sample" if chosen.is_semi else {"unknown": "not known whether in-sample"}.get(sample, sample)
    how = {
        "difficulty": _how(chosen.difficulty, kind) if columns else _CALIBRATED,
        "label_suspicion": _how(chosen.label_suspicion, kind) if columns else _CALIBRATED,
        "version": VERSION,
    }
    return Headline(
        difficulty=difficulty.astype(np.float32),
        difficulty_in_class=percentile_within(difficulty, _codes(table, len(difficulty))).astype(np.float32),
        label_suspicion=suspicion.astype(np.float32),
        how=how,
        notes=chosen.notes,
    )


def _filled(ranked: np.ndarray | None, prob: np.ndarray | None) -> np.ndarray:
    """The mean ranks, and the percentile of the probability where there is none."""
    if ranked is None:
        assert prob is not None
        return prob
    return ranked if prob is None else np.where(np.isnan(ranked), percentile(prob), ranked)


def _numbers(table: Mapping[str, Any], name: str) -> np.ndarray | None:
    if name not in table:
        return None
    values = np.asarray(table[name], np.float64)
    return None if len(values) and np.isnan(values).all() else values


def _ranked(known: Mapping[str, np.ndarray], names: list[str]) -> np.ndarray:
    """(N,) mean rank over `names`; over the other columns where a row has none of them; NaN where it has nothing."""
    others = [name for name in known if name not in names]
    mean = _mean_rank(known, names)
    return np.where(np.isnan(mean), _mean_rank(known, others), mean) if others else mean


def _mean_rank(known: Mapping[str, np.ndarray], names: list[str]) -> np.ndarray:
    ranks = np.stack([percentile(known[name]) for name in names])  # (M, N)
    count = (~np.isnan(ranks)).sum(axis=0)
    return np.where(count > 0, np.nansum(ranks, axis=0) / np.maximum(count, 1), np.nan)


def _codes(table: Mapping[str, Any], n: int) -> np.ndarray:
    if "label" not in table:
        return np.zeros(n, np.int64)
    labels = np.asarray(table["label"], object)
    number = {label: code for code, label in enumerate(dict.fromkeys(labels.tolist())) if isinstance(label, str)}
    return np.array([number.get(label, -1) for label in labels.tolist()], np.int64)


def _how(names: list[str], sample: str) -> str:
    words = [WORDS[name] + _times(names.count(name)) for name in dict.fromkeys(names)]
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    kind = "rank" if len(words) == 1 else "mean rank"
    return f"percentile of the {kind} of {listed if len(words) > 1 else WORDS[names[0]]} ({sample})"


def _times(n: int) -> str:
    return "" if n == 1 else f" × {n}"
