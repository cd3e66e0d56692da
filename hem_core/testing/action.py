"""What every action of `hem advise` promises."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

import hem_core.advise.actions
from hem_core import folder
from hem_core.advise import LABELS_PER_HOUR, Action
from hem_core.advise.facts import Facts
from hem_core.store.run import open_run
from hem_core.testing._want import want

NOT_KNOWN = "Not known"


def check_action(name: str, run: Path | str) -> None:
    """Check that an action gives `Action`s whose gain lies in its interval, or says what would make it known.

    run: the folder of a finished run. Raises AssertionError, saying what is broken; UnknownNameError when no file or
    plugin has that name.
    """
    module = folder.load(hem_core.advise.actions, name)
    source = ast.parse(folder.source(hem_core.advise.actions, name).read_text("utf-8"))
    want(ast.get_docstring(source), f"the action {name} has no docstring; say what it gains by")
    facts = Facts.of(open_run(run), LABELS_PER_HOUR)
    before = _contents(facts.run.folder)
    found = getattr(module, name)(facts)
    want(isinstance(found, Sequence) and found, f"the action {name} gives {found!r}; give a list with an Action")
    for one in found:
        want(isinstance(one, Action), f"the action {name} gives {one!r}; give Actions")
        _check_one(name, one)
    want(getattr(module, name)(facts) == found, f"the action {name} gives another answer for the same run")
    want(_contents(facts.run.folder) == before, f"the action {name} writes into the run; only `--curve` may")


def _check_one(name: str, one: Action) -> None:
    want(one.name == name, f"the action {name} calls itself '{one.name}'")
    want(one.what and one.evidence.endswith("."), f"the action {name} lacks a target, or a sentence as evidence")
    if one.is_known:
        low, gain, high = float(one.low or 0), float(one.gain or 0), float(one.high or 0)
        want(low <= gain <= high, f"the gain of the action {name}, {gain}, is outside of {low} to {high}")
    else:
        ends = (one.gain, one.low, one.high)
        want(ends == (None,) * 3, f"the action {name} knows a part of {ends}; give all three numbers, or none")
        want(one.evidence.startswith(NOT_KNOWN), f"the evidence of the action {name} must begin with '{NOT_KNOWN}'")


def _contents(place: Path) -> dict[str, tuple[int, int]]:
    paths = [path for path in place.rglob("*") if path.is_file()]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}
