"""Measures that were made elsewhere: kept beside those of logits, and refused where they are no numbers."""

import numpy as np
import pytest
import torch

from hem_core.dynamics.read import read
from hem_core.dynamics.recorder import Recorder
from hem_core.errors import DataError


def test_a_loss_alone_is_kept_epoch_by_epoch_and_in_one_file(tmp_path):
    recorder = Recorder(tmp_path / "folder")
    for epoch in range(2):
        with recorder.epoch(epoch):
            recorder.log_measures(["a", "b"], loss=torch.tensor([1.0, 2.0 + epoch]))
    saved = recorder.save(tmp_path / "dynamics.parquet")
    for found in (read(tmp_path / "folder"), read(saved)):
        assert found.losses.tolist() == [[1, 1], [2, 3]]
        assert np.isnan([found.confidences, found.margins, found.hits]).all()
        assert found.align(["b", "c"]).losses[0].tolist() == [2, 3]
        assert found.targets is None


def test_measures_and_logits_share_an_epoch(tmp_path):
    recorder = Recorder(tmp_path)
    recorder.log(["a"], torch.zeros(1, 2), torch.tensor([1]))
    recorder.log_measures(["a#g1", "a#g2"], loss=[0.5, 0.25], confidence=[0.75, np.nan], is_correct=[1, np.nan])
    recorder.end_epoch()
    found = read(tmp_path)
    assert found.ids == ["a", "a#g1", "a#g2"]
    np.testing.assert_array_equal(found.confidences[:, 0], [0.5, 0.75, np.nan])
    np.testing.assert_array_equal(found.hits[:, 0], [0, 1, np.nan])
    np.testing.assert_array_equal(found.losses[:, 0], [np.nan, 0.5, 0.25])
    assert found.targets == [1, None, None]


def test_without_losses_there_are_none(tmp_path):
    with (recorder := Recorder(tmp_path)).epoch():
        recorder.log(["a"], torch.zeros(1, 2), torch.tensor([1]))
    assert read(tmp_path).losses is None


@pytest.mark.parametrize(
    ("measures", "text"),
    [
        ({"loss": [1.0, np.inf]}, "example 'b': its loss is infinite"),
        ({"loss": [np.nan, 1.0]}, "example 'a' has no number to record: all of its measures are NaN"),
        ({}, "example 'a' has no number to record"),
        ({"loss": [1.0]}, r"loss must have shape \(2,\), one for each id; it is \(1,\)"),
    ],
)
def test_what_is_no_number_is_named(tmp_path, measures, text):
    with pytest.raises(DataError, match=text):
        Recorder(tmp_path).log_measures(["a", "b"], **measures)
