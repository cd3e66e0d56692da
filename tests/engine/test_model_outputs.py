"""What models return and what it is taken for: sigmoids, class numbers, masks, log-probabilities, wide embeddings."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.utils.data import TensorDataset

import hem_core
from hem_core.engine.unit import as_stored
from hem_core.errors import ModelError
from hem_core.reasons import facts

X = torch.from_numpy(np.random.default_rng(0).normal(size=(60, 4))).float()
Y = torch.arange(60) % 3


class Says(nn.Module):
    """A linear layer's output through a function of it and of the input."""

    def __init__(self, says, n_outputs=3):
        super().__init__()
        torch.manual_seed(0)
        self.linear, self.says = nn.Linear(4, n_outputs), says

    def forward(self, x):
        return self.says(self.linear(x), x)


def score(model, out, x=X, **options):
    chosen = {"has_map": False, "has_probes": False, "unit_size": 16, "batch_size": 8} | options
    return hem_core.score(model, TensorDataset(x, Y), out=out, **chosen)


@pytest.mark.parametrize(
    ("says", "words"),
    [
        (lambda z, _x: z.sigmoid(), "come out of a sigmoid"),
        (lambda z, _x: {"logits": torch.sigmoid(z)}, "come out of a sigmoid"),
        (lambda z, _x: z.sigmoid()[:, :1], "come out of a sigmoid"),
        (lambda z, _x: z.argmax(1), "got int64: class indices do not show the confidence"),
        (lambda z, _x: z[:, :, None, None], r"got \(2, 3, 1, 1\), as of a model that segments pictures"),
        (lambda z, _x: z[:, None], r"got \(2, 1, 3\), as of a model that classifies tokens"),
        (lambda z, _x: {"boxes": z}, "got dict with boxes, and no logits"),
        (
            lambda z, _x: [{"boxes": z, "scores": z}],
            "list of dicts with boxes, scores, as of a model that finds",
        ),
        (lambda _z, _x: 1 / 0, "the model failed on a batch of shape .*division by zero"),
    ],
)
def test_outputs_that_are_no_logits_are_refused_by_what_they_are(tmp_path, says, words):
    with pytest.raises(ModelError, match=words):
        score(Says(says), tmp_path / "run")


@pytest.mark.slow
def test_a_sigmoid_inside_a_model_and_logits_in_0_to_1_are_no_probabilities(tmp_path):
    gated = Says(lambda z, x: z * x.mean(1, keepdim=True).sigmoid())
    assert score(gated, tmp_path / "a").n == 60
    assert score(Says(lambda z, x: x[:, :3].clamp(0.1, 0.9)), tmp_path / "b").n == 60


@pytest.mark.slow
@pytest.mark.parametrize("wrap", [lambda m: torch.compile(m, backend="eager"), nn.DataParallel, torch.jit.script])
def test_a_wrapped_model_is_a_model_like_any_other(tmp_path, wrap):
    torch.manual_seed(0)
    plain = nn.Linear(4, 3)
    expected = score(plain, tmp_path / "a").table()["loss"]
    assert score(wrap(plain), tmp_path / "b").table()["loss"].tolist() == expected.tolist()


def test_a_frozen_scripted_model_has_no_modes_and_is_scored(tmp_path):
    frozen = torch.jit.freeze(torch.jit.script(nn.Linear(4, 3).eval()))
    assert score(frozen, tmp_path / "run").n == 60


def test_a_layer_that_is_never_run_is_refused(tmp_path):
    class Idle(Says):
        def __init__(self):
            super().__init__(lambda z, _x: z)
            self.idle = nn.Linear(2, 2)

    with pytest.raises(ModelError, match="layer 'idle' is not run when the model is called"):
        score(Idle(), tmp_path / "run", layer="idle")


def test_a_class_that_is_ruled_out_has_probability_0_and_a_ruled_out_label_is_a_bad_row(tmp_path):
    def masked(z, _x):
        return z.masked_fill(torch.tensor([False, False, True]), -torch.inf)

    run = score(Says(masked), tmp_path / "run")
    assert run.n == 40
    assert set(run.failures()["reason"]) == {"the model rules its label out: that logit is -inf"}
    plain = Says(lambda z, _x: z)
    row = next(index for index in range(60) if Y[index] == 0)
    z = plain(X[row : row + 1])[0, :2].double()
    expected = (torch.logsumexp(z, 0) - z[0]).item()
    assert run.table().set_index("id")["loss"][str(row)] == pytest.approx(expected, rel=1e-5)
    assert np.isfinite(run.table()["margin"]).all()


def test_the_loss_of_sure_rows_keeps_its_digits(tmp_path):
    model = Says(lambda z, _x: 40 * z)
    run = score(model, tmp_path / "run", oos="none")
    with torch.inference_mode():
        z = model(X).double().numpy()
    own = z[np.arange(60), Y]
    z[np.arange(60), Y] = -np.inf
    expected = np.log1p(np.exp(z - own[:, None]).sum(axis=1))
    found = run.table()["loss"].to_numpy()
    sure = expected < 1e-8
    assert sure.sum() > 3
    np.testing.assert_allclose(found[sure], expected[sure], rtol=1e-3)


@pytest.mark.slow
def test_log_probabilities_have_no_energy_and_logits_have(tmp_path):
    assert "energy" in score(Says(lambda z, _x: z), tmp_path / "a").columns()
    assert "energy" not in score(Says(lambda z, _x: z.log_softmax(1)), tmp_path / "b").columns()
    estimator = LogisticRegression().fit(X.numpy(), Y.numpy())
    assert "energy" not in hem_core.score(estimator, TensorDataset(X, Y), out=tmp_path / "c", has_map=False).columns()
    probs = estimator.predict_proba(X.numpy())
    frame = pd.DataFrame({"id": [str(row) for row in range(60)], "label": Y.numpy(), "probs": list(probs)})
    frame.to_parquet(tmp_path / "p.parquet")
    run = hem_core.score(None, tmp_path / "p.parquet", out=tmp_path / "d", has_map=False)
    assert "energy" not in run.columns()
    logits = np.log(probs)
    assert not facts.has_energy(facts.from_logits(logits, Y.numpy())["energy"])
    assert facts.has_energy(facts.from_logits(logits + 1, Y.numpy())["energy"])
    assert not facts.has_energy(facts.from_logits(logits.round(2), Y.numpy())["energy"])  # as a file may have them


def test_embeddings_are_stored_wide_where_float16_ends_and_only_there():
    assert as_stored(torch.tensor([[65_504.0, 0.0]])).dtype == torch.float16
    assert as_stored(torch.tensor([[65_520.0, 0.0]])).dtype == torch.float32
    assert as_stored(torch.tensor([[1e-6, 0.0]])).dtype == torch.float32
    assert as_stored(torch.zeros(2, 2)).dtype == torch.float16
    assert as_stored(torch.tensor([[1e38]]).bfloat16()).dtype == torch.float32


@pytest.mark.slow
@pytest.mark.parametrize("factor", [1e5, 1e20, 1e37, 1e-9])
def test_no_size_of_an_embedding_costs_the_run(tmp_path, factor):
    def says(z, x):
        return {"logits": z, "embeddings": torch.cat([x * factor, torch.ones(len(x), 1) * factor], dim=1)}

    run = score(Says(says), tmp_path / "run")
    assert run.n == 60
    stored = run.embeddings()
    assert stored.dtype == np.float32
    assert np.isfinite(stored).all()
    np.testing.assert_allclose(stored[:, 4], factor, rtol=1e-6)
    assert run.table()["knn_distance"].notna().all()


@pytest.mark.slow
def test_one_wide_shard_among_narrow_ones_is_joined_and_resumed_to_the_same_bytes(tmp_path):
    x = X.clone()
    x[20] = 1e6
    torch.manual_seed(0)
    model = nn.Linear(4, 3)
    run = score(model, tmp_path / "run", x)
    kinds = [np.load(path).dtype.name for path in sorted((run.folder / "embeddings").glob("*.npy"))]
    assert kinds == ["float16", "float32", "float16", "float16"]
    np.testing.assert_allclose(run.embeddings()[20], 1e6)
    before = {path.name: path.read_bytes() for path in run.folder.glob("*.parquet")}
    (run.folder / "shards" / "00001.parquet").unlink()
    info = (run.folder / "run.json").read_text().replace('"complete"', '"running"')
    (run.folder / "run.json").write_text(info)
    again = score(model, tmp_path / "run", x)
    assert {path.name: path.read_bytes() for path in again.folder.glob("*.parquet")} == before


@pytest.mark.slow
def test_an_embedding_that_is_not_finite_costs_its_example_and_names_the_way_out(tmp_path):
    def says(z, x):
        return {"logits": z, "embeddings": torch.where(x[:, :1] > 1, torch.nan, x)}

    run = score(Says(says), tmp_path / "run")
    assert run.failures()["id"].tolist() == [str(row) for row in range(60) if X[row, 0] > 1]
    assert set(run.failures()["reason"]) == {"its embedding is NaN or infinite; --layer names another, or none"}


def exported(model):
    dynamic = ({0: torch.export.Dim("n")},)
    return torch.export.export(model, (X,), dynamic_shapes=dynamic).module()


@pytest.mark.slow
@pytest.mark.parametrize("wrap", [lambda model: model, exported])
def test_sparse_logits_and_an_exported_graph_are_scored_like_the_model(tmp_path, wrap):
    plain = score(Says(lambda z, _x: z), tmp_path / "plain").table()
    says = (lambda z, _x: z.to_sparse()) if wrap is not exported else (lambda z, _x: z)
    found = score(wrap(Says(says)), tmp_path / "run", layer="none").table()
    np.testing.assert_allclose(found["loss"], plain["loss"], rtol=1e-3)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (nn.Linear(4, 3, device="meta"), "cannot be put on cpu: .*; load its weights first"),
        (Says(lambda z, _x: z.half().softmax(1)), "sum to 1: they are probabilities"),
        (Says(lambda z, _x: (z.mean(), z)), r"got \(\), one number for the whole batch, as of a loss"),
        (lambda x: x, "call the function in the forward of a torch.nn.Module"),
    ],
)
def test_models_without_weights_and_losses_and_functions_are_refused(tmp_path, model, words):
    with pytest.raises(ModelError, match=words):
        score(model, tmp_path / "run", device="cpu")
