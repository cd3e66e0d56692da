"""Data sets in conditions where different things are worth doing next: small, mislabelled, long-tailed, …"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from _benefit_pool import World, banking, digits, garments, spoiled
from _drawn import tail


@dataclass(frozen=True)
class Condition:
    """How much of a data set there is, and what is wrong with it."""

    n: int
    """Examples to train on; of a long tail, those of its most frequent class."""
    epochs: int = 15
    wrong: float = 0.0
    """Share of wrong labels, in the training set and in whatever is collected."""
    imbalance: float = 1.0
    """The most frequent class has this many times the examples of the rarest; 1 = the classes as they come."""
    is_balanced: bool = False
    """Whether the measure is balanced accuracy, otherwise accuracy."""


CELLS: Mapping[str, Mapping[str, Condition]] = {
    "digits": {
        "small": Condition(300),
        "15% wrong": Condition(600, wrong=0.15),
        "undertrained": Condition(600, epochs=2),
    },
    "garments": {
        "small": Condition(400),
        "15% wrong": Condition(1500, wrong=0.15),
        "long tail": Condition(300, imbalance=50, is_balanced=True),
        "undertrained": Condition(1000, epochs=1),
    },
    "banking77": {
        "small": Condition(600),
        "15% wrong": Condition(1500, wrong=0.15),
        "undertrained": Condition(1000, epochs=2),
    },
    "adult": {"clean": Condition(1500), "20% wrong": Condition(1500, wrong=0.2)},
    "phoneme": {"10% wrong": Condition(1500, wrong=0.1)},
    "mammography": {"long tail": Condition(1500, is_balanced=True)},
}
"""Data set -> its conditions; chosen on seeds 0 to 4."""


@dataclass(frozen=True, eq=False)
class Sample:
    """What a user has, what could be collected, and a clean test set; float32 inputs (rows, D)."""

    inputs: np.ndarray
    given: np.ndarray
    """(N,) int64 labels, some of them wrong."""
    right: np.ndarray
    pool_inputs: np.ndarray
    pool_given: np.ndarray
    """(M,) labels that collecting gives: as many of them wrong as of the N."""
    pool_right: np.ndarray
    test_inputs: np.ndarray
    test_labels: np.ndarray
    n_classes: int


def sample(world: World, condition: Condition, seed: int) -> Sample:
    """The training set and the pool of one seed; the rows of the world are in an order of that seed."""
    given, right = spoiled(world.labels, condition.wrong, seed), world.labels
    n_classes = int(right.max()) + 1
    rows = np.arange(condition.n)
    if condition.imbalance != 1:
        rows = tail(right, n_classes, condition.n, condition.imbalance, seed)
    rest = np.setdiff1d(np.arange(len(right)), rows)
    return Sample(
        world.inputs[rows], given[rows], right[rows], world.inputs[rest], given[rest], right[rest],
        world.test_inputs, world.test_labels, n_classes,
    )  # fmt: skip


def adult(data: Path, seed: int) -> World:
    """Income of 48,842 people: one column a category, numbers standardized."""
    return _split(*_table(data, "adult", "income"), seed, 5000, 10_000, "adult, one column a category")


def phoneme(data: Path, seed: int) -> World:
    """Nasal or oral vowels as five amplitudes."""
    return _split(*_table(data, "phoneme", "label"), seed, 2700, 2704, "phoneme")


def mammography(data: Path, seed: int) -> World:
    """Six numbers of a spot in a picture, 2.3% of them calcifications."""
    return _split(*_table(data, "mammography", "positive"), seed, 5000, 6183, "mammography")


def _split(inputs: np.ndarray, labels: np.ndarray, seed: int, n: int, n_test: int, words: str) -> World:
    order = np.random.default_rng(seed).permutation(len(labels))
    rows, test = order[:n], order[n : n + n_test]
    return World(inputs[rows], labels[rows], inputs[test], labels[test], 0, 0, words)


@cache
def _table(data: Path, name: str, target: str) -> tuple[np.ndarray, np.ndarray]:
    whole = pd.read_csv(data / "tabular" / f"{name}.csv.gz")
    features = pd.get_dummies(whole.drop(columns=[target, "split"], errors="ignore"), dtype=np.float32)
    numbers = features.to_numpy(np.float32)
    spread = np.where(numbers.std(axis=0) > 0, numbers.std(axis=0), 1)
    labels = pd.factorize(whole[target].astype(str).str.strip(), sort=True)[0].astype(np.int64)
    return ((numbers - numbers.mean(axis=0)) / spread).clip(-5, 5).astype(np.float32), labels


WORLDS: Mapping[str, Callable[[Path, int], World]] = {
    "digits": digits,
    "garments": garments,
    "banking77": banking,
    "adult": adult,
    "phoneme": phoneme,
    "mammography": mammography,
}
