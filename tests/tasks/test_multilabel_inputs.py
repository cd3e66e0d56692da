"""Several labels as users have them: models that end in a sigmoid, lists of predictions, folders, data of libraries."""

import importlib
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import hem_core
from hem_core import catalog as catalogs
from hem_core import tasks
from hem_core.errors import DataError, ModelError
from hem_core.models.single_label import check_transformers
from hem_core.tasks import _multilabel_predictions as elsewhere

CHANCE = np.random.default_rng(0)
X = CHANCE.normal(size=(40, 4)).astype(np.float32)
GIVEN = (X[:, :3] > 0).astype(np.float32)
TAGS = ["cold", "dry", "windy"]
PROBS = 0.2 + 0.6 * GIVEN
OPTIONS = {"task": "multilabel", "has_map": False, "has_probes": False}


def head():
    torch.manual_seed(0)
    return nn.Linear(4, 3)


def score(model, out, data=None):
    data = data if data is not None else TensorDataset(torch.from_numpy(X), torch.from_numpy(GIVEN))
    return hem_core.score(model, data, out=out, **OPTIONS)


class Hidden(nn.Module):
    """A sigmoid that no operation of that name makes."""

    def __init__(self):
        super().__init__()
        self.head = head()

    def forward(self, x):
        return 1 / (1 + torch.exp(-self.head(x)))


def test_a_model_that_ends_in_a_sigmoid_is_read_as_probabilities_and_keeps_its_embedding(tmp_path):
    plain = score(head(), tmp_path / "plain")
    found = score(nn.Sequential(head(), nn.Sigmoid()), tmp_path / "sigmoid")
    np.testing.assert_allclose(found.table()["loss"], plain.table()["loss"], rtol=1e-4)
    np.testing.assert_allclose(found.embeddings(), plain.embeddings())
    words = "ends in a sigmoid: its outputs are read as the probabilities"
    assert any(words in note for note in found.info["notes"])
    assert not any(words in note for note in plain.info["notes"])


def test_probabilities_without_a_sigmoid_in_sight_are_refused(tmp_path):
    with pytest.raises(ModelError, match=r"all 66 outputs .* lie in 0 \.\. 1: they are probabilities"):
        score(Hidden(), tmp_path / "run")
    with pytest.raises(ModelError, match="sum to 1: they are probabilities"):
        score(nn.Sequential(head(), nn.Softmax(1)), tmp_path / "run")


def test_a_loader_of_rows_of_0_and_1_is_scored_and_unnamed_outputs_are_stated(tmp_path):
    loader = DataLoader(TensorDataset(torch.from_numpy(X), torch.from_numpy(GIVEN)), batch_size=8, shuffle=True)
    run = score(head(), tmp_path / "run", loader)
    assert run.info["task"] == "multilabel"
    assert [each is not None for each in run.table(["given"])["given"]] == [True] * 40
    labels = [[tag for tag, has in zip(TAGS, row, strict=True) if has] for row in GIVEN]
    frame = pd.DataFrame(X, columns=list("abcd")).assign(labels=labels)
    notes = score(head(), tmp_path / "names", frame).info["notes"]
    assert any("are taken in the order cold, dry, windy; name them in theirs with --classes" in note for note in notes)


def written(folder, kind, columns):
    path = folder / f"predicted.{kind}"
    frame = pd.DataFrame(columns)
    if kind == "parquet":
        frame.to_parquet(path)
    elif kind == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        texts = {n: [json.dumps(v) if isinstance(v, list) else v for v in values] for n, values in columns.items()}
        pd.DataFrame(texts).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("is_beside", [True, False], ids=["of their own", "in the data"])
def test_lists_of_probabilities_are_read_from_any_table(tmp_path, kind, is_beside):
    ids = [f"r{row}" for row in range(40)]
    labels = {"id": ids, "labels": ["|".join(np.array(TAGS)[row > 0]) for row in GIVEN]}
    probs = {"probs": PROBS.round(3).tolist()}
    if is_beside:
        pd.DataFrame(labels).to_csv(tmp_path / "data.csv", index=False)
        turned = {"id": ids[::-1], "probs": probs["probs"][::-1]}
        data, more = tmp_path / "data.csv", {"predictions": written(tmp_path, kind, turned)}
    else:
        data, more = written(tmp_path, kind, labels | probs), {}
    run = hem_core.score(None, data, out=tmp_path / "run", **OPTIONS, **more)
    assert run.info["metrics"][0]["value"] == 1
    assert run.level("tags").table(["probability"])["probability"].max() == pytest.approx(0.8)


def test_other_lists_are_another_run(tmp_path):
    frame = pd.DataFrame({"labels": [[TAGS[row % 3]] for row in range(40)], "probs": list(PROBS)})
    first = hem_core.score(None, frame, out=tmp_path / "run", **OPTIONS)
    frame["probs"] = list(1 - PROBS)
    second = hem_core.score(None, frame, out=tmp_path / "run", overwrite=True, **OPTIONS)
    assert first.info["key"] != second.info["key"]


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_other_lists_in_a_file_beside_a_parquet_file_are_another_run(tmp_path, kind):
    rows = {"id": [f"r{row}" for row in range(40)]}
    pd.DataFrame(rows | {"labels": [[TAGS[row % 3]] for row in range(40)]}).to_parquet(tmp_path / "data.parquet")
    keys = set()
    for number, probs in enumerate([PROBS, 1 - PROBS]):
        answers = written(tmp_path, kind, rows | {"probs": probs.tolist()})
        run = hem_core.score(
            None, tmp_path / "data.parquet", predictions=answers, out=tmp_path / str(number), **OPTIONS
        )
        keys.add(run.info["key"])
    assert len(keys) == 2


def test_lists_that_cannot_be_read_and_probabilities_called_logits_are_refused(tmp_path):
    labels = {"labels": [["a"], ["b"]] * 20}
    with pytest.raises(DataError, match="the table has both logits and probs"):
        hem_core.score(None, pd.DataFrame(labels | {"probs": list(PROBS), "logits": list(PROBS)}), out=tmp_path / "r",
                       **OPTIONS)  # fmt: skip
    with pytest.raises(DataError, match="'probs' in the table holds 'high'; expected a list of numbers a row"):
        hem_core.score(None, pd.DataFrame(labels | {"probs": "high"}), out=tmp_path / "r", **OPTIONS)
    table = pa.table({f"logit_{tag}": PROBS[:, k] for k, tag in enumerate(TAGS)})
    with pytest.raises(DataError, match=r"all 120 numbers of columns logit_cold.* lie in 0 \.\. 1: they are prob"):
        elsewhere.logits_in(table, {})


def read_columns(names, **classes):
    """The task, the notes and the order of the columns of predictions that have these names."""
    table = pa.table({"id": ["x", "y"], "label": ["cold|dry", "windy"], **{name: [0.5, 0.5] for name in names}})
    facts = {"source": "x.csv", "labels_are": "names", "classes": None}
    read = tasks.load("multilabel").read_targets(
        table, facts, tasks.ModelFacts(len(names), is_in_columns=True), tasks.TargetOptions(**classes)
    )
    return read, list(elsewhere.columns_of(table.column_names, facts)[1].values())


@pytest.mark.parametrize("form", ["prob_{}", "proba_{}", "Probability_{}", "LOGIT_{}"])
@pytest.mark.parametrize("is_upper", [True, False], ids=["upper", "as the labels"])
def test_columns_of_each_tag_are_found_by_every_prefix_and_in_either_case(form, is_upper):
    names = [form.format(tag.upper() if is_upper else tag) for tag in ("windy", "cold", "dry")]
    read, order = read_columns(names)
    assert read.task.categories == tuple(TAGS)
    assert order == [names[1], names[2], names[0]]
    assert read.facts["notes"] == []


def test_a_column_that_begins_as_predictions_do_does_not_hide_those_of_the_tags():
    _read, order = read_columns(["logit_cold", "logit_dry", "logit_windy"])
    names = ["p_value", *order]
    assert elsewhere.columns_of(names, {}) == ("logits", dict(zip(TAGS, order, strict=True)))


def test_columns_of_predictions_that_no_label_has_are_noted_and_one_that_lacks_is_named():
    read, _order = read_columns(["prob_cold", "prob_dry", "prob_windy", "prob_max"])
    assert read.facts["notes"] == ["No label has the tag of these columns of predictions: prob_max (max)."]
    with pytest.raises(DataError, match="'cold' is none of the tags; add a column of predictions for each tag"):
        read_columns(["prob_dry", "prob_max"])


def test_labels_in_columns_of_0_and_1_and_probabilities_of_the_same_names(tmp_path):
    ids = [f"r{row}" for row in range(40)]
    hot = pd.DataFrame(GIVEN.astype(int), columns=TAGS, dtype="Int64")
    hot.iloc[:5, 1] = pd.NA
    hot.assign(id=ids).to_csv(tmp_path / "data.csv", index=False)
    pd.DataFrame(PROBS, columns=TAGS).assign(id=ids).to_csv(tmp_path / "probs.csv", index=False)
    more = {"columns": {"label_column": ",".join(TAGS)}, "predictions": tmp_path / "probs.csv"}
    run = hem_core.score(None, tmp_path / "data.csv", out=tmp_path / "run", has_map=False, **more)
    assert run.info["metrics"][0]["value"] == 1
    assert run.table(["n_unknown"])["n_unknown"].sum() == 5


@pytest.mark.parametrize("problem", ["multi_label_classification", None])
def test_a_transformers_model_of_several_labels_is_taken_for_the_task_and_refused_for_classes(problem):
    config = {"problem_type": problem, "id2label": {"0": "a", "1": "b"}}
    check_transformers(config, "BertForSequenceClassification", "it", answers="tags")
    if problem:
        with pytest.raises(ModelError, match=r"several labels .*choose --task multilabel or another model"):
            check_transformers(config, "BertForSequenceClassification", "it")
    single = {"problem_type": "single_label_classification"}
    with pytest.raises(ModelError, match=r"chooses one class out of several .*choose --task classification"):
        check_transformers(single, "BertForSequenceClassification", "it", answers="tags")


@pytest.mark.slow
def test_a_folder_of_several_labels_scores_texts_by_the_names_of_its_config(tmp_path):
    from tests.models.test_transformers_folder import WORDS, tokenizer

    transformers = importlib.import_module("transformers")
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        max_position_embeddings=12, id2label={0: "windy", 1: "cold"}, problem_type="multi_label_classification",
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(tmp_path / "bert")
    tokenizer().save_pretrained(tmp_path / "bert")
    data = pa.table({"text": ["good film", "bad film"] * 10, "labels": [["cold"], ["cold", "windy"]] * 10})
    run = hem_core.score(str(tmp_path / "bert"), data, out=tmp_path / "run", has_map=False)
    assert run.info["task_settings"]["categories"] == ["windy", "cold"]
    assert run.table(["given"])["given"].tolist()[:2] == ["cold", "windy|cold"]
    assert run.embeddings().shape == (20, 16)


def hugging_face(labels, feature):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"text": datasets.Value("string"), "tags": feature(datasets)})
    return datasets.Dataset.from_dict({"text": ["a", "b", "c"], "tags": labels}, features=features)


@pytest.mark.parametrize(
    ("labels", "feature", "wanted"),
    [
        ([[0, 2], [], [1]], lambda d: d.Sequence(d.ClassLabel(names=TAGS)), ["cold|windy", "(none)", "dry"]),
        ([["dry"], ["cold"], []], lambda d: d.Sequence(d.Value("string")), ["dry", "cold", "(none)"]),
        ([[1.0, 0, 1], [0, 0, 0], [0, 1, 0]], lambda d: d.Sequence(d.Value("float32")), ["0|2", "(none)", "1"]),
    ],
    ids=["class indices", "names", "rows"],
)
def test_lists_of_a_hugging_face_data_set_are_sets(labels, feature, wanted):
    found = catalogs.read(hugging_face(labels, feature))
    assert found["label"].to_pylist() == wanted
    assert catalogs.info(found)["task"] == "multilabel"


def test_a_column_for_each_tag_of_a_hugging_face_data_set_is_a_set_with_pictures_too():
    datasets = pytest.importorskip("datasets")
    from PIL import Image

    columns = {"image": [Image.new("RGB", (4, 4))] * 3, "cold": [1, 0, 0], "dry": [0, None, 1]}
    features = {"image": datasets.Image(), "cold": datasets.Value("int64"), "dry": datasets.Value("int64")}
    made = datasets.Dataset.from_dict(columns, features=datasets.Features(features))
    data, _notes = catalogs.unwrapped(made, label_column="cold,dry")
    assert catalogs.read(data)["label"].to_pylist() == ["cold", "?dry", "dry"]
    texts = made.remove_columns("image").add_column("text", ["a", "b", "c"])
    assert catalogs.read(texts, label_column="cold,dry")["label"].to_pylist() == ["cold", "?dry", "dry"]
