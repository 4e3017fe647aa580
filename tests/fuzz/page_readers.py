"""Readers of the app's address, of messages from the browser, and of classifiers' files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from hypothesis import strategies as st

from tests.fuzz.changes import changed_bytes, changed_json, changed_safetensors, changed_text
from tests.fuzz.registry import Made, in_folder, json_like, reader, require_equal
from tvae.explore.classifier.classifier import (
    Classifier,
    classifier_path,
    classifier_shapes,
    read_classifier,
    write_classifier,
)
from tvae.explore.classifier.process import status_path, training_state, write_status
from tvae.explore.strokes import ink_of_strokes, strokes_from_browser, strokes_from_text, strokes_to_text
from tvae.ui.address.map_filters import filters_from_address, filters_to_address
from tvae.ui.address.map_views import are_classes, is_view
from tvae.ui.address.row_numbers import rows_from_address, rows_to_address
from tvae.ui.components.decoding_probe import question_in

KEY = "0" * 64
_ROWS = np.unique(np.random.default_rng(0).integers(0, 10_000, 700))
ADDRESSES = (
    *("change:0.2_0.8~wrong:1-2", "class:0.3-5~change:_1.5", "1_0.5_0.5", "2.5_-1_3", "0.3-5", "1-3.7.9-12", "5"),
    str(rows_to_address(_ROWS, 10_000)),
    strokes_to_text((np.array([[10, 10], [200, 220]], np.uint8), np.array([[5, 6]], np.uint8))),
)


@reader("address")
def address() -> Made:
    """Parameters of an address: rows, filters, views, classes, strokes, numbers."""

    def read(content: bytes) -> None:
        text = content.decode(errors="replace")
        rows, _ = rows_from_address(text, 10_000)
        assert len(rows) == 0 or (rows[0] >= 0 and rows[-1] < 10_000)
        if (packed := rows_to_address(rows, 10_000)) is not None:
            require_equal(rows_from_address(packed, 10_000)[0], rows)
        filters, _ = filters_from_address(text)
        if (as_text := filters_to_address(filters)) is not None:
            assert filters_to_address(filters_from_address(as_text)[0]) == as_text
        _ = is_view(text), are_classes(text, 10)
        strokes = strokes_from_text(text)
        ink_of_strokes(strokes)
        strokes_to_text(strokes)

    return st.one_of(*map(changed_text, ADDRESSES)), read


@reader("browser")
def browser() -> Made:
    """Values that a component in the browser sends: strokes of a drawing, a place on a map."""

    def read(content: bytes) -> None:
        try:
            sent = json.loads(content)
        except (ValueError, RecursionError):
            return
        strokes = strokes_from_browser(sent)
        ink_of_strokes(strokes)
        question_in(sent)

    strokes = [[10, 10, 20.5, 30], [5, 5]]
    return changed_json(strokes) | changed_json({"place": {"number": 3, "x": 0.5, "y": 1.5}}), read


@reader("classifier")
def classifier() -> Made:
    """Weights of a classifier."""
    shapes = classifier_shapes(64, 10)
    weights = {name: np.full(shape, 0.1, np.float32) for name, shape in shapes.items()}

    def read(folder: Path) -> None:
        classifier = read_classifier(KEY, 64, 10, [folder])
        assert classifier is not None
        features = classifier.features(np.zeros((2, 8, 8, 1), np.uint8))
        assert classifier.classes(features).max() < 10

    with mock.patch("tvae.explore.classifier.classifier.write_atomically") as written:
        write_classifier(Path("classifier"), Classifier(weights))
    content = written.call_args.args[1]
    return changed_safetensors(content), in_folder(classifier_path(Path(), KEY).name, read)


@reader("classifier-state")
def classifier_state() -> Made:
    """State of a classifier's training."""

    def read(folder: Path) -> None:
        training = training_state(KEY, folder)
        if training is not None:
            write_status(folder, KEY, training)

    plain: dict[str, Any] = {"share": 0.5, "seconds_left": 3.0, "failure": "why"}
    return json_like(plain) | changed_bytes(json.dumps(plain).encode()), in_folder(status_path(Path(), KEY).name, read)
