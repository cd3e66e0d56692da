"""The usage that the design shows runs as it is written."""

import textwrap

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from hem_core import mining

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
