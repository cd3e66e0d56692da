"""The browser side as one script: for places without a server that could hand out its modules one by one."""

from __future__ import annotations

import graphlib
import json
import posixpath
import re
from pathlib import Path

HERE = Path(__file__).parent
_IMPORT = re.compile(r'^((?:import|export)\s(?:[^"]*?\sfrom\s)?)"(\.{1,2}/[^"]+\.js)"', re.MULTILINE)
_STYLES = ("explorer", "drawer", "table", "search", "panes", "why", "map_clusters")
EXPLORER_STYLES = tuple(f"explorer/{name}.css" for name in _STYLES)
"""The style sheets of the explorer. Those of the desk in its drawer are loaded by the drawer itself."""
MARK = "hem:"
"""What stands before a module's name where another imports it; `shared/link.js` puts an address there."""


def modules(entry: str) -> list[tuple[str, str]]:
    """The module `entry` (`explorer/explorer.js`) and all that it imports, each after those that it needs itself.

    Returns name and source; in the source an imported file is `hem:<name>`.
    """
    sources: dict[str, str] = {}
    needs: dict[str, set[str]] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name], needs[name] = _resolved(name)
            waiting += needs[name]
    return [(name, sources[name]) for name in graphlib.TopologicalSorter(needs).static_order()]


def script(entry: str) -> str:
    """JavaScript that defines `loaded()`, a promise of the module `entry`; no `</script>` stands in it."""
    listed = json.dumps(modules(entry)).replace("</", "<\\/")
    return f"{link()}\nconst loaded = () => link({listed});\n"


def link() -> str:
    """The function `link` of `shared/link.js`, as a script."""
    return (HERE / "shared" / "link.js").read_text("utf-8").replace("export function", "function")


def style(*names: str) -> str:
    """Style sheets of the browser side, one after the other."""
    return "\n".join((HERE / name).read_text("utf-8") for name in names)


def _resolved(name: str) -> tuple[str, set[str]]:
    """A module whose imports are names, and those names."""
    found: set[str] = set()

    def named(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), match[2]))
        found.add(target)
        return f'{match[1]}"{MARK}{target}"'

    return _IMPORT.sub(named, (HERE / name).read_text("utf-8")), found
