"""Boxes made wrong on purpose, and what the truth is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from demo_models.scenes.canvas import Scene, free_place, overlap

KINDS = ("missing", "shifted", "relabelled", "spurious")
SHIFT = (0.45, 0.8)
"""How far a box is moved, in its sides, each way."""
N_CLASSES = 10


@dataclass(frozen=True)
class Planted:
    """One wrong box. `number` is its place among the given boxes of its image, from 1; None for a missing one.

    label, left, top, right and bottom (px): the truth; None for a spurious box, where nothing is.
    """

    image: str
    kind: str
    number: int | None
    label: str | None
    left: float | None
    top: float | None
    right: float | None
    bottom: float | None

    def is_at(self, given_number: int | None, box: Sequence[float]) -> bool:
        """Whether a row of the level `boxes` is about it: the given box itself or, of a missing one, a box there."""
        if self.number is not None:
            return self.number == given_number
        truth = np.array([self.left, self.top, self.right, self.bottom], float)
        return given_number is None and overlap(truth, np.asarray(box, float)) >= 0.5


Objects = list[tuple[int, np.ndarray]]


def plant(scenes: Sequence[Scene], share: float, chance: np.random.Generator) -> tuple[list[Objects], list[Planted]]:
    """The given boxes of each scene, and which of them are wrong: a share of each kind, no box in two ways."""
    places = [(image, index) for image, scene in enumerate(scenes) for index in range(len(scene.objects))]
    n_each = round(share * len(places))
    drawn = chance.permutation(len(places))[: 3 * n_each]
    kind_of = {places[at]: KINDS[rank % 3] for rank, at in enumerate(drawn.tolist())}
    crowded = set(chance.permutation(len(scenes))[:n_each].tolist())
    given: list[Objects] = []
    planted: list[Planted] = []
    for image, scene in enumerate(scenes):
        kinds = [kind_of.get((image, index)) for index in range(len(scene.objects))]
        own, wrong = _spoiled(scene, kinds, chance)
        if image in crowded:
            wrong += _with_spurious(scene, own, chance)
        given.append(own)
        planted += wrong
    return given, planted


def _spoiled(scene: Scene, kinds: Sequence[str | None], chance: np.random.Generator) -> tuple[Objects, list[Planted]]:
    """The given boxes of a scene whose objects are wrong in these ways, None = right, and what is wrong."""
    own: Objects = []
    wrong: list[Planted] = []
    for (label, box), kind in zip(scene.objects, kinds, strict=True):
        number = len(own) + 1 if kind != "missing" else None
        if kind is not None:
            wrong.append(Planted(scene.name, kind, number, str(label), *box.tolist()))
        if kind == "relabelled":
            own.append(((label + int(chance.integers(1, N_CLASSES))) % N_CLASSES, box))
        elif kind == "shifted":
            own.append((label, _shifted(box, scene.size, chance)))
        elif kind is None:
            own.append((label, box))
    return own, wrong


def _shifted(box: np.ndarray, canvas: tuple[int, int], chance: np.random.Generator) -> np.ndarray:
    """The box moved along one side, where it stays on the canvas."""
    side = box[2:] - box[:2]
    far = chance.uniform(*SHIFT) * side
    moves = [np.array([far[0], 0]), np.array([-far[0], 0]), np.array([0, far[1]]), np.array([0, -far[1]])]
    chance.shuffle(moves)
    there = [box + np.tile(move, 2).round() for move in moves]
    inside = [moved for moved in there if (moved[:2] >= 0).all() and (moved[2:] <= canvas).all()]
    return (inside or there)[0]


def _with_spurious(scene: Scene, own: Objects, chance: np.random.Generator) -> list[Planted]:
    """Add a box where there is nothing, if the scene has room; returns what is wrong then."""
    size = (int(chance.integers(14, 26)), int(chance.integers(10, 22)))
    others = [box for _label, box in [*scene.objects, *own]]
    box = free_place(size, (scene.size[1], scene.size[0]), others, chance, most=0.0)
    if box is None:
        return []
    own.append((int(chance.integers(N_CLASSES)), box))
    return [Planted(scene.name, "spurious", len(own), None, None, None, None, None)]
