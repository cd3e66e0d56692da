"""A search as it is typed, and what of a text it finds."""

import pytest

from hem_core.store import search


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('lazy "Brown fox" lazy', search.Search(words=("lazy", "Brown fox"))),
        ("/fo+$/", search.Search(pattern="fo+$", is_case_sensitive=True)),
        (" /a/b/i ", search.Search(pattern="a/b")),
        ("/a", search.Search(words=("/a",))),
        ("a/b/c.png", search.Search(words=("a/b/c.png",))),
    ],
)
def test_words_phrases_and_patterns(text, wanted):
    assert search.parse(text) == wanted


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('BROWN "is lazy"', [["brown", "is Lazy"], [], []]),
        ("/fo+x/i", [["fox", "Foox"], [], []]),
        ("/fo+x/", [["fox"], [], []]),
        ("/q*/", [[], [], []]),  # what is empty is nothing to mark
    ],
)
def test_what_is_marked_is_written_as_in_the_text(text, found):
    texts = ["a brown fox, or Foox, is Lazy", None, "none"]
    assert [sorted(one) for one in search.found_in(search.parse(text), texts)] == [sorted(one) for one in found]


def test_a_search_reads_what_is_of_a_row_and_not_what_is_said_of_it():
    kinds = {"id": "text", "label": "category", "loss": "number", "evidence": "text", "reason": "category"}
    assert search.searched({**kinds, "note": "text"}) == ["id", "label", "note"]
