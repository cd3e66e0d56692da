import numpy as np
import pytest

from hem_core.embeddings.duplicates import duplicate_groups
from hem_core.embeddings.neighbours import Graph, neighbours


def line(*neighbour_of):
    """A graph in which row i's one neighbour is neighbour_of[i] = (row, distance)."""
    indices = np.array([[row] for row, _ in neighbour_of], np.int32)
    return Graph(indices, np.array([[d] for _, d in neighbour_of], np.float32), "exact", 1.0)


def test_groups_chain_and_are_numbered_by_their_lowest_row():
    graph = line((4, 0.9), (3, 0.0), (3, 0.1), (2, 0.1), (5, 0.0), (4, 0.0))
    assert duplicate_groups(graph, distance=0.1).tolist() == [-1, 0, 0, 0, 1, 1]
    assert duplicate_groups(graph, distance=0.05).tolist() == [-1, 0, -1, 0, 1, 1]


def test_a_chain_longer_than_the_list_of_neighbours_is_one_group():
    n = 1_000
    graph = line(*[(min(row + 1, n - 1) if row < n - 1 else n - 2, 0.0) for row in range(n)])
    assert set(duplicate_groups(graph, distance=0.0)) == {0}


def test_equal_hashes_join_rows_that_the_graph_does_not():
    graph = line((1, 0.9), (0, 0.9), (1, 0.9), (1, 0.9))
    hashes = np.array(["a", "b", "a", None], object)
    assert duplicate_groups(graph, hashes=hashes).tolist() == [0, -1, 0, -1]
    assert duplicate_groups(graph, hashes=np.array(["", "", None, None], object)).tolist() == [-1] * 4


def test_groups_equal_scipys_components():
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = neighbours(np.random.default_rng(0).normal(size=(500, 3)), k=3)
    groups = duplicate_groups(graph, distance=0.002)
    i, j = np.nonzero(graph.distances <= 0.002)
    edges = coo_array((np.ones(len(i)), (i, graph.indices[i, j])), shape=(500, 500))
    _, component = connected_components(edges, directed=False)
    same = component[:, None] == component[None]
    alone = same.sum(axis=1) == 1
    assert 0 < alone.sum() < 500
    np.testing.assert_array_equal(groups == -1, alone)
    np.testing.assert_array_equal((groups[:, None] == groups[None]) & ~alone[:, None], same & ~alone[:, None])


def test_planted_copies_are_found_and_nothing_else():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 32)).astype(np.float32)
    copies = rows[:20] + rng.normal(scale=0.005, size=(20, 32)).astype(np.float32)
    groups = duplicate_groups(neighbours(np.concatenate([rows, copies]).astype(np.float16)))
    assert groups[:20].tolist() == groups[300:].tolist() == list(range(20))
    assert (groups[20:300] == -1).all()


def test_a_crowded_space_tightens_the_default():
    # All within 1e-4 of each other, as after training until the classes collapse: not one big group.
    rng = np.random.default_rng(0)
    rows = 1 + rng.normal(scale=0.01, size=(300, 32))
    graph = neighbours(rows)
    assert np.median(graph.distances[:, 0]) < 2e-4
    assert (duplicate_groups(graph) == -1).all()


@pytest.mark.parametrize("n", [0, 1])
def test_nobody_is_alone_in_a_group(n):
    assert duplicate_groups(neighbours(np.ones((n, 2)))).tolist() == [-1] * n
