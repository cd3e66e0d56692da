"""How well planted annotation errors are found: one row a box, and one a picture within strata of crowding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from _box_oracle import N_CLASSES, canvases, detected
from _box_peers import ObjectLab, object_lab
from _peers import HAS_CLEANLAB
from sklearn.metrics import average_precision_score

from hem_core import open_run
from hem_core.boxes import formats
from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes
from hem_core.boxes.geometry import areas
from hem_core.boxes.hypotheses import Hypotheses, hypotheses, pair_iou
from hem_core.boxes.judgement import Judgement
from hem_core.boxes.planted_rows import ECHO, planted_rows
from hem_core.boxes.pooling import pool, pool_suspicion
from hem_core.boxes.results import read as read_predictions
from hem_core.boxes.spoil import Spoiled, spoil
from hem_core.boxes.suspicion import KINDS as SUSPICIONS
from hem_core.runs.box_scene import scene_of
from hem_core.tasks._detection_probes import learn, plantings

KINDS = {
    "removed": ("removed",),
    "moved": ("moved", "resized"),
    "relabelled": ("relabelled",),
    "added": ("added",),
    "all four": ("removed", "moved", "relabelled", "added"),
}
"""Row of the table -> what is planted, in 10% of the boxes together."""
STRATA = {"1–2": (1, 2), "3–5": (3, 5), "6–10": (6, 10), "11+": (11, np.inf)}
"""Given boxes of an image."""
OURS = "HEM label_suspicion"
FORMS = (OURS, f"{OURS}, softmax", "HEM, without probes", "base rate")
"""Columns that are no rivals of it."""


@dataclass(frozen=True, eq=False)
class Data:
    """Objects as they are, and what a model says of the images."""

    truth: GivenBoxes
    size_px: np.ndarray
    predicted: PredictedBoxes
    n_classes: int


@dataclass(frozen=True, eq=False)
class Images:
    """N images with planted errors."""

    n_given: np.ndarray
    """(N,) given boxes, after the planting."""
    is_bad: np.ndarray
    """(N,) bool: a planted error is in the image."""
    columns: dict[str, np.ndarray]
    """Column -> (N,), higher = more suspect."""

    def inside(self, stratum: str) -> np.ndarray:
        """Which images are in a stratum of crowding; none of them where all or none are bad."""
        low, high = STRATA[stratum]
        rows = np.flatnonzero((self.n_given >= low) & (self.n_given <= high))
        return rows if 0 < self.is_bad[rows].sum() < len(rows) else rows[:0]

    def auprc(self, stratum: str) -> dict[str, float]:
        """Column -> AUPRC in a stratum, and the base rate; {} where nothing can be told."""
        rows = self.inside(stratum)
        if not len(rows):
            return {}
        values = {name: each[rows] for name, each in self.columns.items()}
        found = {name: float(average_precision_score(self.is_bad[rows], each)) for name, each in values.items()}
        return {"base rate": float(self.is_bad[rows].mean())} | found


@dataclass(frozen=True, eq=False)
class Measured:
    """Column -> AUPRC of boxes; and the images."""

    boxes: dict[str, float]
    images: Images


def sets(data: Path, n_canvases: int, seed: int) -> dict[str, Data]:
    """Name -> data of a seed: the simulated detector on canvases and BCCD, a real one's predictions on map_sample."""
    truth, size_px = canvases(n_canvases, seed)
    found = {"canvases": Data(truth, size_px, detected(truth, size_px, N_CLASSES, seed), N_CLASSES)}
    for name in ("bccd", "map_sample"):
        read = formats.read(data / name / "annotations_coco.json")
        kept = np.flatnonzero(~read.boxes.is_ignored & (areas(read.boxes.xyxy) > 0))
        truth, size_px, k = read.boxes.take(kept), read.size_px, len(read.categories)
        results = data / name / "detections_coco.json"
        own = read_predictions(results, read).boxes if results.is_file() else None
        found[name] = Data(truth, size_px, own or detected(truth, size_px, k, seed), k)
    return found


def of_run(folder: Path) -> Data:
    """The boxes of a finished run: given ones as the truth, and all predictions."""
    run = open_run(folder)
    found = scene_of(run, run.level("boxes"))
    if found is None or not found[1]:
        raise SystemExit(f"{folder} does not hold its predictions; score it again")
    scene = found[0]
    kept = np.flatnonzero(~scene.given.is_ignored & (areas(scene.given.xyxy) > 0))
    sizes = run.table(["width", "height"]).to_numpy(float)
    return Data(scene.given.take(kept), sizes, scene.predicted, len(scene.classes))


def measure(data: Data, kinds: tuple[str, ...], seed: int) -> Measured:
    """Plant errors of these kinds in 10% of the boxes, and rank all rows by each column."""
    spoiled = spoil(data.truth, data.size_px, kinds=kinds, seed=seed)
    rows = hypotheses(spoiled.given, data.predicted)
    n = len(data.size_px)
    lab = object_lab(spoiled.given, data.predicted, n, data.n_classes) if HAS_CLEANLAB else None
    planted = planted_rows(rows, spoiled, data.truth)
    columns = box_columns(Judgement(rows, data.size_px), lab, seed)
    counts = planted.kind != ECHO
    answer = np.concatenate([planted.kind[counts] != "", np.ones(planted.n_lost, bool)])  # lost ones rank last
    of_boxes = {"base rate": float(answer.mean())}
    for name, values in columns.items():
        ranked = np.concatenate([np.nan_to_num(values[counts]), np.full(planted.n_lost, -1.0)])
        of_boxes[name] = float(average_precision_score(answer, ranked))
    return Measured(of_boxes, _of_images(rows, columns, spoiled, lab, n))


def against_the_best(seeds: Sequence[Images], stratum: str, *, n_draws: int = 1000) -> dict[str, str]:
    """`label_suspicion` of the images of a stratum against the best column that is none of its forms, over all seeds.

    The interval is of the mean difference over the seeds, with the images drawn again, the same ones for all seeds.
    """
    known = [one for one in seeds if len(one.inside(stratum))]
    if not known:
        return {}
    points = [one.auprc(stratum) for one in known]
    others = [name for name in points[0] if name not in FORMS]
    best = max(others, key=lambda name: float(np.mean([each[name] for each in points])))
    n = len(known[0].is_bad)
    weight = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=n_draws).astype(float)
    apart = np.stack([_drawn(one, stratum, OURS, weight) - _drawn(one, stratum, best, weight) for one in known])
    low, high = np.nanpercentile(np.nanmean(apart, axis=0), [2.5, 97.5])
    mean = float(np.mean([each[OURS] - each[best] for each in points]))
    return {
        "images": f"{np.mean([len(one.inside(stratum)) for one in known]):.0f}",
        "with an error": f"{np.mean([one.is_bad[one.inside(stratum)].sum() for one in known]):.1f}",
        "best plain column": best,
        "label_suspicion less that": f"{mean:+.3f} ({low:+.3f} to {high:+.3f})",
    }


def _drawn(one: Images, stratum: str, column: str, weight: np.ndarray) -> np.ndarray:
    """(B,) AUPRC of a column in a stratum, each image counted as often as `weight` (B, N) says; NaN without a bad one.

    As `average_precision_score` with these weights, for all draws at once.
    """
    rows = one.inside(stratum)
    rows = rows[np.argsort(-one.columns[column][rows], kind="stable")]
    value, drawn = one.columns[column][rows], weight[:, rows]  # (B, n)
    ends = np.flatnonzero(np.append(value[1:] != value[:-1], True))  # of equal values the last
    bad, seen = (np.cumsum(each, axis=1)[:, ends] for each in (drawn * one.is_bad[rows], drawn))
    precision = np.divide(bad, seen, out=np.zeros(bad.shape), where=seen > 0)
    with np.errstate(invalid="ignore"):
        return (np.diff(bad, axis=1, prepend=0) * precision).sum(axis=1) / bad[:, -1]


def box_columns(judgement: Judgement, lab: ObjectLab | None, seed: int) -> dict[str, np.ndarray]:
    """Column -> (R,), higher = more suspect. HEM plants errors of its own among these, as it does in a run."""
    planted = plantings(judgement, seed=seed + 5000)
    rows, plain, found = judgement.rows, judgement.suspicion, judgement.severity
    doubt = learn(planted).of(plain) if planted else plain
    columns = {OURS: doubt.label_suspicion, "HEM, without probes": plain.label_suspicion}
    columns |= {"HEM severity": found.severity, "HEM error": found.error}
    columns |= {f"HEM {kind}": getattr(doubt, kind) for kind in SUSPICIONS}
    sure = np.zeros(len(rows))
    has = rows.predicted >= 0
    sure[has] = rows.predicted_boxes.probability()[rows.predicted[has]]
    columns["confidence of strays"] = np.where(rows.is_given, 0, sure)
    columns["1 − IoU"] = np.where(rows.is_pair, 1 - np.nan_to_num(pair_iou(rows)), 1.0)
    columns["1 − confidence"] = np.where(rows.is_given, 1 - sure, 0)
    if lab is not None:
        of_given = np.maximum(lab.badloc, lab.swap)
        for name, given, predicted in (
            ("ObjectLab", of_given, lab.overlooked),
            ("ObjectLab overlooked", np.zeros(len(of_given)), lab.overlooked),
            ("ObjectLab badloc", lab.badloc, np.zeros(len(lab.overlooked))),
            ("ObjectLab swap", lab.swap, np.zeros(len(lab.overlooked))),
        ):
            columns[name] = rows.of_rows(given, predicted)
    return columns


def _of_images(
    rows: Hypotheses, columns: Mapping[str, np.ndarray], spoiled: Spoiled, lab: ObjectLab | None, n: int
) -> Images:
    is_bad = np.zeros(n, bool)
    is_bad[spoiled.given.image[spoiled.kind != ""]] = True
    is_bad[spoiled.removed.image] = True
    count = np.bincount(spoiled.given.image, minlength=n)
    values = {
        OURS: pool_suspicion(rows.image, columns[OURS], n),
        f"{OURS}, softmax": pool_suspicion(rows.image, columns[OURS], n, "softmax"),
        "HEM, without probes": pool_suspicion(rows.image, columns["HEM, without probes"], n),
        "HEM severity": pool(rows.image, columns["HEM severity"], n),
        "1 − IoU": pool(rows.image, columns["1 − IoU"], n),
        "confidence of strays": pool(rows.image, columns["confidence of strays"], n),
        "number of predictions": np.bincount(rows.predicted_boxes.image, minlength=n).astype(float),
        "number of given boxes": count.astype(float),
    }
    if lab is not None:
        values["ObjectLab"] = lab.image
    return Images(count, is_bad, values)
