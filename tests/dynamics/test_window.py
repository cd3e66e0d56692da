import numpy as np
import pytest

from hem_core.dynamics.window import accuracies, window

gap = np.nan


def test_the_accuracy_of_an_epoch_leaves_out_what_was_not_seen_in_it():
    hits = np.array([[1, 1, gap], [gap, 1, gap], [0, 0, gap]], np.float32)
    np.testing.assert_allclose(accuracies(hits), [1 / 2, 2 / 3, np.nan])
    assert accuracies(np.zeros((3, 0), np.float32)).shape == (0,)


def test_the_window_ends_with_the_epoch_that_is_a_tenth_better_than_on_other_examples():
    found = window(np.array([0.5, 0.75, 0.85, 1.0]), held_out=0.7)
    assert (found.epochs, found.of, found.has_memorised) == (3, 4, True)
    assert found.sentence.startswith("the first 3 of 4 epochs: after them")


def test_where_nothing_was_memorised_all_epochs_count():
    found = window(np.array([0.72, 0.9, 0.98]), held_out=0.97)
    assert (found.epochs, found.has_memorised) == (3, False)
    assert found.sentence.startswith("all 3 epochs: the training accuracy is never 1.5 points above the 97.0%")


@pytest.mark.parametrize(("held_out", "epochs"), [(0.7, 1), (0.85, 2), (0.9, 3), (0.94, 3), (0.99, 4)])
def test_a_net_that_is_good_on_other_examples_can_memorise_too(held_out, epochs):
    found = window(np.array([0.8, 0.94, 0.97, 1.0]), held_out=held_out)
    assert (found.epochs, found.has_memorised) == (epochs, True)


@pytest.mark.parametrize(("last", "epochs", "has_memorised"), [(0.99, 2, None), (0.9, 3, False)])
def test_without_another_accuracy_a_net_that_learned_all_may_have_memorised(last, epochs, has_memorised):
    found = window(np.array([0.5, 0.8, last]))
    assert (found.epochs, found.has_memorised) == (epochs, has_memorised)


def test_an_epoch_that_no_one_was_seen_in_ends_nothing():
    assert window(np.array([gap, 0.9, 0.99]), held_out=0.5).epochs == 2


def test_no_epochs():
    assert window(np.zeros(0)).epochs == window(np.zeros(0), held_out=0.5).epochs == 0


@pytest.mark.parametrize("held_out", [None, 0.6])
def test_all_rounds_of_boosting_are_in_the_window(held_out):
    accuracy = np.array([0.85, 0.95, 1.0])
    assert window(accuracy, held_out).epochs < 3
    found = window(accuracy, held_out, are_rounds=True)
    assert found.epochs == 3
    assert found.sentence.startswith("all 3 recorded rounds of boosting")
