import numpy as np

from hem_core.media._fact_words import OF_TEXTS
from hem_core.media._text_facts import NO_LETTERS, columns


def test_length_unknown_words_and_repetition_of_hand_made_texts():
    found = columns(["the cat", "The cat, the dog", "zebra"])
    assert found["n_characters"].tolist() == [7, 16, 5]
    np.testing.assert_allclose(found["unknown_words"], [0, 0.25, 1])  # "dog" and "zebra" are in no other text
    np.testing.assert_allclose(found["repetition"], [0, 0.25, 0])
    assert "script" not in found  # all Latin


def test_the_script_is_that_of_most_letters():
    found = columns(["кошка cat", "ねこ", "猫猫 a", "12 !", "chat"])
    assert found["script"].tolist() == ["Cyrillic", "Hiragana", "Cjk", NO_LETTERS, "Latin"]
    assert set(found) == set(OF_TEXTS)


def test_nothing_is_known_of_the_words_of_an_empty_text():
    found = columns(["", None, "a"])
    assert found["n_characters"].tolist() == [0, 0, 1]
    assert np.isnan(found["unknown_words"]).tolist() == [True, True, False]
    assert len(columns([])["repetition"]) == 0
