import pandas as pd
import pytest

from hem_core.selection.verdicts_applied import composition, curate, is_corrected, why_not

TAGGED = pd.DataFrame(
    {
        "id": list("abcdef"),
        "label": ["y", "x", "y", "y", "y", None],
        "label_before": ["x", "x", "y", "y", "y", None],
        "verdict": ["mislabelled", "mislabelled", "outlier", "duplicate", "hard", ""],
    }
)


def test_wrong_without_a_new_label_outlier_and_duplicate_stay_out():
    result = curate(TAGGED)
    assert result.examples["id"].tolist() == ["a", "e", "f"]
    assert dict(zip(result.excluded["id"], result.excluded["why"], strict=True)) == {
        "b": "mislabelled",
        "c": "outlier",
        "d": "duplicate",
    }
    assert {tag: n for tag, n in result.ruled_out.items() if n} == {"mislabelled": 1, "outlier": 1, "duplicate": 1}


def test_a_new_label_takes_back_the_verdict_mislabelled_and_no_other():
    table = TAGGED.head(2).assign(label="y", verdict=["mislabelled", "outlier"])
    assert why_not(table).tolist() == ["", "outlier"]
    assert curate(table).excluded["why"].tolist() == ["outlier"]


def test_a_box_where_nobody_sees_an_object_stays_out_and_a_corrected_one_stays_in():
    table = TAGGED.head(3).assign(verdict=["removed", "moved", "added"])
    assert curate(table).excluded.to_dict("records") == [{"id": "a", "why": "removed"}]
    assert why_not(table, leave_out=[]).tolist() == ["", "", ""]


def test_the_split_goes_before_the_verdict_and_neither_is_needed():
    table = TAGGED.head(3).assign(split=["train", "test", "val"])
    assert why_not(table).tolist() == ["", "test", "validation"]
    assert why_not(table, has_held_out=True).tolist() == ["", "mislabelled", "outlier"]
    assert why_not(table[["id"]]).tolist() == ["", "", ""]


def test_what_is_not_left_out_stays_in():
    result = curate(TAGGED, leave_out=["outlier"])
    assert result.examples["id"].tolist() == ["a", "b", "d", "e", "f"]
    assert result.ruled_out["duplicate"] == 1


def test_only_a_new_label_counts_as_corrected():
    assert is_corrected(TAGGED).tolist() == [True, False, False, False, False, False]


def test_nothing_chosen_gives_an_empty_set():
    result = curate(TAGGED.head(0))
    assert len(result.examples) == 0
    assert list(result.excluded.columns) == ["id", "why"]


def test_a_verdict_that_cannot_exclude_is_refused():
    with pytest.raises(ValueError, match="'hard' leaves nothing out; there are: mislabelled, "):
        curate(TAGGED, leave_out=["hard"])


def test_composition_of_half_a_set():
    whole = pd.DataFrame({"label": ["x", "x", "y", "y", "y", "z"]})
    table = composition(whole.head(2), whole, ["x", "y", "z", "w"])
    assert table["n"].tolist() == [2, 0, 0, 0]
    assert table["share"].tolist() == [1, 0, 0, 0]
    assert table["n_whole"].tolist() == [2, 3, 1, 0]
    assert table["share_whole"].tolist() == [2 / 6, 3 / 6, 1 / 6, 0]
    assert composition(whole.head(0), whole.head(0), ["x"])["share"].tolist() == [0]
