"""The trainings of a loop: each is done once, stored on disk, and resumed after a kill."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hem_core.engine.budget import Budget
from hem_core.engine.plan import make_key
from hem_core.folds.training import kept
from hem_core.loop.labels import Labels
from hem_core.loop.policies_of_task import check_policies, with_uncertainty
from hem_core.loop.pool import Pool
from hem_core.loop.pool_choice import choose_picks
from hem_core.loop.pool_model import PoolPredictions, predict, trained
from hem_core.loop.pool_scores import WORDS, candidates
from hem_core.loop.settings import Settings
from hem_core.loop.timings import Timings
from hem_core.models.train_function import TrainFunction
from hem_core.store.atomic import write_arrays
from hem_core.tasks import is_known

Tell = Callable[[str, int, int], None]
QUIET = 5.0
"""Seconds."""
NONE = np.zeros(0, dtype=np.int64)


class OutOfTimeError(Exception):
    """The budget ends before the next training would; its argument is how many are done."""


@dataclass(eq=False)
class Lab:
    """A pool, a train function and the folder with the predictions of its models.

    folder/arms/<arm>/seed_<k>_round_<r>.npz: `rows` (n,) that the model was trained on, `targets` (n, …) as they were
    then, `test_logits` (T, W) float32, the raw outputs. Of the arms "start" and "mined" also what the next picks come
    from: `pool_rows` (c,), `predicted` (c, …), classes or what the task has instead, a column (c,) for each score, and
    the picks: `picks` (a,) positions in the order of picking, `picked_by` (a,) words, and `left_out` words with
    `n_left_out`.
    """

    folder: Path
    workspace: Path
    pool: Pool
    train: TrainFunction
    settings: Settings
    labels: Labels
    report_progress: Tell
    """Called with ("trainings", done, of how many)."""
    report_training: Tell | None = None
    """Called now and then during a training that takes longer than QUIET."""
    go_on: bool = False
    """Continue without the missing answers: a given label is kept, an example without one stays out."""
    done: set[Path] = field(default_factory=set)
    budget: Budget = field(default_factory=lambda: Budget(None))

    @cached_property
    def timings(self) -> Timings:
        return Timings(self.folder)

    @cached_property
    def start_targets(self) -> np.ndarray:
        """(N, …), -1 or NaN without a label, as people had corrected them when the loop began."""
        return self.labels.targets(self.pool)

    @cached_property
    def candidates(self) -> np.ndarray:
        """(c,) positions that may be trained on: not ruled out, and labelled unless a person answers."""
        free = self.labels.candidates(self.pool)
        return free if self.settings.by_person else free[is_known(self.start_targets)[free]]

    @cached_property
    def start_strata(self) -> np.ndarray:
        """(N,) int64, -1 without a label: the classes, or by what else the task spreads a start evenly."""
        return self.pool.task.strata(self.start_targets)

    def step_arrays(
        self,
        arm: str,
        seed: int,
        round: int,
        rows: np.ndarray,
        targets: np.ndarray,
        *,
        picked_before: np.ndarray = NONE,
    ) -> dict[str, np.ndarray]:
        """The arrays of the model trained on `rows` (n,) with targets (N, …); trained now, or read from disk.

        picked_before: positions that were picked before and are not to be picked again.
        """
        path = self.folder / "arms" / arm / f"seed_{seed}_round_{round}.npz"
        is_mining = arm in ("start", "mined")
        mining = self.settings.facts() | {"gone": _digest(picked_before)} if is_mining else None
        key = self._key(rows, targets, seed, mining)
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = kept(path, key)
        if arrays is None:
            if not self.budget.allows(self.timings.longest):
                raise OutOfTimeError(len(self.done))
            self.report_progress("trainings", len(self.done), self.settings.n_trainings)
            number = seed - self.settings.seed + 1
            where = f"seed {number} of {self.settings.seeds}, {arm}" + (f", round {round}" if round else "")
            began = time.monotonic()
            arrays = self._trained(where, seed, round, rows, targets, picked_before if is_mining else None)
            write_arrays(path, key=np.array(key), **arrays)
            self.timings.add(time.monotonic() - began)
            self.report_progress("trainings", len(self.done | {path}), self.settings.n_trainings)
        self.done.add(path)
        return arrays

    def n_on_disk(self) -> int:
        """How many trainings are stored, those of other settings among them."""
        return sum(1 for _path in self.folder.glob("arms/*/seed_*.npz"))

    def _key(self, rows: np.ndarray, targets: np.ndarray, seed: int, mining: dict[str, Any] | None) -> str:
        """The key of a stored result, which changes with the function, the data set and the settings."""
        return make_key(
            pool=self.pool.key,
            train=self.train.fingerprint,
            labels=self.labels.key,
            draws=self.draws,
            rows=_digest(rows),
            targets=_digest(targets[rows]),
            seed=seed,
            mining=mining,
        )

    @property
    def draws(self) -> int:
        return self.settings.draws or len(self.candidates)

    def _trained(
        self, where: str, seed: int, round: int, rows: np.ndarray, targets: np.ndarray, gone: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        pool, train = self.pool, self.train
        progress = self._progress()
        network = trained(pool, train, rows, targets, seed=seed, draws=self.draws, where=where, progress=progress)
        test = pool.test.cached_inputs, pool.test.rows
        tested = predict(network, pool.task, pool.classes, test, where=where)
        arrays = {"rows": rows, "targets": targets[rows], "test_logits": tested.raw}
        if gone is None:
            return arrays
        others = np.setdiff1d(self.candidates, np.concatenate([rows, gone]))
        answers = predict(network, pool.task, pool.classes, (pool.cached_inputs, others), where=where)
        return arrays | self._choice(others, answers, targets, seed * 1000 + round)

    def _choice(
        self, others: np.ndarray, answers: PoolPredictions, targets: np.ndarray, seed: int
    ) -> dict[str, np.ndarray]:
        """The scores of the candidates (c,) and the picks among them. Raises HemError for a policy that cannot choose
        by them."""
        task, settings = self.pool.task, self.settings
        table = candidates(self.pool, others, answers, targets)
        columns = [str(name) for name in table.columns if name not in WORDS]
        check_policies(
            task,
            settings.policies,
            settings.policy_options,
            columns,
            has_embeddings=answers.embeddings is not None,
        )
        picks = choose_picks(
            table,
            answers.embeddings,
            min(settings.add, len(others)),
            policies=settings.policies,
            options=with_uncertainty(task, settings.policies, settings.policy_options),
            seed=seed,
        )
        predicted = task.predicted(answers.raw)
        return {
            "pool_rows": others,
            "predicted": predicted.astype(np.int32) if predicted.dtype.kind == "i" else predicted,
            **{name: table[name].to_numpy() for name in columns},
            "picks": others[picks.places],
            "picked_by": np.array(picks.picked_by, dtype=np.str_),
            "left_out": np.array(list(picks.counts), dtype=np.str_),
            "n_left_out": np.array(list(picks.counts.values()), dtype=np.int64),
        }

    def _progress(self) -> Callable[[int, int], None]:
        """Tells of a training now and then, once it takes longer than QUIET."""
        quiet_until = time.monotonic() + QUIET

        def progress(done: int, total: int) -> None:
            nonlocal quiet_until
            if time.monotonic() > quiet_until and self.report_training is not None:
                quiet_until = time.monotonic() + QUIET
                self.report_training("training in progress", done, max(done, total) if total else 0)

        return progress


def _digest(values: np.ndarray) -> str:
    kind = np.float32 if values.dtype.kind == "f" else np.int64
    return hashlib.sha256(np.ascontiguousarray(values, kind).tobytes()).hexdigest()
