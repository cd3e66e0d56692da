"""Words in a process of its own that hangs, dies or answers: real processes, whose module stands in for the model's."""

import os
import threading
import time

import numpy as np
import pytest

from hem_core.errors import RunError
from hem_core.store import words_near

SOURCE = """
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
with (folder / "started").open("a") as file:
    file.write("x")
for line in sys.stdin:
    words = json.loads(line)["words"]
    (folder / "was-asked").touch()
    if words == "hang":
        open(folder / "gate").read()
    if words == "die":
        sys.exit(1)
    print(json.dumps({"vector": [1.0, len(words)]}), flush=True)
"""


@pytest.fixture
def model(tmp_path, monkeypatch):
    """The folder of a model that hangs until something writes into its gate, a FIFO."""
    (tmp_path / "stands_in_for_a_model.py").write_text(SOURCE)
    os.mkfifo(tmp_path / "gate")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(words_near, "PROCESS", "stands_in_for_a_model")
    yield tmp_path
    words_near.end()


def n_started(model):
    return len((model / "started").read_text())


def in_a_thread(ask):
    found = []
    thread = threading.Thread(target=lambda: found.append(ask()), daemon=True)
    thread.start()
    return thread, found


def waits_until(is_so):
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_remembered_words_and_other_models_do_not_wait_for_one_that_hangs(model, tmp_path):
    here, other = str(model), tmp_path / "other"
    other.mkdir()
    assert words_near.vector_of(here, "i", "red").tolist() == [1, 3]
    (model / "was-asked").unlink()
    hanging, answer = in_a_thread(lambda: words_near.vector_of(here, "i", "hang"))
    waits_until((model / "was-asked").exists)
    for ask in (lambda: words_near.vector_of(here, "i", "red"), lambda: words_near.vector_of(str(other), "i", "blue")):
        quick, found = in_a_thread(ask)
        quick.join(timeout=20)
        assert len(found) == 1
    (model / "gate").write_text("go on")
    hanging.join(timeout=20)
    np.testing.assert_array_equal(answer[0], [1, 4])  # asking the other model did not end it


def test_a_model_that_never_answers_is_ended_and_its_failure_kept_for_a_while(model, monkeypatch):
    monkeypatch.setattr(words_near, "MOST_SECONDS", 0.2)
    for words in ("hang", "hang", "red"):
        with pytest.raises(RunError, match="gave no answer within"):
            words_near.vector_of(str(model), "i", words)
    assert len(words_near._processes) == 1
    assert n_started(model) <= 1  # 0: killed before it came so far
    monkeypatch.setattr(words_near, "MOST_SECONDS", 60)
    monkeypatch.setattr(words_near, "FAILED_SECONDS", 0)
    assert words_near.vector_of(str(model), "i", "red").tolist() == [1, 3]


def test_a_process_that_ends_is_not_started_by_each_request_anew(model, monkeypatch):
    for words in ("die", "die", "red"):
        with pytest.raises(RunError, match="is transformers installed"):
            words_near.vector_of(str(model), "i", words)
    assert n_started(model) == 1
    monkeypatch.setattr(words_near, "FAILED_SECONDS", 0)
    assert words_near.vector_of(str(model), "i", "red").tolist() == [1, 3]
    assert n_started(model) == 2
