"""The user's train function: it takes a data set and returns a model."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from hem_core.errors import ModelError
from hem_core.models.answers import ANSWERS, ONE_CLASS
from hem_core.models.imported import imported
from hem_core.models.process_settings import process_settings_kept
from hem_core.models.raised import OWN_ERRORS, raised
from hem_core.models.wrapped import unwrapped


@dataclass(frozen=True)
class TrainFunction:
    """`train(dataset, …)` with its name and a digest of its source and of the file that it stands in."""

    name: str
    function: Callable[..., Any]
    fingerprint: str
    answers: str = ONE_CLASS
    """What an estimator that it returns must do, see `hem_core.models.answers`."""

    def sent(self, asked: str | Callable[..., Any] | TrainFunction) -> str | TrainFunction:
        """What another process is told: the name as it was asked for, which is imported there, or itself, with its
        fingerprint, which the source may not be there for."""
        return asked if isinstance(asked, str) else self

    def takes(self, name: str) -> bool:
        """Whether its signature names this parameter; **kwargs do not count, since they may be ignored."""
        try:
            each = inspect.signature(self.function).parameters.get(name)
        except (TypeError, ValueError):
            return False
        return each is not None and each.kind in (
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            inspect.Parameter.KEYWORD_ONLY,
        )

    def __call__(
        self, dataset: Any, *, where: str, n_classes: int, of_task: Mapping[str, Any] | None = None, **offered: Any
    ) -> nn.Module:
        """Train; of what is offered by name, the function gets what its signature takes. A parameter with a default of
        its own keeps it where None is offered.

        where: words for the errors, as "fold 2 of 5"; of_task: what the task offers beside the rest. Returns a module
        in eval mode; a scikit-learn estimator is wrapped in one; a classifier's outputs are its n_classes classes.
        Raises ModelError when the function raises, and when what it returns is neither.
        """
        try:
            with process_settings_kept():
                model = self.function(dataset, **_taken(self.function, {**offered, **(of_task or {})}))
        except OWN_ERRORS as error:
            raise ModelError(f"{where}: '{self.name}' failed: {raised(error)}") from error
        if isinstance(model, nn.Module):
            return unwrapped(model).eval()
        method = ANSWERS[self.answers].method
        if not (hasattr(model, "fit") and hasattr(model, method)) or isinstance(model, type):
            kind = model.__name__ if isinstance(model, type) else type(model).__name__
            raise ModelError(
                f"{where}: '{self.name}' returned {kind}; expected a torch.nn.Module, "
                f"or a fitted estimator with fit and {method}"
            )
        from hem_core.models.estimator import Estimator

        try:
            return Estimator(model, n_classes=n_classes, answers=self.answers).eval()
        except ModelError as error:
            raise ModelError(f"{where}: '{self.name}': {error}") from error


def load(train: str | Callable[..., Any] | TrainFunction, *, answers: str = ONE_CLASS) -> TrainFunction:
    """The train function of that name, `package.module:train`, or the one that is given.

    answers: what the task wants of an estimator that it returns. Raises ModelError when there is none.
    """
    if isinstance(train, TrainFunction):
        return train
    if isinstance(train, str):
        function, name = imported(train, wanted="--train expects package.module:train"), train
    else:
        function, name = train, getattr(train, "__qualname__", type(train).__name__)
    return TrainFunction(name, function, _fingerprint(function, name), answers)


def _taken(function: Callable[..., Any], offered: dict[str, Any]) -> dict[str, Any]:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # written in C: it says nothing of what it takes
        return {}
    offered = {name: value for name, value in offered.items()
               if value is not None or not _keeps_default(parameters.get(name))}  # fmt: skip
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return offered
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return {name: offered[name] for name, each in parameters.items() if name in offered and each.kind in by_name}


def _keeps_default(parameter: inspect.Parameter | None) -> bool:
    """Whether a parameter has a default other than None."""
    default = None if parameter is None else parameter.default
    return default is not None and default is not inspect.Parameter.empty


def _fingerprint(function: Callable[..., Any], name: str) -> str:
    """A digest of the source as far as it can be found: of the function, and of the whole file, constants included."""
    plain = inspect.unwrap(getattr(function, "func", function))
    plain = plain if inspect.isroutine(plain) else type(plain)
    digest = hashlib.sha256(name.encode())
    try:
        digest.update(inspect.getsource(plain).encode())
        digest.update(Path(inspect.getfile(plain)).read_bytes())
    except (OSError, TypeError):  # a notebook or a prompt that keeps no source
        code = getattr(plain, "__code__", None)
        digest.update(f"{code.co_code!r} {code.co_names} {code.co_consts}".encode() if code else b"")
    return digest.hexdigest()
