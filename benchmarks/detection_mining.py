"""Mining while a detector trains: by classification, by localisation, by both; of boxes and of images.

    python benchmarks/detection_mining.py [--data ../shared/data] [--seeds 4] [--first-seed 100] [--quick]
                                          [--only scenes tail wrong bccd]

The demo detector (`demo_models.detector`), trained for the same number of steps from the same weights in every arm.
Each result is stored at once: after a kill, run the same command to resume.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a small model: a second thread costs more than it brings

import numpy as np
import torch
from _box_arms import ARMS
from _box_sets import RARE, Boxes, bccd, scenes
from _paired import Arms, count, interval, over_seeds, paired
from _store import ROOT, open_store

from demo_models.detector import Detector
from demo_models.detector.training import batches, fit, prepared
from hem_core.boxes.arrays import predicted_boxes
from hem_core.boxes.average_precision import average_precision

EPOCHS = 12
CONTROL = "uniform"
TWICE = "uniform, localisation × 2"
IMAGES = [name for name in ARMS if name.startswith("images")]
BOXES = [name for name in ARMS if name.startswith("boxes")]
UNWEIGHTED = [name for name in ARMS if name.endswith("unweighted")]


@dataclass(frozen=True)
class Setting:
    """One table."""

    words: str
    draw: Callable[[Path, int], tuple[Boxes, Boxes]]
    arms: list[str]
    rare: tuple[int, ...] = ()
    epochs: int = EPOCHS


SETTINGS = {
    "scenes": Setting(
        "80 scenes of digits, 150 others to test on",
        lambda data, seed: scenes(80, 150, seed),
        [CONTROL, *BOXES, *(name for name in IMAGES if "repeat" not in name)],
    ),
    "tail": Setting(
        "80 scenes in which 7, 8 and 9 are a tenth as frequent as the other digits; 150 others, to test on, in which "
        "all are equally frequent",
        lambda data, seed: scenes(80, 150, seed, tail=0.1),
        [CONTROL, *UNWEIGHTED, "images: repeat factors"],
        RARE,
    ),
    "wrong": Setting(
        "80 scenes with 4% of the boxes missing and as many each shifted, relabelled and spurious; 150 others, all "
        "right, to test on",
        lambda data, seed: scenes(80, 150, seed, wrong=0.04),
        [CONTROL, *BOXES, *UNWEIGHTED],
    ),
    "bccd": Setting(
        "BCCD, 64 images of 160 × 120 px, 150 others to test on",
        lambda data, seed: bccd(data / "bccd", 64, 150, seed, 160),
        [CONTROL, TWICE, *BOXES, *UNWEIGHTED],
    ),
}


def main() -> None:
    """Print one table a setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data", help="folder of the real data sets")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--first-seed", type=int, default=100, help="the sizes were chosen on seed 0")
    parser.add_argument("--quick", action="store_true", help="two seeds and one epoch, to see that it works")
    parser.add_argument("--only", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS), help="some arms, with the control")
    parser.add_argument("--work", type=Path, default=ROOT / "build/detection_mining", help="where results are kept")
    options = parser.parse_args()
    torch.set_num_threads(1)
    store = open_store(options.work, options.quick)
    seeds = range(options.first_seed, options.first_seed + (2 if options.quick else options.seeds))
    for name in options.only:
        setting = SETTINGS[name]
        arms = [arm for arm in setting.arms if arm in options.arms or arm == CONTROL]
        found = [
            {arm: store.get(f"{name}-{seed}-{arm}", partial(one, setting, options, seed, arm)) for arm in arms}
            for seed in seeds
        ]
        print(f"{setting.words}; {setting.epochs} epochs; {count(seeds)}.\n")
        print(f"{paired('mined by', over_seeds(found), CONTROL)}\n\n{loc_against_cls(over_seeds(found))}\n", flush=True)
    print(f"{store.seconds() / 60:.1f} CPU minutes.")


def loc_against_cls(arms: Arms) -> str:
    """Sentences: the paired difference between mining by `loc` and by `cls` in mAP50 and mAP75."""
    sentences = []
    for by_loc in (name for name in arms if "by loc" in name and name.replace("by loc", "by cls") in arms):
        parts = []
        for measure in ("mAP50", "mAP75"):
            apart = np.subtract(arms[by_loc][measure], arms[by_loc.replace("by loc", "by cls")][measure])
            mean, low, high = (100 * part for part in interval(apart.tolist()))
            parts.append(f"{measure} {mean:+.1f} [{low:+.1f}, {high:+.1f}]")
        sentences.append(f"{by_loc} − by cls: {', '.join(parts)}.")
    return " ".join(sentences)


def one(setting: Setting, options: argparse.Namespace, seed: int, arm: str) -> dict[str, float]:
    """Average precision of a detector that was trained in one way."""
    train, test = setting.draw(options.data.resolve(), seed)
    torch.manual_seed(seed)
    model = Detector(train.n_classes + 1).train()
    images, wanted = prepared(train, model)
    epochs = 1 if options.quick else setting.epochs
    n_steps = epochs * len(batches(images, range(len(images))))
    orders, loss = ARMS[arm](train, epochs, seed)
    torch.manual_seed(seed)
    for _batch in fit(model, images, wanted, orders, loss, n_steps):
        pass
    return measured(model.eval(), test, setting.rare)


@torch.inference_mode()
def measured(model: Detector, test: Boxes, rare: tuple[int, ...]) -> dict[str, float]:
    """mAP as COCO has it; rare: classes whose mean is a column of its own."""
    answers = model(test.images)
    columns = {name: np.concatenate([one[name].numpy() for one in answers]) for name in ("labels", "boxes", "scores")}
    image = np.repeat(np.arange(len(test)), [len(one["labels"]) for one in answers])
    predicted = predicted_boxes(image, columns["labels"] - 1, columns["boxes"], columns["scores"])
    found = average_precision(test.given(), predicted, test.n_classes, areas={"all": (0.0, 1e10)})
    values = {"mAP50": found.at(0.5), "mAP75": found.at(0.75), "mAP50–95": found.at()}
    if rare:
        values["mAP50, rare"] = float(found.by_class(0.5)[list(rare)].mean())
    return values


if __name__ == "__main__":
    main()
