import numpy as np

from hem_core.reasons.calibrate import calibrate
from hem_core.reasons.features import Features
from hem_core.reasons.rules import REASONS

NAMES = ("margin", "top2_gap", "votes_other")
CENTRES = {"mislabelled": (0.98, 0.3, 0.98), "ambiguous": (0.9, 0.98, 0.4), "easy": (0.4, 0.4, 0.4)}
RNG = np.random.default_rng(0)


def around(centre, n):
    return np.clip(np.array(centre) + RNG.normal(0, [0.01, 0.03, 0.03], (n, 3)), 0, 1).astype(np.float32)


def probes():
    kinds = np.repeat(list(CENTRES), 60).astype(object)
    return np.concatenate([around(centre, 60) for centre in CENTRES.values()]), kinds


def test_wrong_labels_that_the_embedding_has_learned_are_named_all_the_same():
    # The neighbours no longer speak against these labels, for the net was trained on them: no probe looks like that.
    moved, easy = around((0.98, 0.3, 0.5), 40), around(CENTRES["easy"], 960)
    examples, kinds = probes()
    found = calibrate(Features(np.concatenate([moved, easy]), NAMES), examples, kinds, seed=0)
    named = found.probs.argmax(axis=1)
    assert (named[:40] == REASONS.index("mislabelled")).mean() > 0.5
    assert (named[40:] == REASONS.index("easy")).mean() > 0.98


def test_what_is_measured_is_of_the_probes_alone():
    rows = Features(around(CENTRES["easy"], 300), NAMES)
    examples, kinds = probes()
    tagged, tags = np.array([0, 1, 2]), ["outlier", "outlier", "hard"]
    found = calibrate(rows, examples, kinds, seed=0, tagged=tagged, tags=tags)
    assert found.model.measured["n"] == len(kinds)
    np.testing.assert_allclose(found.probs.sum(axis=1), 1, atol=1e-5)


def test_right_with_nothing_special_is_neither_mislabelled_nor_ambiguous_and_hard_is_not_easy():
    # Both look ambiguous: what "right" leaves open is easy, what "hard" leaves open is ambiguous.
    rows = Features(np.concatenate([around(CENTRES["ambiguous"], 40), around(CENTRES["easy"], 260)]), NAMES)
    examples, kinds = probes()
    named = {}
    for word in ("right", "hard"):
        found = calibrate(rows, examples, kinds, seed=0, tagged=np.arange(40), tags=[word] * 40)
        named[word] = REASONS[np.bincount(found.probs[:40].argmax(axis=1), minlength=6).argmax()]
    assert named == {"right": "easy", "hard": "ambiguous"}
