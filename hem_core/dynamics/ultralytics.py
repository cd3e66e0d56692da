"""Record a detector that Ultralytics trains; Ultralytics is no dependency of HEM."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from hem_core.dynamics.boxes import BoxRecorder

T = TypeVar("T")
FLOOR = 0.001
"""Least confidence of a prediction that counts, as in Ultralytics' own validation."""


def record(yolo: T, recorder: BoxRecorder | str | Path) -> T:
    """Let a YOLO note after each epoch how it does on every box of its data set; call it before `train`.

        yolo = record(YOLO("yolo11n.pt"), "recording")
        yolo.train(data="data.yaml", epochs=50)

    recorder: a BoxRecorder, or its folder; then the annotations are those of the training's data.yaml, in all splits.
    At the end of an epoch the averaged weights (EMA), which are those that Ultralytics saves, predict the pictures as
    they are, without mosaic and other augmentation, at the size of the training. Afterwards `hem score data.yaml
    --predictions recording/predictions.parquet --dynamics recording` makes a run. Returns the same YOLO. Over several
    GPUs nothing is recorded: Ultralytics then trains in processes that know of no callback.
    Raises DataError where the annotations cannot be read.
    """
    listener = _Epochs(recorder)
    model: Any = yolo
    model.add_callback("on_train_start", listener.begin)
    model.add_callback("on_train_epoch_end", listener.end_epoch)
    return yolo


class _Epochs:
    """Called by the trainer."""

    def __init__(self, recorder: BoxRecorder | str | Path) -> None:
        self.recorder = recorder

    def begin(self, trainer: Any) -> None:
        if not isinstance(self.recorder, BoxRecorder):
            self.recorder = BoxRecorder(self.recorder, trainer.args.data, images=trainer.data["path"])

    def end_epoch(self, trainer: Any) -> None:
        assert isinstance(self.recorder, BoxRecorder)
        if trainer.ema is None:  # a rank that does not save
            return
        self.recorder.log(_predicted(trainer, self.recorder.paths()), trainer.epoch)


def _predicted(trainer: Any, paths: dict[str, Path]) -> dict[str, Any]:
    """Id of an image -> what the averaged weights predict in its picture. The predictor fuses a copy of the model."""
    from ultralytics.models.yolo.detect import DetectionPredictor  # pyright: ignore[reportMissingImports]

    args = trainer.args
    options = {"imgsz": args.imgsz, "device": args.device, "conf": FLOOR, "iou": args.iou, "max_det": args.max_det}
    quiet = {"save": False, "verbose": False, "mode": "predict"}
    predictor = DetectionPredictor(overrides={**options, **quiet})
    predictor.setup_model(trainer.ema.ema, verbose=False)
    names = trainer.data["names"]
    answers = {}
    for id, path in paths.items():
        [found] = predictor(source=str(path), stream=False)
        labels = [names[int(label)] for label in found.boxes.cls.tolist()]
        answers[id] = {"boxes": found.boxes.xyxy.cpu(), "labels": labels, "scores": found.boxes.conf.cpu()}
    return answers
