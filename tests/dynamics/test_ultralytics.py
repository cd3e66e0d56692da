"""Recorded by a callback of Ultralytics' trainer, with a YOLO that is built from its settings."""

import importlib.util

import pandas as pd
import pytest
import yaml
from PIL import Image, ImageDraw

if importlib.util.find_spec("ultralytics") is None:
    pytest.skip("Ultralytics is not installed: pip install ultralytics", allow_module_level=True)

import hem_core
from hem_core.dynamics.read import read
from hem_core.dynamics.ultralytics import record

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
SIZE, EPOCHS = 64, 3
QUIET = {"plots": False, "val": False, "amp": False, "workers": 0, "device": "cpu", "verbose": False, "exist_ok": True}
FAST = {"optimizer": "Adam", "lr0": 0.003, "nbs": 4, "warmup_epochs": 0, "mosaic": 0.0}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """Eight pictures with a large square or disc each, in YOLO's folders; nothing is fetched or kept at home."""
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tmp_path / "settings"))
    monkeypatch.setenv("YOLO_AUTOINSTALL", "false")
    monkeypatch.setenv("YOLO_OFFLINE", "true")
    for folder in ("images", "labels"):
        (tmp_path / "set" / folder).mkdir(parents=True)
    for at in range(8):
        picture = Image.new("RGB", (SIZE, SIZE), (200, 200, 200))
        draw = ImageDraw.Draw(picture).rectangle if at % 2 else ImageDraw.Draw(picture).ellipse
        draw((4 + at, 8, 52 + at, 56), fill=(250 * (at % 2), 20, 20))
        picture.save(tmp_path / "set" / "images" / f"p{at}.png")
        line = f"{at % 2} {(28 + at) / SIZE} .5 .75 .75\n"
        (tmp_path / "set" / "labels" / f"p{at}.txt").write_text(line)
    settings = {"path": str(tmp_path / "set"), "train": "images", "val": "images", "names": {0: "disc", 1: "square"}}
    (tmp_path / "data.yaml").write_text(yaml.safe_dump(settings))
    return tmp_path / "data.yaml"


def be_sure(trainer):
    """A new head is sure of nothing, so that nothing would be found: let it be sure of both classes everywhere."""
    for model in (trainer.model, trainer.ema.ema):
        for branch in model.model[-1].cv3:
            branch[-1].bias.data.fill_(2.0)


def test_the_line_before_the_training_gives_a_run_with_the_dynamics(data, check_box_dynamics, tmp_path):
    from ultralytics import YOLO

    yolo = YOLO("yolov8n.yaml", verbose=False)
    yolo.add_callback("on_train_start", be_sure)
    assert record(yolo, tmp_path / "recording") is yolo
    yolo.train(data=str(data), epochs=EPOCHS, imgsz=SIZE, batch=4, project=str(tmp_path), name="out", **QUIET, **FAST)
    recorded = read(tmp_path / "recording")
    assert 0 < recorded.losses.min() < recorded.losses.max()
    assert recorded.n_epochs == EPOCHS
    last = tmp_path / "recording" / "predictions.parquet"
    saved = YOLO(tmp_path / "out" / "weights" / "last.pt")
    [found] = saved.predict(tmp_path / "set" / "images" / "p3.png", imgsz=SIZE, conf=0.001, verbose=False, device="cpu")
    stored = pd.read_parquet(last).query("image == 'images/p3.png'")
    assert found.boxes.conf[:3].tolist() == pytest.approx(stored["score"][:3].tolist(), abs=0.01)  # stored in half
    options = {"dynamics": tmp_path / "recording", "has_map": False, "has_probes": False}
    run = hem_core.score(None, data, predictions=last, out=tmp_path / "run", **options)
    check_box_dynamics(run, recorded, 8)
