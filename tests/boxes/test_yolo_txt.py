"""YOLO's files: layouts, odd lines, corrections, predictions, and the way from COCO and back."""

import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from hem_core.boxes import formats
from hem_core.boxes.corrections import Correction, apply_corrections
from hem_core.boxes.results import read as read_predictions
from hem_core.errors import DataError

SETTINGS = "path: .\ntrain: images/train\nval: images/val\nnames:\n  0: cat\n  1: dog\n"


def kinds(annotations):
    counts = Counter()
    for problem in annotations.problems:
        counts[problem.kind] += problem.count
    return counts


@pytest.fixture
def dataset(tmp_path):
    """Two pictures of 100 × 50 px in two splits, and what label files a test gives."""

    def make(labels, settings=SETTINGS, home=tmp_path / "set"):
        for split, name in (("train", "a"), ("val", "b")):
            for room in ("images", "labels"):
                (home / room / split).mkdir(parents=True, exist_ok=True)
            Image.new("L", (100, 50)).save(home / "images" / split / f"{name}.png")
        for name, lines in labels.items():
            path = home / "labels" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(lines.encode())
        if settings:
            (home / "data.yaml").write_text(settings, "utf-8")
        return home

    return make


def test_images_classes_and_boxes_of_a_data_set(dataset):
    home = dataset({"train/a.txt": "1 0.5 0.5 0.2 0.4\n0 0.1 0.2 0.2 0.4\n"})
    for path in (home, home / "data.yaml"):
        found = formats.read(path)
        assert found.image_ids == ["images/train/a.png", "images/val/b.png"]
        assert found.images["split"].to_pylist() == ["train", "val"]
        assert found.size_px.tolist() == [[100, 50]] * 2
        assert found.categories == ("cat", "dog")
        np.testing.assert_allclose(found.boxes.xyxy, [[40, 15, 60, 35], [0, 0, 20, 20]])
        assert found.boxes.label.tolist() == [1, 0]
        assert kinds(found) == {"label_file_missing": 1, "image_without_objects": 1}


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ("train: images/train\nval: [images/val]\nnames: [cat, dog, cat]\n", ("cat", "dog", "cat@2")),
        ("path: nowhere\ntrain: images/train\nval: images/val\nnc: 2\n", ("0", "1")),
        ("train: images/train\nval: images/val\nnames: {1: dog}\n", ("0", "dog")),
        ("train: images/train\nval: images/val\n", ("0", "1")),
    ],
)
def test_names_of_classes_as_people_write_them(dataset, settings, names):
    found = formats.read(dataset({"train/a.txt": "1 0.5 0.5 0.2 0.4\n"}, settings))
    assert found.categories == names
    assert len(found.image_ids) == 2


def test_a_split_may_be_a_file_that_lists_pictures(dataset):
    home = dataset({"train/a.txt": "1 0.5 0.5 0.2 0.4\n"}, "train: list.txt\nnames: [cat, dog]\n")
    (home / "list.txt").write_text("./images/train/a.png\n\n")
    assert formats.read(home).image_ids == ["images/train/a.png"]


def test_odd_lines_are_counted_and_stay_in_the_file(dataset, tmp_path):
    lines = [
        "0 0.5 0.5 0.2 0.4",
        "",
        "0 0.5 0.5 0.2",
        "cat 0.5 0.5 0.2 0.4",
        "0.5 0.5 0.5 0.2 0.4",
        "-1 0.5 0.5 0.2 0.4",
        "0 nan 0.5 0.2 0.4",
        "9 0.5 0.5 0.2 0.4",
        "1 0.5 0.5 0.2 0.4 0.87",
        "1 0.1 0.2 0.5 0.2 0.5 0.8",
        "1 0.5 0.5 0 0.4",
        "1 0.95 0.5 0.2 0.4",
    ]
    text = "\r\n".join(lines)
    home = dataset({"train/a.txt": text, "val/b.txt": "", "val/c.txt": "0 0.5 0.5 0.5 0.5\n"})
    found = formats.read(home)
    assert kinds(found) == {
        "unreadable_box": 5,
        "unknown_category": 1,
        "confidence_in_labels": 1,
        "polygon": 1,
        "degenerate_box": 1,
        "box_beyond_image": 1,
        "file_missing": 1,
        "image_without_size": 1,
        "image_without_objects": 1,
    }
    assert found.box_ids()[1] == "images/train/a.png#g8"
    np.testing.assert_allclose(found.boxes.xyxy[2], [10, 10, 50, 40])
    np.testing.assert_allclose(found.boxes.xyxy[-1], [0.25, 0.25, 0.75, 0.75])  # of a picture that is missing
    formats.write(found, tmp_path / "out")
    for name in ("data.yaml", "labels/train/a.txt", "labels/val/b.txt", "labels/val/c.txt"):
        assert (tmp_path / "out" / name).read_bytes() == (home / name).read_bytes()


def test_corrections_touch_the_lines_that_they_name_alone(dataset, tmp_path):
    home = dataset({"train/a.txt": "1 0.50 0.5 0.2 0.4\nodd line\n0 0.1 0.2 0.2 0.4\n0 0.7 0.7 0.1 0.1"})
    fixed, changes = apply_corrections(
        formats.read(home),
        [
            Correction("images/train/a.png", "remove", "images/train/a.png#g3"),
            Correction("images/train/a.png", "move", "images/train/a.png#g4", (10, 10, 30, 20)),
            Correction("images/train/a.png", "add", xyxy=(0, 0, 50, 25), label="dog"),
            Correction("images/val/b.png", "add", xyxy=(0, 0, 50, 25), label="cat"),
        ],
    )
    assert not any(change.refused for change in changes)
    formats.write(fixed, tmp_path / "out")
    want = "1 0.50 0.5 0.2 0.4\nodd line\n0 0.2 0.3 0.2 0.2\n1 0.25 0.25 0.5 0.5\n"
    assert (tmp_path / "out" / "labels/train/a.txt").read_text() == want
    assert (tmp_path / "out" / "labels/val/b.txt").read_text() == "0 0.25 0.25 0.5 0.5\n"


def test_a_file_with_the_line_ends_of_windows_keeps_them(dataset, tmp_path):
    home = dataset({"train/a.txt": "0 0.1 0.2 0.2 0.4\r\n1 0.5 0.5 0.2 0.4\r\n"})
    name = "images/train/a.png"
    orders = [
        Correction(name, "move", f"{name}#g1", (0, 0, 50, 25)),
        Correction(name, "add", None, (0, 0, 100, 50), "dog"),
    ]
    formats.write(apply_corrections(formats.read(home), orders)[0], tmp_path / "out")
    want = b"0 0.25 0.25 0.5 0.5\r\n1 0.5 0.5 0.2 0.4\r\n1 0.5 0.5 1 1\r\n"
    assert (tmp_path / "out" / "labels/train/a.txt").read_bytes() == want


def test_labels_alone_and_labels_beside_their_pictures(tmp_path):
    (tmp_path / "a.txt").write_text("0 0.5 0.5 1 1\n")
    (tmp_path / "classes.txt").write_text("cat\ndog\n")
    found = formats.read(tmp_path)
    assert (found.image_ids, found.categories) == (["a.jpg"], ("cat", "dog"))
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    found = formats.read(tmp_path)
    assert found.image_ids == ["a.png"]
    assert found.boxes.xyxy.tolist() == [[0, 0, 30, 20]]


def test_pictures_in_another_folder(tmp_path):
    for room in ("labels", "pictures"):
        (tmp_path / room).mkdir()
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 1 1\n")
    for name in ("a", "b"):
        Image.new("L", (30, 20)).save(tmp_path / "pictures" / f"{name}.png")
    found = formats.read(tmp_path / "labels", images=tmp_path / "pictures")
    assert found.boxes.xyxy.tolist() == [[0, 0, 30, 20]]
    assert kinds(found)["label_file_missing"] == 1
    fixed, _changes = apply_corrections(found, [Correction(found.image_ids[1], "add", xyxy=(0, 0, 3, 2), label="0")])
    formats.write(fixed, tmp_path / "out")
    assert (tmp_path / "out" / "b.txt").read_text() == "0 0.05 0.05 0.1 0.1\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("data.yaml", "a: [", "is no YAML"),
        ("data.yaml", "just words", "names no train, val or names, so it is no data.yaml"),
        ("notes.md", "", "has no data.yaml, no pictures and no label files"),
    ],
)
def test_what_is_no_data_set_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        formats.read(tmp_path)
    with pytest.raises(DataError, match=r"is not there; name a data\.yaml"):
        formats.read(tmp_path / "none")


def test_a_data_set_that_changed_is_not_corrected(dataset, tmp_path):
    home = dataset({"train/a.txt": "1 0.5 0.5 0.2 0.4\n"})
    found = formats.read(home)
    (home / "labels/train/a.txt").write_text("")
    with pytest.raises(DataError, match="has changed since it was read"):
        formats.write(found, tmp_path / "out")


def test_predictions_with_confidences(dataset, tmp_path):
    given = formats.read(dataset({}))
    home = tmp_path / "runs"
    home.mkdir()
    box = "0.5 0.5 0.2 0.4"
    (home / "a.txt").write_text(f"1 {box} 0.75\n0 {box}\n7 {box} 0.5\n0 {box} 1.2")
    (home / "z.txt").write_text("1 0.5 0.5 0.2 0.4 0.75\n")
    found = read_predictions(home, given)
    np.testing.assert_allclose(found.boxes.xyxy[0], [40, 15, 60, 35])
    assert found.boxes.confidence.tolist() == [0.75, 1.2]
    assert kinds(found) == {
        "unknown_image": 1,
        "unreadable_score": 1,
        "unknown_category": 1,
        "score_out_of_range": 1,
        "image_without_predictions": 1,
    }
    with pytest.raises(DataError, match=r"has no .txt files; name the folder of the predictions"):
        read_predictions(tmp_path / "set" / "images", given)


def test_predictions_for_pictures_of_the_same_name_are_told_apart_by_their_folders(dataset, tmp_path):
    home = dataset({})
    Image.new("L", (100, 50)).save(home / "images" / "val" / "a.png")
    given = formats.read(home)
    for name in ("val/a.txt", "a.txt"):
        path = tmp_path / "runs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1 0.5 0.5 0.2 0.4 0.75\n")
    found = read_predictions(tmp_path / "runs", given)
    assert [given.image_ids[at] for at in found.boxes.image] == ["images/val/a.png"]
    assert kinds(found)["ambiguous_image"] == 1


def test_from_yolo_to_coco_and_back(dataset, tmp_path):
    found = formats.read(dataset({"train/a.txt": "1 0.5 0.5 0.2 0.4\n", "val/b.txt": "0 0.3 0.3 0.1 0.123456\n"}))
    (path,) = formats.write(found, tmp_path / "coco", format="coco_json")
    coco = formats.read(path)
    assert json.loads(path.read_text())["images"][0]["split"] == "train"
    assert coco.categories == found.categories
    np.testing.assert_allclose(coco.boxes.xyxy, found.boxes.xyxy)
    formats.write(coco, tmp_path / "yolo", format="yolo_txt")
    for split, name in (("train", "a"), ("val", "b")):
        (tmp_path / "yolo" / "images" / split).mkdir(parents=True)
        Image.new("L", (100, 50)).save(tmp_path / "yolo" / "images" / split / f"{name}.png")
    yolo = formats.read(tmp_path / "yolo")
    assert (yolo.image_ids, yolo.categories) == (found.image_ids, found.categories)
    np.testing.assert_allclose(yolo.boxes.xyxy, found.boxes.xyxy, atol=1e-6)


def test_a_name_that_leaves_the_folder_is_not_written(tmp_path):
    image = {"id": 1, "file_name": "../../out.jpg", "width": 5, "height": 5}
    path = tmp_path / "given.json"
    path.write_text(json.dumps({"images": [image], "annotations": [], "categories": []}))
    with pytest.raises(DataError, match="is outside the folder that is written"):
        formats.write(formats.read(path), tmp_path / "a" / "b", format="yolo_txt")


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        (SETTINGS + "# mine\n", SETTINGS + '  2: "bird"\n# mine\n'),
        ("val: images/val\nnames: [cat, dog]\nnc: 2\n", 'val: images/val\nnames: [cat, dog, "bird"]\nnc: 3\n'),
        (
            "val: images/val\nnames:\n- cat\n- dog  # a dog\n",
            'val: images/val\nnames:\n- cat\n- dog  # a dog\n- "bird"\n',
        ),
    ],
)
def test_a_new_class_is_named_in_data_yaml_and_all_else_stays(dataset, settings, wanted):
    home = dataset({"val/b.txt": "1 0.5 0.5 0.2 0.4\n"}, settings)
    annotations = formats.read(home)
    order = Correction("images/val/b.png", "relabel", "images/val/b.png#g1", label="bird")
    after, _changes = apply_corrections(annotations, [order])
    found = dict(formats.contents(after))
    assert found["data.yaml"].decode() == wanted
    assert found["labels/val/b.txt"].decode().startswith("2 0.5 0.5 0.2 0.4")


def test_a_new_class_needs_a_file_that_names_it(dataset):
    home = dataset({"val/b.txt": "1 0.5 0.5 0.2 0.4\n"}, "val: images/val\nnc: 2\n")
    order = Correction("images/val/b.png", "relabel", "images/val/b.png#g1", label="bird")
    after, _changes = apply_corrections(formats.read(home), [order])
    with pytest.raises(DataError, match="has no names, so the class 'bird' cannot be added"):
        formats.contents(after)
