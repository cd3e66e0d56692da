"""What the columns of a level are, in words and as bytes; each is worked out once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pandas as pd

from app.trust import trust
from app.wire import payloads
from hem_core.errors import HemError

if TYPE_CHECKING:
    from hem_core.store.level import Level

CLASS_COLUMNS = ("label", "given", "predicted", "suggested_label", "predicted_in_sample", "predicted_oos")
OTHER_WORDS = {
    "label_prob": ("probability of the label", "probability"),
    "predicted_prob": ("probability of the prediction", "probability"),
    "difficulty_in_class": ("difficulty within its class", "percentile"),
    "difficulty": ("difficulty", "percentile"),
    "label_suspicion": ("label suspicion", "percentile"),
    "confidence_mean": ("1 − mean confidence", ""),
    "correctness": ("share of epochs wrong", ""),
    "aum": ("−AUM", "logits"),
    "aum_windowed": ("−AUM, early epochs", "logits"),
    "error_prob": ("probability of an error", "probability"),
    "error_prob_low": ("probability of an error, low", "probability"),
    "error_prob_high": ("probability of an error, high", "probability"),
    "loss_oos": ("loss, out-of-sample", ""),
    "margin_oos": ("margin, out-of-sample", "logits"),
    "entropy_oos": ("entropy, out-of-sample", ""),
    "label_prob_oos": ("probability of the label, out-of-sample", "probability"),
    "predicted_oos": ("predicted, out-of-sample", ""),
    "predicted_in_sample": ("predicted in-sample, by the model itself", ""),
    "is_correct_in_sample": ("correct in-sample, by the model itself", ""),
    "predicted_prob_in_sample": ("probability of the prediction, in-sample", "probability"),
    "reason_prob": ("probability of the reason", "probability"),
    "cluster": ("cluster of the embedding", ""),
    "x": ("map x", ""),
    "y": ("map y", ""),
}
MEANINGS = {
    "difficulty_in_class": "difficulty ranked among the examples of its class",
    "error_prob": "chance that a fresh model gets it wrong as labelled, calibrated out-of-sample",
    "loss_oos": "loss under a linear head on the embeddings that was not fitted on the example",
    "margin_oos": "margin under a linear head on the embeddings that was not fitted on the example",
    "entropy_oos": "entropy under a linear head on the embeddings that was not fitted on the example",
}
"""Scores without a page of their own among the scores; each can be sorted by."""
ON_A_LOG_AXIS = ("loss", "loss_oos")
"""Scores whose distribution has a shape on a logarithmic axis only."""
KEPT_BYTES = 64 << 20
"""How much of the encoded columns stays in memory, over all runs; browsers keep their own copy."""

_described: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
_skipped: dict[tuple[str, str, str], dict[str, str]] = {}
_encoded: dict[tuple[str, str, str, str], bytes] = {}
_lock = threading.Lock()


def described(level: Level) -> dict[str, dict[str, Any]]:
    """Each servable column by name: kind ('number', 'category', 'bool'), byte type, title, unit and meaning.

    Numbers have `min` and `max`; categories and booleans the `names` of their codes, classes in the run's
    order. Text columns are not served.
    """
    key = _key(level)
    if key not in _described:
        # One column at a time: a million rows of forty columns need not be in memory at once.
        found, skipped = {}, dict(level.source.skipped)
        for name, kind in level.columns().items():
            try:
                if kind != "text":
                    found[name] = _describe(level, name, kind)
            except (HemError, ArithmeticError, ValueError, TypeError) as error:  # whatever a user's column holds
                skipped[name] = f"its values cannot be shown: {error}"
        with _lock:
            _described.pop(next(iter(_described)), None) if len(_described) > 8 else None
            _described[key], _skipped[key] = found, skipped
    return _described[key]


def skipped(level: Level) -> dict[str, str]:
    """The columns of a level's files that cannot be shown -> why."""
    described(level)
    return _skipped[_key(level)]


def encoded(level: Level, name: str) -> bytes:
    """A described column's bytes: float32 numbers, or the codes of categories; little-endian, one per row."""
    key = (*_key(level), name)
    known = _encoded.get(key)
    if known is None:
        column, values = described(level)[name], pd.Series(level.table([name])[name])
        is_number = column["kind"] == "number"
        content = payloads.numbers(values) if is_number else payloads.codes(values, column["names"])
        with _lock:
            while _encoded and sum(map(len, _encoded.values())) + content.nbytes > KEPT_BYTES:
                _encoded.pop(next(iter(_encoded)))
            _encoded[key] = found = content.astype(content.dtype.newbyteorder("<"), copy=False).tobytes()
        return found
    return known


def words_of(name: str) -> tuple[str, str]:
    """The title and the unit of a column: the same on an axis, a chip, in a tooltip and in a heading."""
    title, unit = OTHER_WORDS.get(name, (name.replace("_", " "), ""))
    return title, unit or str(_card(name).get("unit") or "")


def meaning(level: Level, name: str) -> str:
    """What a column of a level says, in a sentence; "" for a column of the user's own."""
    if name == "reason":
        return trust(level.info).sentence
    made = level.info.get("headline", {}).get(name)
    return str(MEANINGS.get(name) or made or _card(name).get("meaning") or "")


def _key(level: Level) -> tuple[str, str, str]:
    return str(level.folder), level.info["fingerprint"], level.name


def _describe(level: Level, name: str, kind: str) -> dict[str, Any]:
    values = pd.Series(level.table([name])[name])
    title, unit = words_of(name)
    column: dict[str, Any] = {"kind": kind, "title": title, "unit": unit, "meaning": "", "is_score": False}
    column["missing"] = int(values.isna().sum())
    if kind == "number":
        low, high = payloads.extent(payloads.numbers(values))
        column |= {"type": "<f4", "min": low, "max": high, "is_log": name in ON_A_LOG_AXIS} | _card(name)
    else:
        found = payloads.names(values, level.classes if name in CLASS_COLUMNS else ("false", "true"))
        column |= {"type": payloads.code_type(len(found)), "names": found}
    if name in level.info.get("headline", {}) or name in MEANINGS:
        column["is_score"] = True
    column["meaning"] = meaning(level, name)
    return column


def _card(name: str) -> dict[str, Any]:
    import hem_core.scores

    is_windowed = name == "aum_windowed"
    try:
        card = hem_core.scores.describe("aum" if is_windowed else name)
    except (HemError, AttributeError):
        return {}
    shown = {key: str(card.get(key) or "") for key in ("meaning", "range", "unit", "cost", "use", "reference")}
    if is_windowed:
        shown["meaning"] += " Only the epochs up to the first with a training accuracy of 70% count."
    return {**shown, "is_score": True}
