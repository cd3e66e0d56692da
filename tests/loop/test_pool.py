import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hem_core.errors import DataError, HemError
from hem_core.loop.chart import chart
from hem_core.loop.measures import OF_CLASSES
from hem_core.loop.pool import open_pool
from hem_core.loop.pool_choice import check, choose_picks
from hem_core.loop.pool_held_out import drawn_test, split_test
from hem_core.loop.pool_model import PoolPredictions
from hem_core.loop.pool_sampler import EqualDraws
from hem_core.loop.pool_scores import scores_of
from hem_core.loop.settings import Settings
from hem_core.models import train_function
from hem_core.runs.options import Options
from hem_core.tasks import load


def test_the_split_column_says_what_is_mined_and_what_is_tested():
    table = pa.table({"split": ["train", "test", "val", None, "Test"]})
    found = split_test(table, np.array([True, True, True, False, False]))
    assert found.rows.tolist() == [1]  # the last one has no label
    assert found.is_pool.tolist() == [True, False, False, True, False]
    only = split_test(pa.table({"split": ["train", "valid"]}), np.ones(2, bool))
    assert only.rows.tolist() == [1]
    assert split_test(pa.table({"split": ["train"]}), np.ones(1, bool)) is None
    assert split_test(pa.table({"id": ["a"]}), np.ones(1, bool)) is None


def test_a_drawn_test_set_has_a_share_of_each_class_and_no_row_that_cannot_be_read():
    targets = np.array([0] * 10 + [1] * 5 + [2] + [-1])
    is_labelled = targets >= 0
    is_labelled[0] = False
    found = drawn_test(targets, is_labelled, 0.2, 0)
    assert np.bincount(targets[found.rows], minlength=3).tolist() == [2, 1, 0]
    assert 0 not in found.rows
    assert not found.is_pool[found.rows].any()
    with pytest.raises(DataError, match="between 0 and 1"):
        drawn_test(targets, is_labelled, 1.5, 0)
    with pytest.raises(DataError, match="pass one with --test"):
        drawn_test(np.array([0, 1]), np.ones(2, bool), 0.2, 0)


def test_a_small_set_is_drawn_as_often_as_a_large_one_and_each_example_alike():
    sampler = EqualDraws(4, 10, seed=0)
    first = list(sampler)
    assert len(first) == len(sampler) == 10
    assert set(np.bincount(first)) == {2, 3}
    assert list(sampler) != first  # the next epoch
    sampler.set_epoch(0)
    assert list(sampler) == first


def test_scores_that_need_a_label_are_missing_where_there_is_none():
    answers = PoolPredictions(np.array([[2.0, 0.0], [2.0, 0.0]], np.float32), None)
    found = scores_of(load(), answers, np.array([1, -1]))
    assert found["margin"][0] == 2.0
    assert np.isnan(found["margin"][1])
    assert found["top2_gap"][0] == found["top2_gap"][1]
    assert found["predicted"].tolist() == [0, 0]


def pool_table(n=6):
    ids = [f"{row}" for row in range(n)]
    return pd.DataFrame(
        {
            "id": ids,
            "label": ["a"] * 2 + ["b"] * (n - 2),
            "predicted": ["a", "b"] * (n // 2),
            "top2_gap": np.linspace(0.9, 0.1, n),
            "loss": np.linspace(0.1, 0.9, n),
        }
    )


def test_the_default_looks_at_no_label_so_a_wrong_one_is_not_drawn_in():
    table = pool_table()
    spoiled = table.assign(label=["a", "b", "b", "a", "a", "b"], loss=table["loss"][::-1].to_numpy())
    found = choose_picks(table, None, 2)
    assert sorted(found.places) == [0, 1]  # the closest calls of the two predicted classes
    assert choose_picks(spoiled, None, 2).places.tolist() == found.places.tolist()
    by_loss = choose_picks(table, None, 2, policies=("top",), options={"top": {"by": "loss"}})
    assert by_loss.places.tolist() == [5, 4]


def test_a_group_of_near_duplicates_gives_three_until_nothing_else_is_left():
    table = pool_table()
    embeddings = np.array([[1.0, 0.0]] * 5 + [[0.0, 1.0]])  # five that are the same, and the surest one
    few = choose_picks(table, embeddings, 4, policies=("margin",))
    assert few.places.tolist() == [0, 1, 2, 5]
    assert few.counts["more than 3 of one group of near-duplicates"] == 2
    every = choose_picks(table, embeddings, 5, policies=("margin",))
    assert sorted(every.places) == [0, 1, 2, 3, 5]
    assert every.picked_by == ["margin"] * 4 + ["fill"]


def test_what_cannot_be_asked_for_is_said_before_anything_is_trained():
    with pytest.raises(HemError, match="no policy 'margn'"):
        check(("margn",), {})
    with pytest.raises(HemError, match="--rounds expects a number from 1 on; got 0"):
        Settings(rounds=0)
    with pytest.raises(HemError, match="--arms expects mined"):
        Settings(arms=("random",))
    with pytest.raises(HemError, match="--draws"):
        Settings(draws=0)


def test_the_chart_names_its_arms_and_sizes():
    points = [
        {"arm": arm, "seed": 0, "round": round, "n": n, "accuracy": accuracy}
        for arm, round, n, accuracy in [
            ("start", 0, 100, 0.5),
            ("mined", 1, 1200, 0.7),
            ("random", 1, 1200, 0.6),
            ("all", 1, 5000, 0.8),
        ]
    ]
    points = [{**point, "balanced_accuracy": 0.5, "worst_class": 0.5} for point in points]
    found = chart(points, OF_CLASSES[0])
    assert all(words in found for words in (">mined<", ">random additions<", ">all data<", ">100<", ">1,200<"))
    assert ">5,000<" not in found  # all data is a line, not a place on the axis


def test_a_loop_of_joined_tags_says_what_to_use(tmp_path):
    labels = ["sun", "sea", "sun|sea"] * 8
    pd.DataFrame({"id": range(24), "label": labels, "x": 0.5}).to_csv(tmp_path / "tags.csv", index=False)
    function = train_function.load(lambda dataset: None)
    columns = {"feature_columns": "x"}
    with pytest.raises(
        HemError, match=r"'sun\|sea', look like several tags joined by '\|'; mine them .* --task multilabel"
    ):
        open_pool(tmp_path / "tags.csv", function, tmp_path, Options(columns=columns))
    named = Options(columns=columns, classes=["sun", "sea", "sun|sea"])
    assert open_pool(tmp_path / "tags.csv", function, tmp_path, named).classes == ["sun", "sea", "sun|sea"]
    tags = open_pool(tmp_path / "tags.csv", function, tmp_path, Options(columns=columns, task="multilabel"))
    assert tags.targets.shape == (24, 2)
