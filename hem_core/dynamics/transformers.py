"""Record a training that the Trainer of transformers runs; needs the extra `text`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from hem_core.dynamics.recorder import Recorder
from hem_core.errors import DataError, HemError

try:
    from transformers import Trainer, TrainerCallback
except ImportError as error:
    raise HemError("recording a Trainer needs transformers: pip install 'hem[text]'") from error

T = TypeVar("T", bound=Trainer)


def record(trainer: T, recorder: Recorder | str | Path, *, id_key: str = "id") -> T:
    """Let a Trainer hand every training batch to a Recorder; call it before `trainer.train()`.

        trainer = record(Trainer(model, arguments, train_dataset=data), "dynamics")

    recorder: a Recorder, or its folder. id_key: the column of the training set with strings or integers; it reaches
    neither the tokenizer nor the model, and `remove_unused_columns` may stay as it is. Returns the same trainer, of
    any subclass: callbacks of a Trainer see no logits, so `compute_loss` is tapped while it is called by
    `training_step`; what it computes stays as it was, and evaluation is never recorded. Resumed from a checkpoint, an
    epoch keeps its number, and one that is resumed in its middle keeps what was recorded of it before.
    Raises DataError where the training set has no such column or a batch no labels, and as `Recorder` does.
    """
    tap = _Tap(trainer, recorder if isinstance(recorder, Recorder) else Recorder(recorder), id_key)
    trainer.data_collator = tap.collator(trainer.data_collator)
    trainer._set_signature_columns_if_needed()
    trainer._signature_columns = [*(trainer._signature_columns or []), id_key]
    for name in ("training_step", "compute_loss", "prediction_step"):
        setattr(trainer, name, getattr(tap, name)(getattr(trainer, name)))
    trainer.add_callback(_Epochs(tap))
    return trainer


class _Tap:
    """Carries the ids of a batch around the model, from the collator to where its logits are known."""

    def __init__(self, trainer: Trainer, recorder: Recorder, id_key: str) -> None:
        self.trainer, self.recorder, self.id_key = trainer, recorder, id_key
        self.ids: Any = None
        self.epoch = 0

    def collator(self, collate: Callable[..., Any]) -> Callable[..., Any]:
        """Collates all but the ids, which may be strings, and puts them beside the batch."""

        def collated(features: list[Any]) -> Any:
            if not all(isinstance(feature, Mapping) and self.id_key in feature for feature in features):
                return collate(features)
            ids = [id.item() if hasattr(id, "item") else id for id in (feature[self.id_key] for feature in features)]
            batch = collate([{key: feature[key] for key in feature if key != self.id_key} for feature in features])
            batch[self.id_key] = ids
            return batch

        return collated

    def training_step(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def tapped(model: Any, inputs: Any, *arguments: Any, **options: Any) -> Any:
            if self.id_key not in inputs:
                raise DataError(
                    f"a training batch has {', '.join(inputs)} but no '{self.id_key}'; give the training set a column "
                    "of ids, or name it: record(trainer, recorder, id_key=…)"
                )
            self.ids = inputs.pop(self.id_key)
            try:
                return step(model, inputs, *arguments, **options)
            except BaseException:
                self.recorder.flush()
                raise

        return tapped

    def compute_loss(self, compute: Callable[..., Any]) -> Callable[..., Any]:
        def tapped(model: Any, inputs: Any, return_outputs: bool = False, **options: Any) -> Any:
            ids, self.ids = self.ids, None
            if ids is None:
                return compute(model, inputs, return_outputs=return_outputs, **options)
            labels = next((inputs[name] for name in self.trainer.label_names or ["labels"] if name in inputs), None)
            if labels is None:
                raise DataError(f"a training batch has {', '.join(inputs)} but no labels to record")
            loss, outputs = compute(model, inputs, return_outputs=True, **options)
            logits = outputs["logits"] if isinstance(outputs, Mapping) else outputs[1]
            self.recorder.log(ids, logits, labels, epoch=self.epoch)
            return (loss, outputs) if return_outputs else loss

        return tapped

    def prediction_step(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def tapped(model: Any, inputs: Any, *arguments: Any, **options: Any) -> Any:
            inputs.pop(self.id_key, None)
            return step(model, inputs, *arguments, **options)

        return tapped


class _Epochs(TrainerCallback):
    """Tells the recorder where epochs begin and end."""

    def __init__(self, tap: _Tap) -> None:
        self.tap, self.is_within = tap, False

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        done = (state.epoch or 0) + 1e-6  # resumed: steps done / steps in an epoch
        self.tap.epoch = int(done) - 1
        self.is_within = done - int(done) > 1e-5 and not args.ignore_data_skip

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.tap.epoch += 1
        if self.is_within:
            self.tap.recorder.resume(self.tap.epoch)
        self.is_within = False

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.tap.recorder.flush()

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.tap.recorder.end_epoch()
