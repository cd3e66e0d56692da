"""Length of each example's gradient over the whole network, from one forward and one backward pass of the batch."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hem_core.engine.batch import Values
from hem_core.engine.call import call, describe_inputs, prepared
from hem_core.engine.ghost.layout import Layout, find_layout
from hem_core.engine.ghost.lengths import Lengths
from hem_core.engine.ghost.recorder import WAY_OUT, Recorder
from hem_core.engine.network import Network
from hem_core.errors import ModelError
from hem_core.tasks import Task, load

_LAYOUTS: WeakKeyDictionary[nn.Module, dict[tuple[Any, ...], Layout]] = WeakKeyDictionary()
"""Found layouts, as long as their models live; each pass is checked against the one it uses."""


def gradient_norms(network: Network, values: Values, targets: Tensor) -> Tensor:
    """`ghost_norms` of stored values (n, …) and their targets (n,) int64: (n,) float32 on the network's device.

    May be called inside `torch.inference_mode()`. The pass is in the weights' own precision, also in a bf16 run.
    """
    inputs = prepared(network.model, values, network.device, is_picture=network.is_picture)
    return ghost_norms(network.model, inputs, targets, task=network.task)


def ghost_norms(model: nn.Module, inputs: Any, targets: Tensor, *, task: Task | None = None) -> Tensor:
    """Length of each example's cross-entropy gradient over all parameters that require one.

    inputs: what the model takes, N first in every tensor; targets (N,) int64 in [0, K). Where no parameter requires
    a gradient (a frozen copy), it is over all floating-point ones. What a parameter gets from several uses is added
    first; a parameter that the model does not use adds nothing.
    Returns (N,) float32 in 0 .. inf; higher = harder. The model is left as it was: no hooks, no gradients.
    Raises ModelError, with the parameter's name, for a layer of which no exact form is known here (recurrent layers,
    bare parameters such as a class token, compiled code), for examples that are mixed with each other (BatchNorm over
    the batch) or folded into another axis, and for a model that is not in eval mode.
    Reference: Paul et al. 2021, arXiv:2107.07075, of one checkpoint. Norms without gradients: Goodfellow 2015,
    arXiv:1510.01799; from Gram matrices where there are several rows: Li et al. 2022, arXiv:2110.05679.
    """
    if model.training:
        raise ModelError("gradient norms need the model in eval mode; call model.eval() first")
    n, task = len(targets), task or load()
    if n == 0:
        return torch.zeros(0, device=targets.device)
    with torch.inference_mode(False), torch.enable_grad(), _counted(model) as counted:
        # One example is run twice: an axis of one place could be any axis, and models squeeze it away.
        rows = [0, 0] if n == 1 else list(range(n))
        targets = targets.clone().to(next(model.parameters()).device)[rows]

        def run(n_rows: int, shared: frozenset[int]) -> tuple[Recorder, Tensor]:
            recorder = Recorder(counted, n_rows, shared)
            return recorder, _logits(task, model, _taken(inputs, [*rows[:2], rows[0]][:n_rows], n), recorder)

        # Two small passes, which a run of many batches makes once.
        layouts = _LAYOUTS.setdefault(model, {})
        key = (_shapes(inputs), *counted.values())
        layout = layouts[key] = layouts.get(key) or find_layout(run)
        lengths = Lengths(torch.zeros(len(rows), device=targets.device), layout.axes)
        recorder = Recorder(counted, len(rows), layout.shared, lengths.saw)
        logits = _logits(task, model, _taken(inputs, None if n > 1 else rows, n), recorder)
        _check(recorder, layout, logits, len(rows))
        lengths.expect(recorder.uses)
        loss = F.cross_entropy(logits, targets, reduction="sum")
        torch.autograd.grad(loss, recorder.roots, allow_unused=True)
        return lengths.total()[:n]


@contextmanager
def _counted(model: nn.Module) -> Iterator[dict[int, str]]:
    """The parameters that count, by id, with their names; while open, they require a gradient."""
    named = {name: parameter for name, parameter in model.named_parameters() if parameter.is_floating_point()}
    chosen = {name: parameter for name, parameter in named.items() if parameter.requires_grad}
    borrowed = {} if chosen else named
    counted = chosen or named
    if not counted:
        raise ModelError("the model has no parameters, so no gradient; omit --grand")
    made = next((name for name, parameter in counted.items() if parameter.is_inference()), None)
    if made:
        raise ModelError(f"the parameter '{made}' was made in inference mode; load the model outside of it")
    try:
        for parameter in borrowed.values():
            parameter.requires_grad_(True)
        yield {id(parameter): name for name, parameter in counted.items()}
    finally:
        for parameter in borrowed.values():
            parameter.requires_grad_(False)


def _logits(task: Task, model: nn.Module, inputs: Any, recorder: Recorder) -> Tensor:
    try:
        with recorder:
            output = call(model, inputs)
    except (RuntimeError, TypeError, ValueError, IndexError, KeyError, AttributeError) as error:
        words = " ".join(str(error).split())[:300]
        raise ModelError(f"the model failed on {describe_inputs(inputs)} with gradients: {words}; {WAY_OUT}") from error
    return task.raw(output)


def _check(recorder: Recorder, layout: Layout, logits: Tensor, n: int) -> None:
    """That this pass is the one the layout was found for, and that no parameter was used unseen."""
    names = [recorder.name_of(use) for use in recorder.uses]
    if names != layout.names or any(
        use.leading[axis : axis + 1] != (n,) for use, axis in zip(recorder.uses, layout.axes, strict=True)
    ):
        raise ModelError(f"the model's layers change with the size of the batch: {WAY_OUT}")
    if not recorder.uses or logits.grad_fn is None:
        raise ModelError(f"no gradient reaches a parameter of the model: {WAY_OUT}")
    seen = {id(parameter) for use in recorder.uses for parameter, _rows, _is_weight in use.parts}
    counted = recorder.counted
    hidden = next((counted[key] for key in _reached(logits) if key in counted and key not in seen), None)
    if hidden:
        raise ModelError(f"no exact gradient norm for the parameter '{hidden}', used by compiled code: {WAY_OUT}")


def _reached(logits: Tensor) -> Iterator[int]:
    """Ids of the parameters that the logits depend on."""
    waiting, reached = [logits.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is None or node in reached:
            continue
        reached.add(node)
        leaf = getattr(node, "variable", None)
        if leaf is not None:
            yield id(leaf)
        waiting += [following for following, _place in node.next_functions]


def _shapes(inputs: Any) -> tuple[Any, ...]:
    """Everything of the inputs' form but how many examples there are."""
    if isinstance(inputs, Tensor):
        return (inputs.dtype, tuple(inputs.shape[1:]))
    if isinstance(inputs, Mapping):
        return tuple((name, _shapes(value)) for name, value in inputs.items())
    if isinstance(inputs, tuple | list) and any(isinstance(value, Tensor) for value in inputs):
        return tuple(_shapes(value) for value in inputs)
    return (type(inputs),)


def _taken(inputs: Any, rows: Sequence[int] | None, n: int) -> Any:
    """These rows (None: all) of everything in the inputs that has n of them, free of inference mode."""
    if isinstance(inputs, Tensor):
        has_rows = rows is not None and inputs.dim() > 0 and len(inputs) == n
        taken = inputs[rows] if has_rows else inputs
        return taken.clone() if taken.is_inference() else taken.detach()
    if isinstance(inputs, Mapping):
        taken = copy.copy(inputs)
        taken.update({name: _taken(value, rows, n) for name, value in inputs.items()})  # type: ignore[attr-defined]
        return taken
    if isinstance(inputs, tuple | list):
        if rows is not None and len(inputs) == n and not isinstance(inputs[0], Tensor):
            return type(inputs)(inputs[row] for row in rows)
        return type(inputs)(_taken(value, rows, n) for value in inputs)
    return inputs
