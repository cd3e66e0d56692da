"""Which examples enter the training set: a pool mined by `hem loop`, compared with random additions and all data."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from _drawn import as_inputs
from _flipped import another
from _hem import Examples, stacked
from _paired import count, over_seeds, paired
from _store import Store
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from torch import nn

from demo_models import fashion_mnist
from hem_core.loop.loop import loop
from hem_core.loop.pool_choice import DEFAULT
from hem_core.loop.settings import Settings

STEPS, BATCH, HIDDEN = 300, 64, 128
WRONG = (0.0, 0.1)
"""Share of the pool's labels that are wrong; the test labels are right."""
POLICIES: Mapping[str, tuple[tuple[str, ...], dict[str, dict[str, str]]]] = {
    "margin with quotas (margin, per_class)": (("margin", "per_class"), {}),
    "loss": (("top",), {"top": {"by": "loss"}}),
    "difficulty with quotas": (("top", "per_class"), {"top": {"by": "difficulty"}}),
}
PRODUCT = f"hem loop's own ({', '.join(DEFAULT)})"


@dataclass(frozen=True, eq=False)
class World:
    """A pool (N, D) and a test set (T, D) float32 with their right labels, and how many are taken when."""

    inputs: np.ndarray
    labels: np.ndarray
    test_inputs: np.ndarray
    test_labels: np.ndarray
    start: int
    add: int
    words: str


def pool(data: Path, store: Store, seeds: range, *, quick: bool) -> str:
    """Two tables a data set, clean and with wrong labels: rows are ways to choose, columns the sizes."""
    torch.set_num_threads(1)
    return "\n\n".join(
        part for name in WORLDS for wrong in WRONG for part in tables(name, wrong, data, store, seeds, quick=quick)
    )


def tables(name: str, wrong: float, data: Path, store: Store, seeds: range, *, quick: bool) -> list[str]:
    """What was done, and the table."""
    world = WORLDS[name]
    found = [
        store.get(f"pool-{name}-{wrong}-{seed}", lambda s=seed: one(world(data, s), wrong, s, quick)) for seed in seeds
    ]
    drawn, arms = world(data, seeds[0]), over_seeds(found)
    return [
        f"{drawn.words}; a pool of {len(drawn.labels):,}, {drawn.start} to begin with, {wrong:.0%} of the labels "
        f"wrong; a hidden layer of {HIDDEN}, {STEPS} steps of {BATCH} at every size; {count(seeds)}. Accuracy on "
        f"{len(drawn.test_labels):,} right labels, beside it the paired difference to random additions.",
        paired("chosen by", arms, "random", alone=("wrong among the chosen",), best=""),
    ]


def one(world: World, wrong: float, seed: int, quick: bool) -> dict[str, dict[str, float]]:
    """Way to choose -> size -> accuracy, of one seed; and how many of the chosen had a wrong label."""
    ways = {PRODUCT: (DEFAULT, {})} | dict(POLICIES)
    found = {}
    for name, (policies, options) in ways.items():
        arms = ("mined", "random", "all") if name == PRODUCT else ("mined",)
        settings = Settings(world.start, world.add, 1 if quick else 2, 1, arms, policies, options)
        found |= walked(world, wrong, seed, settings, name)
    order = ["random", *(name for name in found if name not in ("random", "all data")), "all data"]
    return {name: found[name] for name in order}


def walked(world: World, wrong: float, seed: int, settings: Settings, name: str) -> dict[str, dict[str, float]]:
    """Arm -> size -> accuracy of one loop."""
    given = spoiled(world.labels, wrong, seed)
    classes = [str(label) for label in range(int(world.labels.max()) + 1)]
    with tempfile.TemporaryDirectory() as folder:
        made = loop(
            Named(world.inputs, given, classes),
            train=trainer(seed),
            out=folder,
            settings=settings,
            test=Named(world.test_inputs, world.test_labels, classes),
        )
        table = pd.read_parquet(made.folder / "report.parquet")
        last = pd.read_parquet(next((Path(folder) / "sets").glob("*/v1/examples.parquet")))
    found: dict[str, dict[str, float]] = {}
    words = {"mined": name, "random": "random", "all": "all data"}
    sizes = [settings.start + settings.add * round for round in range(settings.rounds + 1)]
    for row in table.to_dict("records"):
        if row["arm"] in words:
            found.setdefault(words[row["arm"]], {})[f"{sizes[row['round']]:,}"] = row["accuracy"]
    mined = last.loc[last["round"] > 0, "id"].astype(int).to_numpy()
    found[name]["wrong among the chosen"] = float((given[mined] != world.labels[mined]).mean())
    if "random" in found:
        found["random"]["wrong among the chosen"] = float((given != world.labels).mean())
    return found


class Named(Examples):
    """Examples that say their class names."""

    def __init__(self, inputs: np.ndarray, targets: np.ndarray, classes: Sequence[str]) -> None:
        super().__init__(inputs, targets)
        self.classes = list(classes)

    def __getitems__(self, indices: Sequence[int]) -> list[tuple[torch.Tensor, int]]:
        return [self[index] for index in indices]


def trainer(seed: int) -> Callable[..., nn.Module]:
    """A train function: one hidden layer, the same number of steps whatever the size of the set."""

    def train(dataset: Any) -> nn.Module:
        inputs = stacked(dataset)
        targets = torch.from_numpy(np.asarray(dataset.targets))
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(inputs.shape[1], HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, len(dataset.classes)))
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
        passes = -(-STEPS * BATCH // len(targets))
        order = torch.cat([torch.randperm(len(targets)) for _pass in range(passes)])[: STEPS * BATCH]
        for rows in order.split(BATCH):
            loss = F.cross_entropy(model(inputs[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        return model

    return train


def spoiled(labels: np.ndarray, wrong: float, seed: int) -> np.ndarray:
    """A copy in which that share has become any other class."""
    chance, given = np.random.default_rng([seed, 17]), labels.copy()
    rows = chance.permutation(len(labels))[: round(wrong * len(labels))]
    n_classes = int(labels.max()) + 1
    given[rows] = another(given[rows], n_classes, chance)
    return given


def digits(_data: Path, seed: int) -> World:
    """scikit-learn's digits, 1,200 of them the pool."""
    pixels, labels = (np.asarray(part) for part in load_digits(return_X_y=True))
    order = np.random.default_rng(seed).permutation(len(labels))
    inputs, labels = (pixels / 16).astype(np.float32)[order], labels.astype(np.int64)[order]
    return World(inputs[:1200], labels[:1200], inputs[1200:], labels[1200:], 150, 150, "digits as 64 pixels")


def garments(data: Path, seed: int) -> World:
    """6,000 of Fashion-MNIST's pictures as 50 principal components, and its test set."""
    inputs, labels, test_inputs, test_labels = _garments(data)
    rows = np.random.default_rng(seed).permutation(len(labels))[:6000]
    words = "Fashion-MNIST as 50 principal components"
    return World(inputs[rows], labels[rows], test_inputs, test_labels, 300, 300, words)


def clinc(data: Path, seed: int) -> World:
    """The 150 intents of clinc as sentence vectors: its training texts the pool, its test texts the test."""
    table = pd.read_csv(data / "text/clinc_oos/clinc150_full.csv.gz")
    return _sentences("clinc", table.loc[(table["is_oos"] == 0) & table["split"].isin(["train", "test"]), :], seed, 600)


def banking(data: Path, seed: int) -> World:
    """The 77 look-alike intents of banking77, in the same way; no default was chosen on it."""
    return _sentences("banking77", pd.read_csv(data / "text/banking77/banking77.csv.gz"), seed, 400)


def _sentences(name: str, table: pd.DataFrame, seed: int, start: int) -> World:
    vectors, words = _vectors(tuple(table["text"]))
    labels, is_test = pd.factorize(table["intent"], sort=True)[0], np.asarray(table["split"] == "test")
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(~is_test))
    test = vectors[is_test], labels[is_test]
    return World(vectors[rows], labels[rows], *test, start, start, f"{name} as {words}")


@cache
def _garments(data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    whole = fashion_mnist.load(data / "fashion-mnist")
    assert whole.held_out is not None
    train, test = (as_inputs(each.images).reshape(len(each.images), -1) for each in (whole, whole.held_out))
    parts = PCA(50, svd_solver="randomized", random_state=0).fit(train[:6000])
    scale = parts.transform(train[:6000])[:, 0].std()  # one scale for all: the first ones stay the largest
    train, test = ((parts.transform(each) / scale * 3).astype(np.float32) for each in (train, test))
    return train, whole.labels, test, whole.held_out.labels


@cache
def _vectors(texts: tuple[str, ...]) -> tuple[np.ndarray, str]:
    """(N, 256) float32, of WordLlama where it is installed, else of the words' TF-IDF; and what to call them."""
    try:
        wordllama = importlib.import_module("wordllama")
    except ImportError:
        from sklearn.decomposition import TruncatedSVD

        found = TruncatedSVD(256, random_state=0).fit_transform(TfidfVectorizer(min_df=2).fit_transform(texts))
        return (found / found.std()).astype(np.float32), "256 components of TF-IDF"
    inside = Path(str(wordllama.__file__)).parent  # the wheel's own tokenizer is looked for where its cache would be
    found = wordllama.WordLlama.load(cache_dir=inside, disable_download=True).embed(list(texts), norm=True)
    return (found / found.std()).astype(np.float32), "WordLlama's vectors"


WORLDS: Mapping[str, Callable[[Path, int], World]] = {
    "digits": digits,
    "garments": garments,
    "clinc": clinc,
    "banking77": banking,
}
