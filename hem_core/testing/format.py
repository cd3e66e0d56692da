"""What every export format promises."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

import hem_core.export
from hem_core import folder
from hem_core.boxes.columns import SIDES
from hem_core.errors import DataError
from hem_core.export._folder import export
from hem_core.export._holds import has_pictures, holds_boxes, is_background
from hem_core.testing._want import want

IDS = ("a/b", "=1+1", "'quoted'", "zeile\r\nzwei", 'he said "no"', "ünïcødé 猫", "x,y;z")


def check_format(name: str) -> None:
    """Check all that an export format promises: PROMISES, one after the other.

    Raises AssertionError, saying what is broken; UnknownNameError when no file or plugin has that name.
    """
    for promise in PROMISES:
        promise(name)


def it_writes_inside_its_folder_and_leaves_the_examples_alone(name: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        target, examples = Path(place) / "set", awkward_examples()
        target.mkdir()
        path = _module(name).write(examples, target, read_image=read_image)
        is_inside = isinstance(path, Path) and path.exists() and path.is_relative_to(target)
        want(is_inside, f"format {name} must return the path of what it wrote in the folder; it gave {path!r}")
        want(list(Path(place).iterdir()) == [target], f"format {name} wrote outside the folder it was given")
        pd.testing.assert_frame_equal(examples, awkward_examples())


def the_same_examples_give_the_same_bytes(name: str) -> None:
    contents = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as place:
            _module(name).write(awkward_examples(), Path(place), read_image=read_image)
            files = sorted(path for path in Path(place).rglob("*") if path.is_file())
            contents.append({path.relative_to(place): path.read_bytes() for path in files})
    want(contents[0], f"format {name} wrote no file")
    differing = [str(path) for path in contents[0] if contents[0][path] != contents[1].get(path)]
    want(contents[0] == contents[1], f"format {name} writes other bytes the second time: {', '.join(differing)}")


def its_readme_reads_it_in_code_that_runs(name: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        target = export(awkward_examples(), Path(place) / "set", [name], {}, read_image=read_image)
        want(_module(name).README.startswith("## "), f"README of format {name} begins with a heading: '## NAME'")
        want("```python" in _module(name).README, f"README of format {name} shows no Python that reads it")
        names = run_readme(target)
        want(list(names["examples"]["id"]) == list(IDS), f"README of format {name} changes `examples`")


def it_says_what_it_is(name: str) -> None:
    module = _module(name)
    want(module.__doc__ and module.write.__doc__, f"format {name} and its write need a docstring: the docs show both")
    has_pictures = getattr(module, "HAS_PICTURES", False)
    want(isinstance(has_pictures, bool), f"HAS_PICTURES of format {name} is {has_pictures!r}; wanted True or False")


def it_holds_boxes_or_is_refused(name: str) -> None:
    """Images with boxes: a format of pictures brings every box back, or the export refuses to lose them."""
    module, examples = _module(name), images_with_boxes()
    if not has_pictures(module) or is_background(module):
        return
    with tempfile.TemporaryDirectory() as place:
        target = Path(place) / "set"
        try:
            export(examples, target, [name], {}, read_image=read_image, classes=("cat", "dog"))
        except DataError as error:
            want(not holds_boxes(module), f"format {name} says it holds boxes, and refuses: {error}")
            return
        want(holds_boxes(module), f"format {name} takes images with boxes and does not hold them")
        back, _reader = module.read(target)
        for cell, wanted in zip(back["boxes"], examples["boxes"], strict=True):
            found, expected = ([_box(box) for box in one] for one in (cell, wanted))
            want(found == expected, f"format {name} brings back the boxes {found}; written were {expected}")
        run_readme(target)


def _box(box: Mapping[str, Any]) -> tuple[Any, ...]:
    return box["label"], *(round(box[side], 3) for side in SIDES), box["id"], box["in_set"], box["weight"]


PROMISES = (
    it_writes_inside_its_folder_and_leaves_the_examples_alone,
    the_same_examples_give_the_same_bytes,
    its_readme_reads_it_in_code_that_runs,
    it_says_what_it_is,
    it_holds_boxes_or_is_refused,
)


def images_with_boxes() -> pd.DataFrame:
    """Three images: with two boxes, without any, and with one that leaves the picture."""
    more = {"is_crowd": False, "is_ignored": False}

    def box(label: str, number: int, *corners: float, weight: float = 1.0) -> dict[str, Any]:
        area = (corners[2] - corners[0]) * (corners[3] - corners[1])
        chosen = {"id": f"image#g{number}", "in_set": weight > 1, "weight": weight}
        return (
            {"label": label, **dict(zip(SIDES, corners, strict=True)), "area_px": area, "number": number}
            | more
            | chosen
        )

    cells = [[box("dog", 1, 0, 0, 1, 2), box("cat", 2, 0.5, 0.25, 2, 1, weight=2.5)], [], [box("cat", 1, 1, 1, 3, 2)]]
    labels = ["1 dog, 1 cat", "no objects", "1 cat"]
    return pd.DataFrame({"id": ["a/b.png", "ünï", "c.png"], "label": labels, "weight": [2.5, 1, 1], "boxes": cells})


def awkward_examples() -> pd.DataFrame:
    """Seven examples whose ids and labels a careless format breaks on."""
    return pd.DataFrame(
        {
            "id": pd.array(list(IDS), dtype="str"),  # type: ignore[call-overload]
            "label": pd.array(["T-shirt/top", "Bag", "@home", "-", "Bag", "../x", None], dtype="str"),  # type: ignore[call-overload]
            "loss": np.array([0.1, -2.5, 1 / 3, 1e-30, 3e30, 0, np.nan], np.float32),
            "is_correct": [True, False, True, True, False, False, True],
            "n_seen": np.array([1, -2, 3, 2**53 + 1, 5, 6, 7], np.int64),
            "top_probs": [[0.5, 0.25], [1.0], [], [0.125], [0.5], [0.5], [0.5]],
        }
    )


def read_image(row: pd.Series) -> tuple[str, bytes]:
    """A picture of 2 x 2 pixels as grey as the example's place."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("L", (2, 2), IDS.index(row["id"]) if row["id"] in IDS else 0).save(buffer, "PNG")
    return ".png", buffer.getvalue()


def run_readme(target: Path) -> dict:
    """Run the Python of an exported folder's README there; returns the names that it defines."""
    code = "\n".join(re.findall(r"```python\n(.*?)```", (target / "README.md").read_text("utf-8"), re.DOTALL))
    names: dict = {}
    with contextlib.chdir(target):
        exec(compile(code, str(target / "README.md"), "exec"), names)
    return names


def _module(name: str) -> ModuleType:
    return folder.load(hem_core.export, name)
