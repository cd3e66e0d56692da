"""A model from a factory function and a file of weights."""

from __future__ import annotations

import importlib
import pickle
import sys
from pathlib import Path

from torch import Tensor, nn

from hem_core.errors import ModelError


def load(factory: str, weights: str | Path | None = None) -> nn.Module:
    """Call `package.module:function` and load the weights into the module that it returns.

    weights: a .safetensors file, or a file written by torch.save(model.state_dict()). The current folder is importable.
    Raises ModelError when the name, the module or the weights do not fit, and for pickles of anything but tensors.
    """
    model = _call(factory)
    if weights is not None:
        _fit(model, read_weights(Path(weights)), Path(weights))
    return model


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors by name from safetensors or a weights-only torch file; a pickle with code in it is refused."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        raise ModelError(f"no weights at '{path}'")
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except SafetensorError as error:
            raise ModelError(f"cannot read '{path}' as safetensors: {error}") from error
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise ModelError(
            f"'{path}' is not a file of tensors alone and is not loaded, since a pickle can run code. "
            "Where you trust it, save its weights: safetensors.torch.save_file(model.state_dict(), 'w.safetensors')"
        ) from error
    state = state.get("state_dict", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelError(f"'{path}' holds no state dict; save model.state_dict()")
    return state


def _call(factory: str) -> nn.Module:
    module_name, colon, function_name = factory.partition(":")
    if not colon or not module_name or not function_name:
        raise ModelError(f"--model wants package.module:function; got '{factory}'")
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ModelError(f"cannot import '{module_name}' of '{factory}': {error}") from error
    function = getattr(module, function_name, None)
    if not callable(function):
        raise ModelError(f"'{module_name}' has no function '{function_name}'")
    try:
        model = function()
    except Exception as error:  # whatever the user's own code raises
        raise ModelError(f"'{factory}' failed: {type(error).__name__}: {error}") from error
    if not isinstance(model, nn.Module):
        raise ModelError(f"'{factory}' returned {type(model).__name__}; wanted a torch.nn.Module")
    return model


def _fit(model: nn.Module, state: dict[str, Tensor], path: Path) -> None:
    if all(name.startswith("module.") for name in state):  # as DistributedDataParallel names them
        state = {name.removeprefix("module."): value for name, value in state.items()}
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        first = " ".join(str(error).split())[:300]
        raise ModelError(f"the weights in '{path}' do not fit the model: {first}") from error
