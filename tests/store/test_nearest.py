"""The nearest rows in the embedding, against all pairs."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from hem_core.errors import DataError, RunError
from hem_core.store.atomic import write_array, write_table
from hem_core.store.nearest import BLOCK, distances_to, nearest
from hem_core.store.run import open_run


def stored(folder, *parts):
    for number, part in enumerate(parts):
        write_array(folder / "embeddings" / f"{number:05d}.npy", part)
    return folder


def test_distances_over_several_files_are_those_of_all_pairs(tmp_path):
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(700, 16)).astype(np.float16)
    home = stored(tmp_path, vectors[:300], vectors[300:])
    units = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    for row in (0, 299, 300, 699):
        np.testing.assert_allclose(distances_to(home, row), 1 - units @ units[row], atol=1e-5)


def test_missing_zero_and_huge_vectors_have_their_places(tmp_path):
    home = stored(tmp_path, np.array([[1, 0], [np.nan, 1], [0, 0], [-1e30, 0], [1e30, 1e30]], np.float32))
    found = distances_to(home, 0)
    assert np.isnan(found).tolist() == [False, True, False, False, False]
    np.testing.assert_allclose(found[[0, 2, 3, 4]], [0, 1, 2, 1 - np.sqrt(0.5)], atol=1e-6)


def test_the_nearest_are_sorted_and_ties_go_by_row():
    distances = np.array([0.5, 0.1, np.nan, 0.1, 0.3])
    assert nearest(distances, 3).tolist() == [1, 3, 4]
    assert nearest(distances, 99).tolist() == [1, 3, 4, 0]
    assert nearest(distances, 2, np.array([1, 0, 1, 0, 1], bool)).tolist() == [4, 0]
    assert nearest(distances, 2, np.zeros(5, bool)).tolist() == []


def test_more_rows_than_a_block_holds(tmp_path):
    vectors = np.random.default_rng(1).normal(size=(BLOCK + 5, 2)).astype(np.float32)
    found = distances_to(stored(tmp_path, vectors), BLOCK + 2)
    assert len(found) == BLOCK + 5
    assert found[BLOCK + 2] == pytest.approx(0, abs=1e-6)


def test_a_row_is_the_first_of_its_nearest_also_before_its_copies(run, fresh):
    rows, distances = run.level("examples").nearest("id-07", 5)
    assert rows[0] == run.row_of("id-07")
    assert distances[0] == 0
    assert (np.diff(distances) >= 0).all()
    vectors = np.load(fresh / "embeddings" / "00000.npy")
    vectors[:] = 1
    write_array(fresh / "embeddings" / "00000.npy", vectors)
    assert open_run(fresh).level("examples").nearest("id-07", 1)[0].tolist() == [rows[0]]


def test_what_is_lacking_is_said(fresh, edit_info):
    vectors = np.load(fresh / "embeddings" / "00000.npy")
    vectors[0] = np.nan
    write_array(fresh / "embeddings" / "00000.npy", vectors)
    level = open_run(fresh).level("examples")
    assert level.has_embeddings
    with pytest.raises(DataError, match="'id-00' of run 'tiny' has no embedding"):
        level.nearest("id-00", 3)
    (fresh / "embeddings" / "00000.npy").unlink()
    edit_info(fresh, missing={"embeddings": "the predictions came without one"})
    level = open_run(fresh).level("examples")
    assert not level.has_embeddings
    with pytest.raises(RunError, match="no embedding to look for neighbours in: the predictions came without one"):
        level.nearest("id-07", 3)


def test_nearest_of_another_label_needs_classes(fresh, edit_info):
    info = {"classes": [], "task": "regression"}
    edit_info(fresh, **info)
    scores = pq.read_table(fresh / "scores.parquet")
    labels = [f"{k}.5" for k in range(scores.num_rows)]
    at = scores.column_names.index("label")
    write_table(fresh / "scores.parquet", scores.set_column(at, "label", [labels]))
    with pytest.raises(RunError, match="no classes, so there is no nearest of another one"):
        open_run(fresh).level("examples").nearest("id-07", 3, other=True)
