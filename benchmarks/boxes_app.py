"""Seconds until each page of the app stands on a large level of boxes, and until Detection has followed its sliders.

    python benchmarks/boxes_app.py [--images 5000] [--boxes 20] [--keep FOLDER]

A synthetic data set (small pictures of noise, 80% of whose boxes are found) is scored once, or taken from FOLDER, where
an earlier call left it. Each page runs in this process as the server runs it, first with nothing cached, then again;
what the browser then fetches (columns of Explore, 48 tiles) is timed by its routes. Seconds of the processor
(of all threads) and by the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from detection import N_CLASSES, records
from PIL import Image

SIZE_PX = (160, 120)
PAGES = ("overview", "detection", "explore", "slices", "labels", "sets")
RUN = "boxes"


def main() -> None:
    """Score where nothing is kept, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--boxes", type=int, default=20, help="given and predicted boxes of an image, each")
    parser.add_argument("--keep", type=Path, help="the folder where the run is kept")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        if not (folder / "w" / "runs" / RUN / "run.json").exists():
            started = time.perf_counter()
            score(folder, options.images, options.boxes)
            print(f"scored in {time.perf_counter() - started:.0f} s")
        os.environ["HEM_WORKSPACE"] = str(folder / "w")
        os.environ["HEM_PERSON"] = "bench"
        measure()


def score(folder: Path, n_images: int, n_boxes: int) -> None:
    """Write pictures, annotations and results, and score them."""
    import hem_core

    photos = folder / "photos"
    photos.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(0)
    for k in range(n_images):
        pixels = chance.integers(0, 256, (SIZE_PX[1] // 8, SIZE_PX[0] // 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize(SIZE_PX, Image.Resampling.BILINEAR).save(photos / f"{k:05d}.jpg", quality=70)
    given, predicted = scene(n_images, n_boxes)
    annotations = {
        "images": [
            {"id": k + 1, "file_name": f"{k:05d}.jpg", "width": SIZE_PX[0], "height": SIZE_PX[1]}
            for k in range(n_images)
        ],
        "categories": [{"id": k + 1, "name": f"class {k}"} for k in range(N_CLASSES)],
        "annotations": records(given),
    }
    results = [
        {**one, "score": float(sure)} for one, sure in zip(records(predicted), predicted.confidence, strict=True)
    ]
    (folder / "annotations.json").write_text(json.dumps(annotations))
    (folder / "results.json").write_text(json.dumps(results))
    hem_core.score(
        None,
        folder / "annotations.json",
        predictions=folder / "results.json",
        images=photos,
        out=folder / "w" / "runs" / RUN,
    )


def scene(n_images: int, n_boxes: int):  # noqa: ANN201 - the given and the predicted boxes
    """Boxes of 6 to 40 px; 80% of the given ones are found, a tenth of these as another class."""
    from hem_core.boxes.arrays import given_boxes, predicted_boxes

    chance, n = np.random.default_rng(1), n_images * n_boxes
    image, label = np.repeat(np.arange(n_images), n_boxes), chance.integers(0, N_CLASSES, n)

    def corners() -> np.ndarray:
        start = np.stack([chance.integers(0, side - 40, n) for side in SIZE_PX], axis=1)
        return np.concatenate([start, start + chance.integers(6, 40, (n, 2))], axis=1).astype(float)

    xyxy, stray, is_found = corners(), corners(), chance.random(n) < 0.8
    moved = np.clip(xyxy + chance.integers(-3, 4, (n, 4)), 0, None)
    moved[:, 2:] = np.maximum(moved[:, 2:], moved[:, :2] + 1)
    answer = np.where(is_found & (chance.random(n) < 0.9), label, chance.integers(0, N_CLASSES, n))
    boxes = np.where(is_found[:, None], moved, stray)
    return given_boxes(image, label, xyxy), predicted_boxes(image, answer, boxes, chance.random(n).round(4))


def measure() -> None:
    """The table of times."""
    from streamlit.testing.v1 import AppTest

    from app import loaders

    level = loaders.level(RUN, "boxes")
    print(f"{loaders.run(RUN).n:,} images, {level.n:,} rows of the level boxes\n")
    print(f"{'':34} {'first':>18} {'again':>18}")
    print(f"{'page':34} " + " ".join(f"{'processor':>10} {'clock':>7}" for _call in range(2)))
    for name in PAGES:
        test = AppTest.from_function(page, kwargs={"name": name}, default_timeout=600)
        test.query_params["run"], test.query_params["level"] = RUN, "boxes"
        line(name.capitalize(), test.run, test.run)
        assert not test.exception, test.exception
        if name == "detection":
            for key, values in (("boxes_confidence", (0.3, 0.31)), ("boxes_foreground", (0.6, 0.65))):
                moves = [partial(move, test, key, value) for value in values]
                line(f"  the slider of {key.removeprefix('boxes_')}", *moves)
    fetch(level)


def move(test: Any, key: str, value: float) -> None:
    """Move a slider of the page."""
    test.slider(key=key).set_value(value).run()


def page(name: str) -> None:
    """A page of the app, as the server draws it."""
    from app import frame, state
    from app.views import views

    state.sync()
    frame.show(views()[name].page)


def fetch(level: Any) -> None:
    """What the browser asks for when Explore opens, and a rule that names many boxes."""
    from starlette.applications import Starlette
    from starlette.testclient import TestClient

    from app.wire import routes
    from app.wire.identity import identity

    client = TestClient(Starlette(routes=routes.routes()), headers={"X-HEM-Token": routes.token("bench")})

    def get(path: str) -> None:
        assert client.get(f"/hem/{path}").status_code == 200, path

    print()
    about = {**identity(level), "fingerprint": level.fingerprint}
    ids = level.table(["id"])["id"].tolist()[::3]
    rule = {"all": [{"rows": ids}]}
    tiles = ",".join(str(37 * k) for k in range(48))
    columns = ("difficulty", "reason", "label", "predicted", "severity", "iou")
    query = f"{RUN}?level=boxes"
    for what, ask in (
        ("description of the columns", lambda: get(f"columns/{query}")),
        ("six columns", lambda: [get(f"column/{query}&name={name}") for name in columns]),
        ("48 tiles", lambda: get(f"thumbs/{query}&rows={tiles}")),
        ("48 tiles, whole images", lambda: get(f"thumbs/{query}&rows={tiles}&whole=1")),
        ("details of twelve", lambda: get(f"detail/{query}&rows={','.join(str(k) for k in range(12))}")),
        (f"a rule of {len(ids):,} ids", lambda: client.post("/hem/mask", json={**about, "rule": rule})),
    ):
        line(what, ask, ask)


def line(what: str, *asks: Callable[[], object]) -> None:
    """One line: seconds of each call, one after the other."""
    seconds = []
    for ask in asks:
        started = time.process_time(), time.perf_counter()
        ask()
        seconds.append((time.process_time() - started[0], time.perf_counter() - started[1]))
    print(f"{what:34} " + " ".join(f"{cpu:9.2f}s {clock:6.2f}s" for cpu, clock in seconds), flush=True)


if __name__ == "__main__":
    main()
