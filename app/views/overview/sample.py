"""How the model does on examples that it was not trained on, in a sentence."""

from collections.abc import Mapping
from typing import Any

from app import words

HOW = {
    "folds": "retrained from scratch on {folds} folds, each without the examples it is asked about",
    "head": "a linear head on the frozen embeddings, fitted on {folds} folds without the examples it is asked about",
}


def sentence(info: Mapping[str, Any]) -> str | None:
    """`Out-of-sample accuracy 88.4% …, 3.8 points below in-sample`; None when the run has measured neither."""
    oos = info.get("oos")
    if not oos:
        return None
    repeats = int(oos.get("repeats") or 1)
    how = HOW.get(str(oos.get("how")), "in {folds} folds").format(folds=oos.get("folds"))
    how += f", {words.count(repeats, 'time')}" if repeats > 1 else ""
    said = f"Out-of-sample accuracy {words.percent(oos.get('accuracy'))} ({how})"
    return f"{said}{_gap(oos.get('accuracy'), oos.get('in_sample_accuracy'))}."


def _gap(out: float | None, inside: float | None) -> str:
    if out is None or inside is None:
        return ""
    points = 100 * (inside - out)
    on_its_own = f"on the examples it was trained on it has {words.percent(inside)}"
    if points < 0.5:
        return f"; {on_its_own}: no gap"
    size = "a large gap: it has learned part of them by heart" if points >= 10 else f"{points:.1f} points more"
    return f"; {on_its_own}, {size}"
