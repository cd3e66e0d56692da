"""Mining in a training that Lightning runs; needs the extra `lightning`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from hem_core.errors import HemError, MiningError
from hem_core.mining.callbacks.check_ranks import check_ranks
from hem_core.mining.loss_history import LossHistory
from hem_core.mining.losses.hard_example_loss import HardExampleLoss
from hem_core.mining.samplers._epoch_sampler import EpochSampler

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
except ImportError as error:
    raise HemError("MiningCallback needs Lightning: pip install 'hem[lightning]'") from error


class MiningCallback(Callback):
    """Reports the progress to the parts of mining, checks the ranks, saves the parts with checkpoints and logs them.

        Trainer(callbacks=[MiningCallback(loss=loss_fn, sampler=sampler, history=history)])

    loss: its `set_progress` is called before each batch. sampler: is saved, with the history of every rank, and a
    training resumed within an epoch continues after the last batch of the checkpoint (Lightning itself calls
    `set_epoch`). By default it is found in the training's DataLoader: over several ranks make it in
    `train_dataloader`, where the ranks are known, and the Trainer with `use_distributed_sampler=False`.
    history: `training_step` returns a mapping that has, beside `loss`, the vector `losses` and the `index` of the
    batch, which go into it; as `training_step` itself calls `loss` and `sampler.reduce`, there is no other logic here.
    log: the numbers of `sampler.report()` after each epoch and of `loss.report()` every `log_every_n_steps` go to the
    Trainer's loggers, as `mining/fraction_kept` and so on.
    Raises MiningError where ranks would draw an epoch twice or in parts, and, naming the key, where the mapping lacks
    one.
    """

    def __init__(
        self,
        *,
        loss: HardExampleLoss | None = None,
        sampler: EpochSampler | None = None,
        history: LossHistory | None = None,
        log: bool = True,
    ) -> None:
        self.loss, self.sampler, self.history, self.log_reports = loss, sampler, history, log
        self._is_found = sampler is None
        self._of_the_sampler: dict[str, Any] | None = None  # loaded before the sampler was found

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        kwargs = trainer.distributed_sampler_kwargs or {"rank": trainer.global_rank, "num_replicas": trainer.world_size}
        rank, world_size = kwargs["rank"], kwargs["num_replicas"]
        found = check_ranks(trainer.train_dataloader, rank=rank, world_size=world_size) or self.sampler
        if self.sampler not in (None, found):
            raise MiningError(
                f"the {type(found).__name__} of the DataLoader is not the sampler of MiningCallback, which would save "
                "and log another: omit sampler=, and it is found in the DataLoader"
            )
        if found is not None and world_size > found.world_size == 1:
            raise MiningError(
                f"Lightning splits the draws of {type(found).__name__} between {world_size} ranks, and would resume an "
                "epoch at its start: make the sampler in train_dataloader, where it learns its rank, and "
                "Trainer(use_distributed_sampler=False)"
            )
        check_ranks(found, rank=rank, world_size=world_size)
        self.sampler = found
        if self.sampler is not None and self._of_the_sampler is not None:
            self.sampler.load_state_dict(self._of_the_sampler)
            self._of_the_sampler = None

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """With `reload_dataloaders_every_n_epochs` there may be a new sampler."""
        if self._is_found and self.sampler is not None:
            place = {"rank": self.sampler.rank, "world_size": self.sampler.world_size}
            self.sampler = check_ranks(trainer.train_dataloader, **place) or self.sampler

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if self.loss is not None:
            self.loss.set_progress(min(trainer.global_step / trainer.estimated_stepping_batches, 1.0))

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        found = outputs if isinstance(outputs, Mapping) else {"loss": outputs}
        if self.history is not None:
            missing = [key for key in ("losses", "index") if key not in found]
            if missing:
                raise MiningError(
                    f"training_step returned {', '.join(found)}; MiningCallback(history=…) also needs "
                    f"{', '.join(missing)}: return them in the mapping"
                )
            self.history.update(found["index"], found["losses"])
        if self.sampler is not None:
            self.sampler.advance(_size(batch, found) or getattr(trainer.train_dataloader, "batch_size", None) or 0)
        if self.loss is not None and self.log_reports and trainer.global_step % _every(trainer) == 0:
            _log(trainer, self.loss.report().numbers("mining/loss/"))

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.sampler is not None and self.log_reports:
            _log(trainer, self.sampler.report().numbers("mining/"))

    def state_dict(self) -> dict[str, Any]:
        """Lightning asks every rank for it, and one of them writes it."""
        state: dict[str, Any] = {} if self.loss is None else {"loss": self.loss.state_dict()}
        for name, part in (("sampler", self.sampler), ("history", self.history)):
            if part is not None:
                state[name] = part.state_dict(all_ranks=True)
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if self.loss is not None:
            self.loss.load_state_dict(state_dict["loss"])
        if self.history is not None:
            self.history.load_state_dict(state_dict["history"])
        if self.sampler is not None:
            self.sampler.load_state_dict(state_dict["sampler"])
        else:
            self._of_the_sampler = state_dict.get("sampler")


def _every(trainer: Trainer) -> int:
    return max(getattr(trainer, "log_every_n_steps", 1), 1)


def _size(batch: Any, outputs: Mapping[str, Any]) -> int:
    """Examples in a batch: of the index, else of the first tensor in it."""
    if isinstance(outputs.get("index"), Tensor):
        return len(outputs["index"])
    if isinstance(batch, Tensor):
        return len(batch) if batch.ndim else 0
    parts = batch.values() if isinstance(batch, Mapping) else batch if isinstance(batch, list | tuple) else ()
    return next((size for size in (_size(part, {}) for part in parts) if size), 0)


def _log(trainer: Trainer, numbers: dict[str, float]) -> None:
    for logger in trainer.loggers:
        logger.log_metrics(numbers, step=trainer.global_step)
