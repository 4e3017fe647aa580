"""Pictures without labels, in every form, fitted to the images of a trained run."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.data.own.made_sources import (
    class_files,
    image_array,
    picture_bytes,
    png,
    take_in,
    write_files,
    write_idx,
    write_zip,
)
from tvae.data.own import new_pictures as module
from tvae.data.own.new_pictures import Frame, frame_of, new_pictures
from tvae.data.own.sources.reading import Report, TakingInCancelled
from tvae.errors import InputError

FRAME = Frame(28, "grey", "fit", "")
FOUR = np.stack([image_array(number) for number in range(4)])  # (4, 28, 28)
LOOSE = {f"{number}.png": png(number) for number in range(4)}


def taken(source, frame=FRAME, most=None):
    """Names and images of a source's pictures, and what was left out."""
    pictures = new_pictures(source)
    blocks = list(pictures.blocks(frame, Report(), most))
    names = [name for block in blocks for name in block.names]
    images = np.concatenate([block.images for block in blocks]) if blocks else np.empty((0, 28, 28, 1))
    return names, images, pictures.left_out


def folder_of_pictures(path):
    return write_files(path / "loose", LOOSE)


def zip_of_pictures(path):
    return write_zip(path / "loose.zip", LOOSE)


def npz(path):
    np.savez(path / "plain.npz", images=FOUR)
    return path / "plain.npz"


def npz_by_split(path):
    np.savez(path / "splits.npz", train_images=FOUR[:3], test_images=FOUR[3:], test_labels=np.zeros(1))
    return path / "splits.npz"


def idx(path):
    return write_idx(path / "some-images-idx3-ubyte", FOUR)


def table(path):
    write_files(path / "table", LOOSE)
    (path / "table" / "list.csv").write_text("path\n" + "".join(f"{name}\n" for name in LOOSE))
    return path / "table" / "list.csv"


def parquet(path):
    cells = [{"bytes": png(number), "path": None} for number in range(4)]
    pq.write_table(pa.table({"image": cells}), path / "only-images.parquet")
    return path / "only-images.parquet"


@pytest.mark.parametrize("make", [folder_of_pictures, zip_of_pictures, npz, npz_by_split, idx, table, parquet])
def test_labels_are_needed_in_no_form(make, tmp_path):
    names, images, left_out = taken(make(tmp_path))
    np.testing.assert_array_equal(images[..., 0], FOUR)
    assert len(set(names)) == 4 and left_out.count == 0


def test_folders_are_no_classes_and_one_picture_is_a_source(tmp_path):
    folder = write_files(tmp_path / "mixed", {**class_files(each=2), "top.png": png(9), "a/b/c/deep.png": png(8)})
    assert sorted(taken(folder)[0]) == ["a/b/c/deep.png", "cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png", "top.png"]
    names, images, _ = taken(folder / "top.png")
    assert names == ["top.png"]
    np.testing.assert_array_equal(images[0, ..., 0], image_array(9))


def test_what_cannot_be_read_is_named_and_the_others_are_taken(tmp_path):
    cut = picture_bytes(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8))
    broken = cut[: len(cut) // 2] + cut[-12:]  # its end is in place, so that a look at it finds nothing
    files = {**LOOSE, "page.png": b"<html>", "cut.png": broken, **{f"bad{n}.png": b"" for n in range(25)}}
    names, images, left_out = taken(write_files(tmp_path / "some", files))
    assert sorted(names) == sorted(LOOSE) and len(images) == 4
    assert left_out.count == 27 and len(left_out.named) == 20
    with pytest.raises(InputError, match=r"no picture can be taken; .*page.png: this is an HTML page"):
        new_pictures(write_files(tmp_path / "none", {"page.png": b"<html>"}))


def test_memory_holds_a_block_and_the_blocks_are_all(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 3)
    source = write_files(tmp_path / "seven", {f"{number}.png": png(number) for number in range(7)})
    blocks = list(new_pictures(source).blocks(FRAME, Report()))
    assert [len(block.names) for block in blocks] == [3, 3, 1]
    expected = np.stack([image_array(number) for number in range(7)])
    np.testing.assert_array_equal(np.concatenate([block.images for block in blocks])[..., 0], expected)
    assert len(taken(source, most=2)[0]) == 2


def test_it_can_be_cancelled_and_reports(tmp_path):
    source, reports = folder_of_pictures(tmp_path), []
    list(new_pictures(source).blocks(FRAME, Report(lambda *report: reports.append(report))))
    assert reports[-1] == ("encoding", 4, 4)
    with pytest.raises(TakingInCancelled):
        new_pictures(source, cancelled=lambda: True)


def test_a_link_out_of_the_folder_and_a_zip_that_leads_out_are_not_read(tmp_path):
    folder = folder_of_pictures(tmp_path)
    (folder / "link.png").symlink_to(write_files(tmp_path / "secret", {"s.png": png(5)}) / "s.png")
    names, _, left_out = taken(folder)
    assert "link.png" not in names and left_out.named == [("link.png", "a link; put the file itself there")]
    with pytest.raises(InputError):
        new_pictures(write_zip(tmp_path / "out.zip", {**LOOSE, "../out.png": png(1)}))


def test_pictures_are_fitted_as_the_data_set_s_were(tmp_path):
    wide = Image.fromarray(np.repeat(np.array([[0, 90, 255]], np.uint8), 20, axis=1).repeat(20, axis=0))  # 60 x 20
    files = {"wide.png": picture_bytes(wide)}
    take_in(write_zip(tmp_path / "pets.zip", class_files()), tmp_path / "data", "cropped", fit="crop", size=28)
    take_in(write_zip(tmp_path / "pets.zip", class_files()), tmp_path / "data", "fitted", size=28)
    cropped, fitted = (frame_of(name, (28, 28, 1), tmp_path / "data") for name in ("cropped", "fitted"))
    assert (cropped.fit, fitted.fit) == ("crop", "fit")
    assert "the square in its middle, scaled to 28 × 28 pixels in grey, as the pictures of cropped" in cropped.in_words
    source = write_files(tmp_path / "new", files)
    assert np.ptp(taken(source, cropped)[1].astype(int)) < 60  # the grey middle alone, but for its edges
    assert np.ptp(taken(source, fitted)[1].astype(int)) > 200


def test_a_frame_of_another_size_or_of_no_data_set_of_ours_fits_whole_pictures(tmp_path):
    take_in(write_zip(tmp_path / "pets.zip", class_files()), tmp_path / "data", "pets", fit="crop", size=28)
    assert frame_of("pets", (32, 32, 3), tmp_path / "data") == frame_of(
        "gone", (32, 32, 3), tmp_path / "data"
    ).__class__(32, "colour", "fit", "and left as it is where it has that form already")
    assert frame_of("digits", (8, 8, 1), tmp_path).size == 8
    with pytest.raises(InputError, match="20 x 28 pixels"):
        frame_of("tall", (28, 20, 1), tmp_path)
