"""Annotations of boxes as a catalog: COCO, YOLO and Pascal VOC, what is odd in them, and what they are not."""

import json

import numpy as np
import pytest
from PIL import Image

from hem_core import catalog
from hem_core.boxes.columns import given_in, predicted_in
from hem_core.catalog import annotated_boxes
from hem_core.errors import DataError
from hem_core.testing import check_reader

COCO = {
    "images": [
        {"id": 9, "file_name": "b.png", "width": 40, "height": 30, "place": "north"},
        {"id": 2, "file_name": "a.png", "width": 50, "height": 20, "place": "south"},
    ],
    "annotations": [
        {"id": 1, "image_id": 9, "category_id": 5, "bbox": [1, 2, 10, 12], "iscrowd": 0},
        {"id": 2, "image_id": 9, "category_id": 8, "bbox": [0, 0, 40, 30], "iscrowd": 1},
        {"id": 3, "image_id": 9, "category_id": 5, "bbox": [5, 5, 0, 4], "iscrowd": 0},
        {"id": 4, "image_id": 77, "category_id": 5, "bbox": [5, 5, 1, 4], "iscrowd": 0},
    ],
    "categories": [{"id": 5, "name": "cat"}, {"id": 8, "name": "dog"}],
}


@pytest.fixture
def coco(tmp_path):
    """A COCO file of two images; only one of them is on disk."""
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (40, 30)).save(tmp_path / "photos" / "b.png")
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(COCO))
    return path


@pytest.fixture
def yolo(tmp_path):
    """A data.yaml with one picture and one box of the class `dust`."""
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    Image.new("RGB", (100, 50)).save(tmp_path / "images" / "a.png")
    (tmp_path / "labels" / "a.txt").write_text("1 0.5 0.5 0.2 0.4\n")
    (tmp_path / "data.yaml").write_text("path: .\ntrain: images\nnames:\n  0: cell\n  1: dust\n")
    return tmp_path / "data.yaml"


VOC = """<annotation><filename>a.png</filename><size><width>100</width><height>50</height><depth>3</depth></size>
<object><name>cell</name><difficult>0</difficult>
<bndbox><xmin>10</xmin><ymin>5</ymin><xmax>30</xmax><ymax>25</ymax></bndbox></object></annotation>"""


@pytest.fixture
def voc(tmp_path):
    """A folder with `Annotations` and `JPEGImages`."""
    for name in ("Annotations", "JPEGImages"):
        (tmp_path / name).mkdir()
    Image.new("RGB", (100, 50)).save(tmp_path / "JPEGImages" / "a.png")
    (tmp_path / "Annotations" / "a.xml").write_text(VOC)
    return tmp_path


def test_it_keeps_what_every_reader_promises(coco, yolo, voc):
    for source in (coco, yolo, voc / "Annotations", voc / "Annotations" / "a.xml"):
        check_reader("annotated_boxes", source)


def test_coco_is_a_row_an_image_in_the_order_of_its_ids(coco):
    table = catalog.read(coco, images=coco.parent / "photos")
    facts = catalog.info(table)
    assert table["id"].to_pylist() == ["a.png", "b.png"]
    assert table["label"].to_pylist() == ["no objects", "2 cat"]  # a crowd region is no object
    assert table["place"].to_pylist() == ["south", "north"]
    assert (facts["task"], facts["medium"], facts["classes"]) == ("detection", "image", ["cat", "dog"])
    boxes = given_in(table["boxes"], facts["classes"])
    assert boxes.xyxy.tolist() == [[1, 2, 11, 14], [0, 0, 40, 30], [5, 5, 5, 9]]
    assert (boxes.image.tolist(), boxes.is_crowd.tolist()) == ([1, 1, 1], [False, True, False])
    assert boxes.number.tolist() == [1, 2, 3]


def test_what_is_odd_is_counted_in_the_notes(coco):
    notes = " ".join(catalog.info(catalog.read(coco, images=coco.parent / "photos"))["notes"])
    for words in (
        "Boxes without width or height: 1",
        "Boxes of images that are not listed: 1",
        "Crowd regions: 1",
        "Images without boxes: 1",
        "Images without a file in",
    ):
        assert words in notes


def test_a_missing_picture_is_a_failure_unless_there_are_predictions(coco):
    photos = coco.parent / "photos"
    found = catalog.read(coco, images=photos)
    assert list(catalog.info(found)["failures"]) == ["0"]
    assert "a.png" in catalog.info(found)["failures"]["0"]
    results = coco.parent / "results.json"
    results.write_text(json.dumps([{"image_id": 2, "category_id": 8, "bbox": [1, 1, 4, 4], "score": 0.5}]))
    found = catalog.read(coco, images=photos, predictions=results)
    assert "failures" not in catalog.info(found)
    assert found["image"].to_pylist() == [None, "b.png"]
    boxes = predicted_in(found["predictions"], ("cat", "dog"))
    assert (boxes.image.tolist(), boxes.label.tolist(), boxes.confidence.tolist()) == ([0], [1], [0.5])


def test_without_any_picture_the_run_is_of_predictions_alone(coco):
    (coco.parent / "photos" / "b.png").unlink()
    results = coco.parent / "results.json"
    results.write_text("[]")
    facts = catalog.info(catalog.read(coco, predictions=results))
    assert facts["medium"] == "none"
    assert any("2 of 2" in note for note in facts["notes"])


def test_pictures_are_found_beside_the_annotations(coco):
    (coco.parent / "photos").rename(coco.parent / "images")
    found = catalog.read(coco)
    assert catalog.info(found)["root"] == str((coco.parent / "images").resolve())


def test_yolo_and_voc_give_the_same_columns(yolo, voc):
    of_yolo, of_voc = catalog.read(yolo), catalog.read(voc)
    assert given_in(of_yolo["boxes"], ["cell", "dust"]).xyxy.tolist() == [[40, 15, 60, 35]]
    assert given_in(of_voc["boxes"], ["cell"]).xyxy.tolist() == [[10, 5, 30, 25]]
    assert (of_yolo["label"].to_pylist(), of_voc["label"].to_pylist()) == (["1 dust"], ["1 cell"])
    for table in (of_yolo, of_voc):
        assert table.num_rows == 1
        assert (table["width"].to_pylist(), table["height"].to_pylist()) == ([100], [50])
        assert table["image"].null_count == 0


@pytest.mark.parametrize("odd", ['[{"label": "a", "x": 1}]', '{"label": "a", "x": 1}\n{"label": "b", "x": 2}', "{", ""])
def test_other_json_is_left_to_the_reader_of_tables(tmp_path, odd):
    path = tmp_path / "rows.json"
    path.write_text(odd)
    assert not annotated_boxes.accepts(path)


def test_a_large_file_with_its_categories_in_the_middle_is_coco(tmp_path):
    many = annotated_boxes.PEEK // 40
    images = [{"id": at, "file_name": f"a-picture-{at:06d}.jpg", "width": 60, "height": 60} for at in range(many)]
    boxes = [{"id": at, "image_id": at, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12} for at in range(many)]
    path = tmp_path / "large.json"
    document = {"images": images, "categories": [{"id": 1, "name": "cell"}], "annotations": boxes}
    path.write_text(json.dumps(document))
    assert annotated_boxes.accepts(path)


def test_a_folder_of_class_folders_keeps_its_reader(tmp_path):
    (tmp_path / "cat").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "cat" / "1.png")
    assert not annotated_boxes.accepts(tmp_path)
    assert catalog.read(tmp_path)["label"].to_pylist() == ["cat"]


def test_its_options_are_refused_beside_other_data(tmp_path):
    (tmp_path / "data" / "cat").mkdir(parents=True)
    Image.new("L", (8, 8)).save(tmp_path / "data" / "cat" / "a.png")
    with pytest.raises(DataError, match=r"--images is for .* is read as image_folder"):
        catalog.read(tmp_path / "data", images=tmp_path)


def test_a_place_that_is_not_there_is_named(coco):
    with pytest.raises(DataError, match="nothing is at 'nowhere', which --images names"):
        catalog.read(coco, images="nowhere")


def test_boxes_come_back_from_their_columns_as_they_were():
    from hem_core.boxes.arrays import given_boxes, predicted_boxes
    from hem_core.boxes.columns import given_column, predicted_column

    given = given_boxes([2, 0, 2], [0, 1, 1], np.arange(12), is_crowd=[False, True, False])
    back = given_in(given_column(given, 3, ["a", "b"]), ["a", "b"])
    assert (back.image.tolist(), back.label.tolist(), back.number.tolist()) == ([0, 2, 2], [1, 0, 1], [1, 1, 2])
    assert back.xyxy.tolist() == [[4, 5, 6, 7], [0, 1, 2, 3], [8, 9, 10, 11]]
    predicted = predicted_boxes([], [], np.zeros((0, 4)), [])
    assert len(predicted_in(predicted_column(predicted, 2, ["a"]), ["a"])) == 0
    with pytest.raises(DataError, match="a box is labelled 'b', which is none of the classes: a"):
        given_in(given_column(given, 3, ["a", "b"]), ["a"])


@pytest.mark.parametrize(
    ("name", "content"),
    [("settings.xml", "<settings><size>8</size></settings>"), ("names.yaml", "names: [cat, dog]\n")],
)
def test_a_file_beside_class_folders_does_not_make_them_annotations(tmp_path, name, content):
    for label in ("cat", "dog"):
        (tmp_path / label).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / label / "1.png")
    (tmp_path / name).write_text(content)
    table = catalog.read(tmp_path)
    assert sorted(table["label"].to_pylist()) == ["cat", "dog"]


@pytest.mark.parametrize("folder", ["", "images"])
def test_sizes_that_the_annotations_lack_are_those_of_the_pictures_that_are_found(tmp_path, folder):
    (tmp_path / folder).mkdir(exist_ok=True)
    Image.new("RGB", (100, 50)).save(tmp_path / folder / "a.jpg")
    lines = ["ImageID,LabelName,XMin,XMax,YMin,YMax", "a,cat,0.1,0.5,0.2,0.8"]
    (tmp_path / "boxes.csv").write_text("\n".join(lines))
    (row,) = catalog.read(tmp_path / "boxes.csv").to_pylist()
    assert (row["width"], row["height"]) == (100, 50)
    assert [row["boxes"][0][side] for side in ("left", "top", "right", "bottom")] == [10, 10, 50, 40]
