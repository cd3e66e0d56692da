import numpy as np

from hem_core.dynamics.window import window

gap = np.nan


def hits(*rows):
    return np.array(rows, np.float32)


def test_the_window_ends_with_the_first_epoch_of_seven_in_ten():
    rows = hits(*[[0, 0, 1, 1]] * 7, *[[0, 0, 0, 1]] * 3)
    assert window(rows) == 3
    assert window(rows, accuracy=0.71) == 4


def test_what_was_not_seen_does_not_count():
    assert window(hits([1, 1], [gap, 1], [gap, 0])) == 1


def test_an_epoch_that_no_one_was_seen_in_is_not_the_first():
    assert window(hits([gap, 1], [gap, 1])) == 2


def test_a_training_that_never_gets_there_has_all_epochs():
    assert window(hits([0, 0, 0], [1, 0, 1])) == 3


def test_no_epochs_and_no_examples():
    assert window(np.zeros((3, 0), np.float32)) == 0
    assert window(np.zeros((0, 4), np.float32)) == 4
