"""What every export format promises."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd

import hem_core.export
from hem_core import folder
from hem_core.export._folder import export
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


PROMISES = (
    it_writes_inside_its_folder_and_leaves_the_examples_alone,
    the_same_examples_give_the_same_bytes,
    its_readme_reads_it_in_code_that_runs,
    it_says_what_it_is,
)


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
