"""The examples of a synthetic run, a block of rows at a time: what they are, where they lie, what a model sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hem_core.runs.synthetic.world import World

KINDS = ("mislabelled", "outlier", "ambiguous", "rare", "subtle", "easy")
SHARES = (0.03, 0.012, 0.035, 0.015, 0.03)
"""Share of the examples that each kind but the last is planted in."""
MISLABELLED, OUTLIER, AMBIGUOUS, RARE, SUBTLE, EASY = range(6)
CAMERAS, LIGHTS = ("front", "left", "right", "rear"), ("day", "dusk", "night")
REAR, NIGHT = 3, 2
DUPLICATES = 0.006
"""Share of near-duplicates of the example before."""
STEEPNESS = 3.0
"""How quickly the evidence for a class falls with the distance from its blobs."""


@dataclass(frozen=True, eq=False)
class Rows:
    """n consecutive examples. Classes are numbers 0 .. K-1."""

    start: int
    """Row number of the first."""
    truth: np.ndarray
    """(n,) int64: the class that they are of."""
    given: np.ndarray
    """(n,) int64: the class that they are labelled as."""
    kind: np.ndarray
    """(n,) int64 in KINDS: what was planted."""
    blob: np.ndarray
    xy: np.ndarray
    """(n, 2) float32: the place on the map."""
    evidence: np.ndarray
    """(n, K) float32: the logits of an ideal model."""
    noise: np.ndarray
    """(n,) float32: the standard deviation of what a trained model adds to them."""
    twin: np.ndarray
    """(n,) int64: the number of the row that each is a near-duplicate of; -1 for none."""
    camera: np.ndarray
    light: np.ndarray
    """(n,) int64 in CAMERAS and LIGHTS; at night the rear camera shows little."""
    brightness: np.ndarray
    """(n,) float32 in 0 .. 1."""

    def __len__(self) -> int:
        return len(self.truth)


def rng_of(world: World, start: int, purpose: int) -> np.random.Generator:
    """Chance for one purpose in the block that begins with a row."""
    return np.random.default_rng((world.seed, start, purpose))


def rows_of(world: World, start: int, stop: int) -> Rows:
    """The rows start .. stop - 1; the same whenever they are asked for in the same block."""
    rng, n = rng_of(world, start, 1), stop - start
    truth = _choose(rng, np.broadcast_to(world.shares, (n, len(world.shares))))
    kind = _choose(rng, np.broadcast_to(np.array([*SHARES, 1 - sum(SHARES)]), (n, len(KINDS))))
    blob = _choose(rng, world.blob_shares[truth])
    twin = _twins(rng, kind, start)
    at = np.where(twin >= 0, twin - start, np.arange(n))
    truth, kind, blob = truth[at], kind[at], blob[at]
    xy = _places(rng, world, truth, kind, blob)[at]
    xy = xy + np.where(twin >= 0, 0.02, 0)[:, None] * rng.standard_normal((n, 2))
    camera, light = rng.integers(0, len(CAMERAS), n)[at], rng.choice(len(LIGHTS), n, p=(0.62, 0.2, 0.18))[at]
    brightness = np.clip(np.array([0.7, 0.45, 0.2])[light] + 0.1 * rng.standard_normal(n), 0.02, 0.98)
    given = np.where(kind == MISLABELLED, _mistaken(rng, world, truth), truth)
    noise = 0.55 + 0.25 * (light == NIGHT) + 3.0 * ((light == NIGHT) & (camera == REAR))
    found = evidence_at(world, xy)
    found = _confused(rng, world, found, truth, kind)[at]
    whole = (twin, camera, light, brightness.astype(np.float32))
    return Rows(start, truth, given, kind, blob, xy.astype(np.float32), found, noise.astype(np.float32), *whole)


def evidence_at(world: World, xy: np.ndarray) -> np.ndarray:
    """(n, K) float32 for places (n, 2): a logit falls with the distance from the nearest blob of the class."""
    blobs = world.centres.reshape(-1, 2)
    places = xy.astype(np.float32)
    squared = (places[:, :1] - blobs[:, 0]) ** 2 + (places[:, 1:] - blobs[:, 1]) ** 2  # (n, K * B)
    squared[:, world.blob_shares.ravel() == 0] = np.inf
    nearest = squared.reshape(len(xy), len(world.classes), -1).min(axis=2)
    return -STEEPNESS * np.log1p(nearest / 2)


def best_other(logits: np.ndarray, than: np.ndarray) -> np.ndarray:
    """(n,) the largest logit of another class than `than` (n,)."""
    others = logits.copy()
    others[np.arange(len(than)), than] = -np.inf
    return others.max(axis=1)


def names_of(codes: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Codes as texts, (n,) object."""
    return np.array(names, object)[codes]


def _choose(rng: np.random.Generator, shares: np.ndarray) -> np.ndarray:
    """A column of each row (n, m), with the chance that stands there."""
    sums = np.cumsum(shares, axis=1)
    drawn = rng.uniform(size=(len(shares), 1)) * sums[:, -1:]
    return np.minimum((drawn >= sums).sum(axis=1), shares.shape[1] - 1)


def _twins(rng: np.random.Generator, kind: np.ndarray, start: int) -> np.ndarray:
    """The row number of the example before, for a few that are its near-duplicates; nothing is planted in either."""
    is_plain = kind == EASY
    wanted = (rng.uniform(size=len(kind)) < DUPLICATES) & is_plain
    wanted[0] = False
    wanted[1:] &= is_plain[:-1] & ~wanted[:-1]
    return np.where(wanted, start + np.arange(len(kind)) - 1, -1)


def _mistaken(rng: np.random.Generator, world: World, truth: np.ndarray) -> np.ndarray:
    """A wrong label: mostly the look-alike's, otherwise that of any other class."""
    n_classes = len(world.classes)
    any_other = (truth + rng.integers(1, n_classes, len(truth))) % n_classes
    return np.where(rng.uniform(size=len(truth)) < 0.6, world.partner[truth], any_other)


def _places(
    rng: np.random.Generator, world: World, truth: np.ndarray, kind: np.ndarray, blob: np.ndarray
) -> np.ndarray:
    n = len(truth)
    around = rng.standard_normal((n, 2)) * np.where(rng.uniform(size=(n, 1)) < 0.05, 1.6, 0.85)
    home = world.centres[truth, blob].astype(np.float64)
    between = (0.5 + rng.uniform(-0.08, 0.08, (n, 1))) * (world.centres[world.partner[truth], 0] - home)
    angle, far = rng.uniform(0, 2 * np.pi, n), 1.35 * world.radius * np.sqrt(rng.uniform(size=n))
    anywhere = np.stack([far * np.cos(angle), far * np.sin(angle)], axis=1)
    places = home + around
    is_ambiguous = kind == AMBIGUOUS
    places[is_ambiguous] = (home + between + 0.4 * around)[is_ambiguous]
    places[kind == RARE] = (world.islands[truth] + 0.45 * around)[kind == RARE]
    places[kind == OUTLIER] = anywhere[kind == OUTLIER]
    return places


def _confused(
    rng: np.random.Generator, world: World, evidence: np.ndarray, truth: np.ndarray, kind: np.ndarray
) -> np.ndarray:
    """Subtle examples lie among their class, but the model can hardly tell them from its look-alike; ambiguous ones
    are as much of the one class as of the other; of outliers and rare ones the model is less sure, and often wrong."""
    every = np.arange(len(truth))
    partner = world.partner[truth]
    close = rng.normal(0, 0.5, len(truth))
    best = evidence.max(axis=1)
    is_either = np.isin(kind, (AMBIGUOUS, SUBTLE))
    evidence[every[is_either], truth[is_either]] = best[is_either]
    evidence[every[is_either], partner[is_either]] = (best + close + 0.1)[is_either]
    is_far = np.isin(kind, (OUTLIER, RARE))
    evidence[is_far] /= 2
    evidence[every[is_far], truth[is_far]] = (best / 2 + 3 * close - 0.4)[is_far]
    return evidence.astype(np.float32)
