"""Hard example mining while training: a loss vector and indices in, a scalar or indices out.

`mining.TopK` is the class of that name in `selectors/top_k.py`, `mining.jtt` the function of `recipes/jtt.py`: a file
is found by its name without case and underscores, in whichever folder it is, and imported on first use. A new item
is a new file; there is no list.
"""

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any


def names() -> list[str]:
    """Names of all classes and functions that files are named after, sorted; nothing is imported."""
    return sorted(name for path in _files().values() if (name := _namesake(path)))


def __getattr__(name: str) -> Any:
    file = None if name.startswith("_") else _files().get(_plain(name))
    if file is not None:
        module = importlib.import_module(_module_name(file))
        if name in vars(module) or name == file.stem:
            found = globals()[name] = getattr(module, name, module)  # a training loop asks in every step
            return found
    raise AttributeError(f"hem_core.mining has no '{name}'; there are: {', '.join(names())}")


def __dir__() -> list[str]:
    return [*globals(), *names()]


def _files() -> dict[str, Path]:
    """The file of every item, by its plain name; files and folders that begin with `_` are no items."""
    found = [path for place in __path__ for path in Path(place).glob("[!_]*.py")]
    found += [path for place in __path__ for path in Path(place).glob("[!_]*/[!_]*.py")]
    return {_plain(path.stem): path for path in found}


def _module_name(file: Path) -> str:
    is_direct = file.parent in map(Path, __path__)
    return f"{__name__}.{file.stem}" if is_direct else f"{__name__}.{file.parent.name}.{file.stem}"


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _namesake(path: Path) -> str | None:
    defined = re.findall(r"^(?:class|def) (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return next((name for name in defined if _plain(name) == _plain(path.stem)), None)


class _Door(ModuleType):
    def __setattr__(self, name: str, value: object) -> None:
        """Python puts an imported file here under its name; in a function's file it is the function that is meant."""
        super().__setattr__(name, getattr(value, name, value) if isinstance(value, ModuleType) else value)


sys.modules[__name__].__class__ = _Door
