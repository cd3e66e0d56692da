"""A model from a factory function and a file of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor, nn

from hem_core.errors import ModelError
from hem_core.models import transformers_folder
from hem_core.models.answers import ANSWERS, ONE_CLASS, TAGS
from hem_core.models.estimator import Estimator, is_estimator
from hem_core.models.imported import imported
from hem_core.models.raised import OWN_ERRORS, raised
from hem_core.models.single_label import check_transformers
from hem_core.models.wrapped import unwrapped


def load(factory: str, weights: str | Path | None = None, *, answers: str = ONE_CLASS) -> nn.Module:
    """Call `package.module:function` and load the weights into the module that it returns; or read a model's folder.

    factory: may return a fitted scikit-learn estimator in the place of a module, or be a Hugging Face folder.
    weights: a .safetensors file, or a file written by torch.save(model.state_dict()). The current folder is importable.
    answers: what the task wants of a model, see `as_module`.
    Raises ModelError when the name, the module or the weights do not fit, and for pickles of anything but tensors.
    """
    if Path(factory).is_dir():
        if weights is not None:
            raise ModelError(f"'{factory}' is a folder with weights of its own; omit --weights")
        return transformers_folder.load(Path(factory), answers=answers)
    model = as_module(_call(factory), factory, answers=answers)
    if weights is not None and isinstance(model, Estimator):
        raise ModelError(f"'{factory}' returned an estimator, which has no --weights; return it fitted")
    if weights is not None:
        _fit(model, read_weights(Path(weights)), Path(weights))
    return model


def as_module(model: Any, name: str, *, answers: str = ONE_CLASS) -> nn.Module:
    """A module without what compilation or parallelism put around it, a fitted scikit-learn estimator as one.

    name: what the error calls it. answers: what an estimator must do, one of `hem_core.models.answers.ANSWERS`.
    Raises ModelError for anything else, for an estimator that is not fitted or gives no probabilities, and for models
    that do something else than the task wants.
    """
    if isinstance(model, nn.Module):
        model = unwrapped(model)
        is_transformers = hasattr(model, "config") and hasattr(model, "base_model_prefix")
        if is_transformers and answers in (ONE_CLASS, TAGS):
            check_transformers(model.config, type(model).__name__, f"'{name}'", answers=answers)
        return model
    if is_estimator(model):
        return Estimator(model, answers=answers)
    hint = ""
    if isinstance(model, type):
        hint = f": {model.__name__} is a class; pass an instance of it"
    elif isinstance(model, dict):
        hint = ", not its state_dict alone"
    elif callable(model):
        hint = ": call the function in the forward of a torch.nn.Module"
    raise ModelError(
        f"'{name}' returned {type(model).__name__}; expected a torch.nn.Module or fitted scikit-learn "
        f"{ANSWERS[answers].kind}{hint}"
    )


NESTED = ("state_dict", "model_state_dict", "model")
"""Where checkpoints store the weights, next to the epoch and the optimizer's state."""


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
    except Exception as error:  # bytes that are no pickle end the unpickler with whatever they hit first
        raise ModelError(
            f"'{path}' is not a file of tensors alone and is not loaded, since a pickle can run code. "
            "If you trust it, save its weights: safetensors.torch.save_file(model.state_dict(), 'w.safetensors')"
        ) from error
    if isinstance(state, dict):
        state = next((state[name] for name in NESTED if isinstance(state.get(name), dict)), state)
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ModelError(f"'{path}' holds no state dict; save model.state_dict()")
    return state


def _call(factory: str) -> Any:
    function = imported(factory, wanted="--model expects package.module:function or a Hugging Face folder")
    try:
        return function()
    except OWN_ERRORS as error:
        raise ModelError(f"'{factory}' failed: {raised(error)}") from error


def _fit(model: nn.Module, state: dict[str, Tensor], path: Path) -> None:
    wanted = model.state_dict().keys()
    while not wanted & state.keys() and all("." in name for name in state) and len(_first_parts(state)) == 1:
        # "module." of DataParallel and DDP, "_orig_mod." of torch.compile, "model." or "net." of a LightningModule
        state = {name.partition(".")[2]: value for name, value in state.items()}
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        first = " ".join(str(error).split())[:300]
        raise ModelError(f"the weights in '{path}' do not fit the model: {first}") from error


def _first_parts(state: dict[str, Tensor]) -> set[str]:
    return {name.partition(".")[0] for name in state}
