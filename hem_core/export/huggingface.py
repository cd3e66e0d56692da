"""A data set that Hugging Face `datasets` loads: Parquet files that name their features."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hem_core.export._carries import Carries
from hem_core.export._files import present
from hem_core.export._images import ReadImage, read_picture
from hem_core.export._label_sets import is_list_column
from hem_core.export._labels import class_names, labels_of

HAS_PICTURES = True
HOLDS_LISTS = True
CARRIES = Carries(pictures="bytes")
PROGRESS = "writing the Hugging Face data set"
README = """\
## Hugging Face

`huggingface/data/train-00000.parquet` …: all columns, `label` as a `ClassLabel` whose names are in the order of the
model's outputs, and the pictures, where there are any, as an `Image` in the column `image` (their path before is in
`image_path`). It is called train because a data set has a split; nothing was held out.

```python
from datasets import load_dataset

dataset = load_dataset(str(FOLDER / "huggingface"), split="train")
name_of = dataset.features["label"].int2str
```
"""

FILE_BYTES = 256 << 20
_AT_ONCE = 256
_IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def write(
    examples: pd.DataFrame,
    folder: Path,
    *,
    read_image: ReadImage | None = None,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
) -> Path:
    """Write huggingface/data/train-<number>.parquet, a new file from 256 MiB on; `datasets` is not needed.

    Returns the path of huggingface. Raises DataError for a picture that cannot be read.
    """
    home = folder / "huggingface"
    (home / "data").mkdir(parents=True)
    names = list(classes) if is_list_column(examples) else class_names(examples, classes)
    table = _table(examples, names, has_pictures=read_image is not None)
    schema = table.schema if read_image is None else table.schema.append(pa.field("image", _IMAGE))
    schema = schema.with_metadata(_metadata(schema, names))
    writer, count = None, 0
    for start in range(0, len(examples), _AT_ONCE):
        part = table.slice(start, _AT_ONCE)
        if read_image is not None:
            part = part.append_column("image", _pictures(examples.iloc[start : start + _AT_ONCE], read_image))
        path = home / "data" / f"train-{count:05d}.parquet"
        writer = writer or pq.ParquetWriter(path, schema, compression="zstd")
        writer.write_table(part.cast(schema), row_group_size=_AT_ONCE)
        if path.stat().st_size >= FILE_BYTES:
            writer.close()
            writer, count = None, count + 1
    if writer is not None:
        writer.close()
    return home


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The examples of the Parquet files, every column, labels by name, and a reader of their pictures, if any.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    paths = sorted((present(folder, "huggingface") / "data").glob("train-*.parquet"))
    table = pa.concat_tables([pq.read_table(path) for path in paths])
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    pictures = table["image"] if "image" in features else None
    examples = table.drop_columns(["image"] if pictures is not None else []).to_pandas()
    if pictures is not None and "image_path" in examples.columns:
        examples = examples.rename(columns={"image_path": "image"})
    if "label" in features and "feature" in features["label"]:
        names = features["label"]["feature"]["names"]
        lists = examples["label"].tolist()
        examples["label"] = [None if row is None else [names[number] for number in row] for row in lists]
    elif "label" in features:
        named = dict(enumerate(features["label"]["names"]))
        examples["label"] = examples["label"].map(named).astype("str")
    return examples, _reader(examples["id"], pictures) if pictures is not None else None


def _reader(ids: pd.Series, pictures: pa.ChunkedArray) -> ReadImage:
    place = {str(id): index for index, id in enumerate(ids.tolist())}

    def read(row: pd.Series) -> tuple[str, bytes]:
        picture = pictures[place[str(row["id"])]].as_py()
        return Path(picture["path"]).suffix, picture["bytes"]

    return read


def _table(examples: pd.DataFrame, names: list[str], *, has_pictures: bool) -> pa.Table:
    if has_pictures and "image" in examples.columns:
        gone = ["image_path"] if "image_path" in examples.columns else []
        examples = examples.drop(columns=gone).rename(columns={"image": "image_path"})
    table = pa.Table.from_pandas(examples, preserve_index=False).replace_schema_metadata(None)
    if "label" not in table.column_names or is_list_column(examples):
        return _with_numbers(table, names) if "label" in table.column_names else table
    number_of: dict[str | None, int] = {name: number for number, name in enumerate(names)}
    numbers = pa.array([number_of.get(label) for label in labels_of(examples)], pa.int64())
    return table.set_column(table.column_names.index("label"), "label", numbers)


def _with_numbers(table: pa.Table, names: list[str]) -> pa.Table:
    """The table with the names in its lists of labels as numbers."""
    number_of = {name: number for number, name in enumerate(names)}
    lists = [None if row is None else [number_of[name] for name in row] for row in table["label"].to_pylist()]
    return table.set_column(table.column_names.index("label"), "label", pa.array(lists, pa.list_(pa.int64())))


def _metadata(schema: pa.Schema, names: list[str]) -> dict[str, str]:
    """What `datasets` reads the features from that an Arrow type alone does not tell."""
    features: dict[str, Any] = {}
    if "label" in schema.names:
        of_class = {"names": names, "_type": "ClassLabel"}
        is_list = pa.types.is_list(schema.field("label").type)
        features["label"] = {"feature": of_class, "_type": "Sequence"} if is_list else of_class
    if "image" in schema.names and schema.field("image").type == _IMAGE:
        features["image"] = {"_type": "Image"}
    return {"huggingface": json.dumps({"info": {"features": features}}, ensure_ascii=False)}


def _pictures(examples: pd.DataFrame, read_image: ReadImage) -> pa.Array:
    found = []
    for _, row in examples.iterrows():
        suffix, content = read_picture(read_image, row)
        found.append({"bytes": content, "path": f"picture{suffix}"})
    return pa.array(found, _IMAGE)
