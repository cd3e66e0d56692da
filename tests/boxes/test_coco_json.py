"""COCO's files: odd ones are read with what is odd recorded, corrected ones keep all that no correction names."""

import json
from collections import Counter

import numpy as np
import pytest

from hem_core.boxes import formats
from hem_core.boxes.average_precision import average_precision
from hem_core.boxes.corrections import Correction, apply_corrections
from hem_core.boxes.hypotheses import hypotheses
from hem_core.boxes.results import read as read_predictions
from hem_core.errors import DataError, UnknownNameError


def document(**changes):
    """Two images, two categories with a gap between their ids, and four boxes, the last one a crowd region."""
    return {
        "info": {"year": 2026, "note": "ü"},
        "licenses": [],
        "images": [
            {"id": 7, "file_name": "b/two.jpg", "width": 100, "height": 80, "split": "val"},
            {"id": 3, "file_name": "a/one.jpg", "width": 200, "height": 100, "split": "train"},
        ],
        "categories": [{"id": 1, "name": "cat", "supercategory": "animal"}, {"id": 5, "name": "dog"}],
        "annotations": [
            note(11, 3, 1, [10, 20, 30, 40], segmentation=[[10, 20, 40, 60, 10, 60]], area=600.5),
            note(12, 7, 5, [0, 0, 50.25, 10], attributes={"who": "anna"}),
            note(13, 3, 5, [100, 0, 20, 20]),
            note(14, 3, 1, [0, 0, 200, 100], iscrowd=1),
        ],
        **changes,
    }


def note(id, image, category, bbox, **more):
    return {"id": id, "image_id": image, "category_id": category, "bbox": bbox, "iscrowd": 0, **more}


@pytest.fixture
def written(tmp_path):
    def write(content, name="given.json", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content, **options).encode())
        return path

    return write


def kinds(annotations):
    counts = Counter()
    for problem in annotations.problems:
        counts[problem.kind] += problem.count
    return counts


def test_images_classes_and_boxes_of_a_file(written):
    found = formats.read(written(document()))
    assert found.image_ids == ["a/one.jpg", "b/two.jpg"]  # in the order of their numbers
    assert found.images["split"].to_pylist() == ["train", "val"]
    assert found.categories == ("cat", "dog")
    assert found.box_ids() == ["a/one.jpg#g1", "b/two.jpg#g1", "a/one.jpg#g2", "a/one.jpg#g3"]
    assert found.boxes.xyxy.tolist()[:2] == [[10, 20, 40, 60], [0, 0, 50.25, 10]]
    assert found.boxes.area_px.tolist()[:2] == [600.5, 502.5]
    assert found.boxes.is_crowd.tolist() == found.boxes.is_ignored.tolist() == [False, False, False, True]
    assert kinds(found) == {"category_id_gap": 3, "crowd": 1}


ODD = [
    note(21, 3, 1, [300, 10, 0, 5]),
    note(22, 3, 1, [190, 10, 30, 5]),
    note(23, 3, 9, [1, 1, 5, 5]),
    note(24, 99, 1, [1, 1, 5, 5]),
    note(25, 3, 1, [1, 1, None, 5]),
    note(26, 3, 1, [1, 1, 5]),
    note(27, 3, 1, ["1", "1", "5", "5"]),
    note(27, 3, 1, [1, 1, 5, 5], ignore=1),
    {"id": 28, "image_id": [3], "category_id": {}, "bbox": [1, 1, 5, 5]},
    note(29, 3, 1, [float("nan"), 1, 5, 5]),
    note(30, 3, 1, [1e300, 1, 1e300, 5]),
    note(31, 3, 1, "1 1 5 5"),
    {},
    "nothing",
    None,
]


def test_what_is_odd_is_counted_and_nothing_is_dropped_in_silence(written, tmp_path):
    content = document()
    content["annotations"] += ODD
    content["images"] += [
        {"id": 8, "file_name": "a/one.jpg", "width": 5, "height": 5},
        {"id": 3, "file_name": "again.jpg"},
        {"file_name": "no id.jpg"},
        {"id": "text", "file_name": "none.jpg"},
    ]
    content["categories"] += [{"id": 5, "name": "wolf"}, {"id": 6, "name": "cat"}, {"name": "no id"}]
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "two.jpg").write_bytes(b"")
    found = formats.read(written(content), images=tmp_path)
    assert kinds(found) == {
        "degenerate_box": 1,
        "box_beyond_image": 1,
        "unknown_category": 1,
        "unknown_image": 5,
        "unreadable_box": 6,
        "annotation_id_twice": 1,
        "ignored": 1,
        "crowd": 1,
        "image_listed_twice": 2,
        "unreadable_image": 1,
        "unreadable_category": 1,
        "image_without_size": 1,
        "file_missing": 3,
        "category_listed_twice": 2,
        "category_id_gap": 3,
        "image_without_objects": 2,
        "unused_category": 1,
    }
    twice = [problem.where for problem in found.problems if problem.kind.endswith("_listed_twice")]
    assert twice == [("3",), ("a/one.jpg",), ("5",), ("cat",)]
    assert found.image_ids == ["a/one.jpg", "b/two.jpg", "a/one.jpg@8", "none.jpg"]
    assert found.categories == ("cat", "dog", "cat@6")
    left_out = sum(kinds(found)[kind] for kind in ("unknown_category", "unknown_image", "unreadable_box"))
    assert len(found.boxes) + left_out == len(content["annotations"])
    assert found.box_ids()[-1] == "a/one.jpg#g10"  # a number counts the records that could not be read


@pytest.mark.parametrize("bbox", [["1", "1", "5", "5"], [True, True, True, True], [1, 1, 5, None]])
def test_a_box_of_no_numbers_alone_in_its_file_is_no_box(written, bbox):
    found = formats.read(written(document(annotations=[note(1, 3, 1, bbox)])))
    assert (len(found.boxes), kinds(found)["unreadable_box"]) == (0, 1)


def test_a_message_says_what_how_many_and_what_became_of_it(written):
    content = document()
    content["annotations"] = [note(1, 3, 1, [5, 5, 0, 9])]
    (found,) = (each for each in formats.read(written(content)).problems if each.kind == "degenerate_box")
    assert found.message == "boxes without width or height: 1; they are kept"
    assert found.where == ("a/one.jpg",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is no JSON: .*; was it cut short"),
        (b"[" * 200_000, "is no JSON"),
        (b"[]", "is a list, as COCO's results are"),
        (b'{"images": []}', "has no list 'annotations', so it is no COCO annotation file"),
        (b"3", "has no list 'images'"),
    ],
)
def test_what_is_no_annotation_file_is_named(written, content, message):
    with pytest.raises(DataError, match=message):
        formats.read(written(content))


def test_a_file_that_is_not_there_and_a_format_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"none.json cannot be read: No such file"):
        formats.read(tmp_path / "none.json")
    with pytest.raises(UnknownNameError, match="no format 'coca'; there are: coco_json, "):
        formats.read(tmp_path, format="coca")


@pytest.mark.parametrize("options", [{}, {"indent": 2}, {"ensure_ascii": False}, {"indent": 1}])
def test_without_corrections_the_bytes_are_those_of_the_source(written, tmp_path, options):
    path = written(document(), **options)
    (out,) = formats.write(formats.read(path), tmp_path / "out")
    assert out.name == "given.json"
    assert out.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("options", [{}, {"indent": 2}, {"ensure_ascii": False, "indent": 1}])
def test_corrections_touch_the_boxes_that_they_name_alone(written, tmp_path, options):
    content = document()
    content["annotations"] += ODD[2:4]
    path = written(content, **options)
    fixed, changes = apply_corrections(
        formats.read(path),
        [
            Correction("a/one.jpg", "move", "a/one.jpg#g1", (1, 2, 11, 22)),
            Correction("b/two.jpg", "relabel", "b/two.jpg#g1", label="cat"),
            Correction("a/one.jpg", "remove", "a/one.jpg#g2"),
            Correction("b/two.jpg", "add", xyxy=(5, 5, 6, 7), label="dog"),
        ],
    )
    assert not any(change.refused for change in changes)
    (out,) = formats.write(fixed, tmp_path / "out")
    want = content | {
        "annotations": [
            note(11, 3, 1, [1, 2, 10, 20], area=200),
            content["annotations"][1] | {"category_id": 1},
            *content["annotations"][3:],
            note(25, 7, 5, [5, 5, 1, 2], area=2),
        ]
    }
    assert json.loads(out.read_text("utf-8")) == want
    assert list(json.loads(out.read_text("utf-8"))) == list(content)
    assert out.read_text("utf-8") == json.dumps(json.loads(out.read_text("utf-8")), **options)
    again = formats.read(out)
    assert again.boxes.xyxy.tolist() == fixed.boxes.xyxy.tolist()
    assert again.boxes.label.tolist() == fixed.boxes.label.tolist()


def test_a_source_that_changed_is_not_corrected(written, tmp_path):
    path = written(document())
    found = formats.read(path)
    path.write_text(path.read_text() + " ")
    with pytest.raises(DataError, match=r"given.json has changed since it was read; read it again"):
        formats.write(found, tmp_path / "out")


RESULT = {"image_id": 3, "category_id": 1, "bbox": [10, 20, 30, 40], "score": 0.9}


def test_odd_predictions_are_counted(written):
    given = formats.read(written(document()))
    results = [
        RESULT,
        RESULT | {"image_id": 99},
        RESULT | {"category_id": 99},
        RESULT | {"score": 1.5},
        RESULT | {"score": -0.1},
        RESULT | {"score": None},
        RESULT | {"score": float("nan")},
        RESULT | {"bbox": [1, 2, 3]},
        RESULT | {"bbox": [1, 2, 0, 3]},
        RESULT | {"bbox": [190, 2, 30, 3]},
        {},
        7,
    ]
    found = read_predictions(written(results, "results.json"), given)
    assert found.boxes.confidence.tolist() == [0.9, 1.5, -0.1, 0.9, 0.9]
    assert found.boxes.number.tolist() == [1, 3, 4, 8, 9]
    assert found.box_format == "xywh"
    assert kinds(found) == {
        "unknown_image": 3,
        "unknown_category": 1,
        "score_out_of_range": 2,
        "unreadable_score": 4,
        "unreadable_box": 1,
        "degenerate_box": 1,
        "box_beyond_image": 1,
        "image_without_predictions": 1,
    }


def test_results_with_corners_are_named_and_read_as_such(written):
    given = formats.read(written(document()))
    corners = [[10 * at, 5 * at, 10 * at + 60, 5 * at + 40] for at in range(10)]
    path = written([RESULT | {"bbox": box} for box in corners], "results.json")
    found = read_predictions(path, given)
    assert found.boxes.xyxy.tolist() == corners
    assert (found.box_format, kinds(found)["xyxy_results"]) == ("xyxy", 10)
    few = read_predictions(written([RESULT | {"bbox": box} for box in corners[-3:]], "few.json"), given)
    assert few.box_format == "xywh"


def test_results_that_are_no_list_are_named(written):
    given = formats.read(written(document()))
    with pytest.raises(DataError, match="is no list of results, as COCO has them"):
        read_predictions(written(b'{"a": 1}', "results.json"), given)


@pytest.mark.data
def test_bccd_is_read_whole(data_folder, tmp_path):
    home = data_folder / "bccd"
    found = formats.read(home / "annotations_coco.json", images=home / "images")
    assert (len(found.image_ids), len(found.boxes), found.categories) == (364, 4888, ("RBC", "WBC", "Platelets"))
    assert set(found.images["split"].to_pylist()) == {"train", "val", "test"}
    assert kinds(found) == {"degenerate_box": 2}
    (out,) = formats.write(found, tmp_path)
    assert out.read_bytes() == (home / "annotations_coco.json").read_bytes()


@pytest.mark.data
def test_map_sample_has_the_average_precision_of_pycocotools(data_folder, coco_precision):
    home = data_folder / "map_sample"
    given = formats.read(home / "annotations_coco.json", images=home / "images")
    predicted = read_predictions(home / "detections_coco.json", given)
    assert (len(given.boxes), len(predicted.boxes), len(given.categories)) == (686, 494, 38)
    assert kinds(given) == {"box_beyond_image": 5, "unused_category": 8}
    assert kinds(predicted) == {"image_without_predictions": 1}
    found = average_precision(given.boxes, predicted.boxes, 38)
    want = coco_precision(given.boxes, predicted.boxes, 85, 38)
    np.testing.assert_allclose(found.ap, want, atol=1e-9, equal_nan=True)


@pytest.mark.data
def test_map_sample_has_the_error_types_that_tidecv_finds(data_folder):
    """Counts of tidecv 1.0.1, the code of the paper, on the same two files."""
    home = data_folder / "map_sample"
    given = formats.read(home / "annotations_coco.json")
    predicted = read_predictions(home / "detections_coco.json", given)
    rows = hypotheses(given.boxes, predicted.boxes, floor=0.0)
    errors = Counter(rows.types.predicted.tolist())
    del errors["right"]
    assert errors == {"Cls": 37, "Loc": 83, "Both": 37, "Dupe": 21, "Bkg": 50}
    assert (rows.types.given == "Missed").sum() == 351
    assert rows.is_given.sum() == 686
