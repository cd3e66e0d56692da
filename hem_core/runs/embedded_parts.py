"""Embeddings and neighbours of the parts of a run that have a place in a picture: its boxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from PIL import Image

from hem_core.embeddings.neighbours import Graph, neighbours
from hem_core.engine.box_features import SeesBoxes, box_features
from hem_core.engine.call import prepared
from hem_core.engine.join import stored_graph
from hem_core.engine.network import Network
from hem_core.engine.progress import Progress
from hem_core.engine.unit import as_stored
from hem_core.models.text_image_folder import TextImageModel
from hem_core.runs.scored import Scored
from hem_core.store.atomic import write_array, write_arrays
from hem_core.store.level import OF_WORDS
from hem_core.tasks import Parts

AT_ONCE = 8
"""Pictures that the model gets together."""
SIDE_PX = 8
"""Of the small crop that stands for a box where no model can be asked."""
Corners: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels."""
OF_MODEL, OF_PIXELS = "features of the model", "pixels of the crop"


@dataclass(frozen=True, eq=False)
class NearParts:
    """The neighbours of the parts, and what their embeddings are made of."""

    graph: Graph
    of: str


def near_parts(scored: Scored, parts: Parts, progress: Progress) -> NearParts | None:
    """Write the embeddings (M, D) of a level of parts and the graph over them; None where there can be none.

    A model with a method `box_features` gives them; else they are the pixels of the boxes, scaled down. They are kept
    in the folder of the level, so that a run that is resumed does not make them again.
    """
    if parts.places is None or parts.table.num_rows < 2 or scored.options.layer == "none":
        return None
    inputs, home = scored.ready.inputs, scored.plan.folder / parts.level
    if inputs is None:
        return None
    stored = _stored(scored, home)
    if stored is not None:  # before the model is looked for: one that was trained here may have to be trained again
        return stored
    network, embedder = _network(scored), scored.ready.embedder
    of = OF_WORDS if embedder is not None else OF_MODEL if network is not None else OF_PIXELS
    with progress.stage("boxes", parts.table.num_rows) as report:
        places = _Places.of(scored, parts)
        if embedder is not None:
            made = _by_words(scored, embedder, places)
        else:
            made = _by_model(scored, network, places) if network is not None else _by_pixels(scored, places)
        rows, blocks = [], []
        for row, features in made:
            rows.append(row)
            blocks.append(features)
            report(sum(map(len, rows)))
    if not blocks:
        return None
    order = np.argsort(np.concatenate(rows), kind="stable")
    if len(order) < parts.table.num_rows:  # a picture that cannot be read: its boxes have no place in a graph
        return None
    return NearParts(_kept(scored, home, np.concatenate(blocks)[order], of), of)


def _stored(scored: Scored, home: Path) -> NearParts | None:
    """What an earlier attempt at the same run wrote; None where it did not get so far."""
    graph = stored_graph(home / "neighbours.npz", scored.plan.key)
    if graph is None or not (home / "embeddings" / "00000.npy").is_file():
        return None
    with np.load(home / "neighbours.npz", allow_pickle=False) as arrays:
        return NearParts(graph, str(arrays["of"])) if "of" in arrays else None


def _kept(scored: Scored, home: Path, embeddings: np.ndarray, of: str) -> Graph:
    """The graph over the embeddings, both written into the folder of the level."""
    graph = neighbours(embeddings, scored.options.k, seed=scored.options.seed)
    write_array(home / "embeddings" / "00000.npy", embeddings)
    facts = {"key": scored.plan.key, "method": graph.method, "recall": graph.recall, "of": of}
    arrays = {name: np.array(value) for name, value in facts.items()}
    write_arrays(home / "neighbours.npz", indices=graph.indices, distances=graph.distances, **arrays)
    return graph


@dataclass(frozen=True, eq=False)
class _Places:
    """The parts by their example: catalog position -> rows of the level, and their corners (M, 4) in px."""

    rows: dict[int, np.ndarray]
    corners: np.ndarray

    @classmethod
    def of(cls, scored: Scored, parts: Parts) -> _Places:
        assert parts.places is not None
        place = {id: at for at, id in enumerate(scored.ids)}
        example = np.array([place[id] for id in parts.table["example"].to_pylist()], np.int64)
        index = scored.joined.columns["index"]
        rows = {int(index[at]): np.flatnonzero(example == at) for at in np.unique(example).tolist()}
        return cls(rows, parts.places)


def _network(scored: Scored) -> Network | None:
    """The scored model, if it has features of boxes; one that was trained here is the one trained on everything.

    Such a model gave embeddings of whole images too; without them, none is trained again to ask it.
    """
    network = scored.network if scored.joined.embeddings is not None else scored.ready.network
    return network if network is not None and isinstance(network.model, SeesBoxes) else None


@torch.inference_mode()
def _by_model(scored: Scored, network: Network, places: _Places) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of the level, and their embeddings, a few pictures at a time."""
    inputs, wanted = scored.ready.inputs, sorted(places.rows)
    assert inputs is not None
    assert isinstance(network.model, SeesBoxes)
    for start in range(0, len(wanted), AT_ONCE):
        batch = inputs.read(wanted[start : start + AT_ONCE])
        if not batch.indices:
            continue
        images = prepared(network.model, batch.values, network.device, is_picture=network.is_picture)
        rows = [places.rows[index] for index in batch.indices]
        boxes = [torch.from_numpy(places.corners[own]).float().to(network.device) for own in rows]
        yield np.concatenate(rows), as_stored(box_features(network.model, images, boxes)).cpu().numpy()


def _by_words(scored: Scored, embedder: TextImageModel, places: _Places) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of the level, and their crops as a text–image model sees them."""
    for rows, picture, corners in _pictures(scored, places):
        whole = [(floor(left), floor(top), ceil(right), ceil(low)) for left, top, right, low in corners]
        crops = [torch.from_numpy(np.array(picture.crop(one))) for one in whole]
        yield rows, as_stored(embedder.of_pictures(crops)).cpu().numpy()


def _by_pixels(scored: Scored, places: _Places) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of the level, and their crops scaled to a few pixels, about a grey of 0."""
    for rows, picture, corners in _pictures(scored, places):
        crops = [picture.resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR, box=each) for each in corners]
        yield rows, np.stack([np.asarray(crop, np.float16).reshape(-1) / 255 - 0.5 for crop in crops])


def _pictures(scored: Scored, places: _Places) -> Iterator[tuple[np.ndarray, Image.Image, list[Corners]]]:
    """Each picture that has parts and is there: rows of the level, the picture in RGB, and the parts' corners in it."""
    inputs = scored.ready.inputs
    assert inputs is not None
    for index, rows in sorted(places.rows.items()):
        pixels = inputs.picture(index)
        if pixels is None:
            continue
        picture = Image.fromarray(pixels).convert("RGB")
        yield rows, picture, [_inside(each, picture.size) for each in places.corners[rows].tolist()]


def _inside(corners: list[float], size: tuple[int, int]) -> Corners:
    """The corners cut off at the borders of a picture, a pixel large at least."""
    left, top = (min(max(0.0, value), side - 1) for value, side in zip(corners[:2], size, strict=True))
    lowest = (left + 1, top + 1)
    right, bottom = (min(max(pair), side) for *pair, side in zip(lowest, corners[2:], size, strict=True))
    return left, top, right, bottom
