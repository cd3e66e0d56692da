"""The function that `package.module:function` names."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hem_core.errors import ModelError
from hem_core.models.raised import OWN_ERRORS, raised


def imported(name: str, *, wanted: str) -> Callable[..., Any]:
    """Import `package.module:function`, or `folder/file.py:function`; the current folder is importable.

    wanted: the beginning of the error for a name of another form, such as "--model expects package.module:function".
    Raises ModelError for that, for a module that is not there or fails, and for a function that it does not have.
    """
    module_name, colon, function_name = name.partition(":")
    if not colon or not module_name or not function_name:
        raise ModelError(f"{wanted}; got '{name}'")
    module_name, place = _module_and_folder(module_name)
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ModelError(f"cannot import '{module_name}' of '{name}': {error}") from error
    except OWN_ERRORS as error:
        raise ModelError(f"'{module_name}' of '{name}' fails when imported: {raised(error)}") from error
    function = getattr(module, function_name, None)
    if not callable(function):
        raise ModelError(f"'{module_name}' has no function '{function_name}'")
    return function


def _module_and_folder(name: str) -> tuple[str, Path]:
    """The module that a name means, and the folder from which it is imported; of a file its stem and its folder.

    Raises ModelError for a file that is not there.
    """
    if not name.endswith(".py"):
        return name, Path.cwd()
    path = Path(name).resolve()
    if not path.is_file():
        raise ModelError(f"there is no file '{name}'; name it from the folder {Path.cwd()}, or as package.module")
    return path.stem, path.parent
