import pytest
import torch

from hem_core import mining
from hem_core.errors import MiningError


def test_a_negative_nearer_than_the_positive_is_too_hard_and_one_beyond_the_margin_too_easy():
    """From 0: the positive at 1 (squared 1), negatives at 0.9, 1.1 (1.21) and 2 (4); margin 0.5."""
    embeddings = torch.tensor([[0.0], [1.0], [0.9], [1.1], [2.0]])
    anchor, positive, negative = mining.SemiHardMiner(0.5, normalize=False)(embeddings, torch.tensor([0, 0, 1, 1, 1]))
    of_first = [
        (p, n) for a, p, n in zip(*map(torch.Tensor.tolist, (anchor, positive, negative)), strict=True) if a == 0
    ]
    assert of_first == [(1, 3)]


def test_a_negative_as_far_as_the_positive_is_none():
    embeddings = torch.tensor([[0.0], [1.0], [-1.0]])
    anchor, _, _ = mining.SemiHardMiner(0.5, normalize=False)(embeddings, torch.tensor([0, 0, 1]))
    assert anchor.tolist() == []


def test_against_references_the_indices_are_their_rows():
    references, labels = torch.tensor([[5.0], [1.1], [1.0]]), torch.tensor([1, 1, 0])
    miner = mining.SemiHardMiner(0.5, normalize=False)
    found = miner(torch.tensor([[0.0]]), torch.tensor([0]), references, labels)
    assert [each.tolist() for each in found] == [[0], [2], [1]]
    assert miner.report().fraction_kept == 1


def test_no_references_give_no_triplets():
    found = mining.SemiHardMiner()(torch.ones(2, 3), torch.tensor([0, 1]), torch.ones(0, 3), torch.zeros(0).long())
    assert [each.tolist() for each in found] == [[], [], []]


def test_the_margin_must_be_above_0():
    with pytest.raises(MiningError, match="margin must be above 0; it is 0"):
        mining.SemiHardMiner(0)
