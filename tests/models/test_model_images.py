"""Images of every mode come out as the RGB that a viewer shows."""

import numpy as np
import pytest
from PIL import Image

from tyrosine.errors import ModelError
from tyrosine.models.images import open_image

RAMP = np.linspace(0, 255, 64).round().astype(np.uint8).reshape(8, 8)


def _opened(image, path, **options):
    image.save(path, **options)
    opened = open_image(path, "stim")
    assert opened.mode == "RGB"
    return np.asarray(opened)


def test_grey_gives_three_equal_channels(tmp_path):
    pixels = _opened(Image.fromarray(RAMP), tmp_path / "grey.png")
    np.testing.assert_array_equal(pixels, np.repeat(RAMP[:, :, None], 3, axis=2))


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    pixels = _opened(Image.fromarray(RAMP.astype(np.uint16) * 257), tmp_path / "deep.png")
    np.testing.assert_array_equal(pixels, np.repeat(RAMP[:, :, None], 3, axis=2))


def test_transparent_pixels_show_white(tmp_path):
    colour = np.zeros((2, 2, 4), dtype=np.uint8)
    colour[0] = (200, 10, 10, 255)
    pixels = _opened(Image.fromarray(colour), tmp_path / "alpha.png")
    np.testing.assert_array_equal(pixels[0], [[200, 10, 10]] * 2)
    np.testing.assert_array_equal(pixels[1], [[255, 255, 255]] * 2)


def test_palette_gives_its_colours_and_its_transparent_one_white(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 0, 0, 0])
    image.putpixel((1, 0), 1)
    np.testing.assert_array_equal(_opened(image, tmp_path / "palette.png"), [[[10, 20, 30], [0, 0, 0]]])
    pixels = _opened(image, tmp_path / "clear.png", transparency=1)
    np.testing.assert_array_equal(pixels, [[[10, 20, 30], [255, 255, 255]]])


def test_cmyk_photograph_opens(tmp_path):
    pixels = _opened(Image.new("CMYK", (8, 8), (0, 0, 0, 0)), tmp_path / "print.jpg")
    assert pixels.min() > 250


def test_rotated_photograph_is_upright(tmp_path):
    image = Image.fromarray(np.stack([RAMP[:4]] * 3, axis=2))
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = _opened(image, tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(pixels[:, :, 0], np.rot90(RAMP[:4], k=-1))


def test_floating_point_pixels_are_refused(tmp_path):
    Image.fromarray(RAMP.astype(np.float32)).save(tmp_path / "float.tiff")
    with pytest.raises(ModelError, match=r"stimulus stim does not open: .*floating-point numbers"):
        open_image(tmp_path / "float.tiff", "stim")
