"""What `score` takes, as editors and type checkers see it: its own parameters, then the fields of Options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from hem_core.engine.progress import Listener
from hem_core.runs.options import Options

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")


@dataclass(frozen=True, kw_only=True)
class Call(Options):
    """One call of `score`. It inherits from Options, so that each option is defined in one place alone."""

    model: Any = field(kw_only=False)
    data: Any = field(kw_only=False)
    out: str | Path
    weights: str | Path | None = None
    train: str | Callable[..., Any] | None = None
    progress: Listener | None = None
    is_map_awaited: bool = True
    options: Options | None = None


def typed_as(
    shape: Callable[Parameters, object],
) -> Callable[[Callable[..., Returned]], Callable[Parameters, Returned]]:
    """Give a function that takes **keywords the signature of another callable; calls stay as they are."""

    def decorate(function: Callable[..., Returned]) -> Callable[Parameters, Returned]:
        returned = inspect.signature(function).return_annotation
        signature = inspect.signature(shape).replace(return_annotation=returned)
        function.__signature__ = signature  # pyright: ignore[reportFunctionMemberAccess]
        return function

    return decorate
