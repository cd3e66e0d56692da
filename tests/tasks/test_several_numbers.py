"""Regression of several numbers at once: how they are read, pooled, explained, stored, exported and retrained on."""

import base64
import json
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import hem_core
from hem_core import catalog as catalogs
from hem_core import tasks
from hem_core.errors import DataError, ModelError
from hem_core.tasks import ModelFacts, TargetOptions, _number_predictions, _several_numbers
from hem_core.tasks._several_numbers import pooled
from hem_core.testing import check_task

FACTS = {"source": "x.csv", "labels_are": "names", "classes": None}
N, PLANTED = 200, {7: "heat", 40: "cold", 99: "heat", 133: "cold"}


def test_several_numbers_keep_what_a_task_promises():
    check_task("regression", ["1.5; 20", "20.0; ?", "-3.0; 7", "4; 5e2"])


def read(*labels, n_outputs=0, facts=None, **options):
    table = pa.table({"id": [str(row) for row in range(len(labels))], "label": pa.array(labels, pa.string())})
    return tasks.load("regression").read_targets(
        table, FACTS | (facts or {}), ModelFacts(n_outputs), TargetOptions(**options)
    )


def test_an_unknown_number_counts_as_unknown_and_one_that_is_none_as_a_failure():
    found = read("1; 10", "2; ?", "?; ?", "3; many", "4; 5; 6", None, *["0; 0"] * 60, facts={"numbers": ["a", "b"]})
    np.testing.assert_array_equal(found.values[:4], [[1, 10], [2, np.nan], [np.nan, np.nan], [np.nan, np.nan]])
    assert found.bad == {
        2: "no label",
        3: "label '3; many' is no number",
        4: "label '4; 5; 6' is no number",
        5: "no label",
    }
    assert found.task.outputs == ("a", "b")
    assert found.facts["notes"] == ["1 example lacks b and counts by the other numbers."]


def test_a_model_with_another_number_of_outputs_is_refused_with_their_names():
    with pytest.raises(ModelError, match=r"gives 3 numbers for an example, and there are 2 to predict \(a, b\)"):
        read("1; 2", n_outputs=3, facts={"numbers": ["a", "b"]})


def test_classes_name_the_outputs_of_rows_and_may_not_contradict_the_columns():
    assert read("1; 2", classes=["a", "b"]).task.outputs == ("a", "b")
    named = {"numbers": ["a", "b"], "numbers_have_names": True}
    assert read("1; 2", classes=["a", "b"], facts=named).task.outputs == ("a", "b")
    with pytest.raises(DataError, match="--classes names b, a, and the labels hold 2 numbers, a, b"):
        read("1; 2", classes=["b", "a"], facts=named)


def columns_of(text, named):
    table = catalogs.read(pd.DataFrame({"id": ["x", "y", "z"], **text}), label_column=named)
    return table["label"].to_pylist(), catalogs.info(table), table.column_names


def test_columns_of_numbers_are_one_label_and_no_features():
    labels, facts, names = columns_of({"heat": [1.5, 2, None], "cold": [3, 4, 5], "size": [1, 2, 3]}, "heat,cold")
    assert labels == ["1.5; 3", "2; 4", "?; 5"]
    assert (facts["numbers"], facts["task"]) == (["heat", "cold"], "regression")
    assert [feature["name"] for feature in facts["features"]] == ["size"]
    assert not {"heat", "cold"} & set(names)


def test_columns_of_a_pattern_keep_their_whole_names():
    assert columns_of({"Y1": [1.5, 2, 3], "Y2": [3, 4, 5]}, "Y*")[1]["numbers"] == ["Y1", "Y2"]


def test_a_run_of_one_number_reads_no_second_one():
    task = tasks.load("regression").settled({"spread": 2.0, "residual_scale": 1.0})
    assert np.isnan(task.encode(["1; 2"], ())).tolist() == [True]


def test_columns_of_yes_and_no_are_still_tags():
    labels, facts, _names = columns_of({"rock": [1, 0, 1], "jazz": [0, 0, 1]}, "rock,jazz")
    assert facts["task"] == "multilabel"
    assert labels == ["rock", "(none)", "rock|jazz"]


@pytest.mark.parametrize(
    "targets",
    [np.array([[1.5, 10], [2.5, 20], [3.5, 30]]), np.array([[1, 10], [2, 20], [3, 30]], np.float32)],
    ids=["decimals", "whole floats"],
)
def test_rows_of_numbers_from_python_name_the_task(targets):
    for data in ((np.zeros((3, 4), np.float32), targets), list(zip(np.zeros((3, 4)), targets, strict=True))):
        table = catalogs.read(data)
        facts = catalogs.info(table)
        assert (facts["task"], facts["numbers"]) == ("regression", ["y0", "y1"])
        np.testing.assert_array_equal(
            tasks.load("regression").targets_for(table, facts, ()), np.asarray(targets, np.float32)
        )


def test_a_frame_of_targets_gives_the_numbers_their_names():
    table = catalogs.read((pd.DataFrame({"size": [1, 2]}), pd.DataFrame({"heat": [1.5, 2], "cold": [3.0, 4]})))
    facts = catalogs.info(table)
    assert facts["numbers"] == ["heat", "cold"]
    assert [feature["name"] for feature in facts["features"]] == ["size"]


def test_single_decimal_targets_from_python_are_numbers_too():
    table = catalogs.read((np.zeros((3, 2), np.float32), np.array([1.5, 2, np.nan])))
    assert table["label"].to_pylist() == ["1.5", "2", None]
    assert catalogs.info(table)["task"] == "regression"


def test_pooling_is_the_one_ratio_of_one_the_common_one_of_equals_and_near_the_worst_otherwise():
    assert pooled(np.array([[3.0], [0.0]])).tolist() == [3, 0]
    np.testing.assert_allclose(pooled(np.array([[2.0, 2, 2], [1, np.nan, 1]])), [2, 1])
    assert 7 < pooled(np.array([[8.0, 0.5, 0.5, 0.5, 0.5]]))[0] < 8
    assert pooled(np.array([[np.nan, np.nan]])).tolist() == [0]


def test_the_loss_of_several_numbers_is_their_mean_in_spreads():
    import torch

    task = tasks.load("regression").settled({"loss": "squared", "outputs": ["a", "b"], "spreads": [1.0, 100.0]})
    targets = torch.tensor([[1.0, 100], [1, torch.nan]])
    assert task.fields(torch.tensor([[3.0, 400], [3, 0]]), targets)["loss"].tolist() == [(4 + 9) / 2, 4]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["prediction_a", "prediction_b", "pred_a", "pred_b"], ["prediction_a", "prediction_b"]),
        (["b_pred", "a_pred"], ["a_pred", "b_pred"]),
        (["Prediction_B", "PREDICTION_a", "pred_A"], ["PREDICTION_a", "Prediction_B"]),
        (["Prediction_a", "prediction_a", "prediction_b"], ["prediction_a", "prediction_b"]),
        (["y", "a"], None),
    ],
)
def test_columns_of_predictions_are_found_by_the_names_of_the_numbers(names, expected):
    assert _number_predictions.columns_of(names, {}, ["a", "b"]) == expected


def test_numbers_that_differ_by_their_case_alone_have_columns_of_their_own():
    with pytest.raises(DataError, match="no prediction of A beside prediction_a; add prediction_A"):
        _number_predictions.columns_of(["prediction_a"], {}, ["a", "A"])


def test_predictions_that_are_ambiguous_or_incomplete_are_refused_with_the_way_out():
    with pytest.raises(DataError, match="could be the columns pred_a, pred_b or a_pred, b_pred; remove one of them"):
        _number_predictions.columns_of(["pred_a", "pred_b", "a_pred", "b_pred"], {}, ["a", "b"])
    with pytest.raises(DataError, match="no prediction of b beside pred_a; add pred_b"):
        _number_predictions.columns_of(["pred_a"], {}, ["a", "b"])
    with pytest.raises(DataError, match="could be the column predicted or pred; rename the right one 'prediction'"):
        _number_predictions.columns_of(["pred", "predicted"], {}, ())
    assert _number_predictions.columns_of(["pred", "Prediction"], {}, ()) == ["Prediction"]


def test_what_people_type_names_one_number_or_holds_all():
    task = tasks.load("regression").settled({"outputs": ["heat", "cold"], "spreads": [1.0, 1.0]})
    assert task.completed("cold = 21.5", "15; 20") == "15; 21.5"
    assert task.completed("16; 21", "15; 20") == "16; 21"
    assert task.completed("heat=16; cold=?", None) == "16; ?"
    with pytest.raises(DataError, match=r"'16' holds 1 of 2 numbers; .*: heat = 1.5"):
        task.completed("16", "15; 20")
    with pytest.raises(DataError, match="'warm=3' names none of heat, cold"):
        task.completed("heat=1; warm=3", "15; 20")


@pytest.mark.parametrize(
    ("typed", "given", "is_given"),
    [("16", "15.55", True), ("15.5", "15.61", False), ("15,6", "15.55", True), ("15.550", "15.55", True),
     ("15; 20.1", "15.2; 20.14", True), ("15; 21", "15.2; 20.14", False), ("15; ?", "15; 20", False),
     ("15", "15; 20", False), ("2e1", "19.2", True), ("many", "19.2", False), ("3", None, False)],
)  # fmt: skip
def test_numbers_typed_blind_are_the_given_ones_as_far_as_their_digits_go(typed, given, is_given):
    assert tasks.load("regression").agrees(typed, given) is is_given


TRAINING = """
import numpy as np
from sklearn.linear_model import LinearRegression


def train(dataset, *, seed=0, weights=None):
    targets = dataset.targets
    is_known = ~np.isnan(targets).any(axis=1)
    weights = None if weights is None else weights.numpy()[is_known]
    return LinearRegression().fit(dataset.frame()[is_known], targets[is_known], sample_weight=weights)
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A workspace with the run `linear` of two numbers in very different units; four are ten times too large."""
    home = tmp_path_factory.mktemp("several")
    for name in ("code", "data"):
        (home / name).mkdir()
    (home / "code" / "several_training.py").write_text(TRAINING)
    chance = np.random.default_rng(0)
    features = chance.normal(size=(N, 3))
    heat = 20 + features @ [3, 1, 0] + 0.5 * chance.normal(size=N)
    cold = 5000 + features @ [0, 900, 300] + 50 * chance.normal(size=N)
    frame = pd.DataFrame(features, columns=["wind", "sun", "rain"]).assign(heat=heat, cold=cold)
    for row, name in PLANTED.items():
        frame.loc[row, name] *= 10
    frame.loc[3, "cold"] = np.nan
    frame.insert(0, "id", [f"h{row}" for row in range(N)])
    frame.to_csv(home / "data" / "houses.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(home / "code")
        hem_core.score(
            None, home / "data" / "houses.csv", train="several_training:train", oos=3, has_map=False, loss="huber",
            out=home / "runs" / "linear", columns={"label_column": "heat,cold", "feature_columns": "wind,sun,rain"},
        )  # fmt: skip
        yield home
    sys.modules.pop("several_training", None)


@pytest.fixture
def run(planted):
    return hem_core.open_run(planted / "runs" / "linear")


def test_a_run_finds_the_planted_number_and_names_it(run):
    table = run.table(["id", "label_suspicion", "reason", "worst_number", "evidence"])
    first = table.nlargest(4, "label_suspicion").set_index("id")
    assert first["worst_number"].to_dict() == {f"h{row}": name for row, name in PLANTED.items()}
    assert set(first["reason"]) == {"suspect_label"}
    assert first.loc["h40", "evidence"].startswith("cold: given ")


def test_each_number_has_columns_in_its_own_unit_and_error_is_their_pool(run):
    names = ["given_value", "predicted_value", "residual", "residual_scale", "residual_ratio"]
    table = run.table(["error", *(f"{name}_{each}" for each in ("heat", "cold") for name in names)])
    for each in ("heat", "cold"):
        residual = table[f"given_value_{each}"] - table[f"predicted_value_{each}"]
        np.testing.assert_allclose(table[f"residual_{each}"], residual, atol=1e-2)
    assert table["residual_scale_cold"].median() > 20 * table["residual_scale_heat"].median()
    ratios = table[["residual_ratio_heat", "residual_ratio_cold"]].to_numpy(np.float64)
    ratio = _several_numbers.pooled(ratios)
    np.testing.assert_allclose(table["error"], ratio / (ratio + 2), rtol=1e-5)
    assert np.isnan(ratios[3]).tolist() == [False, True]


def test_the_loss_and_the_metrics_of_each_number_are_named(run):
    assert run.info["task_settings"]["loss"] == "huber"
    names = [metric["name"] for metric in run.info["metrics"]]
    assert names[:3] == ["normalised mean absolute error", "normalised root mean squared error", "mean R²"]
    assert {"mean absolute error of heat", "R² of cold"} <= set(names)


def test_predictions_alone_stand_in_columns_or_in_a_file_of_their_own(planted, run, tmp_path):
    table = run.table(["id", "predicted_value_heat", "predicted_value_cold"])
    made = pd.read_csv(planted / "data" / "houses.csv")
    own = pd.DataFrame(
        {"id": table["id"], "cold": table["predicted_value_cold"], "heat": table["predicted_value_heat"]}
    )
    own.to_csv(tmp_path / "own.csv", index=False)
    made = made.assign(pred_cold=table["predicted_value_cold"], pred_heat=table["predicted_value_heat"])
    made.to_csv(tmp_path / "beside.csv", index=False)
    asked = {"has_map": False, "columns": {"label_column": "heat,cold"}}
    beside = hem_core.score(None, tmp_path / "beside.csv", out=tmp_path / "a", **asked)
    alone = hem_core.score(
        None, planted / "data" / "houses.csv", out=tmp_path / "b", predictions=tmp_path / "own.csv", **asked
    )
    assert (
        "Columns taken for predictions: pred_heat as that of heat, pred_cold as that of cold." in beside.info["notes"]
    )
    for found in (beside, alone):
        ours = found.table(["residual_heat", "residual_cold"])
        np.testing.assert_allclose(ours, run.table(["residual_heat", "residual_cold"]), rtol=1e-3, atol=1e-2)


def test_arrays_from_python_are_scored_with_a_torch_module(tmp_path):
    import torch

    chance = np.random.default_rng(1)
    inputs = chance.normal(size=(60, 4)).astype(np.float32)
    targets = np.stack([inputs[:, 0] * 2, inputs[:, 1] * 1000 + 5], axis=1)
    model = torch.nn.Linear(4, 2)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[2.0, 0, 0, 0], [0, 1000, 0, 0]]))
        model.bias.copy_(torch.tensor([0.0, 0]))
    data = torch.utils.data.TensorDataset(torch.from_numpy(inputs), torch.from_numpy(targets))
    found = hem_core.score(
        model, torch.utils.data.DataLoader(data, batch_size=8), out=tmp_path / "run", classes=["a", "b"], has_map=False
    )
    table = found.table(["residual_a", "residual_b"])
    np.testing.assert_allclose(table["residual_a"], 0, atol=1e-4)
    np.testing.assert_allclose(table["residual_b"], 5, atol=1e-2)


@pytest.mark.slow
def test_a_corrected_number_is_exported_checked_and_retrained_on(planted, run, tmp_path):
    from sklearn.linear_model import LinearRegression

    from hem_core.retrain.retrain import retrain
    from hem_core.retrain.settings import Settings
    from hem_core.sets.check import check
    from hem_core.sets.export_set import export_set
    from hem_core.sets.select import save, select
    from hem_core.store.workspace import open_workspace

    task = tasks.of(run.info)
    given = run.table(["id", "given"]).set_index("id")["given"]
    right = task.completed("heat = 21.5", given["h7"])
    log = open_workspace(planted).tags()
    log.add(run.data, ["h7"], tag="mislabelled", value=right, who="a test")
    tags = log.state(run.data)
    save(planted, "far", run.examples, select(run.examples, n=40, policies=["top"], tags=tags), made_by="a test")
    export_set(planted, "far", 1, tmp_path / "out", ["csv"])
    rows = pd.read_csv(tmp_path / "out" / "examples.csv").set_index("id")
    source = pd.read_csv(planted / "data" / "houses.csv").set_index("id")
    assert rows.loc["h7", "heat"] == 21.5
    assert rows.loc["h7", "cold"] == pytest.approx(source.loc["h7", "cold"])
    others = [id for id in rows.index if id != "h7"]
    np.testing.assert_allclose(rows.loc[others, "heat"], source.loc[others, "heat"], rtol=1e-6)
    report = retrain(planted, Settings("far", "several_training:train", seeds=2, force=True)).report
    assert report is not None
    measures = {row["measure"]: row["unit"] for row in report["table"]}
    assert list(measures)[:2] == ["normalised mean absolute error", "normalised root mean squared error"]
    assert measures["mean absolute error of cold"] == "in its own unit"
    known = source.dropna()
    model = LinearRegression().fit(known[["wind", "sun", "rain"]], known[["heat", "cold"]])
    assert check(planted, "far", model).n_checked == 40
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["counts"]["n"] == len(rows)


def show(name):
    def _page(name):
        import importlib

        from app import frame, state

        state.sync()
        frame.show(importlib.import_module(f"app.views.{name}.page").page)

    from streamlit.testing.v1 import AppTest

    return AppTest.from_function(_page, default_timeout=120, kwargs={"name": name}).run()


def points_of(page):
    """The traces of the figure of predicted and given numbers."""
    figures = [json.loads(one.proto.spec) for one in page.get("plotly_chart")]
    (traces,) = [figure["data"] for figure in figures if len(figure["data"]) == 5]
    return [{"x": decoded(trace["x"]), "name": trace.get("name")} for trace in traces]


def decoded(values):
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), np.dtype(values["dtype"])).tolist()
    return values


@pytest.mark.parametrize("name", ["explore", "review", "labels", "slices", "sets", "compare", "retrain"])
def test_every_page_draws_the_run(planted, monkeypatch, name):
    monkeypatch.setenv("HEM_WORKSPACE", str(planted))
    page = show(name)
    assert not page.exception
    assert not [error.value for error in page.error]


def test_overview_draws_the_chosen_number_against_any_column(planted, run, monkeypatch):
    pytest.importorskip("streamlit")
    monkeypatch.setenv("HEM_WORKSPACE", str(planted))
    page = show("overview")
    assert not page.exception
    helps = [one.help for one in page.markdown if "loss" in str(one.value)]
    assert helps
    assert all("square of given − predicted" in words for words in helps)  # no word of cross-entropy
    assert max(max(trace["x"]) for trace in points_of(page)) < 1000
    page = next(one for one in page.selectbox if one.label == "number").set_value("cold").run()
    assert not page.exception
    assert max(max(trace["x"]) for trace in points_of(page)) > 1000
    page = next(one for one in page.selectbox if one.label == "against").set_value("residual_ratio").run()
    (wrong,) = [trace["x"] for trace in points_of(page) if trace["name"] == "predicted wrong"]
    ratios = run.table(["residual_ratio", "residual_ratio_cold"])
    of_cold = ratios.loc[ratios["residual_ratio_cold"] >= 2, "residual_ratio"]  # the x axis is that of all numbers
    assert sorted(wrong) == pytest.approx(sorted(of_cold))


@pytest.mark.parametrize(
    ("action", "value", "status"),
    [("add", "heat = 21.5", 200), ("answer", "heat=21.5", 200), ("add", "21.5", 400), ("add", "warm = 3", 400)],
)
def test_review_stores_a_typed_number_beside_those_that_are_given(
    planted, monkeypatch, tmp_path, action, value, status
):
    import shutil

    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from app import loaders
    from app.wire import routes
    from app.wire.identity import identity

    shutil.copytree(planted / "runs", tmp_path / "runs")
    monkeypatch.setenv("HEM_WORKSPACE", str(tmp_path))
    headers = {"X-HEM-Token": routes.token("a-session")}
    client = TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=headers)
    run = loaders.run("linear")
    given = run.table(["id", "given"]).set_index("id")["given"]["h9"]
    body = {**identity(run.examples), "fingerprint": run.fingerprint, "who": "anna", "client": "page-1", "sequence": 1}
    body |= {"ids": ["h9"], "action": action, "tag": "mislabelled", "value": value}
    found = client.post("/hem/tags", json=body)
    assert found.status_code == status
    if status == 200:
        assert client.post("/hem/tags", json=body).status_code == 200  # sent again, since its answer was lost
        assert found.json()["value"] == f"21.5; {given.split('; ')[1]}"
        assert loaders.tags().level("examples").state(run.data)["value"].tolist() == [found.json()["value"]]


def test_compare_names_the_measure_that_is_in_points():
    from app.views.compare.arms import headline_row

    share = {"measure": "1 − error", "unit": "%"}
    assert (
        headline_row({"table": [{"measure": "mean absolute error", "unit": "in units of the label"}, share]}) == share
    )


def test_compare_lists_no_labels_as_classes(planted, monkeypatch, tmp_path):
    import shutil

    for name in ("linear", "again"):
        shutil.copytree(planted / "runs" / "linear", tmp_path / "runs" / name)
    monkeypatch.setenv("HEM_WORKSPACE", str(tmp_path))
    page = show("compare")
    assert not page.exception
    words = " ".join(str(one.value) for one in page.markdown)
    assert "Difficulty before and after" in words
    assert "**Classes**" not in words
