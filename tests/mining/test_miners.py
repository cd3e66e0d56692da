"""Every miner against loops over all B³ triplets."""

import pytest
import torch
import torch.nn.functional as F

from hem_core import mining

SETTINGS = [(0, 1, 0), (1, 1, 0), (2, 2, 0), (6, 1, 0), (6, 6, 0), (12, 3, 0), (12, 3, 1), (17, 5, 2)]
"""n, n_classes, seed: no examples, one, no pair, one class, all alone, and batches as they are."""


def drawn(n, n_classes, seed):
    """Embeddings (n, 4) float64 and labels (n,); of n_classes = n, each its own."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) if n == n_classes else torch.randint(n_classes, (n,), generator=generator)
    return torch.randn(n, 4, generator=generator, dtype=torch.float64), labels


def squared(embeddings, normalize):
    """Squared Euclidean distances, a list of lists."""
    rows = (F.normalize(embeddings, dim=1) if normalize else embeddings).tolist()
    return [[sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) for b in rows] for a in rows]


def triplets(labels):
    """All (anchor, positive, negative) of a batch."""
    every = range(len(labels))
    return [(a, p, n) for a in every for p in every for n in every if p != a and labels[p] == labels[a] != labels[n]]


def listed(*indices):
    return list(zip(*(each.tolist() for each in indices), strict=True))


@pytest.mark.parametrize(("n", "n_classes", "seed"), SETTINGS)
@pytest.mark.parametrize("normalize", [True, False])
def test_batch_hard_keeps_the_farthest_positive_and_the_nearest_negative(n, n_classes, seed, normalize):
    embeddings, labels = drawn(n, n_classes, seed)
    distance, best = squared(embeddings, normalize), {}
    for a, p, n in triplets(labels):
        best[a] = min(best.get(a, (9e9,)), (-distance[a][p], distance[a][n], p, n))
    found = mining.BatchHardMiner(normalize=normalize)(embeddings, labels)
    assert listed(*found) == [(a, *chosen[2:]) for a, chosen in best.items()]


@pytest.mark.parametrize(("n", "n_classes", "seed"), SETTINGS)
@pytest.mark.parametrize(("margin", "normalize"), [(0.2, True), (1.0, True), (2.0, False)])
def test_semi_hard_keeps_the_nearest_negative_within_the_margin(n, n_classes, seed, margin, normalize):
    embeddings, labels = drawn(n, n_classes, seed)
    distance, best = squared(embeddings, normalize), {}
    for a, p, n in triplets(labels):
        if distance[a][p] < distance[a][n] < distance[a][p] + margin:
            best[a, p] = min(best.get((a, p), (9e9,)), (distance[a][n], n))
    found = mining.SemiHardMiner(margin, normalize=normalize)(embeddings, labels)
    assert listed(*found) == [(a, p, nearest[1]) for (a, p), nearest in best.items()]


@pytest.mark.parametrize(("n", "n_classes", "seed"), SETTINGS)
@pytest.mark.parametrize("epsilon", [0.0, 0.1, 0.5])
def test_multi_similarity_keeps_both_pairs_of_every_triplet_that_breaks_the_order(n, n_classes, seed, epsilon):
    embeddings, labels = drawn(n, n_classes, seed)
    distance = squared(embeddings, True)  # 2 - 2 × cosine
    hard = [(a, p, n) for a, p, n in triplets(labels) if distance[a][p] > distance[a][n] - 2 * epsilon]
    anchor, positive, other, negative = mining.MultiSimilarityMiner(epsilon)(embeddings, labels)
    assert listed(anchor, positive) == sorted({(a, p) for a, p, _ in hard})
    assert listed(other, negative) == sorted({(a, n) for a, _, n in hard})


def test_the_loops_have_something_to_find():
    embeddings, labels = drawn(17, 5, 2)
    assert len(triplets(labels)) > 500
    assert len(mining.SemiHardMiner(1.0)(embeddings, labels)[0]) > 10
    assert len(mining.MultiSimilarityMiner(0)(embeddings, labels)[0]) > 10


def test_under_autocast_the_same_triplets_are_found():
    embeddings, labels = drawn(64, 5, 0)
    miner, embeddings = mining.BatchHardMiner(), embeddings.float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = miner(embeddings, labels)
    assert listed(*found) == listed(*miner(embeddings, labels))
