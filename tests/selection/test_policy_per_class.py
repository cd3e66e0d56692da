import numpy as np
import pandas as pd
import pytest

from hem_core.errors import DataError
from hem_core.selection.in_turn import in_turn
from hem_core.selection.policies.per_class import per_class, quotas
from hem_core.selection.pool import Members, pool_of


def pool(sizes, **more):
    labels = [name for name, size in sizes.items() for _ in range(size)]
    gap = np.linspace(1, 0, len(labels))  # the first are the least sure
    ids = [f"{k:03d}" for k in range(len(labels))]
    return pool_of(pd.DataFrame({"id": ids, "label": labels, "top2_gap": gap}), **more)


def mix(pool, chosen):
    return pool.table["label"].iloc[chosen.rows].value_counts().to_dict()


def test_quotas_are_in_the_ratio_of_the_roots_of_the_shares():
    np.testing.assert_allclose(quotas(np.array([0.9, 0.1])), [0.75, 0.25])
    np.testing.assert_allclose(quotas(np.array([0.8, 0.2])), [2 / 3, 1 / 3])


def test_a_rare_class_gets_four_times_its_share_at_most():
    np.testing.assert_allclose(quotas(np.array([0.99, 0.01])), [0.96, 0.04])


def test_a_common_class_keeps_half_its_share_at_least():
    # 1/2 and 50 times 1/100: the roots alone would give .124 and .0175 each.
    shares = np.array([0.5] + [0.01] * 50)
    np.testing.assert_allclose(quotas(shares), [0.25] + [0.015] * 50)


def test_of_ninety_and_ten_twenty_are_fifteen_and_five():
    ninety_ten = pool({"common": 90, "rare": 10})
    assert mix(ninety_ten, per_class(ninety_ten, 20)) == {"common": 15, "rare": 5}


def test_within_a_class_the_least_sure_are_chosen():
    ninety_ten = pool({"common": 90, "rare": 10})
    assert sorted(per_class(ninety_ten, 20).rows) == [*range(15), *range(90, 95)]


def test_whom_the_quota_kept_out_is_told_so():
    ninety_ten = pool({"common": 90, "rare": 10})
    why = pd.Series(per_class(ninety_ten, 20).why).value_counts().to_dict()
    assert why == {"further back in its class than those chosen": 75, "": 20, "over the class quota": 5}


def test_a_class_with_too_few_leaves_its_quota_to_the_others():
    few = pool({"common": 40, "rare": 2}, shares={"common": 0.5, "rare": 0.5})
    assert mix(few, per_class(few, 20)) == {"common": 18, "rare": 2}


def test_every_beginning_keeps_the_quotas():
    ninety_ten = pool({"common": 90, "rare": 10})
    assert per_class(ninety_ten, 20).rows[:8].tolist() == per_class(ninety_ten, 8).rows.tolist()
    assert mix(ninety_ten, per_class(ninety_ten, 8)) == {"common": 6, "rare": 2}


def test_the_natural_share_is_that_of_the_whole_data_where_it_is_known():
    even = pool({"common": 50, "rare": 50}, shares={"common": 0.9, "rare": 0.1})
    assert mix(even, per_class(even, 20)) == {"common": 15, "rare": 5}


def test_without_labels_and_with_impossible_bounds_it_says_so():
    with pytest.raises(DataError, match="'per_class' needs the column 'label'"):
        per_class(pool_of(pd.DataFrame({"id": ["a"], "top2_gap": [1.0]})), 1)
    with pytest.raises(DataError, match="least must be from 0 to 1 and most 1 or more; got 2 and 4"):
        per_class(pool({"a": 1}), 1, least=2)


def test_a_class_is_first_picked_at_half_its_quota():
    # Shares .85 and .15 have quotas .70 and .30: by Sainte-Laguë the second is rare, by d'Hondt the third.
    assert per_class(pool({"common": 85, "rare": 15}), 2).rows.tolist() == [0, 85]


def of_several(*rows, shares):
    """A pool of rows of several classes each, the first ones first; shares of x and y."""
    classes = np.empty(len(rows), dtype=object)
    classes[:] = [tuple(names) for names in rows]
    table = pd.DataFrame({"id": [f"{k:03d}" for k in range(len(rows))]})
    return pool_of(table, shares=shares, classes=classes)


def test_an_example_of_two_classes_counts_for_both():
    pool = of_several("x", "x", "xy", "y", "y", shares={"x": 0.5, "y": 0.5})
    # x is first with row 0, then y with row 2, which is one of x too; so y is behind again, and gets row 3
    assert per_class(pool, 5).rows.tolist() == [0, 2, 3, 1, 4]
    assert per_class(pool, 3).of_class.tolist() == [0, 1, 1]


def test_examples_without_a_class_are_a_class_of_their_own():
    pool = of_several("x", "x", "", "x", shares={"x": 0.5, "": 0.5})
    assert per_class(pool, 2).rows.tolist() == [0, 2]


def test_of_one_class_each_the_turns_are_the_same_however_they_are_counted():
    chance = np.random.default_rng(0)
    order, code = chance.permutation(200), chance.integers(0, 5, 200)
    target = quotas(np.bincount(code) / 200)
    once = Members(np.arange(200), code, tuple("abcde"))
    wanted = in_turn(order, once, target)
    and_a_pair = Members(np.append(once.candidate, [200, 200]), np.append(code, [0, 1]), once.names)
    found = in_turn(np.append(order, 200), and_a_pair, target)
    is_other = found[0] != 200
    until = int(np.argmin(is_other))  # the pair comes when a class runs dry; until then nothing differs
    assert until > 50
    assert found[0][:until].tolist() == wanted[0][:until].tolist()
    assert found[1][:until].tolist() == wanted[1][:until].tolist()
