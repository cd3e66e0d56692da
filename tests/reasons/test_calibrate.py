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


def test_right_and_hard_rule_out_what_has_a_key_of_its_own():
    # All look ambiguous: "right" leaves easy and subtle, "hard" leaves rare and subtle.
    rows = Features(np.concatenate([around(CENTRES["ambiguous"], 40), around(CENTRES["easy"], 260)]), NAMES)
    examples, kinds = probes()
    examples = np.concatenate([examples, around((0.75, 0.85, 0.4), 60)])
    kinds = np.append(kinds, np.full(60, "subtle", dtype=object))
    subtle, ambiguous = REASONS.index("subtle"), REASONS.index("ambiguous")
    before = calibrate(rows, examples, kinds, seed=0).probs[:40].mean(axis=0)
    for word in ("right", "hard"):
        found = calibrate(rows, examples, kinds, seed=0, tagged=np.arange(40), tags=[word] * 40).probs[:40].mean(axis=0)
        assert found[subtle] > 4 * before[subtle]
        assert found[ambiguous] < before[ambiguous]


def test_tags_let_the_examples_own_facts_count_and_without_tags_they_do_not():
    # Half of the rows are dark; whatever is dark is an outlier, says whoever looked, and the features know nothing.
    rows = Features(around(CENTRES["easy"], 400), NAMES)
    dark = np.arange(400) < 200
    own = Features(np.where(dark, 0.25, 0.75)[:, None].astype(np.float32), ("brightness",))
    examples, kinds = probes()
    examples, kinds = np.concatenate([examples, around((0.5, 0.5, 0.5), 60)]), np.append(kinds, ["outlier"] * 60)
    tagged = np.r_[0:15, 200:215]
    tags = ["outlier"] * 15 + ["easy"] * 15
    place = REASONS.index("outlier")

    def of_dark_and_light(**more):
        probs = calibrate(rows, examples, kinds.astype(object), seed=0, own_facts=own, **more).probs[:, place]
        return probs[15:200].mean(), probs[215:].mean()

    in_dark, in_light = of_dark_and_light(tagged=tagged, tags=tags)
    assert in_dark > 0.5 > 0.2 > in_light
    assert abs(np.subtract(*of_dark_and_light())) < 0.01
    assert abs(np.subtract(*of_dark_and_light(tagged=tagged[10:20], tags=tags[10:20]))) < 0.1  # too few


def test_clean_rows_that_a_fresh_model_gets_wrong_are_subtle_and_inflate_no_other_kind():
    hard = around((0.95, 0.7, 0.55), 60)  # between wrong labels and close calls: no probe looks like that
    rows = Features(np.concatenate([hard, around(CENTRES["easy"], 300)]), NAMES)
    examples, kinds = probes()
    is_wrong = np.arange(360) < 60
    without = calibrate(rows, examples, kinds, seed=0)
    found = calibrate(rows, examples, kinds, seed=0, is_wrong=is_wrong)
    subtle = REASONS.index("subtle")
    assert (found.probs[:60].argmax(axis=1) == subtle).mean() > 0.5 > without.probs[:60, subtle].max()
    assert found.probs[:60, REASONS.index("ambiguous")].mean() < without.probs[:60, REASONS.index("ambiguous")].mean()


def test_which_rows_join_as_surely_mislabelled_does_not_depend_on_how_common_they_are():
    moved = around((0.98, 0.3, 0.5), 40)
    examples, kinds = probes()
    named = []
    for n_easy in (160, 3960):
        rows = Features(np.concatenate([moved, around(CENTRES["easy"], n_easy)]), NAMES)
        named.append((calibrate(rows, examples, kinds, seed=0).probs[:40].argmax(axis=1) == 0).mean())
    assert min(named) > 0.8
