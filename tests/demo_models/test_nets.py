"""The nets of the demos, and the loop that trains them."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from demo_models._examples import Examples
from demo_models._fit import Fit, fit
from demo_models._row_net import RowNet
from demo_models._word_net import WordNet, parts
from hem_core import Recorder


def test_parts_are_words_pairs_and_pieces_of_long_words():
    assert parts("See U?") == ["see", "u", "?", "see u", "u ?"]
    assert parts("free 4") == ["free", "4", "free 4", "<fre", "free", "ree>"]


def test_texts_become_buckets_and_a_text_of_nothing_zeros():
    rows = WordNet.preprocess(["a b", "", "b"])
    assert rows.shape == (3, 3)
    assert (rows > 0).sum(dim=1).tolist() == [3, 0, 1]
    assert rows[0, 1] == rows[2, 0]


def test_a_text_gets_the_same_logits_in_any_batch():
    torch.manual_seed(0)
    net = WordNet(3).eval()
    alone = net(net.preprocess(["hello you"]))
    torch.testing.assert_close(net(net.preprocess(["a much longer text than the other", "hello you"]))[1:], alone)
    assert net(net.preprocess([""])).isfinite().all()


@pytest.fixture
def frame():
    return pd.DataFrame({"age": [1.0, 3.0, np.nan], "one": [5, 5, 5], "job": ["b", "a", None]})


def test_numbers_are_standardised_what_is_missing_is_told_and_categories_have_a_place_each(frame):
    rows = RowNet(frame, 2).preprocess(frame)
    assert rows.tolist() == [
        [-1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0],  # age, one; is age missing, is one; job a, b, none of these
        [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
    ]


def test_rows_are_measured_by_those_of_the_training(frame):
    net = RowNet(frame, 2)
    new = pd.DataFrame({"age": [5.0], "one": [6], "job": ["never met"]})
    assert net.preprocess(new).tolist() == [[3.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]]
    assert net(net.preprocess(new)).shape == (1, 2)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_training_killed_in_its_third_epoch_ends_with_the_same_weights(optimizer, tmp_path):
    inputs = torch.eye(8).repeat(5, 1)
    examples = Examples(inputs.numpy(), np.arange(40) % 8 % 2, [str(row) for row in range(40)], ["even", "odd"])
    how = Fit(epochs=4, batch_size=10, optimizer=optimizer)

    def trained(recorder, progress=None, checkpoint=None):
        return fit(lambda: nn.Linear(8, 2), inputs, examples, how, 0, recorder, progress, None, checkpoint)

    def kill(done, total):
        assert total == 160
        if done > 90:
            raise KeyboardInterrupt

    whole = trained(Recorder(tmp_path / "whole"))
    with pytest.raises(KeyboardInterrupt):
        trained(Recorder(tmp_path / "killed"), kill, tmp_path / "checkpoint")
    seen = []
    again = trained(Recorder(tmp_path / "killed"), lambda done, _total: seen.append(done), tmp_path / "checkpoint")
    assert seen[0] == 90
    assert again.weight.tolist() == whole.weight.tolist()
    Recorder(tmp_path / "whole").save(tmp_path / "one.parquet")
    Recorder(tmp_path / "killed").save(tmp_path / "two.parquet")
    one, two = (pd.read_parquet(tmp_path / name) for name in ("one.parquet", "two.parquet"))
    pd.testing.assert_frame_equal(one, two)


class Halves:
    """The first half in even epochs, the second in odd ones."""

    def __init__(self, n):
        self.n, self.epoch = n, 0

    def set_epoch(self, epoch):
        self.epoch = epoch

    def __iter__(self):
        start = self.n // 2 * (self.epoch % 2)
        return iter([*range(start, start + self.n // 2)] * 2)


def test_a_sampler_says_what_an_epoch_shows(tmp_path):
    inputs = torch.eye(4)
    examples = Examples(inputs.numpy(), np.array([0, 1, 0, 1]), list("abcd"), ["even", "odd"])
    seen, recorder = [], Recorder(tmp_path)
    recorder.log = lambda ids, logits, targets: seen.append(ids)
    fit(lambda: nn.Linear(4, 2), inputs, examples, Fit(2, batch_size=4), recorder=recorder, sampler=Halves(4))
    assert seen == [["a", "b", "a", "b"], ["c", "d", "c", "d"]]


def test_an_example_of_weight_zero_is_not_learned():
    inputs, labels = torch.eye(2).repeat(20, 1), np.arange(40) % 2
    wrong = labels.copy()
    wrong[:10] = 1 - wrong[:10]
    examples = Examples(inputs.numpy(), wrong, [str(row) for row in range(40)], ["a", "b"])
    weights = torch.tensor([0.0] * 10 + [1.0] * 30)
    nets = [fit(lambda: nn.Linear(2, 2), inputs, examples, Fit(8), weights=each) for each in (weights, None)]
    losses = [nn.functional.cross_entropy(net(inputs), torch.tensor(labels)).item() for net in nets]
    assert losses[0] < losses[1]
