"""The model on its device: bytes in, raw outputs and features out."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from hem_core.engine.batch import Values
from hem_core.engine.box_features import of_whole_images
from hem_core.engine.call import call, describe_inputs, embeddings_of, prepared, weight_type
from hem_core.engine.last_sigmoid import ends_in_a_sigmoid
from hem_core.engine.layer import Layer, Tap, find_layer, pooled, tapped
from hem_core.errors import ModelError
from hem_core.tasks import Task, has_log_odds, has_logits, load

Forward: TypeAlias = Callable[[Values], tuple[Tensor, Tensor | None]]

ROUNDED = 5e-3
"""How far from 1 a row of probabilities may sum in half precision."""
LEAST_PROBABILITY = 1e-6
"""Probabilities are clipped at this value before they become log-odds: a sigmoid rounds to 0 and 1."""


@dataclass(frozen=True)
class Network:
    """A model in eval mode on a device, and where its embedding is read.

    layer: None when it has none, or when `gives_embeddings`: then they are what the model returns beside its logits, or
    what its `box_features` gives for whole images.
    """

    model: nn.Module
    device: torch.device
    layer: Layer | None
    is_picture: bool
    precision: str = "fp32"
    gives_embeddings: bool = False
    task: Task = field(default_factory=load)
    is_probability: bool = False
    """Whether the model ends in a sigmoid: its outputs become the log-odds that the task expects."""
    embedder: Callable[[Values], Tensor] | None = None
    """What gives the features in place of the model: stored pictures, n of them -> (n, D)."""

    def forward(self, values: Values) -> tuple[Tensor, Tensor | None]:
        """Stored values, n of them -> raw (n, W) float32, as the task reads it, and features (n, D) or None.

        Both are on the device. For classification `raw` are the logits, and W is the number of classes.

        Call it inside `torch.inference_mode()`. Raises ModelError when the model rejects the batch.
        """
        with self.opened() as forward:
            return forward(values)

    @contextmanager
    def opened(self) -> Iterator[Forward]:
        """`forward` for many batches, which share what each would set up: hook, type of the weights, autocast."""
        dtype = weight_type(self.model)
        with tapped(self.layer) as tap, torch.autocast("cuda", enabled=False):
            yield lambda values: self._pass(values, tap, dtype)

    def _pass(self, values: Values, tap: Tap, dtype: torch.dtype) -> tuple[Tensor, Tensor | None]:
        tap.features = None
        inputs = prepared(self.model, values, self.device, is_picture=self.is_picture, dtype=dtype)
        if self.precision == "bf16":
            with torch.autocast("cuda", torch.bfloat16):
                output = _output(self.model, inputs)
        else:
            output = _output(self.model, inputs)
        raw = self.task.raw(output)
        raw = torch.logit(raw, eps=LEAST_PROBABILITY) if self.is_probability else raw
        if len(raw) != len(values):
            what = "logits" if has_logits(self.task) else "outputs"
            raise ModelError(f"the model gave {len(raw)} rows of {what} for {len(values)} examples")
        if self.embedder is not None:
            return raw, self.embedder(values)
        if not self.gives_embeddings:
            return raw, tap.features
        own = embeddings_of(output)
        own = own if own is not None else of_whole_images(self.model, inputs)
        return raw, pooled(own) if own is not None else None


def place(
    model: nn.Module,
    device: torch.device,
    sample: Values,
    *,
    is_picture: bool,
    layer: str | None,
    precision: str = "fp32",
    task: Task | None = None,
) -> tuple[Network, int]:
    """Put a model on a device, find its embedding with a sample batch, and measure the width W of its raw output.

    task: classification unless another is given, whose outputs must be no probabilities; W is then its classes K. A
    task of log-odds also takes a model that ends in a sigmoid.
    layer: a module's name, "none" for no embeddings, or None: what the model returns as `embeddings`, else its head.
    Raises ModelError when the model cannot take the sample, gives probabilities, or bf16 is requested on a CPU.
    """
    if precision not in ("fp32", "bf16"):
        raise ModelError(f"no precision '{precision}'; there are: fp32, bf16")
    if precision == "bf16" and device.type != "cuda":
        raise ModelError("bf16 is for CUDA devices; on a CPU it is slower than fp32")
    model = _in_eval_mode(_moved(model, device))
    if is_picture and any(isinstance(module, nn.Conv2d) for module in model.modules()):
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    inputs = prepared(model, sample, device, is_picture=is_picture)
    task = task or load()
    own = Network(model, device, None, is_picture, precision, gives_embeddings=True, task=task)
    with torch.inference_mode():
        raw, embeddings = own.forward(sample)
        is_sigmoid = has_logits(task) and _is_probability(model, inputs, raw, task)
        own = replace(own, is_probability=is_sigmoid)
        if layer is None and embeddings is not None:
            return own, raw.shape[1]
        found = None if layer == "none" else find_layer(model, inputs, layer, task=task, is_probability=is_sigmoid)
        placed = replace(own, layer=found, gives_embeddings=False)
        if layer not in (None, "none") and placed.forward(sample)[1] is None:
            raise ModelError(
                f"layer '{layer}' is not run when the model is called, or hides what it gives; name another"
            )
    return placed, raw.shape[1]


def _is_probability(model: nn.Module, inputs: Any, raw: Tensor, task: Task) -> bool:
    """Whether a model ends in a sigmoid and the task reads that.

    Raises ModelError when the outputs are probabilities of one class each, or a sigmoid is no output of the task.
    """
    ones = torch.ones(len(raw), device=raw.device)
    is_sigmoid = ends_in_a_sigmoid(model, inputs)
    if is_sigmoid and has_log_odds(task):
        return True
    if raw.min() >= 0 and torch.allclose(raw.sum(dim=1), ones, atol=ROUNDED):
        raise ModelError("the model's outputs sum to 1: they are probabilities; return the logits before the softmax")
    if is_sigmoid:
        raise ModelError(
            "the model's outputs come out of a sigmoid: they are probabilities, each on its own; return the values "
            "before it, and score a model that gives several labels to one example with --task multilabel"
        )
    return False


def check_log_odds(network: Network, values: Values) -> None:
    """Raise ModelError when outputs that should be log-odds all lie in 0 .. 1 and no sigmoid was seen.

    values: stored values of many examples. Logits of so many tags that are never negative would say that every
    example has every tag.
    """
    with torch.inference_mode():
        raw, _features = network.forward(values)
    if not network.is_probability and raw.numel() and bool((raw >= 0).all() and (raw <= 1).all()):
        raise ModelError(
            f"all {raw.numel():,} outputs of the model that were tried lie in 0 .. 1: they are probabilities, which "
            "would be read as logits; return the values before the sigmoid, or end the forward with torch.sigmoid, "
            "which HEM recognises"
        )


def _output(model: nn.Module, inputs: Any) -> Any:
    try:
        return call(model, inputs)
    except ModelError:
        raise
    except Exception as error:  # whatever the user's own code raises
        words = " ".join(str(error).split())[:300] or type(error).__name__
        raise ModelError(f"the model failed on {describe_inputs(inputs)}: {words}") from error


@contextmanager
def borrowed(model: nn.Module | None) -> Iterator[None]:
    """Restore the caller's model afterwards: each module's mode and device."""
    if model is None:
        yield
        return
    modes = {module: module.training for module in model.modules() if hasattr(module, "training")}
    first = next(model.parameters(), None)
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
        if first is not None:
            model.to(first.device)


def _moved(model: nn.Module, device: torch.device) -> nn.Module:
    try:
        return model.to(device)
    except NotImplementedError as error:  # of the device "meta"
        raise ModelError(f"the model cannot be put on {device}: {error}; load its weights first") from error


def _in_eval_mode(model: nn.Module) -> nn.Module:
    """A frozen scripted module has no modes, and one of torch.export refuses: each is in the one it was made in."""
    try:
        return model.eval() if hasattr(model, "training") else model
    except NotImplementedError:
        return model


def choose_device(requested: str | None) -> torch.device:
    """The requested device, otherwise CUDA if there is one, otherwise the CPU."""
    if requested in (None, "auto"):
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(requested)
    except RuntimeError as error:
        raise ModelError(f"no device '{requested}'; use cpu, cuda or cuda:1") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ModelError(f"device '{requested}' was requested, but this torch sees no CUDA device; use --device cpu")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        there = ", ".join(f"cuda:{index}" for index in range(torch.cuda.device_count()))
        raise ModelError(f"device '{requested}' was requested; this torch sees {there}")
    if device.type not in ("cpu", "cuda") and not torch.get_device_module(device.type).is_available():
        raise ModelError(f"device '{requested}' was requested, but it is not available here; use cpu, cuda or cuda:1")
    return device


def channels_wanted(model: nn.Module) -> int:
    """1 when the model's first convolution takes one channel, else 3."""
    first = next((module for module in model.modules() if isinstance(module, nn.Conv2d)), None)
    return 1 if first is not None and first.in_channels == 1 else 3


def fingerprint(model: nn.Module) -> str:
    """A digest of the architecture, its source and every weight: another model never continues this model's run.

    Source counts as far as it can be found: of the classes of the modules that are not torch's own. What a module holds
    besides (a tokenizer, an estimator) counts by its method `identity() -> str`, where it has one.
    """
    digest = hashlib.sha256(repr(model).encode())
    identity = getattr(model, "identity", None)
    if callable(identity):
        digest.update(str(identity()).encode())
    kinds = {type(module) for module in model.modules() if not type(module).__module__.startswith("torch.")}
    for source in sorted(_source(kind) for kind in kinds):
        digest.update(source.encode())
    for part in _weights(model):
        digest.update(part)
    return digest.hexdigest()


def weights_digest(model: nn.Module) -> str:
    """A digest of every weight alone, which is the same where the model's source cannot be found."""
    digest = hashlib.sha256()
    for part in _weights(model):
        digest.update(part)
    return digest.hexdigest()


def _weights(model: nn.Module) -> Iterator[bytes | memoryview]:
    for name, value in sorted(model.state_dict().items()):
        if not isinstance(value, Tensor):
            yield f"{name} {value!r}".encode()
            continue
        yield f"{name} {value.dtype} {tuple(value.shape)}".encode()
        yield value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data


def _source(kind: type) -> str:
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):
        return kind.__qualname__
