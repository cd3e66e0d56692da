import math

import pytest
import torch

from hem_core import mining
from hem_core.errors import MiningError


def test_normalized_it_compares_directions():
    """By direction (0, 9) is the far positive of (1, 0), as it is long it would be far as it stands, too: not so n."""
    embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.1], [0.0, 9.0], [9.0, 0.0], [1.0, 1.0]])
    labels = torch.tensor([0, 0, 0, 1, 1])
    assert [each[0].item() for each in mining.BatchHardMiner()(embeddings, labels)] == [0, 2, 3]
    assert [each[0].item() for each in mining.BatchHardMiner(normalize=False)(embeddings, labels)] == [0, 2, 4]


def test_against_references_the_indices_are_their_rows():
    miner = mining.BatchHardMiner(normalize=False)
    references, labels = torch.tensor([[5.0], [1.0], [0.0], [3.0]]), torch.tensor([1, 0, 0, 1])
    found = miner(torch.tensor([[0.0]]), torch.tensor([0]), references, labels)
    assert [each.tolist() for each in found] == [[0], [1], [3]]
    excluded = torch.tensor([[False, True, False, True]])
    found = miner(torch.tensor([[0.0]]), torch.tensor([0]), references, labels, excluded=excluded)
    assert [each.tolist() for each in found] == [[0], [2], [0]]


def test_it_says_what_it_mined():
    miner = mining.BatchHardMiner()
    with pytest.raises(MiningError, match="BatchHardMiner has mined nothing yet"):
        miner.report()
    miner(torch.eye(5), torch.tensor([3, 3, 4, 4, 5]))
    report = miner.report()
    assert (report.n, report.n_kept, report.fraction_kept, report.classes) == (5, 4, 0.8, {3: 2, 4: 2})


def test_a_nan_and_wrong_shapes_are_named():
    labels = torch.tensor([0, 0, 1])
    miner = mining.BatchHardMiner()
    with pytest.raises(MiningError, match=r"^embedding 1 has a NaN or an infinite value"):
        miner(torch.tensor([[1.0], [math.nan], [2.0]]), labels)
    with pytest.raises(MiningError, match=r"expected embeddings \(B, D\) and labels \(B,\); got \(3,\) and \(3,\)"):
        miner(torch.ones(3), labels)
    with pytest.raises(MiningError, match="reference embedding 0 has a NaN"):
        miner(torch.ones(3, 1), labels, torch.tensor([[torch.inf]]), labels[:1])
    with pytest.raises(MiningError, match="pass both references and reference_labels, or neither"):
        miner(torch.ones(3, 1), labels, torch.ones(3, 1))
    with pytest.raises(MiningError, match="the embeddings are 1 wide, the references 2"):
        miner(torch.ones(3, 1), labels, torch.ones(3, 2), labels)
    with pytest.raises(MiningError, match=r"excluded must be \(3, 3\) bool; got \(2, 2\)"):
        miner(torch.ones(3, 1), labels, excluded=torch.ones(2, 2))
