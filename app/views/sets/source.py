"""What a set is made from: reviewed, chosen in Explore, tagged, the hardest, or everything."""

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from app import loaders, rule_words, scope, state, words
from app.rule_fitting import without_places
from hem_core.store import saved_views
from hem_core.store.level import Level
from hem_core.store.verdicts import VERDICTS

SOURCES = {
    "reviewed": "Reviewed",
    "chosen": "Chosen",
    "selection": "Selection of Explore",
    "filter": "Filter of Explore",
    "saved": "Saved view",
    "tags": "Tagged",
    "difficulty": "Hardest",
    "everything": "Everything",
}


@dataclass(frozen=True)
class Candidates:
    """Which examples may get into a set."""

    rule: dict[str, Any]
    words: str
    """The rule as people read it, letter by letter."""
    is_hand_made: bool = True
    """Somebody reviewed, tagged or filtered them one way or another."""


def choose(level: Level) -> Candidates | None:
    """Draw the sources that there are; what was chosen, or None when nothing is chosen yet."""
    tags = loaders.tags_of(level).state(level.data)["tag"].value_counts()
    rules = scope.explored(level)
    saved = _saved(level)
    reviewed = _reviewed(level)
    is_there = {
        "reviewed": bool(reviewed),
        "saved": bool(saved),
        "tags": bool(len(tags)),
        "difficulty": "difficulty" in level.source.columns,
        "everything": True,
    }
    known = [name for name in SOURCES if name in rules or is_there.get(name)]
    asked = int(str(state.recall("sets_asked", 0)))  # how often somebody came here from Explore, to make a set of that
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="large")
    source = row.segmented_control(
        "From",
        known,
        default=_usual(known, tags, is_asked=bool(asked)),
        format_func=lambda name: f"Reviewed · {len(reviewed):,}" if name == "reviewed" else SOURCES[name],
        required=True,
        key=f"set_source {' '.join(rules)} {bool(reviewed)} {asked}",
    )
    if source == "reviewed":
        st.caption("Judged one at a time by a person. What somebody said of many at once is under Tagged.")
        return Candidates({"all": [{"rows": reviewed}]}, "reviewed one at a time")
    if source in rules:
        st.caption(words.plain(rule_words.in_words(rules[source], level)))
        return _described(level, rules[source])
    if source == "saved":
        name = st.selectbox("Saved view", list(saved), key="set_saved_view", width=320)
        st.caption(words.plain(rule_words.in_words(saved[name], level)))
        return Candidates(saved[name], f"{name}: {rule_words.in_words(saved[name], level)}")
    if source == "tags":
        return _tagged(level, tags)
    if source == "difficulty":
        unit = "Difficulty, percentile (100 = hardest)"
        low, high = row.slider(unit, 0, 100, (90, 100), key="set_difficulty", width="stretch")
        return _described(level, {"all": [{"column": "difficulty", "min": low, "max": high}]}, is_hand_made=False)
    return _described(level, {"all": []}, is_hand_made=False)


def _saved(level: Level) -> dict[str, dict[str, Any]]:
    """The rules of the views saved in Explore that this level can follow, by name."""
    found = {}
    for view in saved_views.listing(loaders.folder()):
        is_same_map = view.run == level.run or not without_places(view.rule).dropped
        if view.level == level.name and view.rule["all"] and is_same_map:
            fit = loaders.fitted(level, json.dumps(view.rule))
            found |= {view.name: view.rule} if not fit.dropped else {}
    return found


def _reviewed(level: Level) -> list[str]:
    """Ids of this run's examples that somebody reviewed one at a time, in the order of the run."""
    return loaders.reviewed(level).tolist()


def _tagged(level: Level, tags: pd.Series) -> Candidates | None:
    names = [*[tag for tag in VERDICTS if tag in tags.index], *sorted(set(tags.index) - set(VERDICTS))]
    picked = st.pills(
        "Examples with any of these tags",
        names,
        selection_mode="multi",
        default=[tag for tag in names if tag == "hard"] or names[:1],
        format_func=lambda tag: f"{words.plain(tag)} · {tags[tag]:,}",
        key="set_tags",
    )
    if not picked:
        st.caption("Choose a tag.")
        return None
    return _described(level, {"all": [{"tag": list(picked)}]})


def _usual(known: list[str], tags: pd.Series, *, is_asked: bool) -> str:
    explored, hard = ["selection", "filter"], ["tags"] if "hard" in tags.index else []
    first = ["chosen", *explored, "reviewed"] if is_asked else ["chosen", "reviewed", *explored]
    wanted = [*first, *hard, "difficulty", "everything"]
    return next(name for name in wanted if name in known)


def _described(level: Level, rule: dict[str, Any], *, is_hand_made: bool = True) -> Candidates:
    return Candidates(rule, rule_words.in_words(rule, level), is_hand_made)
