"""The mean of several models' predictions, task by task."""

import numpy as np
import pytest
from scipy.special import expit, softmax

from hem_core import tasks
from hem_core.errors import HemError
from hem_core.folds.averaged import Averaged, averaging


def mean_of(task, *raws):
    total = Averaged(tasks.load(task))
    for raw in raws:
        total.add(np.array(raw, np.float32))
    return total.raw


def test_classes_are_voted_for_by_the_mean_of_the_probabilities():
    first, second = [[0.0, np.log(3.0)]], [[np.log(4.0), 0.0]]  # .25 .75 and .8 .2
    np.testing.assert_allclose(softmax(mean_of("classification", first, second), axis=1), [[0.525, 0.475]], rtol=1e-6)


def test_a_class_that_all_models_rule_out_keeps_a_finite_logit():
    raw = mean_of("classification", [[0.0, -2000.0]], [[0.0, -1000.0]])
    assert np.isfinite(raw).all()
    assert raw[0, 1] < -600


def test_tags_are_voted_for_by_the_mean_of_each_probability():
    raws = [[[2.0, -40.0, 40.0]], [[-1.0, -40.0, 40.0]]]
    found = mean_of("multilabel", *raws)
    np.testing.assert_allclose(expit(found), expit(np.array(raws)).mean(axis=0), atol=1e-6)
    assert np.isfinite(found).all()


def test_numbers_are_averaged_and_an_unknown_row_stays_unknown():
    np.testing.assert_array_equal(mean_of("regression", [[1.0], [2.0]], [[3.0], [np.nan]]), [[2.0], [np.nan]])


def test_a_single_model_is_left_as_it_is():
    raw = np.array([[1.0, 2.0]], np.float32)
    alone = Averaged(tasks.load("detection"))
    alone.add(raw)
    assert alone.raw is raw


def test_a_task_whose_predictions_have_no_mean_says_so():
    with pytest.raises(HemError, match=r"'detection' cannot average .* which --repeats needs; omit"):
        averaging(tasks.load("detection"), "--repeats")
