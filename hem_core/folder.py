"""The folder is the registry: one file per item, found by its name; installed packages can add items.

A room that plugins may add to says so in its `__init__.py`: PLUGINS is the group of their entry points, and DEFINES
the names that the module of an item defines, where "{name}" stands for the item's own.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from pathlib import Path
from types import ModuleType

from hem_core import plugins
from hem_core.errors import PluginError, UnknownNameError
from hem_core.plugins import Plugin


def names(package: ModuleType) -> list[str]:
    """Names of the items in a package, sorted; files that begin with `_` are not items.

    package is an imported package such as `hem_core.scores`. No item is imported.
    """
    return sorted({*_files(package), *_plugins(package)})


def load(package: ModuleType, name: str) -> ModuleType:
    """Import the item `name` of a package and return its module.

    Raises UnknownNameError, listing what there is, when neither a file nor a plugin has that name; PluginError when
    two have it, or when the plugin cannot be imported or lacks what it must define.
    """
    plugin = _plugin(package, name)
    return _imported(package, plugin) if plugin else importlib.import_module(f"{package.__name__}.{name}")


def works(package: ModuleType, name: str) -> bool:
    """Whether an item can be used. Skip one that cannot: a plugin that fails is named in a warning."""
    plugin = None if name in _files(package) else _plugin(package, name)
    if plugin is None:
        return True
    try:
        _imported(package, plugin)
    except PluginError as error:
        plugins.warn(plugin, str(error.__cause__ or error))
        return False
    return True


def source(package: ModuleType, name: str) -> Path:
    """The file of an item, which is not imported. Raises as `load`, but for what only importing shows."""
    plugin = _plugin(package, name)
    if plugin:
        return plugins.source(plugin)
    spec = importlib.util.find_spec(f"{package.__name__}.{name}")
    return Path(str(spec.origin if spec else ""))


def _files(package: ModuleType) -> set[str]:
    return {module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_")}


def _plugins(package: ModuleType) -> dict[str, list[Plugin]]:
    group = getattr(package, "PLUGINS", "")
    return plugins.plugins(group) if group else {}


def _plugin(package: ModuleType, name: str) -> Plugin | None:
    """The plugin that brings `name`, None where it is a file of the package."""
    own, added = name in _files(package), _plugins(package).get(name, [])
    kind = _singular(package.__name__.rpartition(".")[2])
    if not own and not added:
        raise UnknownNameError(f"no {kind} '{name}'; there are: {', '.join(names(package))}")
    if own + len(added) > 1:
        owners = (["HEM"] if own else []) + [plugin.distribution for plugin in added]
        raise PluginError(f"{' and '.join(owners)} both have a {kind} '{name}'; uninstall {owners[-1]}, or rename it")
    return added[0] if added else None


def _imported(package: ModuleType, plugin: Plugin) -> ModuleType:
    kind = _singular(package.__name__.rpartition(".")[2])
    brought = f"the {kind} '{plugin.name}' of {plugin.distribution}"
    try:
        module = importlib.import_module(plugin.module)
    except Exception as error:  # a plugin's import may raise anything
        raise PluginError(f"{brought} cannot be imported: {type(error).__name__}: {error}; update it") from error
    wanted = [each.format(name=plugin.name) for each in getattr(package, "DEFINES", ())]
    missing = [each for each in wanted if not hasattr(module, each)]
    if missing:
        raise PluginError(f"{brought} must define {', '.join(missing)} in {plugin.module}; update it")
    return module


def _singular(room: str) -> str:
    named = {"catalog": "reader", "media": "medium", "export": "format", "policies": "policy"}
    named |= {"store": "part of the store"}
    return named.get(room, room.removesuffix("s"))
