"""What `hem advise` does with its options, and that a measurement nobody asked for cannot end it."""

import numpy as np
import pytest
from typer.testing import CliRunner

from hem_core.advise.bench import Bench
from hem_core.advise.measure import measure_bench
from hem_core.cli import command_line
from hem_core.errors import DataError, HemError


def advise(run, *options):
    return CliRunner().invoke(command_line(), ["advise", str(run.folder), "--json", *map(str, options)])


def clouds(n, share=0.5):
    """n examples of two classes, of which `share` are of the first, with embeddings that tell most of them apart."""
    labels = np.where(np.arange(n) * 37 % 100 < 100 * share, "a", "b")
    apart = np.where(labels == "a", 0.6, -0.6)[:, None]
    return labels.tolist(), np.random.default_rng(1).normal(size=(n, 8)) + apart


@pytest.fixture
def embedded(predicted):
    """embedded(n, share=…): a run of `clouds` whose embeddings are of a model that had not seen them."""

    def make(n, share=0.5):
        labels, embedding = clouds(n, share)
        guesses = [*labels[1:], "b"] if share == 1 else labels
        return predicted(labels, guesses, embedding=embedding, names="ab")

    return make


def test_a_run_of_12_rows_is_advised_on_without_a_curve(embedded):
    done = advise(embedded(12))
    assert done.exit_code == 0, done.output
    assert "has 9 examples to train on in a fold, too few for a learning curve" in done.output
    assert '"name": "stop"' in done.output


def test_a_curve_of_one_class_is_refused_by_its_reason(embedded):
    run = embedded(200, share=1)
    done = advise(run)
    assert done.exit_code == 0, done.output
    assert "has labelled training examples of 1 class; a learning curve needs 2 or more" in done.output
    assert "1 class;" in str(advise(run, "--curve").exception)


def test_a_folder_that_cannot_be_written_to_is_advised_on(embedded):
    run = embedded(200)
    (run.folder / "advise").write_text("in the way")
    done = advise(run)
    assert done.exit_code == 0, done.output
    assert "No learning curve was measured: " in done.output


def test_examples_in_no_fold_are_too_few(embedded):
    run, n = embedded(200), 200
    none = np.full(n, -1)
    targets = np.arange(n) % 2
    bench = Bench(run, "nobody", True, False, lambda *_: none, targets, none, np.ones(n, bool), targets, {})
    with pytest.raises(DataError, match="0 examples to train on in a fold, too few"):
        measure_bench(bench)


@pytest.mark.parametrize("option", [["--changes"], ["--train", "m:train"], ["--folds", "1"], ["--data", "d.csv"]])
def test_an_option_of_the_curve_asks_for_the_curve(predicted, option):
    run = predicted(["a", "b"] * 50, ["a", "b"] * 50)  # which cannot be measured: without embeddings and data
    assert advise(run).exit_code == 0
    assert isinstance(advise(run, *option).exception, HemError)
    refused = advise(run, *option, "--no-curve").exception
    assert str(refused).startswith(f"{option[0]} and --no-curve exclude each other")
