"""A recorded training joined to a run: the ids must still mean the same examples, and the run says how many did."""

import sys

import numpy as np
import pytest
import torch
from torch.utils.data import TensorDataset

from hem_core.cli import main
from hem_core.content_hash import content_hash
from hem_core.dynamics.recorder import Recorder
from hem_core.errors import DataError
from hem_core.runs.score import score

N = 60
CHANCE = torch.Generator().manual_seed(0)
X, Y = torch.randn(N, 5, generator=CHANCE), torch.randint(0, 3, (N,), generator=CHANCE)
MODEL = torch.nn.Linear(5, 3)


class Named(TensorDataset):
    """Rows with ids of their own."""

    def __init__(self, x, y, ids):
        super().__init__(x, y)
        self.ids = list(ids)


NAMES = [f"p{row}" for row in range(N)]


def recorded(folder, ids=range(N), **options):
    recorder = Recorder(folder)
    for epoch in range(3):
        with recorder.epoch(epoch):
            recorder.log(list(ids), X @ torch.eye(5, 3) * (epoch + 1), Y, **options)
    return folder


def scored(folder, data, recording):
    return score(MODEL, data, out=folder / "run", dynamics=recording, has_map=False, oos="none")


def test_the_run_says_that_all_ids_matched(tmp_path):
    run = scored(tmp_path, TensorDataset(X, Y), recorded(tmp_path / "rec"))
    wanted = (
        "Training dynamics: matched 60 of 60 ids; the recorded labels are those of the data (the ids are positions)."
    )
    assert run.info["notes"][0] == wanted
    assert run.info["dynamics"] | {"are_positions": None} == {
        "n": 60,
        "n_matched": 60,
        "n_compared": 60,
        "n_agreeing": 60,
        "has_targets": True,
        "are_positions": None,
    }


@pytest.mark.parametrize("ids", [None, NAMES])
def test_rows_reordered_since_the_training_are_refused_and_nothing_is_left(tmp_path, ids):
    order = torch.randperm(N, generator=CHANCE)
    data = TensorDataset(X[order], Y[order]) if ids is None else Named(X[order], Y[order], ids)
    recording = recorded(tmp_path / "rec", ids or range(N))
    with pytest.raises(
        DataError, match=r"has labels that differ from the data for \d+ of 60 matched ids, such as id '"
    ):
        scored(tmp_path, data, recording)
    assert not (tmp_path / "run").exists()


def test_names_that_moved_with_their_rows_are_joined(tmp_path):
    order = torch.randperm(N, generator=CHANCE)
    data = Named(X[order], Y[order], [NAMES[row] for row in order.tolist()])
    run = scored(tmp_path, data, recorded(tmp_path / "rec", NAMES))
    assert "matched 60 of 60 ids; the recorded labels are those of the data." in run.info["notes"][0]
    confidence = (3 * X @ torch.eye(5, 3)).softmax(dim=1)[torch.arange(N), Y]
    assert run.curve("p7")["confidence"].iloc[-1] == pytest.approx(float(confidence[7]), abs=1e-5)


def test_labels_corrected_since_are_told(tmp_path):
    corrected = Y.clone()
    corrected[:3] = (Y[:3] + 1) % 3
    run = scored(tmp_path, TensorDataset(X, corrected), recorded(tmp_path / "rec"))
    assert "3 of 60 recorded labels differ, as where labels were corrected" in run.info["notes"][0]


def test_a_recording_of_a_part_is_told(tmp_path):
    recorder = Recorder(tmp_path / "rec")
    with recorder.epoch(0):
        recorder.log(NAMES[:30], X[:30] @ torch.eye(5, 3), Y[:30])
    run = scored(tmp_path, Named(X, Y, NAMES), tmp_path / "rec")
    assert run.info["notes"][0].startswith("Training dynamics: matched 30 of 60 ids, so 30 examples have none;")


def test_contents_that_were_logged_are_compared(tmp_path):
    """Within a class the labels can't tell that rows moved; hashes of the contents can."""
    texts = [f"word{row} " * 3 for row in range(N)]
    hashes = [content_hash(text.encode()) for text in texts]
    moved = sorted(range(N), key=lambda row: (int(Y[row]), -row))
    kept = sorted(range(N), key=lambda row: (int(Y[row]), row))
    labels = Y[kept].tolist()
    recorder = Recorder(tmp_path / "rec")
    with recorder.epoch(0):
        recorder.log(range(N), torch.zeros(N, 3), Y[kept], hashes=[hashes[row] for row in kept])

    class Words(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(1, 3)

        def preprocess(self, texts):
            return torch.tensor([[float(len(text))] for text in texts])

        def forward(self, lengths):
            return self.layer(lengths)

    import pandas as pd

    for rows, name in ((kept, "kept"), (moved, "moved")):
        data = pd.DataFrame({"text": [texts[row] for row in rows], "label": [str(label) for label in labels]})
        options = {"dynamics": tmp_path / "rec", "columns": {"text_column": "text"}, "has_map": False, "oos": "none"}
        options |= {"classes": ["0", "1", "2"]}
        if name == "kept":
            assert "matched 60 of 60" in score(Words(), data, out=tmp_path / name, **options).info["notes"][0]
        else:
            with pytest.raises(
                DataError, match=r"examples have different content from when '.*rec' was recorded, such as"
            ):
                score(Words(), data, out=tmp_path / name, **options)


def test_the_command_ends_with_two_and_one_line(tmp_path, monkeypatch, capsys):
    recorded(tmp_path / "rec")
    order = torch.randperm(N, generator=CHANCE)
    np.savez(tmp_path / "data.npz", features=X[order].numpy(), labels=Y[order].numpy())
    (tmp_path / "mine.py").write_text("import torch\ndef net():\n    return torch.nn.Linear(5, 3)\n")
    words = ["score", "data.npz", "--model", "mine:net", "--dynamics", "rec", "--no-map", "--out", "run"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["hem", *words])
    with pytest.raises(SystemExit) as end:
        main()
    sys.modules.pop("mine", None)
    printed = capsys.readouterr().err
    assert end.value.code == 2, printed
    assert "the recording 'rec' has labels that differ from the data" in " ".join(printed.split())
    assert "Traceback" not in printed
