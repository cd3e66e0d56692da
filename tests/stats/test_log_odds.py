import numpy as np
import pytest

from hem_core.stats.log_odds import log_odds


def test_log_odds_of_a_hand_computed_word():
    delta, z = log_odds(np.array([30.0, 70.0]), np.array([10.0, 90.0]), prior=200)
    # The prior of 200 is distributed as both together, 40 : 160.
    wanted = np.log(70 / 230) - np.log(50 / 250)
    assert delta[0] == pytest.approx(wanted)
    assert z[0] == pytest.approx(wanted / np.sqrt(1 / 70 + 1 / 50))
    assert delta[0] > 0 > delta[1]


def test_a_rare_word_is_less_certain_than_a_frequent_one_of_the_same_ratio():
    _delta, z = log_odds(np.array([4, 400, 5_000]), np.array([1, 100, 5_000]))
    assert 0 < z[0] < z[1]


def test_equal_texts_have_no_typical_words():
    delta, _z = log_odds(np.array([3, 5, 8]), np.array([3, 5, 8]))
    assert np.abs(delta).max() < 1e-12
