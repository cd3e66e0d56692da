"""Mining in a training that the Trainer of transformers runs; needs the extra `text`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from hem_core.errors import HemError, MiningError
from hem_core.mining.callbacks.check_ranks import check_ranks
from hem_core.mining.losses.hard_example_loss import HardExampleLoss
from hem_core.mining.report import UNLABELLED
from hem_core.mining.samplers._epoch_sampler import EpochSampler

try:
    from transformers import Trainer, TrainerCallback
except ImportError as error:
    raise HemError("mining with a Trainer needs transformers: pip install 'hem[text]'") from error

T = TypeVar("T", bound=Trainer)


def mine(
    trainer: T, *, loss: HardExampleLoss | None = None, sampler: EpochSampler | None = None, index_key: str = "index"
) -> T:
    """Let a Trainer train on `loss`, or on the batches and weights of `sampler`; call it before `trainer.train()`.

        trainer = mine(Trainer(model, arguments, train_dataset=WithIndex(data)), sampler=sampler)

    loss(logits, labels) replaces the model's own loss and receives the progress. sampler: gives the batches;
    the cross-entropies of their logits (B, K) go into its history, if it has one, and through its `reduce`; the label
    -100 is not counted. Make it with rank=0, world_size=1: the Trainer itself deals the batches to the ranks. The
    training set is a WithIndex of mappings; the index reaches neither the tokenizer nor the model. Evaluation stays as
    it was. The numbers of `report()` are in each log of the training, as `mining/fraction_kept` and so on. The state
    of mining, with the history of every rank, is saved with each checkpoint, as `mining.pt`, and a training resumed
    from one uses it.
    Returns the same trainer.
    Raises MiningError for both or neither, beside a compute_loss_func, for a sampler that splits its draws between
    ranks itself, where a batch has no index, and where a checkpoint has no such state.
    """
    mined = sampler if loss is None else loss
    if mined is None or None not in (loss, sampler):
        raise MiningError("mine(trainer, …) expects either loss= or sampler=; got both, or neither")
    if trainer.compute_loss_func is not None:
        raise MiningError("mine(trainer, …) replaces compute_loss_func; create the Trainer without it")
    if sampler is not None and (sampler.rank, sampler.world_size) != (0, 1):
        raise MiningError(
            f"{type(sampler).__name__} draws for rank {sampler.rank} of {sampler.world_size}, and the Trainer deals "
            f"its batches to {trainer.args.world_size} ranks again: an epoch would be 1/{sampler.world_size} of the "
            "data. Make the sampler with rank=0, world_size=1"
        )
    trainer.model_accepts_loss_kwargs = False  # ours is a mean a batch, to be divided where gradients accumulate
    tap = _Tap(trainer, loss, sampler, index_key)
    if sampler is not None:
        sampler.is_placed_by_torch = False  # one for all ranks is right here, whenever it was made
        trainer._get_train_sampler = lambda train_dataset=None: sampler
        trainer.data_collator = tap.collator(trainer.data_collator)
        trainer._set_signature_columns_if_needed()
        trainer._signature_columns = [*(trainer._signature_columns or []), index_key]
    trainer.training_step = tap.training_step(trainer.training_step)
    trainer.compute_loss = tap.compute_loss(trainer.compute_loss)
    trainer.log, trainer.train = tap.log(trainer.log), tap.train(trainer.train)
    trainer.add_callback(_Progress(tap, mined))
    return trainer


class _Tap:
    """Carries the index of a batch around the model, from the collator to where its logits are known."""

    def __init__(
        self, trainer: Trainer, loss: HardExampleLoss | None, sampler: EpochSampler | None, index_key: str
    ) -> None:
        self.trainer, self.loss, self.sampler, self.index_key = trainer, loss, sampler, index_key
        self.is_training = False
        self.index: Any = None
        self.resumed_from: str | Path | None = None
        """The checkpoint that `train` was told to resume from; None = the last one in output_dir."""

    def collator(self, collate: Callable[..., Any]) -> Callable[..., Any]:
        def collated(features: list[Any]) -> Any:
            if not all(isinstance(feature, Mapping) and self.index_key in feature for feature in features):
                return collate(features)
            batch = collate([{key: each[key] for key in each if key != self.index_key} for each in features])
            batch[self.index_key] = [int(each[self.index_key]) for each in features]
            return batch

        return collated

    def training_step(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def tapped(model: Any, inputs: Any, *arguments: Any, **options: Any) -> Any:
            self.index = inputs.pop(self.index_key, None)
            if self.sampler is not None and self.index is None:
                raise MiningError(
                    f"a training batch has {', '.join(inputs)} but no '{self.index_key}'; "
                    "give the Trainer train_dataset=WithIndex(data), with mappings as items"
                )
            self.is_training = True
            try:
                loss = step(model, inputs, *arguments, **options)
            finally:
                self.is_training = False
            if self.sampler is not None:
                self.sampler.advance(len(self.index) * self.trainer.args.world_size)
            return loss

        return tapped

    def compute_loss(self, compute: Callable[..., Any]) -> Callable[..., Any]:
        def tapped(model: Any, inputs: Any, return_outputs: bool = False, **options: Any) -> Any:
            if not self.is_training:
                inputs.pop(self.index_key, None)
                return compute(model, inputs, return_outputs=return_outputs, **options)
            labels = next((inputs[name] for name in self.trainer.label_names or ["labels"] if name in inputs), None)
            if labels is None:
                raise MiningError(f"a training batch has {', '.join(inputs)} but no labels to mine by")
            _, outputs = compute(model, inputs, return_outputs=True, **options)
            logits = outputs["logits"] if isinstance(outputs, Mapping) else outputs[1]
            loss = self._mined(logits, labels)
            return (loss, outputs) if return_outputs else loss

        return tapped

    def train(self, train: Callable[..., Any]) -> Callable[..., Any]:
        def tapped(resume_from_checkpoint: Any = None, *arguments: Any, **options: Any) -> Any:
            self.resumed_from = resume_from_checkpoint if isinstance(resume_from_checkpoint, str | Path) else None
            return train(resume_from_checkpoint, *arguments, **options)

        return tapped

    def log(self, write: Callable[..., Any]) -> Callable[..., Any]:
        """Adds the numbers of the last selection to a log of the training; callbacks are told too late to do it."""

        def tapped(logs: dict[str, float], *arguments: Any, **options: Any) -> Any:
            mined = self.sampler if self.loss is None else self.loss
            if mined is not None and "loss" in logs:
                logs = {**logs, **mined.report().numbers("mining/")}
            return write(logs, *arguments, **options)

        return tapped

    def _mined(self, logits: Tensor, labels: Tensor) -> Tensor:
        if self.loss is not None:
            return self.loss(logits, labels)
        assert self.sampler is not None
        index = torch.as_tensor(self.index)
        losses = F.cross_entropy(logits, labels, reduction="none")
        if not (counts := labels != UNLABELLED).all():
            losses, index = losses[counts], index[counts.cpu()]
        if self.sampler.history is not None:
            self.sampler.history.update(index, losses)
        return self.sampler.reduce(losses, index) if len(losses) else losses.sum()


class _Progress(TrainerCallback):
    """Tells the loss how far the training is, and keeps the state of mining beside the Trainer's checkpoints."""

    def __init__(self, tap: _Tap, mined: HardExampleLoss | EpochSampler) -> None:
        self.tap, self.mined = tap, mined

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if isinstance(self.mined, HardExampleLoss):
            self.mined.set_progress(state.global_step / state.max_steps)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        own = self.mined  # every rank is asked for its state, and one writes it
        found = own.state_dict(all_ranks=True) if isinstance(own, EpochSampler) else own.state_dict()
        if state.is_world_process_zero:
            torch.save(found, Path(args.output_dir, f"checkpoint-{state.global_step}", "mining.pt"))

    def on_train_begin(self, args: Any, state: Any, control: Any, train_dataloader: Any = None, **_: Any) -> None:
        check_ranks(train_dataloader, rank=args.process_index, world_size=args.world_size)
        if not state.global_step:
            return
        folder = self.tap.resumed_from or Path(args.output_dir, f"checkpoint-{state.global_step}")
        saved = Path(folder, "mining.pt")
        if not saved.is_file():
            raise MiningError(f"a training resumes with the state of mining, and there is no {saved}")
        found = torch.load(saved, weights_only=True)
        if isinstance(self.mined, EpochSampler):
            found["taken"] = 0  # the Trainer itself skips the batches that were trained on
        self.mined.load_state_dict(found)
