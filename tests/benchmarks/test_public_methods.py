"""Each method of the public table: what its file has, and that it finds what is plainly wrong."""

import ast
import importlib.util
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))

from benchmarks.public import methods, noise, sets
from benchmarks.public._types import Evidence
from benchmarks.public.run import judged
from hem_core import folder

METHODS, NOISE, SETS = (folder.names(package) for package in (methods, noise, sets))


def plain(n=120, epochs=4):
    """Three far clusters that every model knows, and every tenth label wrong; which are wrong."""
    chance = np.random.default_rng(0)
    right = np.arange(n) % 3
    wrong = np.arange(n) % 10 == 0
    labels = np.where(wrong, (right + 1) % 3, right)
    sure = 5 * np.eye(3)[right]
    of_probes = np.arange(40) % 3
    is_random = np.arange(40) < 20

    def of_epochs(logits):
        steps = np.linspace(0.2, 1, epochs)[None, :, None]
        return (logits[:, None, :] * steps + chance.normal(0, 0.1, (len(logits), epochs, 3))).astype(np.float32)

    return (
        Evidence(
            labels=labels,
            n_classes=3,
            logits=(sure + chance.normal(0, 0.1, sure.shape)).astype(np.float32),
            embeddings=(10 * np.eye(3)[right] + chance.normal(0, 0.5, (n, 3))).astype(np.float32),
            epoch_logits=of_epochs(sure),
            probe_logits=of_epochs(5 * np.eye(3)[of_probes]),
            probe_labels=np.where(is_random, (of_probes + 1) % 3, of_probes),
            is_random_probe=is_random,
            seed=1,
        ),
        wrong,
    )


@pytest.mark.parametrize("name", METHODS)
def test_a_method_says_what_it_is_and_where_it_is_from(name):
    module = folder.load(methods, name)
    assert module.TITLE
    assert module.REFERENCE
    assert "(N,)" in getattr(module, name).__doc__


@pytest.mark.parametrize("name", METHODS)
def test_a_method_ranks_what_is_plainly_wrong_first_and_leaves_the_evidence_alone(name):
    (found, wrong), (untouched, _wrong) = plain(), plain()
    suspicion, flagged = judged(folder.load(methods, name), name, found)
    assert suspicion.shape == wrong.shape
    assert np.isfinite(suspicion).all()
    if name != "random_order":
        assert roc_auc_score(wrong, suspicion) > 0.95
    if flagged is not None:
        assert flagged.dtype == bool
        assert flagged[wrong].mean() > flagged[~wrong].mean()
    for field in fields(Evidence):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(untouched, field.name))


@pytest.mark.parametrize(
    ("name", "model"),
    [("map_d", KNeighborsClassifier), ("simifeat", NearestNeighbors), ("loss_mixture", GaussianMixture)],
)
def test_an_order_and_its_decision_are_of_one_fit(monkeypatch, name, model):
    fits, fit = [], model.fit
    monkeypatch.setattr(model, "fit", lambda *given: fits.append(model) or fit(*given))
    judged(folder.load(methods, name), name, plain()[0])
    assert len(fits) == 1


@pytest.mark.parametrize("folder_name", ["methods", "noise", "sets"])
def test_the_readme_names_every_item(folder_name):
    items = {"methods": METHODS, "noise": NOISE, "sets": SETS}[folder_name]
    readme = (ROOT / "benchmarks/public/README.md").read_text("utf-8")
    assert [name for name in items if f"`{name}`" not in readme] == []


def test_the_readmes_method_runs(tmp_path):
    readme = (ROOT / "benchmarks/public/README.md").read_text("utf-8")
    source = readme.split("```python\n# methods/")[1].split("```")[0].partition("\n")[2]
    name = next(node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    path = tmp_path / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found, wrong = plain()
    assert roc_auc_score(wrong, getattr(module, name)(found)) > 0.95
