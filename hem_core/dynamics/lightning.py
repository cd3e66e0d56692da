"""Record a training that Lightning runs; needs the extra `lightning`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hem_core.dynamics.recorder import Recorder
from hem_core.errors import DataError, HemError

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ImportError as error:
    raise HemError("RecorderCallback needs Lightning: pip install 'hem[lightning]'") from error


class RecorderCallback(Callback):
    """Hands every training batch to a Recorder, whose folder then holds the dynamics of each epoch.

        trainer = Trainer(callbacks=[RecorderCallback("dynamics")])

    `training_step` returns a mapping: beside `loss` the ids, logits and targets as `Recorder.log` takes them, under
    the keys named here. Lightning hands that mapping to callbacks and keeps nothing of it. The sanity check,
    validation and test are never recorded; a step that returns None is left out. Resumed from a checkpoint, an epoch
    keeps its number; one that is resumed in its middle keeps what was recorded of it before. (Lightning begins the
    batches of such an epoch again, unless the sampler is one of `hem_core.mining` with a MiningCallback.)
    Raises DataError, naming the key, where the mapping lacks one; and as `Recorder` does.
    """

    def __init__(
        self, folder: str | Path, *, ids: str = "ids", logits: str = "logits", targets: str = "targets"
    ) -> None:
        self.path = Path(folder)
        self.keys = (ids, logits, targets)
        self.recorder: Recorder | None = None
        self._is_first = True

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The ranks are known only now."""
        self.recorder, self._is_first = Recorder(self.path), True

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        assert self.recorder is not None
        if self._is_first and batch_idx > 0:
            self.recorder.resume(trainer.current_epoch)
        self._is_first = False

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Write the recording to disk before the checkpoint that refers to it."""
        if self.recorder is not None:
            self.recorder.flush()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        result = outputs if isinstance(outputs, Mapping) else {"loss": outputs}
        if result.get("loss") is None and not any(key in result for key in self.keys):
            return
        missing = [key for key in self.keys if key not in result]
        if missing:
            raise DataError(
                f"training_step returned {', '.join(result)}; RecorderCallback also needs {', '.join(missing)}: return "
                'them in the mapping, or name your keys, as in RecorderCallback(folder, ids="…")'
            )
        assert self.recorder is not None
        self.recorder.log(*(result[key] for key in self.keys), epoch=trainer.current_epoch)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert self.recorder is not None
        self.recorder.end_epoch()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        if self.recorder is not None:
            self.recorder.flush()
