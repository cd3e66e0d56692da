import pandas as pd
import pytest

from hem_core.selection.curate import composition, curate

TABLE = pd.DataFrame({"id": list("abcdef"), "label": ["x", "x", "y", "y", "y", "z"], "loss": range(6)})
VERDICTS = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d", "e", "elsewhere"],
        "tag": ["mislabelled", "mislabelled", "outlier", "duplicate", "hard", "skip"],
        "value": ["y", "", "", "", "", ""],
    }
)


def test_a_new_label_is_applied_and_the_given_one_kept():
    row = curate(TABLE, VERDICTS).examples.set_index("id").loc["a"]
    assert (row["label"], row["given_label"], row["verdict"]) == ("y", "x", "mislabelled")


def test_wrong_without_a_new_label_outlier_and_duplicate_stay_out():
    result = curate(TABLE, VERDICTS)
    assert result.examples["id"].tolist() == ["a", "e", "f"]
    assert dict(zip(result.excluded["id"], result.excluded["why"], strict=True)) == {
        "b": "mislabelled",
        "c": "outlier",
        "d": "duplicate",
    }


def test_what_is_not_left_out_stays_in_with_its_given_label():
    result = curate(TABLE, VERDICTS, leave_out=["outlier"])
    assert result.examples["id"].tolist() == ["a", "b", "d", "e", "f"]
    assert result.examples["label"].tolist() == ["y", "x", "y", "y", "z"]


def test_without_verdicts_everything_stays_as_given():
    result = curate(TABLE, VERDICTS.head(0))
    assert result.examples["label"].tolist() == TABLE["label"].tolist()
    assert result.examples["verdict"].isna().all()
    assert list(result.excluded.columns) == ["id", "why"]


def test_a_verdict_that_cannot_exclude_is_refused():
    with pytest.raises(ValueError, match="'hard' leaves nothing out; there are: mislabelled, outlier"):
        curate(TABLE, VERDICTS, leave_out=["hard"])


def test_composition_of_half_a_set():
    table = composition(TABLE.head(2), TABLE, ["x", "y", "z", "w"])
    assert table["n"].tolist() == [2, 0, 0, 0]
    assert table["share"].tolist() == [1, 0, 0, 0]
    assert table["n_whole"].tolist() == [2, 3, 1, 0]
    assert table["share_whole"].tolist() == [2 / 6, 3 / 6, 1 / 6, 0]
    assert composition(TABLE.head(0), TABLE.head(0), ["x"])["share"].tolist() == [0]
