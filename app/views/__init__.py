"""The pages: a folder each, with `page.py`: `page()` draws it, and PLACE orders the tabs."""

import importlib
import sys
from types import ModuleType

from hem_core import folder


def views() -> dict[str, ModuleType]:
    """Name -> module with `page`, in the order of the tabs; the first one is what an address without a name shows."""
    pages = {name: importlib.import_module(f"{__name__}.{name}.page") for name in folder.names(sys.modules[__name__])}
    return dict(sorted(pages.items(), key=lambda item: (item[1].PLACE, item[0])))
