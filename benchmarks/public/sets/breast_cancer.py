"""scikit-learn's breast cancer: 569 tumours, 2 classes; needs no data folder."""

from pathlib import Path

from sklearn.datasets import load_breast_cancer

from benchmarks.public._types import LabelledSet
from benchmarks.public.sets._tables import table_set

N_CLASSES = 2


def breast_cancer(_data: Path) -> LabelledSet:
    """Comes with scikit-learn."""
    features, labels = load_breast_cancer(return_X_y=True, as_frame=True)
    return table_set(features, labels.to_numpy())
