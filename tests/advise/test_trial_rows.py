import numpy as np
import pytest

from hem_core.advise.trial_rows import nested, parts_for, trial_rows

TARGETS = np.repeat([0, 1, 2], [400, 160, 40])
ROWS = np.arange(600)
SECOND = (TARGETS + 1) % 3


def trial(name, seed=0):
    return trial_rows(name, ROWS, TARGETS, SECOND, seed=seed)


def test_each_part_is_inside_the_next_and_keeps_the_shares_of_the_classes():
    parts = [set(trial(name).rows.tolist()) for name in ("8", "4", "2", "1")]
    assert [len(part) for part in parts] == [75, 150, 300, 600]
    assert parts[0] < parts[1] < parts[2] < parts[3]
    for part in parts[:3]:
        counts = np.bincount(TARGETS[list(part)])
        assert counts.tolist() == pytest.approx([len(part) * share / 600 for share in (400, 160, 40)], abs=1)


def test_the_order_depends_on_the_seed_alone():
    assert nested(TARGETS, seed=1).tolist() == nested(TARGETS, seed=1).tolist()
    assert nested(TARGETS, seed=1).tolist() != nested(TARGETS, seed=2).tolist()


def test_a_tenth_of_the_labels_is_made_wrong_half_of_them_as_the_second_class():
    changed = trial("wrong").targets != TARGETS
    assert changed.sum() == 60
    second = trial("wrong").targets[changed] == SECOND[changed]
    assert 30 <= second.sum() <= 55  # half of them, and by chance half of the others


def test_longer_shows_each_example_twice():
    assert np.bincount(trial("longer").rows).tolist() == [2] * 600


def test_balanced_weighs_a_rare_class_more_with_a_mean_of_one():
    weights = trial("balanced").weights
    assert weights.mean() == pytest.approx(1)
    assert weights[599] > weights[450] > weights[0]


def test_parts_that_hold_too_little_to_learn_from_are_skipped():
    assert parts_for(1000, 3) == ["8", "4", "2", "1"]
    assert parts_for(100, 3) == ["4", "2", "1"]  # an eighth would be 12 examples
    assert parts_for(480, 77) == ["4", "2", "1"]  # an eighth would be less than an example of each class
