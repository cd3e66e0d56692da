"""Call a model with its input, and read its output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from hem_core.engine.batch import Values
from hem_core.errors import ModelError

if TYPE_CHECKING:
    import pandas as pd


def call(model: nn.Module, inputs: Any) -> Any:
    """The model's output; a mapping, as of a tokenizer, is given by keywords."""
    return model(**inputs) if isinstance(inputs, Mapping) else model(inputs)


def prepared(
    model: nn.Module, values: Values, device: torch.device, *, is_picture: bool, dtype: torch.dtype | None = None
) -> Any:
    """The model's input: pictures (n, H, W, C) become (n, C, H, W) floats in 0 .. 1; other values go as they are.

    A model with a method `preprocess` gets the batch as stored, pictures in their stored type and (n, C, H, W), texts
    as a list, rows as a DataFrame, and returns its own input: a tensor, a mapping or list of them, or what it likes.
    Floats take the type of the model's weights (dtype, where the caller knows it); integers (tokens, indices) stay
    integers. Rows of numbers need no `preprocess`: they become (n, F). Pictures of any sizes are a list of n (C, H, W).
    Raises ModelError for texts and categories without one, or when it fails.
    """
    given: Any = on_device(values, device)
    if is_picture and isinstance(given, list):
        return _mixed(model, given, device, dtype)
    if is_picture:
        given = given.permute(0, 3, 1, 2)  # (n, H, W, C) -> (n, C, H, W), channels_last in memory
    own = getattr(model, "preprocess", None)
    if own is not None:
        return on_device(_preprocessed(own, given), device)
    if not isinstance(given, Tensor):
        given = on_device(_numbers(given), device)
    dtype = dtype or weight_type(model)
    if is_picture and given.dtype == torch.uint8:
        return given.to(dtype).div_(255)
    return given.to(dtype) if given.is_floating_point() else given


def _mixed(model: nn.Module, pictures: list[Tensor], device: torch.device, dtype: torch.dtype | None) -> Any:
    """Pictures (H, W, C) of any sizes as a list of (C, H, W), floats in 0 .. 1 unless the model has a `preprocess`."""
    given = [one.permute(2, 0, 1) for one in pictures]
    own, dtype = getattr(model, "preprocess", None), dtype or weight_type(model)
    if own is not None:
        return on_device(_preprocessed(own, given), device)
    return [one.to(dtype).div_(255) if one.dtype == torch.uint8 else one.to(dtype) for one in given]


def weight_type(model: nn.Module) -> torch.dtype:
    """The type of the model's weights."""
    weight = next((weight for weight in model.parameters() if weight.is_floating_point()), None)
    return weight.dtype if weight is not None else torch.float32


def on_device(inputs: Any, device: torch.device) -> Any:
    """Tensors, alone or in a mapping, list or tuple, on the device; anything else as it is."""
    if isinstance(inputs, Tensor):
        if device.type == "cuda" and inputs.device.type == "cpu":
            inputs = inputs.pin_memory()
        return inputs.to(device, non_blocking=True)
    if isinstance(inputs, Mapping):
        return {name: on_device(value, device) for name, value in inputs.items()}
    if isinstance(inputs, list | tuple) and any(isinstance(value, Tensor) for value in inputs):
        return type(inputs)([on_device(value, device) for value in inputs])
    return inputs


def embeddings_of(output: Any) -> Tensor | None:
    """The `embeddings` (N, D) that a model gave beside its logits, or None."""
    embeddings = output.get("embeddings") if isinstance(output, Mapping) else getattr(output, "embeddings", None)
    return embeddings if isinstance(embeddings, Tensor) else None


def describe_inputs(inputs: Any) -> str:
    """A batch in words, for an error: "a batch of shape (2, 3)", "a batch of 2 texts"."""
    if isinstance(inputs, Tensor):
        return f"a batch of shape {tuple(inputs.shape)}"
    if isinstance(inputs, Mapping):
        parts = [f"{name} {tuple(getattr(value, 'shape', ()))}" for name, value in inputs.items()]
        return f"a batch of {', '.join(parts)}"
    if isinstance(inputs, list):
        return f"a batch of {len(inputs)} {'pictures' if inputs and isinstance(inputs[0], Tensor) else 'texts'}"
    return f"a batch of shape {tuple(getattr(inputs, 'shape', ()))}"


def _preprocessed(own: Any, values: Any) -> Any:
    try:
        return own(values)
    except ModelError:
        raise
    except Exception as error:  # whatever the user's own code raises
        words = " ".join(str(error).split())[:300]
        raise ModelError(f"preprocess failed on {describe_inputs(values)}: {type(error).__name__}: {words}") from error


def _numbers(values: list[str] | pd.DataFrame) -> Tensor:
    if isinstance(values, list):
        raise ModelError(
            "the examples are texts and the model cannot read them: give it a method preprocess(list of str) "
            "that returns the input of its forward, or pass --model the folder of a Hugging Face classifier"
        )
    words = [str(name) for name in values.columns if values[name].dtype.kind not in "fiub"]
    if words:
        raise ModelError(
            f"the features {', '.join(words[:5])} are categories: give the model a method preprocess(DataFrame) that "
            "returns the input of its forward, or pass --feature-columns with numbers alone"
        )
    return torch.from_numpy(np.array(values.to_numpy(), dtype=np.float32, order="C"))
