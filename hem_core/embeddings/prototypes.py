"""The mean embedding of each class."""

import numpy as np

_BLOCK = 65_536


def prototypes(embeddings: np.ndarray, targets: np.ndarray, n_classes: int) -> np.ndarray:
    """Mean embedding of the examples labelled as each class.

    embeddings (N, D), any float type, also memory-mapped: read block by block; targets (N,) integers
    in [0, K), or -1 for an example without a label, which is not counted.
    Returns (K, D) float32; zeros for a class without examples.
    """
    sums = np.zeros((n_classes, embeddings.shape[1]))
    for start in range(0, len(targets), _BLOCK):
        block = np.asarray(embeddings[start : start + _BLOCK], np.float64)  # (B, D)
        order = np.argsort(targets[start : start + _BLOCK], kind="stable")
        order = order[np.searchsorted(targets[start : start + _BLOCK][order], 0) :]  # without the -1
        classes, first = np.unique(targets[start : start + _BLOCK][order], return_index=True)
        if len(classes):
            sums[classes] += np.add.reduceat(block[order], first, axis=0)
    counts = np.bincount(targets[targets >= 0], minlength=n_classes)  # (K,)
    return (sums / np.maximum(counts, 1)[:, None]).astype(np.float32)


def own_prototypes(means: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The mean of the class that each example is labelled as.

    means (K, D); targets (N,) integers in [0, K), or -1 for an example without a label.
    Returns (N, D) float32; zeros where there is no label.
    """
    own = means[np.maximum(targets, 0)].astype(np.float32)
    own[targets < 0] = 0
    return own
