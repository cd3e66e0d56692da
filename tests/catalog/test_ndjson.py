"""Ultralytics' NDJSON: boxes as annotations, which are corrected in place, and classes of whole images as a table."""

import json

import numpy as np
import pytest
from PIL import Image

from hem_core import catalog
from hem_core.boxes import formats
from hem_core.boxes.columns import given_in
from hem_core.boxes.corrections import Correction, apply_corrections
from hem_core.catalog import info
from hem_core.errors import DataError
from hem_core.testing import check_reader


def write(folder, task, *annotations, names=("cell", "dust"), **size):
    """dataset.ndjson, as the platform exports it: an image for each of the annotations."""
    head = {"type": "dataset", "task": task, "name": "x", "class_names": dict(enumerate(names)), "version": 3}
    records = [{"type": "image", "file": f"{at}.png", "url": f"https://example.com/{at}", "split": "train", **size,
                "annotations": each} for at, each in enumerate(annotations)]  # fmt: skip
    path = folder / "dataset.ndjson"
    path.write_text("".join(json.dumps(each) + "\n" for each in [head, *records]))
    return path


def test_objects_of_every_kind_are_boxes_in_px(tmp_path):
    corners = [0.1, 0.2, 0.3, 0.2, 0.3, 0.6, 0.1, 0.6]
    kinds = {"boxes": [1, 0.5, 0.5, 0.2, 0.4], "pose": [1, 0.5, 0.5, 0.2, 0.4, 0.5, 0.5, 2], "obb": [0, *corners],
             "segments": [0, *corners[:6]]}  # fmt: skip
    path = write(tmp_path, "detect", *({kind: [numbers]} for kind, numbers in kinds.items()), width=100, height=50)
    check_reader("annotated_boxes", path)
    found = formats.read(path)
    wanted = [[40, 15, 60, 35], [40, 15, 60, 35], [10, 10, 30, 30], [10, 10, 30, 30]]
    np.testing.assert_allclose(found.boxes.xyxy, wanted)
    assert [found.categories[label] for label in found.boxes.label] == ["dust", "dust", "cell", "cell"]


def test_pictures_are_found_where_ultralytics_puts_them_and_their_sizes_read(tmp_path):
    path = write(tmp_path, "detect", {"boxes": [[0, 0.5, 0.5, 1, 1]]})
    (tmp_path / "images" / "train").mkdir(parents=True)
    Image.new("L", (40, 20)).save(tmp_path / "images" / "train" / "0.png")
    found = catalog.read(path)
    assert found["image"].to_pylist() == ["images/train/0.png"]
    np.testing.assert_allclose(given_in(found["boxes"], info(found)["classes"]).xyxy, [[0, 0, 40, 20]])


def test_a_correction_leaves_every_other_line_and_key_as_it_was(tmp_path):
    first = {"segments": [[0, 0.1, 0.2, 0.3, 0.2, 0.3, 0.6]], "note": "x"}
    path = write(tmp_path, "segment", first, {"segments": [[1, 0, 0, 1, 0, 1, 1]]}, width=100, height=50)
    lines = path.read_text().split("\n")
    order = Correction("0.png", "move", "0.png#g1", (0, 0, 50, 50))
    formats.write(apply_corrections(formats.read(path), [order])[0], tmp_path)
    after = path.read_text().split("\n")
    assert (after[0], after[2:]) == (lines[0], lines[2:])
    square = {"segments": [[0, 0, 0, 0.5, 0, 0.5, 1, 0, 1]], "note": "x"}
    assert json.loads(after[1]) == {**json.loads(lines[1]), "annotations": square}


def test_classes_of_whole_images_are_labels_in_the_order_of_the_file(tmp_path):
    path = write(tmp_path, "classify", {"classification": [1]}, {}, names=("dust", "cell"))
    check_reader("ndjson", path)
    found = catalog.read(path)
    assert found["label"].to_pylist() == ["cell", None]
    assert found["split"].to_pylist() == ["train", "train"]
    assert info(found)["classes"] == ["dust", "cell"]


def test_other_lines_are_a_table_and_a_broken_line_is_named(tmp_path):
    (tmp_path / "rows.ndjson").write_text('{"id": "a", "text": "hello", "label": "x"}\n')
    assert catalog.read(tmp_path / "rows.ndjson")["text"].to_pylist() == ["hello"]
    path = write(tmp_path, "detect", {"boxes": []})
    path.write_text(path.read_text() + '{"type": "image", "fi')
    with pytest.raises(DataError, match=r"line 3 of .* is no JSON: .*; was it cut short"):
        formats.read(path)
    path.write_text(path.read_text().split("\n")[0] + "\n3\n")
    with pytest.raises(DataError, match=r"line 2 of .* is no record; export the data set as NDJSON again"):
        formats.read(path)
    path.write_text('{"file": "a.png"}\n')
    with pytest.raises(DataError, match='its first line must have "type": "dataset"'):
        formats.read(path, format="ultralytics_ndjson")
