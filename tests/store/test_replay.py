"""The data map after an epoch, from the recorded confidences."""

import numpy as np
import pyarrow as pa
import pytest
import torch

from hem_core.errors import RunError
from hem_core.scores.confidence_mean import confidence_mean
from hem_core.scores.variability import variability
from hem_core.store.atomic import write_table
from hem_core.store.replay import data_map_after, epochs_of
from hem_core.store.run import open_run

CONFIDENCES = np.array([[0.1, 0.5, 0.9], [0.2, np.nan, 0.4], [np.nan, np.nan, 0.7], [0.3, 0.3, 0.3]], np.float32)


def recorded(folder, ids):
    """The run with these confidences under these ids."""
    lists = pa.array([[None if value != value else float(value) for value in row] for row in CONFIDENCES])
    write_table(folder / "dynamics.parquet", pa.table({"id": ids, "confidence": lists.cast(pa.list_(pa.float32()))}))
    return open_run(folder).examples


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2]], ids=["as the rows", "another order"])
@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_the_map_after_an_epoch_is_that_of_the_scores_over_the_epochs_until_then(fresh, epoch, order):
    level = open_run(fresh).examples
    level = recorded(fresh, level.table(["id"])["id"].iloc[order].tolist())
    x, y = data_map_after(level, epoch)
    until = torch.from_numpy(CONFIDENCES[:, :epoch])
    np.testing.assert_allclose(x[order], variability(until).numpy(), atol=1e-6)
    np.testing.assert_allclose(y[order], confidence_mean(until).numpy(), atol=1e-6)
    assert len(x) == level.n
    assert np.isnan(x[4:]).all()


def test_an_example_that_the_level_does_not_have_is_left_out(fresh):
    x, _ = data_map_after(recorded(fresh, ["nobody", "id-01", "id-02", "id-03"]), 3)
    assert np.isnan(x[0])
    assert np.isfinite(x[1])


def test_there_are_as_many_epochs_as_were_recorded_and_none_without_a_recording(fresh):
    assert epochs_of(recorded(fresh, ["id-00", "id-01", "id-02", "id-03"])) == 3
    (fresh / "dynamics.parquet").unlink()
    assert epochs_of(open_run(fresh).examples) == 0


def test_a_damaged_recording_is_said_with_the_way_out(fresh):
    path = fresh / "dynamics.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RunError, match=r"dynamics\.parquet cannot be read .* run the same `hem score` command again"):
        epochs_of(open_run(fresh).examples)
