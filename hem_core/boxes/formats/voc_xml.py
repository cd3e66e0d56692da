"""Pascal VOC's XML: one file a picture, an `object` with a `bndbox` a box; difficult objects are ignored."""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np

from hem_core.boxes.annotations import Annotations, Source, image_table, unique_ids
from hem_core.boxes.formats import _voc_objects, _xml
from hem_core.boxes.formats._edits import check_digest, edits, is_moved
from hem_core.boxes.formats._pictures import picture_size
from hem_core.boxes.problems import given_problems, problems_of
from hem_core.errors import DataError


def read(path: Path, *, images: Path | None = None) -> Annotations:
    """Annotations of a folder of .xml files (its `Annotations`, where it has one), or of one file.

    images: the folder of the pictures, to see which are missing and how large they are where the file does not say so.
    Numbers are taken as they are: px from 0, as most tools write them. Classes are those of the objects, sorted.
    A file that is no XML, or has a DOCTYPE (entities are never expanded), is recorded and left out.
    Raises DataError where there are no .xml files.
    """
    content = _contents(path)
    return _parsed(path, content, Source("voc_xml", path, _digest(content), images))


def files(annotations: Annotations) -> Iterator[tuple[str, bytes]]:
    """An .xml file for each image; a file without a correction has the bytes it had, another all its other elements."""
    source = annotations.source
    if source is None or source.format != "voc_xml":
        yield from _fresh(annotations)
        return
    content = _contents(source.path)
    check_digest(source, _digest(content))
    before = _parsed(source.path, content, source)
    needed = edits(before, annotations)
    boxes = annotations.boxes
    touched = {int(before.boxes.image[old]) for old in (*needed.removed, *(pair[0] for pair in needed.changed))}
    touched |= {int(boxes.image[new]) for new in needed.added}
    name_of = {before.image_keys[index]: index for index in touched}
    for name, text in content.items():
        if name not in name_of:
            yield name, text
            continue
        index, root = name_of[name], _xml.parse(text)
        objects = root.findall("object")
        for old, new in needed.changed:
            if before.boxes.image[old] == index:
                moved = is_moved(before, annotations, old, new)
                _voc_objects.change(objects[before.records[old]], annotations, new, is_moved=moved)
        for old in needed.removed:
            if before.boxes.image[old] == index:
                _voc_objects.remove(root, objects[before.records[old]])
        for new in needed.added:
            if boxes.image[new] == index:
                _voc_objects.append(root, _voc_objects.element(annotations, new))
        yield name, _xml.text(root, text)


def _contents(path: Path) -> dict[str, bytes]:
    """Name below the folder -> bytes of each .xml file."""
    if path.is_file():
        return {path.name: path.read_bytes()}
    home = path / "Annotations" if (path / "Annotations").is_dir() else path
    found = {file.relative_to(path).as_posix(): file.read_bytes() for file in sorted(home.rglob("*.xml"))}
    if not found:
        raise DataError(f"{path} has no .xml files; name the folder of the annotations")
    return found


def _digest(content: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, text in content.items():
        digest.update(f"{name}\0{len(text)}\0".encode("utf-8", "surrogateescape") + text)
    return digest.hexdigest()


def _parsed(path: Path, content: dict[str, bytes], source: Source) -> Annotations:
    roots, unread = dict[str, ET.Element](), []
    for name, text in content.items():
        try:
            roots[name] = _xml.parse(text)
        except DataError as error:
            unread.append(f"{name}: {error}")
    keys = tuple(roots)
    names = [_file_name(name, root) for name, root in roots.items()]
    ids, again = unique_ids(names, keys)
    size_px = np.asarray([_size(root, name, source) for name, root in zip(names, roots.values(), strict=True)])
    size_px = size_px.reshape(-1, 2).astype(np.float64)
    classes, boxes, records, odd = _voc_objects.boxes(list(roots.values()), ids)
    folder = source.images
    gone = [] if folder is None else [name for name in names if not (folder / name).is_file()]
    found = [
        *problems_of("unreadable_file", unread, "files that cannot be read", "they are left out, and stay as they are"),
        *problems_of("image_listed_twice", again, "files about the same picture", "their ids end in @ and their name"),
        *problems_of("file_missing", gone, f"images without a file in {folder}"),
        *odd,
    ]
    result = Annotations(image_table(ids, names, size_px, {}), keys, classes, classes, boxes, records, (), source)
    return replace(result, problems=(*found, *given_problems(boxes, ids, size_px, classes)))


def _file_name(name: str, root: ET.Element) -> str:
    """The picture that a file is about: its `filename`, else its own name."""
    wanted = PurePosixPath((root.findtext("filename") or "").strip().replace("\\", "/")).name
    return wanted or PurePosixPath(name).stem


def _size(root: ET.Element, name: str, source: Source) -> tuple[float, float]:
    """Width and height in px: of the file, else of the picture; 0 where unknown."""
    width, height = (_voc_objects.number(root.findtext(f"size/{side}")) for side in ("width", "height"))
    if width > 0 and height > 0:
        return width, height
    return (0, 0) if source.images is None else picture_size(source.images / name)


def _fresh(annotations: Annotations) -> Iterator[tuple[str, bytes]]:
    """A new file for each image; a crowd region, which VOC does not have, becomes a difficult object."""
    of_image: list[list[int]] = [[] for _image in annotations.image_ids]
    for index, image in enumerate(annotations.boxes.image.tolist()):
        of_image[image].append(index)
    for row, some in zip(annotations.images.to_pylist(), of_image, strict=True):
        root = ET.Element("annotation")
        ET.SubElement(root, "filename").text = PurePosixPath(row["file_name"]).name
        size = ET.SubElement(root, "size")
        for side, value in (("width", row["width"]), ("height", row["height"]), ("depth", 3)):
            ET.SubElement(size, side).text = str(value)
        root.extend(_voc_objects.element(annotations, index) for index in some)
        ET.indent(root, "\t")
        yield PurePosixPath(row["file_name"]).with_suffix(".xml").as_posix(), _xml.text(root, b"")
