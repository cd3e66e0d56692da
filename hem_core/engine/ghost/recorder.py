"""Sees every torch function that a forward pass calls on counted parameters, however it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from hem_core.engine.ghost.affine import Affine
from hem_core.engine.ghost.attention import attention
from hem_core.engine.ghost.convolution import convolution
from hem_core.engine.ghost.embedding import Embedding
from hem_core.engine.ghost.linear import Linear
from hem_core.engine.ghost.use import Kind, Use
from hem_core.errors import ModelError

WAY_OUT = "use the column grand_last_layer"


class Recorder(TorchFunctionMode):
    """While open, `uses` fills in the order of the calls and `saw(index, use, gradient)` is called in the backward.

    counted: the parameters by id, with their names. shared: indices of lookups that the model makes once for the
    whole batch of n; their output is repeated for each example, so that each has its own gradient.
    Raises ModelError, with the parameter's name, where one is used in a way that is not known here.
    """

    def __init__(
        self,
        counted: Mapping[int, str],
        n: int,
        shared: frozenset[int] = frozenset(),
        saw: Callable[[int, Use, Tensor], None] | None = None,
    ) -> None:
        super().__init__()
        self.uses: list[Use] = []
        self.roots: list[Any] = []
        """Where the backward pass may stop: outputs of uses that have no other use below them."""
        self.counted, self._n, self._shared, self._saw = counted, n, shared, saw

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        touched = next(self._touched((args, kwargs.values())), None)
        if touched is None:
            return func(*args, **kwargs)
        if func is F.multi_head_attention_forward:
            attended = attention(self._project, *args, **kwargs)
            if attended is None:
                raise self._refusal(touched, "attention with bias_kv, zero_attn, dropout or a query without a batch")
            return attended
        read = READ.get(func)
        if read is not None:
            return read(self, func, *args, **kwargs)
        result = func(*args, **kwargs)
        # A size, a dtype, a detached copy or the parameter itself: no gradient comes through any of them.
        if any(_needs_gradient(each) and id(each) not in self.counted for each in _flat(result)):
            raise self._refusal(touched, getattr(func, "__name__", str(func)))
        return result

    def record(
        self,
        kind: Kind,
        inputs: Tensor,
        output: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        *,
        n_leading: int,
        rows: tuple[slice, slice] = (slice(None), slice(None)),
        can_be_shared: bool = False,
    ) -> Tensor:
        """Note a use and give its output back, in whose gradient the backward pass will report."""
        if not output.requires_grad:
            return output  # the model cuts the gradient here itself
        if (touched := next(self._touched([inputs]), None)) is not None:
            raise self._refusal(touched, "the input of a layer")
        index = len(self.uses)
        # Of the layer's own output: what happens to it in place later is another function's.
        if not inputs.requires_grad:
            self.roots.append(torch.autograd.graph.get_gradient_edge(output))
        if index in self._shared:
            output, inputs = _repeated(output, self._n, inputs.dim()), _repeated(inputs, self._n, inputs.dim())
            n_leading = inputs.dim()
        leading = tuple(output.shape[:n_leading])
        own, shift = (each if id(each) in self.counted else None for each in (weight, bias))
        use = Use(kind, inputs.detach(), leading, own, shift, rows[0], rows[1], can_be_shared)
        self.uses.append(use)
        if self._saw is not None:
            version, name, saw = inputs._version, self.name_of(use), self._saw

            def report(gradient: Tensor) -> None:
                if use.inputs._version != version:
                    raise ModelError(f"the input of '{name}' is changed in place after its use: {WAY_OUT}")
                saw(index, use, gradient)

            output.register_hook(report)
        return output

    def name_of(self, use: Use) -> str:
        """The name of a use's first parameter."""
        return self.counted[id(use.parts[0][0])]

    def _project(
        self,
        inputs: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        weight_rows: slice = slice(None),
        bias_rows: slice = slice(None),
    ) -> Tensor:
        output = F.linear(inputs, weight[weight_rows], None if bias is None else bias[bias_rows])
        rows = (weight_rows, bias_rows)
        return self.record(Linear(), inputs, output, weight, bias, n_leading=inputs.dim() - 1, rows=rows)

    def _touched(self, values: Any) -> Iterator[Tensor]:
        return (each for each in _flat(values) if id(each) in self.counted)

    def _refusal(self, parameter: Tensor, how: str) -> ModelError:
        name = self.counted[id(parameter)]
        return ModelError(f"no exact gradient norm for the parameter '{name}', used in {how}: {WAY_OUT}")

    def _linear(self, func: Any, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return self.record(Linear(), input, func(input, weight, bias), weight, bias, n_leading=input.dim() - 1)

    def _convolution(
        self,
        func: Any,
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        output = func(input, weight, bias, stride, padding, dilation, groups)
        if output.dim() != weight.dim():
            raise self._refusal(weight, "a convolution without a batch")
        kind = convolution(weight, stride, padding, dilation, groups)
        return self.record(kind, input, output, weight, bias, n_leading=1)

    def _embedding(
        self,
        func: Any,
        input: Tensor,
        weight: Tensor,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Tensor:
        if max_norm is not None or scale_grad_by_freq:
            raise self._refusal(weight, "an embedding with max_norm or scale_grad_by_freq")
        output = func(input, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse)
        kind = Embedding(len(weight), padding_idx)
        return self.record(kind, input, output, weight, None, n_leading=input.dim(), can_be_shared=True)

    def _layer_norm(
        self, func: Any, input: Tensor, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
    ) -> Tensor:
        output, n_trailing = func(input, normalized_shape, weight, bias, eps), len(normalized_shape)
        kind = Affine(partial(F.layer_norm, normalized_shape=normalized_shape, eps=eps), n_trailing)
        return self.record(kind, input, output, weight, bias, n_leading=input.dim() - n_trailing)

    def _rms_norm(
        self, func: Any, input: Tensor, normalized_shape: Any, weight: Any = None, eps: float | None = None
    ) -> Tensor:
        output, n_trailing = func(input, normalized_shape, weight, eps), len(normalized_shape)
        kind = Affine(partial(F.rms_norm, normalized_shape=normalized_shape, eps=eps), n_trailing)
        return self.record(kind, input, output, weight, None, n_leading=input.dim() - n_trailing)

    def _group_norm(
        self, func: Any, input: Tensor, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
    ) -> Tensor:
        kind = Affine(partial(F.group_norm, num_groups=num_groups, eps=eps), 0)
        return self.record(kind, input, func(input, num_groups, weight, bias, eps), weight, bias, n_leading=1)

    def _batch_norm(
        self,
        func: Any,
        input: Tensor,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        weight: Any = None,
        bias: Any = None,
        training: bool = False,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> Tensor:
        if training or running_mean is None:
            raise self._refusal(weight, "a BatchNorm over the batch's own statistics, which mixes the examples")
        kind = Affine(partial(F.batch_norm, running_mean=running_mean, running_var=running_var, eps=eps), 0)
        output = func(input, running_mean, running_var, weight, bias, training, momentum, eps)
        return self.record(kind, input, output, weight, bias, n_leading=1)

    def _instance_norm(self, func: Any, input: Tensor, weight: Any = None, bias: Any = None, **how: Any) -> Tensor:
        kind = Affine(partial(F.instance_norm, **how), 0)
        return self.record(kind, input, func(input, weight=weight, bias=bias, **how), weight, bias, n_leading=1)


READ: dict[Any, Callable[..., Tensor]] = {
    F.linear: Recorder._linear,
    F.conv1d: Recorder._convolution,
    F.conv2d: Recorder._convolution,
    F.embedding: Recorder._embedding,
    F.layer_norm: Recorder._layer_norm,
    F.group_norm: Recorder._group_norm,
    F.batch_norm: Recorder._batch_norm,
    F.instance_norm: Recorder._instance_norm,
}
if hasattr(F, "rms_norm"):
    READ[F.rms_norm] = Recorder._rms_norm


def _repeated(values: Tensor, n: int, n_index: int) -> Tensor:
    """A lookup of the whole batch for each example: (1, T, …) or (T, …) -> (n, T, …)."""
    has_axis = n_index > 1 and values.shape[0] == 1
    return (values if has_axis else values.unsqueeze(0)).expand(n, *values.shape[1 if has_axis else 0 :])


def _flat(values: Any) -> Iterator[Any]:
    """Tensors among arguments or results, also in lists of them."""
    if isinstance(values, Tensor):
        yield values
    elif isinstance(values, dict):
        yield from _flat(values.values())
    elif not isinstance(values, str | int | float | bool | None):
        try:
            each = iter(values)
        except TypeError:
            return
        for value in each:
            yield from _flat(value)


def _needs_gradient(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad
