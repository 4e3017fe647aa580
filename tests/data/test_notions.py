"""Several notions of similarity of the same images: labels by each, one fingerprint, one validation split."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.data.own.made_sources import image_array, take_in
from tvae.config import DataConfig, LossConfig, RunConfig, check_notions
from tvae.data import Dataset, Notion, Split, load_dataset, load_split, notion_names, validation_note, with_validation
from tvae.data.digits import slant
from tvae.errors import InputError

CLASSES, WRITERS = np.array([0, 1, 0, 1, 0]), np.array([2, 2, 0, 1, 0])
NOTIONS = {"class": Notion(CLASSES, ("a", "b")), "writer": Notion(WRITERS, ("x", "y", "z"))}


@pytest.fixture
def split() -> Split:
    images = np.arange(5 * 4, dtype=np.uint8).reshape(5, 2, 2, 1)
    return Split("train", images, CLASSES, ("a", "b"), "class", NOTIONS)


def test_labels_and_class_names_are_of_the_notion_that_is_asked_for(split):
    by_writer = split.by("writer")
    assert (by_writer.notion, by_writer.class_names) == ("writer", ("x", "y", "z"))
    assert by_writer.labels.tolist() == WRITERS.tolist() and not by_writer.labels.flags.writeable
    assert by_writer.images is split.images or np.shares_memory(by_writer.images, split.images)
    assert by_writer.by("").labels.tolist() == CLASSES.tolist() == by_writer.by("class").labels.tolist()
    assert list(by_writer.notions) == ["class", "writer"]


def test_an_unknown_notion_is_refused_with_those_there_are(split):
    with pytest.raises(InputError, match=r"split train has no label column 'patient'; it has class, writer"):
        split.by("patient")


def test_the_same_images_have_one_fingerprint_and_a_labels_key_by_notion(split):
    by_writer = split.by("writer")
    assert by_writer.fingerprint == split.fingerprint == Split("train", split.images, CLASSES, ("a", "b")).fingerprint
    assert split.labels_key == split.fingerprint == by_writer.by("").labels_key
    assert by_writer.labels_key != split.labels_key


def test_a_part_keeps_all_labels(split):
    part = split.by("writer").part("test", np.array([3, 0]))
    assert (part.name, part.notion) == ("test", "writer")
    assert part.labels.tolist() == [1, 2] and part.by("").labels.tolist() == [1, 0]
    assert np.array_equal(part.images, split.images[[3, 0]])


def test_changed_labels_are_those_of_their_notion(split):
    changed = replace(split, labels=1 - CLASSES)
    assert changed.labels.tolist() == (1 - CLASSES).tolist() == changed.notions["class"].labels.tolist()
    assert changed.by("writer").by("class").labels.tolist() == changed.labels.tolist()


@pytest.mark.parametrize("labels", [np.arange(4), np.full(5, 3), np.full(5, -1), np.zeros((5, 1), int), np.zeros(5)])
def test_impossible_labels_of_a_further_notion_are_refused(split, labels):
    with pytest.raises(InputError, match="split train"):
        replace(split, notions={**NOTIONS, "writer": Notion(labels, ("x", "y", "z"))})


def test_every_notion_holds_out_the_same_images_for_validation():
    by_class, by_slant = (load_dataset("digits", notion=name, validation_share=0.2) for name in ("class", "slant"))
    assert by_class.validation is not None and by_slant.validation is not None
    assert by_class.validation.fingerprint == by_slant.validation.fingerprint
    assert by_class.train.fingerprint == by_slant.train.fingerprint
    assert len(by_slant.class_names) == 3 and len(by_class.class_names) == 10
    read = load_split("digits", "validation", notion="slant", validation_share=0.2)
    assert np.array_equal(read.labels, by_slant.validation.labels)


def test_classes_that_the_validation_split_lacks_are_named_with_the_notion_that_its_share_is_of(split):
    train = Split(
        "train",
        np.repeat(split.images, 8, axis=0),
        np.repeat(CLASSES, 8),
        ("a", "b"),
        "class",
        {
            "class": Notion(np.repeat(CLASSES, 8), ("a", "b")),
            "writer": Notion(np.arange(40), tuple(map(str, range(40)))),
        },
    )
    held = with_validation(Dataset("made", train, replace(train, name="test"), ("a", "b"), "made"), 0.05)
    assert validation_note(held) == ""
    note = validation_note(held.by("writer"))
    assert note.startswith("the validation split has no image of ") and note.endswith(
        " and 33 more: its share is drawn of each class, whatever the run's notion"
    )


@pytest.mark.parametrize("load", [load_dataset, lambda name, notion: load_split(name, "test", notion=notion)])
def test_a_public_data_set_has_one_notion_and_says_so(load):
    with pytest.raises(InputError) as refusal:
        load("mnist", notion="writer")
    assert str(refusal.value) == "data.notion: data set 'mnist' has no label column 'writer'; it has class"
    assert notion_names("mnist") == ("class",) and notion_names("digits") == ("class", "slant")


def test_own_label_columns_are_notions(tmp_path):
    images = np.stack([image_array(n) for n in range(12)])
    writers = np.array([f"w{n % 3}" for n in range(12)])
    np.savez(tmp_path / "a.npz", images=images, labels=np.arange(12) % 2, writer=writers)
    take_in(tmp_path / "a.npz", tmp_path / "kept")
    first, second = notion_names("mine", tmp_path / "kept")
    dataset = load_dataset("mine", tmp_path / "kept", notion="writer")
    assert second == "writer" == dataset.train.notion and dataset.class_names == ("w0", "w1", "w2")
    assert list(dataset.test.notions) == [first, "writer"] and dataset.by("").test.class_names == ("0", "1")
    with pytest.raises(InputError, match=f"data set 'mine' has no label column 'patient'; it has {first}, writer"):
        load_split("mine", "train", tmp_path / "kept", notion="patient")


def test_a_run_is_refused_a_notion_that_its_data_set_has_not():
    config = RunConfig(data=DataConfig(name="digits", notion="slant"), arms={"one": LossConfig(notion="class")})
    check_notions(config, ("class", "slant"))
    with pytest.raises(
        InputError, match=r"^data\.notion: data set 'digits' has no label column 'slant'; it has class$"
    ):
        check_notions(config, ("class",))
    with pytest.raises(InputError, match=r"^arms\.one\.notion: data set 'digits' has no label column 'class'"):
        check_notions(config, ("slant",))


def test_thirds_of_slant_are_of_the_training_images():
    digits = load_dataset("digits", notion="slant")
    counts = np.bincount(digits.train.labels)
    assert counts.max() - counts.min() <= 1
    slants = slant(digits.train.images[..., 0])
    lows, highs = ([at(slants[digits.train.labels == third]) for third in range(3)] for at in (np.min, np.max))
    assert highs[0] <= lows[1] and highs[1] <= lows[2]
    tested = slant(digits.test.images[..., 0])
    assert (digits.test.labels[tested > lows[2]] == 2).all() and (digits.test.labels[tested < lows[1]] == 0).all()


def test_slant_is_the_angle_of_a_sheared_stroke():
    """Against the moments summed up pixel by pixel, and against strokes of a known angle."""
    rows, columns = np.mgrid[:64, :64]
    strokes = [
        255 * (np.abs(columns - 31.5 + np.tan(angle) * (rows - 31.5)) < 2).astype(np.uint8) for angle in (-0.5, 0, 0.5)
    ]
    angles = slant(np.stack(strokes))
    assert angles == pytest.approx([-0.5, 0, 0.5], abs=0.02), "positive leans to the right"
    digits = load_dataset("digits").test.images[:20, ..., 0]
    assert slant(digits) == pytest.approx([slow_slant(image) for image in digits])
    assert slant(np.zeros((1, 8, 8), np.uint8)) == 0


def slow_slant(image: np.ndarray) -> float:
    ink = [(y, x, float(image[y, x])) for y in range(8) for x in range(8)]
    mass = sum(value for *_, value in ink)
    middle_y, middle_x = (sum(pixel[axis] * pixel[2] for pixel in ink) / mass for axis in (0, 1))
    mu11 = sum((x - middle_x) * (y - middle_y) * value for y, x, value in ink)
    mu02 = sum((y - middle_y) ** 2 * value for y, x, value in ink)
    return float(np.arctan(-mu11 / mu02))
