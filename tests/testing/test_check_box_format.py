"""The contract of a format of boxes as its author calls it: what is right passes, what is broken is named."""

import sys

import pytest

from hem_core.boxes import formats
from hem_core.testing import check_box_format

FORMAT = """
"COCO's files under another name."

from dataclasses import replace

from hem_core.boxes.formats import coco_json
from hem_core.boxes.annotations import Annotations


def named(annotations, name):
    source = annotations.source
    return annotations if source is None else replace(annotations, source=replace(source, format=name))


def read(path, *, images=None):
    "Read COCO."
    return named(coco_json.read(path, images=images), "tiny")


def files(annotations):
    "Write COCO."
    yield from coco_json.files(named(annotations, "coco_json"))


{change}
"""
LOSSY = """
def read(path, *, images=None):
    "Read all but the last."
    found = named(coco_json.read(path, images=images), "tiny")
    return replace(found, boxes=found.boxes.take(slice(0, -1)), records=found.records[:-1])
"""
BLUNT = """
def read(path, *, images=None):
    "Read."
    import json
    json.loads(path.read_text())
"""
DEAF = """
def files(annotations):
    "Write what was read."
    source = annotations.source
    yield from coco_json.files(annotations) if source is None else [(source.path.name, source.path.read_bytes())]
"""
FRESH = """
def files(annotations):
    "Write anew."
    for name, content in coco_json.files(named(annotations, "coco_json")):
        yield name, content + b" " * (annotations.source is not None)
"""
BLIND = """
def files(annotations):
    "Write over what is there."
    import hashlib
    source = annotations.source
    if source is not None:
        digest = hashlib.sha256(source.path.read_bytes()).hexdigest()
        annotations = replace(annotations, source=replace(source, digest=digest))
    yield from coco_json.files(named(annotations, "coco_json"))
"""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("", ""),
        ("files = None", "format tiny of boxes defines no function `files`"),
        ("read.__doc__ = None", "`read` of format tiny has no docstring"),
        (BLUNT, "`read` of format tiny raises .*Error for 'odd'; raise DataError"),
        (LOSSY, "format tiny reads back"),
        ("recognizes = lambda path: False", "`recognizes` of format tiny does not know its own files"),
        (FRESH, "format tiny changes annotations.json though nothing was corrected"),
        (DEAF, "corrected annotations of format tiny hold"),
        (BLIND, "format tiny writes over a file that changed since it was read"),
    ],
)
def test_a_format_of_boxes_is_checked(tmp_path, monkeypatch, change, problem):
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    (tmp_path / "tiny.py").write_text(FORMAT.format(change=change).lstrip())
    try:
        if not problem:
            check_box_format("tiny")
            return
        with pytest.raises(AssertionError, match=problem):
            check_box_format("tiny")
    finally:
        sys.modules.pop("hem_core.boxes.formats.tiny", None)
