import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
import torch.nn.functional as F
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from torch import nn

import hem_core
import hem_core.catalog as catalogs
from hem_core.engine.inputs import open_inputs
from hem_core.errors import DataError, ModelError, RunError
from hem_core.models.estimator import Estimator

WORDS = ["good", "bad", "film", "the", "very", "dull"]


def score(model, data, out, **options):
    return hem_core.score(model, data, out=out, **({"has_map": False} | options))


def reader(table):
    return open_inputs(table, catalogs.info(table), root=None, dataset=None, channels=3, resize=None)


def assert_same_scores(one, other):
    """Runs of other batch sizes: the same numbers for every id."""
    numbers = one.table().set_index("id").select_dtypes("number")
    torch.testing.assert_close(
        torch.tensor(numbers.to_numpy()),
        torch.tensor(other.table().set_index("id")[numbers.columns].to_numpy()),
        atol=1e-4,
        rtol=1e-4,
        equal_nan=True,
    )


class BagOfWords(nn.Module):
    """Counts six words."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.hidden, self.head = nn.Linear(6, 4), nn.Linear(4, 2)

    def preprocess(self, texts):
        return {"counts": torch.tensor([[text.split().count(word) for word in WORDS] for text in texts]).float()}

    def forward(self, counts):
        return self.head(self.hidden(counts).relu())


@pytest.fixture
def texts_csv(tmp_path):
    generator = np.random.default_rng(0)
    texts = [" ".join(generator.choice(WORDS, 1 + index % 5)) for index in range(40)]
    path = tmp_path / "texts.csv"
    pd.DataFrame({"text": [*texts, "", " "], "label": ["pos", "neg"] * 21}).to_csv(path, index=False)
    return path


@pytest.mark.slow
def test_texts_are_scored_with_embeddings_and_an_empty_one_is_set_aside(tmp_path, texts_csv):
    model = BagOfWords()
    run = score(model, texts_csv, tmp_path / "run", classes=["neg", "pos"])
    table = run.table()
    assert run.n == 40
    assert run.failures()["reason"].tolist() == ["no text", "no text"]
    with torch.no_grad():
        logits = model(**model.preprocess(table["text"].tolist()))
    expected = F.cross_entropy(logits, torch.tensor([1, 0] * 20), reduction="none")
    assert table["loss"].tolist() == pytest.approx(expected.tolist(), abs=1e-5)
    assert run.embeddings().shape == (40, 4)
    assert run.info["model"]["layer"] == "head"
    assert run.info["data"]["medium"] == "text"
    assert "grand_last_layer" in table.columns
    assert_same_scores(run, score(model, texts_csv, tmp_path / "one", classes=["neg", "pos"], batch_size=1))


def test_a_changed_text_is_another_run(tmp_path, texts_csv):
    score(BagOfWords(), texts_csv, tmp_path / "run", classes=["neg", "pos"])
    texts_csv.write_text(texts_csv.read_text().replace("film", "dull", 1))
    with pytest.raises(RunError, match="another model, data or parameters"):
        score(BagOfWords(), texts_csv, tmp_path / "run", classes=["neg", "pos"])


def test_the_same_text_twice_is_a_duplicate(tmp_path):
    table = pa.table({"text": ["good film", "bad film", "good film"], "label": [0, 1, 1]})
    found = score(BagOfWords(), table, tmp_path / "run").table()["duplicate_group"]
    assert found.notna().tolist() == [True, False, True]


def test_a_model_that_cannot_read_texts_says_how_it_could(tmp_path, texts_csv):
    with pytest.raises(ModelError, match=r"the examples are texts .* a method preprocess\(list of str\)"):
        score(nn.Linear(6, 2), texts_csv, tmp_path / "run", classes=["neg", "pos"])

    class Broken(BagOfWords):
        def preprocess(self, texts):
            return {}["vocabulary"]

    with pytest.raises(ModelError, match="preprocess failed on a batch of 2 texts: KeyError: 'vocabulary'"):
        score(Broken(), texts_csv, tmp_path / "run", classes=["neg", "pos"])

    class Odd(BagOfWords):
        def forward(self, counts):
            return super().forward(counts)[:1]

    with pytest.raises(ModelError, match="the model gave 1 rows of logits for 2 examples"):
        score(Odd(), texts_csv, tmp_path / "run", classes=["neg", "pos"])


@pytest.mark.slow
def test_texts_go_through_a_fitted_pipeline_that_counts_words(tmp_path, texts_csv):
    frame = pd.read_csv(texts_csv).head(40)
    plain = make_pipeline(CountVectorizer(), LogisticRegression()).fit(frame["text"], frame["label"])
    run = score(Estimator(plain), texts_csv, tmp_path / "run")
    assert run.table()["label_prob"].tolist() == pytest.approx(
        plain.predict_proba(frame["text"])[np.arange(40), [1, 0] * 20].tolist(), abs=1e-5
    )
    assert run.embeddings().shape == (40, 5)
    assert_same_scores(run, score(Estimator(plain), texts_csv, tmp_path / "other", batch_size=3))
    alone = DummyClassifier().fit(frame["text"], frame["label"])
    assert "embeddings" in score(Estimator(alone), texts_csv, tmp_path / "alone").info["missing"]


def people(n=200):
    """Rows whose label is whether age and job say so, with gaps in both."""
    generator = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": generator.integers(18, 80, n).astype(float),
            "hours": generator.integers(0, 60, n),
            "job": generator.choice(["clerk", "nurse", "cook"], n),
        }
    )
    frame["label"] = np.where((frame["age"] > 45) ^ (frame["job"] == "nurse"), "yes", "no")
    frame.loc[3:9, "age"] = None
    frame.loc[7:12, "job"] = None
    return frame


def boosted(frame):
    codes = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["job"]), remainder="passthrough")
    model = make_pipeline(codes, HistGradientBoostingClassifier(max_iter=10, random_state=0))
    return model.fit(frame.drop(columns="label"), frame["label"])


def logistic(frame):
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder())
    columns = make_column_transformer((words, ["job"]), (SimpleImputer(), ["age", "hours"]))
    return make_pipeline(columns, LogisticRegression(max_iter=2000)).fit(frame.drop(columns="label"), frame["label"])


@pytest.mark.slow
@pytest.mark.parametrize("fit", [boosted, logistic])
def test_a_table_goes_through_a_fitted_pipeline_in_the_order_of_its_classes(tmp_path, fit):
    frame = people()
    path = tmp_path / "people.csv.gz"
    frame.to_csv(path, index=False)
    plain = fit(frame)
    run = score(Estimator(plain), path, tmp_path / "run")
    table = run.table()
    assert run.classes == ("no", "yes") == tuple(plain.classes_)
    expected = plain.predict_proba(frame.drop(columns="label"))
    own = expected[np.arange(len(frame)), (frame["label"] == "yes").astype(int)]
    assert table["label_prob"].tolist() == pytest.approx(own.tolist(), abs=1e-5)
    assert run.info["metrics"][0]["value"] == pytest.approx(plain.score(frame.drop(columns="label"), frame["label"]))
    assert run.embeddings().shape == (200, 2 + 5)
    assert "knn_distance" in table.columns
    assert "grand_last_layer" not in table.columns
    assert table["age"].isna().sum() == 7
    assert_same_scores(run, score(Estimator(plain), path, tmp_path / "other", batch_size=7))


def test_an_estimator_goes_on_with_its_own_run_and_not_with_another_s(tmp_path):
    frame = people()
    first = score(Estimator(boosted(frame)), frame, tmp_path / "run")
    assert score(Estimator(boosted(frame)), frame, tmp_path / "run").info == first.info
    other = frame.assign(label=np.where(frame["label"] == "yes", "no", "yes"))
    with pytest.raises(RunError, match="another model, data or parameters"):
        score(Estimator(boosted(other)), frame, tmp_path / "run")


def test_an_estimator_of_other_classes_is_refused(tmp_path):
    frame = people()
    with pytest.raises(ModelError, match=r"the model's classes \(no, yes\) are none of the labels \(NO, YES\)"):
        score(Estimator(boosted(frame)), frame.assign(label=frame["label"].str.upper()), tmp_path / "run")
    with pytest.raises(ModelError, match="--classes says yes, no"):
        score(Estimator(boosted(frame)), frame, tmp_path / "run", classes=["yes", "no"])


class Mlp(nn.Module):
    """Two numbers in; a missing one counts as 0."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(2, 5), nn.ReLU(), nn.Linear(5, 2))

    def forward(self, x):
        return self.net(x.nan_to_num(0))


def test_rows_of_numbers_reach_a_network_as_floats_in_the_order_asked_for(tmp_path):
    frame = people().assign(label=lambda rows: (rows["label"] == "yes").astype(int))
    frame.loc[5, ["age", "hours"]] = None
    model = Mlp()
    run = score(model, frame, tmp_path / "run", columns={"feature_columns": "hours,age"})
    assert run.failures()["reason"].tolist() == ["every feature is missing"]
    kept = frame.drop(index=5)
    x = torch.tensor(kept[["hours", "age"]].to_numpy(np.float32))
    with torch.no_grad():
        expected = F.cross_entropy(model(x), torch.tensor(kept["label"].to_numpy()), reduction="none")
    assert run.table()["loss"].tolist() == pytest.approx(expected.tolist(), rel=1e-4, abs=1e-5)
    assert run.embeddings().shape == (199, 5)
    other = score(model, frame, tmp_path / "one", columns={"feature_columns": ["hours", "age"]}, batch_size=1)
    assert_same_scores(run, other)


def test_categories_need_a_model_that_reads_them(tmp_path):
    with pytest.raises(ModelError, match=r"the features job are categories: give the model a method preprocess"):
        score(Mlp(), people(), tmp_path / "run", classes=["no", "yes"])


def test_a_model_may_read_the_frame_and_give_its_own_embeddings(tmp_path):
    class Own(Mlp):
        def preprocess(self, frame):
            codes = frame["job"].map({"clerk": 0.0, "nurse": 1.0, "cook": 2.0}).astype(float)
            return torch.tensor(np.stack([frame["age"], codes], axis=1), dtype=torch.float32)

        def forward(self, x):
            return {"logits": super().forward(x), "embeddings": x.nan_to_num(0)[:, None, :]}

    run = score(Own(), people(), tmp_path / "run", classes=["no", "yes"])
    assert run.embeddings()[0].tolist() == pytest.approx([people()["age"][0], 2.0])
    assert run.info["model"]["layer"] is None
    named = score(Own(), people(), tmp_path / "named", classes=["no", "yes"], layer="net.0")
    assert named.embeddings().shape == (200, 5)
    assert score(Own(), people(), tmp_path / "none", classes=["no", "yes"], layer="none").info["missing"]["embeddings"]


def test_nothing_to_read_says_which_columns_to_name(tmp_path):
    with pytest.raises(DataError, match="name it with --image-column, --text-column or --feature-columns"):
        score(Mlp(), pa.table({"id": ["a"], "label": [0]}), tmp_path / "run")


def test_predictions_for_texts_need_no_model_and_keep_the_texts(tmp_path):
    frame = pd.DataFrame({"text": ["good", "", "bad"], "label": [0, 1, 1], "logits": [[1.0, 0], [0, 1.0], [2.0, 0]]})
    frame.to_parquet(tmp_path / "p.parquet")
    run = score(None, tmp_path / "p.parquet", tmp_path / "run")
    assert run.info["data"]["medium"] == "text"
    assert run.table()["text"].tolist() == ["good", "", "bad"]


@pytest.mark.gpu
def test_cuda_gives_texts_and_rows_the_scores_of_the_cpu(tmp_path, texts_csv):
    rows = people().assign(label=lambda frame: (frame["label"] == "yes").astype(int)).drop(columns="job")
    for model, data, options in ((BagOfWords(), texts_csv, {"classes": ["neg", "pos"]}), (Mlp(), rows, {})):
        name = type(model).__name__
        cpu = score(model, data, tmp_path / f"{name}-cpu", device="cpu", **options)
        cuda = score(model, data, tmp_path / f"{name}-cuda", device="cuda", **options)
        torch.testing.assert_close(
            torch.tensor(cpu.table()["loss"].to_numpy()),
            torch.tensor(cuda.table()["loss"].to_numpy()),
            atol=1e-3,
            rtol=1e-3,
        )


def test_readers_give_what_is_asked_for_and_no_picture():
    table = catalogs.read(pa.table({"text": ["a", None, "c"], "label": [0, 1, 0]}))
    batch = reader(table).read([1, 2])
    assert (batch.values, batch.indices, batch.failures) == (["c"], [2], [(1, "no text")])
    assert reader(table).picture(0) is None
    frame = people()
    frame.loc[8, "hours"] = np.nan
    rows = reader(catalogs.read(frame)).read([8, 3])
    assert (rows.indices, rows.failures) == ([3], [(8, "every feature is missing")])
    assert rows.values["hours"].tolist() == [frame["hours"][3]]
    assert len(rows.hashes) == 1
