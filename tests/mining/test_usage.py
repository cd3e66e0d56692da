"""The usage that the design shows runs as it is written."""

import textwrap
from collections import Counter

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from hem_core import mining
from hem_core.errors import MiningError

WRITTEN = textwrap.dedent("""
    loss_fn = mining.HardExampleLoss(nn.CrossEntropyLoss(reduction="none"),
                                     select=mining.TopK(keep=0.5, drop_top=0.02), start=0.1, end=0.9)

    history = mining.LossHistory(len(train_set), ema=0.7)
    sampler = mining.HardnessSampler(history, uniform_mix=0.5, max_repeat=4, class_quota="sqrt", seed=0)
    loader  = DataLoader(mining.WithIndex(train_set), sampler=sampler, batch_size=256)
    for x, y, index in loader:
        losses = F.cross_entropy(model(x), y, reduction="none")
        history.update(index, losses)
        sampler.reduce(losses, index).backward()      # weights of mean 1

    pairs = mining.BatchHardMiner()(embeddings, labels)   # (anchor, positive, negative) index tuples
""")


@pytest.mark.filterwarnings("ignore:class_quota='sqrt' has no effect without labels")
def test_the_block_of_the_design_runs_as_written():
    chance = torch.Generator().manual_seed(0)
    inputs, targets = torch.randn(600, 4, generator=chance), torch.arange(600) % 3
    names = {"mining": mining, "nn": nn, "F": F, "DataLoader": DataLoader, "train_set": TensorDataset(inputs, targets)}
    names |= {"model": nn.Linear(4, 3), "embeddings": inputs[:12], "labels": targets[:12]}
    exec(WRITTEN, names)
    assert names["history"].counts.tolist() == [1] * 600
    assert names["model"].weight.grad.abs().sum() > 0
    anchors, positives, negatives = names["pairs"]
    assert (targets[anchors] == targets[positives]).all()
    assert (targets[anchors] != targets[negatives]).all()
    names["loss_fn"].set_progress(0.5)
    assert names["loss_fn"](names["model"](inputs[:256]), targets[:256]).shape == ()
    assert names["loss_fn"].report().n_kept == 128


def test_a_mask_is_not_taken_for_indices():
    with pytest.raises(MiningError, match=r"MixtureSampler expects indices .* mask\.nonzero"):
        mining.MixtureSampler(3, torch.tensor([True, False, True]), epochs=2)
    with pytest.raises(MiningError, match=r"LossHistory expects indices .* mask\.nonzero"):
        mining.LossHistory(4).update(torch.tensor([True, False]), torch.ones(2))
    with pytest.raises(MiningError, match="neither none nor all; got 0"):
        mining.MixtureSampler(3, [], epochs=2)


def test_a_reducible_loss_that_is_no_number_comes_last():
    losses, reference = torch.tensor([1.0, torch.inf, 2.0, 3.0]), torch.tensor([0.0, torch.inf, 0.0, 0.0])
    assert mining.ReducibleLoss(keep=0.5)(losses, reference=reference).tolist() == [2, 3]


@pytest.mark.parametrize("loss", [mining.BalancedSoftmaxLoss, mining.ClassBalancedLoss, mining.LDAMLoss])
def test_counts_that_are_no_vector_of_numbers_are_refused_in_words(loss):
    with pytest.raises(MiningError, match=r"class_counts must be a vector, class 0 first; got a mapping"):
        loss(Counter([0, 0, 1]))
    with pytest.raises(MiningError, match=r"class_counts\[1\] is infinite"):
        loss([3, float("inf")])


def test_a_stream_has_no_indices_and_an_index_of_its_own_is_not_replaced():
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(range(3))

    with pytest.raises(MiningError, match="Stream is a stream"):
        mining.WithIndex(Stream())
    rows = [{"x": 1.0, "index": 7}, {"x": 2.0, "index": 1}]
    assert mining.WithIndex(rows)[1] == {"x": 2.0, "index": 1}
    with pytest.raises(MiningError, match=r"item 0 has an 'index' already, 7; .*key="):
        mining.WithIndex(rows)[0]
