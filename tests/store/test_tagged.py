import pandas as pd

from hem_core.store.tagged import with_tags
from hem_core.store.tags import TagLog

TABLE = pd.DataFrame(
    {"id": pd.array(list("abcdef"), dtype="str"), "label": ["cat", "cat", "dog", None, "dog", None], "loss": range(6)},
    index=range(10, 16),
)


def tagged(tmp_path) -> pd.DataFrame:
    log = TagLog(tmp_path / "tags.sqlite")
    log.add("d", ["a", "b"], "hard", who="ann")
    log.add("d", ["a"], "zebra, striped", who="bob")
    log.add("d", ["a"], "night", who="cyd")
    log.add("d", ["c", "d"], "mislabelled", who="bob", value="bird")
    log.add("d", ["e", "f"], "mislabelled", who="bob")
    log.add("d", ["nobody"], "skip", who="bob")
    return with_tags(TABLE, log.state("d"))


def test_a_corrected_label_is_the_label_and_the_old_one_is_kept(tmp_path):
    before = TABLE.copy(deep=True)
    found = tagged(tmp_path)
    assert found["label"].fillna("").tolist() == ["cat", "cat", "bird", "bird", "dog", ""]
    assert found["label_before"].fillna("").tolist() == TABLE["label"].fillna("").tolist()
    assert found["verdict"].tolist() == ["hard", "hard", "mislabelled", "mislabelled", "mislabelled", "mislabelled"]
    assert found["tags"].tolist()[:3] == ["hard, night, zebra, striped", "hard", "mislabelled"]
    assert found["reviewer"].tolist() == ["cyd", "ann", "bob", "bob", "bob", "bob"]
    assert found.index.tolist() == TABLE.index.tolist()
    pd.testing.assert_frame_equal(TABLE, before)


def test_the_last_of_two_reviewers_in_one_millisecond_is_the_one_named(tmp_path):
    log = TagLog(tmp_path / "tags.sqlite")
    log.add("d", ["a"], "zebra", who="ann")
    log.add("d", ["a"], "apple", who="bob")
    state = log.state("d").assign(at=pd.Timestamp("2026-01-01", tz="UTC"))
    assert with_tags(TABLE, state)["reviewer"].tolist()[0] == "bob"


def test_the_last_in_the_log_is_the_one_named_also_when_a_clock_went_back(tmp_path, monkeypatch):
    log, clock = TagLog(tmp_path / "tags.sqlite"), iter([3_000_000_000, 2_000_000_000, 1_000_000_000])
    monkeypatch.setattr("time.time_ns", lambda: next(clock))
    log.add("d", ["a"], "mislabelled", who="ann", value="dog")
    log.add("d", ["a"], "night", who="bob")
    log.add("d", ["a"], "mislabelled", who="cyd", value="bird")
    found = with_tags(TABLE, log.state("d")).iloc[0]
    assert (found["reviewer"], found["label"]) == ("cyd", "bird")


def test_without_tags_or_labels(tmp_path):
    nothing = TagLog(tmp_path / "tags.sqlite").state("d")
    found = with_tags(TABLE[["id"]], nothing)
    assert list(found.columns) == ["id", "verdict", "tags", "reviewer"]
    assert set(found["verdict"]) == {""}
    assert len(with_tags(TABLE[:0], nothing)) == 0
