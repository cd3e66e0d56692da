import numpy as np
import pandas as pd
import pytest

from hem_core.reasons.differences import differences, spread

AGE, PORT = {"name": "age", "kind": "number"}, {"name": "port", "kind": "category"}
NEAR = pd.DataFrame({"age": [10.0, 20.0, 30.0, np.nan], "port": ["C", "C", "S", None]})


def of(example, features=(AGE,), near=NEAR, **spreads):
    found = differences(example, near, features, spreads or {"age": 10.0})
    return {one.name: one for one in found}


def test_a_number_is_counted_in_spreads_from_the_median_of_the_neighbours():
    age = of({"age": 50.0})["age"]
    assert (age.value, age.usual, age.distance, age.same) == (50.0, 20.0, 3.0, None)
    assert age.unusual == pytest.approx(3 / 4)
    assert of({"age": 10.0})["age"].distance == -1.0


def test_a_number_like_the_neighbours_is_not_unusual():
    assert of({"age": 20.0}, age=0.0)["age"].unusual == 0
    assert of({"age": 20.0})["age"].distance == 0


def test_a_number_that_a_constant_column_has_nowhere_else_is_as_unusual_as_can_be():
    assert of({"age": 21.0}, age=0.0)["age"].unusual == 1


def test_a_category_is_counted_by_the_neighbours_that_share_it():
    port = of({"port": "S"}, [PORT])["port"]
    assert (port.usual, port.same, port.distance) == ("C", 1, None)
    assert port.unusual == pytest.approx(1 - 2 / 6)
    assert of({"port": "C"}, [PORT])["port"].unusual == pytest.approx(1 - 3 / 6)


@pytest.mark.parametrize(("feature", "example"), [(AGE, {"age": np.nan}), (PORT, {"port": None})])
def test_a_missing_value_is_counted_by_the_neighbours_that_miss_it_too(feature, example):
    found = of(example, [feature])[feature["name"]]
    assert (found.value, found.same) == (None, 1)
    assert found.unusual == pytest.approx(1 - 2 / 6)


def test_a_value_that_all_neighbours_miss_has_nothing_usual_beside_it():
    age = of({"age": 5.0}, near=NEAR.tail(1))["age"]
    assert (age.usual, age.distance, age.same) == (None, None, 0)
    assert age.unusual == pytest.approx(1 - 1 / 3)


def test_the_most_unusual_comes_first_and_ties_stay_in_order():
    features = [{"name": name, "kind": "number"} for name in "abc"]
    near = pd.DataFrame({name: [0.0, 0.0] for name in "abc"})
    found = differences({"a": 1.0, "b": 5.0, "c": 1.0}, near, features, dict.fromkeys("abc", 1.0))
    assert [one.name for one in found] == ["b", "a", "c"]


def test_without_neighbours_nothing_is_known():
    found = of({"age": 5.0, "port": "C"}, [AGE, PORT], near=NEAR.head(0))
    assert [one.usual for one in found.values()] == [None, None]
    assert all(0 <= one.unusual <= 1 for one in found.values())


def test_the_spread_is_that_of_a_normal_distribution_and_forgives_a_far_value():
    values = np.random.default_rng(0).normal(0, 2, 20_000)
    assert spread(pd.Series([*values, 1e9])) == pytest.approx(2, rel=0.03)


@pytest.mark.parametrize(("values", "wanted"), [([], 0), ([3, 3, 3], 0), ([None, 4], 0), ([0] * 9 + [10], 3.0)])
def test_the_spread_of_a_column_with_one_value_in_the_middle(values, wanted):
    assert spread(pd.Series(values, dtype="float64")) == pytest.approx(wanted)
