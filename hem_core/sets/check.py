"""Does a new model fail more of a set than the stored run says? A regression test."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from hem_core.engine.batch import Values
from hem_core.engine.network import Network, borrowed, channels_wanted, choose_device, place
from hem_core.engine.progress import Listener
from hem_core.engine.stored_inputs import StoredInputs, stored_inputs
from hem_core.errors import DataError, ModelError
from hem_core.models import factory
from hem_core.models.estimator import Estimator
from hem_core.runs.prepare import DEFAULT_BATCH
from hem_core.sets.opened_set import OpenedSet, open_set
from hem_core.sets.own_factory import WAY, is_weights, own_factory
from hem_core.sets.run_of_set import check_examples
from hem_core.store import definitions
from hem_core.store.run import Run
from hem_core.tasks import ComparesWithRun, answers_of, of
from hem_core.thresholds import WRONG


@dataclass(frozen=True)
class Failure:
    """One example that the new model gets wrong and the stored run got right."""

    id: str
    label: str
    predicted: str


@dataclass(frozen=True)
class Check:
    """A model on a set; the counts are over the `n_checked` examples that are as they were."""

    set: str
    version: int
    run: str
    model: str
    n: int
    n_checked: int
    failed_before: int
    failed_now: int
    newly_failing: list[Failure]
    fixed: list[str]
    """Ids that the stored run got wrong and the new model gets right."""
    changed: list[str]
    """Ids whose content is no longer that of the run; not counted."""
    unreadable: dict[str, str]
    """Id -> why it could not be read or has no label; not counted."""

    @property
    def is_passed(self) -> bool:
        return self.failed_now <= self.failed_before

    def to_json(self) -> dict[str, Any]:
        """Every field, and `passed`."""
        return {"passed": self.is_passed, **asdict(self)}


def check(
    workspace: Path | str,
    name: str,
    model: Any,
    *,
    version: int | None = None,
    weights: Path | str | None = None,
    device: str | None = None,
    batch_size: int | None = None,
    progress: Listener | None = None,
) -> Check:
    """Score the rows of a set with another model and count against the run that the set was made from.

    name: "hard", "hard_v3"; model: a module, a fitted estimator, "package.module:factory", a transformers folder, or a
    file of weights for the factory that the run names. Right is what predicts the set's label, corrections included.
    Raises HemError when the set, its run or its data are gone, the model does not fit, or nothing can be checked.
    """
    opened = open_set(workspace, name, version)
    return check_opened(opened, model, weights=weights, device=device, batch_size=batch_size, progress=progress)


def check_opened(
    opened: OpenedSet,
    model: Any,
    *,
    weights: Path | str | None = None,
    device: str | None = None,
    batch_size: int | None = None,
    progress: Listener | None = None,
) -> Check:
    """The same for a set that has been read."""
    check_examples(opened.manifest, "hem check")
    examples, run = opened.rows, opened.run
    called = model if isinstance(model, str) else type(model).__name__
    module = _module(run, model, weights)
    stored = stored_inputs(run, channels=channels_wanted(module))
    labels = _texts(examples["id"].tolist(), examples["label"].tolist())
    before, task = _before(run, examples), of(run.info)
    with borrowed(module):
        raw, predicted, changed, unreadable = _predict(
            run, module, stored, list(labels), device=device, batch_size=batch_size, progress=progress
        )
    unreadable |= {id: "no label in the set" for id in predicted if id not in before or labels[id] is None}
    ids = [id for id in labels if id in predicted and id not in unreadable]
    if not ids:
        why = f"{len(changed):,} have changed since it was scored, {len(unreadable):,} cannot be read"
        raise DataError(f"nothing of set '{opened.name}' v{opened.version} can be checked: {why}; score again")
    if "classes" in task.offers:
        was_wrong = {id for id in ids if before[id] != labels[id]}
        is_wrong = {id for id in ids if predicted[id] != labels[id]}
    else:
        errors = run.query({"all": [{"rows": ids}, definitions.ERROR]}, columns=["id"])
        targets = task.encode([labels[id] for id in ids], run.classes)
        if isinstance(task, ComparesWithRun):
            stored_columns = run.table(["id", *task.yardsticks]).set_index("id").loc[ids]
            columns = {name: stored_columns[name].to_numpy() for name in task.yardsticks}
            now = task.errors_by(np.stack([raw[id] for id in ids]), targets, columns)
        else:
            now = task.errors(np.stack([raw[id] for id in ids]), targets)
        was_wrong, is_wrong = set(errors["id"]), {id for id, error in zip(ids, now, strict=True) if not error < WRONG}
    newly = [Failure(id, str(labels[id]), predicted[id]) for id in ids if id in is_wrong - was_wrong]
    fixed = [id for id in ids if id in was_wrong - is_wrong]
    counts = (len(labels), len(ids), len(was_wrong), len(is_wrong))
    return Check(opened.name, opened.version, run.name, called, *counts, newly, fixed, changed, unreadable)


def _module(run: Run, model: Any, weights: Path | str | None) -> nn.Module:
    answers = answers_of(of(run.info))
    if not isinstance(model, str):
        return factory.as_module(model, type(model).__name__, answers=answers)
    if not is_weights(model, weights):
        return factory.load(model, weights, answers=answers)
    named = own_factory(run)
    try:
        return factory.load(named, model, answers=answers)
    except ModelError as error:
        raise ModelError(f"{error} (the factory is the one that run '{run.name}' names; for another, {WAY})") from error


def _before(run: Run, examples: Any) -> dict[str, str | None]:
    """What the stored run predicted: as the set keeps it, else as the run says now."""
    table = examples if "predicted" in examples.columns else run.table(["id", "predicted"])
    return _texts(table["id"].tolist(), table["predicted"].tolist())


def _texts(ids: list[str], values: list[Any]) -> dict[str, str | None]:
    return {id: value if isinstance(value, str) else None for id, value in zip(ids, values, strict=True)}


@torch.inference_mode()
def _predict(
    run: Run,
    module: nn.Module,
    stored: StoredInputs,
    ids: list[str],
    *,
    device: str | None,
    batch_size: int | None,
    progress: Listener | None,
) -> tuple[dict[str, np.ndarray], dict[str, str], list[str], dict[str, str]]:
    """Id -> raw output (W,); id -> prediction ("" where the output is NaN); ids whose content changed; id -> why it
    cannot be read."""
    names, hashes = stored.catalog["id"].to_pylist(), _hashes(stored)
    unreadable = {id: "not in the data of the run" for id in ids if id not in stored.row_of}
    rows = [stored.row_of[id] for id in ids if id in stored.row_of]
    where = choose_device("cpu" if isinstance(module, Estimator) else device)
    size = batch_size or DEFAULT_BATCH.get(where.type, 256)
    network, classes = None, list(run.classes)
    task, found_raw = of(run.info), {}
    predicted: dict[str, str] = {}
    changed: list[str] = []
    for batch in stored.batches(rows, size):
        unreadable |= {names[index]: reason for index, reason in batch.failures}
        if not batch.indices:
            continue
        if network is None:
            network, classes = _placed(run, module, stored, batch.values, where)
        raw, _features = network.forward(batch.values)
        is_finite = task.finite(raw).isfinite().all(dim=1).tolist()
        values = raw.cpu().numpy()
        found = task.written(task.predicted(values), classes)
        for at, (index, digest) in enumerate(zip(batch.indices, batch.hashes, strict=True)):
            if hashes[index] not in (None, digest):
                changed.append(names[index])
            else:
                found_raw[names[index]] = values[at]
                predicted[names[index]] = str(found[at]) if is_finite[at] else ""
        if progress is not None:
            progress("score", len(predicted) + len(changed), len(rows))
    return found_raw, predicted, changed, unreadable


def _placed(
    run: Run, module: nn.Module, stored: StoredInputs, sample: Values, device: torch.device
) -> tuple[Network, list[str]]:
    """The model on its device, and the classes of its outputs in their order."""
    task = of(run.info)
    network, n_outputs = place(module, device, sample, is_picture=stored.is_picture, layer="none", task=task)
    if "classes" not in task.offers:
        if n_outputs != task.width(()):
            raise ModelError(f"the model has {n_outputs} outputs; the task '{task.name}' wants {task.width(())}")
        return network, []
    labels = [str(label) for label in getattr(module, "class_labels", None) or ()]  # an estimator's
    names = [str(name) for name in getattr(module, "class_names", None) or ()]  # a transformers model's
    if labels and set(labels) <= set(run.classes):
        return network, labels
    if names and set(names) == set(run.classes):
        return network, names
    if n_outputs != len(run.classes):
        raise ModelError(
            f"the model has {n_outputs} outputs and run '{run.name}' has {len(run.classes)} classes "
            f"({', '.join(run.classes[:5])} …): check a model of the same classes"
        )
    return network, list(run.classes)


def _hashes(stored: StoredInputs) -> list[str | None]:
    if "content_hash" not in stored.catalog.column_names:
        return [None] * stored.catalog.num_rows
    return stored.catalog["content_hash"].to_pylist()
