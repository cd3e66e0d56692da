"""Object detection: boxes with a class, given in each image and predicted.

`hem score annotations.json --images photos --predictions results.json --out work/runs/boxes`

reads COCO's JSON, YOLO's data.yaml, Pascal VOC's .xml files, or what CVAT, LabelMe, VIA and Open Images write, and
predictions made elsewhere: COCO results, YOLO's text files with confidences, a table, or saved outputs of a detector.
The data name the task, so `--task detection` can be left out.

A model is a module that takes the images and answers as torchvision's detectors do in eval mode: a list with a dict of
`boxes` (M, 4; left, top, right, bottom in px), `labels` (M,) and `scores` (M,) for each image. Label 1 is the first
class, in the order of the annotation file, and 0 is background; a model whose classes count from 0 says so with an
attribute `first_label = 0`. A model that names its classes (`class_names`, `categories`, or torchvision's
`weights.meta["categories"]`, whose numbers have gaps) is read by name; for others `--classes` names them in the order
of its labels. With a train function every image is judged by a detector that did not see it:

`hem score annotations.json --images photos --train training:train --oos 5 --out work/runs/boxes`

The rows of the level `examples` are images, those of the level `boxes` are object hypotheses: every given box with the
prediction that belongs to it, and every prediction left over whose confidence is at least .05. Boxes are matched as
COCO does at IoU .5 and typed as TIDE does (Bolya et al. 2020, arXiv:2008.08115).
`--foreground-iou`, `--background-iou`, `--confidence-floor` and `--pool` change these limits; run.json keeps them.

`error` of a box is 1 − IoU where the prediction has the given class, 1 where it has another or there is none, and the
confidence of a prediction where nothing is given. `error` of an image is 1 − F1 of its predictions with a confidence of
.5 and more: 0 where every object is found and nothing else is predicted, and from .5 on, where two mistakes stand
against each object found, the image counts as wrong. `loss` is the severity, which is also high for boxes found with
little confidence; an image has the mean of its three worst boxes, so that crowded images do not come first by their
number.

`suspicion` is how probable it is that a box is annotated wrongly (missing, spurious, misplaced or of the wrong class;
see `hem_core.boxes.suspicion`), and of an image that any of its three most suspicious boxes is. `label_suspicion` is
its percentile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from hem_core.boxes.arrays import GivenBoxes, PredictedBoxes, given_boxes, stacked
from hem_core.boxes.columns import GIVEN, PREDICTED, given_column, given_in, predicted_in
from hem_core.boxes.crops import brightness_and_blur
from hem_core.boxes.detections import Detections
from hem_core.boxes.hypotheses import Hypotheses, hypotheses
from hem_core.boxes.hypothesis_table import hypothesis_table
from hem_core.boxes.judgement import Judgement
from hem_core.boxes.paired import paired
from hem_core.boxes.pooling import Pooling
from hem_core.boxes.same_boxes import COLUMNS, same_boxes
from hem_core.boxes.scene import Scene, with_rows
from hem_core.boxes.suspect_chance import SuspectChance
from hem_core.errors import DataError
from hem_core.stats.paired import Paired
from hem_core.tasks import _detection_arrays as arrays
from hem_core.tasks import _detection_images as images
from hem_core.tasks import _detection_labels as model_labels
from hem_core.tasks import _detection_metrics as measures
from hem_core.tasks import _detection_parts as parts
from hem_core.tasks import _detection_pool as of_pool
from hem_core.tasks import _detection_probes as probes
from hem_core.tasks import _detection_reasons as why
from hem_core.tasks import _detection_review as review
from hem_core.tasks import _detection_training as training
from hem_core.tasks._contract import (
    NOT_FINITE,
    Column,
    Figure,
    Metric,
    ModelFacts,
    Offer,
    OfTheSet,
    Parts,
    PartsCalibrated,
    PartsRefitted,
    TargetOptions,
    Targets,
)
from hem_core.tasks._corrects import Choice
from hem_core.tasks._detection_drawing import LAYERS, LEGEND, drawn
from hem_core.tasks._detection_drawing import corners as corners_of
from hem_core.tasks._detection_limits import check_limits
from hem_core.tasks._detection_quality import rated
from hem_core.tasks._detection_words import COLUMN_WORDS
from hem_core.tasks._not_measured import not_measured
from hem_core.tasks._ranks_pool import Near
from hem_core.tasks._rates_labels import Rated
from hem_core.types import Outputs, StoredAnswers

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image
    from torch import Tensor

LEVEL = "boxes"
ARGUMENTS = {
    "foreground": "IoU from which a prediction can be right",
    "background": "IoU below which a prediction is of nothing",
    "floor": "least confidence of a prediction",
    "pool": "score of an image from its boxes",
}
"""See `hem_core.tasks.Adjustable`."""
DETECTIONS = "detections"
"""The column of a shard that holds the predicted boxes."""


@dataclass(frozen=True, eq=False)
class Memory:
    """What is known of the images of a run while it is made; nothing of it is stored with the task."""

    given: GivenBoxes
    """On the N images of the catalog."""
    size_px: np.ndarray
    """(N, 2) width and height; 0 where unknown."""
    labels: tuple[str | None, ...]
    """(N,) what is given in each image, in words."""
    judgement: Judgement | None = None
    """Of the images that were scored, once they are."""
    scored: np.ndarray | None = None
    """(n,) which these are."""
    of_unit: list[Any] = field(default_factory=list)
    """The last unit that was scored: raw, targets, and its scores, for which `fields` and `describe` both ask."""


@dataclass(frozen=True)
class Task:
    """See `hem_core.tasks.Task`. A raw output is (N, 6 M), see `_detection_arrays`; a value is the row of the image."""

    name: str = "detection"
    title: str = "object detection: boxes with a class"
    offers: frozenset[Offer] = frozenset({"training dynamics"})
    figures: tuple[Figure, ...] = ("average precision", "errors")
    part_figures: tuple[Figure, ...] = ("confusion matrix", "classes", "errors")
    spoils: tuple[str, ...] = ()
    prediction_columns: str = f"a column '{PREDICTED}' of boxes (name a results file with --predictions)"
    keeps_sizes: bool = True
    of_shards: tuple[str, ...] = (DETECTIONS,)
    examples_are: str = "images"
    partly_right: str = "partly right: fewer than two mistakes for each object that is found"
    detail_columns: tuple[str, ...] = ("type", "iou", "confidence", "size_px", "crowding")
    part_columns: tuple[str, ...] = COLUMNS
    outcome: str = "type"
    right_part: str = (
        "A given box is right where its prediction has its class and an IoU above .5; a prediction where nothing is "
        "given is wrong from a confidence of .5 on."
    )
    corrects: str = LEVEL
    pool_policies: tuple[str, ...] = of_pool.POLICIES
    rates_by_neighbours: bool = False

    foreground: float = 0.5
    """IoU from which a prediction can be right."""
    background: float = 0.1
    """IoU below which a prediction is of nothing that is given."""
    floor: float = 0.05
    """Confidence below which a prediction is no row."""
    pool: Pooling = "top3"
    """How the boxes of an image become its score."""
    first_label: int = 0
    """The number that stands for the first class in the raw output."""
    labels: tuple[int, ...] = ()
    """For each label of the model from 0 on, the index of its class, -1 = none here; () where first_label tells all."""
    names_labels: bool = True
    categories: tuple[str, ...] = ()
    suspect_weights: tuple[tuple[str, float, float], ...] = ()
    """What planted errors taught of each kind of suspicion; see `hem_core.boxes.suspect_chance`."""
    measured: tuple[Mapping[str, Any], ...] = ()
    """The metrics of the run, as JSON; () before it is scored."""
    by_class: tuple[Mapping[str, Any], ...] = ()
    """Average precision of each class; see `_detection_metrics`."""
    memory: Memory | None = field(default=None, compare=False, repr=False)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The limits of matching, the classes and, once the run is scored, what was measured on it."""
        if self == Task():
            return {}
        names = (*ARGUMENTS, "first_label")
        found = {name: getattr(self, name) for name in names} | {"categories": list(self.categories)}
        found |= {"labels": list(self.labels)} if self.labels else {}
        if self.suspect_weights:
            found["suspect_weights"] = [list(each) for each in self.suspect_weights]
        if not self.measured:
            return found
        return {**found, "measured": list(self.measured), "by_class": list(self.by_class)}

    def settled(self, settings: Mapping[str, Any]) -> Task:
        """With the settings of a run."""
        lists = {
            name: tuple(settings[name]) for name in ("labels", "categories", "measured", "by_class") if name in settings
        }
        if "suspect_weights" in settings:
            lists["suspect_weights"] = tuple((name, a, b) for name, a, b in settings["suspect_weights"])
        return replace(self, **{**settings, **lists})

    @property
    def arguments(self) -> Mapping[str, str]:
        """The limits of matching, and how the boxes of an image become its score."""
        return ARGUMENTS

    def adjusted(self, arguments: Mapping[str, Any]) -> Task:
        """With other limits. Raises HemError for values that cannot be."""
        task = replace(self, **arguments)
        check_limits(task.foreground, task.background, task.floor, task.pool)
        return task

    @property
    def column_words(self) -> Mapping[str, tuple[str, str]]:
        """Title and unit of the columns by which images and boxes are ranked."""
        return COLUMN_WORDS

    @property
    def outcomes(self) -> Mapping[str, str]:
        """Words for the types of error."""
        return {kind: word.replace("_", " ") for kind, word in why.OF_TYPE.items()}

    @property
    def not_advised(self) -> Mapping[str, str]:
        """Nothing is measured yet of boxes; each action can be."""
        return not_measured("box", "images")

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why a box, or the worst box of an image, is hard."""
        return why.MEANINGS

    def read_targets(
        self, catalog: pa.Table, facts: Mapping[str, Any], model: ModelFacts, options: TargetOptions
    ) -> Targets:
        """The given boxes of each image. Raises DataError for data without them."""
        if GIVEN not in catalog.column_names:
            raise DataError(
                f"'{facts['source']}' has no boxes; detection reads a COCO .json, a YOLO data.yaml or Pascal VOC's "
                ".xml files"
            )
        names = tuple(facts.get("classes") or ())
        given = given_in(catalog[GIVEN], names)
        sides = [catalog[name].to_numpy() for name in ("width", "height")]
        size_px = np.nan_to_num(np.stack(sides, axis=1).astype(np.float64))
        memory = Memory(given, size_px, tuple(catalog["label"].to_pylist()))
        labels: tuple[int, ...] = ()
        if model.label_names:
            labels = model_labels.label_map(model.label_names, names, model.first_label)
            said = model_labels.notes(labels, model.label_names, names)
            facts = {**facts, "notes": [*facts.get("notes", []), *said]} if said else facts
        task = replace(self, categories=names, first_label=model.first_label, labels=labels, memory=memory)
        values = self.targets_for(catalog, facts, names)
        bad = dict.fromkeys(np.flatnonzero(values < 0).tolist(), "its boxes are not known")
        return Targets(values, bad, (), facts, task)

    def targets_for(
        self, catalog: pa.Table, facts: Mapping[str, Any], classes: Sequence[str], *, labels_are: str | None = None
    ) -> np.ndarray:
        """The rows of the images, (N,) int64; -1 where the boxes of an image are not known: null, not an empty list."""
        is_known = ~catalog[GIVEN].is_null().to_numpy()
        return np.where(is_known, np.arange(catalog.num_rows), -1).astype(np.int64)

    def encode(self, labels: Sequence[str | None], classes: Sequence[str]) -> np.ndarray:
        """The place of each text, (N,) int64; -1 for a missing one."""
        return np.array([-1 if label is None else row for row, label in enumerate(labels)], np.int64)

    def written(self, values: np.ndarray, classes: Sequence[str]) -> list[str | None]:
        """What is given in each image in words, `17 RBC, 1 WBC`; None where it is not known."""
        known = list(self.memory.labels) if self.memory is not None else []
        return [known[value] if 0 <= value < len(known) else None for value in values.tolist()]

    def width(self, classes: Sequence[str]) -> int:
        """Of a model: 300 boxes of six numbers each."""
        return arrays.MOST_OF_A_MODEL * arrays.FIELDS

    def raw(self, output: Any) -> Tensor:
        """The predicted boxes (N, 6 M) float32; see `_detection_arrays.boxes_of_output`."""
        return arrays.boxes_of_output(output)

    def raw_in(self, catalog: pa.Table, facts: Mapping[str, Any]) -> np.ndarray | None:
        """The column `predictions`, (N, 6 M) float64; None without one."""
        if PREDICTED not in catalog.column_names:
            return None
        return arrays.packed(predicted_in(catalog[PREDICTED], facts.get("classes") or ()), catalog.num_rows)

    def problems(self, raw: Tensor, targets: Tensor) -> dict[int, str]:
        """Rows with a number that is not finite. Raises ModelError for a label beyond the classes."""
        found = dict.fromkeys((~raw.isfinite()).any(dim=1).nonzero()[:, 0].tolist(), NOT_FINITE)
        highest = int(raw.reshape(len(raw), -1, arrays.FIELDS)[:, :, 4].nan_to_num().max()) if raw.numel() else -1
        n_labels = len(self.labels) or len(self.categories) + self.first_label
        if self.categories and highest >= n_labels:
            raise model_labels.beyond(highest, len(self.categories), self.first_label)
        return found

    def finite(self, raw: Tensor) -> Tensor:
        """As it is."""
        return raw

    def fields(self, raw: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """`targets`, the rows of the images, and `loss` (N,), the pooled severity of their boxes in 0 .. 1."""
        import torch

        loss = self._scores(raw.cpu().numpy(), targets.cpu().numpy())["loss"]
        return {"targets": targets, "loss": torch.from_numpy(loss).to(raw.device)}

    def describe(self, raw: Tensor, outputs: Outputs) -> dict[str, Column]:
        """`error` (N,), and the predicted boxes."""
        import torch

        assert outputs.targets is not None
        error = self._scores(raw.cpu().numpy(), outputs.targets.cpu().numpy())["error"]
        return {"error": torch.from_numpy(error).to(raw.device), DETECTIONS: raw.double()}

    def item(self, input: Tensor, value: int, index: int) -> tuple[Tensor, dict[str, Any]]:
        """An image (3, H, W) and its boxes, as torchvision's references train on; see `_detection_training`."""
        return training.item(input, training.boxes_of(self._memory.given, value), index)

    def training_arguments(self) -> Mapping[str, Any]:
        """`classes`, K names, and `n_classes` or `num_classes`: K + 1, since 0 is background."""
        n = len(self.categories) + 1
        return {"classes": list(self.categories), "n_classes": n, "num_classes": n}

    def check_trained(self, model: Any) -> None:
        """Raise ModelError for a detector that counts its classes from another number than its training did."""
        training.check_first_label(model)

    def predicted(self, raw: np.ndarray) -> np.ndarray:
        """How many boxes are predicted, (N,)."""
        boxes = arrays.unpacked(raw, self.first_label, self.labels)
        return np.bincount(boxes.image, minlength=len(raw))

    def errors(self, raw: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """The pooled errors of the boxes of each image, (N,) in 0 .. 1."""
        return self._scores(raw, targets)["error"].astype(np.float64)

    @property
    def uncertainties(self) -> Mapping[str, str]:
        """What makes a detector unsure of an image."""
        return of_pool.UNCERTAINTIES

    @property
    def shortcomings(self) -> Mapping[str, str]:
        """How a detector falls short of the boxes of an image."""
        return of_pool.SHORTCOMINGS

    def unsure(self, raw: np.ndarray, near: Near) -> Mapping[str, np.ndarray]:
        """See `_detection_pool.unsure`."""
        boxes = arrays.unpacked(raw, self.first_label, self.labels)
        return of_pool.unsure(boxes, len(raw), self.floor)

    def judged(self, raw: np.ndarray, targets: np.ndarray) -> Mapping[str, np.ndarray]:
        """The components of the severity, and the confidence of what is predicted on background."""
        return of_pool.judged(self._judgement(raw, targets), len(targets), self.pool)

    def of_the_set(self, columns: Mapping[str, np.ndarray], neighbours: np.ndarray | None) -> OfTheSet:
        """All columns of the images, and the task with its metrics."""
        assert self.memory is not None
        targets = columns["target"]
        judgement = self._judgement(columns[DETECTIONS], targets)
        found = images.image_columns(judgement, len(targets), self.pool)
        given, predicted = judgement.rows.given_boxes, judgement.rows.predicted_boxes
        metrics, by_class = measures.measured(given, predicted, len(targets), self.categories)
        task = replace(
            self,
            measured=tuple(asdict(metric) for metric in metrics),
            by_class=tuple(by_class),
            memory=replace(self.memory, judgement=judgement, scored=targets),
        )
        return OfTheSet(found, images.HOW, task)

    def rate_labels(self, labels: Any, predictions: Any, neighbours: np.ndarray | None) -> Rated:
        """See `_detection_quality.rated`."""
        return rated(labels, predictions, self.limits, self.pool)

    def table(self, columns: Mapping[str, np.ndarray], classes: Sequence[str]) -> dict[str, pa.Array]:
        """What is given and predicted in words."""
        given = pa.array(self.written(columns["target"], classes), pa.string())
        predicted = images.predicted_in_words(self._of_all(columns).rows, len(columns["target"]), self.categories)
        found = {"label": given, "given": given, "predicted": pa.array(predicted, pa.string())}
        counts = [name for name in columns if name.startswith("n_")]
        return found | {name: pa.array(columns[name].astype(np.int64)) for name in counts}

    def parts(self, columns: Mapping[str, np.ndarray], ids: Sequence[str]) -> Parts | None:
        """The level `boxes`."""
        assert self.memory is not None
        found = self._of_all(columns)
        table = parts.part_table(self._reasons(found), ids)
        return Parts(LEVEL, table, self.categories, parts.judged(table), found.rows.xyxy)

    def metrics(self, level: Mapping[str, Any]) -> list[Metric]:
        """Those of the whole run, which need all its boxes; before they are scored, the mean error of the images."""
        if self.measured:
            return [Metric(**each) for each in self.measured]
        error = np.asarray(level["error"], np.float64)
        return [Metric("mean error", float(error.mean()), higher_is_better=False, n=len(error))] if len(error) else []

    def strata(self, targets: np.ndarray) -> np.ndarray:
        """The number of given boxes, 10 and more together."""
        is_known = targets >= 0
        if self.memory is None:
            return np.where(is_known, 0, -1).astype(np.int64)
        boxes = self.memory.given
        count = np.bincount(boxes.image[~boxes.is_ignored], minlength=len(self.memory.labels))
        return np.where(is_known, np.minimum(count[np.maximum(targets, 0)], 10), -1).astype(np.int64)

    def explain(self, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The reason of the most severe box that is not easy, and the counts in words."""
        if self.memory is None or self.memory.judgement is None:
            return {}
        known = self.memory.judgement
        names = self._reasons(known).names
        reason, evidence = images.image_reasons(dict(columns), known.rows.image, names, known.severity.severity)
        return {"reason": reason, "evidence": evidence}

    def calibrated(self, columns: Mapping[str, np.ndarray], *, seed: int) -> PartsCalibrated | str:
        """Errors are planted in the given boxes and judged with the same predictions; see `_detection_probes`."""
        judgement = self._of_all(columns)
        found = probes.plantings(judgement, seed=seed)
        if found is None:
            return probes.TOO_FEW.format(len(judgement.rows.given_boxes), probes.LEAST)
        chance = probes.learn(found)
        info = probes.measured(found[2], chance, self.categories) | {"level": LEVEL}
        settled = replace(judgement, chance=chance)
        memory = replace(self._memory, judgement=settled)
        task = replace(self, suspect_weights=chance.listed(), memory=memory)
        rows = probes.rows_of(found, settled, task._reasons(settled).besides)
        return PartsCalibrated(task, info, rows, images.suspicion_columns(settled, len(columns["target"]), self.pool))

    def refitted(self, table: pa.Table, rows: Mapping[str, np.ndarray], verdicts: Mapping[str, bool]) -> PartsRefitted:
        """The reasons of the boxes with people's verdicts."""
        found, chance = probes.refitted(table, rows, verdicts)
        return replace(found, settings=replace(self, suspect_weights=chance.listed()).settings)

    def _reasons(self, judgement: Judgement) -> why.Reasons:
        return why.Reasons(judgement, self.categories)

    def sample(self) -> tuple[pa.Table, Mapping[str, Any]]:
        """Twelve images with a box of a class of its own each, and one whose boxes are not known."""
        names = [f"class-{k}" for k in range(12)]
        corners = np.tile([10.0, 10.0, 30.0, 30.0], (12, 1))
        column = given_column(given_boxes(range(12), range(12), corners), 13, names).to_pylist()
        kind = given_column(given_boxes([], [], np.zeros((0, 4))), 0, names).type
        table = {
            "id": pa.array([f"image-{row}" for row in range(13)]),
            "label": pa.array([*(f"1 {name}" for name in names), None], pa.string()),
            "width": pa.array([40] * 13),
            "height": pa.array([40] * 13),
            GIVEN: pa.array([*column[:12], None], kind),
        }
        return pa.table(table), {"classes": names}

    def answers_in(self, stored: StoredAnswers) -> Detections:
        """The given boxes of a run's images and all predictions, those below the floor and beside crowds included."""
        task = self.settled(stored.settings) if stored.settings else self
        given = given_in(stored.catalog[GIVEN], task.categories)
        if DETECTIONS in stored.of_shards:
            predicted = arrays.unpacked(stored.of_shards[DETECTIONS], task.first_label, task.labels)
        elif PREDICTED in stored.catalog.column_names:
            predicted = predicted_in(stored.catalog[PREDICTED], task.categories)
        else:
            raise DataError("the predictions of this run are gone with its folder 'shards'; score it again")
        return Detections(given, predicted, len(stored.ids), task.categories)

    def answers_to(self, raw: np.ndarray, targets: np.ndarray) -> Detections:
        """What a trained model detects on some images."""
        given = arrays.of_images(self._memory.given, np.asarray(targets, np.int64))
        return Detections(given, arrays.unpacked(raw, training.FIRST_LABEL), len(targets), self.categories)

    def measured_together(
        self, answers: Sequence[Detections], rows: Sequence[np.ndarray], *, n_resamples: int
    ) -> Paired:
        """mAP50, mAP50–95, mAP75, the miss rate at one false positive an image, and AP by class."""
        some = [one.of_images(np.asarray(which, np.int64)) for one, which in zip(answers, rows, strict=True)]
        return paired(some, n_resamples=n_resamples)

    def same_parts(self, before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> list[tuple[int, int]]:
        """Given boxes by their id, false positives by class and place; see `same_boxes`."""
        return same_boxes(before, after)

    def parts_of(self, answers: Detections, ids: Sequence[str]) -> Mapping[str, np.ndarray]:
        """The hypotheses of the images."""
        rows = self._judged(answers.given, answers.predicted)
        table = hypothesis_table(Judgement(rows, np.zeros((answers.n_images, 2))), ids, self.categories)
        names = (*self.part_columns, "error", self.outcome)
        return {name: table[name].to_numpy(zero_copy_only=False) for name in names}

    def with_corrected(self, column: pa.Array) -> tuple[Task, np.ndarray]:
        """The task with the corrected boxes of an image r as those of an image N + r."""
        known, n = self._memory, len(column)
        boxes = stacked(known.given, given_in(column, self.categories), n)
        is_corrected = ~column.is_null().to_numpy(zero_copy_only=False)
        size_px, labels = np.concatenate([known.size_px] * 2), known.labels * 2
        memory = replace(known, given=boxes, size_px=size_px, labels=labels)
        return replace(self, memory=memory), np.arange(n) + n * is_corrected

    def write_data(self, rows: pa.Table, targets: np.ndarray, folder: Path) -> Path | None:
        """COCO's annotations of some images."""
        given = arrays.of_images(self._memory.given, np.asarray(targets, np.int64))
        return training.written(rows, given, self.categories, folder)

    def drawn(
        self,
        picture: Image.Image,
        boxes: Sequence[Mapping[str, Any]],
        part: Mapping[str, Any] | None = None,
        *,
        size_px: int | None = None,
        is_crop: bool = False,
        hidden: Collection[str] = (),
    ) -> Image.Image:
        """A picture with its boxes; see `_detection_drawing`."""
        return drawn(picture, boxes, part, size_px=size_px, is_crop=is_crop, hidden=hidden)

    @property
    def layers(self) -> Mapping[str, str]:
        """What can be hidden of a drawing."""
        return LAYERS

    @property
    def legend(self) -> Sequence[tuple[str, str]]:
        """Its colours."""
        return LEGEND

    @property
    def limits(self) -> tuple[float, float, float]:
        """Foreground, background and floor."""
        return self.foreground, self.background, self.floor

    def boxes_of_run(self, stored: StoredAnswers) -> Scene:
        """All boxes of a run; see `JudgesBoxes`."""
        found = self.answers_in(stored)
        rows = with_rows(found.given, found.predicted, self._judged(found.given, found.predicted))
        return Scene(found.given, found.predicted, found.n_images, self.categories, *self.limits, *rows)

    @property
    def measures(self) -> tuple[str, ...]:
        """Columns of a box that are read off its pixels."""
        return ("brightness", "blur")

    def measured_in(self, picture: np.ndarray, parts: Sequence[Mapping[str, Any]]) -> Mapping[str, np.ndarray]:
        """Of the given boxes, or the predicted ones where nothing is given; see `boxes.crops`."""
        corners = [corners_of(part, "given") or corners_of(part, "predicted") for part in parts]
        xyxy = np.array(corners, np.float64).reshape(-1, 4)
        return dict(zip(self.measures, brightness_and_blur(picture, xyxy), strict=True))

    def choices(self, part: Mapping[str, Any]) -> tuple[Choice, ...]:
        """What Review offers on a box; see `_detection_review`."""
        return review.choices(part)

    def blind_choices(self) -> tuple[Choice, ...]:
        """What it offers on a box whose class is hidden."""
        return review.blind_choices()

    def bulk_choices(self) -> tuple[Choice, ...]:
        """What Explore offers on many boxes at once."""
        return review.bulk_choices()

    def answered(self, part: Mapping[str, Any], label: str) -> tuple[str, str]:
        """The verdict of a class that was named for a box without sight of the label."""
        return review.answered(part, label)

    def checked(
        self, part: Mapping[str, Any] | None, tag: str, value: str, size_px: tuple[float, float]
    ) -> tuple[str, str]:
        """The value to store for a verdict, its box cut to the image, and what was cut."""
        return review.checked(part, tag, value, size_px)

    def scene(self, part: Mapping[str, Any]) -> dict[str, Any]:
        """What Review draws of a box."""
        return review.scene(part)

    @property
    def _memory(self) -> Memory:
        if self.memory is None:
            raise DataError("the given boxes of this run are not at hand; score the annotations again")
        return self.memory

    def _scores(self, raw: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
        last = self._memory.of_unit
        if last and np.array_equal(last[0], raw) and np.array_equal(last[1], targets):
            return last[2]
        found = images.image_scores(self._judgement(raw, targets), len(targets), self.pool)
        last[:] = [raw, targets, found]
        return found

    def _of_all(self, columns: Mapping[str, np.ndarray]) -> Judgement:
        """The boxes of the images of a table, as `of_the_set` judged them where they are the same."""
        known, targets = self.memory, columns["target"]
        if known is None or known.judgement is None or known.scored is None:
            return self._judgement(columns[DETECTIONS], targets)
        if np.array_equal(known.scored, targets):
            return known.judgement
        return self._judgement(columns[DETECTIONS], targets)

    def _judged(self, given: GivenBoxes, predicted: PredictedBoxes) -> Hypotheses:
        foreground, background, floor = self.limits
        return hypotheses(given, predicted, foreground=foreground, background=background, floor=floor)

    def _judgement(self, raw: np.ndarray, targets: np.ndarray) -> Judgement:
        """The boxes of some images of the catalog, numbered by their place in `targets`."""
        where = np.asarray(targets, np.int64)
        given = arrays.of_images(self._memory.given, where)
        rows = self._judged(given, arrays.unpacked(raw, self.first_label, self.labels))
        chance = SuspectChance({name: (a, b) for name, a, b in self.suspect_weights}) if self.suspect_weights else None
        return Judgement(rows, self._memory.size_px[where], chance)
