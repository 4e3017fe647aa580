"""Pictures that can't be taken are left out and named once; unusual ones are taken as a person would see them."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.data.own.made_sources import class_files, image_array, picture_bytes, png, take_in, write_files
from tvae.data import load_dataset
from tvae.data.own import understand
from tvae.data.own.resizing import resized
from tvae.errors import InputError

GREY = Image.fromarray(np.linspace(0, 250, 28 * 28).reshape(28, 28).astype(np.uint8))
COLOUR = Image.fromarray(image_array(1, 28, 3))


def huge_png() -> bytes:
    """A PNG of 81 megapixels in 10 KB."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 9_000, 9_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((9_000 // 8 + 1) * 9_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def huge_gif() -> bytes:
    """A GIF whose header claims 65,535 × 65,535 pixels."""
    return (
        b"GIF89a"
        + struct.pack("<HH", 65_535, 65_535)
        + b"\x80\0\0"
        + bytes(6)
        + b",\0\0\0\0\xff\xff\xff\xff\0\2\2D\1\0;"
    )


def tiff(values: np.ndarray) -> bytes:
    return picture_bytes(Image.fromarray(values), "TIFF")


LEFT_OUT = {
    "cut.png": (png(1)[:-40], "the picture is cut short or broken"),
    "cut.jpg": (picture_bytes(COLOUR, "JPEG", quality=95)[:-400], "the picture is cut short or broken"),
    "huge.png": (huge_png(), "9,000 × 9,000 pixels; at most 16 million are taken, so scale it down"),
    "huge.gif": (huge_gif(), "pixels; at most 16 million are taken"),
    "svg.png": (
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        "this is an SVG drawing, whatever its",
    ),
    "page.png": (b"<!DOCTYPE html><html></html>", "this is an HTML page, whatever its name says; a PNG, JPEG"),
    "nothing.png": (b"", "the file is empty"),
    "text.png": (b"hello", "this is no picture that can be read; a PNG, JPEG"),
    "dot.png": (picture_bytes(Image.new("L", (1, 1))), "1 × 1 pixels; at least 2 × 2 are needed"),
    "high.tif": (tiff(np.full((9, 9), 300.0, np.float32)), "holds values from 300 to 300; right is [0, 1] or [0, 255]"),
    "nan.tif": (tiff(np.full((9, 9), np.nan, np.float32)), "holds values that are not finite"),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_left_out_and_named_before_anything_is_kept(tmp_path, name):
    content, reason = LEFT_OUT[name]
    assert len(content) < 12_000
    understood = understand(write_files(tmp_path / "a", {**class_files(), f"cat/{name}": content}))
    ((left_out, why),) = understood.left_out().named
    assert left_out == f"cat/{name}" and reason in why and "\n" not in why
    assert understood.count() == 10


def test_the_first_twenty_are_named_and_all_are_counted(tmp_path):
    files = class_files() | {f"cat/bad{n}.png": b"hello" for n in range(30)}
    left_out = understand(write_files(tmp_path / "a", files)).left_out()
    assert left_out.count == 30 and [name for name, _ in left_out.named] == [f"cat/bad{n}.png" for n in range(20)]


def test_a_picture_that_is_broken_inside_is_left_out_when_it_is_kept(tmp_path):
    content = bytearray(png(1))
    content[content.find(b"IDAT") + 20] ^= 0xFF  # its beginning and its end are as they should be
    dataset = take_in(write_files(tmp_path / "a", {**class_files(), "dog/x.png": bytes(content)}), tmp_path / "kept")
    assert dataset.count == 10 and dataset.left_out == 1
    ((name, reason),) = dataset.left_out_named
    assert name == "dog/x.png" and "broken" in reason
    loaded = load_dataset("mine", tmp_path / "kept")
    kept = np.concatenate([loaded.train.images, loaded.test.images]).reshape(10, 28, 28)
    labels = np.concatenate([loaded.train.labels, loaded.test.labels])
    for row in range(10):
        expected = image_array(row)
        place = [number for number, image in enumerate(kept) if (image == expected).all()]
        assert [labels[p] for p in place] == [row // 5]


def kept_value(tmp_path, picture: bytes, name: str = "x.png", **choices) -> tuple[np.ndarray, tuple[str, ...]]:
    """Value of the picture as it is kept, alone in its class beside good ones, and the notes."""
    files = {**class_files(("dog",)), f"cat/{name}": picture}
    dataset = take_in(write_files(tmp_path / "a", files), tmp_path / "kept", **choices)
    train = load_dataset("mine", tmp_path / "kept").train
    return train.images[train.labels == 0][0].reshape(28, 28), dataset.notes


def test_sixteen_bits_are_rescaled_and_not_saturated(tmp_path):
    values = np.asarray(GREY, np.uint16) * 257
    image, notes = kept_value(tmp_path, picture_bytes(Image.fromarray(values)))
    np.testing.assert_array_equal(image, np.asarray(GREY))
    assert "16-bit pictures: values up to 64,250; 65,535 is taken as white" in notes


def test_twelve_bits_in_sixteen_are_rescaled_by_twelve(tmp_path):
    image, notes = kept_value(tmp_path, picture_bytes(Image.fromarray(np.asarray(GREY, np.uint16) * 16)))
    assert np.abs(image.astype(int) - np.asarray(GREY, int)).max() <= 1
    assert "16-bit pictures: values up to 4,000; 4,095 is taken as white" in notes


@pytest.mark.parametrize("scale", [1, 1 / 255])
def test_a_float_tiff_is_scaled_by_its_range(tmp_path, scale):
    image, notes = kept_value(tmp_path, tiff(np.asarray(GREY, np.float32) * np.float32(scale)), "x.tif")
    np.testing.assert_array_equal(image, np.asarray(GREY))
    assert any("pictures of fractions: values in [0, " in note for note in notes)


def test_transparent_pictures_are_laid_on_white(tmp_path):
    layers = np.zeros((28, 28, 4), np.uint8)
    layers[:14, :, 3] = 255  # black above, nothing below
    image, notes = kept_value(tmp_path, picture_bytes(Image.fromarray(layers)))
    assert (image[:14] == 0).all() and (image[14:] == 255).all()
    assert "1 picture is transparent: laid on white" in notes


def test_a_transparent_palette_is_laid_on_white(tmp_path):
    picture = Image.new("P", (28, 28), 0)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    image, _ = kept_value(tmp_path, picture_bytes(picture, transparency=0))
    assert (image == 255).all()


@pytest.mark.parametrize("mode", ["P", "1", "LA", "RGBA", "CMYK"])
def test_pictures_in_other_modes_look_the_same(tmp_path, mode):
    picture = GREY.convert("RGB").convert(mode)
    kind, name = ("TIFF", "x.tif") if mode == "CMYK" else ("PNG", "x.png")
    image, notes = kept_value(tmp_path, picture_bytes(picture, kind), name)
    expected = np.asarray(picture.convert("RGB").convert("L"), int)
    assert np.abs(image.astype(int) - expected).max() <= 1
    assert (mode != "CMYK") or "1 picture is in CMYK: taken as red, green and blue" in notes


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_rotated_picture_is_turned_upright(tmp_path, kind):
    exif = Image.Exif()
    exif[0x0112] = 6  # a camera held upright
    image, notes = kept_value(tmp_path, picture_bytes(GREY, kind, exif=exif, quality=100))
    assert np.abs(image.astype(int) - np.rot90(np.asarray(GREY), -1)).max() <= 3
    assert "1 picture is turned upright, as their EXIF data say" in notes


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(tmp_path, kind):
    frames = [Image.new("L", (28, 28), value) for value in (200, 10)]
    options = {"lossless": True} if kind == "WEBP" else {}
    content = picture_bytes(
        frames[0].convert("RGB"), kind, save_all=True, append_images=[frames[1].convert("RGB")], **options
    )
    image, notes = kept_value(tmp_path, content)
    assert (image == 200).all()
    assert "1 picture is animated: the first frame is taken" in notes
    assert "1 image has one colour throughout" in notes


def test_mixed_sizes_and_black_pictures_are_taken_and_said(tmp_path):
    files = {f"{name}/{n}.png": png(n, 20 + n) for n in range(4) for name in "ab"}
    files |= {"b/black.png": picture_bytes(Image.new("L", (40, 30)))}
    understood = understand(write_files(tmp_path / "a", files))
    assert sorted(understood.sizes()) == [(20, 20, 2), (21, 21, 2), (22, 22, 2), (23, 23, 2), (30, 40, 1)]
    dataset = take_in(tmp_path / "a", tmp_path / "kept")
    assert dataset.image_shape == (28, 28, 1) and dataset.count == 9
    assert "1 image has one colour throughout" in dataset.notes


def test_the_name_says_nothing_about_the_content(tmp_path):
    files = {
        f"{n % 2}/{n}": picture_bytes(GREY, kind)
        for n, kind in enumerate(("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"))
    }
    assert understand(write_files(tmp_path / "a", files)).count() == 6


def test_links_in_a_folder_are_left_out(tmp_path):
    folder = write_files(tmp_path / "a", class_files())
    write_files(tmp_path / "secret", {"s.png": png(1)})
    (folder / "cat" / "s.png").symlink_to(tmp_path / "secret" / "s.png")
    (folder / "bird").symlink_to(tmp_path / "secret")
    understood = understand(folder)
    assert understood.count() == 10
    assert understood.left_out().named == [(n, "a link; put the file itself there") for n in ("bird", "cat/s.png")]


@pytest.mark.parametrize(
    ("size", "fit"), [((56, 28), "fit"), ((28, 56), "fit"), ((56, 28), "crop"), ((20, 100), "fit"), ((28, 28), "fit")]
)
def test_resizing_keeps_the_proportions(size, fit):
    width, height = size
    picture = Image.new("L", size, 255)
    picture.paste(0, (width // 4, height // 4, width - width // 4, height - height // 4))
    image = resized(picture, 28, "grey", fit)[..., 0]
    assert image.shape == (28, 28)
    dark_rows, dark_columns = (image < 128).any(axis=1).sum(), (image < 128).any(axis=0).sum()
    longer = 28 / (max(size) if fit == "fit" else min(size))
    expected = [min(28, (side - 2 * (side // 4)) * longer) for side in (height, width)]
    assert abs(dark_rows - expected[0]) <= 1 and abs(dark_columns - expected[1]) <= 1
    assert (image[0] == 255).all() if fit == "fit" else True, "beside it stands its border's own colour"


def test_reducing_is_antialiased():
    """One-pixel stripes become an even grey; without antialiasing they stay black and white."""
    stripes = np.tile(np.array([0, 255], np.uint8), (280, 140))
    image = resized(stripes, 28, "grey", "fit")
    assert abs(int(image.min()) - 127) <= 5 and abs(int(image.max()) - 127) <= 5


def test_a_source_with_nothing_right_is_refused_in_one_line(tmp_path):
    write_files(tmp_path / "a", {"cat/1.png": b"hello", "dog/2.png": b""})
    with pytest.raises(InputError, match=r"^a: fewer than two images can be taken; cat/1.png: this is no picture"):
        understand(tmp_path / "a")
    with pytest.raises(InputError, match="no such file or folder"):
        understand(tmp_path / "b")
    (tmp_path / "c.png").write_bytes(png(1))
    with pytest.raises(InputError, match="a single picture; name the folder"):
        understand(tmp_path / "c.png")
    (tmp_path / "d.bin").write_bytes(bytes(1_000))
    with pytest.raises(InputError, match="right are a folder or zip"):
        understand(tmp_path / "d.bin")
    buffer = io.BytesIO()
    np.save(buffer, image_array(1))
    (tmp_path / "e.npy").write_bytes(buffer.getvalue())
    with pytest.raises(InputError, match="one array; save images and labels together"):
        understand(tmp_path / "e.npy")
