import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

from hem_core.embeddings.neighbours import neighbours
from hem_core.embeddings.projection import main_axes, project
from hem_core.errors import HemError


def clusters(n_each, d=8, seed=0):
    rng = np.random.default_rng(seed)
    centres = np.eye(d)[:3] * 5
    return np.concatenate([centre + rng.normal(scale=0.5, size=(n_each, d)) for centre in centres])


@pytest.mark.slow
def test_clusters_stay_together_and_apart_and_the_bytes_are_the_same_again():
    rows = clusters(60)
    graph = neighbours(rows)
    before = graph.indices.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        xy = project(rows, graph, seed=3)
    assert xy.shape == (180, 2)
    assert xy.dtype == np.float32
    middles = np.stack([xy[i * 60 : (i + 1) * 60].mean(axis=0) for i in range(3)])
    nearest = np.linalg.norm(xy[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == np.repeat([0, 1, 2], 60)).mean() > 0.97
    assert project(rows, graph, seed=3).tobytes() == xy.tobytes()
    np.testing.assert_array_equal(graph.indices, before)


@pytest.mark.slow
def test_progress_is_told_in_a_sentence_and_in_epochs():
    said = []
    rows = clusters(20)
    project(rows, neighbours(rows), progress=lambda *words: said.append(words))
    assert "up to a minute the first time" in said[0][0]
    assert said[-1] == ("laying out the map", 500, 500)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 16, pytest.param(17, marks=pytest.mark.slow)])
def test_few_rows_get_finite_places(n):
    rows = np.random.default_rng(0).normal(size=(n, 5))
    xy = project(rows, neighbours(rows))
    assert xy.shape == (n, 2)
    assert np.isfinite(xy).all()


def test_few_rows_are_placed_by_their_main_axes():
    rows = np.array([[1.0, 0], [0, 1]])
    half = 0.5**0.5
    np.testing.assert_allclose(np.abs(project(rows, neighbours(rows))), [[half, 0], [half, 0]], atol=1e-6)
    assert main_axes(np.ones((1, 3))).tolist() == [[0, 0]]


def test_main_axes_equal_scikit_learns_up_to_sign():
    from sklearn.decomposition import PCA

    rows = clusters(30)
    expected = PCA(2).fit_transform(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    np.testing.assert_allclose(np.abs(main_axes(rows)), np.abs(expected), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "rows",
    [
        np.ones((50, 4)),
        np.zeros((50, 4)),
        np.concatenate([np.tile([1.0, 0, 0, 0], (60, 1)), np.tile([-1.0, 0, 0, 0], (60, 1))]),
        np.ones((40, 1)),
        clusters(20).astype(np.float16),
    ],
    ids=["equal", "zeros", "opposite islands", "one column", "float16"],
)
def test_duplicates_and_islands_do_not_crash(rows):
    assert np.isfinite(project(rows, neighbours(rows))).all()


@pytest.mark.slow
def test_landmarks_carry_the_others_along():
    rows = clusters(200)
    graph = neighbours(rows)
    xy = project(rows, graph, landmarks_above=300, landmarks=120)
    middles = np.stack([xy[i * 200 : (i + 1) * 200].mean(axis=0) for i in range(3)])
    nearest = np.linalg.norm(xy[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == np.repeat([0, 1, 2], 200)).mean() > 0.97
    assert project(rows, graph, landmarks_above=300, landmarks=120).tobytes() == xy.tobytes()


def test_rows_that_no_path_joins_to_a_landmark_go_to_the_most_similar_one():
    from hem_core.embeddings._landmarks import beside_landmarks

    rows = np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1], [0.2, 1]])
    graph = neighbours(rows, k=1)
    xy = beside_landmarks(rows, graph, np.array([0]), np.array([[7, 8]], np.float32))
    assert xy.tolist() == [[7, 8]] * 5


def test_a_graph_of_other_rows_is_refused():
    with pytest.raises(HemError, match="the graph has 20 rows, the embeddings 30"):
        project(np.ones((30, 2)), neighbours(np.ones((20, 2))))


THREADS = """
import numpy as np
import torch
from hem_core.embeddings.neighbours import neighbours
from hem_core.embeddings.projection import project
rows = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
project(rows, neighbours(rows, 5))
print(torch.get_num_threads())
"""


@pytest.mark.slow
def test_the_first_map_of_a_process_leaves_the_threads_of_torch_alone():
    threads = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "2"}
    words = [sys.executable, "-c", THREADS]
    done = subprocess.run(words, env=os.environ | threads, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["1"], done.stderr
