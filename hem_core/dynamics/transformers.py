"""Record a training that the Trainer of transformers runs; needs the extra `text`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from hem_core.dynamics.recorder import Recorder
from hem_core.errors import DataError, HemError

try:
    from transformers import Trainer

    from hem_core.dynamics._trainer_tap import tap
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
    recorder = recorder if isinstance(recorder, Recorder) else Recorder(recorder)
    listener = _Logits(trainer, recorder)
    trainer.compute_loss = listener.compute_loss(trainer.compute_loss)
    tap(trainer, recorder, listener, id_key)
    return trainer


class _Logits:
    """Logs the logits of a training step's batch."""

    def __init__(self, trainer: Trainer, recorder: Recorder) -> None:
        self.trainer, self.recorder = trainer, recorder
        self.ids: Any = None
        self.epoch = 0

    def begin(self, ids: list[Any], inputs: Mapping[str, Any], epoch: int) -> None:
        self.ids, self.epoch = ids, epoch

    def end(self) -> None:
        self.ids = None

    def end_epoch(self) -> None:
        self.recorder.end_epoch()

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
