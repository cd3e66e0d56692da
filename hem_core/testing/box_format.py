"""What every format of files of boxes promises."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import ModuleType

import numpy as np

from hem_core import folder
from hem_core.boxes import formats
from hem_core.boxes.annotations import Annotations, image_table
from hem_core.boxes.arrays import given_boxes
from hem_core.boxes.corrections import Correction, apply_corrections
from hem_core.errors import DataError
from hem_core.testing._want import want

IMAGES = {"a.png": (200, 100), "b c.png": (60, 50), "ünï.png": (90, 120)}
CLASSES = ("cell", "dust & <co>")
GIVEN = (("a.png", 0, (10, 20, 50, 60)), ("a.png", 1, (100.5, 10, 120, 40.25)), ("b c.png", 0, (0, 0, 60, 50)))
ADDED = ("a.png", "fibre", (1, 2, 30, 40))
NEAR_PX = 0.02
"""By how much a corner may differ after it was written: some formats hold parts of the picture with few digits."""
Boxes = list[tuple[str, str, tuple[float, ...]]]


def check_box_format(name: str) -> None:
    """Check all that a format of annotations promises: PROMISES, one after the other.

    Raises AssertionError, saying what is broken; UnknownNameError when no file or plugin has that name.
    """
    for promise in PROMISES:
        promise(name)


@dataclass(frozen=True)
class _Written:
    """The sample, written by the format into a folder of its own, next to its pictures."""

    name: str
    home: Path

    @property
    def module(self) -> ModuleType:
        return _module(self.name)

    @property
    def paths(self) -> list[Path]:
        return sorted(path for path in self.home.rglob("*") if path.is_file() and path.suffix != ".png")

    @property
    def source(self) -> Path:
        """What a user names: the file where there is one, else the folder."""
        return self.paths[0] if len(self.paths) == 1 else self.home

    def read(self) -> Annotations:
        return formats.read(self.source, images=self.home / "images", format=self.name)


def it_says_what_it_is(name: str) -> None:
    module = _module(name)
    for what in ("read", "files"):
        want(callable(getattr(module, what, None)), f"format {name} of boxes defines no function `{what}`")
        want(getattr(module, what).__doc__, f"`{what}` of format {name} has no docstring; say what it reads or writes")
    want(module.__doc__, f"format {name} of boxes has no docstring; name the tool whose files they are")


def what_is_no_such_file_is_refused_in_words(name: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "odd").write_bytes(b"\x00\xff nothing of the kind")
        for path in (Path(place) / "odd", Path(place) / "missing"):
            try:
                found = _module(name).read(path, images=None)
            except DataError:
                continue
            except Exception as error:
                raise AssertionError(
                    f"`read` of format {name} raises {type(error).__name__} for {path.name!r}; raise DataError"
                ) from error
            want(not len(found.boxes), f"`read` of format {name} finds boxes in a file that is none of its files")


def what_is_written_is_read_back(name: str) -> None:
    with _written(name) as sample:
        found = sample.read()
        _want_same(_boxes(found), _boxes(_sample()), f"format {name} reads back")
        source = found.source
        want(
            source is not None and source.format == name, f"`read` of format {name} must give the source, with its name"
        )
        ids = found.box_ids()
        want(len(set(ids)) == len(ids), f"two boxes of format {name} have one id; number them within their image")
        asks = getattr(sample.module, "recognizes", None)
        want(asks is None or asks(sample.source) is True, f"`recognizes` of format {name} does not know its own files")


def without_a_correction_every_byte_stays(name: str) -> None:
    with _written(name) as sample:
        before = {path.relative_to(sample.home).as_posix(): path.read_bytes() for path in sample.paths}
        for file, content in formats.contents(sample.read()):
            same = [text for path, text in before.items() if path.endswith(file)]
            want(content in same, f"format {name} changes {file} though nothing was corrected")


def a_correction_changes_its_box_alone(name: str) -> None:
    with _written(name) as sample:
        found = sample.read()
        ids = dict(zip([box[1:] for box in _boxes(found)], found.box_ids(), strict=True))
        first, second, third = (ids[box[1:]] for box in sorted(_boxes(found)))
        image = first.rpartition("#")[0]
        orders = [
            Correction(image, "move", first, (11, 20, 50, 61)),
            Correction(image, "relabel", second, None, "cell"),
            Correction(image, "add", None, (1, 2, 30, 40), "fibre"),
        ]
        formats.write(apply_corrections(found, orders)[0], sample.home)
        wanted = [("a.png", "cell", (11, 20, 50, 61)), ("a.png", "cell", GIVEN[1][2]), ("b c.png", "cell", GIVEN[2][2])]
        _want_same(_boxes(sample.read()), [*wanted, ADDED], f"corrected annotations of format {name} hold")
        order = Correction(third.rpartition("#")[0], "remove", third)
        formats.write(apply_corrections(sample.read(), [order])[0], sample.home)
        kept = [*wanted[:2], ADDED]
        _want_same(_boxes(sample.read()), kept, f"after one box was removed, the annotations of format {name} hold")


def a_source_that_has_changed_is_not_overwritten(name: str) -> None:
    with _written(name) as sample:
        found = sample.read()
        path = max(sample.paths, key=lambda path: path.stat().st_size)
        path.write_bytes(path.read_bytes() + b"\n")
        try:
            formats.contents(found)
        except DataError:
            return
        raise AssertionError(
            f"format {name} writes over a file that changed since it was read; compare `source.digest`"
        )


PROMISES = (
    it_says_what_it_is,
    what_is_no_such_file_is_refused_in_words,
    what_is_written_is_read_back,
    without_a_correction_every_byte_stays,
    a_correction_changes_its_box_alone,
    a_source_that_has_changed_is_not_overwritten,
)


@contextmanager
def _written(name: str) -> Iterator[_Written]:
    from PIL import Image

    with tempfile.TemporaryDirectory() as place:
        home = Path(place) / "data"
        (home / "images").mkdir(parents=True)
        for image, size in IMAGES.items():
            Image.new("L", size).save(home / "images" / image)
        formats.write(_sample(), home, format=name)
        yield _Written(name, home)


def _sample() -> Annotations:
    names = list(IMAGES)
    table = image_table(names, names, np.array(list(IMAGES.values()), np.float64), {})
    boxes = given_boxes(
        [names.index(image) for image, *_ in GIVEN], [k for _, k, _ in GIVEN], [xyxy for *_, xyxy in GIVEN]
    )
    return Annotations(table, (1, 2, 3), CLASSES, (1, 2), boxes, np.full(len(GIVEN), -1))


def _boxes(found: Annotations) -> Boxes:
    """Name of the image, class and corners of each box, in the order of the file."""
    boxes = found.boxes
    rows = zip(boxes.image.tolist(), boxes.label.tolist(), boxes.xyxy.tolist(), strict=True)
    return [
        (PurePosixPath(found.image_ids[image]).name, found.categories[label], tuple(xyxy))
        for image, label, xyxy in rows
    ]


def _want_same(found: Boxes, wanted: Boxes, words: str) -> None:
    pairs = list(zip(sorted(found), sorted(wanted), strict=False))
    is_same = len(found) == len(wanted) and all(
        one[:2] == other[:2] and np.allclose(one[2], other[2], rtol=0, atol=NEAR_PX) for one, other in pairs
    )
    want(is_same, f"{words} {sorted(found)}; wanted {sorted(wanted)}")


def _module(name: str) -> ModuleType:
    return folder.load(formats, name)
