"""In which rounds of boosting the area under the margin finds flipped labels.

    python benchmarks/boosted_window.py

10% of the labels are flipped, the trees are trained on all of them, and their rounds are recorded. AUPRC of the flips
by AUM over the first rounds up to a training accuracy of .7, and up to a gap to the accuracy on held-out rows, as of a
net (`hem_core.dynamics.window`), and over all rounds; in brackets how many of the recorded ones. Means of two seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.datasets import load_breast_cancer, load_digits, make_classification
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score
from sklearn.model_selection import train_test_split
from xgboost import XGBClassifier

from hem_core.dynamics.boosting import staged
from hem_core.dynamics.window import accuracies, window

SEEDS, SHARE = (0, 1), 0.1
DEEP = {"n_estimators": 400, "num_leaves": 63, "min_child_samples": 2, "learning_rate": 0.3}
KINDS: dict[str, Callable[[], Any]] = {
    "HistGradientBoosting": lambda: HistGradientBoostingClassifier(random_state=0),
    "LightGBM": lambda: LGBMClassifier(n_jobs=1, verbose=-1),
    "XGBoost": lambda: XGBClassifier(n_jobs=1),
    "GradientBoosting": lambda: GradientBoostingClassifier(random_state=0),
    "LightGBM, deep, 400 rounds": lambda: LGBMClassifier(n_jobs=1, verbose=-1, **DEEP),
}


def data_sets() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, rows and classes of each."""
    yield "digits", *load_digits(return_X_y=True)
    yield "breast cancer", *load_breast_cancer(return_X_y=True)
    yield "four Gaussians", *make_classification(3000, 20, n_informative=8, n_classes=4, random_state=1)


def measured(kind: Callable[[], Any], rows: np.ndarray, classes: np.ndarray, seed: int) -> list[float]:
    """Rounds in both windows, recorded rounds, training accuracy of the first, AUPRC by both windows and by all."""
    chance = np.random.default_rng(seed)
    is_flipped = chance.random(len(classes)) < SHARE
    other = chance.integers(1, classes.max() + 1, len(classes))
    labels = np.where(is_flipped, (classes + other) % (classes.max() + 1), classes)
    found = staged(kind().fit(rows, labels), rows, labels, [str(row) for row in range(len(rows))])
    train_rows, test_rows, train_labels, test_labels = train_test_split(
        rows, labels, test_size=1 / 3, random_state=seed
    )
    held_out = float(kind().fit(train_rows, train_labels).score(test_rows, test_labels))
    accuracy = accuracies(found.hits)
    ends = [window(accuracy).epochs, window(accuracy, held_out).epochs, found.n_epochs]
    return [*ends, accuracy[0], *(average_precision_score(is_flipped, found.margins[:, :end].mean(1)) for end in ends)]


def main() -> None:
    """Print the table."""
    print("| data | trees | accuracy in round 1 | to .7 | to the gap | all |\n|---|---|---|---|---|---|")
    for name, rows, classes in data_sets():
        for title, kind in KINDS.items():
            each = np.mean([measured(kind, rows, classes, seed) for seed in SEEDS], axis=0)
            cells = [f"{value:.3f} ({rounds:g})" for value, rounds in zip(each[4:], each[:3], strict=True)]
            print(f"| {name} | {title} | {each[3]:.2f} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
