"""scikit-learn's digits: 1,797 handwritten digits of 8 × 8 pixels, 10 classes; needs no data folder."""

from pathlib import Path

from sklearn.datasets import load_digits

from benchmarks.public._types import LabelledSet
from benchmarks.public.sets._pictures import picture_set

N_CLASSES = 10


def digits(_data: Path) -> LabelledSet:
    """Comes with scikit-learn."""
    pixels, labels = load_digits(return_X_y=True)
    return picture_set(pixels / 16, labels)
