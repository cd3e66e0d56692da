import tracemalloc

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors
from torch.utils._python_dispatch import TorchDispatchMode

from hem_core.embeddings._blocks import Blocks
from hem_core.embeddings._exact import measured
from hem_core.embeddings._partners import every_pair, near_pairs, reach_for
from hem_core.embeddings._unit import unit_rows
from hem_core.embeddings.neighbours import neighbours, recall
from hem_core.errors import HemError

pytestmark = pytest.mark.slow


def cloud(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def test_neighbours_of_four_directions_worked_out_by_hand():
    east, north_east, north, west = [2, 0], [1, 1], [0, 3], [-1, 0]
    graph = neighbours(np.array([east, north_east, north, west], float), k=2)
    assert graph.indices.tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]
    near, right = 1 - 0.5**0.5, 1.0
    expected = [[near, right], [near, near], [near, right], [right, 2 - near]]
    np.testing.assert_allclose(graph.distances, expected, atol=1e-6)
    assert (graph.method, graph.recall, graph.indices.dtype) == ("exact", 1.0, np.int32)


def test_exact_neighbours_equal_scikit_learns():
    rows = cloud(700, 12)
    graph = neighbours(rows, k=7)
    distances, indices = NearestNeighbors(n_neighbors=8, metric="cosine").fit(rows).kneighbors(rows)
    np.testing.assert_array_equal(graph.indices, indices[:, 1:])
    np.testing.assert_allclose(graph.distances, distances[:, 1:], atol=1e-6)


def test_exact_neighbours_across_many_tiles_equal_a_naive_loop():
    rows = cloud(4_500, 5)
    graph = neighbours(rows, k=3)
    units = unit_rows(rows).astype(np.float64)
    for row in (0, 255, 256, 4_095, 4_096, 4_499):
        distance = 1 - units @ units[row]
        distance[row] = np.inf
        assert graph.indices[row].tolist() == np.argsort(distance)[:3].tolist()


@pytest.mark.parametrize("exact_up_to", [20_000, 0])
def test_equal_rows_are_at_distance_0_and_never_their_own_neighbour(exact_up_to):
    rows = np.concatenate([np.tile(cloud(1, 8), (60, 1)), cloud(300, 8, seed=1)])
    graph = neighbours(rows, k=5, exact_up_to=exact_up_to)
    assert (graph.distances[:60] == 0).all()
    assert not (graph.indices == np.arange(360)[:, None]).any()
    assert (np.diff(graph.distances, axis=1) >= 0).all()


def test_ties_go_to_the_lower_row():
    graph = neighbours(np.ones((5_000, 3)), k=3)
    assert graph.indices[0].tolist() == [1, 2, 3]
    assert graph.indices[4_999].tolist() == [0, 1, 2]
    orthogonal = neighbours(np.eye(40), k=3)
    assert orthogonal.indices[20].tolist() == [0, 1, 2]


@pytest.mark.parametrize(("n", "k"), [(0, 0), (1, 0), (2, 1), (3, 2)])
def test_k_is_cut_to_the_others_that_there_are(n, k):
    graph = neighbours(cloud(n, 4), k=15)
    assert graph.indices.shape == graph.distances.shape == (n, k)
    assert graph.recall == 1


def test_a_row_of_zeros_is_at_distance_1_to_everything():
    graph = neighbours(np.array([[0.0, 0], [0, 0], [1, 0], [1, 0]]), k=3)
    assert graph.distances[0].tolist() == [1, 1, 1]
    assert graph.distances[2].tolist() == [0, 1, 1]


def test_float16_and_rows_of_any_length_give_the_same_neighbours():
    rows = cloud(400, 16).astype(np.float16)
    graph = neighbours(rows, k=4)
    lengths = np.geomspace(1e-30, 1e30, 400)[:, None]
    np.testing.assert_array_equal(neighbours(rows.astype(np.float64) * lengths, k=4).indices, graph.indices)


def test_blocks_find_nearly_all_and_give_the_same_bytes_again():
    rows = cloud(20_000, 6)
    exact = neighbours(rows, k=10)
    graph = neighbours(rows, k=10, exact_up_to=1_000)
    again = neighbours(rows, k=10, exact_up_to=1_000)
    found = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact.indices, graph.indices, strict=True)])
    assert (exact.method, exact.recall, graph.method) == ("exact", 1, "blocks")
    assert 0.97 < found < 1  # not every pair of blocks was compared
    assert graph.recall == pytest.approx(found, abs=0.02)
    assert graph.indices.tobytes() == again.indices.tobytes()
    assert graph.distances.tobytes() == again.distances.tobytes()


def test_a_block_is_compared_with_its_nearest_and_with_those_that_it_is_nearest_to():
    line = torch.tensor([0.0, 1, 3, 7]).repeat_interleave(10).unsqueeze(1)
    blocks = Blocks(line, torch.arange(40), [0, 10, 20, 30, 40])
    assert [later.tolist() for later in near_pairs(blocks, 20)] == [[1], [2], [3], []]
    assert [later.tolist() for later in near_pairs(blocks, 21)] == [[1, 2], [2, 3], [3], []]
    assert [later.tolist() for later in every_pair(blocks)] == [[1, 2, 3], [2, 3], [3], []]


def test_the_reach_counts_the_rows_of_the_blocks_up_to_that_of_the_farthest_neighbour():
    angle = torch.deg2rad(torch.tensor([0.0, 2, 40, 41, 85, 90]))
    units = torch.stack([angle.cos(), angle.sin()], dim=1)
    blocks = Blocks(units, torch.arange(6), [0, 2, 4, 6])
    assert reach_for(blocks, 1, 1.0, seed=0) == 2  # the nearest row is in the own block
    assert reach_for(blocks, 2, 1.0, seed=0) == 4  # the second nearest in the next one


def test_many_equal_rows_are_told_apart_by_their_number():
    rows = np.concatenate([np.tile(cloud(1, 8), (3_000, 1)), cloud(100, 8, seed=1)])[
        np.random.default_rng(0).permutation(3_100)
    ]
    graph = neighbours(rows, k=5)
    equal = np.flatnonzero((rows == rows[np.flatnonzero(graph.distances[:, 0] == 0)[0]]).all(axis=1))
    assert len(equal) == 3_000
    for row in equal[[0, 3, 1_500, 2_999]]:
        assert graph.indices[row].tolist() == [other for other in equal[:6] if other != row][:5]


def test_the_number_of_threads_does_not_change_a_byte():
    rows, threads = cloud(12_000, 6), torch.get_num_threads()
    one, two = [], []
    for count, kept in ((1, one), (2, two)):
        torch.set_num_threads(count)
        kept += [neighbours(rows, k=5).distances.tobytes(), neighbours(rows, k=5, exact_up_to=100).indices.tobytes()]
    torch.set_num_threads(threads)
    assert one == two


def test_recall_of_neighbours_of_which_half_are_too_far():
    units = unit_rows(cloud(200, 6))
    right = neighbours(units, k=4).distances
    wrong = right.copy()
    wrong[:, 2:] = 2.0
    assert recall(units, right) == 1
    assert recall(units, wrong) == 0.5


def test_candidates_that_nobody_found_stay_empty():
    units = torch.tensor([[1.0, 0], [1, 0], [0, 1]])
    _, distances = measured(units, torch.tensor([0]), torch.tensor([[0, -1, 1]]), 2)
    assert distances.tolist() == [[0, torch.inf]]


def test_memory_grows_with_the_rows_and_not_with_their_square():
    rows = cloud(20_000, 8)
    largest = []

    class Watch(TorchDispatchMode):  # every tensor that is made
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            made = func(*args, **(kwargs or {}))
            largest.extend(t.numel() * t.element_size() for t in (made,) if isinstance(t, torch.Tensor))
            return made

    tracemalloc.start()
    with Watch():
        neighbours(rows, k=5)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert max(largest) < 70e6  # 20,000 squared in float32 is 1,600e6
    assert peak < 200e6


def test_a_nan_names_its_row():
    rows = cloud(10, 3)
    rows[7, 1] = np.nan
    with pytest.raises(HemError, match="row 7 has a NaN"):
        neighbours(rows)
    rows[7, 1], rows[4, 0] = 0, np.inf
    with pytest.raises(HemError, match="row 4 has a NaN or an infinite value"):
        neighbours(rows.astype(np.float16))


def test_a_wrong_shape_or_k_is_refused():
    with pytest.raises(HemError, match=r"must be \(N, D\).*\(5,\)"):
        neighbours(np.ones(5))
    with pytest.raises(HemError, match=r"\(5, 0\)"):
        neighbours(np.ones((5, 0)))
    with pytest.raises(HemError, match="must be at least 1; it is 0"):
        neighbours(np.ones((5, 2)), k=0)


def test_the_rows_given_are_left_alone():
    rows = cloud(50, 4)
    before = rows.copy()
    neighbours(rows)
    np.testing.assert_array_equal(rows, before)


@pytest.mark.gpu
def test_a_gpu_finds_the_same_neighbours():
    rows = cloud(30_000, 32)
    here, there = neighbours(rows, k=5, exact_up_to=30_000), neighbours(rows, k=5, device="cuda")
    assert there.method == "exact"
    assert (here.indices == there.indices).mean() > 0.999
    np.testing.assert_allclose(here.distances, there.distances, atol=1e-5)
