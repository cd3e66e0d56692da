"""Lance data sets, written by that library."""

import sys

import pyarrow as pa
import pytest

from hem_core import catalog
from hem_core.errors import DataError
from hem_core.testing import check_reader

lance = pytest.importorskip("lance", reason="needs Lance: pip install 'hem[lance]'")


def test_the_rows_of_the_newest_version_are_the_examples(tmp_path):
    place = tmp_path / "texts.lance"
    rows = pa.table({"id": ["a", "b"], "text": ["one", "two"], "label": ["x", "y"]})
    lance.write_dataset(rows, str(place))
    check_reader("lance_dataset", place)
    lance.write_dataset(pa.table({"id": ["c"], "text": ["three"], "label": ["x"]}), str(place), mode="append")
    found = catalog.read(place)
    assert found.select(["id", "text", "label"]).to_pydict() == {
        "id": ["a", "b", "c"],
        "text": ["one", "two", "three"],
        "label": ["x", "y", "x"],
    }
    assert catalog.info(found)["name"] == "texts"


def test_bytes_of_pictures_are_read_one_by_one(tmp_path):
    rows = pa.table({"image": pa.array([b"first", b"second"], pa.binary()), "label": [1, 0]})
    lance.write_dataset(rows, str(tmp_path / "pictures.lance"))
    found, _notes = catalog.unwrapped(tmp_path / "pictures.lance")
    assert [found[row] for row in range(2)] == [(b"first", 1), (b"second", 0)]


def test_a_broken_one_and_a_missing_package_are_named(tmp_path, monkeypatch):
    (tmp_path / "broken.lance" / "_versions").mkdir(parents=True)
    with pytest.raises(DataError, match=r"cannot read '.*broken.lance' as a Lance data set"):
        catalog.read(tmp_path / "broken.lance")
    monkeypatch.setitem(sys.modules, "lance", None)
    with pytest.raises(DataError, match=r"is a Lance data set; install its reader: pip install 'hem\[lance\]'"):
        catalog.read(tmp_path / "broken.lance")
