"""Ways to choose from pools of boxes, tags and numbers, each as `hem loop` runs it, minus random additions.

    python benchmarks/pool_of_tasks.py [--data ../shared/data] [--seeds 5] [--first-seed 0] [--work FOLDER]
                                       [--only canvases emotions scene forest net]

One line a way: the difference in the headline to as many random additions, the mean of two rounds and the last round,
with the 95% interval over seeds. Every training takes the same number of steps. After a kill, run it again to resume.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.ensemble import ExtraTreesRegressor
from torch import Tensor, nn

from demo_models import scenes
from demo_models.detector import train as train_detector
from hem_core.loop.loop import loop
from hem_core.loop.settings import Settings
from hem_core.runs.options import Options

SCENES, POOL = 400, 200
PASSES = 480
"""Images that a detector sees in its training."""
LABELS = {"tag_entropy": "margin", "least_sure_tag": "margin", "diverse": "diverse", "loss": "top"}
NUMBERS = {"neighbour_spread": "margin", "diverse": "diverse", "cover": "cover", "loss": "top"}
BOXES = {"expected_errors": "margin", "box_uncertainty": "margin", "diverse": "diverse", "difficulty": "top"}


@dataclass(frozen=True)
class World:
    """A pool, a training, and how many examples are taken when; ways: column or policy -> policy."""

    data: Path
    train: Callable[..., Any]
    options: Options
    sizes: tuple[int, int]
    ways: dict[str, str]


class Net(nn.Module):
    """Two hidden layers of 64 on standardised features; the head's output is scaled and moved."""

    mean: Tensor
    sd: Tensor

    def __init__(self, x: Tensor, width: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", x.mean(0))
        self.register_buffer("sd", x.std(0).clamp(min=1e-6))
        first = nn.Sequential(nn.Linear(x.shape[1], 64), nn.ReLU(), nn.Dropout(dropout))
        self.body = nn.Sequential(*first, nn.Linear(64, 64), nn.ReLU())
        self.head = nn.Linear(64, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body((x - self.mean) / self.sd))


def arrays(dataset: Any) -> tuple[Tensor, Tensor]:
    """Features (n, F) and targets (n, K)."""
    x = torch.stack([dataset[at][0] for at in range(len(dataset))]).float()
    return x, torch.as_tensor(np.asarray(dataset.targets)).float().reshape(len(x), -1)


def steps(sampler: Any, epochs: int) -> Iterator[Tensor]:
    """The indices of each batch."""
    for _epoch in range(epochs):
        yield from torch.tensor(list(sampler)).split(32)


def tags(dataset: Any, *, sampler: Any) -> nn.Module:
    """20 epochs of binary cross-entropy."""
    x, y = arrays(dataset)
    model = Net(x, y.shape[1], 0.3)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-3)
    for index in steps(sampler, 20):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(model(x[index]), y[index]).backward()
        optimizer.step()
    return model.eval()


def net(dataset: Any, *, sampler: Any) -> nn.Module:
    """40 epochs of the Huber loss on standardised numbers, which the head then scales back."""
    x, y = arrays(dataset)
    middle, spread = y.mean(0), y.std(0).clamp(min=1e-6)
    model = Net(x, y.shape[1], 0.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    every = list(steps(sampler, 40))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(every))
    for index in every:
        optimizer.zero_grad()
        F.smooth_l1_loss(model(x[index]), (y[index] - middle) / spread).backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        model.head.weight.mul_(spread[:, None])
        model.head.bias.mul_(spread).add_(middle)
    return model.eval()


def forest(dataset: Any, *, seed: int) -> ExtraTreesRegressor:
    """100 extremely randomised trees."""
    return ExtraTreesRegressor(100, random_state=seed, n_jobs=1).fit(dataset.frame(), dataset.targets)


def detector(dataset: Any, *, num_classes: int, seed: int) -> nn.Module:
    """The demo's detector; PASSES images are seen, whatever the size of the set."""
    epochs = max(1, round(PASSES / len(dataset)))
    return train_detector(dataset, num_classes=num_classes, seed=seed, epochs=epochs, longest_px=112)


def canvases(folder: Path) -> World:
    """The first POOL scenes of the demo, its planted errors among them."""
    written = scenes.write(folder / "scenes", SCENES)
    document = json.loads(written.annotations.read_text())
    document["images"] = document["images"][:POOL]
    some = {image["id"] for image in document["images"]}
    document["annotations"] = [each for each in document["annotations"] if each["image_id"] in some]
    path = folder / "canvases.json"
    path.write_text(json.dumps(document))
    return World(path, detector, Options(images=written.images), (20, 15), BOXES)


def table(path: Path, labels: str, train: Callable[..., Any], sizes: tuple[int, int], ways: dict[str, str]) -> World:
    """Rows of a table with all other columns as features; several columns of labels are numbers."""
    columns = {"feature_columns": "*", "label_column": labels}
    task = "regression" if "," in labels else "multilabel"
    return World(path, train, Options(task=task, columns={**columns}), sizes, ways)


def world(name: str, data: Path, folder: Path) -> World:
    """The world of that name."""
    energy = data / "tabular" / "energy_efficiency.csv.gz"
    made = {
        "canvases": lambda: canvases(folder),
        "emotions": lambda: table(data / "multilabel" / "emotions.csv.gz", "labels", tags, (60, 40), LABELS),
        "scene": lambda: table(data / "multilabel" / "scene.csv.gz", "labels", tags, (100, 100), LABELS),
        "forest": lambda: table(energy, "Y1,Y2", forest, (40, 40), NUMBERS),
        "net": lambda: table(energy, "Y1,Y2", net, (40, 40), NUMBERS),
    }
    return made[name]()


def line(name: str, one: World, way: str, folder: Path, seeds: range) -> str:
    """A row of the table: the headline, the way to choose, and the two differences."""
    policy = one.ways[way]
    options = {} if policy == way else {policy: {"by": way}}
    settings = Settings(
        *one.sizes, 2, len(seeds), ("mined", "random"), (policy,), options, seed=seeds.start
    )  # fmt: skip
    report = loop(one.data, train=one.train, out=folder / name, name=way, settings=settings, options=one.options).report
    assert report is not None
    head = report["measures"][0]
    cells = []
    for entry in (report["against_random"][-1], report["against_random"][-2]):
        found = entry[head["column"]]
        scale, digits = (100, 1) if head["unit"] == "share" else (1, 4)
        mean, *ends = (f"{found[part] * scale:+z.{digits}f}" for part in ("mean", "low", "high"))
        cells.append(f"{mean} [{', '.join(ends)}]")
    return f"| {name} | {head['words']}, {head['better']} is better | {way} | {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "hem-pool-of-tasks")
    parser.add_argument("--only", nargs="+", default=["canvases", "emotions", "scene", "forest", "net"])
    given = parser.parse_args()
    torch.set_num_threads(1)
    given.work.mkdir(parents=True, exist_ok=True)
    print("| pool | measure | way to choose | mean of rounds | last round |\n| --- | --- | --- | --- | --- |")
    for name in given.only:
        one = world(name, given.data, given.work)
        for way in one.ways:
            seeds = range(given.first_seed, given.first_seed + given.seeds)
            print(line(name, one, way, given.work, seeds), flush=True)


if __name__ == "__main__":
    main()
