"""The boxes that were predicted last, as a table that `hem score --predictions` reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from hem_core.boxes.annotations import Annotations
from hem_core.boxes.arrays import PredictedBoxes
from hem_core.dynamics.table import write_parquet


def write_boxes(path: Path, boxes: PredictedBoxes, annotations: Annotations) -> Path:
    """One row a box: the id of its image, the name of its class, its corners in px, its score."""
    ids, names = np.asarray(annotations.image_ids, object), np.asarray(annotations.categories, object)
    corners = {name: pa.array(boxes.xyxy[:, at]) for at, name in enumerate(("x1", "y1", "x2", "y2"))}
    columns = {
        "image": pa.array(ids[boxes.image].tolist(), pa.string()),
        "class_name": pa.array(names[boxes.label].tolist(), pa.string()),
        **corners,
        "score": pa.array(boxes.probability()),
    }
    return write_parquet(pa.table(columns), path)
