import pytest
import torch

from hem_core import mining
from hem_core.errors import MiningError


def test_classes_that_are_apart_have_no_hard_pairs():
    embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.1], [-1.0, 0.0], [-1.0, 0.1]])
    miner = mining.MultiSimilarityMiner()
    found = miner(embeddings, torch.tensor([0, 0, 1, 1]))
    assert [len(each) for each in found] == [0, 0, 0, 0]
    assert miner.report().fraction_kept == 0


def test_against_references_the_indices_are_their_rows():
    references, labels = torch.tensor([[-1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), torch.tensor([1, 0, 1])
    found = mining.MultiSimilarityMiner()(torch.tensor([[1.0, 0.0]]), torch.tensor([0]), references, labels)
    assert [each.tolist() for each in found] == [[0], [1], [0], [2]]


def test_no_references_give_no_pairs():
    none = torch.ones(0, 2), torch.zeros(0, dtype=torch.int64)
    assert [len(each) for each in mining.MultiSimilarityMiner()(torch.ones(2, 2), torch.tensor([0, 1]), *none)] == [
        0
    ] * 4


def test_epsilon_must_not_be_negative():
    with pytest.raises(MiningError, match=r"epsilon must be 0 or more; it is -0\.1"):
        mining.MultiSimilarityMiner(-0.1)
