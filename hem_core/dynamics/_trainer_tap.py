"""What recording a Trainer needs, whatever is recorded: the ids of a batch, and the epochs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from transformers import Trainer, TrainerCallback

from hem_core.dynamics.recorder import Recorder
from hem_core.errors import DataError


class Listener(Protocol):
    """Records a batch while its training step runs."""

    def begin(self, ids: list[Any], inputs: Mapping[str, Any], epoch: int) -> None:
        """A training step begins with these inputs; its epoch counts from 0."""
        ...

    def end(self) -> None:
        """The step is over, also where it raised."""
        ...

    def end_epoch(self) -> None:
        """All of its batches were recorded."""
        ...


def tap(trainer: Trainer, recorder: Recorder, listener: Listener, id_key: str) -> None:
    """Let a Trainer hand the ids and inputs of each training step to a listener, and nothing of evaluation."""
    made = _Tap(recorder, listener, id_key)
    trainer.data_collator = made.collator(trainer.data_collator)
    trainer._set_signature_columns_if_needed()
    trainer._signature_columns = [*(trainer._signature_columns or []), id_key]
    for name in ("training_step", "prediction_step"):
        setattr(trainer, name, getattr(made, name)(getattr(trainer, name)))
    trainer.add_callback(_Epochs(made))


class _Tap:
    """Carries the ids of a batch around the model, from the collator to the training step."""

    def __init__(self, recorder: Recorder, listener: Listener, id_key: str) -> None:
        self.recorder, self.listener, self.id_key = recorder, listener, id_key
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
            self.listener.begin(inputs.pop(self.id_key), inputs, self.epoch)
            try:
                return step(model, inputs, *arguments, **options)
            except BaseException:
                self.recorder.flush()
                raise
            finally:
                self.listener.end()

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
        self.tap.listener.end_epoch()
