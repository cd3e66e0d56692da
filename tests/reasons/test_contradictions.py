import numpy as np

from hem_core.reasons.contradictions import ruled_out

PROBS = np.tile(np.float32([0.6, 0.05, 0.1, 0.05, 0.05, 0.15]), (6, 1))
#            predicted as labelled ×3,            another class ×3
PREDICTED = np.array([0, 0, 0, 1, 1, 1])
SURE = np.array([0.9, 0.5, 0.5, 0.9, 0.55, 0.55])
VOTERS = np.array([[0] * 5, [1, 1, 1, 0, 0], [1, 1, 1, 1, 0], [0] * 5, [0] * 5, [1, 1, 1, 0, 0]])


def found(neighbour_labels):
    targets = np.zeros(6, np.int64)
    return ruled_out(PROBS, targets=targets, predicted=PREDICTED, sure=SURE, neighbour_labels=neighbour_labels)


def test_a_label_that_nothing_contradicts_is_not_called_wrong():
    is_possible = found(VOTERS)[:, 0] > 0
    # 3 of 5 neighbours are not enough against the model, 4 are; a model at 55% is not against unanimous neighbours
    assert is_possible.tolist() == [False, False, True, True, False, True]


def test_what_such_a_model_gets_wrong_is_not_easy():
    assert (found(VOTERS)[:, 5] > 0).tolist() == [True, True, True, False, False, False]


def test_the_rest_keeps_its_proportions_and_the_sum_is_one():
    made = found(VOTERS)
    np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(made[0], PROBS[0] * [0, 1, 1, 1, 1, 1] / 0.4, atol=1e-6)
    np.testing.assert_allclose(made[2], PROBS[2], atol=1e-6)


def test_without_neighbours_the_model_alone_contradicts():
    assert (found(None)[:, 0] > 0).tolist() == [False, False, False, True, False, False]


def test_where_nothing_else_is_left_the_probabilities_stay():
    only = np.float32([[1, 0, 0, 0, 0, 0]])
    zero = np.zeros(1, np.int64)
    found = ruled_out(only, targets=zero, predicted=zero, sure=np.ones(1), neighbour_labels=None)
    assert found.tolist() == only.tolist()


def test_a_label_that_loses_by_much_is_subtle_only_where_neighbours_can_back_it():
    label_sure = np.array([0.9, 0.5, 0.5, 0.02, 0.4, 0.2])
    targets = np.zeros(6, np.int64)

    def is_subtle(voters):
        made = ruled_out(
            PROBS, targets=targets, predicted=PREDICTED, sure=SURE, neighbour_labels=voters, label_sure=label_sure
        )
        return (made[:, 4] > 0).tolist()

    assert is_subtle(None) == [True, True, True, False, True, False]
    assert is_subtle(VOTERS) == [True] * 6
