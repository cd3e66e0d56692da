"""The pictures, sorted into a folder for each label."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from pathlib import Path

import pandas as pd

from hem_core.errors import DataError, HemError
from hem_core.export._images import ReadImage

README = """\
## Image folder

`imagefolder/<label>/<id>.<suffix>`, as torchvision's `ImageFolder` and the `imagefolder` loader of Hugging Face
`datasets` read it. Characters that a file name cannot have are replaced; `imagefolder/metadata.jsonl` has the true
id and label of every file.

```python
import json

from PIL import Image

with open(FOLDER / "imagefolder" / "metadata.jsonl", encoding="utf-8") as file:
    entries = [json.loads(line) for line in file]
image = Image.open(FOLDER / "imagefolder" / entries[0]["file_name"])
label = entries[0]["label"]
```
"""

_MOST_BYTES = 120  # of a name; 255 is what file systems take, and archives and encryption want some of it
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])( *\..*)?", re.IGNORECASE)


def write(examples: pd.DataFrame, folder: Path, *, read_image: ReadImage | None = None) -> Path:
    """Write imagefolder/<label>/<id><suffix> and imagefolder/metadata.jsonl (file_name, id, label).

    Every name is one plain part of a path, different from the others also where upper and lower case are the
    same. Examples without a label are in a folder `no_label`. Returns the path of imagefolder.
    Raises DataError without read_image or a column id or label, and for a picture that cannot be read.
    """
    if read_image is None:
        raise DataError("format 'imagefolder' needs the pictures: this data has none; use parquet, csv or jsonl")
    missing = [name for name in ("id", "label") if name not in examples.columns]
    if missing:
        raise DataError(f"format 'imagefolder' needs the columns id and label; there is no '{missing[0]}'")
    target = folder / "imagefolder"
    target.mkdir(parents=True)
    folders = _Names({"metadata.jsonl"})
    files: dict[str, _Names] = {}
    folder_of: dict[object, str] = {}
    with (target / "metadata.jsonl").open("w", encoding="utf-8", newline="\n") as metadata:
        labels = examples["label"].astype("object").where(examples["label"].notna(), None).tolist()
        for label, (_, row) in zip(labels, examples.iterrows(), strict=True):
            if label not in folder_of:
                folder_of[label] = folders.take("no_label" if label is None else str(label))
                (target / folder_of[label]).mkdir()
            home = folder_of[label]
            suffix, content = _read(read_image, row)
            name = files.setdefault(home, _Names()).take(str(row["id"]), suffix)
            (target / home / name).write_bytes(content)
            entry = {"file_name": f"{home}/{name}", "id": str(row["id"]), "label": label}
            metadata.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return target


def _read(read_image: ReadImage, row: pd.Series) -> tuple[str, bytes]:
    try:
        suffix, content = read_image(row)
    except (HemError, OSError) as error:
        raise DataError(
            f"the picture of '{row['id']}' cannot be exported: {error}; mend it, or leave the example out"
        ) from error
    return (suffix.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", suffix) else ".img"), content


class _Names:
    """The names taken in one folder; two that a file system could mix up are not both given out."""

    def __init__(self, taken: set[str] | None = None) -> None:
        self._taken = set(taken or ())

    def take(self, text: str, suffix: str = "") -> str:
        stem = _plain(text.removesuffix(suffix) if suffix else text)
        name = stem + suffix
        attempt = 0
        while _folded(name) in self._taken:
            mark = hashlib.sha256(f"{text}\0{attempt}".encode("utf-8", "surrogatepass")).hexdigest()[:10]
            name = f"{stem}-{mark}{suffix}"
            attempt += 1
        self._taken.add(_folded(name))
        return name


def _plain(text: str) -> str:
    """One part of a path that every file system takes: letters, digits, space and ._- only."""
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(letter if letter.isalnum() or letter in " ._-" else "_" for letter in composed)
    short = kept.encode("utf-8", "ignore")[:_MOST_BYTES].decode("utf-8", "ignore")
    name = short.strip(" ").rstrip(".").rstrip(" ")
    if not name or name[0] in ".-" or _RESERVED.fullmatch(name):
        name = f"_{name.lstrip('.')}"
    return name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
