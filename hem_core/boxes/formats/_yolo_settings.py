"""Where a YOLO data set has its pictures, its labels and the names of its classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hem_core.boxes.formats._pictures import pictures_below
from hem_core.errors import DataError

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Entry:
    """One picture with its label file; either may be missing."""

    picture: Path
    label: Path
    split: str
    """The split it is in, or ""."""


@dataclass(frozen=True)
class Layout:
    """A data set of one text file a picture."""

    root: Path
    """The folder that names are relative to."""
    names: tuple[str, ...] | None
    """The classes; None where no file names them."""
    entries: tuple[Entry, ...]
    settings: Path | None
    """The file of settings, data.yaml."""

    def name_of(self, path: Path, otherwise: str) -> str:
        """The name of a file below the root; below `otherwise` for one that lies elsewhere."""
        inside = path.is_relative_to(self.root)
        return path.relative_to(self.root).as_posix() if inside else f"{otherwise}/{path.name}"


def layout(path: Path, images: Path | None) -> Layout:
    """The layout of a data.yaml, or of a folder with one, or of a folder of label files.

    images: the folder of the pictures, for labels without a data.yaml. Raises DataError where there is nothing to read.
    """
    if not path.exists():
        raise DataError(f"{path} is not there; name a data.yaml, or the folder that has it")
    settings = path if path.is_file() else next(iter(sorted([*path.glob("*.yaml"), *path.glob("*.yml")])), None)
    if settings is None:
        return _without_settings(path, images)
    values = _yaml(settings)
    home = settings.parent
    wanted = home / str(values.get("path") or ".")
    root = wanted if wanted.is_dir() else home
    found: dict[Path, Entry] = {}
    for split in SPLITS:
        places = values.get(split) or []
        for place in [places] if isinstance(places, str) else places:
            for entry in _entries(root, root / str(place), split):
                found.setdefault(entry.label, entry)
    return Layout(root, _names(values), tuple(found.values()), settings)


def label_of(picture: Path) -> Path:
    """The label file of a picture: the last folder `images` in its path becomes `labels`."""
    parts = list(picture.parts)
    for at in range(len(parts) - 2, -1, -1):
        if parts[at] == "images":
            parts[at] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _without_settings(path: Path, images: Path | None) -> Layout:
    """Labels below `path`, each with its picture in the folder of pictures, in `images` or beside it; classes.txt."""
    names = path / "classes.txt"
    classes = [name.strip() for name in names.read_text("utf-8").split("\n")] if names.is_file() else None
    pictures = pictures_below(images or path)
    of_stem = {picture.stem: picture for picture in reversed(pictures)}
    labels = [label for label in sorted(path.rglob("*.txt")) if label.name != "classes.txt"]
    entries = {label: Entry(of_stem.get(label.stem, label.with_suffix(".jpg")), label, "") for label in labels}
    with_label = {entry.picture for entry in entries.values()}
    home = labels[0].parent if labels else path
    for picture in pictures:
        if picture not in with_label:
            label = label_of(picture) if images is None else home / f"{picture.stem}.txt"
            entries.setdefault(label, Entry(picture, label, ""))
    if not entries:
        raise DataError(f"{path} has no data.yaml, no pictures and no label files; check which folder it is")
    kept = None if classes is None else tuple(name for name in classes if name)
    return Layout(path, kept, tuple(entries[label] for label in sorted(entries)), None)


def _entries(root: Path, place: Path, split: str) -> list[Entry]:
    """The pictures of a folder, or of a text file that lists them, and label files without a picture."""
    if place.is_file():
        lines = [line.strip() for line in place.read_text("utf-8").splitlines() if line.strip()]
        listed = [root / line.removeprefix("./") for line in lines]
        return [Entry(picture, label_of(picture), split) for picture in listed]
    pictures = pictures_below(place) if place.is_dir() else []
    found = {label_of(picture): picture for picture in pictures}
    home = label_of(place / "x.jpg").parent
    for label in sorted(home.rglob("*.txt")) if home.is_dir() else []:
        found.setdefault(label, place / label.relative_to(home).with_suffix(".jpg"))
    return [Entry(picture, label, split) for label, picture in sorted(found.items())]


def _yaml(path: Path) -> dict[str, Any]:
    import yaml

    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise DataError(f"{path} is no YAML: {error}; mend it") from error
    if not isinstance(values, dict):
        raise DataError(f"{path} names no train, val or names, so it is no data.yaml; check which file it is")
    return values


def _names(values: dict[str, Any]) -> tuple[str, ...] | None:
    """The classes of `names`, a list or number -> name; else of `nc`, their number."""
    names = values.get("names")
    if isinstance(names, dict):
        places = {int(key): str(name) for key, name in names.items() if str(key).isdecimal() and int(key) < 1e6}
        return tuple(places.get(at, str(at)) for at in range(max(places, default=-1) + 1))
    if isinstance(names, list):
        return tuple(str(name) for name in names)
    count = values.get("nc")
    return tuple(str(at) for at in range(count)) if isinstance(count, int) and count < 1e6 else None
