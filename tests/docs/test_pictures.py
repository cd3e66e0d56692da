"""The pictures of the documentation: each is there, small, and can be taken again."""

import re
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SHOWN = sorted({name for page in DOCS.glob("*.md") for name in re.findall(r"\]\((figures/[^)]+)\)", page.read_text())})


@pytest.mark.parametrize("name", SHOWN)
def test_a_picture_of_a_page_is_there_and_small(name):
    assert (DOCS / name).stat().st_size < 300_000
    if name.endswith(".png"):
        with Image.open(DOCS / name) as picture:
            assert picture.width == 1280


def test_a_picture_that_is_taken_is_shown_on_a_page(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
    import pictures

    shown = {DOCS / name for name in SHOWN} | {ROOT / ".github" / "explore.png"}
    assert ".github/explore.png" in (ROOT / "README.md").read_text()
    assert {picture.file(name) for name, picture in pictures.PICTURES.items()} <= shown
