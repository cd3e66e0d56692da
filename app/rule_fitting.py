"""Fit a rule to a level: clauses on columns or values that the level does not have are dropped and reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from hem_core.errors import DataError, HemError
from hem_core.store import rules
from hem_core.store.summary import counts

if TYPE_CHECKING:
    from hem_core.store.level import Level

PLACES = ("x", "y")
"""The axes of the embedding map: each run has a map of its own."""


@dataclass(frozen=True)
class Fitted:
    """What is left of a rule."""

    rule: dict[str, Any] | None
    """None when no clause is left."""
    dropped: tuple[str, ...]
    """Why, a sentence for each clause or value that was dropped."""


def fitted(level: Level, rule: Mapping[str, Any] | None) -> Fitted:
    """The clauses of a rule that this level can follow."""
    kept, dropped = [], []
    for clause in (rule or {}).get("all", []):
        fit, why = _fitted(level, clause)
        kept += [fit] if fit is not None else []
        dropped += [why] if why else []
    return Fitted({"all": kept} if kept else None, tuple(dropped))


def without_places(rule: Mapping[str, Any] | None) -> Fitted:
    """A rule without its lassos on the embedding map: on the map of another run they would hold other examples."""
    clauses = (rule or {}).get("all", [])
    kept = [clause for clause in clauses if not _is_place(clause)]
    why = ("a lasso on the embedding map belongs to the run that it was drawn on",) * (len(kept) < len(clauses))
    return Fitted({"all": kept} if kept else None, why)


def _is_place(clause: Any) -> bool:
    if not isinstance(clause, Mapping):
        return False
    polygon = clause.get("polygon")
    if isinstance(polygon, Mapping):
        return bool({polygon.get("x"), polygon.get("y")} & set(PLACES))
    return clause.get("column") in PLACES or ("not" in clause and _is_place(clause["not"]))


def _fitted(level: Level, clause: Any) -> tuple[Any, str]:
    """The clause, a shorter one, or None; and why it is not the whole one."""
    try:
        rules.validate({"all": [clause]}, level.columns())
    except DataError as error:
        return None, str(error)
    if "not" in clause:
        inner, why = _fitted(level, clause["not"])
        return (clause, "") if inner == clause["not"] else (None, why)
    if clause.get("near"):
        return _near(level, clause)
    if clause.get("rows"):
        there = level.query({"all": [clause]}, columns=["id"])["id"].tolist()
        return _with_known(clause, "rows", set(there), "the ids")
    if clause.get("in"):
        values = pd.Series(counts(level, clause["column"])["value"])
        there = {*values.dropna().tolist(), *([None] if values.hasnans else [])}
        return _with_known(clause, "in", there, f"the column '{clause['column']}'")
    return clause, ""


def _near(level: Level, clause: dict[str, Any]) -> tuple[Any, str]:
    try:
        if "words" in clause["near"]:
            return (clause, "") if level.why_no_words is None else (None, level.why_no_words)
        level.near({**clause["near"], "k": 1})
    except HemError as error:
        return None, str(error)
    return clause, ""


def _with_known(clause: dict[str, Any], name: str, there: set[Any], where: str) -> tuple[Any, str]:
    gone = [value for value in clause[name] if value not in there]
    if not gone:
        return clause, ""
    known = [value for value in clause[name] if value in there]
    why = f"{_listed(gone)} {'does' if len(gone) == 1 else 'do'} not occur in {where} of this run"
    return ({**clause, name: known} if known else None), why


def _listed(values: list[Any]) -> str:
    texts = ["a missing value" if value is None else f"'{value}'" for value in values]
    more = [f"{len(texts) - 3} more"] if len(texts) > 4 else []
    return ", ".join([*(texts[:3] if more else texts), *more])
