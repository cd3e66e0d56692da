"""A real small training on digits, cross-fitted; killed; taken up again."""

import random
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.special import softmax
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.utils.data import DataLoader

from hem_core.dynamics.table import Dynamics
from hem_core.engine.batch import Batch
from hem_core.engine.network import place
from hem_core.errors import DataError, ModelError
from hem_core.folds.assign import assign
from hem_core.folds.cross_fit import Extra, cross_fit, fit_all, trainings_of
from hem_core.folds.mean_dynamics import mean
from hem_core.reasons.features import features
from hem_core.runs.set_scores import dynamics_scores

pytestmark = pytest.mark.slow

N, FOLDS = 300, 3
CLASSES = [str(digit) for digit in range(10)]
IDS = [f"digit-{index:03d}" for index in range(N)]


class Digits:
    """The first 300 digits as pictures (8, 8, 1); row 7 cannot be read."""

    is_quick = True
    unreadable = 7

    def __init__(self):
        pixels, self.targets = load_digits(return_X_y=True)
        self.images = torch.from_numpy((pixels[:N].reshape(-1, 8, 8, 1) * 15).astype(np.uint8))
        self.targets = self.targets[:N].astype(np.int64)

    def fingerprint(self):
        return ""

    def read(self, indices):
        good = [index for index in indices if index != self.unreadable]
        failures = [(index, "gone") for index in indices if index == self.unreadable]
        return Batch(self.images[good], good, [""] * len(good), failures)

    def picture(self, index):
        return None


def train(dataset, *, seed, recorder, progress):
    """A hidden layer of 32 and 6 epochs: some 85% of unseen digits are right."""
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for epoch in range(6):
        with recorder.epoch(epoch):
            for images, targets, ids in DataLoader(dataset, batch_size=32, shuffle=True):
                logits = model(images)
                recorder.log(ids, logits, targets)
                optimizer.zero_grad()
                F.cross_entropy(logits, targets).backward()
                optimizer.step()
        progress(epoch + 1, 6)
    return model


def placed(model):
    sample = torch.zeros(2, 8, 8, 1, dtype=torch.uint8)
    return place(model, torch.device("cpu"), sample, is_picture=True, layer=None)[0]


def shared(folder, function=train, **more):
    digits = Digits()
    given = {"inputs": digits, "ids": IDS, "targets": digits.targets, "classes": CLASSES, "seed": 0}
    given |= {"folder": Path(folder), "place": placed, "is_picture": True}
    return trainings_of(function, **(given | more))


def folds():
    return assign(Digits().targets, FOLDS, seed=0)


def run(folder, function=train, **more):
    how = {"fold": folds(), "n_folds": FOLDS, "extra": None, "repeats": 1, "beside": None}
    how |= {name: more.pop(name) for name in how if name in more}
    return cross_fit(shared(folder, function, **more), **how)


def counted(function=train):
    """The function, and the sizes of the sets that it was called with."""
    sizes = []

    def train(dataset, *, seed, recorder, progress):
        sizes.append(len(dataset))
        return function(dataset, seed=seed, recorder=recorder, progress=progress)

    return train, sizes


def flipped():
    """For six rows: a copy with another label, planted in the training of the next fold but their own."""
    source, digits, fold = np.arange(20, 26), Digits(), folds()
    return Extra(
        values=digits.images[source],
        labels=(digits.targets[source] + 1) % 10,
        kinds=np.array(["mislabelled"] * 6),
        source=source,
        planted_in=(fold[source] + 1) % FOLDS,
        replaces=source,
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return run(tmp_path_factory.mktemp("undisturbed"), extra=flipped())


def test_every_readable_example_is_judged_by_a_model_that_did_not_see_it(undisturbed):
    targets = Digits().targets
    is_known = np.isfinite(undisturbed.logits).all(axis=1)
    assert np.flatnonzero(~is_known).tolist() == [Digits.unreadable]
    assert (undisturbed.logits[is_known].argmax(axis=1) == targets[is_known]).mean() > 0.75


def test_random_labels_are_guessed_no_better_than_by_chance(tmp_path):
    noise = np.random.default_rng(0).integers(0, 10, N)
    found = run(tmp_path, targets=noise)
    known = np.isfinite(found.logits[:, 0])
    assert (found.logits[known].argmax(axis=1) == noise[known]).mean() < 0.2


def test_a_row_never_meets_the_model_that_was_trained_on_it(tmp_path):
    """A model that knows its training ids by heart would be found out: each says which rows it learned."""
    seen = []

    def train(dataset):
        seen.append(set(dataset.ids))
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    run(tmp_path, train)
    for number, ids in enumerate(seen):
        own = {IDS[row] for row in np.flatnonzero(folds() == number)}
        assert not ids & own
        assert ids | own == set(IDS) - ({IDS[Digits.unreadable]} - own)


def test_planted_examples_are_in_one_training_and_judged_by_another_model(undisturbed, tmp_path):
    extra, seen = flipped(), []

    def spying(dataset, *, seed, recorder, progress):
        seen.append(dataset.ids)
        return train(dataset, seed=seed, recorder=recorder, progress=progress)

    run(tmp_path, spying, extra=extra)
    for index, id in enumerate(extra.ids):
        at = [number for number, ids in enumerate(seen) if id in ids]
        assert at == [extra.planted_in[index]]
        assert IDS[extra.source[index]] not in seen[at[0]]
    # a copy is the same picture as its source, and the model of the source's fold judges both
    np.testing.assert_allclose(undisturbed.extra_logits, undisturbed.logits[extra.source], atol=1e-5)
    assert undisturbed.extra_dynamics.ids == extra.ids
    assert undisturbed.extra_dynamics.margins.shape == (6, 6)
    assert (undisturbed.extra_dynamics.margins[:, 2] > 0).mean() > 0.6  # labelled wrongly, and the net knows it


def test_the_dynamics_are_the_mean_over_the_trainings_that_had_an_example(undisturbed):
    assert undisturbed.dynamics.ids == IDS
    assert np.isnan(undisturbed.dynamics.confidences[Digits.unreadable]).all()
    known = np.delete(np.arange(N), Digits.unreadable)
    assert set(np.unique(undisturbed.dynamics.hits[known])) == {0, 1}
    assert undisturbed.dynamics.confidences[known, 5].mean() > undisturbed.dynamics.confidences[known, 0].mean()


def test_a_second_call_trains_nothing_and_says_the_same(tmp_path):
    function, sizes = counted()
    first, again = run(tmp_path, function), run(tmp_path, function)
    assert len(sizes) == FOLDS
    np.testing.assert_array_equal(first.logits, again.logits)
    np.testing.assert_array_equal(first.dynamics.margins, again.dynamics.margins)


@pytest.mark.parametrize(
    "change",
    [{"data_key": "other"}, {"seed": 1}, {"extra": flipped()}, {"weights": np.ones(N)}, {"targets": None}],
    ids=["data", "seed", "extra", "weights", "targets"],
)
def test_what_was_kept_for_something_else_is_trained_anew(tmp_path, change):
    function, sizes = counted()
    run(tmp_path, function)
    if "targets" in change:
        change = {"targets": np.where(np.arange(N) == 0, 5, Digits().targets)}
    found = run(tmp_path, function, **change)
    assert len(sizes) == 2 * FOLDS
    assert (found.extra_dynamics is not None) == ("extra" in change)


def test_another_function_trains_anew(tmp_path):
    function, sizes = counted()
    run(tmp_path, function)
    run(
        tmp_path,
        lambda dataset, seed, recorder, progress: function(dataset, seed=seed, recorder=recorder, progress=progress),
    )
    assert len(sizes) == 2 * FOLDS


def test_other_folds_train_anew_and_a_broken_file_too(tmp_path):
    function, sizes = counted()
    run(tmp_path, function)
    fold = assign(Digits().targets, FOLDS, seed=9)
    run(tmp_path, function, fold=fold)
    assert len(sizes) == 2 * FOLDS
    (tmp_path / "out_of_sample" / "fold_1.npz").write_bytes(b"PK broken")
    run(tmp_path, function, fold=fold)
    assert len(sizes) == 2 * FOLDS + 1


KILLED = """
    import os, signal, sys
    sys.path.insert(0, {tests!r})
    import test_cross_fit as here

    def train(dataset, *, seed, recorder, progress):
        with open("calls.txt", "a") as calls:
            calls.write(f"{{len(dataset)}}\\n")
        if len(open("calls.txt").readlines()) in {kills}:
            progress = lambda done, total: done == 2 and os.kill(os.getpid(), signal.SIGKILL)
        return here.train(dataset, seed=seed, recorder=recorder, progress=progress)

    here.run("run", train, extra=here.flipped())
    here.fit_all(here.shared("run", train))
"""


def test_killed_in_a_training_the_finished_ones_are_not_trained_again(tmp_path):
    """Killed in the second fold, then in the training on everything: 1, 2 killed, 2, 3, all killed, all.

    The undisturbed training is a fresh process too: in one of another history, arrays are aligned otherwise and the
    last bits of a sum differ.
    """
    folders = {}
    for name, kills, steps in (
        ("killed", (2, 5), ((2, -signal.SIGKILL), (5, -signal.SIGKILL), (6, 0))),
        ("undisturbed", (), ((4, 0),)),
    ):
        folders[name] = tmp_path / name
        folders[name].mkdir()
        script = folders[name] / "script.py"
        script.write_text(textwrap.dedent(KILLED.format(tests=str(Path(__file__).parent), kills=kills)))
        for n_calls, code in steps:
            command = [sys.executable, str(script)]
            done = subprocess.run(command, cwd=folders[name], capture_output=True, text=True, timeout=200)
            assert done.returncode == code, done.stderr
            assert len((folders[name] / "calls.txt").read_text().split()) == n_calls
    for number in range(FOLDS):
        stored, wanted = (
            np.load(folder / "run" / "out_of_sample" / f"fold_{number}.npz") for folder in folders.values()
        )
        for field in ("rows", "logits", "extra_rows", "extra_logits"):
            np.testing.assert_array_equal(stored[field], wanted[field])


def test_the_training_on_everything_gives_logits_embeddings_and_dynamics_and_is_kept(tmp_path):
    function, sizes = counted()
    first = fit_all(shared(tmp_path, function))
    assert sizes == [N - 1]
    assert first.embeddings.shape == (N, 32)
    assert first.embeddings.dtype == np.float16
    assert np.flatnonzero(np.isnan(first.logits).any(axis=1)).tolist() == [Digits.unreadable]
    assert not first.model.training
    again = fit_all(shared(tmp_path, function))
    assert (len(sizes), again.model) == (1, None)
    np.testing.assert_array_equal(first.logits, again.logits)
    np.testing.assert_array_equal(first.embeddings, again.embeddings)
    np.testing.assert_array_equal(first.dynamics.hits, again.dynamics.hits)


def resumable(steps, *, dies_after=None):
    """A training of six epochs that keeps its state after each; `steps` notes the epochs that were trained."""

    def train(dataset, *, seed, recorder, checkpoint):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
        start = 0
        if checkpoint.exists():
            stored = torch.load(checkpoint, weights_only=True)
            start = stored["epochs"]
            model.load_state_dict(stored["model"])
        images, targets, ids = next(iter(DataLoader(dataset, batch_size=len(dataset))))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for epoch in range(start, 6):
            if len(steps) == dies_after:
                raise KeyboardInterrupt
            with recorder.epoch(epoch):
                logits = model(images)
                recorder.log(ids, logits, targets)
                optimizer.zero_grad()
                F.cross_entropy(logits, targets).backward()
                optimizer.step()
            torch.save({"model": model.state_dict(), "epochs": epoch + 1}, checkpoint)
            steps.append(epoch)
        return model

    return train


def test_a_function_that_takes_a_checkpoint_gives_its_model_again_without_training(tmp_path):
    steps = []
    first = fit_all(shared(tmp_path, resumable(steps)))
    fit_all(shared(tmp_path, resumable(steps)))
    again = fit_all(shared(tmp_path, resumable(steps)), again=True)
    assert steps == [*range(6)]
    assert torch.equal(again.model[1].weight, first.model[1].weight)
    np.testing.assert_array_equal(again.logits, first.logits)
    np.testing.assert_array_equal(again.dynamics.margins, first.dynamics.margins)
    fit_all(shared(tmp_path, resumable(steps), data_key="other"))
    assert steps == [*range(6)] * 2


def test_a_fold_resumes_from_the_checkpoint_of_a_killed_training(tmp_path):
    whole, steps = run(tmp_path / "whole", resumable([])), []
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed", resumable(steps, dies_after=8))
    resumed = run(tmp_path / "killed", resumable(steps))
    assert steps == [*range(6)] * 3
    np.testing.assert_array_equal(resumed.logits, whole.logits)
    np.testing.assert_array_equal(resumed.dynamics.margins, whole.dynamics.margins)
    assert not list((tmp_path / "killed" / "out_of_sample").glob("checkpoint_*"))


def test_an_example_without_a_label_is_not_trained_on_but_asked_by_the_model_of_everything(tmp_path):
    targets = Digits().targets.copy()
    targets[3] = -1
    function, sizes = counted()
    fold = assign(targets, FOLDS, seed=0)
    assert np.isnan(run(tmp_path, function, targets=targets, fold=fold).logits[3]).all()
    assert sum(sizes) == (FOLDS - 1) * (N - 2)
    assert np.isfinite(fit_all(shared(tmp_path, function, targets=targets)).logits[3]).all()


def test_progress_names_the_fold_and_passes_on_what_the_function_tells(tmp_path):
    told = []
    run(tmp_path, progress=lambda *what: told.append(what))
    assert told[0] == ("fold 1 of 3: training", 0, 0)
    assert ("fold 2 of 3: training", 4, 6) in told
    assert ("fold 3 of 3: predicting", 100, 100) in told


def test_weights_follow_their_rows_and_a_planted_example_has_its_source_s(tmp_path):
    extra, seen = flipped(), {}

    def train(dataset, weights):
        seen.update(zip(dataset.ids, weights.tolist(), strict=True))
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    run(tmp_path, train, weights=np.arange(N), extra=extra)
    assert seen["digit-011"] == 11
    assert [seen[id] for id in extra.ids] == extra.source.tolist()


def test_the_global_random_numbers_decide_within_a_training_and_are_left_as_they_were(tmp_path):
    def train(dataset):
        model = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))  # initialised by torch's global numbers
        model[1].bias.data += random.random() + np.random.random()
        return model

    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()
    first = run(tmp_path / "first", train)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states[:2]
    torch.testing.assert_close(torch.get_rng_state(), states[2])
    torch.manual_seed(99)
    random.seed(99)
    np.testing.assert_array_equal(first.logits, run(tmp_path / "second", train).logits)


def test_an_estimator_that_never_logs_is_judged_too_and_has_no_dynamics(tmp_path):
    def train(dataset):
        images = np.stack([image.numpy().reshape(64) for image, _target, _id in dataset.as_stored()])
        return LogisticRegression(max_iter=500).fit(images / 240, dataset.targets)

    def placed(model):
        sample = torch.zeros(2, 8, 8, 1, dtype=torch.uint8)
        return place(model, torch.device("cpu"), sample, is_picture=True, layer="none")[0]

    found = run(tmp_path, train, place=placed)
    known = np.isfinite(found.logits[:, 0])
    assert known.sum() == N - 1
    assert found.dynamics is None


def test_a_model_that_fails_on_its_rows_is_told_with_its_fold(tmp_path):
    calls = []

    def train(dataset):
        calls.append(1)
        wide = 64 if len(calls) == 1 else 63
        return nn.Sequential(nn.Flatten(), nn.Linear(wide, 10))

    with pytest.raises(ModelError, match="fold 2 of 3: the model failed on a batch of shape"):
        run(tmp_path, train)
    assert (tmp_path / "out_of_sample" / "fold_0.npz").exists()


def test_a_model_of_another_number_of_classes_is_refused(tmp_path):
    with pytest.raises(ModelError, match="fold 1 of 3: the model has 9 outputs; there are 10 classes"):
        run(tmp_path, lambda dataset: nn.Sequential(nn.Flatten(), nn.Linear(64, 9)))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"n_folds": 1, "fold": np.zeros(N, int)}, "at least 2 folds; got 1"),
        ({"n_folds": 2}, r"fold wants 300 numbers in \[0, 2\)"),
        ({"fold": np.zeros(5, int)}, "fold wants 300 numbers"),
        ({"n_folds": 4}, "fold 4 of 4 has no examples"),
    ],
)
def test_folds_that_cannot_be_are_refused(tmp_path, change, text):
    with pytest.raises(DataError, match=text):
        run(tmp_path, **change)


def test_a_training_with_one_class_alone_is_refused(tmp_path):
    with pytest.raises(ModelError, match="fold 1 of 3: its training has examples of fewer than 2 classes"):
        run(tmp_path, targets=np.zeros(N, dtype=np.int64))


def test_the_mean_of_two_recordings_of_different_length():
    from hem_core.dynamics.table import Dynamics

    def recorded(ids, values):
        values = np.array(values, dtype=np.float32)
        return Dynamics(ids, values, -values, np.sign(values))

    found = mean([recorded(["a", "b"], [[0.2, 0.4], [0, 1]]), None, recorded(["a"], [[0.4]])], ["b", "a", "c"])
    np.testing.assert_allclose(found.confidences, [[0, 1], [0.3, 0.4], [np.nan, np.nan]], rtol=1e-6)
    np.testing.assert_array_equal(found.hits, [[0, 1], [1, 1], [np.nan, np.nan]])
    assert mean([None], ["a"]) is None


def test_repeats_are_other_seeds_whose_probabilities_are_averaged_and_each_is_kept(tmp_path):
    function, sizes = counted()
    both = run(tmp_path, function, repeats=2)
    first, second = (run(tmp_path / str(seed), seed=seed) for seed in (0, 1))
    wanted = (softmax(first.logits, axis=1) + softmax(second.logits, axis=1)) / 2
    np.testing.assert_allclose(softmax(both.logits, axis=1), wanted, atol=1e-5)
    known = np.delete(np.arange(N), Digits.unreadable)
    wrong = [each.logits.argmax(axis=1) != Digits().targets for each in (first, second)]
    np.testing.assert_array_equal(both.errors[known], np.stack(wrong, axis=1)[known])
    assert np.isnan(both.losses[Digits.unreadable]).all()
    targets = torch.from_numpy(Digits().targets[known])
    loss = F.cross_entropy(torch.from_numpy(first.logits[known]), targets, reduction="none")
    np.testing.assert_allclose(both.losses[known, 0], loss, atol=1e-4)
    assert (tmp_path / "out_of_sample" / "fold_1_0.npz").exists()
    run(tmp_path, function, repeats=2)
    assert len(sizes) == 2 * FOLDS


def test_probes_are_asked_of_every_repeat(tmp_path, undisturbed):
    both = run(tmp_path, extra=flipped(), repeats=2)
    second = run(tmp_path / "second", extra=flipped(), seed=1)
    wanted = (softmax(undisturbed.extra_logits, axis=1) + softmax(second.extra_logits, axis=1)) / 2
    np.testing.assert_allclose(softmax(both.extra_logits, axis=1), wanted, atol=1e-5)
    margins = (undisturbed.extra_dynamics.margins + second.extra_dynamics.margins) / 2
    np.testing.assert_allclose(both.extra_dynamics.margins, margins, atol=1e-5)


@pytest.mark.parametrize("repeats", [1, 2])
def test_the_dynamics_of_rows_beside_probes_are_of_one_training_a_repeat(tmp_path, repeats):
    calls = []

    def numbered(dataset, *, recorder):
        """Record the number of the training as the margin of every example."""
        number = float(len(calls))
        calls.append(number)
        logits = F.one_hot(torch.as_tensor(dataset.targets), 10).float() * number
        recorder.log(dataset.ids, logits, torch.as_tensor(dataset.targets), 0)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    extra, fold = flipped(), folds()
    found = run(tmp_path, numbered, extra=extra, repeats=repeats)
    training = (fold + 1) % FOLDS
    training[extra.source] = (fold[extra.source] + 2) % FOLDS  # a probe has their place in the next one
    known, later = np.delete(np.arange(N), Digits.unreadable), FOLDS * (repeats - 1) / 2
    np.testing.assert_allclose(-found.single_dynamics.margins[known, 0], training[known] + later)
    np.testing.assert_allclose(-found.extra_dynamics.margins[:, 0], extra.planted_in + later)
    assert np.isnan(found.single_dynamics.margins[Digits.unreadable]).all()


def test_probes_that_fare_as_the_rows_do_have_no_other_places_among_them(tmp_path):
    def noise(dataset, *, seed, recorder):
        """Record the same chance for every example."""
        targets = torch.as_tensor(dataset.targets)
        for epoch in range(12):
            ahead = torch.randn(len(targets), 1) + epoch / 4 - 1
            recorder.log(dataset.ids, F.one_hot(targets, 10) * ahead, targets, epoch)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 10))

    source, fold = np.arange(20, 220), folds()
    copies = Digits().images[source], Digits().targets[source], np.array(["outlier"] * len(source)), source
    extra = Extra(*copies, planted_in=(fold[source] + 1) % FOLDS, replaces=source)
    found = run(tmp_path, noise, extra=extra)
    names = ("aum_windowed", "confidence_mean", "variability", "forgetting", "learned_epoch")
    rows, probes = (dynamics_scores(each, 6) for each in (found.single_dynamics, found.extra_dynamics))
    places = features(probes, reference=rows, names=names).values
    np.testing.assert_allclose(places.mean(axis=0), 0.5, atol=0.08)  # 3 standard errors are .06 and .04
    np.testing.assert_allclose((places[:, :3] > 0.75).mean(axis=0), 0.25, atol=0.1)  # the last two have many ties
    averaged = dynamics_scores(found.dynamics, 6)  # what rows must not be compared by
    assert features(probes, reference=averaged, names=["variability"]).values.mean() > 0.58


def test_another_recording_counts_in_the_mean_of_the_dynamics(tmp_path, undisturbed):
    other = Dynamics(IDS, *(np.full((N, 2), value, np.float32) for value in (0.5, 30.0, 0.0)))
    found = run(tmp_path, extra=flipped(), beside=other).dynamics
    before, after = undisturbed.dynamics.margins, found.margins
    n = FOLDS - 1  # trainings that had a row in whose place no probe was planted
    rows = np.setdiff1d(np.arange(N), [*flipped().replaces, Digits.unreadable])
    np.testing.assert_allclose(after[rows, 1], (before[rows, 1] * n + 30) / (n + 1), rtol=1e-4)
    np.testing.assert_allclose(after[rows, 2], before[rows, 2], rtol=1e-5)
