import io

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from hem_core.errors import DataError
from hem_core.media._decoded import decode, levelled
from hem_core.media._open_image import open_image
from hem_core.media._picture_file import DEEP, FRAMES, TRANSPARENT, TURNED, as_read, is_grey, read_picture


def encoded(picture, format, **options):
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def tagged(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def colours(height=6, width=4):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled_by_their_whole_range(format):
    grey = Image.fromarray(np.array([[0, 257], [25_700, 65_535]], np.uint16))
    found = read_picture(encoded(grey, format))
    assert np.asarray(found.picture).tolist() == [[0, 1], [100, 255]]
    assert found.remarks == (DEEP,)


def test_a_tiff_that_uses_12_of_16_bits_is_white_at_4095():
    found = Image.fromarray(np.array([[0, 4095]], np.uint16))
    found.tag_v2 = {258: (12,)}
    assert np.asarray(as_read(found).picture).tolist() == [[0, 255]]


def test_floats_from_0_to_1_are_levels_and_others_are_refused_in_words():
    data = encoded(Image.fromarray(np.array([[0, 0.5], [1, 0.25]], np.float32)), "TIFF")
    assert decode(data, channels=1)[:, :, 0].tolist() == [[0, 128], [255, 64]]
    with pytest.raises(DataError, match=r"floats from -3 to 800; floats must lie in 0 .. 1"):
        decode(encoded(Image.fromarray(np.array([[-3, 800.0]], np.float32)), "TIFF"), channels=1)
    with pytest.raises(DataError, match="NaN or infinite"):
        decode(encoded(Image.fromarray(np.array([[0, np.nan]], np.float32)), "TIFF"), channels=1)


def test_whole_numbers_of_an_unknown_range_are_refused_in_words():
    data = encoded(Image.fromarray(np.array([[-1024, 3000]], np.int32)), "TIFF")
    with pytest.raises(DataError, match=r"32 or signed 16 bits, here from -1024 to 3000.*unsigned 8 or 16 bits"):
        decode(data, channels=1)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_exif_orientation_is_obeyed_as_pillow_would(format, orientation):
    options = {"lossless": True} if format == "WEBP" else {"quality": 100} if format == "JPEG" else {}
    data = encoded(Image.fromarray(colours()), format, exif=tagged(orientation), **options)
    with Image.open(io.BytesIO(data)) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    assert np.array_equal(decode(data, channels=3), expected)
    assert read_picture(data).remarks == ((TURNED,) if orientation > 1 else ())


def test_a_picture_on_its_side_is_upright_for_the_model_and_for_the_eye(tmp_path):
    upright = colours()
    Image.fromarray(np.rot90(upright).copy()).save(tmp_path / "side.png", exif=tagged(6))
    assert np.array_equal(decode((tmp_path / "side.png").read_bytes(), channels=3), upright)
    assert np.array_equal(np.asarray(open_image(tmp_path, "side.png")), upright)


def test_broken_metadata_turns_nothing():
    data = encoded(Image.fromarray(colours()), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff broken")
    assert decode(data, channels=3).shape == (6, 4, 3)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "PA", "RGBA", "CMYK", "YCbCr"])
def test_every_mode_gives_levels_and_colours(mode):
    picture = Image.fromarray(colours()).convert("L" if mode in ("LA", "PA", "1") else mode).convert(mode)
    data = encoded(picture, "TIFF")
    assert decode(data, channels=3).shape == (6, 4, 3)
    assert np.array_equal(decode(data, channels=3), np.asarray(picture.convert("RGB")))


def test_a_picture_in_lab_keeps_its_colours():
    profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    transform = ImageCms.buildTransform(*profiles, "RGB", "LAB")
    lab = ImageCms.applyTransform(Image.new("RGB", (2, 2), (200, 30, 60)), transform)
    assert np.abs(decode(encoded(lab, "TIFF"), channels=3)[0, 0].astype(int) - [200, 30, 60]).max() <= 3


def test_transparency_is_dropped_and_said_only_where_there_is_some():
    solid = Image.new("RGBA", (2, 2), (10, 20, 30, 255))
    assert read_picture(encoded(solid, "PNG")).remarks == ()
    clear = Image.new("RGBA", (2, 2), (10, 20, 30, 0))
    found = read_picture(encoded(clear, "PNG"))
    assert (found.picture.getpixel((0, 0)), found.remarks) == ((10, 20, 30), (TRANSPARENT,))


@pytest.mark.parametrize("format", ["GIF", "TIFF", "WEBP"])
def test_of_many_frames_the_first_counts_and_it_is_said(format):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ((255, 0, 0), (0, 255, 0))]
    found = read_picture(encoded(frames[0], format, save_all=True, append_images=frames[1:]))
    assert found.picture.getpixel((0, 0))[0] > 240
    assert found.remarks == (FRAMES,)


def test_a_decompression_bomb_is_a_bad_picture(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(DataError, match=r"not a readable image: Image size .* exceeds limit"):
        decode(encoded(Image.fromarray(colours()), "PNG"), channels=3)


def test_a_picture_of_pillow_is_treated_as_a_file():
    assert levelled(Image.fromarray(np.full((2, 2), 25_700, np.uint16)), channels=1).array.tolist() == [[[100]] * 2] * 2


def test_grey_is_told_from_colour():
    assert is_grey(encoded(Image.fromarray(np.zeros((2, 2), np.uint16)), "PNG"))
    assert not is_grey(encoded(Image.fromarray(colours()), "PNG"))
    with pytest.raises(DataError, match="not a readable image"):
        is_grey(b"zzz")
