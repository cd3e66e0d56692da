"""The folder is the registry: one file an item, found by its name."""

import importlib
import importlib.util
import pkgutil
from pathlib import Path
from types import ModuleType

from hem_core.errors import UnknownNameError


def names(package: ModuleType) -> list[str]:
    """Names of the items in a package, sorted; files that begin with `_` are not items.

    package is an imported package such as `hem_core.scores`. Nothing in it is imported.
    """
    modules = pkgutil.iter_modules(package.__path__)
    return sorted(module.name for module in modules if not module.name.startswith("_"))


def source(package: ModuleType, name: str) -> Path:
    """The file of an item, which is not imported. Raises UnknownNameError as `load` does."""
    _check(package, name)
    spec = importlib.util.find_spec(f"{package.__name__}.{name}")
    return Path(str(spec.origin if spec else ""))


def load(package: ModuleType, name: str) -> ModuleType:
    """Import the item `name` of a package and return its module.

    Raises UnknownNameError, listing what there is, when no file has that name.
    """
    _check(package, name)
    return importlib.import_module(f"{package.__name__}.{name}")


def _check(package: ModuleType, name: str) -> None:
    known = names(package)
    if name not in known:
        room = package.__name__.rpartition(".")[2]
        raise UnknownNameError(f"no {_singular(room)} '{name}'; there are: {', '.join(known)}")


def _singular(room: str) -> str:
    named = {"catalog": "reader", "media": "medium", "export": "format", "policies": "policy"}
    named |= {"store": "part of the store"}
    return named.get(room, room.removesuffix("s"))
