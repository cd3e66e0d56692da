"""CVAT's XML with tags of whole pictures."""

import io

import pandas as pd
import pytest
from PIL import Image

from hem_core import catalog
from hem_core.boxes import formats
from hem_core.catalog import info
from hem_core.errors import DataError
from hem_core.export import cvat
from hem_core.testing import check_reader

XML = """<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><labels>
<label><name>dog</name></label><label><name>cat</name></label></labels></task></meta>
<image id="0" name="a.png" width="4" height="2">{first}</image>
<image id="1" name="b.png" width="4" height="2"></image></annotations>"""
TAG, BOX = '<tag label="cat" source="manual"></tag>', '<box label="cat" xtl="0" ytl="0" xbr="2" ybr="2"></box>'


def written(folder, first):
    (folder / "images").mkdir()
    for name in ("a.png", "b.png"):
        Image.new("L", (4, 2)).save(folder / "images" / name)
    (folder / "annotations.xml").write_text(XML.format(first=first))
    return folder / "annotations.xml"


def test_a_tag_is_the_label_and_the_classes_are_those_of_the_task(tmp_path):
    path = written(tmp_path, TAG)
    check_reader("cvat_tags", path)
    check_reader("cvat_tags", tmp_path)
    found = catalog.read(path)
    assert found.select(["id", "label"]).to_pylist() == [
        {"id": "a.png", "label": "cat"},
        {"id": "b.png", "label": None},
    ]
    assert info(found)["classes"] == ["dog", "cat"]
    assert info(found)["root"] == str((tmp_path / "images").resolve())


def test_several_tags_are_a_set(tmp_path):
    found = catalog.read(written(tmp_path, TAG + TAG.replace("cat", "dog")))
    assert found["label"].to_pylist() == ["cat|dog", "(none)"]


def test_with_a_box_beside_the_tags_they_are_annotations_of_boxes(tmp_path):
    path = written(tmp_path, TAG + BOX)
    assert formats.format_of(path) == "cvat_xml"
    assert [len(cell) for cell in catalog.read(path)["boxes"].to_pylist()] == [1, 0]


def test_lists_of_tags_are_written_and_read_as_a_set(tmp_path):
    buffer = io.BytesIO()
    Image.new("L", (4, 2)).save(buffer, "PNG")
    examples = pd.DataFrame({"id": ["a", "b"], "label": [["sea", "sky"], []]})
    home = cvat.write(examples, tmp_path, read_image=lambda row: (".png", buffer.getvalue()), classes=["sky", "sea"])
    assert catalog.read(home)["label"].to_pylist() == ["sea|sky", "(none)"]
    back, _read = cvat.read(tmp_path)
    assert back["label"].tolist() == [["sea", "sky"], []]


def test_a_broken_xml_is_refused_in_words(tmp_path):
    path = written(tmp_path, TAG)
    path.write_text(path.read_text().replace("</annotations>", ""))
    with pytest.raises(DataError, match=r"annotations\.xml"):
        catalog.read(path)
