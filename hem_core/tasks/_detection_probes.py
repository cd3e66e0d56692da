"""Annotation errors planted in the user's own boxes, judged with the predictions that are there: no model is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes
from hem_core.boxes.detections import Detections
from hem_core.boxes.error_types import RIGHT
from hem_core.boxes.hypotheses import Hypotheses, hypotheses
from hem_core.boxes.judgement import Judgement
from hem_core.boxes.planted_rows import ECHO, SHOWS, planted_rows
from hem_core.boxes.spoil import SPOILS, spoil
from hem_core.boxes.suspect_chance import SuspectChance, learnt, weights_of
from hem_core.boxes.suspicion import KINDS, Suspicion
from hem_core.stats.auroc import auroc
from hem_core.tasks._contract import PartsRefitted
from hem_core.tasks._detection_reasons import MAY_BE, SUSPECT_FROM, Reasons
from hem_core.thresholds import TRUSTED_FROM

LEAST = 100
"""Boxes below which nothing is planted."""
WANTED, SHARE, MOST_SHARE = 20, 0.1, 0.2
"""Planted errors of each kind; the share of the boxes that they are at least and at most."""
MOST = 50_000
"""Boxes among which errors are planted; of more, those of some images."""
TOO_FEW = "Too few boxes ({}; {} are needed) to plant errors in: simple rules name the reasons."
NOTE = (
    "Boxes of these images were removed, moved, resized, relabelled and added, and judged with the same predictions. "
    "Precision is given for data of which 5% are annotated wrongly, and real errors among them count as false alarms."
)
DOUBT = "The predictions give away few of the errors that were planted: do not rely on suspect labels."
PLANTED = "wrong boxes"
"""What was planted, for the pages."""


@dataclass(frozen=True, eq=False)
class Planting:
    """R rows of one planting, without echoes."""

    planted: np.ndarray
    """(R,) text: what was planted in the row, "" for nothing."""
    judgement: Judgement
    rows: np.ndarray
    """(R,) which rows of the judgement these are."""
    lost: int
    """Removed boxes that no row shows."""

    @property
    def is_planted(self) -> np.ndarray:
        """(R,) bool."""
        return self.planted != ""

    @property
    def shows(self) -> np.ndarray:
        """(R, 4) bool: the kind of suspicion that should find what was planted."""
        should = np.array([SHOWS.get(each, "") for each in self.planted.tolist()])
        return should[:, None] == np.array(KINDS)

    @property
    def values(self) -> np.ndarray:
        """(R, 4) the plain suspicions."""
        return self.judgement.plain_suspicion.values[self.rows]


def plantings(judgement: Judgement, *, seed: int) -> list[Planting] | None:
    """Two plantings to learn from and one to measure with; None for too few boxes."""
    some = _some_images(judgement, seed)
    n = int((~some.rows.given_boxes.is_ignored).sum())
    if n < LEAST:
        return None
    share = min(MOST_SHARE, max(SHARE, len(SPOILS) * WANTED / n))
    return [_planting(some, share, seed + number) for number in range(3)]


def learn(found: Sequence[Planting]) -> SuspectChance:
    """How probable it is that an annotation is wrong, from the first two plantings."""
    values, shows, planted = _learnt_from(found)
    return learnt(values, shows, weights_of(planted))


def _learnt_from(found: Sequence[Planting]) -> list[np.ndarray]:
    """`values`, `shows` and `is_planted` of the first two plantings, one after the other."""
    return [np.concatenate([getattr(one, name) for one in found[:2]]) for name in ("values", "shows", "is_planted")]


def measured(one: Planting, chance: SuspectChance, classes: Sequence[str]) -> dict[str, Any]:
    """`reasons` of run.json, from a planting that nothing was learnt from."""
    reasons = Reasons(replace(one.judgement, chance=chance), classes)
    doubt, names = reasons.judgement.suspicion, reasons.names[one.rows]
    value = doubt.label_suspicion[one.rows]
    kind = np.where(reasons.is_suspect, doubt.kind, "")[one.rows]  # of suspects alone
    kinds = [_of_planted(one, name, names, kind) for name in SPOILS]
    kinds = [each for each in kinds if each["n"]]
    suspicions = [_of_suspicion(one, each, kind) for each in KINDS]
    share = _auroc(value, one.is_planted)
    is_trusted = share >= TRUSTED_FROM
    return {
        "how": "calibrated",
        "kinds": [],
        "planted": PLANTED,
        "auroc": round(share, 4),
        "is_trusted": is_trusted,
        "n_probes": int(one.is_planted.sum()) + one.lost,
        "n_tagged": 0,
        "balanced_accuracy": round(float(np.mean([each["found"] for each in kinds])), 4),
        "macro_f1": round(float(np.mean([each["f1"] for each in suspicions])), 4),
        "ece": round(_calibration_error(value, one.is_planted), 4),
        "by_planted": kinds,
        "by_suspicion": suspicions,
        "note": NOTE if is_trusted else f"{NOTE} {DOUBT}",
    }


def _planting(judgement: Judgement, share: float, seed: int) -> Planting:
    rows, size_px = judgement.rows, judgement.image_size_px
    spoiled = spoil(rows.given_boxes, size_px, share=share, seed=seed)
    after = _again(rows, spoiled.given, rows.predicted_boxes)
    truth = planted_rows(after, spoiled, rows.given_boxes)
    kept = np.flatnonzero(truth.kind != ECHO)
    return Planting(truth.kind[kept], Judgement(after, size_px), kept, truth.n_lost)


def _of_planted(one: Planting, planted: str, names: np.ndarray, kind: np.ndarray) -> dict[str, Any]:
    """How many were planted, how many are suspect in the way they should be, and what the reasons of all are."""
    which = one.planted == planted
    lost = one.lost if planted == "removed" else 0
    n = int(which.sum()) + lost
    found = which & (kind == SHOWS[planted])
    says = Counter(names[which].tolist()) + Counter({"no row": lost})
    return {
        "planted": planted,
        "shown_as": SHOWS[planted],
        "n": n,
        "found": round(float(found.sum() / max(n, 1)), 4),
        "says": dict(sorted(says.items(), key=lambda each: (-each[1], each[0]))),
    }


def _of_suspicion(one: Planting, kind: str, named_as: np.ndarray) -> dict[str, Any]:
    """Precision and recall of a kind of suspicion where it is the reason. Precision: None where it never is."""
    weight = weights_of(one.is_planted)
    named, true = named_as == kind, one.shows[:, KINDS.index(kind)]
    n = int(true.sum()) + (one.lost if kind == "missing" else 0)
    recall = float((named & true).sum() / max(n, 1))
    precision = float(weight[named & true].sum() / weight[named].sum()) if named.any() else None
    f1 = 2 * precision * recall / (precision + recall) if precision else 0.0
    known = None if precision is None else round(precision, 4)
    return {"kind": kind, "n": n, "precision": known, "recall": round(recall, 4), "f1": round(f1, 4)}


def _auroc(value: np.ndarray, is_planted: np.ndarray) -> float:
    """How often a planted row is more suspect than another one, 0 .. 1."""
    if is_planted.all() or not is_planted.any():
        return 0.5
    return auroc(value[is_planted], value[~is_planted])


def _calibration_error(chance: np.ndarray, is_planted: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error in 0 .. 1, planted rows counted as PRIOR of all."""
    weight = weights_of(is_planted)
    place = np.minimum((chance * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weights=weight * (chance - is_planted), minlength=bins)
    return float(np.abs(gaps).sum() / max(weight.sum(), 1e-9))


def _some_images(judgement: Judgement, seed: int) -> Judgement:
    """The same, or of so many images that their boxes are about MOST."""
    given, n = judgement.rows.given_boxes, len(judgement.image_size_px)
    if len(given) <= MOST:
        return judgement
    chosen = np.random.default_rng(seed).permutation(n)
    count = np.bincount(given.image, minlength=n)[chosen]
    chosen = np.sort(chosen[np.cumsum(count) <= MOST])
    some = Detections(given, judgement.rows.predicted_boxes, n, ()).of_images(chosen)
    return Judgement(_again(judgement.rows, some.given, some.predicted), judgement.image_size_px[chosen])


def _again(rows: Hypotheses, given: GivenBoxes, predicted: PredictedBoxes) -> Hypotheses:
    """The hypotheses of other boxes, by the limits of these rows."""
    return hypotheses(given, predicted, foreground=rows.foreground, background=rows.background, floor=rows.floor)


def rows_of(found: Sequence[Planting], judgement: Judgement, besides: np.ndarray) -> dict[str, np.ndarray]:
    """For a refit: what was learnt from, the plain suspicions (R, 4) of the rows, and their reasons besides
    `suspect_label`."""
    values, shows, planted = _learnt_from(found)
    plain = judgement.plain_suspicion.values
    return {"plain": plain, "besides": besides.astype("U14"), "values": values, "shows": shows, "planted": planted}


def refitted(
    table: pa.Table, rows: Mapping[str, np.ndarray], verdicts: Mapping[str, bool]
) -> tuple[PartsRefitted, SuspectChance]:
    """The reasons with people's verdicts, each of which counts as a row of its own, of its kind of suspicion alone."""
    ids, reason, plain = table["id"].to_pylist(), rows["besides"].astype(object), rows["plain"]
    before = np.array([kind or "" for kind in table["suspicion_kind"].to_pylist()])
    judged = [row for row, id in enumerate(ids) if id in verdicts and before[row]]
    is_kind = before[judged][:, None] == np.array(KINDS)
    is_wrong = np.array([verdicts[ids[row]] for row in judged], bool)[:, None]
    chance = learnt(
        np.concatenate([rows["values"], np.where(is_kind, plain[judged], 0)]),
        np.concatenate([rows["shows"], is_kind & is_wrong]),
        np.concatenate([weights_of(rows["planted"]), np.ones(len(judged))]),
    )
    doubt = chance.of(Suspicion(*plain.T))
    prob, kinds = doubt.label_suspicion, doubt.kind
    is_suspect = (np.array(table["type"].to_pylist(), object) != RIGHT) & (prob >= SUSPECT_FROM)
    for row in judged:  # what somebody has looked at is as they say
        is_suspect[row] = verdicts[ids[row]]
    reason[is_suspect] = "suspect_label"
    words = [
        _said(text, kind if suspect else "")
        for text, kind, suspect in zip(table["evidence"].to_pylist(), kinds.tolist(), is_suspect.tolist(), strict=True)
    ]
    columns = {
        "reason": reason,
        "reason_prob": np.where(is_suspect, prob, np.nan),
        "evidence": np.array(words, object),
    }
    return PartsRefitted(columns, _of_examples(table, reason), {"n_tagged": len(judged)}, {}), chance


def _said(text: str, kind: str) -> str:
    """The evidence with the doubt of that kind as its last sentence; without any for the kind ""."""
    for doubt in MAY_BE.values():
        text = text.removesuffix(doubt).rstrip()
    return f"{text} {MAY_BE[kind]}" if kind else text


def _of_examples(table: pa.Table, reason: np.ndarray) -> dict[str, str]:
    """The reason of the most severe box of each image that is not easy."""
    found: dict[str, str] = {}
    order = np.argsort(table["severity"].to_numpy(), kind="stable")
    examples = table["example"].to_pylist()
    for row in order.tolist():
        if reason[row] != "easy":
            found[examples[row]] = str(reason[row])
    return found
