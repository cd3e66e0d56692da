import numpy as np
import pytest

from hem_core.errors import DataError
from hem_core.folds.assign import assign


def counts_of(targets, fold, n_folds):
    """Rows of each class in each fold, (K, F)."""
    return np.array([np.bincount(fold[targets == kind], minlength=n_folds) for kind in np.unique(targets)])


def test_six_rows_of_two_classes_in_three_folds():
    targets = np.array([0, 0, 0, 1, 1, 1])
    fold = assign(targets, 3, seed=0)
    assert sorted(fold[:3]) == sorted(fold[3:]) == [0, 1, 2]


def test_unlabelled_rows_get_no_fold():
    fold = assign(np.array([0, -1, 1, 0, 1, -1]), 2, seed=0)
    assert (fold == -1).tolist() == [False, True, False, False, False, True]


def test_a_class_of_one_row_and_one_of_two_do_not_stop_it():
    targets = np.array([0] * 10 + [1] + [2, 2])
    fold = assign(targets, 5, seed=3)
    assert fold[11] != fold[12]
    assert np.bincount(fold).max() - np.bincount(fold).min() <= 1


def test_a_group_stays_whole_and_its_class_stays_even():
    targets = np.zeros(9, dtype=np.int64)
    groups = np.array([7, -1, -1, 7, -1, -1, 7, -1, -1])
    fold = assign(targets, 3, groups=groups, seed=0)
    assert len(set(fold[[0, 3, 6]])) == 1
    assert np.bincount(fold).tolist() == [3, 3, 3]


def test_the_copies_of_a_class_of_two_rows_in_a_group_leave_the_training_together():
    fold = assign(np.array([0, 0, 0, 0, 1, 1]), 2, groups=np.array([-1, -1, -1, -1, 4, 4]), seed=0)
    assert fold[4] == fold[5]


def test_a_class_whose_rows_are_all_in_groups_keeps_some_for_training():
    """Rows 0-1 and 2-3 are a 0 and a copy with another label; fold of the four twos has no 0, and is full of twos."""
    targets = np.array([0, 1, 0, 2, 2, 2, 2, 2, 1, 2])
    groups = np.array([0, 0, 1, 1, 2, 2, 2, 2, -1, -1])
    fold = assign(targets, 2, groups=groups, seed=0)
    assert fold[0] == fold[1]
    assert fold[2] == fold[3]
    assert fold[0] != fold[2]


def test_the_same_seed_gives_the_same_folds_and_another_seed_others():
    targets = np.arange(50) % 3
    assert np.array_equal(assign(targets, 5, seed=1), assign(targets, 5, seed=1))
    assert not np.array_equal(assign(targets, 5, seed=1), assign(targets, 5, seed=2))


@pytest.mark.parametrize("seed", range(8))
def test_without_groups_classes_and_folds_differ_by_one_at_most(seed):
    chance = np.random.default_rng(seed)
    n_folds, targets = int(chance.integers(2, 9)), chance.integers(0, 12, chance.integers(40, 300))
    fold = assign(targets, n_folds, seed=seed)
    assert np.ptp(counts_of(targets, fold, n_folds), axis=1).max() <= 1
    assert np.ptp(np.bincount(fold, minlength=n_folds)) <= 1


@pytest.mark.parametrize("seed", range(8))
def test_groups_stay_whole_and_classes_even_where_single_rows_can_fill_up(seed):
    chance = np.random.default_rng(seed)
    n_folds, targets = int(chance.integers(2, 7)), chance.integers(0, 5, 400)
    groups = np.where(chance.random(400) < 0.3, chance.integers(0, 50, 400), -1)
    fold = assign(targets, n_folds, groups=groups, seed=seed)
    for group in range(50):
        assert len(set(fold[groups == group])) <= 1
    assert np.ptp(counts_of(targets, fold, n_folds), axis=1).max() <= 1
    assert np.ptp(np.bincount(fold, minlength=n_folds)) <= 5
    for kind in range(5):
        assert all(((targets == kind) & (fold != left_out)).any() for left_out in range(n_folds))


@pytest.mark.parametrize(
    ("targets", "groups", "n_folds", "text"),
    [
        ([0, 1, 0], None, 1, "at least 2 folds; got 1"),
        ([0, 1, 0, -1], None, 4, "4 folds want at least 4 labelled rows .* there are 3"),
        ([0, 1, 0], [5, 5, 5], 2, "no near-duplicates of each other; there are 1"),
        ([], None, 2, "there are 0"),
    ],
)
def test_folds_that_cannot_be_made_are_refused(targets, groups, n_folds, text):
    with pytest.raises(DataError, match=text):
        assign(np.array(targets, dtype=np.int64), n_folds, groups=groups and np.array(groups), seed=0)
