"""Tags have no contents of their own: their example is shown, and its set is what they correct."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import hem_core
from app import loaders
from app.wire import contents, detail, pictures
from hem_core.store.workspace import open_workspace

TAGS = ["beach", "field"]


def scored(folder, monkeypatch, **columns):
    """The level of tags of a run over 8 examples, the first of which lacks a tag."""
    given = np.arange(16).reshape(8, 2) % 3 > 0
    probs = np.where(given, 0.9, 0.1)
    probs[0] = 0.95
    frame = pd.DataFrame(probs, columns=[f"prob_{name}" for name in TAGS])
    frame["labels"] = ["|".join(np.array(TAGS)[row]) for row in given]
    frame.assign(id=[f"e{row}" for row in range(8)], **columns).to_csv(folder / "d.csv", index=False)
    options = {"task": "multilabel", "has_map": False, "has_probes": False, "separator": "|"}
    hem_core.score(None, folder / "d.csv", out=folder / "runs" / "r", **options)
    monkeypatch.setenv("HEM_WORKSPACE", str(folder))
    return open_workspace(folder).run("r").level("tags")


def row_of_last(level):
    """A tag of the last example."""
    return int(np.flatnonzero(level.table(["example"])["example"] == "e7")[0])


def test_a_tag_shows_the_picture_of_its_example_small_and_large(tmp_path, monkeypatch):
    for row in range(8):
        Image.new("RGB", (32, 32), (30 * row, 0, 0)).save(tmp_path / f"{row}.png")
    level = scored(tmp_path, monkeypatch, image=[f"{row}.png" for row in range(8)])
    assert (contents.medium(level).look, contents.has_pictures(level)) == ("picture", True)
    row = row_of_last(level)
    small = Image.open(io.BytesIO(contents.thumbnail(level, row) or b"")).convert("RGB").getpixel((5, 5))
    assert small == pytest.approx((210, 0, 0), abs=8)
    large = pictures.picture_of(level, row)
    assert large is not None
    assert large.convert("RGB").getpixel((5, 5)) == (210, 0, 0)


def test_a_tag_shows_the_text_of_its_example(tmp_path, monkeypatch):
    level = scored(tmp_path, monkeypatch, text=[f"the text of number {row}" for row in range(8)])
    row = row_of_last(level)
    (item,) = detail.details(level, detail.ranks(level), [row], open_workspace(tmp_path).tags().level("tags"))
    assert item["text"] == "the text of number 7"
    assert contents.snippets(level, [row], {}) == ["the text of number 7"]


def test_a_set_on_the_page_has_the_tags_that_were_put_right_one_by_one(tmp_path, monkeypatch):
    level = scored(tmp_path, monkeypatch)
    home = open_workspace(tmp_path)
    examples = home.run("r").examples
    before = loaders.candidates(examples, "{}").set_index("id")
    assert before["label"]["e0"] == "field"
    home.tags().level("tags").add(level.data, ["e0#0"], "mislabelled", who="anna", value="beach")
    after = loaders.candidates(examples, "{}").set_index("id")
    assert after["verdict"]["e0"] == "mislabelled"
    assert after["label"]["e0"] == "beach|field"
