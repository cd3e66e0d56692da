"""Open Images' CSV: a row a box, corners in parts of the picture; groups are crowd regions."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hem_core.boxes.annotations import Annotations, Source
from hem_core.boxes.formats import _json, _listed
from hem_core.boxes.formats._edits import check_digest, edits, is_moved
from hem_core.boxes.formats._listed import Item, Picture, around
from hem_core.boxes.formats._pictures import picture_size, pictures_below
from hem_core.errors import DataError

SIDES = ("XMin", "YMin", "XMax", "YMax")
NEEDED = ("ImageID", "LabelName", *SIDES)
COLUMNS = ("ImageID", "Source", "LabelName", "Confidence", "XMin", "XMax", "YMin", "YMax", "IsOccluded", "IsTruncated",
           "IsGroupOf", "IsDepiction", "IsInside")  # fmt: skip
NAMES = "*class-descriptions*.csv"
"""The file beside it that gives each code of a class, such as /m/01g317, its name."""


@dataclass(frozen=True)
class _Table:
    """The file as it was read."""

    columns: Sequence[str]
    rows: Sequence[dict[str, str]]
    names: Mapping[str, str]
    """Code of a class -> its name."""


def recognizes(path: Path) -> bool:
    """Whether a .csv has the columns of Open Images."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.readline(1 << 12).decode("utf-8-sig", "replace")
    return set(NEEDED) <= {name.strip().strip('"') for name in head.split(",")}


def read(path: Path, *, images: Path | None = None) -> Annotations:
    """Annotations of a CSV of boxes. Classes have the names in class-descriptions….csv beside it, else their codes.

    images: the folder of the pictures: an ImageID is a file's name without its suffix, and the size of an image is its
    picture's; where that is missing it is unknown, and the boxes stay in parts of the image. Only images with a box are
    listed. Raises DataError for a file without these columns.
    """
    content = _json.read_bytes(path)
    return _parsed(_table(path, content), Source("openimages_csv", path, _digest(path, content), images))


def files(annotations: Annotations) -> Iterator[tuple[str, bytes]]:
    """The file with its corrections, other rows and columns as they were; or a new annotations.csv."""
    source = annotations.source
    if source is None or source.format != "openimages_csv":
        fresh = [_row(annotations, index, {}) for index in range(len(annotations.boxes))]
        yield "annotations.csv", _written(COLUMNS, fresh)
        return
    content = _json.read_bytes(source.path)
    check_digest(source, _digest(source.path, content))
    table = _table(source.path, content)
    before = _parsed(table, source)
    needed = edits(before, annotations)
    rows: list[dict[str, str] | None] = list(table.rows)
    of_image: dict[str, list[int]] = {}
    for number, row in enumerate(table.rows):
        of_image.setdefault(row["ImageID"], []).append(number)
    lines = list(of_image.values())
    codes = {name: code for code, name in table.names.items()}
    for old, new in needed.changed:
        number = lines[int(before.boxes.image[old])][int(before.records[old])]
        row = _row(annotations, new, codes)
        kept = (*SIDES, "LabelName") if is_moved(before, annotations, old, new) else ("LabelName",)
        rows[number] = {**table.rows[number], **{name: row[name] for name in kept}}
    for old in needed.removed:
        rows[lines[int(before.boxes.image[old])][int(before.records[old])]] = None
    rows += [_row(annotations, new, codes) for new in needed.added]
    yield source.path.name, _written(table.columns, [each for each in rows if each is not None]) if needed else content


def _digest(path: Path, content: bytes) -> str:
    return _listed.digest_of({path.name: content})


def _table(path: Path, content: bytes) -> _Table:
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig", "replace"), newline=""))
    columns = list(reader.fieldnames or ())
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise DataError(f"{path} has no column {missing[0]}, which Open Images' boxes have; check which file it is")
    names: dict[str, str] = {}
    for each in sorted(path.parent.glob(NAMES)):
        with each.open(encoding="utf-8-sig", newline="") as file:
            names |= {row[0]: row[1] for row in csv.reader(file) if len(row) > 1}
    return _Table(columns, [{name: row.get(name) or "" for name in columns} for row in reader], names)


def _parsed(table: _Table, source: Source) -> Annotations:
    file_of = {path.stem: path for path in reversed(pictures_below(source.images))} if source.images else {}
    of_image: dict[str, list[dict[str, str]]] = {}
    for row in table.rows:
        of_image.setdefault(row["ImageID"], []).append(row)
    pictures = []
    for id, rows in of_image.items():
        found = file_of.get(Path(id).stem if Path(id).suffix else id)
        size = picture_size(found) if found is not None else (0, 0)
        name = found.relative_to(source.images).as_posix() if found and source.images else id
        items = [_item(at, row, size, table.names) for at, row in enumerate(rows)]
        pictures.append(Picture(id, name if Path(name).suffix else f"{name}.jpg", size, items))
    return _listed.annotations_of(pictures, source)


def _item(at: int, row: Mapping[str, str], size: tuple[int, int], names: Mapping[str, str]) -> Item:
    width, height = (side or 1 for side in size)
    left, top, right, bottom = (_number(row[side]) for side in SIDES)
    code = row["LabelName"].strip()
    corners = around([(left * width, top * height), (right * width, bottom * height)])
    return Item(at, names.get(code, code), corners, is_crowd=row.get("IsGroupOf") == "1")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _row(annotations: Annotations, index: int, codes: Mapping[str, str]) -> dict[str, str]:
    boxes = annotations.boxes
    at = int(boxes.image[index])
    name = annotations.categories[boxes.label[index]]
    size = [side or 1.0 for side in annotations.size_px[at].tolist()]
    shares = [f"{value / size[k % 2]:.10g}" for k, value in enumerate(boxes.xyxy[index].tolist())]
    source = annotations.source
    is_own = source is not None and source.format == "openimages_csv"
    image = str(annotations.image_keys[at]) if is_own else Path(annotations.images["file_name"][at].as_py()).stem
    flags = dict.fromkeys(COLUMNS[8:], "0") | {"IsGroupOf": str(int(boxes.is_crowd[index]))}
    about = {"ImageID": image, "Source": "xclick", "LabelName": codes.get(name, name), "Confidence": "1"}
    return about | dict(zip(SIDES, shares, strict=True)) | flags


def _written(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(columns), extrasaction="ignore", restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
