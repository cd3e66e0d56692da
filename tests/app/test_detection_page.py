"""The page Detection: the numbers at the chosen thresholds, equal to those of the run and of every other page."""

import json
import shutil

import numpy as np
import pytest
import scenes
from streamlit.testing.v1 import AppTest

import hem_core
from app.views import is_offered, views
from app.views.overview.glance import class_priors, overview
from hem_core.runs.box_scene import scene_of
from hem_core.sets.select import save, select
from hem_core.store.run import open_run
from hem_core.store.workspace import open_workspace


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A workspace with the run `scenes`; not to be written to."""
    place = tmp_path_factory.mktemp("detection")
    data = scenes.write(place / "data")
    hem_core.score(
        None,
        data / "annotations.json",
        predictions=data / "results.json",
        out=place / "w" / "runs" / "scenes",
        images=data / "photos",
    )
    return place / "w"


@pytest.fixture(scope="module")
def run(folder):
    return open_run(folder / "runs" / "scenes")


def numbers(test):
    return {metric.label: metric.value for metric in test.metric}


def test_the_run_s_thresholds_show_its_numbers(show, folder, run):
    test = show(folder, "detection", run="scenes")
    assert not test.exception
    found, types = numbers(test), run.level("boxes").table(["type"])["type"]
    assert found["Right"] == str((types == "right").sum()) == "3"
    assert found["Missed"] == "3"  # one missed, one confused, one off
    assert found["False positives"] == str(types.isin(["Cls", "Loc", "Both", "Dupe", "Bkg"]).sum()) == "4"
    assert (found["Precision"], found["Recall"]) == ("42.9%", "50.0%")
    (levels,) = [each for each in test.segmented_control if each.label == "Level"]
    assert (levels.options, levels.value) == (["images", "boxes"], "examples")


def test_the_sliders_judge_all_boxes_again(show, folder):
    test = show(folder, "detection", run="scenes")
    test.slider(key="detection_confidence").set_value(0.6).run()
    found = numbers(test)
    assert (found["Right"], found["False positives"], found["Missed"]) == ("2", "3", "4")
    test.slider(key="detection_iou").set_value(0.3).run()  # the box that is off counts as a hit at IoU 1/3
    found = numbers(test)
    assert (found["Right"], found["False positives"], found["Missed"]) == ("3", "2", "3")
    assert "as the run matched it" in " ".join(caption.value for caption in test.caption)
    next(button for button in test.button if button.label == "As the run").click().run()
    assert numbers(test)["Right"] == "3"


def test_the_address_has_the_thresholds_and_opens_them_again(show, folder):
    test = show(folder, "detection", run="scenes")
    assert "detection" not in test.query_params
    test.slider(key="detection_confidence").set_value(0.6).run()
    test.segmented_control(key="detection_axes").select("by confidence").run()
    test.selectbox(key="detection_attribute").select("class").run()
    written = test.query_params["detection"]
    assert json.loads(written) == {"confidence": 0.6, "axes": "by confidence", "attribute": "class"}
    again = show(folder, "detection", run="scenes", detection=written)
    assert numbers(again) == numbers(test)
    assert again.selectbox(key="detection_attribute").value == "class"
    next(button for button in again.button if button.label == "As the run").click().run()
    assert '"confidence"' not in again.query_params["detection"]


@pytest.mark.parametrize(
    "written", ["{", "[1]", '{"confidence":"high","iou":7,"attribute":"wing","axes":3,"curves":{"a":1},"matrix":null}']
)
def test_an_address_that_is_no_choice_shows_the_run_s_own(show, folder, written):
    test = show(folder, "detection", run="scenes", detection=written)
    assert not test.exception
    assert numbers(test)["Right"] == "3"


def test_below_the_floor_it_says_what_has_no_row(show, folder):
    test = show(folder, "detection", run="scenes")
    test.slider(key="detection_confidence").set_value(0.0).run()
    assert numbers(test)["False positives"] == "5"
    said = " ".join(caption.value for caption in test.caption).replace("\\", "")
    assert "The figures count 1 prediction below it" in said


def test_average_precision_is_that_of_the_run(show, folder, run):
    test = show(folder, "detection", run="scenes")
    table = test.dataframe[0].value.set_index("class")
    for one in run.info["task_settings"]["by_class"]:
        assert table.loc[one["class"], "ap50"] == pytest.approx(100 * one["ap50"], abs=1e-4)
        assert table.loc[one["class"], "ap"] == pytest.approx(100 * one["ap"], abs=1e-4)


def test_images_are_compared_within_strata(show, folder):
    table = show(folder, "detection", run="scenes").dataframe[1].value
    assert table[["boxes", "images"]].to_numpy().tolist() == [["0", 2], ["1 – 2", 5]]


def test_boxes_are_measured_in_their_pictures(run):
    table = run.level("boxes").table(["example", "brightness", "blur"])
    grey = {name: 40 + 20 * at for at, name in enumerate(scenes.IMAGES)}  # each picture is of one grey
    np.testing.assert_allclose(table["brightness"], [grey[name] / 255 for name in table["example"]], atol=1e-6)
    assert (table["blur"] == 1).all()
    assert not {"brightness", "blur"} & set(run.level("boxes").judged)


@pytest.mark.slow
def test_attributes_are_of_the_boxes_and_of_their_images(show, folder):
    test = show(folder, "detection", run="scenes")
    names = test.selectbox(key="detection_attribute").options
    assert names[:4] == ["size", "crowding", "aspect", "distance to the border"]
    assert {"brightness", "blur", "class", "image: camera"} <= set(names)
    for name in ("image: camera", "brightness", "crowding", "class"):
        test.selectbox(key="detection_attribute").select(name).run()
        assert not test.exception


def _explore(kind, confidence, foreground, what):
    """Run inside the app: the way from a figure to Explore; the rule is printed."""
    import json

    import streamlit as st

    from app import loaders, state
    from app.views.detection import attributes, error_types, matrix
    from app.views.detection.view import view_of

    state.set_current_run("scenes")
    view = view_of(loaders.level("scenes"))
    view.choose(confidence, foreground)
    view = view_of(loaders.level("scenes"))
    if kind == "cell":
        matrix.explore(view, *what)
    elif kind == "type":
        error_types.explore(view, what)
    else:
        found, bucket = attributes.buckets(attributes.values(view, what), counts=what == "crowding")
        attributes._explore(view, bucket[view.judged.row] == 0, kind, attributes._clause(what, found[0]))
    st.text(json.dumps([state.current_level(), state.rule()]))


@pytest.mark.parametrize("at", [(0.05, 0.5), (0.45, 0.5), (0.45, 0.3)])
@pytest.mark.parametrize(
    ("kind", "what"), [("cell", (0, 0)), ("cell", (2, 0)), ("cell", (1, 2)), ("type", "Dupe"), ("type", "Missed"),
                       ("miss", "size"), ("precision", "image: camera")]
)  # fmt: skip
def test_explore_has_as_many_boxes_as_the_figure_counts(folder, run, monkeypatch, at, kind, what):
    monkeypatch.setenv("HEM_WORKSPACE", str(folder))
    test = AppTest.from_function(_explore, args=(kind, *at, what), default_timeout=30).run()
    assert not test.exception
    level, rule = json.loads(test.text[0].value)
    boxes = run.level(level)
    found = boxes.rows(rule) if rule else np.arange(boxes.n)
    judged = scene_of(run, boxes)[0].at(*at)
    given, predicted = judged.classes
    wanted = {
        "cell": lambda: (given == what[0]) & (predicted == what[1]),
        "type": lambda: judged.rows.type == what,
        "miss": lambda: judged.is_missed & (boxes.table(["size"])["size"].to_numpy()[judged.row] == "small"),
        "precision": lambda: judged.is_false,
    }[kind]()
    assert found.tolist() == sorted(judged.row[wanted].tolist())


def test_at_the_run_s_thresholds_a_cell_is_a_rule_in_words(folder, monkeypatch):
    monkeypatch.setenv("HEM_WORKSPACE", str(folder))
    test = AppTest.from_function(_explore, args=("cell", 0.05, 0.5, (0, 1)), default_timeout=30).run()
    assert json.loads(test.text[0].value)[1] == {
        "all": [{"column": "label", "in": ["cell"]}, {"column": "predicted", "in": ["dust"]}]
    }


def test_the_tab_is_for_tasks_with_boxes(show, folder, run, whole_workspace, monkeypatch):
    page = views()["detection"]
    monkeypatch.setenv("HEM_WORKSPACE", str(folder))
    assert is_offered(page, run.examples)
    tiny = open_run(whole_workspace / "runs" / "tiny").examples
    assert not is_offered(page, tiny)
    assert not is_offered(page, None)
    assert is_offered(views()["overview"], None)
    test = show(whole_workspace, "detection", run="tiny")
    assert "this page is for object detection" in test.info[0].value


def test_a_run_without_its_shards_is_judged_by_the_rows_of_its_level(run, tmp_path):
    import shutil

    import pyarrow.parquet as pq

    shutil.copytree(run.folder, tmp_path / "copy", ignore=shutil.ignore_patterns("shards"))
    bare = open_run(tmp_path / "copy")
    assert scene_of(bare, bare.level("boxes"))[1]  # the predictions are also in the catalog
    catalog = pq.read_table(bare.folder / "catalog.parquet").drop_columns(["predictions"])
    pq.write_table(catalog, bare.folder / "catalog.parquet")
    scene, is_whole = scene_of(bare, bare.level("boxes"))
    whole, is_whole_of_run = scene_of(run, run.level("boxes"))
    assert (is_whole, is_whole_of_run) == (False, True)
    assert scene.at().counts == whole.at().counts
    assert scene.at(0.45, 0.3).counts == whole.at(0.45, 0.3).counts


def test_overview_says_from_what_error_on_a_box_counts_as_wrong(show, folder, run):
    test = show(folder, "overview", run="scenes", level="boxes")
    assert not test.exception
    (card,) = [metric for metric in test.metric if metric.label.startswith("Error rate")]
    table = run.level("boxes").table(["given", "type", "confidence"])
    wrong = np.where(table["given"].notna(), table["type"] != "right", table["confidence"] >= 0.5).sum()
    assert card.delta == f"{wrong} of {len(table)} predicted wrong"
    assert "from 0.5 on it counts as an error" in card.help


def test_the_shares_of_the_classes_are_of_the_given_boxes(run):
    level = run.level("boxes")
    found = class_priors(level, overview(level))
    assert found["support"].sum() == level.table(["given"])["given"].notna().sum() < level.n
    assert found["share"].sum() == pytest.approx(1)


def test_sets_count_corrected_boxes_and_name_disputed_ones(show, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "w")
    run = open_run(tmp_path / "w" / "runs" / "scenes")
    log = open_workspace(tmp_path / "w").tags().level("boxes")
    log.add(run.data, ["confused.png#g1"], "moved", who="anna", value="cell [12, 10, 50, 50]")
    log.add(run.data, ["empty.png#a1"], "added", who="ben", value="cell [5, 5, 25, 20]")
    log.add(run.data, ["off.png#g1"], "removed", who="anna")
    log.add(run.data, ["off.png#g1"], "right", who="ben")
    everything = select(run.examples, n=99, policies=["top"])
    save(tmp_path / "w", "all", run.examples, everything, made_by="anna")
    test = show(tmp_path / "w", "sets", run="scenes")
    assert not test.exception
    page = " ".join(one.value for one in [*test.markdown, *test.caption]).replace("\\", "")
    assert "2 boxes: 1 added, 1 moved; 1 disputed (off.png#g1)" in page
    next(one for one in test.get("button_group") if one.label == "From").set_value("everything").run()
    assert numbers(test)["Corrected boxes"] == "2"
    task = {"data": {"example_id": "missed.png", "width": 100, "height": 90}, "annotations": [{"result": []}]}
    shown = {
        "given_boxes": [{"id": "missed.png#g1", "label": "dust", "left": 20, "top": 20, "right": 50, "bottom": 50}]
    }
    task["data"] |= shown
    test.file_uploader[0].set_value(("project.json", json.dumps([task]).encode(), "application/json")).run()
    next(one for one in test.button if one.label == "Import").click().run()
    assert not test.exception
    assert "1 answer on boxes of run scenes: 1 deleted" in test.success[0].value.replace("\\", "")
