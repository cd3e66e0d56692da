"""The noise models of the public table: how many labels are wrong, which, and what they became."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks.public import noise
from benchmarks.public._evidence import streams
from benchmarks.public._types import CleanRows
from hem_core import folder

NOISE = folder.names(noise)


def rows(n=600, k=4):
    chance = np.random.default_rng(0)
    labels = np.arange(n) % k
    embeddings = np.eye(k)[labels] + chance.normal(0, 0.3, (n, k))
    logits = 3 * embeddings
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return CleanRows(embeddings.astype(np.float32), labels, k, probs)


def wronged(name, clean, rate=0.1, seed=0):
    return getattr(folder.load(noise, name), name)(clean, rate, seed)


@pytest.mark.parametrize("name", NOISE)
@pytest.mark.parametrize("rate", [0.05, 0.1, 0.2])
def test_a_noise_model_makes_its_rate_of_labels_wrong(name, rate):
    clean = rows()
    before = clean.labels.copy()
    labels = wronged(name, clean, rate)
    assert (labels != before).sum() == round(rate * len(before))
    assert labels.min() >= 0
    assert labels.max() < clean.n_classes
    np.testing.assert_array_equal(clean.labels, before)


@pytest.mark.parametrize("name", NOISE)
def test_a_noise_model_draws_by_its_seed_alone(name):
    clean = rows()
    np.testing.assert_array_equal(wronged(name, clean, seed=1), wronged(name, clean, seed=1))
    assert (wronged(name, clean, seed=1) != wronged(name, clean, seed=2)).any()


@pytest.mark.parametrize("name", NOISE)
def test_a_noise_model_says_what_it_is_and_where_it_is_from(name):
    module = folder.load(noise, name)
    assert module.TITLE
    assert module.REFERENCE
    assert "(N,)" in getattr(module, name).__doc__


def confusing(n, k=4):
    """Rows of a weak model that knows every class but takes half of 0 for 1 and half of 1 for 0."""
    labels = np.arange(n) % k
    probs = np.eye(k)[labels]
    mixed = labels < 2
    probs[mixed] = [0.5, 0.5, 0, 0]
    return CleanRows(np.zeros((n, 1), np.float32), labels, k, probs)


def test_confusion_flips_only_pairs_that_the_weak_model_confuses():
    clean = confusing(400)
    labels = wronged("confusion", clean)
    assert set(zip(clean.labels[labels != clean.labels], labels[labels != clean.labels], strict=True)) == {
        (0, 1),
        (1, 0),
    }


def test_no_class_loses_its_majority_to_confusions_or_to_the_annotator():
    labels = np.repeat([0, 1], [950, 50])
    probs = np.repeat([[0.99, 0.01], [0.9, 0.1]], [950, 50], axis=0)
    clean = CleanRows(np.zeros((1000, 1), np.float32), labels, 2, probs)
    for name in ("confusion", "annotator"):
        flipped = wronged(name, clean, 0.1) != labels
        assert flipped[labels == 1].sum() == 20  # .4 of 50
        assert flipped.sum() == 100


@pytest.mark.parametrize("name", ["confusion", "annotator"])
def test_classes_of_two_rows_may_lose_one_and_more_than_the_classes_may_lose_is_an_error(name):
    few = rows(n=154, k=77)
    flipped = wronged(name, few, 0.2) != few.labels
    assert flipped.sum() == 31  # .2 of 154
    assert np.bincount(few.labels[flipped]).max() == 1
    with pytest.raises(ValueError, match=r"300 wrong labels were asked for, and the classes take 240 at 40% of each"):
        wronged(name, rows(), 0.5)


def test_classes_that_the_weak_model_never_confuses_take_no_confusions():
    with pytest.raises(ValueError, match=r"100 wrong labels were asked for, and the classes take 80"):
        wronged("confusion", confusing(400), 0.25)


def test_the_annotator_is_wrong_where_the_weak_model_is_and_says_what_it_says():
    labels = np.zeros(1000, np.int64)
    probs = np.tile([0.998, 0.001, 0.001], (1000, 1))
    probs[:100] = [0.01, 0.04, 0.95]
    clean = CleanRows(np.zeros((1000, 1), np.float32), labels, 3, probs)
    given = wronged("annotator", clean, 0.1)
    assert (given[:100] == 2).sum() > 90


def test_part_dependent_gives_like_rows_the_same_wrong_class():
    clean = rows(n=2000)
    like = CleanRows(10 * np.eye(4, dtype=np.float32)[clean.labels], clean.labels, 4, clean.weak_probs)
    given = wronged("part_dependent", like, 0.2)
    for own in range(4):
        became = given[(clean.labels == own) & (given != own)]
        assert np.bincount(became).max() > 0.6 * len(became)


def test_uniform_flips_reach_every_other_class_alike():
    clean = rows(n=6000)
    given = wronged("uniform", clean, 0.2)
    became = np.bincount(given[(clean.labels == 0) & (given != 0)], minlength=4)
    assert became[0] == 0
    assert became[1:].min() > 0.8 * became[1:].mean()


def test_the_seeds_of_a_draw_differ():
    assert len({*streams(1), *streams(2)}) == 10
