"""How the model does on examples that it was not trained on, in a sentence."""

from collections.abc import Mapping
from typing import Any

from app import words

OPTIMISTIC_POINTS = 2
"""Points by which a head must beat the held-out accuracy before it is called optimistic."""

HOW = {
    "folds": "retrained from scratch on {folds} folds, each without the examples that it predicts",
    "head": "a linear head on the frozen embeddings, fitted on {folds} folds, each without the examples that "
    "it predicts",
}


def sentence(info: Mapping[str, Any]) -> str | None:
    """`Out-of-sample accuracy 88.4% …, 3.8 points below in-sample`; None when the run has measured neither."""
    oos = info.get("oos")
    if not oos or "accuracy" not in oos:
        return None
    repeats = int(oos.get("repeats") or 1)
    how = HOW.get(str(oos.get("how")), "in {folds} folds").format(folds=oos.get("folds"))
    how += f", {words.count(repeats, 'time')}" if repeats > 1 else ""
    accuracy = f"Out-of-sample accuracy {words.percent(oos.get('accuracy'))} ({how})"
    return f"{accuracy}{_gap(oos.get('accuracy'), oos.get('in_sample_accuracy'))}.{_optimism(info, oos)}"


def _gap(out: float | None, inside: float | None) -> str:
    if out is None or inside is None:
        return ""
    points = 100 * (inside - out)
    on_its_own = f"in-sample accuracy {words.percent(inside)}"
    if points < 0.5:
        return f"; {on_its_own}: no gap"
    size = (
        "a large gap: the model has memorised part of these examples" if points >= 10 else f"{points:.1f} points higher"
    )
    return f"; {on_its_own}, {size}"


def _optimism(info: Mapping[str, Any], oos: Mapping[str, Any]) -> str:
    """A head is out-of-sample, the embeddings that it reads are not: where a held-out set shows it, it is said."""
    held_out, accuracy = info.get("held_out_accuracy"), oos.get("accuracy")
    is_head = oos.get("how") == "head"
    if not is_head or held_out is None or accuracy is None or 100 * (accuracy - held_out) < OPTIMISTIC_POINTS:
        return ""
    return (
        f" On held-out examples the model has {words.percent(held_out)}: its embeddings were trained on the examples "
        "of this run, so the out-of-sample figures here are optimistic."
    )
