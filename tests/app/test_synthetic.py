"""Every page of the app draws a synthetic run, whose pictures are drawn on request."""

import io

import numpy as np
import pytest
from PIL import Image

from app import loaders
from app.wire import contents, pictures
from hem_core.runs.synthetic.make import Wanted, synthesise


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A workspace whose only run is synthetic; not to be written to."""
    folder = tmp_path_factory.mktemp("drawn")
    synthesise(folder / "runs" / "big", Wanted(2_000))
    return folder


@pytest.mark.parametrize("page", ["overview", "explore", "slices", "labels", "sets", "review"])
def test_the_page_draws_and_warns_of_nothing_but_that_the_run_is_synthetic(show, drawn, page):
    test = show(drawn, page)
    assert not test.exception
    assert not test.error
    said = [str(each.value) for kind in ("markdown", "caption", "metric") for each in getattr(test, kind)]
    assert any("2,000" in words for words in said)
    assert all("synthetic run" in warning.value for warning in test.warning)


def test_a_tile_and_the_picture_at_its_full_size_show_the_same_drawing(drawn, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(drawn))
    level = loaders.level("big", "examples")
    assert contents.has_pictures(level)
    whole = pictures.picture_of(level, 5)
    small = Image.open(io.BytesIO(contents.thumbnail(level, 5) or b"")).convert("RGB")
    assert np.array_equal(np.asarray(whole), np.asarray(small))
    assert not np.array_equal(np.asarray(pictures.picture_of(level, 6)), np.asarray(whole))
