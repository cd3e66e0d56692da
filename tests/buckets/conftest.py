"""A real S3 server on this machine, pictures to put into buckets, and a cache of each test's own."""

import io
import logging

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The cache folder of HEM."""
    monkeypatch.setenv("HEM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def s3_server():
    """The address of moto's S3 server."""
    pytest.importorskip("s3fs", reason="needs s3fs: pip install 'hem[dev]'")
    server = pytest.importorskip("moto.server", reason="needs moto: pip install 'hem[dev]'")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield "http://{}:{}".format(*running.get_host_and_port())
    running.stop()


@pytest.fixture
def bucket(s3_server, monkeypatch, request):
    """fsspec's file system of the server, and the name of an empty bucket on it."""
    import fsspec

    given = {"AWS_ENDPOINT_URL": s3_server, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    for name, value in {**given, "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}.items():
        monkeypatch.setenv(name, value)
    fsspec.get_filesystem_class("s3").clear_instance_cache()  # of a test with other credentials
    system = fsspec.filesystem("s3", skip_instance_cache=True)
    name = f"b{abs(hash(request.node.nodeid)):x}"
    system.mkdir(name)
    return system, name


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
