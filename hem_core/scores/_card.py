"""What a score says about itself, read from its source: no score is imported, so neither is torch."""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from typing import TypedDict

from hem_core import folder
from hem_core.errors import PluginError


class Option(TypedDict):
    """One parameter after `*`."""

    type: str
    default: object


class Card(TypedDict):
    """What a tooltip, a help text or a form shows of a score."""

    name: str
    meaning: str
    formula: str
    range: str
    unit: str
    remark: str
    cost: str
    use: str
    reference: str
    needs: list[str]
    options: dict[str, Option]
    title: str
    """What it is called on an axis, a chip and in a heading."""
    is_log: bool
    """Whether its distribution has a shape on a logarithmic axis only."""


@cache
def describe(name: str) -> Card:
    """The card of a score, from its signature and its docstring.

    The docstring begins `MEANING: FORMULA.` and says `Returns (N,) UNIT in RANGE; higher = harder REMARK.`
    and then, in this order, `Cost: COST.`, `Use it: USE.` and `Reference: REFERENCE.`; what is not there is an empty
    string. The file may set TITLE, by default the name with spaces, and IS_LOG, by default False.
    Raises UnknownNameError, listing the scores, when there is none of that name; PluginError for a plugin's file
    without the function.
    """
    file = _parsed(name)
    function, constants = _function(file, name), _constants(file)
    text = ast.get_docstring(function) or ""
    meaning, _, formula = " ".join(text.partition("\n\n")[0].split()).rstrip(".").partition(": ")
    flat = " ".join(text.split())
    returned = re.search(r"Returns \(N,\) ?(.*?) ?\bin (.+?); higher = harder(.*?)\.(?= [A-Z]|$)", flat)
    unit, span, remark = returned.groups() if returned else ("", "", "")
    before, _, reference = flat.partition("Reference: ")
    before, _, use = before.partition(" Use it: ")
    cost = before.partition(" Cost: ")[2]
    return Card(
        name=name,
        meaning=meaning,
        formula=formula,
        range=span,
        unit=unit,
        remark=remark.strip(" ,;()"),
        cost=cost.strip(" ."),
        use=use.strip(" ."),
        reference=reference.rstrip("."),
        needs=[argument.arg for argument in function.args.args],
        options=_options(function),
        title=str(constants.get("TITLE") or name.replace("_", " ")),
        is_log=bool(constants.get("IS_LOG")),
    )


def _parsed(name: str) -> ast.Module:
    path = folder.source(sys.modules["hem_core.scores"], name)
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _function(file: ast.Module, name: str) -> ast.FunctionDef:
    function = next((node for node in file.body if isinstance(node, ast.FunctionDef) and node.name == name), None)
    if function is None:
        path = folder.source(sys.modules["hem_core.scores"], name)
        raise PluginError(f"the score '{name}' must define the function '{name}' in {path}; update it")
    return function


def _constants(file: ast.Module) -> dict[str, object]:
    """The texts and numbers that a file gives a name in capitals."""
    named = [(node.targets[0], node.value) for node in file.body if isinstance(node, ast.Assign)]
    return {
        target.id: value.value
        for target, value in named
        if isinstance(target, ast.Name) and target.id.isupper() and isinstance(value, ast.Constant)
    }


def _options(function: ast.FunctionDef) -> dict[str, Option]:
    pairs = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return {
        argument.arg: Option(
            type=ast.unparse(argument.annotation) if argument.annotation else "",
            default=ast.literal_eval(default) if default else None,
        )
        for argument, default in pairs
    }
