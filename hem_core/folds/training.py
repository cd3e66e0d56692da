"""One training of the user's function and its model's predictions: done once, kept on disk, resumed after a kill."""

from __future__ import annotations

import random
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from hem_core.buckets.pieces import push_piece
from hem_core.dynamics.read import read as read_dynamics
from hem_core.dynamics.recorder import Recorder
from hem_core.dynamics.table import Dynamics
from hem_core.engine.batch import Values
from hem_core.engine.extra import Extra, rows_of
from hem_core.engine.network import Network
from hem_core.engine.plan import make_key
from hem_core.engine.progress import Listener
from hem_core.engine.unit import as_stored
from hem_core.errors import ModelError
from hem_core.folds.cached_inputs import CachedInputs
from hem_core.folds.training_set import TrainingSet
from hem_core.models.train_function import TrainFunction
from hem_core.store.atomic import remove_leftovers, write_arrays
from hem_core.tasks import MakesItems, Task, is_known, keeps_sizes, load, output_names, training_arguments

BATCH = 256
OF_ANY_SIZE = 8
"""Pictures that keep their sizes, asked together: those of detection have 100 times the pixels of a class's."""
FOLDER = "out_of_sample"


@dataclass(frozen=True, eq=False)
class Trainings:
    """What all trainings of one data set share. `place` puts a model on its device; `facts` go into every key."""

    train: TrainFunction
    folder: Path
    cached_inputs: CachedInputs
    ids: Sequence[str]
    targets: np.ndarray
    classes: Sequence[str]
    seed: int
    place: Callable[[nn.Module], Network]
    is_picture: bool
    weights: np.ndarray | None
    facts: dict[str, Any]
    progress: Listener | None
    held_out: np.ndarray | None = None
    """(N,) bool: of the test or validation split, so no training takes it; None where there is none."""
    task: Task = field(default_factory=load)

    @property
    def width(self) -> int:
        """W, the width of a model's raw output; for classification its number of classes K."""
        return self.task.width(self.classes)

    def key(self, **facts: Any) -> str:
        """What a kept result is called: another function, data set, seed or fold never passes for it."""
        return make_key(train=self.train.fingerprint, classes=list(self.classes), seed=self.seed, **self.facts, **facts)

    def recording(self, name: str) -> Path:
        """Where the recorder of a training writes."""
        return self.folder / FOLDER / f"recording_{name}"

    @cached_property
    def trainable(self) -> np.ndarray:
        """(N,) bool: has a label, can be read, and is not held out."""
        is_usable = self.cached_inputs.is_good & is_known(self.targets)
        return is_usable if self.held_out is None else is_usable & ~self.held_out

    def run(
        self, name: str, where: str, rows: np.ndarray, *, key: str, extra: Extra | None, planted: np.ndarray
    ) -> tuple[nn.Module, Network]:
        """Train on rows (n,) and the planted examples, recording into `recording(name)`.

        where: words for errors and progress, as "fold 2 of 5". key: what the result is kept under. A function that
        takes `checkpoint` resumes from it, and its recording too; any other starts from the beginning. Python's,
        numpy's and torch's own random numbers are seeded for the training and given back as they were. Raises
        ModelError, which begins with `where`.
        """
        checkpoint = self._checkpoint(name, key)
        if checkpoint is None or not checkpoint.exists():
            shutil.rmtree(self.recording(name), ignore_errors=True)
        recorder = Recorder(self.recording(name))
        dataset = TrainingSet(
            self.cached_inputs,
            rows,
            self.targets,
            self.ids,
            output_names(self.task, self.classes),
            is_picture=self.is_picture,
            extra=extra,
            planted=planted,
            task=self.task,
        )
        if "classes" in self.task.offers and len(np.unique(dataset.targets)) < 2:
            raise ModelError(f"{where}: its training has examples of fewer than 2 classes; nothing can be learned")
        self.tell(f"{where}: training", 0, 0)
        with seeded(self.seed):
            model = self.train(
                dataset,
                where=where,
                n_classes=len(self.classes),
                of_task=training_arguments(self.task),
                seed=self.seed,
                weights=self._weights(dataset),
                recorder=recorder,
                progress=lambda done, total: self.tell(f"{where}: training", done, total),
                **({"checkpoint": checkpoint} if checkpoint is not None else {}),
            )
            recorder.flush()
            with named(where):
                if isinstance(self.task, MakesItems):
                    self.task.check_trained(model)
                return model, self.place(model)

    def _checkpoint(self, name: str, key: str) -> Path | None:
        """Where the training of this key can keep its state; None for a function that takes no such path."""
        if not self.train.takes("checkpoint"):
            return None
        home = self.folder / FOLDER / f"checkpoint_{name}"
        if home.is_dir() and not any(path.name.startswith(key[:16]) for path in home.iterdir()):
            shutil.rmtree(home, ignore_errors=True)  # of another training
        home.mkdir(parents=True, exist_ok=True)
        return home / key[:16]

    @torch.inference_mode()
    def ask(
        self, network: Network, where: str, rows: np.ndarray, values: Values | np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Raw outputs (n, W) float32 and embeddings (n, D) or None of these rows of `values`, or of the data set.

        The embeddings are float16, or float32 where that is too narrow, as in a shard.
        """
        raw = np.full((len(rows), self.width), np.nan, dtype=np.float32)
        features: list[np.ndarray] = []
        at_once = OF_ANY_SIZE if keeps_sizes(self.task) else BATCH
        for start in range(0, len(rows), at_once):
            part = rows[start : start + at_once]
            with named(where):
                outputs, embeddings = network.forward(
                    self.cached_inputs.read(part) if values is None else rows_of(values, part)
                )
                if outputs.shape[1] != self.width:
                    wanted = f"there are {self.width} classes" if self.classes else f"wanted {self.width}"
                    raise ModelError(f"the model has {outputs.shape[1]} outputs; {wanted}")
                self._check(outputs, part if values is None else None)
            raw[start : start + at_once] = self.task.finite(outputs.float()).cpu().numpy()
            if embeddings is not None:
                features.append(as_stored(embeddings).cpu().numpy())
            self.tell(f"{where}: predicting", start + len(part), len(rows))
        return raw, np.concatenate(features) if features else None

    def dynamics(self, name: str) -> Dynamics | None:
        """What was recorded; None when the function never logged anything."""
        folder = self.recording(name)
        if not folder.is_dir() or not any(path.suffix == ".parquet" for path in folder.iterdir()):
            return None
        return read_dynamics(folder)

    def _check(self, raw: torch.Tensor, rows: np.ndarray | None) -> None:
        """Raise ModelError for answers that the task cannot read, such as labels beyond its classes.

        rows: of the data set, None for planted examples.
        """
        if rows is None or not isinstance(self.task, MakesItems):
            return
        wrong = self.task.problems(raw, torch.as_tensor(self.targets[rows]))
        if wrong:
            place, reason = min(wrong.items())
            raise ModelError(f"'{self.ids[int(rows[place])]}': {reason}")

    def tell(self, stage: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(stage, done, total)

    def _weights(self, dataset: TrainingSet) -> torch.Tensor | None:
        """Each example's, a planted one that of its source."""
        if self.weights is None:
            return None
        sources = dataset.extra.source[dataset.planted] if dataset.extra is not None else dataset.planted
        return torch.from_numpy(self.weights[np.concatenate([dataset.rows, sources])]).float()


def drop_checkpoints(folder: Path, name: str = "*") -> None:
    """Remove the states of trainings whose models are needed no more; of all of them by default."""
    for home in (folder / FOLDER).glob(f"checkpoint_{name}"):
        shutil.rmtree(home, ignore_errors=True)


def keep(path: Path, key: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Write the arrays of a training that is done, for `kept`; then in the bucket of the run, where it has one."""
    write_arrays(path, key=np.array(key), **arrays)
    push_piece(path)


def kept(path: Path, key: str) -> dict[str, np.ndarray] | None:
    """The arrays that were written under this key; None when there are none, or those of another key."""
    remove_leftovers(path.parent)
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored) if str(stored["key"]) == key else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


@contextmanager
def named(where: str) -> Iterator[None]:
    """Let a ModelError say where it happened."""
    try:
        yield
    except ModelError as error:
        raise ModelError(f"{where}: {error}") from error


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the global random numbers, for code that we did not write, and give them back as they were."""
    states = random.getstate(), np.random.get_state()
    devices = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])
