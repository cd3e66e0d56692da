"""Verdicts on boxes as a corrected annotation file: what was said is applied, all else stays as it was."""

import copy
import json
from pathlib import Path

import pandas as pd
import pytest
import scenes
from typer.testing import CliRunner

import hem_core
from hem_core.cli import hem
from hem_core.errors import DataError
from hem_core.labels.corrected_boxes import corrected_boxes
from hem_core.labels.corrected_files import write_corrected
from hem_core.store.workspace import open_workspace


@pytest.fixture
def run(tmp_path):
    """The scenes, scored; the workspace is the folder above."""
    data = scenes.write(tmp_path / "data")
    home = tmp_path / "w" / "runs" / "scenes"
    return hem_core.score(None, data / "annotations.json", predictions=data / "results.json", out=home)


def test_verdicts_become_a_corrected_file_and_a_list_of_changes(run, tmp_path):
    log = open_workspace(run.folder).tags().level("boxes")
    log.add(run.data, ["confused.png#g1"], "mislabelled", who="anna", value="dust")
    log.add(run.data, ["false.png#p1"], "take predicted", who="ben")
    log.add(run.data, ["off.png#g1"], "take predicted", who="ben")
    log.add(run.data, ["missed.png#g1"], "remove", who="anna")
    log.add(run.data, ["right.png#g1"], "mislabelled", who="anna")  # without a class: nobody knows what is right
    done = CliRunner().invoke(hem, ["correct", str(run.folder), "--out", str(tmp_path / "fixed")])
    assert done.exit_code == 0, done.output
    fixed = json.loads((tmp_path / "fixed" / "annotations.json").read_text())
    expected = copy.deepcopy(scenes.document())
    notes = {note["id"]: note for note in expected["annotations"]}
    confused, missed, off = 1, 4, 5
    notes[confused]["category_id"] = scenes.KEYS[1]
    notes[off] |= {"bbox": [30, 10, 40, 40], "area": 1600}
    del notes[missed]
    number = {image["file_name"]: image["id"] for image in expected["images"]}
    kept = [note for note in fixed["annotations"] if note["id"] in notes]
    assert kept == list(notes.values())
    (added,) = [note for note in fixed["annotations"] if note["id"] not in {note["id"] for note in kept}]
    assert (added["image_id"], added["category_id"], added["bbox"]) == (number["false.png"], 3, [30, 30, 20, 20])
    assert (fixed["images"], fixed["categories"]) == (expected["images"], expected["categories"])
    changes = pd.read_csv(tmp_path / "fixed" / "changes.csv")
    assert sorted(zip(changes["action"], changes["who"], strict=True)) == [
        ("add", "ben"),
        ("move", "ben"),
        ("relabel", "anna"),
        ("remove", "anna"),
    ]
    assert "1 called wrong without another class or box" in done.stderr


def test_a_file_that_has_changed_is_not_corrected(run, tmp_path):
    path = Path(run.info["data"]["annotations"]["path"])
    path.write_text(path.read_text().replace("north", "south"))
    with pytest.raises(DataError, match="has changed since it was scored"):
        corrected_boxes(run, open_workspace(run.folder).tags())


def test_a_folder_that_holds_anything_is_left_alone(run, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "annotations.json").write_text("mine")
    found = corrected_boxes(run, open_workspace(run.folder).tags())
    with pytest.raises(DataError, match="is not empty"):
        write_corrected(found, tmp_path / "full")
    assert (tmp_path / "full" / "annotations.json").read_text() == "mine"
