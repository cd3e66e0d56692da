import numpy as np
import pandas as pd

from hem_core import media
from hem_core.media.synthetic import (
    COLUMN,
    FAINT,
    LEVELS,
    MOST_CLASSES,
    ODD,
    OUTLINED,
    PLAIN,
    Drawing,
    class_name,
    drawn,
    unpacked,
)
from hem_core.testing import check_medium


def picture(shape, *, seed=1, partner=0, blend=0, noise=0, style=PLAIN):
    return drawn(Drawing(seed, shape, partner, blend, noise, style).packed()).astype(float)


def test_the_medium_keeps_what_it_promises():
    numbers = pd.array([Drawing(seed, seed, 0, 0, 3, PLAIN).packed() for seed in range(3)] + [None], "Int64")
    check_medium("synthetic", pd.DataFrame({"label": list("abab"), COLUMN: numbers}))
    assert media.medium("synthetic").is_drawn_on_request


def test_a_number_says_what_it_was_made_of():
    largest = Drawing(2**31 - 1, MOST_CLASSES - 1, MOST_CLASSES - 2, LEVELS, LEVELS, OUTLINED)
    assert largest.packed() > 0
    assert unpacked(int(largest.packed())) == largest
    many = Drawing(np.arange(3), np.arange(3), 1, 0, 2, FAINT).packed()
    assert unpacked(int(many[2])) == Drawing(2, 2, 1, 0, 2, FAINT)


def test_no_two_classes_look_alike_and_one_class_looks_like_itself():
    assert len({class_name(number) for number in range(MOST_CLASSES)}) == MOST_CLASSES
    means = np.array([np.mean([picture(c, seed=s) for s in range(4)], axis=0) for c in range(20)])
    again = np.array([np.mean([picture(c, seed=s) for s in range(50, 54)], axis=0) for c in range(20)])
    apart = np.abs(again[:, None] - means[None]).mean(axis=(2, 3, 4))
    assert (apart.argmin(axis=1) == np.arange(20)).all()


def test_a_blend_lies_between_its_classes_and_noise_and_style_show():
    one, other = picture(3), picture(4)
    half = picture(3, partner=4, blend=LEVELS // 2)
    assert np.abs(half - one).mean() > 1
    assert np.array_equal(picture(3, partner=4, blend=LEVELS), picture(4, partner=4, blend=LEVELS))
    assert np.abs(picture(3, noise=LEVELS) - one).mean() > 5 * np.abs(picture(3, noise=1) - one).mean()
    assert other.std() > 2 * picture(4, style=FAINT).std()
    assert picture(3, style=OUTLINED).mean() < 0.6 * one.mean()
    assert not np.array_equal(picture(3, style=ODD), one)
