"""`hem score`, `hem select` and `hem retrain` as they are shipped, as arms beside the others of an experiment."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _arms import train_on
from torch import Tensor, nn

import hem_core
from hem_core.retrain.retrain import retrain
from hem_core.retrain.settings import Settings
from hem_core.selection.review_queue import review_queue
from hem_core.sets.select import save, select
from hem_core.store.workspace import open_workspace

Way = tuple[Callable[..., Any], str]
"""A train function and a recipe."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What a retraining of one seed predicts on the test set."""

    arms: dict[str, np.ndarray]
    """Arm -> class numbers (T,), in the order of the test."""
    forced: list[str]
    """The refusals that --force overrode."""


def retrained(
    source: Path,
    test: Path,
    ways: Mapping[str, Way],
    n: int,
    *,
    seed: int,
    arms: Mapping[str, tuple[str, ...]] | None = None,
    group: str | None = None,
) -> dict[str, Answers]:
    """Way -> answers on the test set, for a set of n examples by the default chain.

    source, test: .npz of images, labels, ids and classes. The first way's train function makes the run. arms: those of
    a way that has not all three; group: as `hem retrain --group`.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        run = scored(home, source, next(iter(ways.values()))[0], seed)
        save(home, "hard", run.examples, select(run.examples, n=n, seed=seed), made_by="benchmark")
        return {
            name: answers(home, function, test, recipe, (arms or {}).get(name, Settings.arms), group)
            for name, (function, recipe) in ways.items()
        }


def reviewed(
    source: Path, test: Path, function: Callable[..., Any], n: int, right: np.ndarray, seed: int
) -> tuple[Answers, np.ndarray]:
    """The answers after n examples of Review's own queue were judged, and the rows of these examples.

    right (N,): the labels that the reviewer gives. Who is judged is the set, as on the Sets page.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        run = scored(home, source, function, seed)
        place = {id: row for row, id in enumerate(run.table(["id", "index"]).sort_values("index")["id"])}
        queue = review_queue(run.table(), seed=seed, limit=n)
        rows = np.array([place[id] for id in queue["id"]])
        with np.load(source) as data:
            given, classes = data["labels"], data["classes"]
        tags = open_workspace(home).tags()
        kept = queue["id"][given[rows] == right[rows]].tolist()
        for label in range(len(classes)):
            wrong = queue["id"][(given[rows] != right[rows]) & (right[rows] == label)].tolist()
            if wrong:
                tags.add(run.data, wrong, "mislabelled", who="benchmark", value=str(classes[label]))
        tags.add(run.data, kept, "hard", who="benchmark")
        judged = select(run.examples, n=n, rule={"all": [{"rows": queue["id"].tolist()}]})
        save(home, "reviewed", run.examples, judged, made_by="benchmark")
        return answers(home, function, test, "auto", arms=("control", "curated")), rows


def scored(home: Path, source: Path, function: Callable[..., Any], seed: int) -> Any:
    """The run of five folds, all else by default but the map, in a workspace."""
    return hem_core.score(None, source, out=home / "runs" / "first", train=function, oos=5, has_map=False, seed=seed)


def answers(
    home: Path,
    function: Callable[..., Any],
    test: Path,
    recipe: str,
    arms: Sequence[str] = Settings.arms,
    group: str | None = None,
) -> Answers:
    """One seed of every arm, with the one set that there is."""
    (name,) = [path.name for path in (home / "sets").iterdir()]
    more = {"arms": arms, "recipe": recipe, "group": group}
    made = retrain(home, Settings(set=name, train=function, test=str(test), seeds=1, force=True, **more))
    table = made.examples().set_index("id")
    with np.load(test) as data:
        table, number = table.loc[data["ids"]], {str(label): k for k, label in enumerate(data["classes"])}
    predicted = {arm: table[f"predicted_{arm}"].map(number).to_numpy(np.int64) for arm in arms}
    return Answers(predicted, list(made.plan["forced"]))


def weighing(build: Callable[[], nn.Module], seed: int, epochs: int) -> Callable[..., Any]:
    """A train function that is `_arms.train` with this seed, whatever seed is asked for: arms begin with equal weights.

    Takes weights, for the losses.
    """

    def function(dataset: Any, weights: Tensor | None = None, recorder: Any = None) -> nn.Module:
        return train_on(build, seed, epochs, dataset, recorder, weights=weights)

    return function


def losing(build: Callable[[], nn.Module], seed: int, epochs: int) -> Callable[..., Any]:
    """The same, but it takes a loss function."""

    def function(dataset: Any, loss_fn: Callable[..., Tensor] | None = None, recorder: Any = None) -> nn.Module:
        return train_on(build, seed, epochs, dataset, recorder, loss_fn=loss_fn)

    return function


def plainly(build: Callable[[], nn.Module], seed: int, epochs: int) -> Callable[..., Any]:
    """The same, but it takes nothing."""
    return lambda dataset, recorder=None: train_on(build, seed, epochs, dataset, recorder)


def mixing(build: Callable[[], nn.Module], seed: int, epochs: int) -> Callable[..., Any]:
    """The same, but it takes a sampler, for the order."""

    def function(dataset: Any, sampler: Any = None, recorder: Any = None) -> nn.Module:
        def of_epoch(epoch: int) -> Tensor:
            sampler.set_epoch(epoch)
            return torch.tensor(list(sampler))

        return train_on(build, seed, epochs, dataset, recorder, rows=of_epoch if sampler is not None else None)

    return function
