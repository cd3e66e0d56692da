"""`hem demo` of boxes, from the annotations to a scored run; with few images and a short training."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from demo_models import _boxes, _demo, bccd, detection
from demo_models._boxes import annotations_of
from demo_models.detector import train
from demo_models.scenes.planted import Planted
from hem_core import open_run
from hem_core.cli import hem as command
from hem_core.errors import DataError

NAMES = ["RBC", "WBC"]


def voc(folder):
    """Three images of cells as BCCD has them, in a folder of the repository."""
    home = folder / "BCCD"
    for name in ("Annotations", "JPEGImages"):
        (home / name).mkdir(parents=True)
    for number in range(4):
        picture = np.full((48, 64, 3), 90, np.uint8)
        picture[8:24, 8 + number : 24 + number] = 220
        Image.fromarray(picture).save(home / "JPEGImages" / f"BloodImage_{number:05d}.jpg")
        box = f"<xmin>{8 + number}</xmin><ymin>8</ymin><xmax>{24 + number}</xmax><ymax>24</ymax>"
        (home / "Annotations" / f"BloodImage_{number:05d}.xml").write_text(
            f"<annotation><filename>BloodImage_{number:05d}.jpg</filename>"
            "<size><width>64</width><height>48</height><depth>3</depth></size>"
            f"<object><name>{NAMES[number % 2]}</name><bndbox>{box}</bndbox></object></annotation>"
        )
    return folder


def coco(folder):
    """The same as one COCO file beside its images."""
    (folder / "images").mkdir(parents=True)
    (folder / "annotations_coco.json").write_text(json.dumps({"images": [], "annotations": [], "categories": []}))
    return folder


def hem(*words):
    return CliRunner().invoke(command, [str(word) for word in words])


@pytest.fixture
def is_short(monkeypatch):
    """One epoch, two folds and twelve scenes, which have enough boxes for each kind to be planted."""
    monkeypatch.setattr(detection, "N", 12)
    for demo in (detection, bccd):
        monkeypatch.setattr(demo, "OOS", 2)
        monkeypatch.setattr(demo, "TRAIN", partial(train, epochs=1))


@pytest.mark.slow
def test_the_demo_of_scenes_says_what_it_found_of_the_boxes_made_wrong(is_short, tmp_path):
    run = _demo.run("detection", tmp_path, progress=lambda *_: None, is_map_awaited=False)
    assert (run.n, run.info["sample"], run.info["oos"]["folds"]) == (12, "out-of-sample", 2)
    assert run.info["level_neighbours"]["boxes"]["of"] == "features of the model"
    assert run.info["pending"] == ["map"]
    assert "1.5% of the boxes are missing" in _demo.about("detection")
    (found,) = _demo.findings("detection", tmp_path, run)
    assert "most suspicious boxes," in found
    planted = pd.read_csv(tmp_path / "data" / "detection" / "planted.csv")
    assert {"missing", "shifted", "relabelled"} <= set(planted["kind"])


@pytest.mark.slow
def test_the_demo_of_blood_cells_reads_them_as_they_are(is_short, tmp_path):
    done = hem("demo", "bccd", "--no-app", "--workspace", tmp_path / "w", "--data", voc(tmp_path / "data"))
    assert done.exit_code == 0, done.output
    assert "nothing is planted" in done.output
    run = open_run(tmp_path / "w" / "runs" / "bccd")
    assert run.n == 4
    assert run.level("boxes").classes == ("RBC", "WBC")
    assert run.table(["given"])["given"].tolist() == ["1 RBC", "1 WBC"] * 2


def test_annotations_are_found_as_coco_or_voc_here_or_one_folder_below(tmp_path):
    below = voc(tmp_path / "voc")
    assert annotations_of(below, demo="bccd", wanted="").annotations == below / "BCCD"
    assert annotations_of(below / "BCCD", demo="bccd", wanted="").annotations == below / "BCCD"
    found = annotations_of(coco(tmp_path / "coco"), demo="bccd", wanted="")
    assert (found.annotations.name, found.images.name) == ("annotations_coco.json", "images")
    for data, words in (
        (None, "say --data FOLDER"),
        (tmp_path / "gone", "no folder"),
        (below / "BCCD" / "JPEGImages", "no ann"),
    ):
        with pytest.raises(DataError, match=words):
            annotations_of(data, demo="bccd", wanted="")


def test_wrong_boxes_among_the_most_suspicious_are_counted_by_their_kind():
    rows = [("a.png", "g1", 99), ("a.png", "p4", 98), ("b.png", "g1", 97), ("b.png", "p9", 1)]
    table = pd.DataFrame(
        [{"id": f"{image}#{part}", "example": image, "label_suspicion": value} for image, part, value in rows]
    ).assign(predicted_left=0.0, predicted_top=0.0, predicted_right=10.0, predicted_bottom=10.0)
    planted = [
        Planted("a.png", "missing", None, "3", 0.0, 0.0, 10.0, 11.0),
        Planted("b.png", "spurious", 1, None, None, None, None, None),
        Planted("b.png", "missing", None, "3", 0.0, 0.0, 10.0, 11.0),  # beyond the first three
    ]
    assert _boxes.found_in(table, planted, 3) == (
        "Of the 3 most suspicious boxes, 2 were made wrong on purpose: 1 missing, 0 shifted, 0 relabelled, 1 spurious."
    )


def test_packages_of_the_demos_are_no_demos():
    assert {"detection", "bccd"} <= set(_demo.names())
    assert not {"detector", "scenes"} & set(_demo.names())
