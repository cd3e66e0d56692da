"""Detection from annotations and predictions to images and boxes, on scenes that a reader can check in the head."""

import io
import json
import shutil

import numpy as np
import pandas as pd
import pytest
import scenes
from PIL import Image

import hem_core
from hem_core import tasks
from hem_core.errors import DataError, HemError, ModelError
from hem_core.runs.described_by import own_columns
from hem_core.runs.finish import clear
from hem_core.sets.export_set import export_set
from hem_core.sets.select import save, select
from hem_core.store.fingerprint import fingerprint


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A workspace with the run `scenes`, scored from predictions."""
    folder = tmp_path_factory.mktemp("boxes")
    data = scenes.write(folder / "data")
    hem_core.score(
        None,
        data / "annotations.json",
        images=data / "photos",
        predictions=data / "results.json",
        out=folder / "runs" / "scenes",
    )
    return folder


@pytest.fixture
def run(workspace):
    return hem_core.open_run(workspace / "runs" / "scenes")


def test_every_kind_of_suspicion_has_words_for_the_pages(run):
    numbers = run.level("boxes").table().select_dtypes("number")
    assert {name for name in numbers if name.startswith("suspicion")} <= set(tasks.column_words(tasks.of(run.info)))


@pytest.fixture
def boxes(run):
    """The level as a table by id."""
    return run.level("boxes").table().set_index("id")


def test_the_data_name_the_task_and_the_run_has_two_levels(run):
    assert (run.info["task"], run.info["levels"], run.n) == ("detection", ["examples", "boxes"], 7)
    assert run.level("boxes").classes == scenes.CLASSES
    assert run.classes == ()


def test_every_kind_of_hypothesis_has_its_row(boxes):
    found = {id: (row["type"], row["reason"]) for id, row in boxes.iterrows()}
    assert found == {
        "confused.png#g1": ("Cls", "confused"),
        "crowd.png#g2": ("right", "easy"),
        "false.png#p1": ("Bkg", "false_positive"),
        "missed.png#g1": ("Missed", "missed"),
        "off.png#g1": ("Loc", "suspect_label"),  # all other boxes are right to the pixel
        "right.png#g1": ("right", "easy"),
        "right.png#p2": ("Dupe", "duplicate"),
        "right.png#g2": ("right", "unsure"),
    }


def test_errors_of_boxes_are_those_that_a_reader_computes(boxes):
    assert boxes["error"].to_dict() == pytest.approx(
        {
            "confused.png#g1": 1,
            "crowd.png#g2": 0,
            "false.png#p1": 0.95,
            "missed.png#g1": 1,
            "off.png#g1": 2 / 3,
            "right.png#g1": 0,
            "right.png#p2": 0.5,
            "right.png#g2": 0,
        }
    )
    assert boxes.loc["right.png#g2", "loss"] == pytest.approx(0.6)
    assert boxes["given"].isna().to_dict()["false.png#p1"]
    assert boxes["predicted"].isna().to_dict()["missed.png#g1"]


def test_evidence_is_true_of_its_row(boxes):
    words = boxes["evidence"]
    assert words["off.png#g1"] == "Predicted cell at IoU .33 with confidence .60; needed .50. The given box may be off."
    assert words["missed.png#g1"] == "dust is given here, and no prediction matches it."
    assert words["false.png#p1"] == "Predicted cell with confidence .95; nothing is given there."


def test_images_are_counted_and_their_error_is_1_less_f1(run):
    table = run.table().set_index("id")
    columns = ["n_given", "n_predicted", "n_right", "n_missed", "n_false_positive", "n_mislocated", "n_confused"]
    counts = {name: tuple(int(table.loc[name, column]) for column in columns) for name in scenes.IMAGES}
    assert counts["right.png"] == (2, 3, 2, 0, 0, 0, 0)
    assert counts["false.png"] == (0, 1, 0, 0, 1, 0, 0)
    assert counts["missed.png"] == (1, 0, 0, 1, 0, 0, 0)
    assert counts["empty.png"] == (0, 0, 0, 0, 0, 0, 0)
    assert counts["crowd.png"] == (1, 3, 1, 0, 0, 0, 0)  # the crowd absorbs two predictions and is no object
    assert table["error"].to_dict() == pytest.approx(
        {
            "confused.png": 1,
            "crowd.png": 0,
            "empty.png": 0,
            "false.png": 1,
            "missed.png": 1,
            "off.png": 1,
            "right.png": 0.5,  # a cell is right; its duplicate at .5 counts, the dust found with .4 does not
        },
        abs=1e-6,
    )
    assert table.loc["right.png", "given"] == "1 cell, 1 dust"
    assert table.loc["empty.png", "given"] == table.loc["empty.png", "predicted"] == "no objects"
    assert table.loc["off.png", "evidence"] == "0 of 1 given box found; 1 mislocated"
    assert table.loc["right.png", "reason"] == "unsure"  # .6 severe, and the duplicate .5
    assert "detections" not in table


def test_images_have_the_components_of_their_boxes_pooled(run):
    """off.png: IoU 1/3 and the right class with .6; right.png: the boxes agree, with .9 and .4; missed.png: alone."""
    table = run.table(["id", "cls", "loc", "miss"]).set_index("id")
    assert table["loc"].to_dict() == pytest.approx(
        {"confused.png": 0, "crowd.png": 0, "missed.png": 1, "off.png": 2 / 3, "right.png": 0}
        | dict.fromkeys(("empty.png", "false.png"), np.nan),
        nan_ok=True,
        abs=1e-6,
    )
    assert table.loc["right.png", "cls"] == pytest.approx(-(np.log(0.9) + np.log(0.4)) / 2)
    assert table.loc["confused.png", "cls"] == pytest.approx(-np.log(0.25))  # another class with .75
    assert np.isnan(table.loc["missed.png", "cls"])
    assert table.loc["missed.png", "miss"] == 1


def test_images_are_chosen_by_a_component(workspace, run):
    """A wrong place is hard by `loc` alone, a wrong class by `cls` alone."""
    for by, first in (("loc", ["missed.png", "off.png"]), ("cls", ["confused.png"])):
        chosen = select(run.examples, n=len(first), policies=["top"], options={"top": {"by": by}})
        assert chosen.examples["id"].tolist() == first
    no_box = select(run.examples, n=6, policies=["top"], options={"top": {"by": "loc"}}).left_out
    assert no_box["why"].unique().tolist() == ["no value of loc"]


def test_average_precision_is_that_of_a_reader(run):
    """cell: 3 given; hits and errors by confidence: false .95, right .9, off .6, duplicate .5: precision 1/2 up to
    recall 1/3, which are 34 of 101 recalls. dust: 3 given; confused .75 is an error, crowd .7 and right .4 are hits:
    precision 2/3 up to recall 2/3, 67 of 101."""
    metrics = {metric["name"]: metric for metric in run.info["metrics"]}
    headline = run.info["metrics"][0]
    assert headline["name"] == "mAP50"
    assert headline["value"] == pytest.approx((34 / 101 / 2 + 67 / 101 * 2 / 3) / 2, abs=1e-6)
    assert headline["low"] <= headline["value"] <= headline["high"]
    assert not metrics["miss rate at 1 false positive per image"]["higher_is_better"]
    from hem_core.runs.measured import measured

    assert measured(run.examples)[0].value == headline["value"]


def test_small_pictures_show_the_boxes_in_their_colours(run):
    level = run.level("boxes")
    rows = {id: row for row, id in enumerate(level.table(["id"])["id"])}
    crop = Image.open(io.BytesIO(level.thumbnail(rows["missed.png#g1"]))).convert("RGB")
    assert max(crop.size) == 160
    pixels = np.asarray(crop, int).reshape(-1, 3)
    assert (np.abs(pixels - (240, 228, 66)).sum(axis=1) < 90).sum() > 100  # the yellow of what is missed
    whole = Image.open(io.BytesIO(run.examples.thumbnail(0)))
    assert whole.size == (120, 100)


def test_the_hardest_boxes_are_selected_and_exported(workspace, tmp_path):
    workspace = shutil.copytree(workspace, tmp_path / "w")
    level = hem_core.open_run(workspace / "runs" / "scenes").level("boxes")
    chosen = select(level, n=3, policies=["top"])
    assert set(chosen.examples["id"]) == {"confused.png#g1", "missed.png#g1", "off.png#g1"}
    save(workspace, "hard", level, chosen, made_by="a test")
    export_set(workspace, "hard", 1, tmp_path / "out", ["csv"])
    (path,) = (tmp_path / "out").rglob("*.csv")
    assert len(pd.read_csv(path)) == 3


def test_a_run_that_is_overwritten_leaves_no_boxes_behind(workspace, tmp_path):
    data = workspace / "data"
    hem_core.score(None, data / "annotations.json", predictions=data / "results.json", out=tmp_path / "run")
    again = json.loads((data / "results.json").read_text())[:1]
    (tmp_path / "fewer.json").write_text(json.dumps(again))
    new = hem_core.score(
        None, data / "annotations.json", predictions=tmp_path / "fewer.json", out=tmp_path / "run", overwrite=True
    )
    assert new.info["n"] == 7
    assert new.level("boxes").n == 6


def test_boxes_are_part_of_a_run_s_fingerprint_and_go_with_it(workspace, tmp_path):
    home = shutil.copytree(workspace / "runs" / "scenes", tmp_path / "run")
    before = fingerprint(home)
    (home / "boxes.parquet").write_bytes(b"other")
    assert fingerprint(home) != before
    clear(home)
    assert not (home / "boxes.parquet").exists()
    assert not (home / "boxes").exists()


def test_a_second_run_has_the_same_bytes(workspace, tmp_path):
    data = workspace / "data"
    options = {"images": data / "photos", "predictions": data / "results.json"}
    hem_core.score(None, data / "annotations.json", out=tmp_path / "again", **options)
    for name in ("scores.parquet", "boxes.parquet", "boxes/thumbnails.bin", "thumbnails.bin"):
        one = (workspace / "runs" / "scenes" / name).read_bytes()
        assert one == (tmp_path / "again" / name).read_bytes(), name


def detector(first_label=1):
    """A model that knows the answers by the size of a picture, and answers as torchvision's detectors do."""
    import torch

    names = {size: name for name, size in scenes.IMAGES.items()}

    class Detector(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first_label = first_label
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, images):
            answers = []
            for image in images:
                found = scenes.PREDICTED.get(names[image.shape[2], image.shape[1]], [])
                boxes = [[left, top, left + width, top + height] for _k, left, top, width, height, _s in found]
                answers.append(
                    {
                        "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
                        "labels": torch.tensor([one[0] + first_label for one in found], dtype=torch.int64),
                        "scores": torch.tensor([one[5] for one in found], dtype=torch.float32),
                    }
                )
            return answers

    return Detector()


@pytest.mark.slow
@pytest.mark.parametrize("first_label", [1, 0])
def test_a_model_on_pictures_of_any_size_gives_what_its_predictions_give(workspace, run, tmp_path, first_label):
    model = detector(first_label)
    if first_label == 1:
        del model.first_label
    data = workspace / "data"
    found = hem_core.score(model, data / "annotations.json", images=data / "photos", out=tmp_path / "run")
    assert found.info["metrics"][0]["value"] == pytest.approx(run.info["metrics"][0]["value"])
    both = [each.level("boxes").table(["type", "reason"]).value_counts().to_dict() for each in (found, run)]
    assert both[0] == both[1]
    assert found.table(["error"])["error"].to_numpy() == pytest.approx(
        run.table(["error"])["error"].to_numpy(), abs=1e-6
    )


def test_a_label_beyond_the_classes_stops_the_run_and_names_the_readings(workspace, tmp_path):
    model, data = detector(1), workspace / "data"
    model.first_label = 0  # its labels 1 and 2 are then one too many, and the others would be read as other classes
    words = r"the label 2; the 2 classes of the annotations are read as the labels 0 to 1.*gaps.*--classes"
    with pytest.raises(ModelError, match=words):
        hem_core.score(model, data / "annotations.json", images=data / "photos", out=tmp_path / "run")


def test_what_is_no_detector_is_refused(workspace, tmp_path):
    import torch

    class Sum(torch.nn.Module):
        def forward(self, images):
            return [image.sum() for image in images]

    data = workspace / "data"
    with pytest.raises(ModelError, match="detection expects a list with a dict of boxes"):
        hem_core.score(Sum(), data / "annotations.json", images=data / "photos", out=tmp_path / "run")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"predictions": "results.json", "resize": 64}, HemError, "takes pictures at their size"),
        ({}, ModelError, "holds no predictions; expected a column 'predictions' of boxes"),
        ({"predictions": "nowhere.json"}, DataError, "nothing is at '.*nowhere.json', which --predictions names"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(workspace, tmp_path, options, error, words):
    data = workspace / "data"
    if "predictions" in options:
        options = options | {"predictions": data / options["predictions"]}
    with pytest.raises(error, match=words):
        hem_core.score(None, data / "annotations.json", out=tmp_path / "run", **options)


def show(name, **query):
    def _page(name):
        import importlib

        from app import frame, state

        state.sync()
        frame.show(importlib.import_module(f"app.views.{name}.page").page)

    from streamlit.testing.v1 import AppTest

    test = AppTest.from_function(_page, default_timeout=120, kwargs={"name": name})
    for key, value in query.items():
        test.query_params[key] = value
    return test.run()


@pytest.mark.parametrize("level", ["examples", "boxes"])
@pytest.mark.parametrize("name", ["overview", "explore", "review", "labels", "slices", "sets", "compare", "retrain"])
def test_every_page_draws_both_levels(workspace, monkeypatch, name, level):
    monkeypatch.setenv("HEM_WORKSPACE", str(workspace))
    page = show(name, run="scenes", **({} if level == "examples" else {"level": level}))
    assert not page.exception
    assert not [error.value for error in page.error]
    assert any("mAP50" in str(one.value) for one in [*page.markdown, *page.caption])


def test_no_slice_of_boxes_is_described_by_how_they_were_judged(run):
    """Else every weak slice is "the IoU is low"; what a box is, and where, describes it."""
    used = set(own_columns(run.level("boxes")))
    assert {"size", "crowding", "aspect", "given_left"} <= used
    assert not {"iou", "type", "miss", "suspicion", "suspicion_kind", "suspicion_missing", "predicted_left"} & used


def test_sets_shows_the_reasons_of_boxes(workspace, monkeypatch):
    """None of them is a reason of classes, for which the page has a fixed order."""
    monkeypatch.setenv("HEM_WORKSPACE", str(workspace))
    page = show("sets", run="scenes", level="boxes")
    next(one for one in page.get("button_group") if one.label == "From").set_value("everything").run()
    charts = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    bars = [trace for chart in charts for trace in chart["data"] if trace.get("orientation") == "h"]
    assert "missed" in {name for trace in bars for name in trace["y"]}


def test_the_boxes_of_a_unit_are_matched_once(workspace, tmp_path, monkeypatch):
    """`fields` asks for the severity of a unit and `describe` for its error; then the whole set is matched."""
    from hem_core.tasks import detection

    sizes, real = [], detection.hypotheses

    def counted(given, predicted, **limits):
        sizes.append(len(given))
        return real(given, predicted, **limits)

    monkeypatch.setattr(detection, "hypotheses", counted)
    data = workspace / "data"
    options = {"images": data / "photos", "predictions": data / "results.json", "out": tmp_path / "run"}
    hem_core.score(None, data / "annotations.json", **options)
    assert len(sizes) == 2
