"""The two headline numbers: how hard is an example, and is its label wrong?"""

from collections.abc import Mapping
from typing import Any, Literal, TypedDict, get_args

import numpy as np

from hem_core.difficulty.percentile import percentile, percentile_within
from hem_core.errors import HemError

Sample = Literal["in-sample", "out-of-sample", "unknown"]

_WORDS = {
    "loss": "loss",
    "margin": "margin",
    "aum_windowed": "windowed AUM",
    "confidence_mean": "mean confidence over the epochs",
    "aum": "AUM over all epochs",
    "neighbour_disagreement": "neighbour disagreement",
}


class Headline(TypedDict):
    """What `headline` returns."""

    difficulty: np.ndarray
    """(N,) float32 in 0 .. 100, a percentile of this data set; NaN where nothing is known."""
    difficulty_in_class: np.ndarray
    """(N,) float32 in 0 .. 100, a percentile among the examples of the same label."""
    label_suspicion: np.ndarray
    """(N,) float32 in 0 .. 100, a percentile of this data set; higher = more likely a wrong label."""
    how: dict[str, str]
    """`difficulty` and `label_suspicion`: a sentence each, what went in."""
    notes: list[str]
    """Warnings to be shown beside the numbers."""


def headline(table: Mapping[str, Any], *, sample: str, trusted_from: float = 0.7) -> Headline:
    """Percentiles of the mean rank of what is known about each example; higher = harder, more suspicious.

    table: columns (N,) named as in scores.parquet, a dict or a data frame. Read where present: `label`, `loss`,
    `margin`, `aum_windowed`, `confidence_mean`, `aum`, `neighbour_disagreement`; NaN in a row: not known there.
    sample: "in-sample", "out-of-sample" or "unknown": was the model trained on these examples?
    Which columns count (measured on 8% flipped garments, 3 seeds each of a net stopped early, one at 99% and
    one at 100% training accuracy; AUPRC of flips, base rate .08):
    - dynamics: windowed AUM and mean confidence together (.90 .91 .87; windowed AUM alone .88 .86 .83);
    - neighbours join them for suspicion (.92 .91 .88), and for difficulty only out-of-sample: in-sample they blur
      which examples a fresh model gets wrong (AUPRC .92 .90 .89 with them, .92 .92 .92 without);
      in-sample they must also tell the examples with the worst 5% of dynamics from the rest with an AUROC of at
      least `trusted_from` (.97 to .98 here): an embedding that has memorised its labels does not;
    - the final loss or margin counts out-of-sample, or where there are no dynamics. In-sample it ruins a
      good ranking (.86 falls to .62 at 99% training accuracy), so then a note warns. An example that lacks what
      counts (it was never recorded, say) is ranked by whatever else is known of it.
    Raises HemError when `sample` is another word, or no column to rank by is there.
    Reference: rank-mean after Borda; windowed AUM after Pleiss et al. 2020, arXiv:2001.10528.
    """
    if sample not in get_args(Sample):
        raise HemError(f"sample '{sample}' is not known; there are: {', '.join(get_args(Sample))}")
    known = {name: values for name in _WORDS if (values := _numbers(table, name)) is not None}
    if not known:
        raise HemError(f"difficulty needs at least one of {', '.join(_WORDS)}; the table has none with a number")
    dynamics = [name for name in ("aum_windowed", "confidence_mean") if name in known]
    dynamics = dynamics or [name for name in ("aum",) if name in known]
    is_out = sample == "out-of-sample"
    final = is_out or not dynamics
    near = ["neighbour_disagreement"] if "neighbour_disagreement" in known else []
    notes = _notes(dynamics, sample)
    if near and dynamics and not is_out and _agreement(known[dynamics[0]], known[near[0]]) < trusted_from:
        near = []
        notes.append("The neighbours do not agree with the dynamics (an embedding that has memorised): left out.")
    hard = _first(known, "loss", "margin") * final + dynamics + near * final
    suspicious = _first(known, "margin", "loss") * final + dynamics + near
    hard, suspicious = hard or list(known), suspicious or list(known)
    difficulty = percentile(_ranked(known, hard))
    return Headline(
        difficulty=difficulty.astype(np.float32),
        difficulty_in_class=percentile_within(difficulty, _codes(table, len(difficulty))).astype(np.float32),
        label_suspicion=percentile(_ranked(known, suspicious)).astype(np.float32),
        how={"difficulty": _how(hard, sample), "label_suspicion": _how(suspicious, sample)},
        notes=notes,
    )


def _numbers(table: Mapping[str, Any], name: str) -> np.ndarray | None:
    if name not in table:
        return None
    values = np.asarray(table[name], np.float64)
    return None if len(values) and np.isnan(values).all() else values


def _first(known: Mapping[str, np.ndarray], *names: str) -> list[str]:
    return [name for name in names if name in known][:1]


def _ranked(known: Mapping[str, np.ndarray], names: list[str]) -> np.ndarray:
    """(N,) mean rank over `names`; over the other columns where a row has none of them; NaN where it has nothing."""
    others = [name for name in known if name not in names]
    mean = _mean_rank(known, names)
    return np.where(np.isnan(mean), _mean_rank(known, others), mean) if others else mean


def _mean_rank(known: Mapping[str, np.ndarray], names: list[str]) -> np.ndarray:
    ranks = np.stack([percentile(known[name]) for name in names])  # (M, N)
    count = (~np.isnan(ranks)).sum(axis=0)
    return np.where(count > 0, np.nansum(ranks, axis=0) / np.maximum(count, 1), np.nan)


def _agreement(dynamics: np.ndarray, disagreement: np.ndarray) -> float:
    """AUROC with which neighbour disagreement finds the worst 5% of the dynamics; 1 when it can't be asked."""
    both = ~(np.isnan(dynamics) | np.isnan(disagreement))
    is_worst = percentile(dynamics[both]) > 95
    worst, n = int(is_worst.sum()), int(both.sum())
    if worst == 0:
        return 1.0
    places = percentile(disagreement[both]) / 100 * n + 0.5  # mid-ranks from 1
    return float((places[is_worst].sum() - worst * (worst + 1) / 2) / (worst * (n - worst)))


def _codes(table: Mapping[str, Any], n: int) -> np.ndarray:
    if "label" not in table:
        return np.zeros(n, np.int64)
    labels = np.asarray(table["label"], object)
    number = {label: code for code, label in enumerate(dict.fromkeys(labels.tolist())) if isinstance(label, str)}
    return np.array([number.get(label, -1) for label in labels.tolist()], np.int64)


def _notes(dynamics: list[str], sample: str) -> list[str]:
    if sample == "out-of-sample":
        return []
    if sample == "in-sample" and dynamics:
        return [
            "In-sample: the model was trained on these examples; its training dynamics are used, not its final loss."
        ]
    way = "record the training (Recorder), or score examples that the model was not trained on"
    if sample == "in-sample":
        return [f"In-sample, optimistic: a model that has memorised an example hides how hard it was; {way}."]
    return [f"Not known whether the model was trained on these examples; if so, this is optimistic: {way}."]


def _how(names: list[str], sample: str) -> str:
    words = [_WORDS[name] for name in names]
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    kind = "rank" if len(words) == 1 else "mean rank"
    suffix = {"unknown": "not known whether in-sample"}.get(sample, sample)
    return f"percentile of the {kind} of {listed} ({suffix})"
