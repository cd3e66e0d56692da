"""Sets of tags as texts: what is joined is read back, whatever the names are."""

import pytest

from hem_core.tag_sets import TagSet, joined, joined_by, listed, split, split_plainly


@pytest.mark.parametrize("glue", ["|", ";", ", "])
@pytest.mark.parametrize(
    "tags",
    [
        TagSet(),
        TagSet(("beach", "urban")),
        TagSet(("beach",), ("urban",)),
        TagSet((), ("a|b", "?c")),
        TagSet(("?sure", "(none)", "back\\slash", "a, b", "x;y")),
    ],
)
def test_a_set_is_read_back_from_its_text(tags, glue):
    assert split(joined(tags, glue), glue.strip()) == tags


def test_a_set_prints_as_people_write_it():
    assert joined(TagSet(("beach", "urban"))) == "beach|urban"
    assert joined(TagSet(("beach",), ("urban",)), "; ") == "beach; ?urban"
    assert joined(TagSet()) == "(none)"


def test_what_others_joined_has_no_marks():
    assert split_plainly(" a ;?b;; a", ";") == TagSet(("a", "?b"))


@pytest.mark.parametrize(
    ("text", "names"),
    [('["a", "b"]', ["a", "b"]), ("['a', 'b']", ["a", "b"]), ("[]", []), ("[a]", None), ("a", None), ("[[1]]", None)],
)
def test_a_text_that_is_a_list(text, names):
    assert listed(text) == names


@pytest.mark.parametrize(
    ("labels", "separator"),
    [
        (["sea", "sun", "sea|sun", "sea"], "|"),
        (["sea; sun", "sun", "sea"], ";"),
        (["cat", "dog", "bird"], ""),
        (["animal|cat", "animal|dog", "plant|oak"], ""),
        (["red|big", "red|small", "blue|big", "blue|small"], ""),
        (["cat|dog", "cat"], ""),
        ([""], ""),
        ([], ""),
    ],
)
def test_labels_look_joined_where_they_are_more_than_the_names_in_them(labels, separator):
    assert joined_by(labels) == separator
