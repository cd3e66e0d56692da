"""Recorded in the training of a small RF-DETR with random weights."""

import importlib.util
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

if importlib.util.find_spec("rfdetr") is None:
    pytest.skip("RF-DETR is not installed: pip install 'rfdetr[train]'", allow_module_level=True)

import hem_core
from hem_core.dynamics.read import read
from hem_core.dynamics.rfdetr import record

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
SIZE, EPOCHS = 64, 2
QUIET = {"num_workers": 0, "multi_scale": False, "expanded_scales": False, "tensorboard": False, "run_test": False}
QUIET |= {"early_stopping": False, "use_ema": False, "progress_bar": None, "device": "cpu", "grad_accum_steps": 1}


@pytest.fixture
def data(tmp_path):
    """Four pictures with a square each, in the two folders that RF-DETR wants."""
    for split in ("train", "valid"):
        home = tmp_path / "set" / split
        home.mkdir(parents=True)
        images, boxes = [], []
        for at in range(4):
            picture = Image.new("RGB", (SIZE, SIZE), (200, 200, 200))
            ImageDraw.Draw(picture).rectangle((8, 8, 48, 48), fill=(200 * (at % 2), 20, 20))
            picture.save(home / f"p{at}.png")
            images.append({"id": at, "file_name": f"p{at}.png", "width": SIZE, "height": SIZE})
            box = {"bbox": [8, 8, 40, 40], "area": 1600, "iscrowd": 0}
            boxes.append({"id": at, "image_id": at, "category_id": 1 + at % 2, **box})
        names = [{"id": k, "name": name, "supercategory": "thing"} for k, name in ((1, "black"), (2, "red"))]
        document = {"images": images, "annotations": boxes, "categories": names}
        (home / "_annotations.coco.json").write_text(json.dumps(document))
    return tmp_path / "set"


def test_the_line_before_the_training_gives_a_run_with_the_dynamics(data, check_box_dynamics, tmp_path):
    import rfdetr.training
    from rfdetr import RFDETRNano

    build = rfdetr.training.build_trainer
    model = RFDETRNano(pretrain_weights=None, resolution=SIZE, device="cpu", num_classes=2)
    assert record(model, tmp_path / "recording") is model
    options = {"dataset_dir": str(data), "output_dir": str(tmp_path / "out"), "epochs": EPOCHS, "batch_size": 2}
    model.train(**options, **QUIET)
    assert rfdetr.training.build_trainer is build
    recorded = read(tmp_path / "recording")
    assert recorded.n_epochs == EPOCHS
    last = tmp_path / "recording" / "predictions.parquet"
    after = model.predict(str(data / "train" / "p3.png"), threshold=0.001)
    stored = pd.read_parquet(last).query("image == 'p3.png'")
    assert set(stored["class_name"]) <= {"black", "red"}
    np.testing.assert_allclose(stored["score"].max(), after.confidence[after.class_id < 2].max(), rtol=1e-3)
    options = {"dynamics": tmp_path / "recording", "has_map": False, "has_probes": False}
    source = data / "train" / "_annotations.coco.json"
    run = hem_core.score(None, source, predictions=last, out=tmp_path / "run", **options)
    check_box_dynamics(run, recorded, 4)
