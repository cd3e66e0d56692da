"""Everything Review shows of some examples, as JSON: made for twenty at a time, before they are needed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from app.wire import columns, contents
from app.wire.older_words import in_todays_words
from hem_core.class_columns import BEST_ALONE
from hem_core.difficulty.axes import axes, percentiles
from hem_core.store.level import Level
from hem_core.store.neighbours_and_curves import curves_of, neighbours_of

if TYPE_CHECKING:
    from hem_core.store.tags import TagLog

NEIGHBOURS = 8
DUPLICATES = 8
HISTORY = 12
SHOWN = ("id", "label", "given", "predicted", "error", "is_correct", "label_prob", "top_classes", "top_probs",
         "reason", "evidence", "suggested_label", "difficulty", "difficulty_in_class", "label_suspicion",
         "duplicate_group", "reason_prob", "reason_probs", "error_prob", "error_prob_low", "error_prob_high",
         "text")  # fmt: skip


IN_SIGHT = ("row", "text", "features", "neighbours", "duplicates")
"""The fields that blind review may show of an example without a verdict."""
IN_SIGHT_OF_OTHERS = ("row", "text")


@dataclass(frozen=True, eq=False)
class Ranks:
    """The rank of each row on the axes, and its near-duplicates; computed once per level."""

    scores: dict[str, str | None]
    """Axis -> the score that represents it, or None."""
    among_all: dict[str, np.ndarray]
    """Axis -> (N,) percentile in 0 .. 100, higher = harder."""
    within_class: dict[str, np.ndarray]
    """The same among the rows of one given label; {} where labels are no classes."""
    groups: dict[int, np.ndarray]
    """Group -> its rows, for groups of two and more."""
    spreads: dict[str, float]
    """Feature of numbers -> how far its values lie apart; only in a run over rows of a table."""


def ranks(level: Level) -> Ranks:
    """Rank every row of a level on the four axes, over all and, where labels are classes, within its given one."""
    scores = axes(level.source.columns)
    known = {axis: name for axis, name in scores.items() if name}
    has_label = bool(level.classes) and "label" in level.source.columns
    table = level.table([*(["label"] if has_label else []), *known.values()])
    among_all = {axis: percentiles(table.loc[:, name]) for axis, name in known.items()}
    within = {}
    if has_label:
        within = {axis: percentiles(table.loc[:, name], table.loc[:, "label"]) for axis, name in known.items()}
    return Ranks(scores, among_all, within, _groups(level), contents.spreads(level))


def details(level: Level, ranks: Ranks, rows: Sequence[int], log: TagLog) -> list[dict[str, Any]]:
    """One JSON object per example, in the order of rows; keys are those read by browser/review."""
    if not len(rows):
        return []
    table = _without_guesses(level, in_todays_words(level, level.records(rows)))
    ids = [str(example["id"]) for example in table]
    graph = neighbours_of(level, rows, NEIGHBOURS)
    duplicates = [_duplicates(ranks, row, example) for row, example in zip(rows, table, strict=True)]
    shown = contents.medium(level)
    compared = contents.compare_to_neighbours(level, rows, ranks.spreads) if shown.look == "features" else None
    looks = contents.looks(level, rows, table)
    others = _others(level, graph, duplicates, has_text=shown.look == "words")
    curves = curves_of(level, rows)
    titles = columns.described(level)
    said = log.about(level.data, ids, HISTORY)
    items = []
    for k, row in enumerate(rows):
        example = table[k]
        item: dict[str, Any] = {"row": int(row), **{name: _json(example.get(name)) for name in SHOWN}}
        if "predicted_in_sample" in example and "label_prob_oos" in example:
            item["label_prob"] = _json(example["label_prob_oos"])  # of whom the prediction is
        item["axes"] = [_axis(axis, ranks, example, int(row), titles) for axis in ranks.scores]
        item["worst_axis"] = _worst(item["axes"])
        if shown.look == "words":
            item["text"] = shown.words(looks[k])
        item["features"] = contents.as_json(compared[k].features) if compared else None
        item |= {"curve": curves.get(int(row)), "marks": contents.marks(looks[k])}
        item["neighbours"] = None if graph is None else [
            {**others[int(other)], "distance": round(float(distance), 4)}
            | ({"text": compared[k].neighbour(place)} if compared and looks is table else {})
            for place, (other, distance) in enumerate(zip(graph[0][k], graph[1][k], strict=True))
            if other >= 0
        ]  # fmt: skip
        item["duplicates"] = [others[other] for other in duplicates[k]]
        item["columns"] = _columns(example, titles)
        item["history"] = _past(said[ids[k]]["past"])
        verdict = said[ids[k]]["verdict"]
        is_single = bool(verdict and verdict["n"] == 1)
        item["verdict"] = _without_n(verdict) if is_single else None
        item["bulk"] = None if is_single else verdict
        items.append(item)
    return items


def _without_guesses(level: Level, table: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records without probabilities that nobody gave: of predictions that were the best class alone, those of the
    others are unknown, though scores are made as if they were equal. Of two classes the other one has all the rest."""
    if len(level.classes) <= 2 or not any(BEST_ALONE in note for note in level.info.get("notes") or ()):
        return table
    return [_of_best(example) for example in table]


def _of_best(example: Mapping[str, Any]) -> dict[str, Any]:
    best, is_right = example.get("predicted"), example.get("predicted") == example.get("label")
    both = zip(example.get("top_classes", ()), example.get("top_probs", ()), strict=True)
    known = {name: value for name, value in both if name == best}
    rest = {name: value for name, value in example.items() if is_right or name != "label_prob"}
    return {**rest, "top_classes": list(known), "top_probs": list(known.values())}


def blinded(item: Mapping[str, Any]) -> dict[str, Any]:
    """The example without its label and everything that hints at it, including its id, which may name a class.

    An example with a verdict is returned in full.
    """
    if item["verdict"]:
        return dict(item)
    seen: dict[str, Any] = {name: item[name] for name in IN_SIGHT}
    for name in ("neighbours", "duplicates"):
        others = item[name] or []
        seen[name] = [{key: other[key] for key in IN_SIGHT_OF_OTHERS if key in other} for other in others]
    return {**seen, "is_blinded": True}


def _axis(axis: str, ranks: Ranks, example: Mapping[str, Any], row: int, titles: dict[str, Any]) -> dict[str, Any]:
    score = ranks.scores[axis]
    if score is None:
        return {"axis": axis, "score": None}
    about = titles.get(score, {})
    return {
        "axis": axis,
        "score": about.get("title") or score,
        "unit": about.get("unit", ""),
        "meaning": ". ".join(about[key] for key in ("meaning", "range", "use", "reference") if about.get(key)),
        "value": _json(example[score]),
        "all": _json(ranks.among_all[axis][row]),
        "within": _json(ranks.within_class[axis][row]) if axis in ranks.within_class else None,
    }


def _worst(axes: list[dict[str, Any]]) -> str | None:
    """The axis on which the example ranks highest; None when none is known."""
    known = [one for one in axes if one.get("all") is not None]
    return max(known, key=lambda one: one["all"])["axis"] if known else None


def _groups(level: Level) -> dict[int, np.ndarray]:
    if "duplicate_group" not in level.source.columns:
        return {}
    groups = level.table(["duplicate_group"])["duplicate_group"]
    rows = np.flatnonzero(groups.notna())
    if not len(rows):
        return {}
    number = groups.to_numpy(np.float64, na_value=np.nan)[rows].astype(np.int64)
    order = np.argsort(number, kind="stable")
    names, starts = np.unique(number[order], return_index=True)
    parts = np.split(rows[order], starts[1:])
    return {int(name): part for name, part in zip(names, parts, strict=True) if len(part) > 1}


def _duplicates(ranks: Ranks, row: int, example: Mapping[str, Any]) -> list[int]:
    group = example.get("duplicate_group")
    if group is None or group != group:
        return []
    return [int(other) for other in ranks.groups.get(int(group), ()) if other != row][:DUPLICATES]


def _others(
    level: Level, graph: tuple[np.ndarray, np.ndarray] | None, duplicates: list[list[int]], *, has_text: bool
) -> dict[int, dict[str, Any]]:
    rows = {other for group in duplicates for other in group}
    if graph is not None:
        rows |= {int(other) for other in graph[0].ravel() if other >= 0}
    wanted = sorted(rows)
    wanted_columns = [name for name in ("id", "label", "predicted") if name in level.source.columns]
    found = level.records(wanted, wanted_columns)
    if has_text:
        texts = contents.texts(level, wanted, 160)
        found = [{**one, "text": text} for one, text in zip(found, texts, strict=True)]
    both = zip(wanted, found, strict=True)
    return {row: {"row": row, **{key: _json(value) for key, value in one.items()}} for row, one in both}


def _without_n(verdict: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (verdict or {}).items() if name != "n"}


def _columns(example: Mapping[str, Any], titles: dict[str, Any]) -> list[dict[str, Any]]:
    hidden = {
        "row",
        "id",
        "label",
        "given",
        "predicted",
        "evidence",
        "top_classes",
        "top_probs",
        "reason_probs",
        "text",
        "marks",
    }
    hidden |= {"error", "error_oos", "error_in_sample"} if "is_correct" in example else set()
    names = [name for name in example if name not in hidden]
    return [
        {"name": name, "value": _json(example[name]), "unit": titles.get(name, {}).get("unit", "")} for name in names
    ]


def _past(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "at": int(event["at_ms"]),
            **{name: str(event[name]) for name in ("who", "action", "tag", "value")},
            "n": int(event["n"]),
            "is_undone": bool(event["is_undone"]),
        }
        for event in entries
    ]


def _json(value: object) -> Any:
    kind = type(value)
    if value is None or kind is str or kind is bool or kind is int:
        return value
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if math.isfinite(value) else None
    if isinstance(value, np.ndarray | list | tuple):
        return [_json(one) for one in value]
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    return None if value is pd.NA or value is pd.NaT else str(value)
