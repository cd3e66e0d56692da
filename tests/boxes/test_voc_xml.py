"""Pascal VOC's files: odd ones, entities that are never expanded, corrections, and the way from COCO and back."""

import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from hem_core.boxes import formats
from hem_core.boxes.corrections import Correction, apply_corrections
from hem_core.errors import DataError

ONE = """<?xml version="1.0"?>
<!-- made by hand -->
<annotation>
\t<filename>a.jpg</filename>
\t<source><database>ours</database></source>
\t<size><width>100</width><height>50</height><depth>3</depth></size>
\t<object>
\t\t<name>dog</name>
\t\t<pose>Left</pose>
\t\t<bndbox><xmin>10</xmin><ymin>5</ymin><xmax>40</xmax><ymax>25.5</ymax></bndbox>
\t\t<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>
\t</object>
\t<!-- between -->
\t<object>
\t\t<name>cat</name>
\t\t<difficult>1</difficult>
\t\t<bndbox><xmax>20</xmax><xmin>0</xmin><ymin>0</ymin><ymax>20</ymax></bndbox>
\t</object>
</annotation>
<!-- after -->
"""
TWO = ONE.replace("a.jpg", "b.jpg").replace("dog", "bird")


def kinds(annotations):
    counts = Counter()
    for problem in annotations.problems:
        counts[problem.kind] += problem.count
    return counts


@pytest.fixture
def folder(tmp_path):
    def write(**files):
        home = tmp_path / "voc"
        home.mkdir(exist_ok=True)
        for name, text in files.items():
            (home / f"{name}.xml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return home

    return write


def test_images_classes_and_boxes_of_a_folder(folder):
    found = formats.read(folder(a=ONE, b=TWO))
    assert found.image_ids == ["a.jpg", "b.jpg"]
    assert found.categories == ("bird", "cat", "dog")
    assert found.size_px.tolist() == [[100, 50]] * 2
    assert found.boxes.xyxy.tolist()[:2] == [[10, 5, 40, 25.5], [0, 0, 20, 20]]
    assert found.boxes.is_ignored.tolist() == [False, True, False, True]
    assert kinds(found) == {"ignored": 2}


BOMB = """<?xml version="1.0"?>
<!DOCTYPE annotation [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>
<annotation><filename>&c;</filename></annotation>
<!-- after -->
"""
FILE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation><filename>&x;</filename></annotation>'


def test_odd_files_are_counted_and_never_expanded(folder, tmp_path):
    home = folder(
        a=ONE,
        again=ONE,
        bomb=BOMB,
        file=FILE,
        cut=ONE[:300],
        empty="",
        bytes=b'<?xml version="1.0" encoding="nonsense"?><a/>',
        odd=TWO.replace("<name>bird</name>", "").replace("<xmin>0</xmin>", "<xmin>left</xmin>").replace("b.jpg", ""),
        size=TWO.replace("<width>100</width>", "").replace("<xmax>40", "<xmax>10"),
        beyond=TWO.replace("b.jpg", "c.jpg").replace("<xmax>40", "<xmax>400"),
    )
    found = formats.read(home)
    assert kinds(found) == {
        "unreadable_file": 5,
        "image_listed_twice": 1,
        "unknown_category": 1,
        "unreadable_box": 1,
        "degenerate_box": 1,
        "box_beyond_image": 1,
        "image_without_objects": 1,
        "ignored": 4,
    }
    (unread,) = (problem for problem in found.problems if problem.kind == "unreadable_file")
    assert "bomb.xml: it has a DOCTYPE, which may define entities; remove it" in unread.where
    assert found.image_ids == ["a.jpg", "a.jpg@again.xml", "c.jpg", "odd", "b.jpg"]
    formats.write(found, tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == {
        path.name: path.read_bytes() for path in home.iterdir()
    }


def test_sizes_and_missing_files_by_the_pictures(folder, tmp_path):
    Image.new("L", (30, 20)).save(tmp_path / "a.jpg")
    found = formats.read(folder(a=ONE.replace("<width>100</width>", ""), b=TWO), images=tmp_path)
    assert found.size_px.tolist() == [[30, 20], [100, 50]]
    assert kinds(found)["file_missing"] == 1


def test_corrections_touch_the_objects_that_they_name_alone(folder, tmp_path):
    home = folder(a=ONE, b=TWO)
    fixed, changes = apply_corrections(
        formats.read(home),
        [
            Correction("a.jpg", "move", "a.jpg#g1", (11, 6, 41, 26.5)),
            Correction("a.jpg", "relabel", "a.jpg#g2", label="bird"),
        ],
    )
    assert not any(change.refused for change in changes)
    formats.write(fixed, tmp_path / "out")
    assert (tmp_path / "out" / "b.xml").read_bytes() == (home / "b.xml").read_bytes()
    want = ONE.replace("cat", "bird").replace("<xmin>10<", "<xmin>11<").replace("<ymin>5<", "<ymin>6<")
    want = want.replace("<xmax>40<", "<xmax>41<").replace("25.5", "26.5")
    assert (tmp_path / "out" / "a.xml").read_text() == want


def test_a_file_in_another_encoding_is_corrected_in_utf_8(folder, tmp_path):
    text = '<?xml version="1.0" encoding="latin-1"?>\n' + ONE.partition("\n")[2].replace("Left", "Köpfchen")
    found = formats.read(folder(a=text.encode("latin-1")))
    fixed, _changes = apply_corrections(found, [Correction("a.jpg", "relabel", "a.jpg#g1", label="cat")])
    formats.write(fixed, tmp_path / "out")
    written = (tmp_path / "out" / "a.xml").read_bytes()
    assert "Köpfchen".encode() in written
    assert formats.read(tmp_path / "out").boxes.label.tolist() == [0, 0]


def test_objects_are_added_and_removed(folder, tmp_path):
    fixed, _changes = apply_corrections(
        formats.read(folder(a=ONE)),
        [
            Correction("a.jpg", "remove", "a.jpg#g2"),
            Correction("a.jpg", "add", xyxy=(1, 2, 3, 4.25), label="cat"),
        ],
    )
    formats.write(fixed, tmp_path / "out")
    text = (tmp_path / "out" / "a.xml").read_text()
    assert text.count("<object>") == 2
    assert "\t<!-- between -->" in text
    assert "\n\t<object>\n\t\t<name>cat</name>\n" in text
    again = formats.read(tmp_path / "out")
    assert again.boxes.xyxy.tolist() == [[10, 5, 40, 25.5], [1, 2, 3, 4.25]]
    assert [again.categories[k] for k in again.boxes.label] == ["dog", "cat"]
    assert again.boxes.is_ignored.tolist() == [False, False]


def test_without_its_last_object_a_file_is_indented_as_before(folder, tmp_path):
    last = ONE[ONE.rindex("\t<object>") : ONE.index("</annotation>")]
    fixed, _changes = apply_corrections(formats.read(folder(a=ONE)), [Correction("a.jpg", "remove", "a.jpg#g2")])
    formats.write(fixed, tmp_path / "out")
    assert (tmp_path / "out" / "a.xml").read_text() == ONE.replace(last, "")


def test_from_coco_to_voc_and_back(tmp_path):
    image = {"id": 1, "file_name": "x/a.jpg", "width": 50, "height": 40}
    notes = [{"id": 1, "image_id": 1, "category_id": 2, "bbox": [1, 2, 3.5, 4]}]
    path = tmp_path / "given.json"
    categories = [{"id": 1, "name": "cat"}, {"id": 2, "name": "a <dog> & ü"}]
    path.write_text(json.dumps({"images": [image], "annotations": notes, "categories": categories}))
    coco = formats.read(path)
    (out,) = formats.write(coco, tmp_path / "voc", format="voc_xml")
    assert out == tmp_path / "voc" / "x" / "a.xml"
    voc = formats.read(tmp_path / "voc")
    assert (voc.image_ids, voc.categories) == (["a.jpg"], ("a <dog> & ü",))
    np.testing.assert_allclose(voc.boxes.xyxy, coco.boxes.xyxy)
    np.testing.assert_allclose(voc.size_px, coco.size_px)


def test_a_folder_without_annotations_is_named(tmp_path):
    with pytest.raises(DataError, match=r"has no .xml files; name the folder of the annotations"):
        formats.read(tmp_path, format="voc_xml")


def test_annotations_without_a_source_need_a_format(folder, tmp_path):
    from dataclasses import replace

    found = replace(formats.read(folder(a=ONE)), source=None)
    with pytest.raises(DataError, match="come from no file; name a format: coco_json, "):
        formats.write(found, tmp_path / "out")
