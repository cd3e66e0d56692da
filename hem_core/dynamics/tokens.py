"""Record a causal language model token by token, trained by TRL's SFTTrainer or the Trainer of transformers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from hem_core.dynamics._token_tables import TokenTables
from hem_core.dynamics.recorder import Recorder
from hem_core.errors import DataError, HemError

try:
    from transformers import Trainer

    from hem_core.dynamics._trainer_tap import tap
except ImportError as error:
    raise HemError("recording tokens needs transformers: pip install 'hem[text]', and trl for SFTTrainer") from error

T = TypeVar("T", bound=Trainer)
IGNORED = -100
"""The label of a token that is not trained on."""


class _Measured(NamedTuple):
    """The tokens of a batch, (N, L): each as it is predicted from those before it."""

    losses: Tensor
    """−log p in nats."""
    is_right: Tensor
    """Whether the token is the model's first choice."""
    is_trained: Tensor
    tokens: Tensor


def record(trainer: T, recorder: Recorder | str | Path, *, id_key: str = "id") -> T:
    """Let a Trainer record the loss of every token that it trains on; call it before `trainer.train()`.

        trainer = record(SFTTrainer(model, args=arguments, train_dataset=data), "recording")

    recorder: a Recorder, or its folder. id_key: the column of the training set with strings or integers. The numbers
    are those of the training step itself: TRL's own log-probabilities, or the logits of the model. Recorded of each
    text and epoch are the mean loss of its tokens, in nats, exp(−loss) as its confidence, and a hit where more than
    half of the tokens are the model's first choice. After each epoch the folder has two tables. examples.parquet: each
    text, how many tokens are trained on, their mean and worst loss, and the hardest tokens; `hem score
    recording/examples.parquet --task generation --dynamics recording` makes a run of it. tokens.parquet: `id`, and the
    lists `token_ids`, `token_losses` (nats) and `is_right` of the last epoch. Returns the same trainer.
    Raises DataError where the training set has no such column, or where texts are packed into one row.
    """
    recorder = recorder if isinstance(recorder, Recorder) else Recorder(recorder)
    listener = _Tokens(recorder, trainer.processing_class)
    model: Any = trainer.model
    model.register_forward_hook(listener.hear, with_kwargs=True)
    tap(trainer, recorder, listener, id_key)
    return trainer


class _Tokens:
    """Logs the tokens of a training step's batch when its model has answered."""

    def __init__(self, recorder: Recorder, tokenizer: Any) -> None:
        self.recorder = recorder
        self.tables = TokenTables(recorder, tokenizer)
        self.ids: list[Any] | None = None
        self.inputs: Mapping[str, Any] = {}
        self.epoch = 0

    def begin(self, ids: list[Any], inputs: Mapping[str, Any], epoch: int) -> None:
        if "labels" not in inputs or len(inputs["labels"]) != len(ids):
            raise DataError(
                f"a training batch has {', '.join(inputs)} for {len(ids)} ids, but not one row of labels for each: "
                "tokens are recorded of causal language models, without packing and padding_free"
            )
        self.ids, self.inputs, self.epoch = ids, inputs, epoch

    def end(self) -> None:
        self.ids = None

    def end_epoch(self) -> None:
        self.recorder.end_epoch()
        self.tables.write()

    @torch.no_grad()
    def hear(self, module: nn.Module, arguments: Any, options: Mapping[str, Any], output: Any) -> None:
        """The hook of the model: the first answer in a training step is that of its batch."""
        ids, self.ids = self.ids, None
        if ids is None:
            return
        found = _measured(output, self.inputs["labels"])
        counts = found.is_trained.sum(dim=1)  # (N, L) -> (N,)
        kept = (counts > 0).nonzero()[:, 0].tolist()
        names = [str(ids[row]) for row in kept]
        loss = (found.losses.sum(dim=1) / counts.clamp(min=1))[kept]
        right = found.is_right.sum(dim=1)[kept]
        is_hit = 2 * right > counts[kept]
        self.recorder.log_measures(
            names, loss=loss, confidence=(-loss).exp(), is_correct=is_hit.float(), epoch=self.epoch
        )
        self._keep(names, kept, found)

    def _keep(self, names: list[str], kept: list[int], found: _Measured) -> None:
        texts, masks = self.inputs["input_ids"].cpu(), self.inputs.get("attention_mask")
        parts = [each.cpu() for each in found]
        for name, row in zip(names, kept, strict=True):
            losses, is_right, is_trained, tokens = (part[row] for part in parts)
            whole = texts[row] if masks is None else texts[row][masks[row].cpu() > 0]
            self.tables.add(name, whole.tolist(), *(x[is_trained].numpy() for x in (tokens, losses, is_right)))


def _measured(output: Any, labels: Tensor) -> _Measured:
    """Of TRL's outputs, or of logits (N, L + 1, V); labels (N, L + 1). Losses are 0 where a token is not trained on."""
    targets = labels[:, 1:]
    is_trained = targets != IGNORED
    tokens = targets.clamp(min=0)
    log_probs, is_right = getattr(output, "log_probs", None), getattr(output, "is_top1", None)
    if log_probs is None or is_right is None:
        logits = (output["logits"] if isinstance(output, Mapping) else output[0])[:, :-1].float()
        chosen = tokens.to(logits.device)
        log_probs = logits.log_softmax(dim=2).gather(2, chosen[:, :, None]).squeeze(2)  # (N, L, V) -> (N, L)
        is_right = logits.argmax(dim=2) == chosen
    mask = is_trained.to(log_probs.device)
    losses = -log_probs.float() * mask
    return _Measured(losses, is_right.bool() & mask, mask, tokens.to(mask.device))
