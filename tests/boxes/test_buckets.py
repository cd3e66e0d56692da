"""Miss rate and precision by bucket, beside counting by hand and by a loop."""

import numpy as np
import pandas as pd
import pytest

from hem_core.boxes.buckets import Bucket, buckets, rates
from hem_core.boxes.hypotheses import hypotheses
from hem_core.boxes.scene import Scene, with_rows


def test_sizes_stay_in_their_order_and_other_texts_come_by_frequency():
    found, place = buckets(pd.Series(["large", "small", None, "small"]))
    assert [one.name for one in found] == ["small", "large"]
    assert place.tolist() == [1, 0, -1, 0]
    found, place = buckets(pd.Series(["b", "a", "a"]))
    assert [one.values for one in found] == [("a",), ("b",)]
    assert place.tolist() == [1, 0, 0]


def test_numbers_of_objects_fall_into_strata():
    found, place = buckets(pd.Series([0, 1, 2, 5, 30]), counts=True)
    assert [one.name for one in found] == ["0", "1 – 2", "3 – 5", "11+"]
    assert place.tolist() == [0, 1, 1, 2, 3]
    assert found[-1] == Bucket("11+", None, 11.0, None)


def test_few_whole_numbers_are_buckets_of_their_own():
    found, place = buckets(pd.Series([3, 1, 3]))
    assert [(one.low, one.high) for one in found] == [(1.0, 1.0), (3.0, 3.0)]
    assert place.tolist() == [1, 0, 1]


@pytest.mark.parametrize("seed", range(3))
def test_numbers_fall_into_five_even_buckets_that_share_no_value(seed):
    values = pd.Series(np.random.default_rng(seed).exponential(size=1000).round(2)).where(lambda one: one < 5)
    found, place = buckets(values)
    assert np.bincount(place[place >= 0]).min() > 150
    assert (place[values.isna()] == -1).all()
    for at, one in enumerate(found):  # the clause of the bucket matches the same rows
        assert (((values >= one.low) & (values <= one.high)).to_numpy() == (place == at)).all()
    assert buckets(pd.Series([np.nan, np.nan]))[0] == []


def test_rates_are_those_of_a_loop(random_scene):
    given, predicted = random_scene(0)
    scene = Scene(given, predicted, 30, tuple("abc"), 0.5, 0.1, 0.05,
                  *with_rows(given, predicted, hypotheses(given, predicted)))  # fmt: skip
    judged = scene.at(0.3, 0.6)
    bucket = np.random.default_rng(0).integers(-1, 3, len(judged.rows))
    found = rates(judged, bucket, 4)
    for at in range(4):
        mine = np.flatnonzero(bucket == at)
        type_ = judged.rows.type[mine]
        n_given = sum(judged.rows.given[one] >= 0 for one in mine)
        right = sum(one == "right" for one in type_)
        n_predicted = sum(judged.rows.predicted[one] >= 0 for one in mine)
        row = found.iloc[at]
        assert (row["n_given"], row["missed"], row["n_predicted"], row["false"]) == (
            n_given, n_given - right, n_predicted, n_predicted - right)  # fmt: skip
        if n_given:
            assert row["miss_rate"] == pytest.approx(1 - right / n_given)
            assert row["miss_low"] < row["miss_rate"] < row["miss_high"]
    assert np.isnan(found["precision"].iloc[3])
    assert found["precision_low"].iloc[3] == 0
