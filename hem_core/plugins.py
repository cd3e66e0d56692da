"""Items that installed packages add: entry points of the groups `hem.scores`, `hem.formats` and so on.

An entry point is the item's name and a module, which holds what a file of HEM's own folder holds:
`surprise = "my_package.surprise"` in the group `hem.scores` is a module with the function `surprise`.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Plugin:
    """One item of an installed package."""

    name: str
    module: str
    distribution: str
    """The package as pip names it."""


def plugins(group: str) -> dict[str, list[Plugin]]:
    """Item name -> the plugins that bring it, more than one where names clash; nothing of an item is imported.

    A plugin whose module cannot be found is skipped, and a warning names it.
    """
    found: dict[str, list[Plugin]] = {}
    for point in _entry_points(tuple(sys.path)).select(group=group):
        plugin = Plugin(point.name, point.module, point.dist.name if point.dist else "an installed package")
        problem = "its entry point must name a module" if point.attr else _problem(plugin)
        if problem:
            warn(plugin, problem)
        else:
            found.setdefault(plugin.name, []).append(plugin)
    return found


def warn(plugin: Plugin, problem: str) -> None:
    """Say that a plugin is skipped, and why."""
    warnings.warn(
        f"skipped the plugin '{plugin.name}' of {plugin.distribution}: {problem}; update or uninstall "
        f"{plugin.distribution}",
        stacklevel=3,
    )


def source(plugin: Plugin) -> Path:
    """The file of a plugin's module, which is not imported."""
    spec = importlib.util.find_spec(plugin.module)
    return Path(str(spec.origin if spec else ""))


@cache
def _entry_points(path: tuple[str, ...]) -> Any:
    """All entry points of the packages on `path`, of which `select` takes a group; Python 3.11 and 3.12 have classes of
    their own for them. Reading them takes tens of milliseconds, so it is done once."""
    return importlib.metadata.entry_points()


def _problem(plugin: Plugin) -> str:
    """Why the module of a plugin cannot be imported, as far as that is known without importing it."""
    if not plugin.name.isidentifier():
        return "its name must be a Python identifier"
    try:
        spec = importlib.util.find_spec(plugin.module)
    except Exception as error:  # whatever the plugin's own package raises when it is imported
        return f"{type(error).__name__}: {error}"
    return "" if spec else f"there is no module {plugin.module}"
