import numpy as np

from hem_core.difficulty.calibrate_reasons import calibrate
from hem_core.difficulty.features import Features
from hem_core.difficulty.reasons import REASONS

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
