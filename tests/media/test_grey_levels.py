import numpy as np
import pytest

from hem_core.media._grey_levels import to_picture
from hem_core.media._npy import ArrayRows


@pytest.mark.parametrize(
    ("row", "levels"),
    [
        (np.array([[0, 257, 65_535]], np.uint16), [[0, 1, 255]]),
        (np.array([[False, True]]), [[0, 255]]),
        (np.array([[0.0, 127.5, 255.0]], np.float32), [[0, 128, 255]]),
        (np.array([[-1.0, 0.0, 1.0]]), [[0, 128, 255]]),
        (np.array([[0.2, 0.4]]), [[51, 102]]),
        (np.full((1, 2), np.nan), [[0, 0]]),
    ],
)
def test_every_type_is_shown_by_its_own_range(row, levels):
    assert to_picture(row).tolist() == levels


def test_rows_of_another_byte_order_are_read_as_this_machine_s(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(6, dtype=">u2").reshape(3, 2))
    block = ArrayRows(tmp_path / "x.npy").read(1, 3)
    assert block.dtype.isnative
    assert block.tolist() == [[2, 3], [4, 5]]
