import numpy as np

from hem_core.reasons.neighbours_help import neighbours_help

RNG = np.random.default_rng(0)
TARGETS = np.arange(2_000) % 4


def logits(noise):
    """Logits whose right class leads by 2, under noise."""
    return 2.0 * np.eye(4)[TARGETS] + noise * RNG.standard_normal((2_000, 4))


def voters(share_right):
    """Fifteen neighbours of each row, each of which has its label with this probability, else any."""
    right = RNG.random((2_000, 15)) < share_right
    return np.where(right, TARGETS[:, None], RNG.integers(0, 4, (2_000, 15)))


def test_neighbours_that_know_better_than_the_model_help():
    assert neighbours_help(logits(2.0), TARGETS, voters(0.95))


def test_neighbours_that_vote_by_chance_do_not():
    assert not neighbours_help(logits(0.5), TARGETS, voters(0.05))


def test_where_nothing_can_be_tried_they_are_not_doubted():
    assert neighbours_help(np.zeros((5, 4)), TARGETS[:5], voters(0.05)[:5])
    assert neighbours_help(np.full((2_000, 4), np.nan), TARGETS, voters(0.05))


def test_the_same_seed_gives_the_same_answer_and_the_order_of_classes_does_not_matter():
    z, near = logits(1.0), voters(0.5)
    turned = np.array([2, 0, 3, 1])
    again = neighbours_help(z[:, np.argsort(turned)], turned[TARGETS], turned[near])
    assert neighbours_help(z, TARGETS, near) == neighbours_help(z, TARGETS, near) == again
