"""The contract of a medium as its author calls it: what is right passes, what is broken is told what to change."""

import sys

import pandas as pd
import pytest

from hem_core import media
from hem_core.testing import check_medium

MEDIUM = """
from dataclasses import replace
from random import random

from hem_core.media import Read
from hem_core.media import text
from hem_core.media._texts import Texts

RIGHT = replace(
    text.MEDIUM,
    open=lambda source: Texts(source.catalog["song"].to_pylist()),
    claims=lambda schema: "song" if "song" in schema.names else None,
    columns=("song",),
    words=lambda example: example["song"],
    read_back=lambda examples, data, features: Texts(examples["song"].tolist()),
    as_data=lambda part: (part.table, {{}}),
)


class Lossy(Texts):
    def read(self, indices):
        found = super().read(indices)
        return Read(found.values, found.indices, found.hashes, [])


class Whole(Texts):
    def read(self, indices):
        found = super().read(indices)
        return Read([f"{{len(indices)}}"] * len(found.values), found.indices, found.hashes, found.failures)


def in_place(values, kinds, partners, *, pool, is_picture, seed):
    values[1] = "la"
    return values


def drawn_anew(values, kinds, partners, *, pool, is_picture, seed):
    return [values[0]] + [str(random()) for _ in values[1:]]


def all_alike(values, kinds, partners, *, pool, is_picture, seed):
    return ["la"] * len(values)


def by_the_last(values, kinds, partners, *, pool, is_picture, seed):
    return [values[0]] + [values[-1]] * (len(values) - 1)


MEDIUM = replace(RIGHT, {change})
"""
SONGS = pd.DataFrame({"label": list("abab"), "song": ["one two", "three four", None, "five six"]})


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Checks a medium that differs from one of songs by one of its entries."""
    monkeypatch.setattr(media, "__path__", [*media.__path__, str(tmp_path)])

    def checked(change):
        (tmp_path / "song.py").write_text(MEDIUM.format(change=change))
        check_medium("song", SONGS)

    yield checked
    sys.modules.pop("hem_core.media.song", None)


def test_a_right_medium_passes(checked):
    checked("")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("look='sound'", "`look` of medium song is 'sound'; wanted one of: picture, words, features, nothing"),
        ("columns=()", "medium song shows words; name the columns that `words` reads in `columns`"),
        ("claims=lambda schema: None", "is of medium .*; let `claims` of song name a column"),
        ("open=lambda source: Lossy(source.catalog['song'].to_pylist())", "failed on .* of 4; each belongs in one"),
        ("open=lambda source: Whole(source.catalog['song'].to_pylist())", "is another when it is read alone"),
        ("words=lambda example: None", "`words` of medium song gives None for an example; give text"),
        ("pictures='drawn'", "has pictures, and `picture_of` gives None; give a Pillow image"),
        ("spoil=in_place", "changes the values that it gets; work on a copy"),
        ("spoil=drawn_anew", "gives others the second time; draw from `seed`"),
        ("spoil=all_alike", "changes a mislabelled probe; only its label is wrong"),
        ("spoil=by_the_last", r"depends on those beside it; draw from default_rng\(\(seed, i\)\)"),
        ("read_back=lambda examples, data, features: Texts(['x'] * len(examples))", "gives other values than"),
        ("as_data=lambda part: (part.table.slice(1), {})", "wrote 3 examples, and 2 are read"),
    ],
)  # fmt: skip
def test_a_broken_medium_is_told_what_to_change(checked, change, problem):
    with pytest.raises(AssertionError, match=problem):
        checked(change)
