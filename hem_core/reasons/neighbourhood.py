"""The labels of an example's neighbours."""

import numpy as np


def count_labelled(neighbour_labels: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How many of each example's neighbours have the label given for it.

    neighbour_labels (N, k) class numbers, -1 without a label; classes (N,) class numbers.
    Returns (N,) int64 in 0 .. k; 0 where the class is below 0.
    """
    same = (neighbour_labels == classes[:, None]) & (classes >= 0)[:, None]
    return same.sum(axis=1)


def majority(neighbour_labels: np.ndarray) -> np.ndarray:
    """The class that most of each example's neighbours are labelled as; the nearest such one on a tie.

    neighbour_labels (N, k) class numbers, nearest first, -1 without a label.
    Returns (N,) int64 class numbers; -1 where no neighbour has a label.
    """
    n, k = neighbour_labels.shape
    most, winner = np.zeros(n, np.int64), np.full(n, -1, np.int64)
    for place in range(k):
        candidate = neighbour_labels[:, place].astype(np.int64)
        count = count_labelled(neighbour_labels, candidate)
        better = count > most
        most[better], winner[better] = count[better], candidate[better]
    return winner
