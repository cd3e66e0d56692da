"""Typical rows of groups, of embeddings and texts made by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from hem_core.runs.typical_rows import typical_rows
from hem_core.store.atomic import write_array
from hem_core.store.nearest import directions


def level(folder, vectors, columns=None, medium="image"):
    """What `typical_rows` asks of a level; two files of embeddings."""
    columns = columns or {}
    vectors = np.asarray(vectors, np.float32)
    for at, part in enumerate((vectors[:2], vectors[2:])):
        write_array(folder / "embeddings" / f"{at:05d}.npy", part)

    def records(rows, names):
        return [{name: columns[name][row] for name in names} for row in rows]

    info, source = {"data": {"medium": medium}}, SimpleNamespace(columns=columns)
    return SimpleNamespace(
        home=folder, info=info, source=source, is_examples=True, has_embeddings=True, records=records
    )


def at_angles(*degrees):
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1) * [[2.0]]


def test_the_nearest_to_the_middle_come_first(tmp_path):
    found = typical_rows(level(tmp_path, at_angles(0, 20, 41, 60, 85, 180)), [np.array([0, 1, 2, 3, 4]), np.array([5])])
    assert found == [[2, 3, 1], [5]]


def test_near_duplicates_appear_once(tmp_path):
    groups = [None, 7, 7, None, 3, None]
    made = level(tmp_path, at_angles(40, 41, 41.2, 41, 43, 30), {"duplicate_group": groups})
    assert typical_rows(made, [np.arange(5)], most=5) == [[2, 0, 4]]


def test_of_texts_the_shortest_of_the_nearest_are_taken_each_once(tmp_path):
    texts = ["a text that is rather long", "Hi  there", "hi there", "ok", "a longer one"]
    made = level(tmp_path, at_angles(1, 2, 3, 4, 5), {"text": texts}, medium="text")
    found = typical_rows(made, [np.arange(5)])[0]
    assert [texts[row].casefold().split() for row in found] == [["ok"], ["hi", "there"], ["a", "longer", "one"]]


def test_what_has_no_embedding_is_typical_of_nothing(tmp_path):
    vectors = at_angles(0, 10, 20)
    vectors[1] = np.nan
    assert 1 not in typical_rows(level(tmp_path, vectors), [np.arange(3)])[0]
    assert typical_rows(SimpleNamespace(has_embeddings=False), [np.arange(3)]) == [[]]


def test_directions_of_rows_in_several_files(tmp_path):
    made = level(tmp_path, at_angles(0, 90, 180))
    np.testing.assert_allclose(directions(made.home, np.array([2, 1, 0])), [[-1, 0], [0, 1], [1, 0]], atol=1e-6)
    with pytest.raises(IndexError):
        directions(made.home, np.array([3]))
