"""Record how a detector learns each box and each image, out of what it predicts after an epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from hem_core.boxes import formats, results
from hem_core.boxes.annotations import Predictions
from hem_core.boxes.arrays import values_at
from hem_core.boxes.hypotheses import Hypotheses, hypotheses, right_confidence
from hem_core.boxes.image_error import image_error
from hem_core.boxes.pooling import pool
from hem_core.boxes.results import InMemory
from hem_core.boxes.severity import severity
from hem_core.dynamics._last_boxes import write_boxes
from hem_core.dynamics.recorder import Recorder
from hem_core.media import medium
from hem_core.thresholds import WRONG

PREDICTIONS = "predictions.parquet"
"""In the recorder's folder: the boxes that were predicted after the last epoch, for `hem score --predictions`."""


class BoxRecorder:
    """Stores the loss, the confidence and the hit of every given box and of every image, epoch by epoch, in a folder.

        recorder = BoxRecorder("recording", "annotations.json", images="photos")
        for epoch in range(epochs):
            ...
            recorder.log_model(model)

    annotations: what `hem score` reads, with the same images and annotations_format. A box is recorded under the id
    that it has in a run, `<image id>#g3`: its loss is the larger of 1 - IoU with its prediction and 1 - the confidence
    of its class there, its confidence is the latter, and it is a hit from a confidence of .5 on. An image has the mean
    of its three largest losses, false positives counted, the mean confidence of its boxes, and is a hit below an error
    of .5. These are the `loss` and `error` of a run at its default limits. Afterwards `hem score annotations.json
    --predictions recording/predictions.parquet --dynamics recording` makes a run of both. It resumes as a Recorder.
    Raises DataError for annotations that cannot be read.
    """

    def __init__(
        self,
        folder: str | Path,
        annotations: str | Path,
        *,
        images: str | Path | None = None,
        annotations_format: str | None = None,
    ) -> None:
        home = Path(images) if images is not None else None
        self.annotations = formats.read(annotations, images=home, format=annotations_format)
        self.images = home if home is not None else self._home(Path(annotations))
        self.recorder = Recorder(folder)

    def _home(self, source: Path) -> Path:
        """The folder that the names of the pictures are relative to, where none was named."""
        base = source if source.is_dir() else source.parent
        names = self.annotations.images["file_name"].to_pylist()
        places = (base, base / "images", base / "JPEGImages", base.parent / "images")
        return next((place for place in places if any((place / name).is_file() for name in names)), base)

    def log(self, predictions: Any, epoch: int | None = None) -> None:
        """Note what the detector predicts on all images after an epoch; None = the one after the last.

        predictions: what `hem_core.score(predictions=…)` takes, such as a list with a dict of boxes (M, 4; left, top,
        right, bottom in px), labels and scores for each image, or a dict of these by image. An image that is not named
        counts as one in which nothing was found. Raises DataError for predictions that fit no image or no class.
        """
        found = results.read(InMemory(predictions), self.annotations)
        rows = hypotheses(self.annotations.boxes, found.boxes)
        loss, confidence = severity(rows).severity, right_confidence(rows)
        with self.recorder.epoch(epoch):
            self._log_boxes(rows, loss, confidence)
            self._log_images(rows, loss, confidence)
        self._keep(found)

    def log_model(self, model: nn.Module, epoch: int | None = None, *, classes: Sequence[str] | None = None) -> None:
        """Let a detector predict the pictures of all images in eval mode, one at a time, and note it.

        model: answers as torchvision's detectors do, whose label 1 is the first class of the annotations; one that
        counts from 0 has `first_label = 0`. classes: the names of its labels from the first on, where that is not so.
        It is in the mode that it was in afterwards. Raises DataError where a picture cannot be read.
        """
        names = list(self.annotations.categories if classes is None else classes)
        first = int(getattr(model, "first_label", 1))
        device = next((each.device for each in model.parameters()), torch.device("cpu"))
        with evaluating(model):
            answers = {id: _answer(model, image.to(device), names, first) for id, image in self._pictures()}
        self.log(answers, epoch)

    def paths(self) -> dict[str, Path]:
        """Where the picture of each image lies, by its id."""
        names = self.annotations.images["file_name"].to_pylist()
        return {id: self.images / name for id, name in zip(self.annotations.image_ids, names, strict=True)}

    def _pictures(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Id and picture (3, H, W) float32 in 0 .. 1 of each image."""
        for id, path in self.paths().items():
            pixels = np.array(medium("image").picture_of(path.parent, {"image": path.name}))
            yield id, torch.from_numpy(pixels).permute(2, 0, 1).float() / 255  # (H, W, 3) -> (3, H, W)

    def _log_boxes(self, rows: Hypotheses, loss: np.ndarray, confidence: np.ndarray) -> None:
        ids, given = self.annotations.box_ids(), rows.given[rows.is_given]
        own = confidence[given]
        self.recorder.log_measures(
            [ids[box] for box in given.tolist()], loss=loss[rows.is_given], confidence=own, is_correct=own >= WRONG
        )

    def _log_images(self, rows: Hypotheses, loss: np.ndarray, confidence: np.ndarray) -> None:
        ids = self.annotations.image_ids
        image, n = rows.image[rows.is_given], len(ids)
        counts = np.bincount(image, minlength=n)
        total = np.bincount(image, values_at(confidence, rows.given[rows.is_given], np.nan), minlength=n)
        mean = np.divide(total, counts, out=np.full(n, np.nan), where=counts > 0)
        is_hit = image_error(rows, n) < WRONG
        self.recorder.log_measures(ids, loss=pool(rows.image, loss, n), confidence=mean, is_correct=is_hit)

    def _keep(self, found: Predictions) -> None:
        write_boxes(self.recorder.path / PREDICTIONS, found.boxes, self.annotations)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """In eval mode and without gradients; afterwards every module is in the mode that it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, was_training in modes:
            module.training = was_training


def _answer(model: nn.Module, image: torch.Tensor, names: Sequence[str], first: int) -> Mapping[str, Any]:
    """The boxes of a picture, by the names of their classes; background is none."""
    [found] = model([image])
    kept = (found["labels"] >= first).nonzero()[:, 0]
    labels = (found["labels"][kept] - first).tolist()
    return {
        "boxes": found["boxes"][kept].cpu(),
        "labels": [names[label] if label < len(names) else label for label in labels],
        "scores": found["scores"][kept].cpu(),
    }
