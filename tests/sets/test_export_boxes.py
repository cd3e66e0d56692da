"""A set of images and a set of boxes of a detector, written as detectors are trained and read back."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scenes
from PIL import Image
from typer.testing import CliRunner

import hem_core
from hem_core import catalog as catalogs
from hem_core.boxes.columns import SIDES
from hem_core.cli import hem
from hem_core.errors import DataError
from hem_core.export import coco, hard_negatives, voc, yolo
from hem_core.runs.box_decisions import decisions
from hem_core.sets.box_corrections import counted, in_words
from hem_core.sets.classes_of_rows import classes_of_rows
from hem_core.sets.export_run import export_run
from hem_core.sets.export_set import export_set
from hem_core.sets.select import save, select
from hem_core.store.run import open_run
from hem_core.store.workspace import open_workspace

MARKED = {"right.png#g2", "false.png#p1"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boxes")
    data = scenes.write(folder / "data")
    where = {"images": data / "photos", "predictions": data / "results.json"}
    run = hem_core.score(None, data / "annotations.json", out=folder / "w" / "runs" / "scenes", **where)
    level = run.level("boxes")
    chosen = select(level, n=9, policies=["top"], rule={"all": [{"column": "id", "in": sorted(MARKED)}]})
    chosen.examples["weight"] = np.where(chosen.examples["id"] == "right.png#g2", 3.0, 2.0)
    save(folder / "w", "hard", level, chosen, made_by="a test")
    return folder / "w"


@pytest.fixture(scope="module")
def exported(workspace, tmp_path_factory):
    return export_set(workspace, "hard", 1, tmp_path_factory.mktemp("out") / "set", ["coco", "yolo", "voc", "jsonl"])


def test_quotas_go_by_the_classes_of_the_boxes(workspace):
    run = open_run(workspace / "runs" / "scenes")
    found = dict(zip(run.table(["id"])["id"], classes_of_rows(run.examples), strict=True))
    assert found["right.png"] == ("cell", "dust")
    assert (found["crowd.png"], found["false.png"]) == (("dust",), ())  # a crowd region is no object
    images = select(run.examples, n=3, policies=["per_class"]).examples["id"].tolist()
    assert [found[id] for id in images] == [("cell",), ("dust",), ()]
    boxes = select(run.level("boxes"), n=4, policies=["per_class"]).examples
    assert sorted(boxes["given"].fillna(boxes["predicted"])) == ["cell", "cell", "dust", "dust"]


@pytest.mark.parametrize("format", [coco, yolo, voc], ids=lambda each: each.__name__.rpartition(".")[2])
def test_a_set_of_boxes_is_its_images_with_all_boxes_those_of_the_set_marked(exported, format):
    table, read_image = format.read(exported)
    images = table.set_index("id")
    assert set(images.index) == {"right.png", "false.png"}
    assert images["weight"].to_dict() == {"right.png": 3.0, "false.png": 2.0}
    assert {id: set(ids) for id, ids in images["in_set"].items()} == {
        "right.png": {"right.png#g2"},
        "false.png": {"false.png#p1"},  # a false positive is no annotation
    }
    assert images.loc["false.png", "boxes"] == []
    boxes = {box["id"]: box for box in images.loc["right.png", "boxes"]}
    assert {id: (box["in_set"], box["weight"], box["label"]) for id, box in boxes.items()} == {
        "right.png#g1": (False, 1.0, "cell"),
        "right.png#g2": (True, 3.0, "dust"),
    }
    corners = [boxes["right.png#g2"][side] for side in ("left", "top", "right", "bottom")]
    assert corners == pytest.approx([60, 60, 80, 80])
    suffix, content = read_image(table.iloc[0])
    assert (suffix, content[:4]) == (".png", b"\x89PNG")


def test_what_is_written_is_read_as_annotations_by_the_reader_of_boxes(exported):
    for place in ("coco/annotations.json", "yolo/data.yaml", "voc"):
        catalog = catalogs.read(exported / place)
        counts = sorted(len(boxes) for boxes in catalog["boxes"].to_pylist())
        assert counts == [0, 2], place


def test_corrected_boxes_are_exported_as_corrected(workspace, tmp_path):
    shutil.copytree(workspace, tmp_path / "w")
    run = open_run(tmp_path / "w" / "runs" / "scenes")
    log = open_workspace(tmp_path / "w").tags().level("boxes")
    log.add(run.data, ["false.png#p1"], "added", who="anna", value="new [31, 30, 50, 52]")
    log.add(run.data, ["right.png#g1"], "removed", who="anna")
    log.add(run.data, ["right.png#g2"], "moved", who="anna", value="cell [60, 60, 82, 80]")
    log.add(run.data, ["off.png#g1"], "moved", who="anna", value="cell [30, 10, 70, 50]")
    log.add(run.data, ["off.png#g1"], "removed", who="ben")  # disputed: as given
    done = export_set(tmp_path / "w", "hard", 1, tmp_path / "set", ["coco"])
    boxes = {
        image["id"]: [(box["label"], *(box[side] for side in SIDES), box["in_set"]) for box in image["boxes"]]
        for image in coco.read(done)[0].to_dict("records")
    }
    assert boxes == {"right.png": [("cell", 60, 60, 82, 80, True)], "false.png": [("new", 31, 30, 50, 52, False)]}
    noted = json.loads((done / "manifest.json").read_text())["corrections"]
    assert noted == {
        "boxes": 3, "done": {"added": 1, "moved and relabelled": 1, "removed": 1}, "people": {"anna": 3},
        "n_disputed": 0, "disputed": {},
    }  # fmt: skip
    whole = export_run(run.folder, tmp_path / "run", where="n_given > 0", formats=["coco"])
    noted = json.loads((whole.folder / "manifest.json").read_text())["corrections"]
    assert (noted["n_disputed"], list(noted["disputed"])) == (1, ["off.png#g1"])
    assert noted["disputed"]["off.png#g1"] == ["anna: cell [30, 10, 70, 50]", "ben: nothing here"]
    text = (whole.folder / "README.md").read_text()
    assert (
        "2 boxes in these images are as people corrected them: 1 moved and relabelled, 1 removed; by anna (2)." in text
    )
    assert "- `off.png#g1`: anna: cell [30, 10, 70, 50]; ben: nothing here" in text
    images = coco.read(whole.folder)[0].set_index("id")["boxes"]
    assert [tuple(box[side] for side in SIDES) for box in images["right.png"]] == [(60, 60, 82, 80)]
    given = next(note["bbox"] for note in scenes.document()["annotations"] if note["id"] == 5)
    (off,) = images["off.png"]
    assert [off["left"], off["top"], off["right"] - off["left"], off["bottom"] - off["top"]] == given


def test_images_of_a_run_have_their_boxes_and_a_crowd_stays_a_crowd(workspace, tmp_path):
    done = export_run(workspace / "runs" / "scenes", tmp_path / "out", where="id = 'crowd.png'", formats=["coco"])
    whole = json.loads((done.folder / "coco" / "annotations.json").read_text())
    assert [note["iscrowd"] for note in whole["annotations"]] == [1, 0]
    assert [category["name"] for category in whole["categories"]] == ["cell", "dust"]


def test_a_saved_set_notes_the_corrections_in_its_images(workspace, tmp_path):
    shutil.copytree(workspace, tmp_path / "w")
    run = open_run(tmp_path / "w" / "runs" / "scenes")
    log = open_workspace(tmp_path / "w").tags().level("boxes")
    log.add(run.data, ["right.png#g1"], "moved", who="anna", value="cell [12, 10, 50, 50]")
    log.add(run.data, ["missed.png#g1"], "removed", who="ben")
    log.add(run.data, ["off.png#g1"], "removed", who="anna")
    log.add(run.data, ["off.png#g1"], "right", who="ben")
    # A box that was removed is in no set of boxes, and its image has no other one.
    for name, level, people in (("i", "examples", {"anna": 1, "ben": 1}), ("b", "boxes", {"anna": 1})):
        chosen = select(run.level(level), n=99, policies=["top"], where="difficulty >= 0")
        path = save(tmp_path / "w", name, run.level(level), chosen, made_by="a test")
        manifest = json.loads((path / "manifest.json").read_text())
        assert (manifest["corrections"]["people"], manifest["corrections"]["n_disputed"]) == (people, 1), level


def test_corrections_are_counted_for_the_images_that_are_named(workspace, tmp_path):
    shutil.copytree(workspace, tmp_path / "w")
    run = open_run(tmp_path / "w" / "runs" / "scenes")
    tags = open_workspace(tmp_path / "w").tags()
    for id in ("right.png#g1", "missed.png#g1"):
        tags.level("boxes").add(run.data, [id], "removed", who="anna")
    found = counted(decisions(run, tags, {"right.png", "missed.png"}), {"right.png"})
    assert (found["boxes"], in_words(found)) == (1, "1 box: 1 removed")


def test_the_preview_speaks_of_classes_where_there_are_any(workspace):
    run = str(workspace / "runs" / "scenes")
    shown = {}
    for level in ("examples", "boxes"):
        line = ["select", run, "--n", "2", "--policy", "top", "--level", level, "--preview"]
        done = CliRunner().invoke(hem, line)
        assert done.exit_code == 0, done.output
        shown[level] = done.output
    assert "classes" not in shown["examples"]
    assert "smallest class" in shown["boxes"]


def test_a_format_that_would_lose_the_boxes_refuses_and_crops_of_boxes_are_as_before(workspace, tmp_path):
    run = workspace / "runs" / "scenes"
    with pytest.raises(DataError, match="format 'imagefolder' cannot hold the boxes of these images; use coco, "):
        export_run(run, tmp_path / "a", where="n_given > 0", formats=["imagefolder"])
    assert not (tmp_path / "a").exists()
    done = export_run(run, tmp_path / "b", where="given = 'dust'", formats=["imagefolder"], level="boxes")
    assert done.n == 3


def test_hard_negatives_are_whole_images_without_objects_and_crops_of_others(workspace, tmp_path):
    where = {"where": "background_confidence >= .5", "formats": ["hard_negatives", "coco"]}
    done = export_run(workspace / "runs" / "scenes", tmp_path / "out", **where)
    table, read_image = hard_negatives.read(done.folder)
    assert table["id"].tolist() == ["false.png"]
    assert read_image(table.iloc[0])[1] == (workspace.parent / "data" / "photos" / "false.png").read_bytes()
    whole = json.loads((done.folder / "hard_negatives" / "annotations.json").read_text())
    assert (len(whole["images"]), whole["annotations"], len(whole["categories"])) == (1, [], 2)


@pytest.mark.parametrize(("mode", "name"), [("RGB", "a.png"), ("CMYK", "a.jpg")])
def test_a_crop_has_no_part_of_a_given_box(tmp_path, mode, name):
    picture = tmp_path / name
    Image.fromarray(np.full((100, 200, 3), 9, np.uint8)).convert(mode).save(picture)
    sides = ("left", "top", "right", "bottom")
    boxes = [{"label": "cat", **dict(zip(sides, (0, 0, 90, 100), strict=True))}]
    stray = {"id": "a#p1", "label": "cat", "confidence": 0.9, **dict(zip(sides, (100, 40, 120, 60), strict=True))}
    row = {"id": "a", "label": "1 cat", "boxes": boxes, "false_positives": [stray]}
    hard_negatives.write(pd.DataFrame([row]), tmp_path, read_image=lambda _row: (picture.suffix, picture.read_bytes()))
    (entry,) = map(json.loads, (tmp_path / "hard_negatives" / "metadata.jsonl").read_text().splitlines())
    assert (entry["id"], entry["example"], entry["crop"]) == ("a#p1", "a", [90, 18, 142, 82])
    with Image.open(tmp_path / "hard_negatives" / "images" / entry["file_name"]) as crop:
        assert crop.size == (52, 64)


def test_pictures_that_differ_by_their_suffix_alone_keep_a_label_file_each(tmp_path):
    picture = tmp_path / "any.png"
    Image.fromarray(np.full((50, 50, 3), 9, np.uint8)).save(picture)
    where = {"left": 1.0, "top": 1.0, "right": 9.0, "bottom": 9.0, "area_px": 64.0}
    plain = {"is_crowd": False, "is_ignored": False, "number": 1}
    pairs = [("a.jpg", "cat"), ("a.png", "dog"), ("b.png", "cat")]
    split = {"a.jpg": "train", "a.png": "train", "b.png": "val"}
    rows = [
        {"id": id, "label": "", "split": split[id], "boxes": [{"label": name} | where | plain]} for id, name in pairs
    ]
    read_image = lambda row: (Path(row["id"]).suffix, picture.read_bytes())  # noqa: E731
    yolo.write(pd.DataFrame(rows), tmp_path, read_image=read_image, classes=["cat", "dog"])
    table, _read = yolo.read(tmp_path)
    assert {id: boxes[0]["label"] for id, boxes in zip(table["id"], table["boxes"], strict=True)} == dict(pairs)
