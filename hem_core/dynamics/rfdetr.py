"""Record an RF-DETR while it trains; RF-DETR is no dependency of HEM."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from hem_core.dynamics.boxes import BoxRecorder, evaluating

T = TypeVar("T")
FLOOR = 0.001
"""Least confidence of a prediction that counts."""
TRAIN = ("train", "_annotations.coco.json")
"""Where a data set in RF-DETR's layout of COCO has the boxes of its training images."""


def record(model: T, recorder: BoxRecorder | str | Path) -> T:
    """Let an RF-DETR note after each epoch how it does on every box of its training images; call it before `train`.

        model = record(RFDETRNano(), "recording")
        model.train(dataset_dir="data", epochs=20)

    recorder: a BoxRecorder, or its folder; then the annotations are data/train/_annotations.coco.json. The weights of
    the training itself predict the pictures as they are, not their average (EMA). Afterwards `hem score
    data/train/_annotations.coco.json --predictions recording/predictions.parquet --dynamics recording` makes a run.
    Returns the same model. Raises DataError where the annotations cannot be read.
    """
    tapped: Any = model
    train = tapped.train

    def recorded(**options: Any) -> Any:
        import rfdetr.training as training  # pyright: ignore[reportMissingImports]

        own = recorder
        if not isinstance(own, BoxRecorder):
            own = BoxRecorder(own, Path(options["dataset_dir"]).joinpath(*TRAIN))
        build = training.build_trainer

        def built(*arguments: Any, **settings: Any) -> Any:
            """`train` takes no callbacks, and makes its trainer by this function."""
            trainer = build(*arguments, **settings)
            trainer.callbacks.append(_callback(tapped, own))
            return trainer

        training.build_trainer = built
        try:
            return train(**options)
        finally:
            training.build_trainer = build

    tapped.train = recorded
    return model


def _callback(model: Any, recorder: BoxRecorder) -> Any:
    """A callback of the Lightning that RF-DETR is trained by."""
    from pytorch_lightning import Callback

    class Epochs(Callback):
        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            if trainer.is_global_zero:
                names, is_renumbered = trainer.datamodule._dataset_label_space()
                found = _predicted(model, pl_module.model, recorder.paths())
                answers = {id: _boxes(one, names if is_renumbered else None) for id, one in found.items()}
                recorder.log(answers, trainer.current_epoch)

    return Epochs()


def _predicted(model: Any, trained: Any, paths: dict[str, Path]) -> dict[str, Any]:
    """Id of an image -> what the weights that are being trained predict in its picture."""
    before, model.model.model = model.model.model, trained
    try:
        with evaluating(trained):
            options = {"threshold": FLOOR, "include_source_image": False}
            return {id: model.predict(str(path), **options) for id, path in paths.items()}
    finally:
        model.model.model = before


def _boxes(detections: Any, names: list[str] | None) -> dict[str, Any]:
    """Boxes, labels and scores of a picture.

    names: of the labels from 0 on, behind which is none; None where they are the numbers of the annotation file.
    """
    numbers = detections.class_id.tolist()
    kept = [place for place, label in enumerate(numbers) if names is None or label < len(names)]
    labels = [numbers[place] if names is None else names[numbers[place]] for place in kept]
    return {"boxes": detections.xyxy[kept], "labels": labels, "scores": detections.confidence[kept]}
