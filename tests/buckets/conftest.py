"""Real servers on this machine, pictures to put into buckets, and a cache of each test's own."""

import contextlib
import functools
import io
import logging

import fsspec
import numpy as np
import pytest
from PIL import Image

from . import servers as running

SERVERS = {"s3": running.s3, "gs": running.gs, "az": running.az}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The cache folder of HEM."""
    monkeypatch.setenv("HEM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def in_memory(tmp_path):
    """An address in fsspec's memory."""
    yield f"memory://{tmp_path.name}"
    system = fsspec.filesystem("memory")
    if system.exists(f"/{tmp_path.name}"):
        system.rm(f"/{tmp_path.name}", recursive=True)


@pytest.fixture(scope="session")
def servers():
    """servers(protocol): the environment that leads to the server of a protocol, which is started once."""
    with contextlib.ExitStack() as stack:
        yield functools.cache(lambda protocol: stack.enter_context(SERVERS[protocol]()))


@pytest.fixture(params=SERVERS)
def store(request, servers, monkeypatch):
    """fsspec's file system of each server, and the address of an empty bucket on it."""
    return _empty_bucket(request.param, servers, monkeypatch, request.node.nodeid)


@pytest.fixture
def bucket(request, servers, monkeypatch):
    """fsspec's file system of the S3 server, and the name of an empty bucket on it."""
    system, address = _empty_bucket("s3", servers, monkeypatch, request.node.nodeid)
    return system, address.removeprefix("s3://")


def _empty_bucket(protocol, servers, monkeypatch, test):
    for name, value in servers(protocol).items():
        monkeypatch.setenv(name, value)
    fsspec.get_filesystem_class(protocol).clear_instance_cache()  # of a test with other credentials
    system, name = fsspec.filesystem(protocol, skip_instance_cache=True), f"b{abs(hash(test)):x}"
    system.mkdir(name)
    return system, f"{protocol}://{name}"


@pytest.fixture
def downloads(caplog):
    """downloads(word): what the server was asked for since the last call, of paths with a word, by its own log."""
    caplog.set_level(logging.INFO, logger="werkzeug")

    def asked(word):
        lines = [record.getMessage() for record in caplog.records if record.name == "werkzeug"]
        caplog.clear()
        return sorted(line.split('"GET ')[1].split()[0] for line in lines if '"GET ' in line and word in line)

    return asked


@pytest.fixture(scope="session")
def write_photos():
    """write_photos(folder): 24 pictures of 8 × 8 px in the class folders dark and light."""

    def write(folder):
        random = np.random.default_rng(0)
        for label, low in (("dark", 0), ("light", 120)):
            (folder / label).mkdir(parents=True)
            for row in range(12):
                pixels = random.integers(low, low + 130, (8, 8, 3), dtype=np.uint8)
                buffer = io.BytesIO()
                Image.fromarray(pixels).save(buffer, "PNG")
                (folder / label / f"{row}.png").write_bytes(buffer.getvalue())
        return folder

    return write


@pytest.fixture(scope="session")
def net():
    """A model of two classes of those pictures."""
    import torch

    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 2))
