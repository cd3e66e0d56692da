import numpy as np
import pandas as pd
import pytest

from hem_core.errors import DataError, UnknownNameError
from hem_core.selection.choose import choose
from hem_core.selection.options import names
from hem_core.selection.pool import pool_of

# a is the hardest, j the easiest.
TABLE = pd.DataFrame(
    {
        "id": list("abcdefghij"),
        "label": ["x"] * 8 + ["y"] * 2,
        "difficulty": np.arange(10, 0, -1) * 10.0,
        "variability": np.arange(10, 0, -1) / 20,
    }
)


def big(m=200):
    chance = np.random.default_rng(0)
    label = np.where(np.arange(m) % 10 == 0, "rare", "common")
    scores = {name: chance.random(m) for name in ("difficulty", "variability")}
    scores["background_confidence"] = 0.5 + scores["difficulty"] / 2  # all of them count
    group = np.where(np.arange(m) < 20, 1.0, np.nan)
    table = pd.DataFrame({"id": [f"{k:03d}" for k in range(m)], "label": label, "duplicate_group": group, **scores})
    return table, chance.normal(size=(m, 5))


def ids(selection, table):
    return table["id"].iloc[selection.rows].tolist()


def why(selection):
    return dict(zip(selection.left_out["id"], selection.left_out["why"], strict=True))


def test_one_policy_picks_in_its_order():
    found = choose(pool_of(TABLE), 3, ["top"])
    assert ids(found, TABLE) == ["a", "b", "c"]
    assert found.counts == {"lower difficulty than those chosen": 7}


def test_verdicts_keep_out_with_their_reason_and_a_corrected_label_comes_in():
    verdicts = ["mislabelled", "mislabelled", "outlier", "duplicate", "skip", "hard"] + [""] * 4
    tagged = TABLE.assign(verdict=verdicts, label_before="x", label=["y", *["x"] * 9])
    found = choose(pool_of(tagged), 3, ["top"])
    assert ids(found, TABLE) == ["a", "f", "g"]
    assert why(found) == {
        "b": "label called wrong, no new label given",
        "c": "called an outlier",
        "d": "called a duplicate",
        "e": "skipped by the reviewer",
        **dict.fromkeys("hij", "lower difficulty than those chosen"),
    }


def test_a_verdict_that_is_not_asked_for_keeps_nobody_out():
    tagged = TABLE.assign(verdict=["outlier", "skip"] + [""] * 8)
    assert ids(choose(pool_of(tagged), 2, ["top"], leave_out=["skip"]), TABLE) == ["a", "c"]
    with pytest.raises(DataError, match="'hard' leaves nothing out; there are: mislabelled, "):
        choose(pool_of(tagged), 2, ["top"], leave_out=["hard"])


def test_three_of_a_group_of_near_duplicates_at_most():
    grouped = TABLE.assign(duplicate_group=[7.0] * 5 + [np.nan] * 5)
    found = choose(pool_of(grouped), 5, ["top"])
    assert ids(found, TABLE) == ["a", "b", "c", "f", "g"]
    assert found.counts["more than 3 of one group of near-duplicates"] == 2
    assert ids(choose(pool_of(grouped), 2, ["top"], max_per_duplicate_group=1), TABLE) == ["a", "f"]


def test_a_later_policy_picks_from_what_the_one_before_left():
    found = choose(pool_of(TABLE), 1, ["margin", "top"])
    assert ids(found, TABLE) == ["a"]
    reversed_ = TABLE.assign(difficulty=TABLE["difficulty"].to_numpy()[::-1])
    # margin leaves four for one: a to d, of which d is now the hardest.
    found = choose(pool_of(reversed_), 1, ["margin", "top"])
    assert ids(found, TABLE) == ["d"]
    assert why(found)["e"] == "less uncertain than those chosen, by variability"
    assert why(found)["a"] == "lower difficulty than those chosen"


def test_quotas_hold_for_the_policies_after_per_class():
    table, x = big()
    alone = choose(pool_of(table, x), 40, ["margin", "per_class"])
    spread = choose(pool_of(table, x), 40, ["margin", "per_class", "diverse"])
    counted = table["label"].iloc[alone.rows].value_counts().to_dict()
    assert counted == {"common": 30, "rare": 10}  # roots of .9 and .1 are 3 to 1; 10 of 20 rare ones
    assert table["label"].iloc[spread.rows].value_counts().to_dict() == counted
    assert set(spread.rows) != set(alone.rows)


def test_quotas_of_several_classes_hold_for_the_policies_after_per_class():
    table, x = big()
    classes = np.empty(len(table), dtype=object)
    classes[:] = [("common", "rare") if label == "rare" else ("common",) for label in table["label"]]
    pool = pool_of(table.drop(columns="label"), x, classes=classes)
    spread = choose(pool, 40, ["margin", "per_class", "diverse"])
    alone = choose(pool, 40, ["margin", "per_class"])
    n_rare = [sum("rare" in classes[row] for row in found.rows) for found in (spread, alone)]
    assert n_rare[0] == n_rare[1] > 4  # a tenth are rare
    assert set(spread.rows) != set(alone.rows)


@pytest.mark.parametrize(
    "chain",
    [
        *([name] for name in names()),
        ["margin", "diverse"],
        ["per_class", "cover"],
        ["stratified", "margin", "per_class"],
    ],
)
def test_any_chain_gives_a_reason_to_everybody_else_whatever_the_order_of_the_rows(chain):
    table, x = big()
    found = choose(pool_of(table, x), 30, chain, seed=4)
    assert len(found.rows) == 30
    assert sorted([*ids(found, table), *found.left_out["id"]]) == table["id"].tolist()
    assert (found.left_out["why"] != "").all()
    assert sum(found.counts.values()) == 170
    assert (table["duplicate_group"].iloc[found.rows] == 1).sum() <= 3
    order = np.random.default_rng(9).permutation(200)
    shuffled = table.iloc[order].reset_index(drop=True)
    again = choose(pool_of(shuffled, x[order]), 30, chain, seed=4)
    assert ids(again, shuffled) == ids(found, table)
    pd.testing.assert_frame_equal(again.left_out, found.left_out)


def test_more_than_there_are_gives_all_and_an_empty_pool_none():
    assert len(choose(pool_of(TABLE), 99, ["margin", "per_class"]).rows) == 10
    empty = choose(pool_of(TABLE.head(0)), 5, ["margin", "per_class"])
    assert len(empty.rows) == len(empty.weights) == len(empty.left_out) == 0


def test_options_come_as_text_or_number_and_are_reported():
    found = choose(pool_of(TABLE), 2, ["stratified"], options={"stratified": {"drop": "0.5", "strata": 2}})
    assert found.options == {"stratified": {"by": "difficulty", "drop": 0.5, "strata": 2}}
    assert not set(ids(found, TABLE)) & set("abcde")


def test_mistakes_name_what_there_is():
    pool = pool_of(TABLE)
    with pytest.raises(UnknownNameError, match="policy 'top' has no option 'bi'; there are: by"):
        choose(pool, 1, ["top"], options={"top": {"bi": "loss"}})
    with pytest.raises(UnknownNameError, match="options for policy 'cover', which is not in the chain top"):
        choose(pool, 1, ["top"], options={"cover": {}})
    with pytest.raises(DataError, match=r"option stratified\.drop must be a number such as 0\.1; got 'much'"):
        choose(pool, 1, ["stratified"], options={"stratified": {"drop": "much"}})
    with pytest.raises(DataError, match="a policy may occur only once in a chain; the chain is top, top"):
        choose(pool, 1, ["top", "top"])
    with pytest.raises(DataError, match="policies must be a list of names such as"):
        choose(pool, 1, [])
    with pytest.raises(DataError, match="n must be 0 or more"):
        choose(pool, -1, ["top"])
    with pytest.raises(DataError, match="'a' occurs twice"):
        pool_of(pd.concat([TABLE, TABLE.head(1)]))
    with pytest.raises(DataError, match="10 candidates need as many embeddings; there are 9"):
        pool_of(TABLE, np.zeros((9, 2)))
