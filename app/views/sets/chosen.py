"""From a wish, what somebody asked for on the page Sets, to a set; no streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from hem_core.selection.verdicts_applied import WORDS, curate
from hem_core.selection.weights import LOSSES, weights
from hem_core.sets.select import select
from hem_core.sets.selected import Selected
from hem_core.store.level import Level
from hem_core.store.rule_text import describe
from hem_core.store.tagged import with_tags

LOOKED_AT = ("id", "label", "split", "difficulty", "reason", "duplicate_group", *LOSSES)
"""The columns that the page needs of all candidates; the others are read when a set is saved."""
EVERYTHING: Mapping[str, Any] = {"all": []}


def candidates(level: Level, rule: Mapping[str, Any], tags: pd.DataFrame, *, is_whole: bool = False) -> pd.DataFrame:
    """The examples that a rule matches with their verdicts and `row`: columns of LOOKED_AT, or all (is_whole)."""
    columns = None if is_whole else [name for name in LOOKED_AT if name in level.source.columns]
    return with_tags(level.query(rule, tags=tags, columns=columns), tags)


def chosen(level: Level, request: Mapping[str, Any], tags: pd.DataFrame, *, is_whole: bool = False) -> Selected:
    """The set that is requested.

    request: `rule`, `leave_out`, `n` (None = all that the rule matches and nobody ruled out), `policies`, `options`,
    and `has_held_out` where examples of the test and validation splits may be in it;
    is_whole: with all columns of the run, also where nothing was picked.
    Raises HemError when the selection does.
    """
    if request["n"] is None:
        return _all(request, candidates(level, request["rule"], tags, is_whole=is_whole))
    asked = {name: request[name] for name in ("n", "policies", "rule", "leave_out", "options")}
    return select(level, tags=tags, has_held_out=bool(request.get("has_held_out")), **asked)


def among(made: Selected, everything: pd.DataFrame) -> Selected:
    """The set with the whole run as its candidates, so that it is compared with random examples of everything.

    everything: `candidates` of the rule EVERYTHING.
    """
    asked = made.settings
    has_held_out = bool(asked.get("has_held_out"))
    ruled_out = curate(everything, leave_out=asked["leave_out"], has_held_out=has_held_out).excluded["id"]
    return replace(made, candidates=everything.assign(is_ruled_out=everything["id"].isin(ruled_out.tolist())))


def _all(request: Mapping[str, Any], table: pd.DataFrame) -> Selected:
    made = curate(table, leave_out=request["leave_out"], has_held_out=bool(request.get("has_held_out")))
    rank = np.arange(1, len(made.examples) + 1)
    examples = made.examples.drop(columns="row").assign(weight=weights(made.examples), rank=rank, picked_by="all")
    why = pd.Series([WORDS[tag] for tag in made.excluded["why"].tolist()], dtype="str")
    counts = {str(words): int(n) for words, n in why.value_counts().items()}
    settings = {**request, "n_candidates": len(table), "in_words": describe(request["rule"])}
    is_out = table["id"].isin(made.excluded["id"].tolist())
    return Selected(examples, made.excluded.assign(why=why), counts, settings, table.assign(is_ruled_out=is_out))
