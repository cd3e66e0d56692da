"""Mining in a training that Lightning runs; needs the extra `lightning`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hem_core.errors import HemError, MiningError
from hem_core.mining._epoch_sampler import EpochSampler
from hem_core.mining.hard_example_loss import HardExampleLoss
from hem_core.mining.loss_history import LossHistory

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ImportError as error:
    raise HemError("MiningCallback needs Lightning: pip install 'hem[lightning]'") from error


class MiningCallback(Callback):
    """Tells the parts of mining where the training is, and saves them with its checkpoints.

        Trainer(callbacks=[MiningCallback(loss=loss_fn, sampler=sampler, history=history)])

    loss: its `set_progress` is called before each batch. sampler: is saved (Lightning itself calls `set_epoch`); over
    several ranks make it when torch.distributed runs (in `train_dataloader`), and the Trainer with
    `use_distributed_sampler=False`. history: `training_step` returns a mapping that has, beside `loss`, the vector
    `losses` and the `index` of the batch, which go into it; as `training_step` itself calls `loss` and
    `sampler.reduce`, there is no other logic here. Raises MiningError, naming the key, where the mapping lacks one.
    """

    def __init__(
        self,
        *,
        loss: HardExampleLoss | None = None,
        sampler: EpochSampler | None = None,
        history: LossHistory | None = None,
    ) -> None:
        self.loss, self.sampler, self.history = loss, sampler, history

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if self.loss is not None:
            self.loss.set_progress(min(trainer.global_step / trainer.estimated_stepping_batches, 1.0))

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self.history is None:
            return
        found = outputs if isinstance(outputs, Mapping) else {"loss": outputs}
        missing = [key for key in ("losses", "index") if key not in found]
        if missing:
            raise MiningError(
                f"training_step returned {', '.join(found)}; MiningCallback(history=…) also wants "
                f"{', '.join(missing)}: return them in the mapping"
            )
        self.history.update(found["index"], found["losses"])

    def state_dict(self) -> dict[str, Any]:
        parts = {"loss": self.loss, "sampler": self.sampler, "history": self.history}
        return {name: part.state_dict() for name, part in parts.items() if part is not None}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        parts = {"loss": self.loss, "sampler": self.sampler, "history": self.history}
        for name, part in parts.items():
            if part is not None:
                part.load_state_dict(state_dict[name])
