"""Scores that read the embeddings or the neighbour graph."""

import torch
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from hem_core.scores.knn_distance import knn_distance
from hem_core.scores.neighbour_disagreement import neighbour_disagreement
from hem_core.scores.prototype_distance import prototype_distance

close = torch.testing.assert_close


def points(n=30, seed=0):
    chance = torch.Generator().manual_seed(seed)
    return torch.randn(n, 5, generator=chance), torch.randint(3, (n,), generator=chance)


def test_neighbour_disagreement_counts_the_other_labels():
    neighbours = torch.tensor([[1, 1, 1, 1], [1, 0, 0, 1], [0, 0, 1, 0]])
    close(neighbour_disagreement(torch.tensor([1, 1, 1]), neighbours), torch.tensor([0.0, 0.5, 0.75]))


def test_neighbour_disagreement_against_a_brute_force_search():
    embeddings, targets = points()
    distances = torch.from_numpy(cdist(embeddings, embeddings, "cosine")).fill_diagonal_(torch.inf)
    nearest = distances.argsort(dim=1)[:, :4]
    want = [
        sum(int(targets[other] != targets[row]) for other in nearest[row].tolist()) / 4 for row in range(len(targets))
    ]
    close(neighbour_disagreement(targets, targets[nearest]), torch.tensor(want))


def test_no_neighbours_is_a_nan():
    assert neighbour_disagreement(torch.tensor([0]), torch.zeros(1, 0, dtype=torch.int64)).isnan().all()
    assert knn_distance(torch.zeros(1, 0)).isnan().all()


def test_prototype_distance_of_the_same_a_right_and_the_opposite_direction():
    embeddings = torch.tensor([[2.0, 0.0], [0.0, 3.0], [-1.0, 0.0], [0.0, 0.0]])
    prototypes = torch.tensor([[1.0, 0.0]]).expand(4, 2)
    close(prototype_distance(embeddings, prototypes), torch.tensor([0.0, 1.0, 2.0, 1.0]))


def test_prototype_distance_against_scipy():
    embeddings, targets = points()
    means = torch.stack([embeddings[targets == label].mean(dim=0) for label in range(3)])
    want = torch.from_numpy(cdist(embeddings, means, "cosine"))[torch.arange(30), targets]
    close(prototype_distance(embeddings, means[targets]), want.float())


def test_prototype_distance_of_float16_embeddings_whose_squares_overflow():
    embeddings = torch.tensor([[300.0, 300.0]], dtype=torch.float16)
    close(prototype_distance(embeddings, torch.tensor([[1.0, 1.0]])), torch.tensor([0.0]), atol=1e-6, rtol=0)


def test_prototype_distance_is_never_below_nought():
    embeddings, _ = points(1000)
    assert prototype_distance(embeddings, embeddings).min() >= 0


def test_knn_distance_is_the_mean_and_tells_a_duplicate_from_a_loner():
    distances = torch.tensor([[0.0, 0.2, 0.4], [0.8, 0.9, 1.0]])
    close(knn_distance(distances), torch.tensor([0.2, 0.9]))


def test_knn_distance_against_scikit_learn():
    embeddings, _ = points()
    found, _ = NearestNeighbors(n_neighbors=5, metric="cosine").fit(embeddings.numpy()).kneighbors()
    close(knn_distance(torch.from_numpy(found)), torch.from_numpy(found.mean(axis=1)).float())
