import json

import numpy as np
import torch
from torch import nn

from hem_core.engine.network import place
from hem_core.runs.word_effects import word_effects


class Counts(nn.Module):
    """Logit of class 1: how often "good" occurs, less twice how often "bad" does."""

    def preprocess(self, texts):
        return torch.tensor([[text.count("good") - 2.0 * text.count("bad")] for text in texts])

    def forward(self, score):
        return torch.cat([torch.zeros_like(score), score], dim=1)


def network():
    return place(Counts(), torch.device("cpu"), ["bad", "good"], is_picture=False, layer="none")[0]


def test_the_word_against_the_label_weighs_most_and_others_nothing():
    (marks,) = word_effects(network(), ["a good, bad one"], np.array([1]))
    assert [(start, end) for start, end, _ in json.loads(marks)] == [(0, 1), (2, 6), (8, 11), (12, 15)]
    weights = [weight for _, _, weight in json.loads(marks)]
    assert weights[2] == 1  # without "bad" the loss of class 1 falls most
    assert weights[1] < 0  # "good" speaks for the label
    assert weights[0] == weights[3] == 0


def test_the_sign_turns_with_the_label():
    (marks,) = word_effects(network(), ["good thing"], np.array([0]))
    assert [weight for _, _, weight in json.loads(marks)] == [1, 0]


def test_one_word_or_no_effect_gives_no_marks():
    assert word_effects(network(), ["good", "nothing here", "…"], np.array([0, 0, 1])) == ["[]", "[]", "[]"]
