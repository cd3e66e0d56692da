"""Pictures that are drawn from a number: a shape by its class, with noise by its difficulty; nothing is stored.

The column `synthetic_drawing` holds one whole number an example (see `Drawing`), so that a run of millions of examples
shows a picture of each and keeps none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from PIL import Image

from hem_core.content_hash import content_hash
from hem_core.media._contract import Medium, Read
from hem_core.media._spoil_arrays import spoil

if TYPE_CHECKING:
    import pandas as pd

SIZE_PX = 64
COLUMN = "synthetic_drawing"
FORMS = {
    "disc": (0, 0.0, 0.0), "triangle": (3, 0.22, 0.0), "square": (4, 0.16, 0.0), "flower": (5, 0.42, 0.0),
    "ring": (0, 0.0, 0.55), "cross": (4, 0.55, 0.0), "gear": (9, 0.18, 0.4), "star": (5, 0.3, 0.45),
    "leaf": (2, 0.4, 0.0),
}  # fmt: skip
"""Name of a shape -> its corners, how far they stand out, and the share of its radius that is a hole."""
COLOURS = ("red", "orange", "yellow", "lime", "green", "mint", "cyan", "azure", "blue", "violet", "magenta", "pink")
MOST_CLASSES = len(FORMS) * len(COLOURS)
PLAIN, FAINT, ODD, OUTLINED = range(4)
"""Styles: as usual; of little contrast; of shapes that are no class; as a line on a dark ground."""
LEVELS = 31
"""The largest `blend` and `noise`."""
_BITS = (("style", 3), ("noise", 5), ("blend", 5), ("partner", 8), ("shape", 8), ("seed", 31))


@dataclass(frozen=True)
class Drawing:
    """What a number of the column says; every field may be an array, for many at once."""

    seed: Any
    """0 to 2**31 - 1: turns, shifts and scales the shape, and is the seed of its noise."""
    shape: Any
    """The class whose shape it is."""
    partner: Any
    """The class that it is blended with."""
    blend: Any
    """0 to LEVELS: how much of the partner is in it; LEVELS is all."""
    noise: Any
    """0 to LEVELS."""
    style: Any

    def packed(self) -> Any:
        """The number, or numbers, as int64."""
        number = np.int64(0)
        for name, bits in reversed(_BITS):
            number = (number << bits) | np.asarray(getattr(self, name), np.int64)
        return number


def unpacked(number: int) -> Drawing:
    """The drawing of a number."""
    found = {}
    for name, bits in _BITS:
        number, found[name] = number >> bits, number & ((1 << bits) - 1)
    return Drawing(**found)


def class_name(number: int) -> str:
    """`red disc`: the name of a class, by its shape and colour."""
    form, colour = _look(number)
    return f"{COLOURS[colour]} {list(FORMS)[form]}"


def _look(number: int) -> tuple[int, int]:
    form = number % len(FORMS)
    return form, (7 * form + number // len(FORMS)) % len(COLOURS)


def drawn(number: int) -> np.ndarray:
    """The picture of a number: uint8 (64, 64, 3)."""
    of = unpacked(int(number))
    rng = np.random.default_rng(of.seed)
    if of.style == ODD:
        pixels = _odd(rng)
    else:
        share = of.blend / LEVELS
        cover = _cover((of.shape, of.partner), share, rng, is_line=of.style == OUTLINED)
        contrast = 0.3 if of.style == FAINT else 1.0
        ground = np.full(3, 0.16 if of.style == OUTLINED else 0.86) + rng.uniform(-0.05, 0.05, 3)
        ink = (1 - share) * _ink(of.shape) + share * _ink(of.partner)
        pixels = ground + contrast * cover[..., None] * (ink - ground)
    pixels = pixels + (0.01 + 0.25 * of.noise / LEVELS) * rng.standard_normal((SIZE_PX, SIZE_PX, 1))
    return (np.clip(pixels, 0, 1) * 255).astype(np.uint8)


def _cover(pair: tuple[int, int], share: float, rng: np.random.Generator, *, is_line: bool) -> np.ndarray:
    """How much of each pixel the shape covers, (64, 64) in 0 .. 1."""
    shift, turn, size = rng.uniform(-0.12, 0.12, 2), rng.uniform(-0.35, 0.35), rng.uniform(0.55, 0.75)
    place = (np.arange(SIZE_PX) + 0.5) / SIZE_PX * 2 - 1
    x, y = place[None, :] - shift[0], place[:, None] - shift[1]
    far, angle = np.hypot(x, y), np.arctan2(y, x) + turn
    edge, hole = np.zeros_like(far), 0.0
    for number, weight in zip(pair, (1 - share, share), strict=True):
        corners, depth, inner = list(FORMS.values())[_look(number)[0]]
        edge = edge + weight * size * (1 - depth + depth * np.cos(corners * angle))
        hole += weight * inner
    hole = max(hole, 0.75) if is_line else hole
    sharp = SIZE_PX / 2
    inside = np.clip((edge - far) * sharp + 0.5, 0, 1)
    return inside * np.clip((far - hole * edge) * sharp + 0.5, 0, 1) if hole > 0.1 else inside


def _ink(number: int) -> np.ndarray:
    """The colour of a class, (3,) in 0 .. 1."""
    hue = _look(number)[1] / len(COLOURS)
    wheel = np.abs((hue * 6 + np.array([0, 4, 2])) % 6 - 3) - 1
    return 0.08 + 0.74 * np.clip(wheel, 0, 1)


def _odd(rng: np.random.Generator) -> np.ndarray:
    """Stripes of any colours, as no class has them."""
    place = np.arange(SIZE_PX) / SIZE_PX
    slope = rng.uniform(-1, 1, 2)
    wave = np.sin(2 * np.pi * rng.uniform(3, 9) * (slope[0] * place[None, :] + slope[1] * place[:, None]))
    one, other = rng.uniform(0, 1, (2, 3))
    return np.where(wave[..., None] > 0, one, other)


class Drawings:
    """The pictures of numbers, by position."""

    is_quick = True

    def __init__(self, numbers: Sequence[int | None]) -> None:
        self._numbers = numbers

    def fingerprint(self) -> str:
        return ""  # the catalog holds every number

    def read(self, indices: Sequence[int]) -> Read:
        good = [index for index in indices if self._numbers[index] is not None]
        numbers = [int(self._numbers[index] or 0) for index in good]
        values = np.stack([drawn(number) for number in numbers]) if good else np.zeros((0, SIZE_PX, SIZE_PX, 3), "u1")
        failures = [(index, f"no number in '{COLUMN}'") for index in indices if self._numbers[index] is None]
        return Read(values, good, [digest(number) for number in numbers], failures)

    def picture(self, index: int) -> np.ndarray | None:
        number = self._numbers[index]
        return None if number is None else drawn(int(number))


def digest(number: int) -> str:
    """The content hash of a drawing: of its number, which is all that it is made of."""
    return content_hash(int(number).to_bytes(8, "little"))


def _claims(schema: pa.Schema) -> str | None:
    return COLUMN if COLUMN in schema.names and pa.types.is_integer(schema.field(COLUMN).type) else None


def _picture_of(_root: Path, example: Mapping[str, Any]) -> Image.Image | None:
    number = example.get(COLUMN)
    return None if number is None or number != number else Image.fromarray(drawn(int(number)))


def _read_back(examples: pd.DataFrame, _data: Mapping[str, Any], _features: Mapping[str, str]) -> Drawings | None:
    if COLUMN not in examples:
        return None
    numbers = examples[COLUMN]
    return Drawings([int(number) if known else None for number, known in zip(numbers, numbers.notna(), strict=True)])


MEDIUM = Medium(
    open=lambda source: Drawings(source.catalog[COLUMN].to_pylist()),
    look="picture",
    claims=_claims,
    is_picture=lambda _facts: True,
    spoil=spoil,
    columns=(COLUMN,),
    pictures="drawn",
    picture_of=_picture_of,
    is_drawn_on_request=True,
    read_back=_read_back,
)
