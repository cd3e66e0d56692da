"""The app's ways of showing a run, found when they are called for: hem_core works without the app."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from hem_core.errors import HemError


def shown(module: str) -> ModuleType:
    """A module of the app. Raises HemError where the app is not installed."""
    if importlib.util.find_spec("app") is None or importlib.util.find_spec(module) is None:
        raise HemError(f"this needs HEM's app, and there is no module {module} here: pip install hem")
    return importlib.import_module(module)
