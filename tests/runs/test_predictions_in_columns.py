"""A table of predictions as people have it: one column a class, the best class alone, arrays, a file beside the labels.

All forms of the same probabilities give the same scores as lists in a Parquet file.
"""

import numpy as np
import pandas as pd
import pytest

import hem_core
from hem_core.errors import DataError, ModelError

NAMES = ["ant", "bee", "cat"]
N = 24


@pytest.fixture(scope="module")
def probs():
    draw = np.random.default_rng(0)
    return draw.dirichlet([2.0, 1.0, 1.0], N)


def labelled():
    return pd.DataFrame({"id": [f"r{k}" for k in range(N)], "label": np.array(NAMES)[np.arange(N) % 3]})


@pytest.fixture
def rows():
    return labelled()


@pytest.fixture(scope="module")
def expected(probs, tmp_path_factory):
    """The scores of lists in a Parquet file; not to be written to."""
    home = tmp_path_factory.mktemp("expected")
    labelled().assign(probs=list(probs)).to_parquet(home / "lists.parquet")
    return hem_core.score(None, home / "lists.parquet", out=home / "run", classes=NAMES).table()


def with_columns(rows, values, form="prob_{}", names=NAMES):
    return rows.assign(**{form.format(name): values[:, k] for k, name in enumerate(names)})


FORMS = {
    "columns of probabilities in a CSV": lambda rows, p, out: with_columns(rows, p).to_csv(out / "d.csv", index=False),
    "columns of logits in a CSV": lambda rows, p, out: with_columns(rows, np.log(p), "logit_{}").to_csv(
        out / "d.csv", index=False
    ),
    "columns named as the classes": lambda rows, p, out: with_columns(rows, p, "{}").to_csv(out / "d.csv", index=False),
    "columns of a Parquet file": lambda rows, p, out: with_columns(rows, p).to_parquet(out / "d.parquet"),
    "columns beside features": lambda rows, p, out: with_columns(rows, p)
    .assign(age=range(N), job="x")
    .to_csv(out / "d.csv", index=False),
    "lists in JSON Lines": lambda rows, p, out: rows.assign(probs=p.tolist()).to_json(
        out / "d.jsonl", orient="records", lines=True
    ),
    "arrays without inputs": lambda rows, p, out: np.savez(
        out / "d.npz", probs=p, labels=rows["label"].to_numpy().astype(str), ids=rows["id"].to_numpy().astype(str),
        classes=np.array(NAMES),
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_scores_as_lists_do(form, rows, probs, expected, tmp_path):
    home = tmp_path / "form"
    home.mkdir()
    FORMS[form](rows, probs, home)
    names = {"classes": NAMES} if "lists" in form else {}  # lists do not say the order of their classes
    run = hem_core.score(None, next(home.glob("d.*")), out=tmp_path / "run", **names)
    found = run.table()
    assert run.classes == tuple(NAMES)
    assert found["id"].tolist() == expected["id"].tolist()
    np.testing.assert_allclose(found["loss"], expected["loss"], rtol=1e-6)
    np.testing.assert_allclose(found["margin"], expected["margin"], rtol=1e-5, atol=1e-6)
    assert not [name for name in found.columns if name.startswith(("prob_", "logit_")) or name in NAMES]


@pytest.mark.parametrize("form", ["prob_{}", "{}"])
def test_a_file_of_predictions_beside_the_labels_goes_by_id(form, rows, probs, expected, tmp_path):
    rows.to_csv(tmp_path / "labels.csv", index=False)
    answers = with_columns(rows[["id"]], probs, form).iloc[::-1]
    answers.to_csv(tmp_path / "answers.csv", index=False)
    run = hem_core.score(None, tmp_path / "labels.csv", predictions=tmp_path / "answers.csv", out=tmp_path / "run")
    np.testing.assert_allclose(run.table()["loss"], expected["loss"], rtol=1e-6)


def test_a_data_frame_with_lists_is_scored(rows, probs, expected, tmp_path):
    run = hem_core.score(None, rows.assign(probs=list(probs)), out=tmp_path / "run", classes=NAMES)
    np.testing.assert_allclose(run.table()["loss"], expected["loss"], rtol=1e-6)


def test_of_the_best_class_alone_the_rest_is_spread_evenly(rows, tmp_path):
    data = rows.assign(predicted=["bee"] * N, confidence=0.8)
    run = hem_core.score(None, data, out=tmp_path / "run")
    found = run.table().set_index("id")
    assert found.loc["r1", "loss"] == pytest.approx(-np.log(0.8), rel=1e-6)  # a bee
    assert found.loc["r0", "loss"] == pytest.approx(-np.log(0.1), rel=1e-6)  # an ant
    assert any("spread evenly" in note for note in run.info["notes"])


def test_one_probability_is_that_of_the_second_of_two_classes(tmp_path):
    data = pd.DataFrame({"label": ["ham", "spam"] * 6, "prob": [0.25, 0.9] * 6})
    run = hem_core.score(None, data, out=tmp_path / "run")
    assert run.classes == ("ham", "spam")
    assert run.table()["loss"].iloc[:2].tolist() == pytest.approx([-np.log(0.75), -np.log(0.9)], rel=1e-6)


def test_numbered_columns_are_in_the_order_of_their_numbers(rows, probs, expected, tmp_path):
    numbers = rows.assign(label=rows["label"].map(NAMES.index))
    data = with_columns(numbers, probs[:, ::-1], names=["2", "1", "0"])
    run = hem_core.score(None, data, out=tmp_path / "run")
    np.testing.assert_allclose(run.table()["loss"], expected["loss"], rtol=1e-6)


def test_other_probabilities_are_another_run(rows, probs, tmp_path):
    first = hem_core.score(None, with_columns(rows, probs), out=tmp_path / "a").info["key"]
    assert hem_core.score(None, with_columns(rows, probs), out=tmp_path / "b").info["key"] == first
    assert hem_core.score(None, with_columns(rows, probs[::-1]), out=tmp_path / "c").info["key"] != first


def test_what_is_no_prediction_is_refused_with_what_is_expected(rows, probs, tmp_path):
    with pytest.raises(ModelError, match=r"columns prob_<class> or logit_<class>.*there are: id, label"):
        hem_core.score(None, rows.assign(age=range(N)), out=tmp_path / "a")
    one_hot = with_columns(rows, np.eye(3)[np.arange(N) % 3], "{}")
    with pytest.raises(ModelError, match="columns prob_<class>"):  # the label once more, no prediction
        hem_core.score(None, one_hot, out=tmp_path / "b")
    with pytest.raises(DataError, match="sum to 100 in most rows, not to 1; divide them by 100"):
        hem_core.score(None, with_columns(rows, 100 * probs), out=tmp_path / "c")
    order = "--classes says bee, ant, cat, but the columns of predictions are those of ant, bee, cat; .*: omit it"
    with pytest.raises(ModelError, match=order):
        hem_core.score(None, with_columns(rows, probs), out=tmp_path / "d", classes=["bee", "ant", "cat"])
    with pytest.raises(DataError, match="no column of predictions for cat beside prob_ant, prob_bee; add one"):
        hem_core.score(None, with_columns(rows, probs).drop(columns="prob_cat"), out=tmp_path / "e")
    with pytest.raises(DataError, match=r"sum to .* not to 1; rename those .* as no label is that of prob_max"):
        hem_core.score(None, with_columns(rows, probs).assign(prob_max=probs.max(axis=1)), out=tmp_path / "f")


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("is_beside", [True, False], ids=["of their own", "in the data"])
def test_lists_of_probabilities_are_read_from_any_table(kind, is_beside, rows, probs, expected, tmp_path):
    frame = (rows[["id"]] if is_beside else rows).assign(probs=probs.tolist())
    frame, path = frame.iloc[::-1], tmp_path / f"lists.{kind}"
    if kind == "csv":
        frame.to_csv(path, index=False)
    elif kind == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_json(path, orient="records", lines=True)
    rows.assign(probs=[[1.0, 0.0, 0.0]] * N).to_parquet(tmp_path / "data.parquet")  # those that are named count
    data, more = (tmp_path / "data.parquet", {"predictions": path}) if is_beside else (path, {})
    found = hem_core.score(None, data, out=tmp_path / "run", classes=NAMES, **more).table().set_index("id")
    np.testing.assert_allclose(found.loc[expected["id"], "loss"], expected["loss"], rtol=1e-6)
    assert not {"probs", "__index__"} & set(found.columns)


@pytest.mark.parametrize("form", ["PROB_{}", "Proba_{}"])
def test_upper_and_lower_case_are_alike_where_nothing_fits_exactly(form, rows, probs, expected, tmp_path):
    data = with_columns(rows, probs, form, [name.upper() for name in NAMES])
    run = hem_core.score(None, data, out=tmp_path / "a")
    assert run.classes == tuple(NAMES)
    np.testing.assert_allclose(run.table()["loss"], expected["loss"], rtol=1e-6)
    both = with_columns(rows, probs).assign(PROB_ant=0.25)  # the one that is written as usual counts
    np.testing.assert_allclose(
        hem_core.score(None, both, out=tmp_path / "b").table()["loss"], expected["loss"], rtol=1e-6
    )


def test_a_misspelt_label_does_not_hide_the_columns(rows, probs, tmp_path):
    rows.loc[0, "label"] = "antt"
    run = hem_core.score(None, with_columns(rows, probs), out=tmp_path / "run")
    assert run.classes == tuple(NAMES)
    assert run.failures()["reason"].tolist() == ["label 'antt' is not among the 3 classes"]


@pytest.mark.parametrize(
    ("labels", "predicted", "classes"),
    [([0, 1], [0.0, 0.0], ("0", "1")), ([True, False], [True, True], ("False", "True"))],
    ids=["numbers", "truth values"],
)
def test_the_best_class_is_read_as_the_labels_are_written(labels, predicted, classes, tmp_path):
    frame = pd.DataFrame({"label": labels * 6, "predicted": predicted * 6, "confidence": [0.75, 0.9] * 6})
    frame.to_csv(tmp_path / "data.csv", index=False)
    run = hem_core.score(None, tmp_path / "data.csv", out=tmp_path / "run")
    assert run.classes == classes
    assert run.table()["loss"].iloc[:2].tolist() == pytest.approx([-np.log(0.75), -np.log(0.1)], rel=1e-6)


@pytest.mark.parametrize("more", [{}, {"columns": {"id_column": "ids"}}], ids=["by its name", "named"])
def test_the_ids_of_a_dict_of_predictions_are_kept(more, rows, probs, tmp_path):
    data = {"probs": probs, "labels": rows["label"].to_numpy(), "ids": rows["id"].to_numpy()}
    run = hem_core.score(None, data, out=tmp_path / "run", classes=NAMES, **more)
    assert run.table()["id"].tolist() == rows["id"].tolist()


@pytest.mark.parametrize(
    ("task", "columns"),
    [
        ("regression", {"label": range(N), "prediction": range(N)}),
        ("regression", {"labels": [[1.0, row] for row in range(N)], "pred_y0": 1.0, "pred_y1": range(N)}),
        ("multilabel", {"labels": [["a", "b"], ["b"]] * (N // 2), "prob_a": 0.25, "prob_b": 0.75}),
        ("classification", {"label": ["a", "b"] * (N // 2), "predicted": "a", "confidence": 0.75}),
    ],
    ids=["a number", "several numbers", "tags", "classes"],
)
def test_predictions_are_no_features_that_a_later_training_would_see(task, columns, tmp_path):
    data = pd.DataFrame({**columns, "age": range(N)})
    run = hem_core.score(None, data, task=task, out=tmp_path / "run", has_map=False, has_probes=False)
    assert [feature["name"] for feature in run.info["data"]["features"]] == ["age"]
