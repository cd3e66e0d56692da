"""What a set is for LightlyStudio: samples, the pictures of each tag, and a script."""

import io
import json

import pandas as pd
from PIL import Image

from hem_core.export import lightly_studio


def read_image(row):
    buffer = io.BytesIO()
    Image.new("L", (4, 2)).save(buffer, "PNG")
    return ".png", buffer.getvalue()


def test_samples_have_annotations_of_two_sources_tags_and_scores(tmp_path):
    labels = {"label": ["cat", None], "predicted": ["dog", "cat"], "predicted_prob": [0.75, 0.5]}
    more = {"loss": [1.5, None], "tags": ["odd, a/b", ""], "top_probs": [[1.0], []]}
    examples = pd.DataFrame({"id": ["a", "b"], **labels, **more})
    home = lightly_studio.write(examples, tmp_path, read_image=read_image)
    first, second = [json.loads(line) for line in (home / "samples.jsonl").read_text().splitlines()]
    assert first["given"] == [{"label": "cat"}]
    assert first["model"] == [{"label": "dog", "confidence": 0.75}]
    assert first["tags"] == ["odd", "a/b"]
    assert first["metadata"]["loss"] == 1.5
    assert "top_probs" not in first["metadata"]
    assert (second["given"], second["tags"]) == ([], [])
    assert "loss" not in second["metadata"]
    assert (home / "tags" / "odd.txt").read_text() == "images/a.png\n"
    assert (home / "tags" / "a_b.txt").is_file()


def test_the_script_compiles(tmp_path):
    examples = pd.DataFrame({"id": ["a"], "label": ["cat"]})
    home = lightly_studio.write(examples, tmp_path, read_image=read_image)
    compile((home / "load.py").read_text(), "load.py", "exec")
