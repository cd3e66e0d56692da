import io
import os
import zipfile

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from hem_core import catalog as catalogs
from hem_core.errors import DataError
from hem_core.media import Part, medium
from hem_core.media._decoded import decode
from hem_core.media._grey_levels import to_picture
from hem_core.media._image_files import own_cores
from hem_core.media._npy import ArrayRows, extract
from hem_core.media._open_image import open_image, thumbnail


def png(array):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_grey_png_is_decoded_to_one_channel_or_three():
    grey = np.array([[0, 100], [200, 255]], np.uint8)
    assert decode(png(grey), channels=1)[:, :, 0].tolist() == grey.tolist()
    assert decode(png(grey), channels=3)[0, 1].tolist() == [100, 100, 100]


def test_resize_cuts_out_the_centre_square():
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 255
    assert (decode(png(wide), channels=3, resize=10) > 250).mean() > 0.95


@pytest.mark.parametrize("data", [b"", b"not an image", png(np.zeros((50, 50), np.uint8))[:60]])
def test_unreadable_bytes_say_so(data):
    with pytest.raises(DataError, match="not a readable image"):
        decode(data, channels=3)


def test_rows_of_an_array_are_read_by_position(tmp_path):
    whole = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)
    np.save(tmp_path / "x.npy", whole)
    rows = ArrayRows(tmp_path / "x.npy")
    assert rows.read(1, 3).tolist() == whole[1:3].tolist()
    assert rows.read(4, 4).shape == (0, 3, 2)


def test_an_array_that_is_no_npy_or_not_in_c_order_is_refused(tmp_path):
    (tmp_path / "x.npy").write_bytes(b"hello world, no array")
    with pytest.raises(DataError, match=r"cannot read .* as \.npy"):
        ArrayRows(tmp_path / "x.npy")
    np.save(tmp_path / "f.npy", np.asfortranarray(np.ones((3, 2))))
    with pytest.raises(DataError, match=r"C order; save it with np.ascontiguousarray"):
        ArrayRows(tmp_path / "f.npy")


def test_a_member_is_extracted_whole_and_once(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", images=np.arange(6))
    target = extract(tmp_path / "a.npz", "images.npy", tmp_path / "out" / "images.npy")
    before = target.stat().st_mtime_ns
    assert np.load(target).tolist() == [0, 1, 2, 3, 4, 5]
    assert extract(tmp_path / "a.npz", "images.npy", target).stat().st_mtime_ns == before
    target.write_bytes(b"half")
    assert np.load(extract(tmp_path / "a.npz", "images.npy", target)).tolist() == [0, 1, 2, 3, 4, 5]
    assert zipfile.is_zipfile(tmp_path / "a.npz")


def test_floats_in_0_to_1_become_grey_levels():
    assert to_picture(np.array([[0.0, 0.5, 1.0, np.nan]])).tolist() == [[0, 128, 255, 0]]
    assert to_picture(np.zeros((5, 4, 1), np.uint8)).shape == (5, 4)


def test_a_tiny_thumbnail_keeps_every_pixel_and_a_large_one_shrinks():
    tiny = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(thumbnail(Image.fromarray(tiny))))), tiny)
    assert Image.open(io.BytesIO(thumbnail(Image.new("RGB", (400, 200))))).size == (96, 48)


def test_a_picture_is_opened_from_a_file_or_a_row(tmp_path):
    Image.new("RGB", (3, 2), (9, 8, 7)).save(tmp_path / "a.png")
    assert open_image(tmp_path, "a.png").getpixel((0, 0)) == (9, 8, 7)
    np.save(tmp_path / "x.npy", np.full((2, 4, 5), 7, np.uint8))
    assert open_image(tmp_path, "x.npy", 1).size == (5, 4)


def test_a_moved_or_broken_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"no file at '.*gone.png'; if the data were moved"):
        open_image(tmp_path, "gone.png")
    (tmp_path / "b.png").write_bytes(b"zzz")
    with pytest.raises(DataError, match=r"cannot show '.*b.png'"):
        open_image(tmp_path, "b.png")


def test_a_member_in_fortran_order_is_extracted_row_by_row_once(tmp_path):
    stored = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.savez(tmp_path / "a.npz", images=np.asfortranarray(stored))
    target = extract(tmp_path / "a.npz", "images.npy", tmp_path / "images.npy")
    assert ArrayRows(target).read(1, 2).tolist() == stored[1:].tolist()
    before = target.stat().st_mtime_ns
    assert extract(tmp_path / "a.npz", "images.npy", target).stat().st_mtime_ns == before


@pytest.mark.parametrize(("classes", "named"), [(("cat", "dog"), ["cat", "dog"]), ((), None)])
def test_arrays_of_examples_name_the_classes_where_the_task_has_some(tmp_path, classes, named):
    table = pa.table({"id": ["a", "b"], "label": [0, 1], "image": ["images.npy"] * 2, "image_row": [0, 1]})
    part = Part(table, {"medium": "array"}, classes, lambda: np.zeros((2, 3), np.float32))
    arrays, _columns = medium("array").as_data(part)
    np.savez(tmp_path / "part.npz", **arrays)
    assert catalogs.info(catalogs.read(tmp_path / "part.npz")).get("classes") == named


def test_processes_of_one_launcher_share_the_cores(monkeypatch):
    cores = len(os.sched_getaffinity(0))
    monkeypatch.delenv("LOCAL_WORLD_SIZE", raising=False)
    assert own_cores() == cores
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(cores))
    assert own_cores() == 1
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(2 * cores))
    assert own_cores() == 1
