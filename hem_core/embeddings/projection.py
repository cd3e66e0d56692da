"""The map: two coordinates in which neighbours stay neighbours (UMAP, from the graph that is there)."""

import io
import re
import warnings
from collections.abc import Callable

import numpy as np

from hem_core.embeddings._landmarks import beside_landmarks
from hem_core.embeddings._threads import one_thread
from hem_core.embeddings._unit import unit_rows
from hem_core.embeddings.neighbours import Graph, neighbours
from hem_core.errors import HemError

Progress = Callable[[str, int, int], None]
"""Called with a sentence, the number done and the total (0 of 0 while that is not known)."""

_BLOCK = 65_536


def project(
    embeddings: np.ndarray,
    graph: Graph,
    *,
    seed: int = 0,
    progress: Progress | None = None,
    landmarks_above: int = 200_000,
    landmarks: int = 20_000,
) -> np.ndarray:
    """Coordinates of each row on a map that keeps the graph's neighbourhoods.

    embeddings (N, D), the rows that `graph` was made of. Same rows, graph and seed, same bytes.
    Above `landmarks_above` rows only `landmarks` random ones are laid out (by a graph of their own), and the
    others placed among them by the weighted mean of their neighbours. Where all rows are neighbours
    (N at most k + 1) there is no shape to lay out: the two main axes (PCA) are returned, zeros for one row.
    Returns (N, 2) float32, finite, no unit.
    Raises HemError when the graph has another number of rows than the embeddings.
    """
    n = len(embeddings)
    if len(graph.indices) != n:
        raise HemError(f"the graph has {len(graph.indices)} rows, the embeddings {n}; make it of these rows")
    tell = progress or _say_nothing
    if n <= graph.k + 1:
        return main_axes(embeddings)
    if n <= landmarks_above:
        return _laid_out(main_axes(embeddings), graph, seed, tell)
    landmarks = min(landmarks, n)
    chosen = np.sort(np.random.default_rng(seed).choice(n, landmarks, replace=False))
    tell(f"laying out {landmarks} landmarks of {n}", 0, 0)
    few = np.asarray(embeddings[chosen])
    placed = _laid_out(main_axes(few), neighbours(few, graph.k, seed=seed), seed, tell)
    tell(f"placing the other {n - landmarks} among them", 0, 0)
    return beside_landmarks(embeddings, graph, chosen, placed)


def main_axes(embeddings: np.ndarray) -> np.ndarray:
    """The two directions in which rows of length 1 differ most (PCA), read block by block.

    embeddings (N, D). Returns (N, 2) float32, each axis centred, its sign fixed by its largest entry.
    """
    n, d = embeddings.shape
    coordinates = np.zeros((n, 2), np.float32)
    if n < 2:
        return coordinates
    total, squares = np.zeros(d), np.zeros((d, d))
    for start in range(0, n, _BLOCK):
        block = unit_rows(embeddings[start : start + _BLOCK]).astype(np.float64)
        total += block.sum(axis=0)
        squares += block.T @ block
    mean = total / n
    axes = np.linalg.eigh(squares / n - np.outer(mean, mean)).eigenvectors[:, ::-1][:, :2]  # (D, 2 or 1)
    axes = axes * np.where(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])] < 0, -1, 1)
    for start in range(0, n, _BLOCK):
        block = unit_rows(embeddings[start : start + _BLOCK])
        coordinates[start : start + _BLOCK, : axes.shape[1]] = (block - mean) @ axes
    return coordinates


def _laid_out(start: np.ndarray, graph: Graph, seed: int, tell: Progress) -> np.ndarray:
    tell("loading and compiling the map's layout, up to a minute the first time", 0, 0)
    from umap import UMAP

    n = len(start)
    myself = np.arange(n, dtype=np.int32)[:, None]
    # UMAP counts a row as its own first neighbour, and marks far pairs in the arrays it is given: copies.
    nearest = np.concatenate([myself, graph.indices], axis=1)
    distances = np.concatenate([np.zeros((n, 1), np.float32), graph.distances], axis=1)
    layout = UMAP(
        n_neighbors=graph.k + 1,
        precomputed_knn=(nearest, distances),
        init=_spread(start, seed),  # type: ignore[arg-type]
        random_state=seed,
        n_jobs=1,
        tqdm_kwds={"disable": False, "file": _Epochs(tell), "bar_format": "{n_fmt}/{total_fmt}"},
    )
    with one_thread(), warnings.catch_warnings():
        # It misses the search index, which only new rows would need.
        warnings.filterwarnings("ignore", message=r"precomputed_knn\[2\]")
        layout.fit(start)  # the rows themselves are not read: the graph and the start are enough
    return np.asarray(layout.embedding_, np.float32)


def _spread(start: np.ndarray, seed: int) -> np.ndarray:
    """The start scaled to +-10, with a little noise so that no two rows lie on one another."""
    noise = np.random.default_rng(seed).normal(scale=1e-4, size=start.shape)
    return (start * (10 / max(float(np.abs(start).max()), 1e-12)) + noise).astype(np.float32)


class _Epochs(io.TextIOBase):
    """The file that umap's progress bar is written to: reads `120/500` and passes the numbers on."""

    def __init__(self, tell: Progress) -> None:
        self._tell = tell

    def write(self, text: str, /) -> int:
        if count := re.search(r"(\d+)/(\d+)", text):
            self._tell("laying out the map", int(count[1]), int(count[2]))
        return len(text)


def _say_nothing(sentence: str, done: int, total: int) -> None:
    pass
