"""Uploaded pictures: read correctly, or refused in one line."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tvae.errors import InputError
from tvae.explore.upload import LONGEST_SIDE, MOST_BYTES, read_upload


def saved(image: Image.Image, kind: str = "PNG", **how) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


@pytest.fixture
def stroke() -> np.ndarray:
    """A light field with a dark bar at the left and a short one on top: each turn and mirroring of it differs."""
    grey = np.full((40, 30), 230, np.uint8)
    grey[5:35, 4:8] = 20
    grey[5:8, 4:20] = 20
    return grey


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "WEBP", "JPEG"])
def test_each_format_is_read(stroke, kind):
    how = {"lossless": True} if kind == "WEBP" else {}
    upload = read_upload(saved(Image.fromarray(stroke), kind, **how))
    np.testing.assert_allclose(upload.grey, stroke / 255, atol=0.15 if kind == "JPEG" else 0.01)
    assert upload.notes == ()


@pytest.mark.parametrize("orientation", range(2, 9))
def test_exif_rotation_is_undone(stroke, orientation):
    # How a camera stores an upright picture under each orientation: the inverse of what a viewer does.
    inverse = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"}
    inverse |= {6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(stroke).transpose(Image.Transpose[inverse[orientation]])
    upload = read_upload(saved(stored, "PNG", exif=exif))
    np.testing.assert_allclose(upload.grey, stroke / 255, atol=0.01)
    assert "upright" in upload.notes[0]


def test_dark_strokes_on_nothing_are_laid_on_white_and_light_ones_on_black(stroke):
    alpha = np.where(stroke < 100, 255, 0).astype(np.uint8)
    for ink, ground in ((10, "white"), (250, "black")):
        rgba = np.dstack([np.full_like(stroke, ink)] * 3 + [alpha])
        upload = read_upload(saved(Image.fromarray(rgba)))
        assert ground in upload.notes[0]
        assert abs(upload.grey[20, 5] - upload.grey[20, 25]) > 0.9


def test_an_opaque_alpha_channel_changes_nothing(stroke):
    rgba = np.dstack([stroke] * 3 + [np.full_like(stroke, 255)])
    upload = read_upload(saved(Image.fromarray(rgba)))
    np.testing.assert_allclose(upload.grey, stroke / 255, atol=0.01)
    assert upload.notes == ()


def test_a_palette_with_a_transparent_colour(stroke):
    palette = Image.fromarray(stroke).convert("P")
    upload = read_upload(saved(palette, "PNG", transparency=230))
    assert upload.grey[20, 25] > 0.95 and upload.grey[20, 5] < 0.2


def test_sixteen_bits_keep_their_range():
    deep = np.full((20, 20), 1_000, np.uint16)
    deep[5:15, 8:12] = 9_000  # converted carelessly, both of these saturate to white
    upload = read_upload(saved(Image.fromarray(deep)))
    assert upload.grey[0, 0] == 0 and upload.grey[10, 10] == 1


def test_of_an_animation_the_first_frame_is_taken(stroke):
    frames = [Image.fromarray(stroke), Image.fromarray(255 - stroke)]
    for kind in ("GIF", "PNG", "WEBP"):
        upload = read_upload(saved(frames[0], kind, save_all=True, append_images=frames[1:]))
        assert "first frame" in upload.notes[0]
        assert upload.grey[20, 5] < 0.2 < upload.grey[20, 25]


def test_a_large_picture_is_averaged_down():
    upload = read_upload(saved(Image.new("L", (3000, 1500), 200), "JPEG"))
    assert max(upload.grey.shape) == LONGEST_SIDE
    np.testing.assert_allclose(upload.grey, 200 / 255, atol=0.01)


def png_of_size(width: int, height: int) -> bytes:
    """A decompression bomb: a PNG of this size whose pixels are a few bytes."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\0" * (MOST_BYTES + 1), "at most 8 MB"),
        (b"hello", "no picture that can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<?xml version='1.0'?>\n<svg/>", "an SVG drawing"),
        (b"<!DOCTYPE html><html></html>", "an HTML page"),
        (b"\n <HTML>", "an HTML page"),
        (b"%PDF-1.7", "a PDF"),
        (png_of_size(4001, 4000), "at most 16 million"),
        (png_of_size(9500, 9500), "at most 16 million"),  # Pillow warns
        (png_of_size(30000, 30000), "at most 16 million"),  # Pillow refuses
        (png_of_size(1, 16_000_000), "at most 20,000 a side"),
        (png_of_size(400_000, 40), "at most 20,000 a side"),
        (png_of_size(20, 20), "cut short or broken"),
        (saved(Image.new("RGBA", (9, 9), (0, 0, 0, 0))), "transparent throughout"),
        (saved(Image.new("L", (9, 9)), "TIFF"), "no picture that can be read"),
    ],
)
def test_what_is_not_a_usable_picture_is_refused_in_one_line(content, said):
    with pytest.raises(InputError, match=said) as caught:
        read_upload(content)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


def test_a_cut_file_is_refused(stroke):
    noise = np.random.default_rng(0).integers(0, 255, (90, 90), dtype=np.uint8)
    whole = saved(Image.fromarray(noise))
    with pytest.raises(InputError, match="cut short"):
        read_upload(whole[: len(whole) // 2])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_damaged_files_are_read_or_refused_and_nothing_else(stroke, kind):
    content = bytearray(saved(Image.fromarray(stroke), kind))
    random = np.random.default_rng(0)
    for _ in range(150):
        damaged = content.copy()
        for place in random.integers(0, len(damaged), 3):
            damaged[place] = random.integers(0, 256)
        try:
            upload = read_upload(bytes(damaged))
        except InputError as error:
            assert "\n" not in str(error)
        else:
            assert np.isfinite(upload.grey).all()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "WEBP", "JPEG"])
def test_each_format_is_read_in_colour(kind):
    picture = np.zeros((32, 48, 3), np.uint8)
    picture[:, :16], picture[:, 16:32], picture[:, 32:] = (250, 30, 20), (20, 200, 40), (30, 40, 220)
    how = {"lossless": True} if kind == "WEBP" else {}
    upload = read_upload(saved(Image.fromarray(picture), kind, **how), 3)
    assert upload.values.shape == (32, 48, 3) and upload.values.dtype == np.float32
    for column in (8, 24, 40):
        np.testing.assert_allclose(upload.values[16, column], picture[16, column] / 255, atol=0.02)


def test_a_grey_and_a_deep_picture_have_three_equal_channels(stroke):
    for content in (saved(Image.fromarray(stroke)), saved(Image.fromarray(stroke.astype(np.uint16) * 256))):
        upload = read_upload(content, 3)
        for channel in range(3):
            np.testing.assert_array_equal(upload.values[..., channel], read_upload(content).grey)


def test_what_is_transparent_in_colour_is_laid_on_white_or_black():
    rgba = np.zeros((20, 20, 4), np.uint8)
    rgba[5:15, 5:15] = (200, 10, 10, 255)
    upload = read_upload(saved(Image.fromarray(rgba)), 3)
    assert upload.values[0, 0].tolist() == [1, 1, 1]
    np.testing.assert_allclose(upload.values[10, 10], np.array([200, 10, 10]) / 255, atol=0.01)
    assert upload.notes == ("Transparent parts are laid on white.",)
    rgba[5:15, 5:15] = (255, 220, 90, 255)
    assert read_upload(saved(Image.fromarray(rgba)), 3).values[0, 0].tolist() == [0, 0, 0]


def test_a_large_picture_in_colour_is_kept_small():
    upload = read_upload(saved(Image.new("RGB", (3000, 1500), (10, 120, 200)), "JPEG"), 3)
    assert upload.values.shape == (LONGEST_SIDE // 2, LONGEST_SIDE, 3)
    np.testing.assert_allclose(upload.values[9, 9], np.array([10, 120, 200]) / 255, atol=0.01)


def test_the_limit_of_pixels_is_the_hosts(tmp_path, monkeypatch):
    (tmp_path / "limits.toml").write_text("pixels = 500_000")
    monkeypatch.setenv("TVAE_LIMITS", str(tmp_path / "limits.toml"))
    with pytest.raises(InputError, match=r"at most 0\.5 million are taken, so scale it down"):
        read_upload(png_of_size(1001, 1000))
