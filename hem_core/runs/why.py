"""What sets a group of rows of a run apart: the sentences of `hem why` and of the panel in Explore."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hem_core.errors import DataError
from hem_core.runs.level_traits import level_traits, tag_values
from hem_core.slices.cluster_names import cluster_names
from hem_core.slices.contrast import SMALLEST, contrast
from hem_core.slices.picked import picked
from hem_core.slices.repetitions import distinct
from hem_core.slices.statement import Statement, Title
from hem_core.slices.text_words import words_in
from hem_core.slices.traits import Traits
from hem_core.store import rules
from hem_core.store.level import Level
from hem_core.store.level_names import counted

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 20_000
"""Rows, drawn at random, on which two statements are compared for whether they say the same."""
OF_TEXT = {"word", "contains", "matches", "search"}
"""Clauses on what stands in a text."""
UNNAMED = 0.7
"""What the strength of a cluster counts beside that of what has a name of its own."""
MOST_COMPARED = 120
"""Statements that are, the strongest ones."""


@dataclass(frozen=True)
class Why:
    """What `why` finds. `print` it, or read `statements`."""

    statements: list[Statement]
    """The strongest first; see `Statement.sentence`."""
    n: int
    """Rows of the group."""
    n_others: int
    """Rows that it was compared with."""
    n_tested: int
    """Values, words and numbers that were tested, for which the p-values are corrected."""
    skipped: tuple[str, ...]
    """Columns that were not compared, because the group is chosen by them."""
    level: str
    """Name of the level."""
    scope: str = "all"
    """What the others are the rest of: 'all', or 'filter'."""

    @property
    def verdict(self) -> str:
        """Why there are no statements, in a sentence; "" where there are some."""
        rows = counted(self.n, self.level)
        if self.n < SMALLEST:
            verb = "is" if self.n == 1 else "are"
            return f"{rows} {verb} too few to say what sets them apart: select {SMALLEST} or more."
        if self.n_others < SMALLEST:
            left = counted(self.n_others, self.level) if self.n_others else "nothing"
            return f"{left[:1].upper()}{left[1:]} {'is' if self.n_others < 2 else 'are'} left to compare with."
        if self.statements:
            return ""
        return (
            f"Nothing sets these {rows} apart: of {self.n_tested:,} values, words and numbers none differs from the "
            "others beyond chance by an amount that matters."
        )

    @property
    def comparison(self) -> str:
        """What is compared with what, in a sentence."""
        rest = "in the filter" if self.scope == "filter" else "of the run"
        return f"{counted(self.n, self.level)} compared with the {self.n_others:,} others {rest}"

    def lines(self, title: Title = str) -> list[str]:
        """The sentences, the strongest first. title: what a column is called."""
        return [one.sentence(title) for one in self.statements]

    def as_json(self, title: Title = str) -> dict[str, Any]:
        """The same for a file or a page: plain values, a statement as an object with its sentence."""
        return {
            "level": self.level,
            "n": self.n,
            "n_others": self.n_others,
            "n_tested": self.n_tested,
            "comparison": self.comparison,
            "verdict": self.verdict,
            "skipped": list(self.skipped),
            "statements": [one.as_json(title) for one in self.statements],
        }

    def __str__(self) -> str:
        return "\n".join([f"{self.comparison}:", *(self.lines() or [self.verdict])])


def why(
    level: Level,
    rule: Mapping[str, Any] | None = None,
    *,
    within: Mapping[str, Any] | None = None,
    where: str | None = None,
    ids: Sequence[str] | None = None,
    tags: pd.DataFrame | None = None,
    traits: Traits | None = None,
    most: int = 8,
    q: float = 0.05,
) -> Why:
    """What sets the rows apart that a rule, a condition or a list of ids picks, in statements with intervals.

    level: of a run, as `open_run(folder).level("examples")`. The group: rule (see `store/rules.py`), where (SQL, such
    as "difficulty > 90") and ids, all that are given, inside the rule `within`, which stands for a filter. It is
    compared with the rest of what `within` picks. tags: the state of the tag log, where a rule asks for it; its tags
    are compared too. traits: those of `level_traits`, to have them prepared once. most: of what the rows are, and of
    what the model made of them. q: the rate of false discoveries.
    Not compared are the columns that the rules name: they set the group apart by definition.
    Raises DataError for a rule or a condition that is none, for an unknown id, and for none of the three.
    """
    if not rules.clauses(rule) and not where and ids is None:
        raise DataError("name the group by a rule, a condition or ids; without one it would be everything")
    scope = level.rows(within, tags=tags)
    both = {"all": [*rules.clauses(within), *rules.clauses(rule)]}
    group = level.rows(both, where=where, tags=tags)
    if ids is not None:
        group = np.intersect1d(group, _rows_of(level, ids))
    is_other = np.zeros(level.n, bool)
    is_other[scope] = True
    is_other[group] = False
    others = np.flatnonzero(is_other)
    known = traits if traits is not None else level_traits(level)
    known = replace(known, values=[*known.values, *tag_values(level, tags)])
    skipped = by_definition(level, both, where)
    found = contrast(known, group, others, skipped=skipped, q=q)
    new = [one for one in found.statements if not _is_sought(one, rules.clauses(both))]
    new.sort(key=lambda one: -one.strength * (UNNAMED if one.columns[0] == "cluster" else 1))
    statements = _named(known, _without_repetitions(known, new, (group, others), most))
    named = tuple(sorted(skipped - {"id"}))
    scope_name = "filter" if rules.clauses(within) else "all"
    return Why(statements, found.n, found.n_others, found.n_tested, named, level.name, scope_name)


def by_definition(level: Level, rule: Mapping[str, Any], where: str | None = None) -> set[str]:
    """The columns that a group is chosen by, and those that follow from them.

    A text stays: a word that it is chosen by says nothing of the others.
    """
    plain = [clause for clause in rules.clauses(rule) if not OF_TEXT & set(rules.positive(clause))]
    found = rules.columns_of({"all": plain})
    if where:
        from hem_core.store.where import columns_in

        found |= columns_in(where, level.source.columns)
    found |= {"tag"} if rules.needs_tags(rule) else set()
    for names in ({"label", "given"}, {"is_correct", "error"}):
        found |= names if found & names else set()
    if {"label", "predicted"} <= found:
        found |= {"is_correct", "error"}
    return found


def _is_sought(statement: Statement, clauses: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a statement is on a word that the group is chosen by; what a regular expression is about is not known."""
    sought = (each.get(key, "") for each in map(rules.positive, clauses) for key in ("word", "contains", "search"))
    texts = [text for text in map(str, sought) if text and not text.startswith("/")]
    return statement.kind == "word" and any(statement.names[0] in words_in(text) for text in texts)


def _rows_of(level: Level, ids: Collection[str]) -> np.ndarray:
    rows = level.rows({"all": [{"rows": list(ids)}]})
    if len(rows) < len(set(ids)):
        known = set(level.at(rows, ["id"])["id"])
        lost = next(id for id in ids if id not in known)
        raise DataError(f"no row '{lost}' in {level.title}, nor {len(set(ids)) - len(rows) - 1:,} more of the ids")
    return rows


def _named(traits: Traits, statements: list[Statement]) -> list[Statement]:
    """The statements with the clusters called by what sets them apart."""
    every = [other for one in statements for other in (one, *one.also)]
    names = cluster_names(traits) if any(one.columns == ("cluster",) for one in every) else {}

    def called(one: Statement) -> Statement:
        alias = names.get(str(one.names[0]), "") if one.columns == ("cluster",) else ""
        return replace(one, alias=alias, also=tuple(called(other) for other in one.also))

    return [called(one) for one in statements]


def _without_repetitions(
    traits: Traits, statements: list[Statement], sides: tuple[np.ndarray, np.ndarray], most: int
) -> list[Statement]:
    """The statements that do not pick nearly the same rows as a stronger one, at most `most` of either sort."""
    candidates = statements[:MOST_COMPARED]
    drawn = np.random.default_rng(0)
    parts = [side if len(side) <= MOST_ROWS else drawn.choice(side, MOST_ROWS, replace=False) for side in sides]
    rows = np.concatenate(parts)
    return distinct(candidates, [picked(traits, one, rows) for one in candidates], most)
