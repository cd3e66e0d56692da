"""Tar shards for training from a stream, as the webdataset package reads them."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hem_core.export._carries import Carries
from hem_core.export._files import examples_of, present
from hem_core.export._images import ReadImage, as_one_of, read_picture
from hem_core.export._label_sets import is_list_column
from hem_core.export._labels import class_names, labels_of
from hem_core.export._plain import rows

HAS_PICTURES = True
HOLDS_LISTS = True
CARRIES = Carries(pictures="pixels")
PROGRESS = "writing tar shards"
README = """\
## WebDataset

`webdataset/shard-000000.tar` …, in the order of the examples. An example is `<number>.cls` (the number of its class
in `webdataset/classes.json`; none without a label, nor where a label is a list of tags), `<number>.json` (all columns,
the id and lists of tags among them), and its picture as it was, its text as `<number>.txt`, or, for rows, nothing more.

```python
import webdataset

shards = sorted(str(path) for path in (FOLDER / "webdataset").glob("*.tar"))
samples = webdataset.WebDataset(shards, shardshuffle=False).decode("pil")
sample = next(iter(samples))
```
"""

SHARD_BYTES = 256 << 20
_DECODED = (".png", ".jpg", ".jpeg", ".ppm", ".pgm", ".pbm", ".pnm")


def write(
    examples: pd.DataFrame,
    folder: Path,
    *,
    read_image: ReadImage | None = None,
    classes: Sequence[str] = (),
    features: Sequence[str] = (),
) -> Path:
    """Write webdataset/shard-<number>.tar, a new one from 256 MiB on, and webdataset/classes.json.

    A picture that the package does not decode becomes a PNG. Returns the path of webdataset.
    Raises DataError for a picture that cannot be read.
    """
    home = folder / "webdataset"
    home.mkdir(parents=True)
    has_lists = is_list_column(examples)
    names = list(classes) if has_lists else class_names(examples, classes)
    (home / "classes.json").write_text(json.dumps(names, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    number_of = {name: number for number, name in enumerate(names)}
    shards = _Shards(home)
    for k, (label, values, (_, row)) in enumerate(
        zip(labels_of(examples), rows(examples), examples.iterrows(), strict=True)
    ):
        parts = {".json": json.dumps(values, ensure_ascii=False, allow_nan=False).encode()}
        if label is not None and not has_lists:
            parts[".cls"] = str(number_of[label]).encode()
        if read_image is not None:
            suffix, content = as_one_of(_DECODED, read_picture(read_image, row), row)
            parts[suffix] = content
        elif isinstance(values.get("text"), str):
            parts[".txt"] = str(values["text"]).encode()
        shards.add(f"{k:09d}", parts)
    shards.close()
    return home


def read(folder: Path) -> tuple[pd.DataFrame, ReadImage | None]:
    """The examples of the shards, every column as JSON has it, and a reader of their pictures, if any.

    folder: as for `write`. Raises DataError when the format is not in it.
    """
    entries: list[dict[str, Any]] = []
    pictures: dict[str, _Place] = {}
    for shard in sorted(present(folder, "webdataset").glob("shard-*.tar")):
        with tarfile.open(shard) as opened:
            for member in opened:
                suffix = Path(member.name).suffix
                if suffix == ".json":  # the first part of every example
                    content = opened.extractfile(member)
                    entries.append(json.loads(content.read() if content else b"{}"))
                elif suffix not in (".cls", ".txt"):
                    pictures[str(entries[-1]["id"])] = _Place(shard, member.offset_data, member.size, suffix)
    return examples_of(entries), (lambda row: pictures[str(row["id"])].read()) if pictures else None


@dataclass(frozen=True)
class _Place:
    """Where a picture lies in a shard, in bytes."""

    shard: Path
    start: int
    size: int
    suffix: str

    def read(self) -> tuple[str, bytes]:
        with self.shard.open("rb") as file:
            file.seek(self.start)
            return self.suffix, file.read(self.size)


class _Shards:
    """Tar files, one after the other; the parts of an example are in one, side by side."""

    def __init__(self, home: Path) -> None:
        self._home, self._count = home, 0
        self._open: tarfile.TarFile | None = None

    def add(self, key: str, parts: dict[str, bytes]) -> None:
        if self._open is None or self._open.offset >= SHARD_BYTES:
            self.close()
            path = self._home / f"shard-{self._count:06d}.tar"
            self._open = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
            self._count += 1
        for suffix, content in parts.items():
            member = tarfile.TarInfo(f"{key}{suffix}")  # no owner and no time: the same examples, the same bytes
            member.size = len(content)
            self._open.addfile(member, io.BytesIO(content))

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
