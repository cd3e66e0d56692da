"""Boxes to Label Studio and back: what annotators leave on a picture becomes the run's corrections."""

import copy
import importlib
import json
import math
import shutil

import pytest
import scenes
from typer.testing import CliRunner

import hem_core
from hem_core.cli import hem
from hem_core.errors import DataError
from hem_core.labels.box_answers import box_answers
from hem_core.labels.corrected_boxes import corrected_boxes
from hem_core.labels.import_boxes import import_boxes, is_of_boxes
from hem_core.store.run import open_run
from hem_core.store.workspace import open_workspace


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """The scenes, scored, and all of their images exported for Label Studio."""
    home = tmp_path_factory.mktemp("scored")
    data = scenes.write(home / "data")
    where = {"images": data / "photos", "predictions": data / "results.json"}
    hem_core.score(None, data / "annotations.json", out=home / "w" / "runs" / "scenes", **where)
    line = ["export", str(home / "w/runs/scenes"), "--out", str(home / "out"), "--format", "label_studio"]
    done = CliRunner().invoke(hem, line)
    assert done.exit_code == 0, done.output
    return home


@pytest.fixture
def run(scored, tmp_path):
    shutil.copytree(scored / "w", tmp_path / "w")
    return open_run(tmp_path / "w" / "runs" / "scenes")


@pytest.fixture
def tasks(scored):
    """The tasks that were exported, by example."""
    found = json.loads((scored / "out" / "label_studio" / "tasks-00000.json").read_text("utf-8"))
    return {task["data"]["example_id"]: task for task in found}


def given(task):
    """The result that an annotator starts from."""
    return copy.deepcopy(task["predictions"][-1]["result"])


def answered(task, result, who=1, **more):
    """The task as Label Studio exports it after somebody has submitted a result."""
    annotation = {"completed_by": who, "was_cancelled": False, "result": result, **more}
    return {"id": 5, "data": task["data"], "annotations": [annotation], "predictions": []}


def exported(task, result):
    """The same with all that Label Studio 1.23 writes."""
    for one in result:
        one.setdefault("origin", "prediction")
    annotation = {
        "id": 1, "completed_by": 1, "result": result, "was_cancelled": False, "ground_truth": False,
        "created_at": "2026-01-02T07:37:58.537912Z", "updated_at": "2026-01-02T07:37:58.537952Z",
        "draft_created_at": None, "lead_time": 12.202, "result_count": len(result), "unique_id": "14b749f5",
        "prediction": {"id": 1, "model_version": "given", "result": given(task), "score": None, "task": 1},
        "import_id": None, "last_action": None, "task": 1, "project": 1, "updated_by": 1, "parent_prediction": 1,
        "parent_annotation": None, "last_created_by": None,
    }  # fmt: skip
    about = {"id": 1, "inner_id": 1, "total_annotations": 1, "cancelled_annotations": 0, "allow_skip": True}
    return about | {"annotations": [annotation], "drafts": [], "predictions": [1, 2], "data": task["data"], "meta": {}}


def region(label, left, top, width, height, size, **value):
    """A rectangle drawn by hand in px."""
    percent = {"x": 100 * left / size[0], "y": 100 * top / size[1], "width": 100 * width / size[0]}
    place = {**percent, "height": 100 * height / size[1], "rotation": 0, "rectanglelabels": [label], **value}
    return {"id": "Dx_aB91ISN", "from_name": "label", "to_name": "example", "type": "rectanglelabels", "value": place,
            "original_width": size[0], "original_height": size[1]}  # fmt: skip


def write(path, *tasks):
    path.write_text(json.dumps(tasks))
    return path


def corrected(run):
    found = corrected_boxes(run, open_workspace(run.folder).tags()).annotations
    names = [found.image_ids[at] for at in found.boxes.image.tolist()]
    labels = [found.categories[at] for at in found.boxes.label.tolist()]
    return {(*pair, tuple(box)) for *pair, box in zip(names, labels, found.boxes.xyxy.tolist(), strict=True)}


def before():
    """What the file gives: image, class, corners."""
    return {
        (name, scenes.CLASSES[k], (x, y, x + w, y + h))
        for name, some in scenes.GIVEN.items()
        for k, x, y, w, h, _crowd in some
    }


def test_label_studio_takes_the_boxes_and_those_of_the_model(scored, tasks):
    sdk = importlib.import_module("label_studio_sdk.label_interface")
    interface = sdk.LabelInterface((scored / "out" / "label_studio" / "config.xml").read_text("utf-8"))
    interface.validate()
    assert list(interface.get_control("label").labels) == ["cell", "dust"]
    for task in tasks.values():
        assert interface.validate_task({"data": task["data"]})
        assert all(interface.validate_prediction(one) for one in task["predictions"])
    model, first = tasks["off.png"]["predictions"]  # a new project starts from the last one that is imported
    assert (first["model_version"], model["model_version"]) == ("given", "model")
    (box,), (other,) = copy.deepcopy(first["result"]), model["result"]
    size = (110, 100)
    assert box["value"].pop("rectanglelabels") == ["cell"]
    percent = {"x": 1000 / size[0], "y": 10, "width": 4000 / size[0], "height": 40, "rotation": 0}
    assert box["value"] == pytest.approx(percent)
    assert (other["score"], other["value"]["x"]) == (0.6, pytest.approx(3000 / size[0]))
    assert [len(one["result"]) for one in tasks["crowd.png"]["predictions"]] == [1, 1]  # a crowd is no object


def test_label_studios_own_converter_makes_the_same_boxes_of_an_answer(scored, tasks, tmp_path):
    converter = importlib.import_module("label_studio_sdk.converter")
    path = write(tmp_path / "project.json", *(answered(task, given(task)) for task in tasks.values()))
    whole = converter.Converter((scored / "out" / "label_studio" / "config.xml").read_text("utf-8"), str(tmp_path))
    whole.convert_to_coco(str(path), str(tmp_path / "coco"), output_image_dir=str(tmp_path / "images"), is_dir=False)
    notes = json.loads((tmp_path / "coco" / "result.json").read_text())["annotations"]
    boxes = {tuple(round(side, 6) for side in note["bbox"]) for note in notes}
    assert boxes == {tuple(box) for some in scenes.GIVEN.values() for _k, *box, is_crowd in some if not is_crowd}


def test_what_annotators_leave_becomes_the_corrections_of_the_run(run, tasks, tmp_path):
    moved, relabelled, added = (given(tasks[name]) for name in ("off.png", "confused.png", "right.png"))
    moved[0]["value"] |= {"x": 3000 / 110}
    relabelled[0]["value"]["rectanglelabels"] = ["dust"]
    added.append(region("new", 1, 2, 5, 6, (100, 100)))
    taken = copy.deepcopy(tasks["false.png"]["predictions"][0]["result"])
    path = write(
        tmp_path / "project.json",
        answered(tasks["off.png"], moved),
        answered(tasks["confused.png"], relabelled),
        answered(tasks["right.png"], added, who={"id": 3, "email": "bo@x.org"}),
        answered(tasks["missed.png"], []),
        answered(tasks["false.png"], taken),
        answered(tasks["crowd.png"], [], was_cancelled=True),
        tasks["empty.png"] | {"annotations": []},
    )
    done = CliRunner().invoke(hem, ["import-labels", str(path), "--workspace", str(tmp_path / "w")])
    assert done.exit_code == 0, done.output
    assert corrected(run) ^ before() == {
        ("off.png", "cell", (10, 10, 50, 50)),
        ("off.png", "cell", (30, 10, 70, 50)),
        ("confused.png", "cell", (10, 10, 50, 50)),
        ("confused.png", "dust", (10, 10, 50, 50)),
        ("right.png", "new", (1, 2, 6, 8)),
        ("missed.png", "dust", (20, 20, 50, 50)),
        ("false.png", "cell", (30, 30, 50, 50)),
    }
    words = (
        "5 answers on boxes of run scenes: 3 right as they are, 1 moved, 1 relabelled, 2 added, 1 deleted; 1 skipped"
    )
    assert words in done.stderr
    assert "1 without an answer: empty.png" in done.stderr
    log = open_workspace(run.folder).tags().level("boxes")
    said = log.state(run.data).set_index("id")
    assert said.loc["off.png#g1", ["tag", "value", "who"]].tolist() == ["moved", "cell [30, 10, 70, 50]", "annotator 1"]
    assert said.loc["right.png#g1", ["tag", "who"]].tolist() == ["right", "bo@x.org"]
    assert said.loc["right.png#p2", "tag"] == "right"  # it was shown, and nobody took it
    assert said.loc["false.png#p1", "tag"] == "added"  # the row of the prediction, which Review shows
    n = log.revision(run.data)
    again = import_boxes(path, tmp_path / "w")
    assert (again.counts, again.n_known, log.revision(run.data)) == ({}, 8, n)


def test_a_file_of_label_studio_1_23_changes_what_was_changed_in_it_and_nothing_else(run, tasks, tmp_path):
    changed, deleted = given(tasks["right.png"]), given(tasks["crowd.png"])[1:]
    changed[0] |= {"value": changed[0]["value"] | {"x": 12.000000000000002}, "origin": "prediction-changed"}
    changed[1]["value"]["rectanglelabels"] = ["cell"]
    changed.append(region("dust", 1, 2, 5, 6, (100, 100)) | {"id": "qfyhp6S_Ec", "origin": "manual"})
    names = ("off.png", "confused.png")
    left = [exported(tasks["right.png"], changed), exported(tasks["crowd.png"], deleted)]
    left += [exported(tasks[name], given(tasks[name])) for name in names]
    done = import_boxes(write(tmp_path / "project.json", *left), tmp_path / "w")
    assert corrected(run) ^ before() == {
        ("right.png", "cell", (10, 10, 50, 50)),
        ("right.png", "cell", (12, 10, 52, 50)),
        ("right.png", "dust", (60, 60, 80, 80)),
        ("right.png", "cell", (60, 60, 80, 80)),
        ("right.png", "dust", (1, 2, 6, 8)),
        ("crowd.png", "dust", (110, 20, 130, 40)),
    }
    assert done.notes == []
    after = corrected_boxes(run, open_workspace(run.folder).tags()).annotations
    assert {"right.png#g1", "right.png#g2", "right.png#g3", "off.png#g1", "confused.png#g1"} < set(after.box_ids())


def test_a_new_project_starts_from_the_given_boxes(tasks):
    """Label Studio takes the version of the last prediction that it imports."""
    assert {task["predictions"][-1]["model_version"] for task in tasks.values()} == {"given"}


def test_an_answer_that_starts_from_the_boxes_of_the_model_is_noted(run, tasks, tmp_path):
    taken = copy.deepcopy(tasks["off.png"]["predictions"][0]["result"])
    assert [one["id"] for one in taken] == ["g1-model"]
    found = import_boxes(write(tmp_path / "p.json", exported(tasks["off.png"], taken)), tmp_path / "w")
    (note,) = found.notes
    assert "1 answer starts from the boxes of the model, so the given boxes that it lacks count as deleted" in note
    also = import_boxes(
        write(tmp_path / "q.json", exported(tasks["right.png"], given(tasks["right.png"]))), tmp_path / "w"
    )
    assert also.notes == []


def test_a_pasted_copy_that_nobody_moved_is_no_object(run, tasks, tmp_path):
    result = given(tasks["off.png"])
    result += [result[0] | {"id": "dhZeWzxhht"}, result[0] | {"id": "aaaaaaaaaa"}]
    found = import_boxes(write(tmp_path / "p.json", exported(tasks["off.png"], result)), tmp_path / "w")
    assert "added" not in found.counts
    assert found.notes == ["rectangles exactly over another one of their class: 2, as in off.png; not added"]


def test_regions_with_other_names_are_told_apart_by_their_places(run, tasks, tmp_path):
    """Label Studio names the regions anew when a prediction is copied."""
    result = given(tasks["right.png"])[::-1]
    for at, one in enumerate(result):
        one["id"] = f"new{at}"
    result[0]["value"]["x"] += 3  # the dust, by 3 px
    import_boxes(write(tmp_path / "project.json", answered(tasks["right.png"], result)), tmp_path / "w")
    assert corrected(run) ^ before() == {
        ("right.png", "dust", (60, 60, 80, 80)),
        ("right.png", "dust", (63, 60, 83, 80)),
    }
    said = open_workspace(run.folder).tags().level("boxes").state(run.data).set_index("id")["tag"]
    assert (said["right.png#g1"], said["right.png#g2"]) == ("right", "moved")


def test_two_annotators_who_differ_leave_the_box_as_it_is(run, tasks, tmp_path):
    task = tasks["off.png"]
    other = given(task)
    other[0]["value"]["x"] = 3000 / 110
    both = answered(task, given(task), who=1)
    both["annotations"] += answered(task, other, who=2)["annotations"]
    done = import_boxes(write(tmp_path / "project.json", both), tmp_path / "w")
    assert done.conflicts == ["off.png#g1 (annotator 1: cell [10, 10, 50, 50]; annotator 2: cell [30, 10, 70, 50])"]
    assert corrected(run) == before()


def test_a_second_round_starts_from_the_corrections_of_the_first(run, tasks, tmp_path):
    first = answered(tasks["empty.png"], [region("cell", 5, 5, 20, 15, (60, 60))], who=1)
    import_boxes(write(tmp_path / "first.json", first), tmp_path / "w")
    line = ["export", str(run.folder), "--out", str(tmp_path / "out"), "--format", "label_studio"]
    assert CliRunner().invoke(hem, [*line, "--where", "id = 'empty.png'"]).exit_code == 0
    (task,) = json.loads((tmp_path / "out" / "label_studio" / "tasks-00000.json").read_text())
    assert [one["value"]["rectanglelabels"] for one in given(task)] == [["cell"]]
    import_boxes(write(tmp_path / "agree.json", answered(task, given(task), who=2)), tmp_path / "w")
    assert corrected(run) - before() == {("empty.png", "cell", (5, 5, 25, 20))}
    third = import_boxes(write(tmp_path / "differ.json", answered(task, [], who=3)), tmp_path / "w")
    assert (len(third.conflicts), len(corrected(run) - before())) == (0, 1)  # two of three say so
    fourth = import_boxes(write(tmp_path / "again.json", answered(task, [], who=4)), tmp_path / "w")
    assert len(fourth.conflicts) == 1
    assert corrected(run) == before()


def test_the_short_export_is_read_too(run, tasks, tmp_path):
    task = tasks["off.png"]
    value = given(task)[0]["value"] | {"x": 3000 / 110, "original_width": 110, "original_height": 100}
    row = {**task["data"], "id": 1, "label": [value], "annotator": 4, "annotation_id": 9, "lead_time": 2.0}
    path = write(tmp_path / "min.json", row)
    assert is_of_boxes(path)
    import_boxes(path, tmp_path / "w")
    assert ("off.png", "cell", (30, 10, 70, 50)) in corrected(run)


def test_boxes_that_were_corrected_on_another_state_of_the_file_are_not_applied(run, tasks, tmp_path):
    task = copy.deepcopy(tasks["missed.png"])
    task["data"]["annotations_digest"] = "of last week"
    import_boxes(write(tmp_path / "project.json", answered(task, [])), tmp_path / "w")
    found = corrected_boxes(run, open_workspace(run.folder).tags())
    assert (found.outdated, corrected(run)) == (("missed.png#g1",), before())


def test_a_turned_rectangle_is_the_box_around_it_and_other_shapes_are_noted():
    turned = region("cell", 50, 20, 10, 20, (100, 50), rotation=90)
    polygon = {"type": "polygonlabels", "value": {"points": [[1, 1], [2, 2], [3, 1]], "polygonlabels": ["cell"]}}
    nameless = region("cell", 1, 1, 5, 5, (100, 50), rectanglelabels=[])
    task = {
        "data": {"example_id": "a", "width": 100, "height": 50},
        "annotations": [{"result": [turned, polygon, nameless]}],
    }
    found = box_answers([task], who="me")
    ((one, other),) = (answer.drawn for answer in found.answers)
    assert (one.label, other.label) == ("cell", "")
    assert [math.isclose(a, b, abs_tol=1e-9) for a, b in zip(one.xyxy, (30, 20, 50, 30), strict=True)] == [True] * 4
    assert found.odd == [
        "a: a region that is no rectangle (polygonlabels)",
        "a: a rectangle without a class, or with several",
    ]


def test_a_box_at_the_border_that_nobody_touched_stays_as_it_is(tmp_path):
    document = scenes.document()
    document["annotations"][0]["bbox"] = [-3, 10, 40, 40]  # it leaves its picture, which Label Studio cannot show
    data = scenes.write(tmp_path / "data")
    (data / "annotations.json").write_text(json.dumps(document))
    where = {"images": data / "photos", "predictions": data / "results.json"}
    run = hem_core.score(None, data / "annotations.json", out=tmp_path / "w" / "runs" / "scenes", **where)
    line = ["export", str(run.folder), "--out", str(tmp_path / "out"), "--format", "label_studio"]
    assert CliRunner().invoke(hem, line).exit_code == 0
    (task,) = [
        each
        for each in json.loads((tmp_path / "out" / "label_studio" / "tasks-00000.json").read_text())
        if each["data"]["example_id"] == "confused.png"
    ]
    assert given(task)[0]["value"]["x"] == 0
    done = import_boxes(write(tmp_path / "project.json", answered(task, given(task))), tmp_path / "w")
    assert done.counts["right"] >= 1
    assert "moved" not in done.counts


def test_answers_for_no_boxes_are_refused(run, tasks, tmp_path):
    task = copy.deepcopy(tasks["off.png"])
    task["data"] |= {"example_id": "elsewhere.png", "hem_run": ""}
    with pytest.raises(DataError, match="knows none of the 1 ids"):
        import_boxes(write(tmp_path / "other.json", answered(task, [])), tmp_path / "w")
    nameless = write(tmp_path / "none.json", {"data": {"image": "a.png"}, "annotations": []})
    with pytest.raises(DataError, match=r"no task in .* has 'example_id'"):
        import_boxes(nameless, tmp_path / "w")
    assert corrected(run) == before()


CUT = {
    "without a class": {"rectanglelabels": []},
    "with two classes": {"rectanglelabels": ["cell", "dust"]},
    "without a place": {"x": math.nan},
    "without a width": {"width": None},
    "shrunk to nothing": {"width": 0},
}


@pytest.mark.parametrize("what", CUT)
@pytest.mark.parametrize("is_named", [True, False])
def test_a_box_whose_rectangle_cannot_be_used_is_not_deleted(run, tasks, tmp_path, what, is_named):
    (box,) = given(tasks["off.png"])
    box["value"] |= CUT[what]
    box["id"] = box["id"] if is_named or what == "shrunk to nothing" else "Dx_aB91ISN"
    import_boxes(write(tmp_path / "p.json", answered(tasks["off.png"], [box])), tmp_path / "w")
    assert corrected(run) == before()


def test_a_rectangle_drawn_from_the_lower_right_is_the_same_box(run, tasks, tmp_path):
    (box,) = given(tasks["off.png"])
    place = box["value"]
    place |= {"x": place["x"] + place["width"], "width": -place["width"]}
    found = import_boxes(write(tmp_path / "p.json", answered(tasks["off.png"], [box])), tmp_path / "w")
    assert found.counts == {"right": 1}


def test_an_annotation_without_a_result_deletes_nothing(run, tasks, tmp_path):
    path = write(tmp_path / "p.json", answered(tasks["off.png"], None))
    found = import_boxes(path, tmp_path / "w")
    assert (found.n_answers, found.notes) == (0, ["off.png: an answer of annotator 1 without a result"])
    assert corrected(run) == before()
