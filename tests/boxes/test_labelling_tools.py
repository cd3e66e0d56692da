"""Files of CVAT, LabelMe, VIA and Open Images, as these write them: corners checked by hand, corrections in place."""

import json

import numpy as np
import pytest
from PIL import Image

from hem_core import catalog
from hem_core.boxes import formats
from hem_core.boxes.annotations import Annotations
from hem_core.boxes.corrections import Correction, apply_corrections
from hem_core.errors import DataError

CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <id>4</id>
      <name>blood</name>
      <labels>
        <label>
          <name>cell</name>
          <color>#ff0000</color>
          <attributes>
          </attributes>
        </label>
        <label>
          <name>dust</name>
        </label>
      </labels>
    </task>
    <dumped>2026-01-01 10:00:00.000000+00:00</dumped>
  </meta>
  <image id="0" name="sub/a.png" width="200" height="100" subset="train">
    <box label="cell" source="manual" occluded="1" xtl="10.50" ytl="20.00" xbr="50.00" ybr="60.25" z_order="0">
      <attribute name="sure">no</attribute>
    </box>
    <polygon label="dust" source="manual" occluded="0" points="100.00,10.00;120.00,30.00;90.00,40.00" z_order="0">
    </polygon>
    <box label="cell" occluded="0" xtl="100.00" ytl="40.00" xbr="140.00" ybr="60.00" rotation="90.00" z_order="1">
    </box>
    <polyline label="dust" points="1,1;2,2" z_order="0">
    </polyline>
  </image>
  <image id="1" name="b.png" width="60" height="50">
  </image>
</annotations>
"""


def labelme(**more):
    plain = {"group_id": None, "flags": {}}
    shapes = [
        {"label": "cell", "points": [[50, 60.25], [10.5, 20]], "shape_type": "rectangle", "mask": None, **plain},
        {"label": "dust", "points": [[100, 10], [120, 30], [90, 40]], "shape_type": "polygon", **plain, "group_id": 3},
        {"label": "dust", "points": [[50, 50], [53, 54]], "shape_type": "circle", **plain},
        {"label": "dust", "points": [[1, 1], [2, 2]], "shape_type": "line", **plain},
    ]
    about = {"version": "5.5.0", "flags": {"night": True}, "shapes": shapes, "imagePath": "..\\photos\\a.png"}
    return about | {"imageData": "aGVsbG8=", "imageHeight": 100, "imageWidth": 200} | more


@pytest.fixture
def cvat(tmp_path):
    path = tmp_path / "annotations.xml"
    path.write_text(CVAT)
    return path


@pytest.fixture
def folder(tmp_path):
    home = tmp_path / "labels"
    home.mkdir()
    (home / "a.json").write_text(json.dumps(labelme(), indent=2))
    (home / "b.json").write_text(json.dumps(labelme(imagePath="b.png", shapes=[]), indent=2))
    (home / "broken.json").write_text("{")
    return home


def boxes(found: Annotations):
    names = [found.categories[at] for at in found.boxes.label.tolist()]
    return [(name, *box) for name, box in zip(names, np.round(found.boxes.xyxy, 6).tolist(), strict=True)]


def problems(found):
    return {each.message for each in found.problems}


def test_cvat_gives_the_corners_as_they_are(cvat):
    assert formats.format_of(cvat) == formats.format_of(cvat.parent) == "cvat_xml"
    found = formats.read(cvat)
    assert boxes(found) == [
        ("cell", 10.5, 20, 50, 60.25),
        ("dust", 90, 10, 120, 40),
        ("cell", 110, 30, 130, 70),  # 40 x 20 about (120, 50), turned by a quarter
    ]
    assert (found.image_ids, found.size_px.tolist()) == (["sub/a.png", "b.png"], [[200, 100], [60, 50]])
    assert found.categories == ("cell", "dust")
    assert found.images["subset"].to_pylist() == ["train", None]
    assert "polyline shapes: 1; they are left out, and stay in the file" in problems(found)
    assert "shapes that are no boxes: 1; the box around each is used" in problems(found)
    assert formats.contents(found) == [("annotations.xml", CVAT.encode())]


def test_cvat_is_corrected_in_place(cvat):
    first, polygon, turned = formats.read(cvat).box_ids()
    orders = [
        Correction("sub/a.png", "move", first, (11, 20, 50, 61.5)),
        Correction("sub/a.png", "relabel", polygon, None, "cell"),
        Correction("sub/a.png", "remove", turned),
        Correction("b.png", "add", None, (1, 2, 30, 40), "fibre"),
    ]
    after, changes = apply_corrections(formats.read(cvat), orders)
    assert not [change.refused for change in changes if change.refused]
    ((_name, content),) = formats.contents(after)
    text = content.decode()
    old = '<box label="cell" source="manual" occluded="1" xtl="10.50" ytl="20.00" xbr="50.00" ybr="60.25" z_order="0">'
    new = '<box label="cell" source="manual" occluded="1" xtl="11" ytl="20" xbr="50" ybr="61.5" z_order="0">'
    assert (old in text, new in text, '<attribute name="sure">no</attribute>' in text) == (False, True, True)
    assert '<polygon label="cell" source="manual" occluded="0" points="100.00,10.00;120.00,30.00;90.00,40.00"' in text
    assert "rotation" not in text
    assert '<polyline label="dust" points="1,1;2,2" z_order="0">' in text
    cvat.write_text(text)
    assert boxes(formats.read(cvat)) == [("cell", 11, 20, 50, 61.5), ("cell", 90, 10, 120, 40), ("fibre", 1, 2, 30, 40)]
    assert formats.read(cvat).categories == ("cell", "dust", "fibre")


def test_a_video_from_cvat_is_named_and_a_doctype_is_refused(tmp_path):
    path = tmp_path / "video.xml"
    path.write_text('<annotations><track id="0" label="cell"></track></annotations>')
    with pytest.raises(DataError, match=r"holds no pictures; export the task from CVAT"):
        formats.read(path)
    path.write_text('<!DOCTYPE annotations [<!ENTITY a "b">]><annotations></annotations>')
    with pytest.raises(DataError, match="it has a DOCTYPE"):
        formats.read(path, format="cvat_xml")


def test_labelme_gives_the_corners_in_whichever_order_they_were_drawn(folder):
    assert formats.format_of(folder) == formats.format_of(folder / "a.json") == "labelme_json"
    found = formats.read(folder)
    assert boxes(found) == [("cell", 10.5, 20, 50, 60.25), ("dust", 90, 10, 120, 40), ("dust", 45, 45, 55, 55)]
    assert (found.image_ids, found.size_px.tolist()) == (["a.png", "b.png"], [[200, 100], [200, 100]])
    assert found.images["night"].to_pylist() == [True, True]
    assert "line shapes: 1; they are left out, and stay in the file" in problems(found)
    assert "files that cannot be read: 1; they are left out, and stay as they are" in problems(found)
    assert dict(formats.contents(found)) == {path.name: path.read_bytes() for path in folder.iterdir()}


def test_labelme_is_corrected_in_place(folder):
    first, polygon, circle = formats.read(folder).box_ids()
    orders = [
        Correction("a.png", "relabel", first, None, "dust"),
        Correction("a.png", "move", polygon, (90, 10, 121, 40)),
        Correction("a.png", "remove", circle),
        Correction("b.png", "add", None, (1, 2, 30, 40), "fibre"),
    ]
    after, _changes = apply_corrections(formats.read(folder), orders)
    written = {name: json.loads(text) for name, text in formats.contents(after) if name != "broken.json"}
    expected = labelme()
    expected["shapes"][0]["label"] = "dust"
    expected["shapes"][1] |= {"points": [[90, 10], [121, 40]], "shape_type": "rectangle"}
    del expected["shapes"][2]
    assert written["a.json"] == expected  # the line and the picture inside are still there
    (added,) = written["b.json"]["shapes"]
    assert (added["label"], added["points"], added["shape_type"]) == ("fibre", [[1, 2], [30, 40]], "rectangle")
    assert dict(formats.contents(after))["a.json"].startswith(b'{\n  "version"')


def via():
    def region(label, **shape):
        return {"shape_attributes": shape, "region_attributes": {"kind": label}}

    regions = [
        region("cell", name="rect", x=10, y=20, width=40, height=41),
        region("dust", name="polygon", all_points_x=[100, 120, 90], all_points_y=[10, 30, 40]),
        region("dust", name="point", cx=4, cy=5),
        region("", name="rect", x=1, y=1, width=2, height=2),
    ]
    first = {"filename": "a.png", "size": 1234, "regions": regions, "file_attributes": {"place": "north"}}
    return {"a.png1234": first, "b.png99": {"filename": "b.png", "size": 99, "regions": [], "file_attributes": {}}}


@pytest.mark.parametrize("is_project", [False, True])
def test_via_is_read_and_corrected_in_place(tmp_path, is_project):
    path = tmp_path / "via.json"
    document = {"_via_settings": {"ui": 1}, "_via_img_metadata": via()} if is_project else via()
    path.write_text(json.dumps(document))
    Image.new("RGB", (200, 100)).save(tmp_path / "a.png")
    assert formats.format_of(path) == "via_json"
    found = formats.read(path, images=tmp_path)
    assert boxes(found) == [("cell", 10, 20, 50, 61), ("dust", 90, 10, 120, 40)]
    assert found.size_px.tolist() == [[200, 100], [0, 0]]
    assert {"point shapes: 1; they are left out, and stay in the file",
            "objects without a class: 1; they are left out, and stay in the file"} <= problems(found)  # fmt: skip
    assert formats.contents(found) == [("via.json", path.read_bytes())]
    first, polygon = found.box_ids()
    orders = [
        Correction("a.png", "move", first, (11, 20, 50, 61)),
        Correction("a.png", "relabel", polygon, None, "cell"),
        Correction("b.png", "add", None, (1, 2, 30, 40), "fibre"),
    ]
    after, _changes = apply_corrections(found, orders)
    expected = via()
    expected["a.png1234"]["regions"][0]["shape_attributes"] |= {"x": 11, "width": 39}
    expected["a.png1234"]["regions"][1]["region_attributes"]["kind"] = "cell"
    added = {"name": "rect", "x": 1, "y": 2, "width": 29, "height": 38}
    expected["b.png99"]["regions"] = [{"shape_attributes": added, "region_attributes": {"kind": "fibre"}}]
    ((_name, content),) = formats.contents(after)
    assert json.loads(content) == (document | {"_via_img_metadata": expected} if is_project else expected)


OPEN_IMAGES = """\
ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside
000a1249af2bc5f0,xclick,/m/01,1,0.05,0.25,0.2,0.6,0,1,0,0,0
000a1249af2bc5f0,xclick,/m/02,1,0.5,0.6,0.1,0.4,0,0,1,0,0
0b,activemil,/m/02,1,0.1,0.3,0.5,0.9,1,0,0,0,0
"""


def test_open_images_are_parts_of_pictures_that_have_no_suffix(tmp_path):
    path = tmp_path / "train-annotations-bbox.csv"
    path.write_text(OPEN_IMAGES)
    (tmp_path / "class-descriptions-boxable.csv").write_text("/m/01,Cell\n/m/02,Dust\n")
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (200, 100)).save(tmp_path / "photos" / "000a1249af2bc5f0.png")
    assert formats.format_of(path) == "openimages_csv"
    quoted = tmp_path / "quoted.csv"
    quoted.write_text('"' + OPEN_IMAGES.splitlines()[0].replace(",", '","') + '"\n')
    assert formats.format_of(quoted) == "openimages_csv"
    found = formats.read(path, images=tmp_path / "photos")
    assert found.image_ids == ["000a1249af2bc5f0.png", "0b.jpg"]
    assert boxes(found)[:2] == [("Cell", 10, 20, 50, 60), ("Dust", 100, 10, 120, 40)]
    assert found.boxes.is_crowd.tolist() == [False, True, False]
    assert boxes(found)[2] == ("Dust", 0.1, 0.5, 0.3, 0.9)  # its picture is not there: in parts of it
    assert formats.contents(found) == [(path.name, OPEN_IMAGES.encode())]
    orders = [
        Correction("000a1249af2bc5f0.png", "move", "000a1249af2bc5f0.png#g1", (20, 20, 50, 60)),
        Correction("000a1249af2bc5f0.png", "relabel", "000a1249af2bc5f0.png#g1", None, "Dust"),
        Correction("0b.jpg", "remove", "0b.jpg#g1"),
        Correction("000a1249af2bc5f0.png", "add", None, (2, 5, 4, 10), "Fibre"),
    ]
    after, _changes = apply_corrections(found, orders)
    ((_name, content),) = formats.contents(after)
    lines = OPEN_IMAGES.splitlines()
    assert content.decode().splitlines() == [
        lines[0],
        "000a1249af2bc5f0,xclick,/m/02,1,0.1,0.25,0.2,0.6,0,1,0,0,0",
        lines[2],
        "000a1249af2bc5f0,xclick,Fibre,1,0.01,0.02,0.05,0.1,0,0,0,0,0",
    ]


@pytest.mark.parametrize("format", ["cvat_xml", "labelme_json"])
def test_annotations_of_another_format_are_written_and_read_back(tmp_path, folder, cvat, format):
    other = formats.read(cvat if format == "labelme_json" else folder)
    written = formats.write(other, tmp_path / "out", format=format)
    back = formats.read(written[0] if format == "cvat_xml" else tmp_path / "out")
    assert sorted(boxes(back)) == sorted(boxes(other))
    assert sorted(back.size_px.tolist()) == sorted(other.size_px.tolist())


def test_they_are_scored_like_other_annotations(folder, cvat):
    assert catalog.read(folder)["label"].to_pylist() == ["2 dust, 1 cell", "no objects"]
    assert catalog.info(catalog.read(cvat.parent))["annotations"]["format"] == "cvat_xml"
    named = catalog.read(cvat, annotations_format="cvat_xml")
    assert named["label"].to_pylist() == ["2 cell, 1 dust", "no objects"]
    cvat.rename(cvat.with_suffix(".txt"))
    assert catalog.read(cvat.with_suffix(".txt"), annotations_format="cvat_xml").num_rows == 2
