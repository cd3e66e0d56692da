"""The pages, one each: a folder with `page.py`, or a file. It defines `page()`, which draws the page, and PLACE, which
orders the tabs; TITLE and ICON (such as ":material/map:") are what its tab shows, by default its name and no icon.
NEEDS_RUN = False where it has something to show without a run; is_offered(level) where it is only for some tasks;
bar() where it draws something into the bar above all pages; IS_START = True for the one that an empty workspace opens
with."""

import importlib
import sys
from types import ModuleType

from hem_core import folder


def views() -> dict[str, ModuleType]:
    """Name -> module with `page`, in the order of the tabs; the first one is shown at an address without a name."""
    pages = {name: _page(importlib.import_module(f"{__name__}.{name}")) for name in folder.names(sys.modules[__name__])}
    return dict(sorted(pages.items(), key=lambda item: (item[1].PLACE, item[0])))


def title(name: str, view: ModuleType) -> str:
    """The title of a page's tab."""
    return getattr(view, "TITLE", name.replace("_", " ").capitalize())


def is_offered(view: ModuleType, level: object) -> bool:
    """Whether the tab of a page is there for a level; level: None without a run."""
    asks = getattr(view, "is_offered", None)
    return asks is None or (level is not None and bool(asks(level)))


def start_page() -> str | None:
    """The page that an empty workspace opens with."""
    return next((name for name, view in views().items() if getattr(view, "IS_START", False)), None)


def _page(module: ModuleType) -> ModuleType:
    is_folder = hasattr(module, "__path__")
    return importlib.import_module(f"{module.__name__}.page") if is_folder else module
