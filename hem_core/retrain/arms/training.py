"""One training of one arm, done once, with its model's predictions for the test examples stored."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save as to_bytes
from torch import nn

from hem_core.dynamics.recorder import Recorder
from hem_core.engine.batch import Values
from hem_core.engine.network import Network, choose_device
from hem_core.errors import ModelError
from hem_core.folds.training import BATCH, OF_ANY_SIZE, Trainings, kept, named, seeded
from hem_core.mining import MixtureSampler
from hem_core.models.estimator import Estimator
from hem_core.retrain.arms.arm_set import ArmSet
from hem_core.retrain.arms.balancing import adjust, balanced_loss
from hem_core.retrain.arms.batch_norm import reestimate
from hem_core.retrain.arms.counted_sampler import CountedSampler
from hem_core.retrain.arms.head_arm import head_logits
from hem_core.retrain.arms.job import Job
from hem_core.retrain.arms.recipe import HARD_SHARE, MOST_REPEATS, NATURAL_TAIL, TrainingRows
from hem_core.retrain.source import Source
from hem_core.runs.options import Options
from hem_core.runs.prepare import placed
from hem_core.store.atomic import write_arrays, write_bytes
from hem_core.tasks import MakesItems, keeps_sizes, output_names, training_arguments

Told = Callable[[int, int], None]


def run(job: Job, arm: str, seed: int, tell: Told) -> None:
    """Train an arm with a seed, store its model's predictions for the test, its weights, and, for the first seed, a
    run.

    The logits are written last: a killed training is repeated. tell(done, total): reports the progress.
    Raises ModelError, naming arm and seed.
    """
    where = f"{arm}, seed {seed}"
    n_epochs, seconds = 0, 0.0
    if arm == "head":
        logits = _head(job, seed)
    elif (known := job.from_control(arm, seed)) is not None:
        logits = known
    else:
        began = time.monotonic()
        logits, n_epochs = _trained(job, arm, seed, where, tell)
        seconds = time.monotonic() - began
    facts = {"epochs": np.array(n_epochs), "seconds": np.array(round(seconds, 3))}
    write_arrays(job.path(arm, seed), key=np.array(job.key_of(arm, seed)), logits=logits, **facts)


def _trained(job: Job, arm: str, seed: int, where: str, tell: Told) -> tuple[np.ndarray, int]:
    """Logits of the test, and how many epochs the function made where that was counted."""
    plan = job.training_rows(arm, seed)
    sampler = _sampler(job, plan, seed)
    dataset = ArmSet(
        job.source, job.material.rows[plan.places], plan.targets, output_names(job.source.task, job.classes)
    )
    with _scratch(job.folder / f"scratch_{arm}_{seed}") as scratch, seeded(seed):
        model = job.train(
            dataset,
            where=where,
            n_classes=len(job.classes),
            of_task=training_arguments(job.source.task),
            seed=seed,
            weights=None if plan.weights is None else torch.from_numpy(plan.weights).float(),
            sampler=sampler,
            **_loss_fn(job, plan, arm, seed),
            recorder=Recorder(scratch),
            progress=tell,
            device=str(choose_device(job.device)),
        )
        if isinstance(job.source.task, MakesItems):
            with named(where):
                job.source.task.check_trained(model)
        is_tapped = (job.has_head and arm == "control") or plan.how == "adjusted"
        network = _place(job, model, where, layer=None if is_tapped else "none")
        if plan.how == "adjusted":
            adjust(network, job.logit_offsets(arm, seed))
        if job.recipe == "mix":
            reestimate(network, _uniform(job, seed))
    logits, features = _ask(job, network, where, job.test, job.material.test_rows)
    if job.has_head and arm == "control":
        _keep_features(job, network, where, seed, features)
    if not isinstance(model, Estimator):
        write_bytes(job.path(arm, seed).with_suffix(".safetensors"), to_bytes(_tensors(model)))
    if seed == job.first_seed:
        with named(where):
            job.scored.score(arm, model)
    return logits, getattr(sampler, "n_epochs", 0)


def _loss_fn(job: Job, plan: TrainingRows, arm: str, seed: int) -> dict[str, Any]:
    """The argument loss_fn, for a function that names it: None where it trains with its own loss."""
    if not job.train.takes("loss_fn"):
        return {}
    return {"loss_fn": balanced_loss(job.class_counts(arm, seed)) if plan.how == "loss" else None}


@contextmanager
def _scratch(place: Path) -> Iterator[Path]:
    """A place for a recording that nobody reads, gone afterwards; the same training clears what a killed one left."""
    shutil.rmtree(place, ignore_errors=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _sampler(job: Job, plan: TrainingRows, seed: int) -> Any:
    """The mixture, whose natural end needs the number of epochs: as many as the control of the first seed made."""
    if plan.how != "sampler":
        return CountedSampler(len(plan.places), seed)
    known = kept(job.path("control", job.first_seed), job.key_of("control", job.first_seed))
    return MixtureSampler(
        len(plan.places),
        np.flatnonzero(plan.is_hard),
        epochs=max(1, int(known["epochs"])) if known else 1,
        share=HARD_SHARE,
        max_repeat=MOST_REPEATS,
        natural_last=NATURAL_TAIL,
        seed=seed,
    )


def _place(job: Job, model: nn.Module, where: str, *, layer: str | None) -> Network:
    options = Options(task=job.source.task.name, device=job.device, layer=layer)
    with named(where):
        return placed(model, job.source.inputs, len(job.source.ids), job.source.facts, options)[0]


def _ask(
    job: Job, network: Network, where: str, source: Source, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    asked = Trainings(
        job.train,
        job.folder,
        source.cached_inputs,
        source.ids,
        source.targets,
        job.classes,
        0,
        lambda _model: network,
        source.is_picture,
        None,
        {},
        None,
        task=source.task,
    )
    logits, features = asked.ask(network, where, rows)
    strange = np.flatnonzero(~np.isfinite(logits).all(axis=1))
    if len(strange):
        raise ModelError(f"{where}: the model gives no finite logits for '{source.ids[int(rows[strange[0]])]}'")
    return logits, features


def _uniform(job: Job, seed: int) -> Iterator[Values]:
    """Batches of training examples as they come, each once; a last one of less than half a batch is left out."""
    rows = np.random.default_rng([seed, 11]).permutation(job.material.rows)
    size = OF_ANY_SIZE if keeps_sizes(job.source.task) else BATCH
    for start in range(0, max(1, len(rows) - size // 2), size):
        yield job.source.cached_inputs.read(rows[start : start + size])


def _tensors(model: nn.Module) -> dict[str, torch.Tensor]:
    """The weights as safetensors takes them: on the CPU, each with memory of its own."""
    return {name: value.detach().cpu().clone().contiguous() for name, value in model.state_dict().items()}


def _features_path(job: Job, seed: int) -> Path:
    return job.folder / "arms" / "control" / f"features_{seed}.npz"


def _keep_features(job: Job, network: Network, where: str, seed: int, test: np.ndarray | None) -> None:
    train = _ask(job, network, where, job.source, job.material.rows)[1]
    if train is None or test is None:
        raise ModelError(f"{where}: the model has no last linear layer to refit; leave out the arm 'head'")
    write_arrays(_features_path(job, seed), key=np.array(job.key_of("features", seed)), train=train, test=test)


def _head(job: Job, seed: int) -> np.ndarray:
    found = kept(_features_path(job, seed), job.key_of("features", seed))
    if found is None:
        raise ModelError(f"head, seed {seed}: the control's weights are missing; delete {job.path('control', seed)}")
    material = job.material
    return head_logits(found["train"], material.curated, material.weight, found["test"], len(job.classes))
