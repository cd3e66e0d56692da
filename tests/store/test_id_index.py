"""Id → row: found, unknown, and ids that share a hash."""

import numpy as np
import pyarrow as pa
import pytest

from hem_core.store.id_index import IdIndex, id_index

IDS = ["b", "a", "", "naïve", "c"]


@pytest.mark.parametrize("column", [pa.chunked_array([IDS]), pa.chunked_array([IDS[:2], IDS[2:]])])
def test_every_id_has_its_row_and_others_have_none(column):
    found = id_index(column)
    assert found.get_indexer([*IDS, "x", "b"]).tolist() == [0, 1, 2, 3, 4, -1, 0]
    assert (found["naïve"], found.get("x"), "a" in found, 3 in found, len(found)) == (3, None, True, False, 5)
    with pytest.raises(KeyError):
        found["x"]


def test_ids_with_one_hash_are_told_apart():
    same = np.full(3, hash("b"))
    found = IdIndex(pa.array(["a", "b", "c"]), same, np.array([0, 2, 1]))
    assert found.get_indexer(["b", "c"]).tolist() == [1, -1]  # "c" has another hash than it is stored under


def test_nothing_has_no_rows():
    assert id_index(pa.chunked_array([pa.array([], pa.string())])).get_indexer(["a"]).tolist() == [-1]
