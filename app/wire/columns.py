"""The columns of a level, in words and as bytes; each is computed once."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from app import memory
from app.trust import trust
from app.wire import arrays, payloads
from hem_core.errors import HemError, UnknownNameError
from hem_core.media._fact_words import FACTS

if TYPE_CHECKING:
    from hem_core.scores import Card
    from hem_core.store.level import Level

CLASS_COLUMNS = ("label", "given", "predicted", "suggested_label", "predicted_in_sample", "predicted_oos")
OTHER_WORDS = {
    "label_prob": ("probability of the label", "probability"),
    "predicted_prob": ("probability of the prediction", "probability"),
    "difficulty_in_class": ("difficulty within its class", "percentile"),
    "difficulty": ("difficulty", "percentile"),
    "label_suspicion": ("label suspicion", "percentile"),
    "error_prob": ("probability of an error", "probability"),
    "error_prob_low": ("probability of an error, low", "probability"),
    "error_prob_high": ("probability of an error, high", "probability"),
    "loss_oos": ("loss, out-of-sample", ""),
    "label_prob_oos": ("probability of the label, out-of-sample", "probability"),
    "predicted_oos": ("predicted, out-of-sample", ""),
    "predicted_in_sample": ("predicted in-sample, by the model itself", ""),
    "is_correct_in_sample": ("correct in-sample, by the model itself", ""),
    "predicted_prob_in_sample": ("probability of the prediction, in-sample", "probability"),
    "reason_prob": ("probability of the reason", "probability"),
    "cluster": ("cluster of the embedding", ""),
    "error": ("error", "0 right to 1 wrong"),
    "error_oos": ("error, out-of-sample", "0 right to 1 wrong"),
    "error_in_sample": ("error in-sample, by the model itself", "0 right to 1 wrong"),
    "given": ("given", ""),
    "x": ("map x", ""),
    "y": ("map y", ""),
}
MEANINGS = {
    "difficulty_in_class": "difficulty ranked among the examples of its class",
    "error": "how wrong the prediction is, from 0, right, to 1, wrong; from 0.5 on it counts as an error",
    "error_prob": "probability that a fresh model gets the example wrong as labelled, calibrated out-of-sample",
}
"""Columns that can be sorted by although they are not scores with a file of their own."""
OUT_OF_SAMPLE, WINDOWED = "_oos", "_windowed"
"""Endings of the columns that are a score of another model, or of the early epochs alone."""
_described: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
_skipped: dict[tuple[str, str, str], dict[str, str]] = {}
_lock, _describing = threading.Lock(), threading.Lock()


def described(level: Level) -> dict[str, dict[str, Any]]:
    """Each servable column by name: kind ('number', 'category', 'bool'), byte type, title, unit and meaning.

    Numbers have `min` and `max`; categories and booleans the `names` of their codes, classes in the run's
    order. Text columns are not served.
    """
    key = _key(level)
    if key in _described:
        return _described[key]
    with _describing:  # who comes meanwhile waits, and does not read the same columns once more
        if key not in _described:
            _describe_all(level, key)
        return _described[key]


def _describe_all(level: Level, key: tuple[str, str, str]) -> None:
    found, skipped = {}, dict(level.source.skipped)
    twice = _said_twice(level)
    for name, kind in level.columns().items():
        try:
            if kind != "text" and name not in twice:
                found[name] = _describe(level, name, kind)
        except (HemError, ArithmeticError, ValueError, TypeError) as error:  # whatever a user's column holds
            skipped[name] = f"its values cannot be shown: {error}"
    with _lock:
        if len(_described) > 8:
            oldest = next(iter(_described))
            for known in (_described, _skipped):
                known.pop(oldest, None)
        _described[key], _skipped[key] = found, skipped
    memory.give_back()


def skipped(level: Level) -> dict[str, str]:
    """The columns of a level's files that cannot be shown -> why."""
    described(level)
    return _skipped[_key(level)]


def encoded(level: Level, name: str) -> bytes:
    """A described column's bytes: float32 numbers, or the codes of categories; little-endian, one per row."""
    is_number = described(level)[name]["kind"] == "number"
    content = arrays.numbers(level, name) if is_number else coded(level, name)
    return content.astype(content.dtype.newbyteorder("<"), copy=False).tobytes()


def coded(level: Level, name: str) -> np.ndarray:
    """A described column of names, (N,) positions in them, of the type that its description has; not to be changed."""
    names = described(level)[name]["names"]
    return arrays.kept(level, ("codes", name), lambda: payloads.recoded(*level.categories(name), names))


SHARE = "of 1"
"""The unit of a share, whose distribution needs no logarithmic axis."""


def words_of(name: str, level: Level | None = None) -> tuple[str, str]:
    """The title and the unit of a column: the same on an axis, a chip, in a tooltip and in a heading.

    level: whose task may name the column otherwise.
    """
    own = own_words(level) if level is not None else {}
    if name in own:
        return own[name]
    if name in OTHER_WORDS:
        return OTHER_WORDS[name]
    if _is_fact(name, level):
        return FACTS[name][:2]
    score, ending = _score(name)
    if score is None:
        return name.replace("_", " "), ""
    model = {OUT_OF_SAMPLE: ", out-of-sample", WINDOWED: ", early epochs"}.get(ending, "")
    return score["title"] + model, score["unit"]


def _is_fact(name: str, level: Level | None) -> bool:
    """Whether HEM read the column off the pictures or texts; one of the user's own may have the same name."""
    return name in FACTS and level is not None and level.source.columns.get(name) == "scores"


def own_words(level: Level) -> Mapping[str, tuple[str, str]]:
    """Column -> the title and unit that the task of a level has for it; {} for a task that is not installed here."""
    from hem_core import tasks

    try:
        return tasks.column_words(tasks.of(level.info))
    except UnknownNameError:
        return {}


def _own_meanings(level: Level) -> Mapping[str, str]:
    """Column -> its meaning, where the task of a level has another than the score of that name."""
    from hem_core import tasks

    try:
        return tasks.column_meanings(tasks.of(level.info))
    except UnknownNameError:
        return {}


def is_log(name: str, level: Level | None = None) -> bool:
    """Whether the distribution of a column has a shape on a logarithmic axis only."""
    if level is not None and own_words(level).get(name, ("", ""))[1] == SHARE:
        return False
    score, _ = _score(name)
    return score is not None and score["is_log"]


def meaning(level: Level, name: str) -> str:
    """The meaning of a column of a level, in a sentence; "" for the user's own columns."""
    if name == "reason":
        return trust(level.info).sentence
    if _is_fact(name, level):
        return FACTS[name][2]
    made = _own_meanings(level).get(name) or level.info.get("headline", {}).get(name)
    return str(MEANINGS.get(name) or made or _meaning(name))


def _said_twice(level: Level) -> set[str]:
    """Columns that repeat another one: `label`, and `is_correct` where the task offers it."""
    known = level.source.columns
    found = {"given"} if "label" in known else set()
    return found | ({"error", "error_oos", "error_in_sample"} if "is_correct" in known else set())


def _key(level: Level) -> tuple[str, str, str]:
    return str(level.folder), level.info["fingerprint"], level.name


def _describe(level: Level, name: str, kind: str) -> dict[str, Any]:
    title, unit = words_of(name, level)
    column: dict[str, Any] = {"kind": kind, "title": title, "unit": unit, "meaning": "", "is_score": False}
    if kind == "number":
        low, high = level.extent(name)
        column |= {"type": "<f4", "min": low, "max": high, "is_log": is_log(name, level)}
        card = {} if name in _own_meanings(level) else _card(name)
        column |= {"is_score": _score(name)[0] is not None} | card
    else:
        positions, distinct = level.categories(name)
        found = payloads.names(distinct, level.classes if name in CLASS_COLUMNS else ("false", "true"))
        arrays.kept(level, ("codes", name), lambda: payloads.recoded(positions, distinct, found))
        column["missing"] = int(np.count_nonzero(positions < 0))
        column |= {"type": payloads.code_type(len(found)), "names": found}
    if name in level.info.get("headline", {}) or name in MEANINGS:
        column["is_score"] = True
    if name in own_words(level):
        column |= {"unit": unit, "is_score": kind == "number"}
    column["meaning"] = meaning(level, name)
    return column


def _meaning(name: str) -> str:
    score, ending = _score(name)
    if score is None:
        return ""
    if ending == OUT_OF_SAMPLE:
        return f"{score['title']} under a linear head on the embeddings that was not fitted on the example"
    early = " Only the epochs up to the first with a training accuracy of 70% count." if ending else ""
    return score["meaning"] + early


def _card(name: str) -> dict[str, Any]:
    """What a tooltip shows of a score; empty for other columns, and for what another model says."""
    score, ending = _score(name)
    if score is None or ending == OUT_OF_SAMPLE:
        return {}
    shown = {key: score[key] for key in ("range", "unit", "cost", "use", "reference")}
    return {**shown, "meaning": _meaning(name), "is_score": True}


def _score(name: str) -> tuple[Card | None, str]:
    """The card of the score that a column holds, and the column's ending beyond the score's name."""
    import hem_core.scores

    ending = next((each for each in (OUT_OF_SAMPLE, WINDOWED) if name.endswith(each)), "")
    for score, rest in ((name, ""), (name.removesuffix(ending), ending)):
        try:
            return hem_core.scores.describe(score), rest
        except HemError:
            continue
    return None, ""
