"""What a format's own library reads of it."""

import importlib
import io
import json
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hem_core.export import coco, huggingface, label_studio, webdataset, yolo
from hem_core.export._split import splits
from hem_core.labels.answers_file import answers_of
from hem_core.labels.answers_rows import read_rows

CLASSES = ["dog", "cat", "horse"]
TABLE = pd.DataFrame(
    {
        "id": ["a.b/c", "=b", "c", "d"],
        "label": ["cat", "dog", "cat", None],
        "label_before": ["dog", "dog", "cat", None],
        "suggested_label": ["dog", None, None, "cat"],
        "weight": [1.0, 2.5, 1.0, 1.0],
        "loss": np.array([0.1, 2, np.nan, 4], np.float32),
        "image": ["p/a.png", "p/b.png", "p/c.png", "p/d.png"],
        "words": [["x"], [], ["y", "z"], ["x"]],
    }
)


def picture(kind="PNG", grey=0):
    buffer = io.BytesIO()
    Image.new("L", (4, 3), grey).save(buffer, kind)
    return buffer.getvalue()


def read_image(row):
    return ".png", picture(grey=TABLE["id"].tolist().index(row["id"]))


def test_pycocotools_finds_the_pictures_of_a_category(tmp_path):
    tools = importlib.import_module("pycocotools.coco")
    home = coco.write(TABLE, tmp_path, read_image=read_image, classes=CLASSES)
    found = tools.COCO(home / "annotations.json")
    assert [category["name"] for category in found.loadCats(found.getCatIds())] == CLASSES
    cat = found.getCatIds(catNms=["cat"])
    entries = found.loadImgs(sorted(found.getImgIds(catIds=cat)))
    assert [entry["example_id"] for entry in entries] == ["a.b/c", "c"]
    assert (entries[0]["width"], entries[0]["height"]) == (4, 3)
    notes = found.loadAnns(found.getAnnIds(catIds=cat, areaRng=[11, 13], iscrowd=False))
    assert [(note["label_before"], note["weight"]) for note in notes] == [("dog", 1.0), ("cat", 1.0)]
    assert len(found.getAnnIds(imgIds=[4])) == 0
    with Image.open(home / "images" / entries[1]["file_name"]) as opened:
        assert opened.getpixel((0, 0)) == 2


def test_webdataset_reads_every_example_of_every_shard_in_order(tmp_path, monkeypatch):
    package = importlib.import_module("webdataset")
    monkeypatch.setattr(webdataset, "SHARD_BYTES", 4000)
    home = webdataset.write(TABLE, tmp_path, read_image=read_image, classes=CLASSES)
    shards = sorted(str(path) for path in home.glob("*.tar"))
    assert len(shards) > 1
    found = list(package.WebDataset(shards, shardshuffle=False).decode("pil"))
    assert [sample["json"]["id"] for sample in found] == TABLE["id"].tolist()
    assert [sample.get("cls") for sample in found] == [1, 0, 1, None]
    assert [sample["png"].getpixel((0, 0))[0] for sample in found] == [0, 1, 2, 3]
    assert json.loads((home / "classes.json").read_text()) == CLASSES
    assert found[2]["json"]["loss"] is None


def test_webdataset_has_texts_and_makes_pngs_of_pictures_that_it_does_not_decode(tmp_path):
    package = importlib.import_module("webdataset")
    home = webdataset.write(TABLE.assign(text="wörd"), tmp_path / "texts")
    assert (
        next(iter(package.WebDataset([str(home / "shard-000000.tar")], shardshuffle=False).decode()))["txt"] == "wörd"
    )
    home = webdataset.write(TABLE, tmp_path / "tiffs", read_image=lambda row: (".tif", picture("TIFF", 9)))
    sample = next(iter(package.WebDataset([str(home / "shard-000000.tar")], shardshuffle=False).decode("l8")))
    assert sample["png"][0, 0] == 9


def test_datasets_loads_names_pictures_and_lists_and_saves_them(tmp_path, monkeypatch):
    datasets = importlib.import_module("datasets")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(huggingface, "FILE_BYTES", 1)
    monkeypatch.setattr(huggingface, "_AT_ONCE", 2)
    home = huggingface.write(TABLE, tmp_path, read_image=read_image, classes=CLASSES)
    assert len(list((home / "data").iterdir())) == 2
    datasets.load_dataset(str(home), split="train").save_to_disk(tmp_path / "disk")
    found = datasets.load_from_disk(tmp_path / "disk")
    assert found.features["label"].names == CLASSES
    assert list(found["label"]) == [1, 0, 1, None]
    assert list(found["id"]) == TABLE["id"].tolist()
    assert list(found["words"]) == TABLE["words"].tolist()
    assert [image.getpixel((0, 0)) for image in found["image"]] == [0, 1, 2, 3]
    assert found[0]["image_path"] == "p/a.png"


def test_datasets_loads_a_table_without_pictures_whose_image_is_a_path(tmp_path, monkeypatch):
    datasets = importlib.import_module("datasets")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    home = huggingface.write(TABLE.assign(text="wörd"), tmp_path)
    found = datasets.load_dataset(str(home), split="train")
    assert (found[0]["text"], found[0]["image"]) == ("wörd", "p/a.png")
    assert found.features["label"].names == ["cat", "dog"]


@pytest.mark.parametrize("medium", ["image", "text", "row"])
def test_label_studio_takes_the_config_the_tasks_and_their_predictions(tmp_path, medium):
    sdk = importlib.import_module("label_studio_sdk.label_interface")
    table = TABLE.assign(text="wörd") if medium == "text" else TABLE
    awkward = [*CLASSES, "<\"&'>"]
    home = label_studio.write(
        table, tmp_path, read_image=read_image if medium == "image" else None, classes=awkward, features=["loss"]
    )
    tasks = json.loads((home / "tasks-00000.json").read_text("utf-8"))
    interface = sdk.LabelInterface((home / "config.xml").read_text("utf-8"))
    interface.validate()
    assert list(interface.get_control("label").labels) == awkward
    assert [interface.validate_prediction(task["predictions"][0]) for task in tasks if "predictions" in task] == [
        True
    ] * 2
    assert all(interface.validate_task({"data": task["data"]}) for task in tasks)
    assert [task["data"]["given_label"] for task in tasks] == ["cat", "dog", "cat", ""]
    assert medium in tasks[0]["data"]
    if medium == "row":
        assert [task["data"]["row"] for task in tasks] == [{"loss": 0.1}, {"loss": 2.0}, {"loss": None}, {"loss": 4.0}]


def test_an_answered_label_studio_task_comes_back_under_its_id(tmp_path):
    home = label_studio.write(TABLE, tmp_path, read_image=read_image, classes=CLASSES)
    tasks = json.loads((home / "tasks-00000.json").read_text("utf-8"))
    for number, task in enumerate(tasks):
        result = task.get("predictions", [{"result": []}])[0]["result"]
        task |= {"id": number, "annotations": [{"completed_by": 1, "was_cancelled": False, "result": result}]}
    (tmp_path / "project.json").write_text(json.dumps(tasks))
    found = answers_of(read_rows(tmp_path / "project.json"), tmp_path / "project.json", who="me")
    assert [(answer.id, answer.label) for answer in found.answers] == [("a.b/c", "dog"), ("d", "cat")]
    assert found.unanswered == ["=b", "c"]


def test_label_studio_files_stay_below_what_it_takes_and_lose_no_task(tmp_path, monkeypatch):
    monkeypatch.setattr(label_studio, "FILE_BYTES", 900)
    home = label_studio.write(TABLE, tmp_path, read_image=read_image)
    paths = sorted(home.glob("tasks-*.json"))
    assert len(paths) > 1
    assert sum(len(json.loads(path.read_text("utf-8"))) for path in paths) == 4


def test_yolo_has_every_label_in_every_part_so_that_numbers_agree(tmp_path):
    home = yolo.write(TABLE, tmp_path, read_image=read_image)
    for part in ("train", "val"):
        assert sorted(path.name for path in (home / part).iterdir()) == ["cat", "dog"]
    assert [path.name for path in (home / "no_label").iterdir()] == ["d.png"]
    entries = [json.loads(line) for line in (home / "metadata.jsonl").read_text("utf-8").splitlines()]
    assert all((home / entry["file_name"]).read_bytes() == picture(grey=k) for k, entry in enumerate(entries))


def test_a_tenth_is_drawn_for_val_the_same_in_any_order_with_near_duplicates_on_one_side():
    table = pd.DataFrame({"id": [f"id {k}" for k in range(2000)], "label": "x"})
    table["duplicate_group"] = [k // 2 if k < 1000 else None for k in range(2000)]
    found = pd.Series(splits(table), index=table["id"])
    assert 0.08 < (found == "val").mean() < 0.12
    shuffled = table.sample(frac=1, random_state=0)
    assert splits(shuffled) == found[shuffled["id"]].tolist()
    assert (found[:1000].to_numpy()[::2] == found[:1000].to_numpy()[1::2]).all()


def test_a_split_column_decides_and_each_label_keeps_one_in_train():
    table = pd.DataFrame({"id": list("abcd"), "label": list("xxyy"), "split": ["train", "valid", "test", "extra"]})
    assert splits(table) == ["train", "val", "test", "train"]
    assert "test" in splits(table.assign(split=["train", "train", "test", "train"]))
    many = pd.DataFrame({"id": [f"{k}" for k in range(50)], "label": [f"{k}" for k in range(50)]})
    assert Counter(splits(many)) == {"train": 50}
    pair = pd.DataFrame({"id": ["a", "b"], "label": "x"})
    assert sorted(splits(pair)) == ["train", "val"]
    assert splits(pair[:1]) == ["train"]
