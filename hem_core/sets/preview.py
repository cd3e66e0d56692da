"""A chosen set beside a random one and the plain hardest of the same size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hem_core.boxes.box_text import HOLD_A_BOX
from hem_core.selection.verdicts_applied import composition, is_corrected
from hem_core.selection.weights import is_suspect
from hem_core.store.level import Level

if TYPE_CHECKING:
    from hem_core.sets.selected import Selected

POINTS = 200
SAMPLED = 2_000
"""Examples, drawn at random, by which coverage is measured."""


@dataclass(frozen=True, eq=False)
class Preview:
    """Numbers to look at before a set is saved; NaN or "" = not known."""

    table: pd.DataFrame
    """Index "chosen", "random", "top" (the hardest; absent without difficulty). Columns: n; mean_difficulty
    (percentile); n_classes, NaN where labels are no classes; rarest_class, the smallest class of the run in the set,
    and rarest_class_share (0 .. 1); coverage, the share of the run that has an example of the set as near as the median
    of random ones (so random has .5);
    expected_label_errors, from the calibrated probabilities; n_suspects, called mislabelled and not judged;
    n_duplicates, near-duplicates of another in the set, all but one of each group, NaN where none were sought;
    n_corrected, labels or boxes."""
    curve: pd.DataFrame
    """n and mean_difficulty of the first n chosen, by rank, at most 200 points."""
    classes: pd.DataFrame
    """label, n, share, n_whole, share_whole; one row a class."""

    @property
    def has_classes(self) -> bool:
        """Whether the rows are of classes; false for images of boxes, sets of tags and numbers."""
        return bool(self.table["n_classes"].notna().any())

    def facts(self) -> dict[str, Any]:
        """The table as JSON; None = not known."""
        known = self.table.astype("object").where(self.table.notna(), None)
        return {str(name): {str(key): value for key, value in row.items()} for name, row in known.iterrows()}


def preview(level: Level, selected: Selected, *, seed: int = 0) -> Preview:
    """What the set is made of, beside a random set and the hardest of the same size, both of the same candidates."""
    candidates = selected.candidates
    free = candidates.loc[~candidates["is_ruled_out"], :].sort_values("id")
    n = len(selected.examples)
    drawn = np.random.default_rng(seed).permutation(len(free))[:n]
    parts = {
        "chosen": candidates.set_index("id").loc[selected.examples["id"], :].reset_index(),
        "random": free.iloc[drawn],
    }
    if "difficulty" in free:
        parts["top"] = free.sort_values(["difficulty", "id"], ascending=[False, True], na_position="last").head(n)
    table = pd.DataFrame([_row(level, part) for part in parts.values()], index=list(parts))
    table.insert(5, "coverage", _coverage(level, parts, seed))
    whole = level.table(["label"]) if "label" in level.source.columns else pd.DataFrame({"label": []}, dtype="str")
    labelled = selected.examples if "label" in selected.examples else whole.head(0)
    return Preview(table, _curve(parts["chosen"]), composition(labelled, whole, level.classes))


def _row(level: Level, part: pd.DataFrame) -> dict[str, Any]:
    n = len(part)
    counted = part["label"].value_counts() if "label" in part else pd.Series(dtype=int)
    by_class = counted.reindex(list(level.classes), fill_value=0)
    rarest = level.classes[int(by_class.to_numpy().argmin())] if len(by_class) else ""
    group = part["duplicate_group"].dropna() if "duplicate_group" in part else pd.Series(dtype=float)
    return {
        "n": n,
        "mean_difficulty": _mean(part.loc[:, "difficulty"]) if "difficulty" in part else np.nan,
        "n_classes": int(np.count_nonzero(counted)) if len(level.classes) else np.nan,
        "rarest_class": rarest,
        "rarest_class_share": float(by_class.to_numpy().min() / n) if rarest and n else np.nan,
        "expected_label_errors": _expected_errors(level, part),
        "n_suspects": int(np.count_nonzero(is_suspect(part))),
        "n_duplicates": int(group.duplicated().sum()) if "duplicate_group" in part else np.nan,
        "n_corrected": int(np.count_nonzero(_has_correction(part))),
    }


def _has_correction(part: pd.DataFrame) -> np.ndarray:
    """(n,) bool: another label, or another box, that a person gave."""
    has_box = part["verdict"].isin(HOLD_A_BOX) if "verdict" in part else pd.Series(False, index=part.index)
    return (has_box | is_corrected(part)).to_numpy(bool)


def _mean(values: pd.Series) -> float:
    known = values.dropna().to_numpy(dtype=float)
    return float(known.mean()) if len(known) else float("nan")


def _expected_errors(level: Level, part: pd.DataFrame) -> float:
    """Sum of the calibrated probabilities that the label is wrong; of judged examples the verdict counts.

    NaN where reasons were not calibrated. In sets of uncertain examples it says too little: of the 2,000 garments
    with the smallest top2_gap 128 in 1,000 labels were wrong, and 71 expected; by variability 4 and 1.
    """
    kinds: list[str] = list((level.info.get("reasons") or {}).get("kinds") or ())
    if "mislabelled" not in kinds or "reason_probs" not in level.source.columns:
        return float("nan")
    if not len(part):
        return 0.0
    at, rows = kinds.index("mislabelled"), part["row"].to_numpy()
    # A long list of row numbers in SQL is slower than reading all.
    is_few = len(rows) * 10 < level.n
    listed = level.at(rows, ["reason_probs"]) if is_few else level.table(["reason_probs"]).iloc[rows]
    wrong = np.array([np.nan if probs is None else probs[at] for probs in listed["reason_probs"]])
    verdict = part["verdict"].to_numpy()
    is_wrong = (verdict == "mislabelled") & ~(is_corrected(part).to_numpy() if "label" in part else False)
    return float(np.nansum(np.where(verdict != "", is_wrong, wrong)))


def _coverage(level: Level, parts: dict[str, pd.DataFrame], seed: int) -> list[float]:
    embeddings = level.embeddings()
    if embeddings is None or not all(len(part) for part in parts.values()):
        return [float("nan")] * len(parts)
    rows = np.sort(np.random.default_rng(seed).permutation(level.n)[:SAMPLED])
    sample = _directions(embeddings, rows)
    nearest = {name: _nearest(sample, _directions(embeddings, part["row"].to_numpy())) for name, part in parts.items()}
    near = np.median(nearest["random"])
    return [float(np.mean(cosine >= near)) for cosine in nearest.values()]


def _directions(embeddings: np.ndarray, rows: np.ndarray) -> np.ndarray:
    x = np.asarray(embeddings[rows], dtype=np.float32)
    return x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)


def _nearest(sample: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(S,) the highest cosine of each of a sample (S, D) to the others (n, D)."""
    found = np.full(len(sample), -np.inf, dtype=np.float32)
    for start in range(0, len(others), 1024):
        np.maximum(found, (sample @ others[start : start + 1024].T).max(axis=1), out=found)
    return found


def _curve(chosen: pd.DataFrame) -> pd.DataFrame:
    if "difficulty" not in chosen or not len(chosen):
        return pd.DataFrame({"n": np.empty(0, int), "mean_difficulty": np.empty(0)})
    mean = chosen["difficulty"].expanding().mean().to_numpy(dtype=float)
    n = np.unique(np.linspace(1, len(mean), POINTS).round().astype(int))
    return pd.DataFrame({"n": n, "mean_difficulty": mean[n - 1]})
