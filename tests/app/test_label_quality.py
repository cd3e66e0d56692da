import numpy as np
import pandas as pd

from app.views.labels import label_quality
from hem_core.labels.label_errors import estimate


def test_before_any_review_every_level_is_open_and_the_largest_is_the_most_in_doubt():
    suspicion = np.linspace(0, 100, 1000)
    found = label_quality.strata(suspicion, estimate(suspicion, np.full(1000, np.nan)))
    assert found["min"].tolist() == [98, 95, 90, 80, 50, 0]
    assert found["n"].sum() == 1000
    assert found["doubt"].tolist() == found["n"].tolist()
    assert found["reviewed"].sum() == 0


def test_levels_come_from_the_estimate_and_a_finished_one_leaves_no_doubt():
    suspicion, reviewed = np.arange(200.0) / 2, np.full(200, np.nan)
    reviewed[-50:] = 1
    reviewed[:50] = 0
    found = label_quality.strata(suspicion, estimate(suspicion, reviewed))
    assert (found["n"].sum(), found["reviewed"].sum(), found["wrong"].sum()) == (200, 100, 50)
    assert found["max"].iloc[0] == 99.5
    assert (found.loc[found["reviewed"] == found["n"], "doubt"] == 0).all()
    assert found["doubt"].max() > 0


def test_examples_of_unknown_suspicion_are_a_level_that_no_queue_can_draw_from():
    suspicion, reviewed = np.r_[np.arange(50.0), [np.nan] * 50], np.full(100, np.nan)
    reviewed[40:50] = 1
    found = label_quality.strata(suspicion, estimate(suspicion, reviewed))
    assert (np.isnan(found["min"].iloc[-1]), found["n"].iloc[-1], found["doubt"].iloc[-1]) == (True, 50, 0)


def test_suspects_are_counted_by_given_and_suggested_label():
    table = pd.DataFrame({"label": [*"aaab", "a", "b"], "suggested_label": ["b", "b", "c", "a", None, "b"]})
    found = label_quality.pairs(table, np.array([1, 0, np.nan, 1, 1, 1]))
    assert found.to_dict("list") == {
        "label": ["a", "a", "b"], "suggested_label": ["b", "c", "a"], "n": [2, 1, 1], "reviewed": [2, 0, 1],
        "wrong": [1, 0, 1]}  # fmt: skip
