import json
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from hem_core.media._open_image import thumbnail
from hem_core.store.atomic import write_array, write_arrays, write_bytes, write_json, write_table

CLASSES = ["cat", "**dog**", "<b>fox</b>"]
TEXTS = ("label", "predicted", "suggested_label", "reason")
N = 60


def make_workspace(folder, *, dynamics=True, embeddings=True, **changes):
    """A workspace with the run `tiny`: 60 pictures, three classes with hostile names, one failure."""
    rng, home = np.random.default_rng(0), folder / "runs" / "tiny"
    images = rng.integers(0, 255, (N, 8, 8), dtype=np.uint8)
    write_array(folder / "data" / "tiny.npy", images)
    target, prediction = np.arange(N) % 3, (np.arange(N) + (np.arange(N) % 10 == 0)) % 3
    label, predicted = np.array(CLASSES, object)[target], np.array(CLASSES, object)[prediction]
    ids = [f"e{k:02d}" for k in range(N)]
    spread = (np.arange(N, dtype=np.float32) + 0.5) * 100 / N
    table = {
        "id": ids, "index": np.arange(N), "label": label, "predicted": predicted, "is_correct": target == prediction,
        "label_prob": (1 - spread / 100).astype("f4"), "predicted_prob": np.full(N, 0.9, "f4"),
        "top_classes": [CLASSES] * N, "top_probs": [[0.9, 0.07, 0.03]] * N, "loss": spread / 10, "margin": spread / 20,
        "entropy": spread[::-1] / 100, "difficulty": spread, "difficulty_in_class": spread, "label_suspicion": spread,
        "reason": np.where(target != prediction, "mislabelled", "easy"), "evidence": ["all of 3 say **dog**"] * N,
        "suggested_label": predicted, "duplicate_group": pa.array([1, 1] + [None] * (N - 2), pa.int64()),
    }  # fmt: skip
    if embeddings:
        table["prototype_distance"] = spread[::-1] / 100
        indices = (np.arange(N)[:, None] + [1, 2, 3]) % N
        distances = np.tile(np.float32([0.1, 0.2, 0.3]), (N, 1))
        write_arrays(home / "neighbours.npz", indices=indices.astype(np.int32), distances=distances)
        write_table(home / "projection.parquet", pd.DataFrame(rng.normal(size=(N, 2)).astype("f4"), columns=["x", "y"]))
    if dynamics:
        table["confidence_mean"] = spread / 100
        curves = {"id": ids, "confidence": [[0.5, float("nan"), 0.75]] * N, "margin": [[1.0, None, -1.0]] * N,
                  "is_correct": [[False, None, True]] * N}  # fmt: skip
        write_table(home / "dynamics.parquet", pa.table(curves))
    columns = {name: list(values) if name in TEXTS else values for name, values in table.items()}
    write_table(home / "scores.parquet", pa.table(columns))
    catalog = {"id": ids, "label": list(label), "image": ["tiny.npy"] * N, "image_row": np.arange(N)}
    write_table(home / "catalog.parquet", pd.DataFrame(catalog))
    failed = {"id": ["broken"], "index": [N], "reason": ["not a readable image: **truncated**"]}
    write_table(home / "failures.parquet", pd.DataFrame(failed))
    blobs = [thumbnail(Image.fromarray(image)) for image in images]
    write_bytes(home / "thumbnails.bin", b"".join(blobs))
    write_array(home / "thumbnails.npy", np.cumsum([0, *map(len, blobs)]).astype(np.int64))
    info = {
        "format_version": 1, "name": "tiny", "task": "classification", "status": "complete", "n": N, "n_failed": 1,
        "created": "2026-01-02T03:04:05Z", "fingerprint": f"f{dynamics}{embeddings}", "classes": CLASSES,
        "sample": "in-sample", "notes": ["Optimistic: **in-sample**."], "accuracy": 0.9, "held_out_accuracy": None,
        "model": {"name": "m:model", "hash": "abc", "layer": "head"},
        "data": {"name": "tiny-data", "source": "npz", "root": str(folder / "data"), "medium": "array"},
        "headline": {"difficulty": "rank-mean of loss", "label_suspicion": "rank of margin"},
        "neighbours": {"k": 3, "method": "exact", "recall": 1.0} if embeddings else None,
        "missing": {} if embeddings else {"embeddings": "no layer was found; name one with --layer"},
        "parameters": {}, "timings": {"score": 1.5}, "peak_memory_mb": 300.0, "versions": {},
    }  # fmt: skip
    write_json(home / "run.json", {**info, **changes})
    return folder


KINDS = ["mislabelled", "outlier", "ambiguous", "rare", "subtle", "easy"]


def calibrate(folder, **reasons):
    """Give `tiny` what newer runs have: reasons with probabilities, the chance of an error, clusters, slices.

    e59 is unsure (rare .4, subtle .35), every other wrong one mislabelled at .7; cluster 1 holds four of the six wrong
    ones and six that are right.
    """
    home = folder / "runs" / "tiny"
    table, info = pq.read_table(home / "scores.parquet"), json.loads((home / "run.json").read_text())
    probs = np.tile(np.float32([0.7, 0, 0.1, 0.1, 0.1, 0]), (N, 1))
    probs[np.array(table["reason"].to_pylist()) == "easy"] = [0.05, 0, 0, 0, 0, 0.95]
    probs[59] = [0.05, 0.1, 0.05, 0.4, 0.35, 0.05]
    reason = [KINDS[k] for k in probs.argmax(1)]
    reason[59] = "unsure"
    difficulty = np.array(table["difficulty"]) / 100
    new = {
        "reason": pa.array(reason), "reason_prob": pa.array(probs.max(1)), "error_prob": pa.array(difficulty),
        "reason_probs": pa.FixedSizeListArray.from_arrays(pa.array(probs.ravel()), len(KINDS)),
        "error_prob_low": pa.array(difficulty * 0.9), "error_prob_high": pa.array(np.minimum(1, difficulty * 1.05)),
        "cluster": pa.array(np.isin(np.arange(N), [20, 30, 40, 50, *range(54, 60)]).astype("i4")),
    }  # fmt: skip
    for name, column in new.items():
        known = name in table.column_names
        table = (
            table.set_column(table.column_names.index(name), name, column)
            if known
            else table.append_column(name, column)
        )
    write_table(home / "scores.parquet", table)
    rule = {"all": [{"column": "cluster", "in": [1]}]}
    weak = {"name": "cluster **1**", "n": 10, "errors": 4, "error_rate": 0.4, "low": 0.17, "high": 0.69, "ratio": 4.0,
            "p_adjusted": 0.012, "rule": json.dumps(rule)}  # fmt: skip
    write_table(home / "slices.parquet", pd.DataFrame([weak]))
    said = {"how": "calibrated", "kinds": KINDS, "auroc": 0.97, "n_probes": 480, "is_trusted": True, "n_tagged": 0}
    info |= {"fingerprint": "calibrated", "reasons": {**said, **reasons}}
    info["oos"] = {"how": "head", "folds": 5, "repeats": 1, "accuracy": 0.85, "in_sample_accuracy": 0.9}
    write_json(home / "run.json", info)
    return folder


def keep_features(folder):
    """Give a calibrated `tiny` the file that a refit reads: two features, twenty probes of each kind."""
    rng, home = np.random.default_rng(0), folder / "runs" / "tiny"
    kinds = np.repeat(KINDS, 20)
    centre = np.array([[0.95, 0.2], [0.5, 0.95], [0.7, 0.5], [0.6, 0.8], [0.4, 0.4], [0.1, 0.1]])
    examples = np.clip(np.repeat(centre, 20, axis=0) + rng.normal(0, 0.05, (120, 2)), 0, 1).astype("f4")
    place = (np.arange(N, dtype="f4") + 0.5) / N
    target = (np.arange(N) % 3).astype("i4")
    write_arrays(
        home / "reason_rows.npz", values=np.stack([place, place[::-1]], 1), names=np.array(["margin", "knn_distance"]),
        examples=examples, kinds=kinds, seed=np.array(0), predicted=target, sure=np.full(N, 0.9, "f4"),
        label_sure=np.full(N, 0.9, "f4"), second=(target + 1) % 3, second_sure=np.full(N, 0.05, "f4"),
        voice=np.array("the model"), epochs=np.array(-1),
    )  # fmt: skip
    return folder


def of_medium(folder, medium, columns, **data):
    """Make `tiny` a run over texts or rows: its catalog has these columns instead of pictures."""
    home = folder / "runs" / "tiny"
    info = json.loads((home / "run.json").read_text())
    info["data"] |= {"medium": medium, "root": None, **data}
    write_json(home / "run.json", {**info, "fingerprint": medium})
    catalog = pd.read_parquet(home / "catalog.parquet")[["id", "label"]]
    write_table(home / "catalog.parquet", catalog.assign(**columns))
    for name in ("thumbnails.bin", "thumbnails.npy"):
        (home / name).unlink()
    return folder


@pytest.fixture
def calibrated(workspace):
    """calibrated(**reasons): a workspace whose run has the columns of newer runs."""
    return lambda **reasons: calibrate(workspace(), **reasons)


@pytest.fixture
def refittable(calibrated):
    """A workspace whose run can be refitted to tags."""
    return keep_features(calibrated())


@pytest.fixture
def texts(workspace):
    """A workspace whose run is over texts; the first is long and has markup, an emoji and two marks."""
    long = "🎬 a <b>terrible</b> film " + "word " * 100
    marks = ["[[2, 4, -0.5], [4, 16, 1.0]]"] + [None] * (N - 1)
    return of_medium(workspace(), "text", {"text": [long] + ["short"] * (N - 1), "marks": marks})


@pytest.fixture
def rows(workspace):
    """A workspace whose run is over rows; `loss` is named like a score, the first example is 100 years old."""
    values = {"age": [100.0] + [20.0, 30.0, 40.0] * 19 + [25.0, 35.0], "port": ["C"] + ["S"] * (N - 1), "loss": 7.0}
    kinds = {"age": "number", "port": "category", "loss": "number"}
    features = [{"name": name, "kind": kind} for name, kind in kinds.items()]
    return of_medium(workspace(), "row", values, features=features)


@pytest.fixture(scope="session")
def whole_workspace(tmp_path_factory):
    """make_workspace with everything, made once; not to be written to."""
    return make_workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture
def workspace(tmp_path):
    """workspace(**changes): a workspace of one's own; see make_workspace."""
    return lambda **changes: make_workspace(tmp_path / "w", **changes)


@pytest.fixture
def add_run():
    """add_run(folder, name, **changes of run.json): a later run over the data of `tiny`."""
    return _add_run


def _add_run(folder, name, **changes):
    """A later run over the data of `tiny`: three of its six errors fixed, two regressed, e01 as hard as e59 was."""
    home = folder / "runs" / name
    shutil.copytree(folder / "runs" / "tiny", home)
    table = pq.read_table(home / "scores.parquet").to_pandas()
    is_wrong = table["id"].isin(["e00", "e10", "e20", "e05", "e15"]).to_numpy()
    others = dict(zip(CLASSES, CLASSES[1:] + CLASSES[:1], strict=True))
    table["predicted"] = np.where(is_wrong, table["label"].map(others), table["label"])
    table["is_correct"] = ~is_wrong
    table.loc[[1, 59], "difficulty"] = table.loc[[59, 1], "difficulty"].to_numpy()
    write_table(home / "scores.parquet", table)
    info = json.loads((home / "run.json").read_text())
    later = {"name": name, "created": "2026-02-01T00:00:00Z", "fingerprint": name, "accuracy": 55 / 60}
    write_json(home / "run.json", {**info, **later, **changes})
    return folder
