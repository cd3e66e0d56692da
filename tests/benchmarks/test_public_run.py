"""The command of the public table: it prints a table, resumes, and says where a peer wins."""

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.append(str(Path(__file__).parents[2]))

from benchmarks.public import _results, run, sets
from benchmarks.public._markdown import tables
from benchmarks.public._measures import measures
from hem_core import folder

SMALL = ["--sets", "breast_cancer", "--noise", "uniform", "--rates", "0.1", "--seeds", "2", "--first-seed", "0"]
DATA = Path(__file__).parents[3] / "shared" / "data"
WITH_SKLEARN = ["breast_cancer", "digits"]


def asked(tmp_path, *methods, again=()):
    more = ["--again", *again] if again else []
    run.main([*SMALL, "--methods", *methods, "--results", str(tmp_path), "--data", str(tmp_path / "none"), *more])
    return pd.read_csv(tmp_path / "breast_cancer.csv")


@pytest.mark.slow
def test_a_run_prints_a_table_and_a_new_method_adds_only_its_rows(tmp_path, capsys):
    first = asked(tmp_path, "random_order", "knn_vote")
    printed = capsys.readouterr().out
    assert re.search(r"\| k-NN vote \| \*\*0\.\d{3}\*\* ± ", printed)
    assert "| random order | 0." in printed
    capsys.readouterr()
    second = asked(tmp_path, "random_order", "knn_vote", "simifeat")
    assert capsys.readouterr().err.count("methods: 1\n") == 2
    old = second[second["method"] != "simifeat"].reset_index(drop=True)
    pd.testing.assert_frame_equal(old, first)


@pytest.mark.slow
def test_the_same_command_gives_the_same_bytes(tmp_path):
    asked(tmp_path, "random_order", "knn_vote")
    before = (tmp_path / "breast_cancer.csv").read_bytes()
    asked(tmp_path, "random_order", "knn_vote", again=["knn_vote", "random_order"])
    assert (tmp_path / "breast_cancer.csv").read_bytes() == before


def test_a_set_whose_file_is_missing_is_skipped_and_named(tmp_path, capsys):
    run.main(["--sets", "adult", "--methods", "knn_vote", "--results", str(tmp_path), "--data", str(tmp_path / "none")])
    printed = capsys.readouterr()
    assert "adult is skipped" in printed.err
    assert "No draw has a result of every method yet." in printed.out


def test_measures_of_five_labels_by_hand():
    wrong, suspicion = np.array([True, True, False, False, False]), np.array([5.0, 3.0, 4.0, 2.0, 1.0])
    found = measures(wrong, suspicion, np.array([True, False, True, False, False]), 0)
    assert found["auprc"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["auroc"] == pytest.approx(5 / 6)
    assert found["precision_at_errors"] == 0.5
    assert found["f1"] == 0.5
    assert found["recall_at_10"] == 0.0  # 10% of five are no row at all


def test_recall_at_ten_percent_counts_the_first_tenth():
    wrong = np.arange(20) < 4
    assert measures(wrong, -np.arange(20.0), None, 0)["recall_at_10"] == 0.5
    assert np.isnan(measures(wrong, -np.arange(20.0), None, 0)["f1"])


def results(**auprc):
    """Two seeds of one draw each, with these AUPRC."""
    same = {"set": "digits", "noise": "uniform", "rate": 0.1, "auroc": 0.9, "precision_at_errors": 0.5}
    same |= {"recall_at_10": 0.5, "f1": np.nan, "library": ""}
    return pd.DataFrame(
        [{**same, "seed": seed, "method": name, "auprc": value} for name, value in auprc.items() for seed in (1, 2)]
    )


def test_the_table_says_where_a_peer_wins_and_by_how_much():
    text = tables(results(hem_label_suspicion=0.5, knn_vote=0.75, random_order=0.1))
    assert "In 1 of 1 pairs" in text
    assert "| digits, uniform: k-NN vote | 0.750 | 0.500 | -0.250 |" in text
    assert "In 0 of 1 pairs" in tables(results(hem_label_suspicion=0.8, knn_vote=0.75))


def test_the_methods_that_decide_have_tables_of_their_f1():
    rows = results(hem_label_suspicion=0.5, knn_vote=0.75)
    assert "F1 of the decision, of" not in tables(rows)
    rows.loc[rows["method"] == "hem_label_suspicion", "f1"] = [0.25, 0.75]
    after = tables(rows).split("F1 of the decision, of the methods that decide")[1]
    assert "| HEM, label_suspicion | **0.500** ± 0.354 | **0.500** ± 0.354 | **0.500** ± 0.354 |" in after  # all, …
    assert "k-NN vote | " not in after.split("In 0 of 1")[0].split("In 1 of 1")[0]


def test_the_readme_has_the_table_of_the_results():
    folder_of_table = Path(run.__file__).parent
    assert tables(_results.read(folder_of_table / "results")) in (folder_of_table / "README.md").read_text("utf-8")


def test_a_draw_that_lacks_a_method_is_left_out():
    rows = results(hem_label_suspicion=0.5, knn_vote=0.75)
    assert tables(rows.iloc[:-1]).startswith("No draw")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in WITH_SKLEARN else pytest.mark.data) for name in folder.names(sets)],
)
def test_a_set_has_finite_rows_and_the_classes_that_it_says(name):
    module = folder.load(sets, name)
    found = getattr(module, name)(DATA)
    n = len(found.labels)
    assert (found.inputs.shape[0], found.embeddings.shape[0]) == (n, n)
    assert np.isfinite(found.inputs).all()
    assert np.isfinite(found.embeddings).all()
    assert found.n_classes == module.N_CLASSES == len(np.unique(found.labels))
    assert (found.inputs.dtype, found.embeddings.dtype, found.labels.dtype) == (np.float32, np.float32, np.int64)
