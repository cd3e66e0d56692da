import numpy as np
import pandas as pd
import pytest

from hem_core.selection.review_queue import review_queue


def table_of(n=200, seed=0):
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": [f"e{i:03d}" for i in range(n)],
            "label_suspicion": draw.uniform(0, 100, n),
            "difficulty_in_class": draw.uniform(0, 100, n),
            "reason": ["rare" if i % 10 == 0 else "easy" for i in range(n)],
        }
    )


def test_every_ten_hold_five_suspects_three_rare_and_two_random():
    drawn = review_queue(table_of(), limit=40)["drawn_as"].tolist()
    for start in range(0, 40, 10):
        ten = drawn[start : start + 10]
        assert [ten.count(name) for name in ("suspect", "rare", "random")] == [5, 3, 2]


def test_suspects_come_by_suspicion_and_rare_ones_before_the_rest():
    table = table_of()
    queue = review_queue(table, limit=30)
    suspects = queue.loc[queue["drawn_as"] == "suspect", "id"]
    suspicion = table.set_index("id")["label_suspicion"]
    assert suspicion[suspects].is_monotonic_decreasing
    assert suspects.iloc[0] == suspicion.idxmax()
    rare = queue.loc[queue["drawn_as"] == "rare", "id"]
    assert (table.set_index("id").loc[rare, "reason"] == "rare").all()


def test_without_classes_the_hardest_of_all_follow_the_rare_ones():
    table = table_of().rename(columns={"difficulty_in_class": "difficulty"})
    queue = review_queue(table.assign(reason="easy"), limit=30)
    difficulty = table.set_index("id")["difficulty"]
    hardest = queue.loc[queue["drawn_as"] == "rare", "id"]
    assert difficulty[hardest].is_monotonic_decreasing
    assert difficulty[hardest].min() > difficulty.median()


def test_the_whole_queue_names_each_example_once():
    queue = review_queue(table_of(), limit=10_000)
    assert sorted(queue["id"]) == sorted(table_of()["id"])


def test_the_order_of_the_rows_does_not_matter_and_the_seed_does():
    table = table_of()
    shuffled = table.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(review_queue(table), review_queue(shuffled))
    assert review_queue(table)["id"].tolist() != review_queue(table, seed=1)["id"].tolist()


def test_two_people_share_the_examples_without_overlap():
    people = ["anna", "ben", "cem"]
    parts = [set(review_queue(table_of(), person=name, people=people)["id"]) for name in people]
    assert sum(map(len, parts)) == 200
    assert set.union(*parts) == set(table_of()["id"])
    assert all(len(part) > 40 for part in parts)


def test_one_more_person_takes_examples_but_moves_none_between_the_others():
    before = set(review_queue(table_of(), person="anna", people=["ben"])["id"])
    after = set(review_queue(table_of(), person="anna", people=["ben", "cem"])["id"])
    assert after < before


def test_taken_examples_are_left_out():
    first = review_queue(table_of(), limit=10)["id"].tolist()
    assert not set(first) & set(review_queue(table_of(), taken=first)["id"])


def test_without_scores_everything_is_random_and_an_empty_table_gives_an_empty_queue():
    queue = review_queue(table_of()[["id"]])
    assert set(queue["drawn_as"]) == {"random"}
    assert len(queue) == 200
    assert list(review_queue(table_of().head(0)).columns) == ["id", "drawn_as"]


def test_an_unknown_or_negative_share_is_refused():
    with pytest.raises(ValueError, match="no part of the queue 'hard'; there are: suspect, rare, random"):
        review_queue(table_of(), shares={"hard": 1.0})
    with pytest.raises(ValueError, match="the share of 'rare' must be 0 or more; got -1"):
        review_queue(table_of(), shares={"rare": -1})
