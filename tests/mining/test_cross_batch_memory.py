import pytest
import torch

from hem_core import mining
from hem_core.errors import MiningError

ONE = torch.tensor([[1.0, 0.0]])


def drawn(n, n_classes, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 4, generator=generator).double(), torch.randint(n_classes, (n,), generator=generator)


def memory_of(size=3, warmup=0):
    return mining.CrossBatchMemory(mining.BatchHardMiner(), size, 2, warmup)


def remembered(memory):
    """First components of what is remembered, oldest first, as the next batch would see them."""
    memory.eval()
    references = memory(torch.zeros(0, 2), torch.zeros(0, dtype=torch.int64))[1]
    memory.train()
    return references[:, 0].tolist()


def batch(*values):
    return torch.tensor([[value, 1.0] for value in values]), torch.tensor([0] * len(values))


def test_the_oldest_is_forgotten_first():
    memory = memory_of(size=3)
    memory(*batch(1, 2))
    assert remembered(memory) == [1, 2]
    memory(*batch(3, 4))
    assert remembered(memory) == [2, 3, 4]
    assert memory.n_remembered == 3


def test_of_a_batch_larger_than_the_memory_the_end_is_kept():
    memory = memory_of(size=3)
    memory(*batch(9))
    memory(*batch(1, 2, 3, 4, 5))
    assert remembered(memory) == [3, 4, 5]
    memory(*batch(6))
    assert remembered(memory) == [4, 5, 6]


def test_a_positive_from_an_earlier_batch_is_found():
    memory = memory_of(size=8)
    memory(torch.tensor([[0.0, 1.0], [1.0, 1.0]]), torch.tensor([0, 1]))
    (anchor, positive, negative), references = memory(ONE, torch.tensor([0]))
    assert (anchor.tolist(), positive.tolist(), negative.tolist()) == ([0], [1], [2])
    assert references.tolist() == [[1, 0], [0, 1], [1, 1]]
    assert memory.report().fraction_kept == 1


def test_with_an_empty_memory_it_is_the_miner_alone():
    embeddings, labels = drawn(12, 3, 0)
    memory = mining.CrossBatchMemory(mining.MultiSimilarityMiner(), 20, 4)
    found, _ = memory(embeddings, labels)
    for one, other in zip(found, mining.MultiSimilarityMiner()(embeddings, labels), strict=True):
        assert torch.equal(one, other)


def test_with_a_memory_it_is_the_miner_over_all_batches():
    """Rows of a second batch against both: the same triplets as in one batch of both, by its later anchors."""
    embeddings, labels = drawn(20, 4, 3)
    memory = mining.CrossBatchMemory(mining.BatchHardMiner(), 20, 4).double()
    memory(embeddings[8:], labels[8:])
    found, references = memory(embeddings[:8], labels[:8])
    assert torch.equal(references, embeddings)
    anchor, positive, negative = mining.BatchHardMiner()(embeddings, labels)
    assert [each.tolist() for each in found] == [each[anchor < 8].tolist() for each in (anchor, positive, negative)]


def test_what_is_remembered_of_an_example_is_no_pair_with_it():
    memory, ids = memory_of(size=8), torch.tensor([5, 6])
    pair = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1])
    memory(*pair, ids)
    (anchor, *_), _ = memory(*pair, ids)
    assert anchor.tolist() == []
    (anchor, *_), _ = memory(*pair)
    assert anchor.tolist() == [0, 1]


def test_the_gradient_reaches_the_batch_and_not_the_memory():
    memory = memory_of(size=8)
    first = torch.tensor([[0.0, 1.0], [1.0, 1.0]], requires_grad=True)
    memory(first, torch.tensor([0, 1]))
    second = ONE.clone().requires_grad_()
    (anchor, positive, _), references = memory(second, torch.tensor([0]))
    (second[anchor] - references[positive]).square().sum().backward()
    assert second.grad is not None
    assert second.grad.tolist() == [[2, -2]]
    assert first.grad is None


def test_during_the_warmup_nothing_is_remembered():
    memory = memory_of(size=8, warmup=2)
    memory(*batch(1))
    memory(*batch(2))
    assert remembered(memory) == []
    memory(*batch(3))
    assert remembered(memory) == [3]


def test_judging_remembers_nothing():
    memory = memory_of().eval()
    memory(*batch(1))
    assert remembered(memory) == []


def test_a_resumed_training_finds_the_same_pairs():
    one, two = memory_of(size=3), memory_of(size=3)
    for step in range(4):
        one(*batch(step, -step), torch.tensor([step, 10 + step]))
    two.load_state_dict(one.state_dict())
    assert remembered(two) == remembered(one)
    again = torch.tensor([[2.0, 0.5], [0.0, 1.0]]), torch.tensor([0, 1]), torch.tensor([3, 99])
    found, expected = two(*again), one(*again)
    assert [each.tolist() for each in found[0]] == [each.tolist() for each in expected[0]]
    assert torch.equal(found[1], expected[1])
    assert remembered(two) == remembered(one)


def test_unusable_arguments_say_what_was_wanted():
    with pytest.raises(MiningError, match="size and width must be 1 or more, warmup 0 or more; got 0, 2, 0"):
        memory_of(size=0)
    with pytest.raises(MiningError, match=r"this memory expects embeddings \(B, 2\); got \(1, 3\)"):
        memory_of()(torch.ones(1, 3), torch.tensor([0]))
    with pytest.raises(MiningError, match=r"expected ids \(1,\), one per label; got \(2,\)"):
        memory_of()(ONE, torch.tensor([0]), torch.tensor([0, 1]))
