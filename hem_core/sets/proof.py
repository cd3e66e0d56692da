"""Is a chosen set worth more than a random one? Linear probes on the embeddings answer in seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hem_core.errors import DataError, RunError
from hem_core.folds.linear_head import fit
from hem_core.selection.verdicts_applied import held_out
from hem_core.sets.draw import draw
from hem_core.stats.mean_interval import mean_interval
from hem_core.store.level import Level
from hem_core.store.level_names import noun
from hem_core.tasks import of, require

if TYPE_CHECKING:
    from hem_core.sets.selected import Selected

MOST_TEST = 10_000
MOST_ADDED = 4_000
"""Of a larger set that many are drawn at random for each probe."""
FEWEST = 40
PENALTY = 0.1
"""Over K classes. With 1 a probe hardly listens to its labels: it saw a gain in 2,000 garments of which 98% were
labelled wrong; with .1 a loss of 2 points."""
CHOSEN, RANDOM, TOP = "base + chosen", "base + random", "base + top"


@dataclass(frozen=True, eq=False)
class Proof:
    """What a linear probe on the embeddings gains from the set."""

    table: pd.DataFrame
    """arm ("base", "base + random", "base + chosen", "base + top"), n (training rows), accuracy, low, high (0 .. 1)."""
    gain: dict[str, float]
    """mean, low, high: base + chosen minus base + random in points, 95% interval over the paired seeds."""
    seconds: float
    n_test: int
    note: str
    """What the gain says ("no gain shown" where the interval holds 0), and what it rests on."""

    def facts(self) -> dict[str, Any]:
        """All of it as JSON."""
        rows = self.table.to_dict("records")
        return {"table": rows, "gain": self.gain, "n_test": self.n_test, "seconds": self.seconds, "note": self.note}


def proof(
    level: Level, selected: Selected, *, seeds: int = 10, progress: Callable[[str, int, int], None] | None = None
) -> Proof:
    """Is the set worth more than a random one of its size? Linear probes on the run's embeddings say so in seconds.

    Each seed draws the test rows (a fifth, at most 10,000) blind to the set, then from the rest a base as large as the
    set. Of a level of parts, the test takes all parts of an example or none. The arms add to the base: nothing, random
    examples, the chosen and the hardest; as many each as there are chosen outside of test and base. Labels are the
    corrected ones, for every arm, for training as for the test; examples that a verdict rules out take no part, nor do
    those of the test and validation splits. A probe is `linear_head.fit` with penalty .1 / K.
    Intervals: Student's t over the seeds; of the gain over the differences within a seed. They speak of this set on
    these embeddings, not of a training.
    progress is called with ("proof", probes trained, of how many).
    Raises RunError when the run has no embeddings, too few labelled examples or classes, or an example with more than a
    fifth of the parts; DataError for seeds below 2; HemError for a task without linear heads.
    """
    if seeds < 2:
        raise DataError(f"an interval needs 2 seeds or more; asked for {seeds}")
    require(of(level.info), "linear heads", "a proof")
    started = time.monotonic()
    x, y, rows, hardest = _read(level, selected)
    chosen, owner = selected.rows, _owner(level, rows)
    arms = ["base", RANDOM, CHOSEN, *([TOP] if hardest is not None else [])]
    accuracy, n_rows = np.zeros((seeds, len(arms))), np.zeros((seeds, len(arms)))
    n_test = min(MOST_TEST, len(rows) // 5)
    n_base = min(max(len(chosen), 10), MOST_ADDED, (len(rows) - n_test) // 2)
    for seed in range(seeds):
        chance = np.random.default_rng(seed)
        test, others = draw(rows, n_test, chance, owner)
        base, rest = others[:n_base], others[n_base:]
        added = _within(chance.permutation(chosen), rest)[:MOST_ADDED]
        orders = {"base": rest[:0], RANDOM: rest, CHOSEN: added}
        if hardest is not None:
            orders[TOP] = _within(hardest, rest)
        for k, arm in enumerate(arms):
            train = np.concatenate([base, orders[arm][: len(added)]])
            accuracy[seed, k], n_rows[seed, k] = _accuracy(x, y, train, test), len(train)
            if progress is not None:
                progress("proof", seed * len(arms) + k + 1, seeds * len(arms))
    table = [(arm, int(n_rows[:, k].mean().round()), *mean_interval(accuracy[:, k])) for k, arm in enumerate(arms)]
    mean, low, high = mean_interval(100 * (accuracy[:, arms.index(CHOSEN)] - accuracy[:, arms.index(RANDOM)]))
    gain = {"mean": mean, "low": low, "high": high}
    columns = ["arm", "n", "accuracy", "low", "high"]
    seconds = round(time.monotonic() - started, 2)
    return Proof(pd.DataFrame(table, columns=columns), gain, seconds, n_test, _note(level, gain, seeds, n_test))


def _read(level: Level, selected: Selected) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Embeddings (N, D), labels (N,) int64 or -1, the rows that take part, and the candidates, hardest first."""
    x = level.embeddings()
    if x is None or "label" not in level.source.columns:
        raise RunError(f"{level.title} has no {'embeddings' if x is None else 'labels'}, which a proof needs")
    label = level.table(["label"])["label"].astype("object")
    candidates = selected.candidates
    label.iloc[candidates["row"].to_numpy()] = candidates["label"].astype("object").to_numpy()
    y, names = pd.factorize(label)
    takes_part = y >= 0
    takes_part[candidates.loc[candidates["is_ruled_out"], "row"]] = False
    if "split" in level.source.columns and not selected.settings.get("has_held_out"):
        takes_part &= (held_out(level.table(["split"])) == "").to_numpy()
    rows = np.flatnonzero(takes_part)
    if len(rows) < FEWEST or len(names) < 2:
        raise RunError(
            f"a proof needs {FEWEST} labelled {noun(level.name)} of 2 classes; there are {len(rows)} of {len(names)}"
        )
    if "difficulty" not in candidates:
        return x, y, rows, None
    hardest = candidates.sort_values(["difficulty", "id"], ascending=[False, True], na_position="last")
    return x, y, rows, hardest["row"].to_numpy()


def _owner(level: Level, rows: np.ndarray) -> np.ndarray | None:
    """A number for the example of each part, (N,) int64; None where the rows of a level are examples."""
    if level.is_examples:
        return None
    owner, ids = pd.factorize(level.table(["example"])["example"])
    n_parts = np.bincount(owner[rows])
    if n_parts.max() > len(rows) // 5:
        raise RunError(
            f"a proof needs parts of many examples; '{ids[n_parts.argmax()]}' alone has {n_parts.max():,} of the "
            f"{len(rows):,} in {level.title}"
        )
    return owner


def _within(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The rows that are among the others, in their own order."""
    return rows[np.isin(rows, others)]


def _accuracy(x: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray) -> float:
    from threadpoolctl import threadpool_limits

    present, target = np.unique(y[train], return_inverse=True)
    with threadpool_limits(1):  # of matrices this small two threads make .6 s into 15 s on two busy cores
        weights, biases = fit(np.asarray(x[train], dtype=np.float32), target, PENALTY / len(present))
    predicted = (np.asarray(x[test], dtype=np.float32) @ weights + biases).argmax(axis=1)
    return float(np.mean(present[predicted] == y[test]))


def _note(level: Level, gain: dict[str, float], seeds: int, n_test: int) -> str:
    verdict = "gain shown" if gain["low"] > 0 else "worse than random" if gain["high"] < 0 else "no gain shown"
    conclusion = f"{verdict}: {gain['mean']:+z.2f} points over random ({gain['low']:+z.2f} to {gain['high']:+z.2f})"
    rests = f"linear probes on the embeddings, {seeds} draws of {n_test:,} test {noun(level.name)} as labelled"
    seen = "; the model behind the embeddings has seen all of them" if level.info.get("sample") == "in-sample" else ""
    return f"{conclusion}; {rests}{seen}"
