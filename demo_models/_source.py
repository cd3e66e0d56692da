"""The data of a demo on disk, with some labels made wrong on purpose: what is scored, and what is trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from demo_models._data import Data, Images, Texts
from demo_models._examples import Examples

FLIPPED = 0.05
"""Share of the labels that are made wrong on purpose; the truth stays in the column `true_label`."""


def path_of(folder: Path, name: str, known: Data) -> Path:
    """The file of a demo's data: pictures as .npz, texts and tables as .parquet."""
    return folder / f"{name}.{'npz' if isinstance(known, Images) else 'parquet'}"


def write(path: Path, known: Data, *, share: float = FLIPPED) -> None:
    """Write the data with a share of the labels wrong; columns `planted_flip` and `true_label` tell which."""
    labels, is_flipped = flipped(known.labels, len(known.classes), share=share)
    classes, ids = np.array(known.classes), [f"{path.stem}-{index:05d}" for index in range(len(labels))]
    truth: dict[str, Any] = {"planted_flip": is_flipped, "true_label": classes[known.labels]}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    if isinstance(known, Images):
        with partial.open("wb") as file:
            np.savez(file, images=known.images, labels=labels, ids=np.array(ids), classes=classes, **truth)
    else:
        given = {"text": known.texts} if isinstance(known, Texts) else {**known.features}
        pq.write_table(pa.table({"id": ids, "label": classes[labels], **given, **truth, **known.more}), partial)
    partial.replace(path)


def options(known: Data) -> dict[str, Any]:
    """The options of `hem_core.score` for the file: class order and columns."""
    if isinstance(known, Images):
        return {}
    if isinstance(known, Texts):
        return {"classes": known.classes, "columns": {"text_column": "text"}}
    return {"classes": known.classes, "columns": {"feature_columns": ",".join(map(str, known.features.columns))}}


def read(path: Path, known: Data) -> Examples:
    """The examples as they were written, wrong labels and all."""
    if isinstance(known, Images):
        with np.load(path, allow_pickle=False) as stored:
            images = Images(stored["images"], stored["labels"], known.classes)
            return Examples(images.inputs, images.labels, stored["ids"].tolist(), known.classes)
    table = pq.read_table(path)
    index_of = {name: index for index, name in enumerate(known.classes)}
    targets = np.array([index_of[name] for name in table["label"].to_pylist()], np.int64)
    inputs = table["text"].to_pylist() if isinstance(known, Texts) else _frame(table, list(known.features.columns))
    return Examples(inputs, targets, table["id"].to_pylist(), known.classes)


def flipped(
    labels: np.ndarray, n_classes: int, *, share: float = FLIPPED, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """int64 labels (N,) of which a share is moved to another class, drawn evenly; and which they are, bool (N,)."""
    generator = np.random.default_rng(seed)
    is_flipped = np.zeros(len(labels), dtype=bool)
    is_flipped[generator.choice(len(labels), size=round(share * len(labels)), replace=False)] = True
    shift = generator.integers(1, n_classes, size=len(labels))
    return np.where(is_flipped, (labels + shift) % n_classes, labels).astype(np.int64), is_flipped


def _frame(table: pa.Table, columns: list[str]) -> pd.DataFrame:
    return table.select(columns).to_pandas()
