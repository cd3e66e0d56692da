"""The large picture of an image and of a box: with boxes drawn into it, or plain."""

import numpy as np
import pytest
import scenes

import hem_core
from app.views.overview import precision
from app.wire import pictures
from app.wire.relatives import relatives


@pytest.fixture
def run(tmp_path, monkeypatch):
    data = scenes.write(tmp_path / "data")
    home = tmp_path / "w" / "runs" / "scenes"
    monkeypatch.setenv("HEM_WORKSPACE", str(tmp_path / "w"))
    return hem_core.score(
        None, data / "annotations.json", predictions=data / "results.json", out=home, images=data / "photos"
    )


def colours(picture):
    """How many pixels have each of the three colours: right, wrong, missed."""
    pixels = np.asarray(picture.convert("RGB"), int).reshape(-1, 3)
    palette = ((86, 180, 233), (213, 94, 0), (240, 228, 66))
    return tuple(int((np.abs(pixels - colour).sum(axis=1) == 0).sum()) for colour in palette)


def test_an_image_has_all_its_boxes_and_plain_none(run):
    row = list(scenes.IMAGES).index("right.png")
    right, wrong, missed = colours(pictures.picture_of(run.examples, row))
    assert right > 100
    assert wrong > 50
    assert missed == 0
    assert colours(pictures.picture_of(run.examples, row, is_plain=True)) == (0, 0, 0)


def test_a_box_is_shown_in_its_image(run):
    level = run.level("boxes")
    row = level.row_of("missed.png#g1")
    picture = pictures.picture_of(level, row)
    assert picture.size == scenes.IMAGES["missed.png"]
    right, wrong, missed = colours(picture)
    assert missed > 100
    assert (right, wrong) == (0, 0)
    assert colours(pictures.picture_of(level, row, is_plain=True)) == (0, 0, 0)


def test_an_image_leads_to_its_boxes(run):
    row = list(scenes.IMAGES).index("right.png")
    assert [link["words"] for link in relatives(run.examples, [row])[0]] == ["3 boxes"]


def test_average_precision_by_class_has_the_lowest_first(run):
    """cell: half of the precision up to a third of the recall; dust: two thirds up to two thirds."""
    found = precision.table(run.examples)
    assert found["class"].tolist() == ["cell", "dust"]
    assert found["ap50"].tolist() == pytest.approx([100 * 34 / 101 / 2, 100 * 67 / 101 * 2 / 3], abs=1e-3)
    assert found["given"].tolist() == [3, 3]


def box_row(run, name, kind):
    """The row of the box of that type in an image."""
    rule = {"all": [{"column": "example", "in": [name]}, {"column": "type", "in": [kind]}]}
    return int(run.level("boxes").rows(rule)[0])


def test_layers_of_a_drawing_can_be_hidden(run):
    row = box_row(run, "right.png", "Dupe")
    assert [count > 50 for count in colours(pictures.picture_of(run.level("boxes"), row))] == [True, True, False]
    alone = colours(pictures.picture_of(run.level("boxes"), row, hidden=["others"]))
    assert [count > 50 for count in alone] == [False, True, False]
    assert colours(pictures.picture_of(run.level("boxes"), row, hidden=["others", "predicted"])) == (0, 0, 0)


def test_the_given_or_the_predicted_boxes_of_an_image_can_be_hidden(run):
    row = list(scenes.IMAGES).index("right.png")
    solid = colours(pictures.picture_of(run.examples, row, hidden=["predicted"]))
    dashed = colours(pictures.picture_of(run.examples, row, hidden=["given"]))
    assert solid[1] == 0  # the duplicate is predicted
    assert 0 < dashed[0] < solid[0]  # of a right pair the prediction shows where the given box is hidden
    assert dashed[1] > 50


def test_the_whole_image_of_a_tile_has_its_box_alone(run):
    import io

    from PIL import Image

    row = box_row(run, "right.png", "Dupe")
    small = Image.open(io.BytesIO(pictures.whole_thumbnail(run.level("boxes"), row)))
    assert max(small.size) == 100  # a small picture keeps its size
    (run.folder.parents[2] / "data" / "photos" / "right.png").unlink()
    kept = pictures.whole_thumbnail(run.level("boxes"), row)
    assert kept == run.examples.thumbnail(list(scenes.IMAGES).index("right.png"))


def test_what_can_be_hidden_and_what_the_colours_mean_is_said(run, whole_workspace):
    from hem_core.store.run import open_run

    boxes, images = pictures.drawing(run.level("boxes")), pictures.drawing(run.examples)
    assert [name for name, _title in boxes["layers"]] == ["given", "predicted", "others", "unsure"]
    assert [name for name, _title in images["layers"]] == ["given", "predicted", "unsure"]
    assert boxes["hidden"] == images["hidden"] == ["unsure"]
    assert [title for title, _colour in boxes["legend"]] == ["right", "wrong", "missed"]
    assert pictures.drawing(open_run(whole_workspace / "runs" / "tiny").examples) is None
