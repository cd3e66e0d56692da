"""Servers on this machine that speak the protocols of S3, Google Cloud Storage and Azure."""

import shutil
import socket
import subprocess
from contextlib import contextmanager

import pytest

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Those of Azurite, which everybody knows."""


@contextmanager
def s3():
    """moto's server. Yields the environment that leads there, as all of these do."""
    pytest.importorskip("s3fs", reason="needs s3fs: pip install 'hem[dev]'")
    server = pytest.importorskip("moto.server", reason="needs moto: pip install 'hem[dev]'")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    place = "http://{}:{}".format(*running.get_host_and_port())
    secrets = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_EC2_METADATA_DISABLED": "true"}
    yield {"AWS_ENDPOINT_URL": place, "AWS_DEFAULT_REGION": "us-east-1", **secrets}
    running.stop()


@contextmanager
def gs():
    pytest.importorskip("gcsfs", reason="needs gcsfs: pip install 'hem[gcs]' gcp-storage-emulator")
    server = pytest.importorskip("gcp_storage_emulator.server", reason="needs pip install gcp-storage-emulator")
    port = _free_port()
    running = server.create_server("127.0.0.1", port, in_memory=True)
    running.start()
    yield {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{port}"}
    running.stop()


@contextmanager
def az():
    pytest.importorskip("adlfs", reason="needs adlfs: pip install 'hem[azure]'")
    if shutil.which("azurite-blob") is None:
        pytest.skip("needs azurite: npm install --global azurite")
    port = _free_port()
    words = ["azurite-blob", "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"]
    running = subprocess.Popen([*words, "--blobPort", str(port)], stdout=subprocess.PIPE, text=True)
    while "listens" not in (line := running.stdout.readline()):
        assert line, "azurite ended"
    there = f"http://127.0.0.1:{port}/{ACCOUNT}"
    keys = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={there};"
    yield {"AZURE_STORAGE_CONNECTION_STRING": keys}
    running.kill()  # it would wait for the connections of the clients
    running.wait()


def _free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
