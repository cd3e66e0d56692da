"""The user's train function at work in a run: once on everything, and once without each fold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import torch
from torch import nn

from hem_core.dynamics.table import Dynamics
from hem_core.engine.extra import Extra, rows_of
from hem_core.engine.network import Network
from hem_core.engine.plan import Plan, make_key
from hem_core.engine.progress import Progress
from hem_core.errors import DataError, ModelError
from hem_core.folds.assign import assign
from hem_core.folds.cached_inputs import CachedInputs
from hem_core.folds.cross_fit import CrossFit, Everything, cross_fit, fit_all, trainings_of
from hem_core.folds.head_predictions import FOLDS
from hem_core.folds.oos_columns import OutOfSample
from hem_core.folds.training import BATCH, FOLDER, Trainings, keep, kept
from hem_core.models.train_function import TrainFunction
from hem_core.runs.options import Options
from hem_core.runs.prepare import Prepared, data_key, is_picture, placed

TrainsElsewhere: TypeAlias = Callable[["Trainer", np.ndarray, Extra | None], None]
"""Called with the trainer, the folds (N,) and the extra examples; what it trains is on disk afterwards."""


@dataclass(frozen=True, eq=False)
class Trainer:
    """A train function and its data set; every training is stored in the run's folder."""

    train: TrainFunction
    plan: Plan
    ready: Prepared
    options: Options
    progress: Progress
    elsewhere: TrainsElsewhere | None = None
    """Trains folds in other processes; None: this one trains them all."""

    @property
    def n_folds(self) -> int:
        """The requested number of folds, or the default."""
        return self.options.oos if isinstance(self.options.oos, int) else FOLDS

    @cached_property
    def everything(self) -> Everything:
        """The model trained on all examples and its predictions for them, which are kept across a kill."""
        return fit_all(self.trainings)

    @cached_property
    def network(self) -> Network:
        """The model trained on all examples, for more predictions; where an earlier process trained it, it comes from
        the checkpoint of the train function, and from another training if the function takes none."""
        model = self.everything.model
        if model is None:
            model = fit_all(self.trainings, again=True).model
        assert model is not None
        return self.place(model)

    def embedded(self, extra: Extra) -> np.ndarray | None:
        """Embeddings (P, D) of extra examples by the model of all examples, stored on disk; None when it has none."""
        path = self.plan.folder / FOLDER / "extra.npz"
        key = make_key(extra=extra.digest(), plan=self.plan.key)
        arrays = kept(path, key)
        if arrays is None:
            arrays = {"embeddings": self._features(extra)}
            keep(path, key, arrays)
        return arrays["embeddings"] if arrays["embeddings"].size else None

    @torch.inference_mode()
    def _features(self, extra: Extra) -> np.ndarray:
        parts = []
        for start in range(0, len(extra), BATCH):
            at = np.arange(start, min(start + BATCH, len(extra)))
            _logits, features = self.network.forward(rows_of(extra.values, at))
            if features is None:
                return np.empty((0, 0), np.float32)
            parts.append(features.float().cpu().numpy())
        return np.concatenate(parts)

    def folds(self, fold: np.ndarray, extra: Extra | None = None, beside: Dynamics | None = None) -> CrossFit:
        """Predictions of the folds' models; fold (N,) over the catalog, -1 = neither trained on nor predicted; beside:
        the recording of another training, which counts in the mean of the dynamics as one of a fold."""
        repeats = self.options.repeats
        if self.elsewhere is not None:
            self.elsewhere(self, fold, extra)
        return cross_fit(self.trainings, fold=fold, n_folds=self.n_folds, extra=extra, repeats=repeats, beside=beside)

    def assigned(self, rows: np.ndarray, targets: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
        """(N,) fold of every row of the catalog; rows (n,): those that were scored; groups (n,) of near-duplicates."""
        fold = np.full(len(self.ready.ids), -1, np.int64)
        fold[rows] = assign(self.ready.task.strata(targets), self.n_folds, groups=groups, seed=self.options.seed)
        return fold

    def place(self, model: nn.Module) -> Network:
        """The trained model on its device, with the layer of its embedding."""
        assert self.ready.inputs is not None
        return placed(model, self.ready.inputs, len(self.ready.ids), self.ready.facts, self.options)[0]

    def _placed_to_predict(self, model: nn.Module) -> Network:
        """The trained model without the text–image model beside it: the pass over the units embeds the examples."""
        return replace(self.place(model), embedder=None)

    @cached_property
    def trainings(self) -> Trainings:
        """What all trainings of the run share."""
        if self.ready.inputs is None:
            raise ModelError("--train wants examples to train on: pictures, texts, features or arrays")
        if self.ready.held_out.all():
            raise DataError(
                f"all {len(self.ready.ids):,} examples are of the test or validation split, on which --train trains "
                "nothing; score the training examples too, or drop the column 'split'"
            )
        return trainings_of(
            self.train,
            folder=self.plan.folder,
            inputs=CachedInputs(self.ready.inputs, len(self.ready.ids)),
            ids=self.ready.ids,
            targets=self.ready.targets,
            classes=self.ready.classes,
            seed=self.options.seed,
            place=self._placed_to_predict,
            is_picture=is_picture(self.ready.facts),
            data_key=data_key(self.ready),
            held_out=self.ready.held_out,
            task=self.ready.task,
            progress=self.progress.tell,
        )


def found_out(trainer: Trainer, rows: np.ndarray, fold: np.ndarray, crossed: CrossFit) -> OutOfSample:
    """What the folds' models said of the scored rows (n,). Raises DataError when one could not be asked."""
    logits = crossed.logits[rows]
    unknown = np.flatnonzero(np.isnan(logits).any(axis=1))
    if len(unknown):
        id = trainer.ready.ids[int(rows[unknown[0]])]
        raise DataError(f"the models of the folds give no finite logits for '{id}' and {len(unknown) - 1} more")
    return OutOfSample("folds", logits, fold[rows], task=trainer.ready.task)
