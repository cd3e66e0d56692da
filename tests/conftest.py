"""Tests that need what this machine may lack are skipped, and say why."""

import functools
import gc
import importlib.util
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # a worker a core: more threads would only wait for each other
    # The first map of a process makes numba set the threads of torch too: a training of .2 s then takes 20.
    os.environ.setdefault("NUMBA_NUM_THREADS", os.environ["OMP_NUM_THREADS"])

DATA = Path(__file__).parents[2] / "shared" / "data"


def pytest_ignore_collect(collection_path, config):
    """A file whose `pytestmark` leaves it out of this run is not imported: a framework alone takes seconds."""
    if collection_path.suffix != ".py" or not re.fullmatch(r"not \w+( and not \w+)*", config.option.markexpr):
        return None
    marks = re.search(r"^pytestmark = .*", collection_path.read_text("utf-8"), re.MULTILINE)
    left_out = re.findall(r"not (\w+)", config.option.markexpr)
    return True if marks and set(re.findall(r"mark\.(\w+)", marks[0])) & set(left_out) else None


def pytest_collection_modifyitems(items):
    import torch

    missing = {}
    if not torch.cuda.is_available():
        missing["gpu"] = "needs a CUDA device, and this torch sees none"
    if not DATA.is_dir():
        missing["data"] = f"needs the real data sets in {DATA}"
    for item in items:
        for mark, reason in missing.items():
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish():
    gc.freeze()  # what was collected stays; each full collection would go through all of it


@pytest.fixture(scope="session")
def identity_provider():
    """A provider of OpenID Connect on this machine: tests/oidc_provider.py."""
    spec = importlib.util.spec_from_file_location("oidc_provider", Path(__file__).with_name("oidc_provider.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.running() as provider:
        yield provider


@pytest.fixture
def read_only(tmp_path):
    """read_only(folder): a view of a folder that nobody can write to, root included."""
    mounted = []

    def mount(folder):
        place = tmp_path / "read-only"
        place.mkdir()
        done = subprocess.run(["mount", "--bind", folder, place], check=False, capture_output=True)
        if done.returncode:
            pytest.skip("needs the right to mount, and this machine does not give it")
        subprocess.run(["mount", "-o", "remount,ro,bind", place], check=True)
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def data_folder():
    """The folder of real data sets; only for tests marked `data`."""
    return DATA


@pytest.fixture(autouse=True)
def keep_main():
    """Streamlit's AppTest puts the page in the place of `__main__`, which a spawned process would then run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(autouse=True)
def scan_once():
    """Each run of an AppTest reads the metadata of all installed packages, which takes longer than most pages."""
    scanner = sys.modules.get("streamlit.components.v2.manifest_scanner")
    if scanner and not hasattr(scanner.scan_component_manifests, "cache_clear"):
        scanner.scan_component_manifests = functools.cache(scanner.scan_component_manifests)


@pytest.fixture(scope="session")
def run_twice():
    """Runs a script in two real processes at once, as torchrun starts them."""
    return _run_twice


def _run_twice(script, *arguments, cwd=None):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    meet = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "OMP_NUM_THREADS": "1"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, *map(str, arguments)],
            env=os.environ | meet | {"RANK": str(rank), "LOCAL_RANK": str(rank), "NODE_RANK": "0"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
        )
        for rank in range(2)
    ]
    try:
        errors = [process.communicate(timeout=240)[1] for process in started]
    finally:
        for process in started:
            process.kill()
    assert [process.returncode for process in started] == [0, 0], "\n".join(error[-3000:] for error in errors)


@pytest.fixture(scope="session")
def write_digits():
    """write_digits(path, n): n digits as an .npz of uint8 pictures, with a column of the user's own."""
    import numpy as np
    from sklearn.datasets import load_digits

    def write(path, n):
        pixels, target = load_digits(return_X_y=True)
        images = (pixels[:n].reshape(-1, 8, 8) * 15).astype(np.uint8)
        np.savez(path, images=images, labels=target[:n].astype(np.int64), is_even=target[:n] % 2 == 0)
        return path

    return write


@pytest.fixture(scope="session")
def digits_npz(write_digits, tmp_path_factory):
    """400 digits."""
    return write_digits(tmp_path_factory.mktemp("digits") / "few.npz", 400)


@pytest.fixture
def model():
    """The demo's CNN with seeded, untrained weights."""
    import torch

    from demo_models import digits

    torch.manual_seed(0)
    return digits.model()


@pytest.fixture
def show(monkeypatch):
    """show(folder, page, person="anna", **address): the page of a workspace as AppTest, run once."""
    from streamlit.testing.v1 import AppTest

    def draw(folder, page, person="anna", **address):
        monkeypatch.setenv("HEM_WORKSPACE", str(folder))
        monkeypatch.setenv("HEM_PERSON", person)
        test = AppTest.from_function(_page, kwargs={"name": page}, default_timeout=30)
        for name, value in address.items():
            test.query_params[name] = value
        return test.run()

    return draw


def _page(name):
    from app import frame, saved_views, state
    from app.views import views

    state.sync()
    saved_views.open_from_address()
    view = views()[name]
    frame.show(view.page, needs_run=getattr(view, "NEEDS_RUN", True), bar=getattr(view, "bar", None))


CLIP_WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "red", "green", "blue", "disc", "photo"]


def _tokenizer():
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    made = Tokenizer(models.WordLevel({word: index for index, word in enumerate(CLIP_WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "bos_token": "[CLS]", "eos_token": "[SEP]"}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, **special)


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory):
    """A tiny CLIP in a folder: pictures of 16 px, patches of 8; random weights."""
    import torch
    import transformers

    folder, tower = tmp_path_factory.mktemp("clip"), {"hidden_size": 16, "intermediate_size": 16}
    tower |= {"num_hidden_layers": 1, "num_attention_heads": 2, "initializer_range": 0.5}
    text = {**tower, "vocab_size": len(CLIP_WORDS), "max_position_embeddings": 8, "bos_token_id": 2, "eos_token_id": 3}
    config = transformers.CLIPConfig(
        text_config=text, vision_config={**tower, "image_size": 16, "patch_size": 8}, projection_dim=8
    )
    torch.manual_seed(0)
    transformers.CLIPModel(config).save_pretrained(folder)
    _tokenizer().save_pretrained(folder)
    size = {"size": {"shortest_edge": 16}, "crop_size": {"height": 16, "width": 16}}
    transformers.CLIPImageProcessorPil(**size).save_pretrained(folder)
    return folder
