import base64
import io

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from app.views.overview.glance import class_priors, overview
from app.views.slices.typical import _apart
from app.views.slices.weak_slices import weak_slices
from hem_core.slices.attributes import values_of
from hem_core.slices.traits import Traits, numbers, values_of_attribute
from hem_core.store.atomic import write_array, write_table
from hem_core.store.run import open_run
from hem_core.store.workspace import open_workspace


def said(test):
    kinds = ("markdown", "caption", "info", "success")
    return "\n".join(str(one.value) for kind in kinds for one in getattr(test, kind))


def test_slices_are_listed_with_interval_ratio_and_p(show, calibrated):
    test = show(calibrated(), "slices")
    assert not test.exception
    assert test.dataframe[0].value.iloc[0].tolist() == ["cluster **1**", 10, 4, 40.0, "17.0 – 69.0", 4.0, "0.012"]
    assert "overall error rate 10.0%" in said(test)


def test_typical_members_stand_beside_each_slice(show, calibrated):
    folder = calibrated()
    vectors = np.random.default_rng(0).normal(size=(60, 4)).astype("f4")
    write_array(folder / "runs" / "tiny" / "embeddings" / "00000.npy", vectors)
    test = show(folder, "slices")
    assert not test.exception
    assert not any("the first" in one.value for one in test.caption)  # there is one alone
    (cell,) = test.dataframe[0].value["typical"]
    kind, _, data = cell.partition(",")
    assert kind == "data:image/webp;base64"
    strip = Image.open(io.BytesIO(base64.b64decode(data)))
    assert (strip.height, strip.width > 2.5 * strip.height) == (56, True)


def test_of_rows_of_features_a_slice_by_cluster_says_what_sets_it_apart():
    made = values_of("cluster", pd.Series(["0.0", "0.1"] * 50, dtype="str"), 5)
    age = numbers("age", np.tile([20.0, 50.0], 50) + np.arange(100) / 100)
    traits = Traits(100, [values_of_attribute(made)], [age])
    rules = [{"all": [{"column": "cluster", "in": ["0.1"]}]}, {"all": [{"column": "night", "in": [True]}]}]
    cluster, other = _apart(rules, traits)
    assert cluster.startswith("age higher: 50")
    assert other is None


def test_what_counts_as_an_error_is_said_as_the_run_says_it(calibrated):
    home = calibrated() / "runs" / "tiny"
    table = pq.read_table(home / "slices.parquet").rename_columns({"errors": "n_errors"})
    write_table(home / "slices.parquet", table, metadata={"hem.measure": "share of the hardest tenth"})
    weak = weak_slices(open_run(home).examples)
    assert (weak.measure, weak.whole, weak.table["errors"].tolist()) == ("share of the hardest tenth", 0.1, [4])


def test_no_weak_slice_is_good_news(show, calibrated):
    folder = calibrated()
    path = folder / "runs" / "tiny" / "slices.parquet"
    write_table(path, pd.read_parquet(path).head(0))
    test = show(folder, "slices")
    assert not test.exception
    assert "No group of examples is wrong significantly more often" in said(test)


def test_an_older_run_is_searched_by_what_is_known_without_the_model(workspace):
    home = workspace() / "runs" / "tiny"
    for name, column, values in (
        ("catalog", "night", np.arange(60) >= 30),
        ("scores", "is_correct", np.arange(60) < 30),
    ):
        path = home / f"{name}.parquet"
        write_table(path, pd.read_parquet(path).assign(**{column: values}))
    weak = weak_slices(open_run(home).examples)
    found = weak.table
    assert (weak.whole, weak.measure) == (0.5, "share of wrong predictions")
    assert found["rule"].tolist() == [{"all": [{"column": "night", "in": [True]}]}]
    assert found[["n", "errors", "error_rate", "ratio"]].iloc[0].tolist() == [30, 30, 1.0, 2.0]


def test_the_truth_that_only_demos_have_describes_no_slice(workspace):
    home = workspace() / "runs" / "tiny"
    is_wrong = np.arange(60) >= 30
    truth = {"planted_flip": is_wrong, "true_label": np.where(is_wrong, "cat", "dog")}
    for name, columns in (("catalog", truth), ("scores", {"is_correct": ~is_wrong})):
        path = home / f"{name}.parquet"
        write_table(path, pd.read_parquet(path).assign(**columns))
    assert not set(str(weak_slices(open_run(home).examples).table["rule"].tolist()).split("'")) & truth.keys()


def test_a_large_older_run_says_how_to_get_slices(show, whole_workspace, monkeypatch):
    monkeypatch.setattr("app.views.slices.weak_slices.MOST_ROWS", 59)
    test = show(whole_workspace, "slices")
    assert "This run has no slices" in said(test)
    assert "`hem score`" in said(test)


def test_classes_come_rarest_first_and_rare_ones_are_marked(calibrated):
    folder = calibrated()
    home = folder / "runs" / "tiny"
    scores = pd.read_parquet(home / "scores.parquet")
    scores["label"] = ["cat"] * 4 + ["**dog**"] * 26 + ["<b>fox</b>"] * 30
    write_table(home / "scores.parquet", scores)
    run = open_workspace(folder).run("tiny")
    found = class_priors(run.examples, overview(run.examples))
    assert found["label"].tolist() == ["cat", "**dog**", "<b>fox</b>"]
    assert found["share"].tolist() == [4 / 60, 26 / 60, 0.5]
    assert found["is_rare"].tolist() == [True, False, False]
    assert found["error_prob"].iloc[0] == pytest.approx(0.0333333)


def test_a_run_without_calibration_has_no_column_of_probabilities(show, whole_workspace, calibrated):
    assert "error_prob" not in show(whole_workspace, "slices").dataframe[0].value
    assert "error_prob" in show(calibrated(), "slices").dataframe[1].value


def test_slices_of_boxes_are_compared_with_the_given_boxes_and_their_rules_find_these_alone(workspace):
    home = workspace() / "runs" / "tiny"
    label = np.array(["cat"] * 40 + [None] * 20, dtype=object)
    is_wrong = np.r_[np.arange(40) >= 30, np.ones(20, bool)]
    night = np.arange(60) >= 30
    for name, columns in (
        ("catalog", {"label": label, "night": night}),
        ("scores", {"label": label, "is_correct": ~is_wrong, "error": is_wrong.astype("f4")}),
    ):
        path = home / f"{name}.parquet"
        write_table(path, pd.read_parquet(path).assign(**columns))
    level = open_run(home).examples
    weak = weak_slices(level)
    assert (weak.n_labelled, weak.whole) == (40, 0.25)
    for rule, n, ratio, rate in weak.table[["rule", "n", "ratio", "error_rate"]].itertuples(index=False):
        assert len(level.query(rule)) == n
        assert ratio == rate / 0.25
