"""Boxes in Review: what the page is given, and what the server stores of a corrected box."""

import json
import shutil

import pytest
import scenes
from starlette.applications import Starlette
from starlette.testclient import TestClient

import hem_core
from app import loaders
from app.views.sets import export_box
from app.wire import routes, tag_words
from app.wire import scenes as scenes_of
from app.wire.identity import identity
from app.words import counted
from hem_core.boxes.suggestion import suggestions
from hem_core.store.verdicts import ALL
from hem_core.store.workspace import open_workspace

HEADERS = {"X-HEM-Token": routes.token("a-session")}


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    home = tmp_path_factory.mktemp("scored")
    data = scenes.write(home / "data")
    home = home / "w" / "runs" / "scenes"
    return hem_core.score(
        None, data / "annotations.json", predictions=data / "results.json", out=home, images=data / "photos"
    )


@pytest.fixture
def folder(scored, tmp_path, monkeypatch):
    shutil.copytree(scored.folder.parents[1], tmp_path / "w")
    monkeypatch.setenv("HEM_WORKSPACE", str(tmp_path / "w"))
    return tmp_path / "w"


@pytest.fixture
def client(folder):
    return TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=HEADERS)


def detail(client, id, level="boxes", blind=""):
    row = loaders.row_of(loaders.level("scenes", level))[id]
    return client.get(f"/hem/detail/scenes?level={level}&rows={row}{blind}").json()[0]


@pytest.fixture
def post(client):
    """post(ids, **body): the server's answer to a verdict; each has a number of its own."""
    numbers = iter(range(1, 100))

    def send(ids, what="tags", **body):
        level = loaders.level("scenes", "boxes")
        usual = {**identity(level), "who": "anna", "client": "page", "sequence": next(numbers)}
        return client.post(f"/hem/{what}", json={**usual, **({"ids": ids} if ids else {}), **body})

    return send


def state(folder):
    home = open_workspace(folder)
    found = home.tags().level("boxes").state(home.run("scenes").data)
    return dict(zip(found["id"], zip(found["tag"], found["value"], strict=True), strict=True))


@pytest.mark.parametrize(
    ("annotations", "first"), [("coco_json", "coco"), ("voc_xml", "voc"), ("via_json", "coco"), (None, "parquet")]
)
def test_a_set_of_boxes_is_exported_in_the_format_of_its_annotations_first(folder, annotations, first):
    path = folder / "runs" / "scenes" / "run.json"
    info = json.loads(path.read_text())
    if annotations:
        info["data"]["annotations"]["format"] = annotations
    else:
        del info["data"]["annotations"]
    path.write_text(json.dumps(info))
    known = ["coco", "csv", "parquet", "voc", "yolo"]
    assert export_box.usual("scenes", known) == [first]
    assert export_box.usual("scenes", ["csv"]) == []
    assert export_box.usual("deleted", known) == ["parquet"]


@pytest.mark.slow
def test_a_box_comes_with_its_picture_s_boxes_and_its_answers(client):
    found = detail(client, "off.png#g1")
    scene = found["scene"]
    assert (scene["width"], scene["height"], scene["part"]) == (110, 100, "off.png#g1")
    boxes = {box["id"]: box for box in scene["boxes"]}
    assert boxes["off.png#g1"]["given"] == [10, 10, 50, 50]
    assert loaders.ids(loaders.level("scenes", "boxes"))[boxes["off.png#g1"]["row"]] == "off.png#g1"
    assert [choice["name"] for choice in found["choices"]][:1] == ["right"]


@pytest.mark.slow
def test_an_image_comes_with_all_its_boxes_and_no_answers_about_one(client):
    found = detail(client, "right.png", "examples")
    assert len(found["scene"]["boxes"]) == 3
    assert (found["scene"]["part"], found["choices"]) == (None, None)


@pytest.mark.slow
def test_blind_there_is_one_box_without_a_word_on_where_it_comes_from(client):
    for id, box in (("off.png#g1", [10, 10, 50, 50]), ("false.png#p1", [30, 30, 50, 50])):
        found = detail(client, id, blind="&blind=1")
        assert "choices" not in found
        assert found["scene"]["boxes"] == [{"given": box, "predicted": None, "outcome": "hidden", "is_asked": True}]
        assert not {"cell", "dust"} & set(str(found).replace("'", " ").split())


def test_a_corrected_box_is_stored_cut_to_its_image_and_said_so(post, folder):
    answer = post(["off.png#g1"], tag="moved", value="cell [30, -7, 70, 50]").json()
    assert (answer["tag"], answer["value"]) == ("moved", "cell [30, 0, 70, 50]")
    assert answer["message"] == "The box was cut at the border of the image."
    assert state(folder) == {"off.png#g1": ("moved", "cell [30, 0, 70, 50]")}


def test_a_post_whose_answer_was_lost_is_answered_again_and_stored_once(post, folder):
    sent = {"tag": "moved", "value": "cell [30, -7, 70, 50]", "sequence": 50}
    first, second = (post(["off.png#g1"], **sent) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["batch"] == second.json()["batch"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ids", "tag", "value"),
    [
        (["off.png#g1"], "moved", "cell [30, 10, NaN, 50]"), (["off.png#g1"], "moved", ""),
        (["off.png#g1"], "moved", "cell [300, 10, 400, 50]"), (["off.png#g1"], "added", "cell [1, 1, 9, 9]"),
        (["false.png#p1"], "removed", ""), (["empty.png#a1"], "removed", ""),
        (["off.png#g1", "right.png#g1"], "moved", "cell [1, 1, 9, 9]"), (["off.png#g1"], "mislabelled", "a\nb"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_box_is_refused_with_400_and_not_stored(post, folder, ids, tag, value):
    answer = post(ids, tag=tag, value=value)
    assert answer.status_code == 400, answer.json()
    assert state(folder) == {}


def test_a_box_for_many_rows_at_once_is_refused(post, folder):
    run = loaders.run("scenes")
    answer = post(
        None, tag="moved", value="cell [1, 1, 9, 9]", rule={"all": [{"column": "given", "in": ["cell"]}]},
        fingerprint=run.fingerprint,
    )  # fmt: skip
    assert (answer.status_code, "one row at a time" in answer.json()["error"]) == (400, True)
    assert state(folder) == {}


def test_a_verdict_on_many_boxes_leaves_out_the_rows_that_it_cannot_be_about(post, folder):
    level, everything = loaders.level("scenes", "boxes"), {"all": [{"column": "difficulty", "min": 0, "max": None}]}
    table = level.table(["id", "given", "predicted"])
    for tag, side in (("removed", "given"), ("take predicted", "predicted")):
        answer = post(None, tag=tag, rule=everything, fingerprint=level.fingerprint).json()
        has_it = table[side].notna()
        left_out = counted(int((~has_it).sum()), "boxes")
        assert answer["message"] == f"Left out: {left_out} where nothing is {side}."
        assert {id for id, (name, _value) in state(folder).items() if name == tag} == set(table["id"][has_it])
        undone = post(None, "undo", batch=answer["batch"]).json()["undone"]
        assert (undone["tag"], undone["n"]) == (tag, int(has_it.sum()))
        assert state(folder) == {}


def test_explore_offers_on_boxes_the_verdicts_of_boxes_and_on_images_those_of_images(folder):
    names = [
        [one["name"] for one in tag_words.offered_on_many(scenes_of.choices_on_many(loaders.level("scenes", level)))]
        for level in ("boxes", "examples")
    ]
    assert names[0] == ["right", "take predicted", "removed", "hard", "skip"]
    assert names[1] == [one.name for one in ALL if one.key]


@pytest.mark.slow
def test_an_object_is_added_to_an_image_shown_and_taken_away_again(post, client, folder):
    assert post(["empty.png#a1"], tag="added", value="cell [5, 5, 25, 20]").status_code == 200
    (added,) = detail(client, "empty.png", "examples")["scene"]["added"]
    assert added == {"id": "empty.png#a1", "label": "cell", "box": [5, 5, 25, 20], "who": "anna"}
    assert post(None, "undo").json()["undone"]["tag"] == "added"
    assert state(folder) == {}


@pytest.mark.parametrize("id", ["elsewhere.png#a1", "empty.png#x1", "empty.png#a", "empty.png#a1/.."])
def test_an_object_needs_an_image_of_this_run(post, folder, id):
    assert post([id], tag="added", value="cell [5, 5, 25, 20]").status_code == 409
    assert state(folder) == {}


def test_a_blind_answer_becomes_what_is_right_for_the_row(post, folder):
    for id, named in (
        ("off.png#g1", "cell"),
        ("confused.png#g1", ""),
        ("false.png#p1", "dust"),
        ("crowd.png#g2", "cell"),
    ):
        assert post([id], action="answer", value=named).status_code == 200, id
    assert state(folder) == {
        "off.png#g1": ("right", ""), "confused.png#g1": ("removed", ""),
        "false.png#p1": ("added", "dust [30, 30, 50, 50]"), "crowd.png#g2": ("mislabelled", "cell"),
    }  # fmt: skip


def test_a_correction_names_the_annotations_it_was_made_on(post, folder):
    post(["missed.png#g1"], tag="removed")
    home = open_workspace(folder)
    run = home.run("scenes")
    (event,) = home.tags().level("boxes").actions(run.data)
    assert run.info["data"]["annotations"]["digest"] in event.rule


def test_labels_counts_what_was_corrected_and_names_what_is_disputed(post, folder, show):
    test = show(folder, "labels", run="scenes", level="boxes")
    assert any(one.value.startswith("No corrections") for one in test.caption), [one.value for one in test.caption]
    post(["off.png#g1"], tag="moved", value="cell [30, 10, 70, 50]")
    post(["missed.png#g1"], tag="removed")
    post(["confused.png#g1"], tag="mislabelled", value="dust")
    post(["confused.png#g1"], tag="right", who="ben")
    test = show(folder, "labels", run="scenes", level="boxes")
    assert not test.exception
    said = [one.value.replace("\\", "") for one in test.caption]
    assert "2 boxes corrected: 1 moved, 1 removed." in said
    (disputed,) = [one.value for one in test.dataframe if "opinions" in one.value.columns]
    assert disputed["box"].tolist() == ["confused.png#g1"]
    assert disputed["opinions"].tolist() == ["anna: dust [10, 10, 50, 50]; ben: cell [10, 10, 50, 50]"]
    reviewed = next(metric for metric in test.metric if metric.label == "Reviewed")
    assert (reviewed.value, reviewed.delta) == ("3", "3 say whether the label is right; 2 called wrong")


def test_labels_says_of_each_suspect_box_what_to_do_with_it_and_of_no_other(folder, show):
    table = next(one.value for one in show(folder, "labels", run="scenes", level="boxes").dataframe)
    level = loaders.level("scenes", "boxes")
    rows = level.table(["id", "reason", "suspicion_kind", "predicted"]).set_index("id").loc[table["id"]]
    is_suspect = (rows["reason"] == "suspect_label").tolist()
    assert any(is_suspect)
    assert [said != "–" for said in table["suggested"]] == is_suspect
    expected = suggestions(rows["suspicion_kind"], table["given"], rows["predicted"])
    assert table["suggested"][is_suspect].tolist() == [
        said for said, is_one in zip(expected, is_suspect, strict=True) if is_one
    ]


def test_labels_of_images_offers_no_corrected_annotations(folder, show):
    test = show(folder, "labels", run="scenes")
    assert not test.exception
    assert not any("Corrected annotations" in one.value for one in test.markdown)
