"""Regression: labels as numbers, residuals by what is usual around them, and a run from score to retraining."""

import importlib
import json
import re
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import hem_core
from hem_core import tasks
from hem_core.errors import DataError, HemError, ModelError
from hem_core.stats.bootstrap import bootstrap
from hem_core.tasks import ModelFacts, TargetOptions, _numbers, _residuals, _standing
from hem_core.tasks._number_metrics import mean_absolute_error, r_squared, root_mean_squared_error, spearman
from hem_core.thresholds import WRONG

FACTS = {"source": "x.csv", "labels_are": "names", "classes": None}


def catalog(*labels):
    return pa.table({"id": [str(row) for row in range(len(labels))], "label": pa.array(labels, pa.string())})


def read(*labels, n_outputs=1, **options):
    return tasks.load("regression").read_targets(
        catalog(*labels), FACTS, ModelFacts(n_outputs), TargetOptions(**options)
    )


def test_labels_are_decimal_numbers_and_what_is_none_is_a_failure():
    found = read("1.5", " -3 ", None, "1e2", "twelve", *["0"] * 40)
    np.testing.assert_array_equal(found.values[:4], [1.5, -3, np.nan, 100])
    assert found.bad == {2: "no label", 4: "label 'twelve' is no number"}


def test_a_decimal_comma_is_read_where_no_label_has_a_point():
    found = read("12,5", "3", "-0,25")
    assert found.values.tolist() == [12.5, 3, -0.25]
    assert found.facts["notes"] == ["The labels have decimal commas: 12,5 is read as 12.5."]
    assert np.isnan(_numbers.read_numbers(["12,5", "3.5"])[0]).tolist() == [True, False]


@pytest.mark.parametrize("text", ["inf", "nan", "1e99", "0x1F", "1_000", "12kg", ""])
def test_what_is_no_finite_number_is_none(text):
    assert np.isnan(_numbers.read_numbers([text])[0]).all()


def test_labels_that_are_names_are_refused_with_the_way_out():
    with pytest.raises(DataError, match=r"3 of 3 labels in 'x.csv' are no numbers \(such as 'cat'\); name the column"):
        read("cat", "dog", "cow")
    with pytest.raises(
        ModelError, match="the model gives 3 numbers for an example, and the label is one; name the column"
    ):
        read("1", n_outputs=3)
    with pytest.raises(HemError, match="no loss 'cubic' for regression; there are: absolute, squared, huber"):
        read("1", loss="cubic")


def test_numbers_are_written_in_the_fewest_digits_that_read_back():
    values = np.array([0.1, 1234567, -3, 1e-7, 3e20, np.nan, 0], np.float32)
    texts = _numbers.written_exactly(values)
    assert texts == ["0.1", "1234567", "-3", "1e-07", "3e+20", None, "0"]
    np.testing.assert_array_equal(_numbers.read_numbers(texts)[0], values)
    assert _numbers.rounded(np.array([148.73824, -0.2, np.nan]), 97.0) == ["149", "0", None]
    assert _numbers.rounded(np.array([0.123456]), 0.5) == ["0.12"]


@pytest.mark.parametrize(("loss", "expected"), [("absolute", 3), ("squared", 9), ("huber", 2 * 3 - 2)])
def test_the_loss_is_the_one_that_was_asked_for(loss, expected):
    import torch

    task = tasks.load("regression").settled({"loss": loss, "spread": 2.0})
    fields = task.fields(torch.tensor([[4.0]]), torch.tensor([1.0]))
    assert fields["loss"].tolist() == [expected]  # huber with delta 2: 2 * (3 - 1)


def test_twice_the_usual_residual_is_where_wrong_begins():
    assert _residuals.squashed(np.array([0.0, 2.0, 6.0])).tolist() == [0, WRONG, 0.75]
    task = tasks.load("regression").settled({"loss": "absolute", "spread": 50.0, "residual_scale": 10.0})
    raw, targets = np.array([[100.0], [100.0]]), np.array([100.0, 120.0])
    assert task.errors(raw, targets).tolist() == [0, WRONG]
    assert task.errors_by(raw, targets, {"residual_scale": np.array([10.0, 20.0])}).tolist() == [0, 1 / 3]


def test_units_do_not_matter():
    generator = np.random.default_rng(0)
    predicted, residual = generator.normal(size=200), generator.normal(size=200)
    near = np.stack([(np.arange(200) + step) % 200 for step in (1, 2, 3)], axis=1)
    one, other = (
        _standing.standing(
            {
                "given_value": unit * (predicted + residual),
                "predicted_value": unit * predicted,
                "residual": unit * residual,
            },
            near,
            unit,
        )[0]
        for unit in (1.0, 1000.0)
    )
    for name in ("error", "difficulty", "label_suspicion", "residual_ratio"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-4)
    np.testing.assert_allclose(other["residual_scale"], 1000 * one["residual_scale"], rtol=1e-4)


def test_the_scale_is_that_of_the_neighbours_pulled_towards_the_whole():
    residual = np.array([1.0, -1, 1, 9, -9, 9])
    near = np.array([[1, 2], [0, 2], [0, 1], [4, 5], [3, 5], [3, 4]])
    found = _residuals.scales(residual, np.zeros(6), near, 1.0)
    assert found.whole == pytest.approx(1.4826 * 5)
    assert found.local[0] == pytest.approx((2 * 1.4826 * 1 + 5 * found.whole) / 7)
    assert found.local[3] > found.local[0]
    assert found.bias.tolist() == [0, 1, 0, 0, 9, 0]


def test_without_neighbours_the_nearest_predictions_stand_for_them_and_never_the_example_itself():
    around = _residuals.by_prediction(np.array([5.0, 1, 3, 2, 4]))
    assert [sorted(row) for row in around.tolist()] == [
        [1, 2, 3, 4],
        [0, 2, 3, 4],
        [0, 1, 3, 4],
        [0, 1, 2, 4],
        [0, 1, 2, 3],
    ]
    assert _residuals.by_prediction(np.array([1.0])).shape == (1, 0)
    wide = _residuals.by_prediction(np.arange(3000.0))
    assert wide.shape == (3000, 150)
    assert (np.abs(wide - np.arange(3000)[:, None]).max(axis=1)[200:-200] <= 75).all()


def test_a_perfect_model_has_no_errors():
    given = np.arange(30.0)
    found = _standing.standing({"given_value": given, "predicted_value": given, "residual": 0 * given}, None, 10.0)[0]
    assert (found["error"] == 0).all()
    assert np.isfinite(found["label_suspicion"]).all()


def test_measures_of_hand_computed_rows():
    given, predicted = np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 3, 8])
    assert mean_absolute_error(given, predicted) == 1
    assert root_mean_squared_error(given, predicted) == 2
    assert r_squared(given, predicted) == pytest.approx(1 - 16 / 5)
    assert spearman(given, predicted) == pytest.approx(1)
    assert spearman(given, -predicted) == pytest.approx(-1)
    assert np.isnan(r_squared(np.ones(4), predicted))


def test_measures_agree_with_other_libraries():
    from scipy.stats import spearmanr
    from sklearn.metrics import r2_score

    generator = np.random.default_rng(1)
    given = generator.integers(0, 5, 80).astype(float)
    predicted = given + generator.normal(size=80).round(1)
    assert r_squared(given, predicted) == pytest.approx(r2_score(given, predicted))
    assert spearman(given, predicted) == pytest.approx(spearmanr(given, predicted).statistic)


def test_an_interval_of_a_mean_is_as_wide_as_theory_says():
    values = np.random.default_rng(0).normal(size=20_000)
    for n in (400, 20_000):
        value, low, high = bootstrap(lambda part: float(part.mean()), values[:n])
        assert low < value < high
        assert (high - low) == pytest.approx(2 * 1.96 / n**0.5, rel=0.3)
    assert bootstrap(lambda part: float(part.mean()), values[:1]) == (values[0],) * 3


def test_what_is_worse_is_said_by_the_direction_of_each_metric():
    level = {"given_value": np.array([1.0, 2, 3]), "predicted_value": np.array([1.0, 2, 4])}
    found = {metric.name: metric.higher_is_better for metric in tasks.load("regression").metrics(level)}
    assert found == {
        "mean absolute error": False,
        "root mean squared error": False,
        "R²": True,
        "Spearman correlation": True,
    }


def rows(n=60, **changed):
    """n examples that the model predicts within 1, whose neighbours are those beside it; some changed."""
    generator = np.random.default_rng(0)
    predicted = np.linspace(100, 110, n)
    given = predicted + generator.uniform(-1, 1, n)
    for row, value in changed.items():
        given[int(row[1:])] = value
    near = np.stack([np.clip(np.arange(n) + step, 0, n - 1) for step in (-3, -2, -1, 1, 2, 3)], axis=1)
    columns = {"given_value": given, "predicted_value": predicted, "residual": given - predicted}
    task = tasks.load("regression").settled({"loss": "absolute", "spread": 5.0})
    known = {**columns, **task.of_the_set(columns, near).columns}
    return known, task.explain(known)


def test_a_label_is_in_conflict_when_it_is_far_from_the_prediction_and_from_the_neighbours():
    given = np.array([10.0, 10, 10, 10, 90, 10])
    predicted = np.array([10.0, 11, 9, 90, 10, 90])
    near = np.array([[row for row in range(6) if row != own] for own in range(6)])
    columns = {"given_value": given, "predicted_value": predicted, "residual": given - predicted}
    found = _standing.standing(columns, near, 1.0)[0]
    assert found["label_suspicion"].argmax() == 4  # far from both; 3 and 5 are far from the prediction alone
    assert found["label_conflict"].tolist()[:4] == [0, 0, 0, 0]
    scatter, whole = 0.0, 1.4826 * 40.5  # the median |residual| of 0, 1, 1, 80, 80, 80
    wanted = (found["residual_ratio"][4] * 80 / max(scatter, whole)) ** 0.5
    assert found["label_conflict"][4] == pytest.approx(wanted, rel=1e-5)


def test_a_factor_of_ten_that_the_neighbours_deny_is_a_suspect_label():
    known, found = rows(_30=1050.0, _10=-102.0)
    assert found["reason"][30] == found["reason"][10] == "suspect_label"
    assert set(found["reason"].tolist()) <= {"suspect_label", "easy", "unsure", "rare", "biased"}
    assert known["label_suspicion"].argmax() == 30
    words = found["evidence"][30]
    assert words.startswith("given 1050.00, predicted 105.08 ± ")
    assert "; most of its neighbours lie between 10" in words


def test_evidence_is_true_of_the_example():
    known, found = rows(_30=1050.0)
    for row in (0, 30, 59):
        numbers = [float(part) for part in re.findall(r"[-\d.]*\d", found["evidence"][row])]
        low, high = known["neighbours_low"][row], known["neighbours_high"][row]
        wanted = [known["given_value"][row], known["predicted_value"][row], known["residual_scale"][row], low, high]
        np.testing.assert_allclose(numbers[:5], wanted, atol=0.06)


def test_a_region_that_is_off_in_one_direction_is_biased():
    _known, found = rows(**{f"_{row}": 130.0 for row in range(20, 35)})
    assert (found["reason"][23:32] == "biased").all()
    assert "the given values lie above the predictions, by 2" in found["evidence"][27]


TRAINING = """
from sklearn.ensemble import RandomForestRegressor


def train(dataset, *, seed=0, weights=None):
    forest = RandomForestRegressor(30, min_samples_leaf=3, random_state=seed)
    return forest.fit(dataset.frame(), dataset.targets, sample_weight=None if weights is None else weights.numpy())


def classifier():
    from sklearn.dummy import DummyClassifier
    return DummyClassifier().fit([[0], [1]], [0, 1])
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A workspace with the run `forest` of the progression of diabetes; ten values are ten times too large."""
    from sklearn.datasets import load_diabetes

    home = tmp_path_factory.mktemp("numbers")
    (home / "code").mkdir()
    (home / "data").mkdir()
    (home / "code" / "forest_training.py").write_text(TRAINING)
    frame: pd.DataFrame = load_diabetes(as_frame=True, scaled=False)["frame"].rename(columns={"target": "label"})
    frame.insert(0, "id", [f"p{row}" for row in range(len(frame))])
    frame.loc[::45, "label"] *= 10
    frame.to_csv(home / "data" / "diabetes.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(home / "code")
        hem_core.score(
            None, home / "data" / "diabetes.csv", task="regression", train="forest_training:train", oos=3,
            has_map=False, out=home / "runs" / "forest", columns={"feature_columns": "*"},
        )  # fmt: skip
        yield home
    sys.modules.pop("forest_training", None)


@pytest.fixture
def run(planted):
    return hem_core.open_run(planted / "runs" / "forest")


@pytest.mark.slow
def test_a_run_finds_the_planted_labels_first(run):
    table = run.table(["id", "label_suspicion", "reason", "error", "residual_ratio"])
    is_planted = table["id"].isin([f"p{row}" for row in range(0, 442, 45)])
    assert table.nlargest(12, "label_suspicion")["id"].isin(table.loc[is_planted, "id"]).sum() >= 9
    assert table.loc[table["reason"] == "suspect_label", "id"].isin(table.loc[is_planted, "id"]).mean() > 0.7
    np.testing.assert_allclose(table["error"], table["residual_ratio"] / (table["residual_ratio"] + 2), rtol=1e-5)
    assert run.info["metrics"][0]["name"] == "mean absolute error"
    assert run.info["task_settings"]["loss"] == "absolute"
    assert run.info["oos"]["mean_absolute_error"] > run.info["oos"]["in_sample_mean_absolute_error"]


def test_suspects_are_counted_by_the_pages(run):
    from hem_core.store import definitions, numbers

    assert (
        numbers.count(run.examples, definitions.SUSPECTED) == (run.table(["reason"])["reason"] == "suspect_label").sum()
    )


@pytest.mark.slow
def test_predictions_alone_are_scored_from_a_csv_and_with_embeddings_from_parquet(planted, run, tmp_path):
    table = run.table(["id", "given_value", "predicted_value", "residual_scale"])
    made = pd.DataFrame({"id": table["id"], "label": table["given_value"], "prediction": table["predicted_value"]})
    made.loc[5, "prediction"] = np.nan
    made.to_csv(tmp_path / "predicted.csv", index=False)
    made.assign(embedding=list(run.embeddings().astype(np.float32))).to_parquet(tmp_path / "predicted.parquet")
    plain = hem_core.score(None, tmp_path / "predicted.csv", task="regression", out=tmp_path / "csv", has_map=False)
    near = hem_core.score(None, tmp_path / "predicted.parquet", task="regression", out=tmp_path / "pq", has_map=False)
    assert plain.failures()[["id", "reason"]].to_numpy().tolist() == [["p5", "there is no prediction"]]
    assert plain.n == near.n == 441
    assert "neighbours_low" not in plain.source.columns
    ours = near.table(["id", "residual_scale"]).merge(table, on="id")
    is_close = np.isclose(ours["residual_scale_x"], ours["residual_scale_y"], rtol=0.05)
    assert is_close.mean() > 0.9  # the neighbours of p5 have one neighbour less


def test_without_predictions_the_error_says_what_is_wanted(planted, tmp_path):
    words = r"holds no predictions; expected a column 'prediction' of numbers \(.*\); there are: id, label, age"
    with pytest.raises(ModelError, match=words):
        hem_core.score(None, planted / "data" / "diabetes.csv", task="regression", out=tmp_path / "run")


def test_a_classifier_is_refused_in_a_line(planted, tmp_path):
    with pytest.raises(ModelError, match="the DummyClassifier is no regressor; the task expects predicted numbers"):
        hem_core.score(
            "forest_training:classifier", planted / "data" / "diabetes.csv", task="regression", out=tmp_path / "run"
        )


def test_a_fitted_regressor_is_scored_and_a_finished_run_is_returned_as_it_is(planted, tmp_path):
    from sklearn.linear_model import LinearRegression

    data = pd.read_csv(planted / "data" / "diabetes.csv")
    model = LinearRegression().fit(data.drop(columns=["id", "label"]).astype(float), data["label"])
    asked = {"task": "regression", "out": tmp_path / "run", "has_map": False, "loss": "huber"}
    run = hem_core.score(model, planted / "data" / "diabetes.csv", **asked)
    np.testing.assert_allclose(
        run.table(["predicted_value"])["predicted_value"],
        model.predict(data.drop(columns=["id", "label"]).astype(float)),
        rtol=1e-4,
    )
    again = hem_core.score(model, planted / "data" / "diabetes.csv", **asked)
    assert again.info["created"] == run.info["created"]
    assert run.info["task_settings"]["loss"] == "huber"


@pytest.mark.slow
def test_the_hardest_are_selected_exported_checked_and_retrained_on(planted, run, tmp_path):
    from hem_core.retrain.retrain import retrain
    from hem_core.retrain.settings import Settings
    from hem_core.sets.check import check
    from hem_core.sets.export_set import export_set
    from hem_core.sets.select import save, select

    save(planted, "far", run.examples, select(run.examples, n=40, policies=["top"]), made_by="a test")
    export_set(planted, "far", 1, tmp_path / "out", ["csv", "jsonl"])
    (path,) = (tmp_path / "out").rglob("*.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    wanted = run.table(["id", "given"]).set_index("id")["given"].astype(float)
    assert [float(line["label"]) for line in lines] == wanted[[line["id"] for line in lines]].tolist()
    with pytest.raises(HemError, match="about 25% of the 40 examples of the set that nobody reviewed look mislabelled"):
        retrain(planted, Settings("far", "forest_training:train", seeds=2))
    report = retrain(planted, Settings("far", "forest_training:train", seeds=2, force=True)).report
    assert report is not None
    first, second, third = report["table"][:3]
    assert [row["measure"] for row in (first, second)] == ["mean absolute error", "root mean squared error"]
    assert {row["unit"] for row in (first, second)} == {"in units of the label"}
    assert 10 < first["arms"]["control"]["mean"] < second["arms"]["control"]["mean"] < 500  # wild labels weigh more
    assert third["measure"] == "1 − error"
    assert "overall 1 − error" in report["verdict"]["sentences"][1]
    from sklearn.linear_model import LinearRegression

    data = pd.read_csv(planted / "data" / "diabetes.csv")
    model = LinearRegression().fit(data.drop(columns=["id", "label"]).astype(float), data["label"])
    found = check(planted, "far", model)
    assert found.n_checked == found.failed_before + (run.table(["error"])["error"].nlargest(40) < WRONG).sum() == 40


def show(name):
    def _page(name):
        import importlib

        from app import frame, state

        state.sync()
        frame.show(importlib.import_module(f"app.views.{name}.page").page)

    from streamlit.testing.v1 import AppTest

    return AppTest.from_function(_page, default_timeout=120, kwargs={"name": name}).run()


@pytest.mark.parametrize("name", ["overview", "explore", "review", "labels", "slices", "sets", "compare", "retrain"])
def test_every_page_draws_the_run(planted, monkeypatch, name):
    importlib.import_module("streamlit")
    monkeypatch.setenv("HEM_WORKSPACE", str(planted))
    page = show(name)
    assert not page.exception
    assert not [error.value for error in page.error]
    words = " ".join(str(one.value) for one in [*page.markdown, *page.caption])
    assert "mean absolute error" in words
    assert ("**Predicted and given**" in words) == (name == "overview")


def test_overview_draws_the_residuals_against_any_column(planted, monkeypatch):
    importlib.import_module("streamlit")
    monkeypatch.setenv("HEM_WORKSPACE", str(planted))
    page = show("overview")
    box = next(one for one in page.selectbox if one.label == "against")
    page = box.set_value("bmi").run()
    assert not page.exception
    figures = [json.loads(one.proto.spec) for one in page.get("plotly_chart")]
    assert [figure["layout"]["xaxis"]["title"]["text"] for figure in figures if len(figure["data"]) == 5] == ["bmi"]


def test_a_prediction_is_written_as_exactly_as_it_usually_is_right():
    task = tasks.load("regression").settled({"loss": "absolute", "spread": 100.0, "residual_scale": 0.5})
    columns = {"target": np.array([177.9, 17.0]), "predicted_value": np.array([17.264, 16.9])}
    assert task.table(columns, ())["predicted"].to_pylist() == ["17.26", "16.90"]
