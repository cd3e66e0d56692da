import numpy as np
import pytest

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
    assert found["script"].tolist() == ["Cyrillic", "Hiragana", "Han", NO_LETTERS, "Latin"]
    assert set(found) == set(OF_TEXTS)


def test_nothing_is_known_of_the_words_of_an_empty_text():
    found = columns(["", None, "a"])
    assert found["n_characters"].tolist() == [0, 0, 1]
    assert np.isnan(found["unknown_words"]).tolist() == [True, True, False]
    assert len(columns([])["repetition"]) == 0


def test_marks_belong_to_their_letter_in_hindi():
    found = columns(["हिन्दी में लिखा", "हिन्दी भाषा", "कि की"])
    np.testing.assert_allclose(found["unknown_words"], [2 / 3, 1 / 2, 1])
    assert found["repetition"].tolist() == [0, 0, 0]
    np.testing.assert_allclose(columns(["cafe\u0301", "café"])["unknown_words"], [0, 0])


@pytest.mark.parametrize(
    ("texts", "unknown", "repeated"),
    [
        (["我喜欢猫", "我喜欢狗"], 1 / 4, 0),
        (["ねこがいる", "いぬがいる"], 2 / 5, 0),
        (["ดีมาก", "ดีแย่"], 3 / 4, 0),  # the vowel over the first character belongs to it
        (["猫cat", "犬cat"], 1 / 2, 0),
    ],
)
def test_where_no_spaces_part_the_words_each_character_is_one(texts, unknown, repeated):
    found = columns(texts)
    assert found["unknown_words"][0] == pytest.approx(unknown)
    assert found["repetition"][0] == repeated


def test_compatible_forms_of_a_letter_are_that_letter():
    found = columns(["ｆｕｌｌ", "full", "ﾈｺ 々", "ネコ 々", "❤\ufe0f"])
    assert found["unknown_words"].tolist()[:4] == [0, 0, 0, 0]
    assert found["script"].tolist() == ["Latin", "Latin", "Katakana", "Katakana", NO_LETTERS]
    assert np.isnan(found["repetition"][4])
