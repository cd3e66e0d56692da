"""A table of numbers and categories as a `LabelledSet`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from benchmarks.public._types import LabelledSet


def read(data: Path, name: str) -> pd.DataFrame:
    """The table `name` of the data folder."""
    return pd.read_csv(data / "tabular" / f"{name}.csv.gz")


def table_set(features: pd.DataFrame, labels: np.ndarray) -> LabelledSet:
    """Trees read numbers and codes of categories; the embedding is the standardised table, categories one-hot.

    features: M rows; labels (M,) of any values, whose sorted order gives the classes.
    """
    words = make_column_selector(dtype_exclude="number")
    codes = make_column_transformer((OrdinalEncoder(), words), remainder="passthrough")
    onehot = OneHotEncoder(sparse_output=False, min_frequency=20)
    flat = make_column_transformer((onehot, words), remainder="passthrough").fit_transform(features)
    names, targets = np.unique(labels, return_inverse=True)
    return LabelledSet(
        inputs=np.asarray(codes.fit_transform(features), np.float32),
        embeddings=np.asarray(StandardScaler().fit_transform(flat), np.float32),
        labels=targets.astype(np.int64),
        n_classes=len(names),
        model="trees",
    )
