"""The browser side as one module: a page of the app gets all of it with one request, and runs what it uses."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

HERE = Path(__file__).parent
_IMPORT = re.compile(r'^import\s+(?:(\w+)|\*\s+as\s+(\w+)|\{([^}]*)\})\s+from\s+"(\.{1,2}/[^"]+\.js)";', re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(default\s+)?((?:async\s+)?function\*?|const|class)\s+(\w+)", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_START = """// The browser side of HEM: the modules of app/browser, each run when it is first asked for.
const $modules = {}, $made = {};
const $address = (name) => new URL(name, import.meta.url).href;
/** A module by its name, `explorer/explorer.js`: an object of what it exports. */
export const module = ($name) => ($made[$name] ??= $modules[$name]($address($name)));
const $module = module;
"""


def script() -> str:
    """All modules of app/browser as one, which exports `module`: the name of one of them -> what it exports.

    Each is a function that is run once, so that what a module holds is there once for all components of a page. Served
    beside the folders of the modules, so that each knows its own address.
    """
    names = sorted(path.relative_to(HERE).as_posix() for path in HERE.glob("*/*.js"))
    return _START + "".join(f"$modules[{name!r}] = ($here) => {{\n{_body(name)}\n}};\n" for name in names)


def shim(entry: str) -> str:
    """The JavaScript of a component whose module is `entry`; the address of `script` is in its data as `code`."""
    return f"""
export default async function (component) {{
  const {{ module }} = await import(new URL(component.data.code, window.location.origin).href);
  return module({entry!r}).default(component);
}}
"""


def _body(name: str) -> str:
    """A module as the body of a function that returns what it exports. Raises ValueError for another form of export."""
    text = (HERE / name).read_text("utf-8").replace("import.meta.url", "$here")
    exports: list[str] = []

    def imported(match: re.Match[str]) -> str:
        default, whole, names, path = match.groups()
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        wanted = f"{{ default: {default} }}" if default else whole or f"{{{names.replace(' as ', ': ')}}}"
        return f"const {wanted} = $module({target!r});"

    def exported(match: re.Match[str]) -> str:
        default, kind, own = match.groups()
        exports.append(f"default: {own}" if default else own)
        return f"{kind} {own}"

    text = _EXPORT.sub(exported, _IMPORT.sub(imported, text))
    if left := _LEFT.search(text):  # such as an export that changes: who imports it would keep its first value
        raise ValueError(f"app/browser/{name} cannot be joined with the others: {left[0]}")
    return f"{text}\nreturn {{ {', '.join(exports)} }};"
