"""Mining in a training that the Trainer of transformers runs; needs the extra `text`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from hem_core.errors import HemError, MiningError
from hem_core.mining._epoch_sampler import EpochSampler
from hem_core.mining.hard_example_loss import HardExampleLoss

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

    loss(logits, labels) takes the place of the model's own and hears of the progress. sampler: gives the batches;
    the cross-entropies of their logits (B, K) go into its history, if it has one, and through its `reduce`. Make it
    with rank=0, world_size=1: the Trainer itself deals the batches to the ranks. The training set is a WithIndex of
    mappings; the index reaches neither the tokenizer nor the model. Evaluation stays as it was. The state of
    mining is saved with each checkpoint, as `mining.pt`, and a training resumed from one in `output_dir` goes on with
    it. Returns the same trainer.
    Raises MiningError for both or neither, beside a compute_loss_func, where a batch has no index, and
    where a checkpoint has no such state.
    """
    mined = sampler if loss is None else loss
    if mined is None or None not in (loss, sampler):
        raise MiningError("mine(trainer, …) wants either loss= or sampler=; got both, or neither")
    if trainer.compute_loss_func is not None:
        raise MiningError("mine(trainer, …) takes the place of compute_loss_func; make the Trainer without it")
    trainer.model_accepts_loss_kwargs = False  # ours is a mean a batch, to be divided where gradients accumulate
    tap = _Tap(trainer, loss, sampler, index_key)
    if sampler is not None:
        trainer._get_train_sampler = lambda train_dataset=None: sampler
        trainer.data_collator = tap.collator(trainer.data_collator)
        trainer._set_signature_columns_if_needed()
        trainer._signature_columns = [*(trainer._signature_columns or []), index_key]
    trainer.training_step = tap.training_step(trainer.training_step)
    trainer.compute_loss = tap.compute_loss(trainer.compute_loss)
    trainer.add_callback(_Progress(mined))
    return trainer


class _Tap:
    """Carries the index of a batch around the model, from the collator to where its logits are known."""

    def __init__(
        self, trainer: Trainer, loss: HardExampleLoss | None, sampler: EpochSampler | None, index_key: str
    ) -> None:
        self.trainer, self.loss, self.sampler, self.index_key = trainer, loss, sampler, index_key
        self.is_training = False
        self.index: Any = None

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
                return step(model, inputs, *arguments, **options)
            finally:
                self.is_training = False

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

    def _mined(self, logits: Tensor, labels: Tensor) -> Tensor:
        if self.loss is not None:
            return self.loss(logits, labels)
        assert self.sampler is not None
        index = torch.as_tensor(self.index)
        losses = F.cross_entropy(logits, labels, reduction="none")
        if self.sampler.history is not None:
            self.sampler.history.update(index, losses)
        return self.sampler.reduce(losses, index)


class _Progress(TrainerCallback):
    """Tells the loss how far the training is, and keeps the state of mining beside the Trainer's checkpoints."""

    def __init__(self, mined: HardExampleLoss | EpochSampler) -> None:
        self.mined = mined

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if isinstance(self.mined, HardExampleLoss):
            self.mined.set_progress(state.global_step / state.max_steps)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            torch.save(self.mined.state_dict(), _saved(args, state))

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if not state.global_step:
            return
        if not _saved(args, state).is_file():
            raise MiningError(f"a resumed training goes on with the state of mining; there is no {_saved(args, state)}")
        self.mined.load_state_dict(torch.load(_saved(args, state), weights_only=True))


def _saved(args: Any, state: Any) -> Path:
    return Path(args.output_dir, f"checkpoint-{state.global_step}", "mining.pt")
