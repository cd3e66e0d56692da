"""Run a model over a data set by batches, without side effects: no gradient, no change of batch-norm statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from hem_core.errors import MiningError

Collate = Callable[[list[Any]], Any]


class Dataset(Protocol):
    """A tensor of inputs, or items that are an input or begin with one: (input, target, …)."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> Any: ...


def forward(model: nn.Module, dataset: Dataset, batch_size: int, collate: Collate | None) -> Iterator[Any]:
    """The model's output for each batch, in order, in eval mode; afterwards its parts are as they were.

    collate: makes a list of items what the model is called with; by default the inputs are stacked, and a model with
    `preprocess` gets what that makes of them (texts as a list, pictures as stored where the data set has `as_stored`).
    """
    own = getattr(model, "preprocess", None)
    if collate is None and own is not None and hasattr(dataset, "as_stored"):
        dataset = dataset.as_stored()  # type: ignore[attr-defined]
    weight = next(model.parameters(), None)
    device = weight.device if weight is not None else None
    with _judging(model):
        for start in range(0, len(dataset), batch_size):
            items = _items(dataset, range(start, min(start + batch_size, len(dataset))))
            inputs = collate(items) if collate else _stacked(items, own)
            yield model(inputs.to(device) if isinstance(inputs, Tensor) and device else inputs)


@contextmanager
def _judging(model: nn.Module) -> Iterator[None]:
    was_training = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.no_grad():  # not inference_mode: a head is fitted on what comes out
            yield
    finally:
        for module, training in was_training.items():
            module.training = training


def _items(dataset: Any, rows: Sequence[int]) -> list[Any]:
    """Items of a batch, at once where the data set can."""
    at_once = getattr(dataset, "__getitems__", None)
    return at_once(list(rows)) if at_once else [dataset[row] for row in rows]


def _stacked(items: list[Any], own: Callable[[Any], Any] | None) -> Any:
    inputs = [item[0] if isinstance(item, tuple | list) else item for item in items]
    if isinstance(inputs[0], str):
        if own is None:
            raise MiningError(
                "the inputs are texts and the model has no `preprocess`; "
                "pass collate=, which makes a list of items what the model is called with"
            )
        return own(inputs)
    stacked = torch.stack([torch.as_tensor(each) for each in inputs])
    return own(stacked) if own else stacked
