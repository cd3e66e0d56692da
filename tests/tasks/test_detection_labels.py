"""Detectors that count their classes in their own way, and the limits by which boxes are judged."""

import types

import pytest
import scenes
import torch

import hem_core
from hem_core.errors import HemError, ModelError
from hem_core.models.label_names import label_names
from hem_core.tasks._detection_labels import label_map, notes

COCO = ["__background__", "person", "N/A", "dust", "N/A", "Cell"]
"""Names as torchvision has them: of the category ids, with gaps."""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return scenes.write(tmp_path_factory.mktemp("data"))


class Knowing(torch.nn.Module):
    """Gives the predictions of the scenes, in the labels `numbers` for cell and dust."""

    def __init__(self, numbers):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.numbers = numbers

    def forward(self, images):
        names = {size: name for name, size in scenes.IMAGES.items()}
        answers = []
        for image in images:
            found = scenes.PREDICTED.get(names[image.shape[2], image.shape[1]], [])
            boxes = [[left, top, left + width, top + height] for _k, left, top, width, height, _s in found]
            labels = [self.numbers[one[0]] for one in found]
            answers.append(
                {
                    "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
                    "labels": torch.tensor(labels, dtype=torch.int64),
                    "scores": torch.tensor([one[5] for one in found], dtype=torch.float32),
                }
            )
        return answers


def score(data, out, model=None, **more):
    more = {"images": data / "photos", "layer": "none"} | more
    return hem_core.score(model, data / "annotations.json", out=out, **more)


@pytest.fixture(scope="module")
def expected(data, tmp_path_factory):
    """The metrics of the predictions as a file."""
    folder = tmp_path_factory.mktemp("w")
    return score(data, folder / "run", predictions=data / "results.json").info["metrics"]


def test_names_say_what_a_label_is_whatever_the_gaps():
    assert label_map(COCO, ["cell", "dust"], 1) == (-1, -1, -1, 1, -1, 0)
    assert label_map(["dust", "cell"], ["cell", "dust"], 1) == (-1, 1, 0)
    assert label_map(["dust", "cell"], ["cell", "dust"], 0) == (1, 0)
    assert label_map(["Traffic_Light"], ["traffic light"], 0) == (0,)


def test_what_only_one_of_the_two_has_is_noted():
    assert notes((-1, 0), ["cell", "person", "N/A"], ["cell", "dust"]) == [
        "The model has no class dust: their boxes count as missed.",
        "Predictions of person are left out: the annotations have no such class.",
    ]
    assert notes((0, 1), ["cell", "dust"], ["cell", "dust"]) == []


def test_no_name_in_common_is_an_error_that_names_some_of_both():
    words = r"classes \(a, b, c, d and 1 more\) and those of the annotations \(cell, dust\) have no name in common"
    with pytest.raises(ModelError, match=words):
        label_map(["a", "b", "c", "d", "e"], ["cell", "dust"], 1)


@pytest.mark.parametrize(
    "place",
    [
        {"class_names": COCO},
        {"categories": COCO},
        {"weights": types.SimpleNamespace(meta={"categories": COCO})},
        {"meta": {"categories": COCO}},
    ],
)
def test_a_model_that_names_its_classes_is_read_by_name(data, expected, tmp_path, place):
    model = Knowing({0: 5, 1: 3})
    for name, value in place.items():
        setattr(model, name, value)
    assert label_names(model) == COCO
    run = score(data, tmp_path / "run", model)
    assert [metric["value"] for metric in run.info["metrics"]] == pytest.approx([one["value"] for one in expected])
    assert "Predictions of person are left out: the annotations have no such class." in run.info["notes"]
    assert run.info["task_settings"]["labels"] == [-1, -1, -1, 1, -1, 0]


def test_the_user_can_name_the_labels_of_a_model_that_does_not(data, expected, tmp_path):
    with pytest.raises(ModelError, match=r"the label 5; .* read as the labels 1 to 2"):
        score(data, tmp_path / "unknown", Knowing({0: 5, 1: 3}))
    run = score(data, tmp_path / "named", Knowing({0: 5, 1: 3}), classes=["person", "tree", "dust", "car", "cell"])
    assert run.info["metrics"][0]["value"] == pytest.approx(expected[0]["value"])
    with pytest.raises(HemError, match="--classes names the labels of --model"):
        score(data, tmp_path / "predicted", predictions=data / "results.json", classes=["cell"])


def types_of(run):
    return run.level("boxes").table(["id", "type"]).set_index("id")["type"].to_dict()


def test_the_limits_are_arguments_that_decide_and_are_kept(data, tmp_path):
    limits = {"foreground": 0.3, "floor": 0.6, "pool": "softmax"}
    run = score(data, tmp_path / "run", predictions=data / "results.json", arguments=limits)
    found = types_of(run)
    assert found["off.png#g1"] == "right"  # its IoU is 1/3
    assert "right.png#p2" not in found  # a confidence of .5
    settings = run.info["task_settings"]
    assert {name: settings[name] for name in ("foreground", "background", "floor", "pool")} == limits | {
        "background": 0.1
    }


def test_other_limits_make_another_run(data, tmp_path):
    score(data, tmp_path / "run", predictions=data / "results.json")
    with pytest.raises(HemError, match="another model, data or parameters"):
        score(data, tmp_path / "run", predictions=data / "results.json", arguments={"floor": 0.6})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"foreground": 1.5}, "--foreground-iou must be 0 to 1; it is 1.5"),
        ({"background": 0.5}, "--background-iou must be below --foreground-iou; they are 0.5 and 0.5"),
        ({"pool": "sum"}, "no --pool 'sum'; there are: top3, softmax"),
        ({"flour": 0.1}, "task 'detection' has no argument 'flour'; there are: foreground, background, floor, pool"),
    ],
)
def test_limits_that_cannot_be_are_refused(data, tmp_path, arguments, words):
    with pytest.raises(HemError, match=words):
        score(data, tmp_path / "run", predictions=data / "results.json", arguments=arguments)


def test_a_task_without_arguments_refuses_them(tmp_path):
    table = {"id": ["a", "b"], "label": ["x", "y"]}
    with pytest.raises(HemError, match="task 'classification' has no argument 'floor', and none of its own"):
        hem_core.score(None, table, out=tmp_path / "run", arguments={"floor": 0.1})


def test_the_command_passes_them_and_overview_shows_them(data, tmp_path):
    from typer.testing import CliRunner

    from app.views.overview.card import _arguments
    from hem_core.cli import hem

    command = ["score", data / "annotations.json", "--images", data / "photos", "--predictions", data / "results.json"]
    command += ["--foreground-iou", 0.3, "--pool", "softmax", "--layer", "none", "--out", tmp_path / "run"]
    done = CliRunner().invoke(hem, [str(word) for word in command])
    assert done.exit_code == 0, done.output
    shown = _arguments(hem_core.open_run(tmp_path / "run").examples)
    assert shown["IoU from which a prediction can be right"] == "0.3"
    assert shown["Score of an image from its boxes"] == "softmax"
