"""Hard example mining while training: a loss vector and indices in, a scalar or indices out.

`mining.TopK` is the class of that name in `top_k.py`, `mining.jtt` the function of `jtt.py`: a file is found by its
name without case and underscores, and imported when it is asked for. A new item is a new file; there is no list.
"""

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hem_core import folder


def names() -> list[str]:
    """Names of all classes and functions that files are named after, sorted; nothing is imported."""
    files = (path for place in __path__ for path in Path(place).glob("[!_]*.py"))
    found = (_namesake(path) for path in files)
    return sorted(name for name in found if name)


def __getattr__(name: str) -> Any:
    files = {_plain(file): file for file in folder.names(sys.modules[__name__])}
    if not name.startswith("_") and _plain(name) in files:
        module = importlib.import_module(f"{__name__}.{files[_plain(name)]}")
        if name in vars(module) or name == files[_plain(name)]:
            return getattr(module, name, module)
    raise AttributeError(f"hem_core.mining has no '{name}'; there are: {', '.join(names())}")


def __dir__() -> list[str]:
    return [*globals(), *names()]


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
