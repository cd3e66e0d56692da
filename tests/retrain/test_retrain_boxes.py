"""Retraining a detector: corrected boxes and weights reach it, and the report speaks of average precision and boxes."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn
from typer.testing import CliRunner

import hem_core
from hem_core.cli import hem
from hem_core.errors import DataError
from hem_core.retrain.refusals import shared
from hem_core.retrain.report.together import changed_parts
from hem_core.retrain.retrain import retrain
from hem_core.retrain.settings import Settings
from hem_core.retrain.source import columns_of, open_source
from hem_core.retrain.test_data import test_data as data_to_measure_on
from hem_core.sets.select import save, select
from hem_core.store.workspace import open_workspace
from hem_core.tasks import load, of

RIGHT, WRONG = [10, 10, 30, 30], [55, 55, 30, 30]
"""Left, top, width and height of the one object of every image, and of the box that three of five have been given."""
N_TRAIN, N_TEST, N_WRONG = 5, 3, 3


class Average(nn.Module):
    """Finds the object where it was on average, of the images of its training by their weights."""

    def __init__(self, boxes):
        super().__init__()
        self.box = nn.Parameter(boxes)

    def forward(self, images):
        one = {"labels": torch.ones(1, dtype=torch.int64), "scores": torch.full((1,), 0.9)}
        return [{"boxes": self.box[None], **one} for _image in images]


def train(dataset, *, weights=None, seed=0):
    """See `Average`."""
    boxes = torch.stack([dataset[at][1]["boxes"][0] for at in range(len(dataset))])
    by = torch.ones(len(boxes)) if weights is None else weights
    return Average((boxes * by[:, None]).sum(dim=0) / by.sum()).eval()


@pytest.fixture
def workspace(tmp_path):
    """A run `first` over five training and three test images; i0, i1 and i2 are given in the wrong place."""
    (tmp_path / "photos").mkdir()
    images, notes, found = [], [], []
    for at in range(N_TRAIN + N_TEST):
        Image.fromarray(np.full((100, 100, 3), 20 * at, np.uint8)).save(tmp_path / "photos" / f"i{at}.png")
        split = "train" if at < N_TRAIN else "test"
        images.append({"id": at + 1, "file_name": f"i{at}.png", "width": 100, "height": 100, "split": split})
        given = WRONG if at < N_WRONG else RIGHT
        notes.append({"id": at + 1, "image_id": at + 1, "category_id": 1, "bbox": given, "area": 900, "iscrowd": 0})
        found.append({"image_id": at + 1, "category_id": 1, "bbox": RIGHT, "score": 0.8})
    document = {"images": images, "annotations": notes, "categories": [{"id": 1, "name": "cell"}]}
    (tmp_path / "annotations.json").write_text(json.dumps(document))
    (tmp_path / "results.json").write_text(json.dumps(found))
    where = {"images": tmp_path / "photos", "predictions": tmp_path / "results.json"}
    hem_core.score(None, tmp_path / "annotations.json", out=tmp_path / "w" / "runs" / "first", **where)
    return tmp_path / "w"


@pytest.fixture
def run(workspace):
    return hem_core.open_run(workspace / "runs" / "first")


def make_set(workspace, level, ids, **weights):
    chosen = select(level, n=len(ids), policies=["top"], rule={"all": [{"column": "id", "in": ids}]})
    chosen.examples["weight"] = [weights.get(id.split(".")[0], 1.0) for id in chosen.examples["id"]]
    save(workspace, "hard", level, chosen, made_by="a test")


@pytest.mark.slow
def test_boxes_that_people_corrected_teach_the_curated_arm_alone(workspace, run):
    log = open_workspace(workspace).tags().level("boxes")
    log.add(run.data, [f"i{at}.png#p1" for at in range(N_WRONG)], "take predicted", who="anna")
    log.add(run.data, [f"i{at}.png#g1" for at in range(N_WRONG)], "remove", who="anna")
    make_set(workspace, run.level("boxes"), ["i0.png#g1", "i3.png#g1"])
    found = retrain(workspace, Settings(set="hard", train=train, seeds=2, arms=("control", "curated")))
    report = found.report
    assert found.plan["recipe"]["name"] == "labels"
    assert found.plan["set"] | {"n": 2, "n_used": 2} == found.plan["set"]  # two boxes, in two images
    head = report["table"][0]
    assert (head["measure"], head["arms"]["control"]["mean"], head["arms"]["curated"]["mean"]) == ("mAP50", 0, 100)
    assert [row["measure"] for row in report["table"]][2:] == [
        "mAP50–95", "mAP75", "miss rate at 1 false positive per image",
    ]  # fmt: skip
    assert report["classes"][0]["label"] == "cell"
    assert report["classes"][0]["difference"] == 100
    assert (report["flow_of"], report["flow"]["fixed"]["per_seed"]) == ("boxes", [6, 6])  # found, and no longer beside
    assert "interval of overall mAP50" in report["verdict"]["rules"][0]["rule"]
    parts = pd.read_parquet(found.folder / "parts.parquet")
    assert sorted(zip(parts["id"], parts["before"], parts["after"], strict=True))[0] == ("i5.png#g1", "missed", "right")
    page = found.html.read_text()
    assert "boxes of 3 test examples" in page
    assert "AP50 in %" in page
    arm = hem_core.open_run(workspace / "runs" / report["runs"]["curated"])
    assert arm.info["metrics"][0]["value"] == pytest.approx(1)
    assert retrain(workspace, Settings(set="hard", train=train, seeds=2, arms=("control", "curated"))).report == report


@pytest.mark.parametrize(("question", "recipe"), [("drop", "without"), ("weigh", "weights")])
def test_the_arms_of_a_question_differ_by_the_list_and_not_by_corrected_boxes(workspace, run, question, recipe):
    log = open_workspace(workspace).tags().level("boxes")
    log.add(run.data, [f"i{at}.png#p1" for at in range(N_WRONG)], "take predicted", who="anna")
    log.add(run.data, [f"i{at}.png#g1" for at in range(N_WRONG)], "remove", who="anna")
    make_set(workspace, run.examples, ["i3.png"])
    found = retrain(workspace, Settings(set="hard", train=train, seeds=1, recipe=recipe, question=question, force=True))
    with np.load(found.folder / "material.npz") as kept:
        assert (kept["given"] >= 0).all()
        is_same = kept["curated"] == kept["given"]
        assert is_same.tolist() == (~kept["in_set"] if question == "drop" else np.ones(N_TRAIN, bool)).tolist()


def test_weights_of_the_set_reach_the_function(workspace, run):
    make_set(workspace, run.examples, ["i3.png", "i4.png"], i3=50.0, i4=50.0)
    settings = Settings(set="hard", train=train, seeds=1, recipe="weights", arms=("control", "curated"), force=True)
    head = retrain(workspace, settings).report["table"][0]
    assert (head["arms"]["control"]["mean"], head["arms"]["curated"]["mean"]) == (0, 100)


def test_test_images_without_a_given_box_are_refused_before_anything_is_trained(workspace, run):
    make_set(workspace, run.examples, ["i3.png", "i4.png"])
    data = workspace.parent / "annotations.json"
    document = json.loads(data.read_text())
    test = str(workspace.parent / "empty.json")
    document["images"] = document["images"][N_TRAIN:]
    (workspace.parent / "empty.json").write_text(json.dumps(document | {"annotations": []}))
    settings = Settings(set="hard", train=train, seeds=1, arms=("control", "curated"), test=test, force=True)
    with pytest.raises(DataError, match="nothing is given in the 3 test examples, so that mAP50 cannot be measured"):
        retrain(workspace, settings)


def test_test_data_in_a_file_of_their_own_are_measured_by_their_own_boxes(workspace, run):
    make_set(workspace, run.examples, ["i3.png", "i4.png"], i3=50.0, i4=50.0)
    document = json.loads((workspace.parent / "annotations.json").read_text())
    document["images"] = document["images"][N_TRAIN:]  # rows 0, 1, 2; those of the training data are given wrongly
    document["annotations"] = document["annotations"][N_TRAIN:]
    (workspace.parent / "later.json").write_text(json.dumps(document))
    settings = Settings(
        set="hard", train=train, seeds=1, recipe="weights", arms=("control", "curated"), force=True,
        test=str(workspace.parent / "later.json"),
    )  # fmt: skip
    head = retrain(workspace, settings).report["table"][0]
    assert (head["measure"], head["arms"]["curated"]["mean"]) == ("mAP50", 100)


def test_pictures_of_test_data_may_lie_beside_their_file(workspace, run):
    """In a folder of their own, as COCO's val2017 beside train2017."""
    document = json.loads((workspace.parent / "annotations.json").read_text())
    path = workspace.parent / "later" / "annotations.json"
    (path.parent / "images").mkdir(parents=True)
    options = {"columns": columns_of(run), "classes": run.classes, "parameters": {}, "task": of(run.info)}
    train_source = open_source(workspace.parent / "annotations.json", workspace, **options)
    for image in document["images"][N_TRAIN:]:
        old, image["file_name"] = image["file_name"], f"later-{image['file_name']}"
        (workspace.parent / "photos" / old).rename(path.parent / "images" / image["file_name"])
    document["images"], document["annotations"] = document["images"][N_TRAIN:], document["annotations"][N_TRAIN:]
    path.write_text(json.dumps(document))
    found = data_to_measure_on(run, train_source, str(path), workspace)
    assert (found.how, len(found.rows), found.source.ids[0]) == ("file", N_TEST, "later-i5.png")


@pytest.mark.parametrize("is_same", [True, False])
def test_other_pictures_with_the_file_names_of_the_training_are_other_pictures(workspace, run, is_same):
    folder = workspace.parent / "later"
    (folder / "images").mkdir(parents=True)
    document = json.loads((workspace.parent / "annotations.json").read_text())
    document["images"], document["annotations"] = document["images"][:N_TRAIN], document["annotations"][:N_TRAIN]
    for at in range(N_TRAIN):
        level = 20 * at if is_same else 200 + at
        Image.fromarray(np.full((100, 100, 3), level, np.uint8)).save(folder / "images" / f"i{at}.png")
    (folder / "annotations.json").write_text(json.dumps(document))
    options = {"columns": columns_of(run), "classes": run.classes, "parameters": {}, "task": of(run.info)}
    source = open_source(workspace.parent / "annotations.json", workspace, **options)
    found = data_to_measure_on(run, source, str(folder / "annotations.json"), workspace)
    assert len(found.rows) == N_TRAIN
    assert shared(source, found).tolist() == [is_same] * N_TRAIN


def test_parts_that_one_model_alone_predicts_are_nothing_in_the_other():
    def rows(*each):
        names = ("id", "example", "given", "predicted", "error", "type")
        table = {name: np.array([row[at] for row in each], object) for at, name in enumerate(names)}
        places = {f"predicted_{side}": np.array([row[6][at] for row in each], object)
                  for at, side in enumerate(("left", "top", "right", "bottom"))}  # fmt: skip
        return table | places

    here, there = (0, 0, 10, 10), (50, 50, 60, 60)
    before = rows(("a#g1", "a", "cell", "cell", 0.0, "right", here), ("a#p2", "a", None, "cell", 0.9, "Bkg", there))
    after = rows(("a#g1", "a", "cell", None, 1.0, "Missed", (np.nan,) * 4))
    found = changed_parts(load("detection"), before, after)
    assert found.to_numpy().tolist() == [
        ["a#g1", "a", "cell", "right", "missed", "regressed"],
        ["a#p2", "a", "none", "false positive", "nothing", "fixed"],
    ]


def test_a_choice_without_a_policy_says_that_it_is_at_random(workspace):
    line = ["select", str(workspace / "runs" / "first"), "--n", "2"]
    words = "at random, since nothing here measures uncertainty"
    assert words in CliRunner().invoke(hem, line).output
    assert words not in CliRunner().invoke(hem, [*line, "--policy", "random"]).output
