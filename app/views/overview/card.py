"""The card of a run's model, data and checkpoint, and how well it does, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import loaders, widgets, words

if TYPE_CHECKING:
    from app.views.overview.glance import Overview
    from hem_core.store.level import Level
    from hem_core.store.run import Run


def card(run: Run, level: Level, counted: Overview) -> dict[str, str]:
    """What is known of the model, the data and the checkpoint of a level's run: name -> value, in words."""
    info = run.info
    model, data = info.get("model") or {}, info.get("data") or {}
    neighbours = info.get("neighbours")
    one, recall = words.one(level.name), words.percent(neighbours["recall"]) if neighbours else ""
    graph = f"{neighbours['k']} per {one}, {neighbours['method']}, recall {recall}" if neighbours else None
    facts = {
        "Sample": widgets.sample_of(level)[0],
        "Model": model.get("name"),
        "Checkpoint": str(model.get("hash") or "")[:12],
        "Embedding": f"read at the layer “{model['layer']}” of the model" if model.get("layer") else None,
        "Data": f"{data.get('name', '–')} ({data.get('source', 'unknown source')})",
        "Data folder": str(run.root or ""),
        **_measured(level),
        **_arguments(level),
        "In-sample accuracy": _in_sample(counted),
        "Out-of-sample": _out_of_sample(info.get("oos") or {}),
        "Held-out accuracy": _held_out(run),
        "Neighbours": graph,
        "Scored": words.moment(info.get("created")),
        "Peak memory": f"{info['peak_memory_mb']:,.0f} MB" if info.get("peak_memory_mb") else None,
    }
    return {name: str(value) for name, value in facts.items() if value}


def _measured(level: Level) -> dict[str, str]:
    """Every metric of the level in words, with the number of rows that it is measured on."""
    metrics = loaders.metrics(level)
    judged = loaders.overview(level).judged
    return {_title(metric.name): f"{metric} (n = {metric.n or judged:,})" for metric in metrics}


def _title(name: str) -> str:
    """A metric's name as a title: mAP and macro F1 as they are written."""
    return name.capitalize() if name.islower() else name


def _arguments(level: Level) -> dict[str, str]:
    """What the arguments of the task were set to, such as the IoU from which a box is right."""
    from hem_core.tasks import arguments_in_words

    task = loaders.task(level)
    found = arguments_in_words(task) if task is not None else {}
    return {f"{words[:1].upper()}{words[1:]}": str(value) for words, value in found.items()}


def _held_out(run: Run) -> str | None:
    if not run.classes:
        return None
    held_out = run.info.get("held_out_accuracy")
    return words.percent(held_out) if held_out is not None else "not measured"


def _in_sample(facts: Overview) -> str | None:
    """That of the model itself on the examples that it was trained on, where another prediction counts."""
    if facts.in_sample_errors is None:
        return None
    return f"{words.percent(1 - facts.in_sample_errors / max(1, facts.judged))}, the model itself"


def _out_of_sample(oos: dict) -> str | None:
    if not oos:
        return None
    how = {"folds": "trained on folds", "head": "linear head on the embeddings"}.get(str(oos.get("how")), "")
    measured = f"{words.percent(oos['accuracy'])} accuracy, " if "accuracy" in oos else ""
    return f"{measured}{oos.get('folds')} folds, {how}"
