"""The options of a policy, read from its signature."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import hem_core.selection.policies
from hem_core import folder
from hem_core.errors import DataError, UnknownNameError
from hem_core.selection.pool import Chosen

Policy = Callable[..., Chosen]


def names() -> list[str]:
    """The policies there are, sorted."""
    return folder.names(hem_core.selection.policies)


def policy(name: str) -> tuple[Policy, int | None]:
    """A policy's function, and from how many times n candidates it picks (None = all).

    Raises UnknownNameError, listing the policies, when there is none of that name.
    """
    module = folder.load(hem_core.selection.policies, name)
    return getattr(module, name), getattr(module, "AMONG", None)


def meaning(name: str) -> str:
    """The first sentence of a policy's docstring, for a tooltip."""
    return " ".join((inspect.getdoc(policy(name)[0]) or "").partition("\n\n")[0].split())


def option_meaning(name: str, option: str) -> str:
    """The description of an option in its policy's docstring, after `OPTION: ` up to the full stop; "" if none."""
    flat = " ".join((inspect.getdoc(policy(name)[0]) or "").split())
    match = re.search(rf"(?:^|\s){re.escape(option)}: (.+?)\.(?:\s|$)", flat)
    return match[1] if match else ""


def columns(policies: Sequence[str], given: Mapping[str, Mapping[str, Any]] | None) -> list[str]:
    """The columns that a chain may read: those that its policies name in READS, and every text among their options.

    Nothing is checked: unknown names are refused by `resolve` and by the policies.
    """
    existing = [name for name in policies if name in names()]
    read = [getattr(folder.load(hem_core.selection.policies, name), "READS", ()) for name in existing]
    usual = [options(name).values() for name in existing]
    named = [value for each in (*usual, *(own.values() for own in (given or {}).values())) for value in each]
    return list(dict.fromkeys([*(name for each in read for name in each), *(str(value) for value in named if value)]))


def options(name: str) -> dict[str, Any]:
    """Option -> default of a policy: what stands after `*` in its signature, but for `seed`, which all share."""
    parameters = inspect.signature(policy(name)[0]).parameters.values()
    return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY and each.name != "seed"}


def resolve(policies: Sequence[str], given: Mapping[str, Mapping[str, Any]] | None) -> dict[str, dict[str, Any]]:
    """Every option of every policy in a chain: the value given, as the type of the default, or the default.

    Values may be texts, as they come from a command line. Raises UnknownNameError for a policy or an option that does
    not exist or is not in the chain, DataError for a value of another type.
    """
    for name in given or {}:
        if name not in policies:
            raise UnknownNameError(f"options for policy '{name}', which is not in the chain {', '.join(policies)}")
    return {name: _of_one(name, dict((given or {}).get(name, {}))) for name in policies}


def _of_one(name: str, given: dict[str, Any]) -> dict[str, Any]:
    defaults = options(name)
    for option in given:
        if option not in defaults:
            there = ", ".join(defaults) or "none"
            raise UnknownNameError(f"policy '{name}' has no option '{option}'; there are: {there}")
    return defaults | {option: _typed(f"{name}.{option}", value, defaults[option]) for option, value in given.items()}


def _typed(option: str, value: Any, default: Any) -> Any:
    wanted = type(default)
    if isinstance(value, wanted) and not (isinstance(value, bool) and wanted is not bool):
        return value
    try:
        if wanted in (int, float) and not isinstance(value, bool):
            return wanted(value)
    except ValueError:
        pass
    raise DataError(f"option {option} must be a {_WORDS[wanted]} such as {default!r}; got {value!r}")


_WORDS = {int: "whole number", float: "number", str: "text", bool: "true or false"}
