"""Nothing outside hem_core/media asks for the name of a medium; one file there is enough for a new one."""

import ast
import io
import re
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from torch import nn

import hem_core
from app.wire import contents, routes
from hem_core import media
from hem_core.sets.export_run import export_run
from hem_core.store.damage import trouble

ROOT = Path(__file__).parents[2]
NAMES = set(media.names())
NAMED = re.compile("|".join(NAMES))  # without the word "medium" and one of these no line can ask: not parsed


def files(*suffixes):
    found = [path for room in ("hem_core", "app") for path in sorted((ROOT / room).rglob("*"))]
    return [path for path in found if path.suffix in suffixes and "media" not in path.relative_to(ROOT).parts]


def literals(node):
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def is_called_a_medium(node, names=frozenset()):
    """Whether an expression is named medium or by one of the names, calls what is so named, or takes such a key."""
    if isinstance(node, ast.Subscript):
        return "medium" in literals(node.slice) or is_called_a_medium(node.value, names)
    if isinstance(node, ast.Call):
        inner = set().union(*map(literals, node.args))
        return "medium" in inner or any(is_called_a_medium(one, names) for one in (node.func, *node.args))
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return "medium" in name or name in names


def assigned(tree):
    """Names that stand for a medium because one was put into them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(map(is_called_a_medium, ast.walk(node.value))):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def asks_in_python(source):
    """Lines that compare what is called a medium with the name of one."""
    tree = ast.parse(source)
    names = set(assigned(tree))
    for node in ast.walk(tree):
        sides, patterns = [], []
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            patterns = [side for side in sides if not is_called_a_medium(side, names)]
        elif isinstance(node, ast.Match):
            sides, patterns = [node.subject], [case.pattern for case in node.cases]
        is_asked = any(is_called_a_medium(side, names) for side in sides)
        if is_asked and any(literals(pattern) & NAMES for pattern in patterns):
            yield node.lineno


def asks_in_javascript(source):
    """Numbers of the lines that do."""
    name, called = rf"""["'`](?:{"|".join(sorted(NAMES))})["'`]""", r"(?:\w+\.)*\w*[mM]edium\w*"
    asked = [rf"{called}\s*[!=]==?\s*{name}", rf"{name}\s*[!=]==?\s*{called}", rf"switch\s*\({called}\)"]
    asked.append(rf"\[[^\]]*{name}[^\]]*\]\.includes\({called}\)")
    asked.append(rf"\[data-medium[^\]]*{name}")
    for number, line in enumerate(source.splitlines(), 1):
        if any(re.search(one, line) for one in asked):
            yield number


@pytest.mark.parametrize(
    "source",
    [
        'if medium == "text": pass',
        'kind = contents.medium(run)\nx = "row" != kind',
        'y = facts["medium"] in ("image", "array")',
        'z = (info.get("data") or {}).get("medium", "none") not in ("text",)',
        'w = contents.medium(run) == "text"',
        'match medium:\n    case "image":\n        pass',
    ],
)
def test_a_comparison_with_the_name_of_a_medium_is_found(source):
    assert list(asks_in_python(source))


@pytest.mark.parametrize("source", ['look == "words"', 'format == "text"', "one.medium != other.medium"])
def test_other_comparisons_are_not(source):
    assert not list(asks_in_python(source))


def test_a_comparison_in_javascript_is_found():
    found = ['data.medium === "text"', "'row' == medium", '!["text", "none"].includes(bus.medium)', "switch (medium) {"]
    assert all(list(asks_in_javascript(line)) for line in found)
    assert not list(asks_in_javascript('data.look === "words"'))


@pytest.mark.parametrize(
    ("asks", "suffixes"), [(asks_in_python, [".py"]), (asks_in_javascript, [".js", ".css"])], ids=["python", "browser"]
)
def test_nobody_else_asks_for_the_name_of_a_medium(asks, suffixes):
    texts = {path: path.read_text("utf-8") for path in files(*suffixes)}
    named = {path: text for path, text in texts.items() if "medium" in text.lower() and NAMED.search(text)}
    assert [f"{path.relative_to(ROOT)}:{line}" for path, text in named.items() for line in asks(text)] == []


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_file_of_the_folder_is_a_medium_that_says_how_it_looks(name):
    found = media.medium(name)
    assert isinstance(found, media.Medium)
    assert found.look in ("picture", "words", "features", "nothing")
    assert found.look != "words" or found.columns
    compile(found.train_template, name, "exec")


TONE = '''
"""Tones: a sequence of numbers each, drawn as a curve."""

import hashlib

import numpy as np
from PIL import Image

from hem_core.media import Medium, Read


def draw(tone):
    picture = np.zeros((16, len(tone)), np.uint8)
    rows = ((np.asarray(tone) - np.min(tone)) / max(np.ptp(tone), 1e-9) * 15).round().astype(int)
    picture[15 - rows, np.arange(len(tone))] = 255
    return picture


class Tones:
    is_quick = True

    def __init__(self, tones):
        self.tones = tones

    def fingerprint(self):
        return ""

    def read(self, indices):
        good = [index for index in indices if self.tones[index] is not None]
        values = np.array([self.tones[index] for index in good], np.float32)
        hashes = [hashlib.sha256(one.tobytes()).hexdigest()[:32] for one in values]
        return Read(values, good, hashes, [(index, "no tone") for index in indices if index not in good])

    def picture(self, index):
        return None if self.tones[index] is None else draw(self.tones[index])


def spoil(values, kinds, partners, *, pool, is_picture, seed):
    mixed = [kind == "ambiguous" for kind in kinds]
    return np.where(np.array(mixed)[:, None], (values + partners) / 2, values[:, ::-1]).astype(np.float32)


MEDIUM = Medium(
    open=lambda source: Tones(source.catalog["tone"].to_pylist()),
    look="picture",
    claims=lambda schema: "tone" if "tone" in schema.names else None,
    columns=("tone",),
    spoil=spoil,
    pictures="drawn",
    picture_of=lambda root, example: Image.fromarray(draw(example["tone"])),
    read_back=lambda examples, data, features: Tones(examples["tone"].tolist()) if "tone" in examples else None,
)
'''


class Ear(nn.Module):
    """Hears whether a tone rises."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.hidden, self.head = nn.Linear(8, 4), nn.Linear(4, 2)

    def forward(self, tones):
        return self.head(self.hidden(tones).relu())


@pytest.fixture
def tones(tmp_path, monkeypatch):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "tone.py").write_text(TONE, "utf-8")
    monkeypatch.setattr(media, "__path__", [*media.__path__, str(tmp_path / "more")])
    values = [[float(step if at % 2 else -step) + at / 9 for step in range(8)] for at in range(24)]
    table = pa.table({"tone": [*values, None], "label": ["rises" if at % 2 else "falls" for at in range(25)]})
    pq.write_table(table, tmp_path / "tones.parquet")
    yield tmp_path / "tones.parquet"
    sys.modules.pop("hem_core.media.tone", None)


@pytest.mark.slow
def test_a_medium_of_one_file_is_scored_shown_exported_and_read_back(tones, tmp_path, monkeypatch):
    folder = tmp_path / "w" / "runs" / "tones"
    run = hem_core.score(Ear(), tones, out=folder, classes=["falls", "rises"], has_map=False)
    assert run.info["data"]["medium"] == "tone"
    assert (run.n, run.failures()["reason"].tolist()) == (24, ["no tone"])
    assert run.thumbnail(0)
    assert "pictures" not in run.info["missing"]
    assert trouble(run.folder, run.info) == {}

    monkeypatch.setenv("HEM_WORKSPACE", str(tmp_path / "w"))
    headers = {"X-HEM-Token": routes.token("a-session")}
    client = TestClient(Starlette(routes=routes.routes()), base_url="http://127.0.0.1", headers=headers)
    shown = Image.open(io.BytesIO(client.get("/hem/image/tones?rows=3").content))
    assert shown.size == (8, 16)  # steps, levels
    (item,) = client.get("/hem/detail/tones?rows=3").json()
    assert (item["label"], len(item["neighbours"])) == ("rises", 8)
    assert contents.medium(run.examples).look == "picture"
    assert contents.has_pictures(run.examples)

    exported = export_run(folder, tmp_path / "out", where=None, formats=["parquet", "imagefolder"])
    assert exported.n == len(list((tmp_path / "out").rglob("*.png"))) == 24
    dataset, _sampler = hem_core.load_set(tmp_path / "out")
    value, target, id = dataset[0]
    assert (value.shape, len(dataset)) == ((8,), 24)
    assert (value[7] > value[0]) == (target == 1), id
