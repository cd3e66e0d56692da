import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from hem_core.media import _corrupt_array, _corrupt_image, _corrupt_row, _corrupt_text

KINDS = ["mislabelled", "ambiguous", "outlier", "rare"]


@pytest.fixture(scope="module")
def digits():
    return (load_digits().images[:40] * 15).astype(np.uint8)


def test_a_picture_for_each_kind_and_the_given_ones_left_alone(digits):
    before = digits.copy()
    found = _corrupt_image.corrupt(digits, KINDS * 10, digits[::-1], seed=0)
    assert found.shape == digits.shape
    assert found.dtype == np.uint8
    assert (digits == before).all()
    assert (found[::4] == digits[::4]).all()  # a flip is a matter of the label
    for kind in (1, 2, 3):
        assert (found[kind::4] != digits[kind::4]).any(axis=(1, 2)).all()


def test_a_mixture_of_black_and_white_is_grey():
    black, white = np.zeros((20, 4, 4), np.uint8), np.full((20, 4, 4), 255, np.uint8)
    found = _corrupt_image.corrupt(black, ["ambiguous"] * 20, white, seed=0)
    assert found.min() >= round(0.45 * 255)
    assert found.max() <= round(0.55 * 255)


def test_half_of_the_outliers_keep_their_pixels_in_other_places(digits):
    found = _corrupt_image.corrupt(digits, ["outlier"] * 40, digits, seed=0)
    same = [sorted(a.reshape(-1)) == sorted(b.reshape(-1)) for a, b in zip(found, digits, strict=True)]
    assert 0.2 < np.mean(same) < 0.8


@pytest.mark.parametrize("shape", [(9, 7), (9, 7, 1), (9, 7, 3), (9, 7, 4), (1, 1, 3)])
def test_pictures_of_any_shape_and_number_of_channels(shape):
    pictures = np.random.default_rng(0).integers(0, 256, (12, *shape), dtype=np.uint8)
    found = _corrupt_image.corrupt(pictures, ["outlier", "rare", "ambiguous"] * 4, pictures[::-1], seed=0)
    assert found.shape == pictures.shape


def test_a_row_does_not_depend_on_those_after_it(digits):
    many = _corrupt_image.corrupt(digits, ["rare"] * 40, digits, seed=3)
    few = _corrupt_image.corrupt(digits[:5], ["rare"] * 5, digits[:5], seed=3)
    assert (many[:5] == few).all()
    assert (_corrupt_image.corrupt(digits, ["rare"] * 40, digits, seed=4) != many).any()


CORPUS = ["the cat sat on the mat", "the dog ran to the cat", "a zebra sat", "the mat"]


def test_two_halves_of_a_text_are_joined():
    found = _corrupt_text.corrupt(["a b c d"] * 9, ["ambiguous"] * 9, ["w x y z"] * 9, corpus=CORPUS, seed=0)
    assert set(found) == {"a b y z", "w x c d"}


def test_an_outlying_text_has_as_many_words_of_letters_or_of_the_corpus():
    found = _corrupt_text.corrupt(["the cat sat"] * 20, ["outlier"] * 20, [""] * 20, corpus=CORPUS, seed=0)
    known = {word for text in CORPUS for word in text.split()}
    assert all(len(text.split()) == 3 for text in found)
    from_corpus = [set(text.split()) <= known for text in found]
    assert 0.2 < np.mean(from_corpus) < 0.8


def test_a_rare_text_has_rare_words_or_is_a_short_piece():
    text = "the cat sat on the mat the cat"
    found = _corrupt_text.corrupt([text] * 20, ["rare"] * 20, [""] * 20, corpus=CORPUS, seed=0)
    assert {len(one.split()) for one in found} == {2, 8}
    assert all(one in text for one in found if len(one.split()) == 2)


def test_empty_texts_and_an_empty_corpus_do_no_harm():
    assert _corrupt_text.corrupt([""] * 4, KINDS, [""] * 4, corpus=[""], seed=0) == [""] * 4


TABLE = pd.DataFrame(
    {
        "age": np.arange(400),
        "height": np.linspace(1, 2, 400),
        "town": ["Rome"] * 399 + ["Oslo"],
        "ok": [True, False] * 200,
    }
)


def rows_of(kind, n=60):
    return _corrupt_row.corrupt(TABLE[100 : 100 + n], [kind] * n, TABLE[300 : 300 + n], table=TABLE, seed=0)


def test_a_mixture_of_two_rows_lies_between_them_and_whole_numbers_stay_whole():
    found = rows_of("ambiguous")
    assert found["age"].dtype == np.int64
    assert (found["age"].to_numpy() - np.arange(100, 160)).min() >= 89  # .45 of 200, less the rounding
    assert (found["age"].to_numpy() - np.arange(100, 160)).max() <= 111
    assert set(found["town"]) == {"Rome"}
    assert found.index.tolist() == list(range(100, 160))


def test_values_of_the_tails_and_the_rarest_category_make_a_row_rare():
    found = rows_of("rare")
    changed = found["age"] != TABLE["age"][100:160]
    assert set(found["age"][changed]) <= {0, 1, 398, 399}
    assert changed.any()
    assert "Oslo" in set(found["town"])
    assert ((found != TABLE[100:160]).sum(axis=1) <= 1).all()  # one of four columns


def test_an_outlying_row_takes_each_value_from_elsewhere():
    found = rows_of("outlier")
    assert found["age"].between(-200, 599).all()
    assert not found["age"].between(0, 399).all()
    assert set(found["town"]) == {"Rome", "Oslo"}
    assert found["ok"].dtype == bool


def test_a_missing_number_makes_the_mixture_missing():
    table = pd.DataFrame({"x": [1.0, np.nan, 3.0]})
    found = _corrupt_row.corrupt(table, ["ambiguous"] * 3, table[::-1], table=table, seed=0)
    assert found["x"].isna().tolist() == [False, True, False]


def test_flat_numbers_are_mixed_permuted_or_sent_to_the_tails():
    table = np.random.default_rng(0).normal(size=(500, 6)).astype(np.float32)
    few, kinds = table[:40], KINDS * 10
    found = _corrupt_array.corrupt(few, kinds, few[::-1], table=table, seed=0)
    assert found.dtype == np.float32
    assert (found[::4] == few[::4]).all()
    middle = (few + few[::-1])[1::4] / 2
    assert np.abs(found[1::4] - middle).max() < 0.06 * np.abs(few - few[::-1]).max()
    moved = found[3::4] != few[3::4]
    assert (moved.sum(axis=1) == 2).all()  # a third of 6
    assert np.abs(found[3::4][moved]).min() > 2


def test_token_numbers_stay_token_numbers():
    tokens = np.random.default_rng(0).integers(0, 50, (40, 8))
    found = _corrupt_array.corrupt(tokens, KINDS * 10, tokens[::-1], table=tokens, seed=0)
    assert found.dtype == tokens.dtype
    assert set(np.unique(found)) <= set(np.unique(tokens))
    joined = (found[1::4] == tokens[1::4]) | (found[1::4] == tokens[::-1][1::4])
    assert joined.all()


def test_standardised_pictures_are_turned_or_enlarged():
    pictures = np.random.default_rng(0).normal(size=(20, 3, 8, 6)).astype(np.float32)
    found = _corrupt_array.corrupt(pictures, ["rare"] * 20, pictures, table=pictures, seed=0)
    assert (found != pictures).any(axis=(1, 2, 3)).all()
    assert set(np.unique(found)) <= set(np.unique(pictures))
