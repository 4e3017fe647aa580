"""Labels of any kind become codes from 0 with names in a sensible order."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data.own.made_sources import image_array, take_in, write_files, write_zip
from tests.data.own.made_sources import png as png_of
from tvae.data import load_dataset
from tvae.data.own import understand
from tvae.data.own.sources.labels import clean_label, number_column, text_column
from tvae.errors import InputError


def test_numbers_need_not_be_contiguous_or_positive():
    column = number_column("class", np.array([70, -3, 70, 5]))
    assert column.values == ("-3", "5", "70") and column.codes.tolist() == [2, 0, 2, 1]


def test_named_numbers_keep_the_order_of_their_names():
    column = number_column("class", np.array([2, 0, -1, 3, 1]), ["zebra", "ant", "zebra"])
    assert column.values == ("zebra", "ant") and column.codes.tolist() == [0, 0, -1, -1, 1]


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["10", "9", "-1", "9"], ("-1", "9", "10")),
        (["class 10", "class 9", "Class 1"], ("Class 1", "class 9", "class 10")),
        (["b", "10", "a", None, "", "  "], ("10", "a", "b")),
    ],
)
def test_texts_are_sorted_as_people_sort(texts, values):
    column = text_column("class", texts)
    assert column.values == values
    for text, code in zip(texts, column.codes, strict=True):
        assert code == (values.index(text) if (text or "").strip() else -1)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("<b>bold</b> <script>alert(1)</script>", "<b>bold</b> <script>alert(1)</script>"),
        ("**bold** [x](y)", "**bold** [x](y)"),
        ('=HYPERLINK("http://x")', '=HYPERLINK("http://x")'),
        ("a\tb\nc\r\n", "a b c"),
        ("\u202ecat\u200f", "cat"),
        ("👩🏽‍🔬", "👩🏽‍🔬"),
        ("Ka\u0308fer", "Käfer"),
        ("x" * 500, "x" * 200),
        ("\ud800a\x00\x07b", "a b"),
    ],
    ids=["html", "markdown", "formula", "whitespace", "direction", "emoji", "NFD", "long", "control"],
)
def test_labels_with_odd_characters(text, clean):
    assert clean_label(text) == clean


def test_odd_labels_survive_from_a_table_to_the_class_names(tmp_path):
    labels = ["=HYPERLINK(1)", "<i>x</i>", "Käfer", "Ka\u0308fer", "👩🏽‍🔬", "a\u202eb"]
    write_files(tmp_path, {f"{n}.png": png_of(n) for n in range(12)})
    rows = [f'{n}.png,"{labels[n % 6]}"' for n in range(12)]
    (tmp_path / "a.csv").write_text("path,label\n" + "\n".join(rows), encoding="utf-8")
    dataset = take_in(tmp_path / "a.csv", tmp_path / "kept")
    assert sorted(dataset.class_counts) == sorted(["<i>x</i>", "=HYPERLINK(1)", "Käfer", "ab", "👩🏽‍🔬"])
    assert load_dataset("mine", tmp_path / "kept").class_names == tuple(dataset.class_counts)
    assert any("'Käfer' is written in more than one way" in note for note in dataset.notes)


def test_names_of_folders_in_two_unicode_forms_are_one_class(tmp_path):
    files = {f"{name}/{n}.png": png_of(n) for n in range(3) for name in ("Käfer", "Ka\u0308fer", "x")}
    understood = understand(write_zip(tmp_path / "a.zip", files))
    assert [(c.name, c.count) for c in understood.classes()] == [("Käfer", 6), ("x", 3)]


def test_one_class_is_taken_and_said(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.stack([image_array(n) for n in range(5)]), labels=np.full(5, 7))
    dataset = take_in(tmp_path / "a.npz", tmp_path / "kept")
    assert dataset.notes[0] == "all images are of one class, '7': there are no triplets to train on"
    assert dataset.counts == {"train": 4, "test": 1}


def test_a_class_of_one_is_for_training(tmp_path):
    labels = np.array([0] * 5 + [1] * 5 + [2])
    np.savez(tmp_path / "a.npz", images=np.stack([image_array(n) for n in range(11)]), labels=labels)
    dataset = take_in(tmp_path / "a.npz", tmp_path / "kept", test_share=0.9)
    assert dataset.class_counts["2"] == {"train": 1, "test": 0}
    assert dataset.class_counts["0"] == {"train": 1, "test": 4}
    assert "1 class has one image alone, such as '2'; it is for training" in dataset.notes


def test_a_thousand_classes_and_classes_missing_in_one_split(tmp_path):
    labels = np.arange(3_000) % 1_000
    images = np.zeros((3_000, 4, 4), np.uint8)
    images[:, 0, 0] = np.arange(3_000) % 251
    np.savez(tmp_path / "a.npz", images=images, labels=labels)
    dataset = take_in(tmp_path / "a.npz", tmp_path / "kept", test_share=0.34)
    assert len(dataset.class_counts) == 1_000 and dataset.counts == {"train": 2_000, "test": 1_000}
    parts = {"train_images": images[:4], "train_labels": labels[:4], "test_images": images[:2], "test_labels": [0, 77]}
    np.savez(tmp_path / "b.npz", **parts)
    assert take_in(tmp_path / "b.npz", tmp_path / "kept", "b").class_counts["77"] == {"train": 0, "test": 1}


def test_more_classes_than_can_be_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.zeros((20_000, 2, 2), np.uint8), labels=np.arange(20_000))
    with pytest.raises(
        InputError, match="label column 'class': 20,000 different values; at most 10,000 can be classes"
    ):
        understand(tmp_path / "a.npz")
