"""A page a selection policy."""

from __future__ import annotations

import hem_core.selection.policies
from hem_core import folder
from hem_core.selection.options import meaning, names, options
from kinds._source import reference, table

TITLE = "Selection policies"
INTRO = (
    "Which examples go into a set: `hem select RUN --policy margin,per_class` chains them, each picking from what the "
    "one before left. An option is given as `--option margin.by=entropy`."
)


def pages() -> dict[str, str]:
    return {name: _page(name) for name in names()}


def missing() -> list[str]:
    wordless = [f"policy {name}: no sentence that says what it chooses" for name in names() if len(meaning(name)) < 20]
    files = {name: folder.source(hem_core.selection.policies, name).read_text("utf-8") for name in names()}
    return wordless + [
        f"policy {name}: the docstring does not mention the option '{option}'"
        for name in names()
        for option in options(name)
        if f" {option}:" not in files[name] and f"`{option}`" not in files[name] and f"{option} " not in meaning(name)
    ]


def _page(name: str) -> str:
    rows = {f"`{name}.{option}`": f"default: `{value!r}`" for option, value in options(name).items()}
    path = folder.source(hem_core.selection.policies, name)
    module = f"hem_core.selection.policies.{name}"
    parts = [f"# {name}", meaning(name), table(rows) if rows else "It has no options.", reference(path, module)]
    return "\n\n".join(parts)
