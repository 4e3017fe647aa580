"""Classifier of a data set (numpy), its file, class shares of samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy
from jaxtyping import Float32, Float64, Int64, UInt8

from tvae.system.array_files import Weights, parse_weights
from tvae.system.files import read_bounded, write_atomically

HIDDEN = 256
"""Width of its one hidden layer, whose values are the features."""
_BLOCK = 4_096
"""Images at once: some 17 MB of pixels and features."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """A network of one hidden layer, trained on the labelled training images alone; it knows no arm."""

    weights: Weights
    """Weights by tensor name; shapes as in `classifier_shapes`."""

    def features(self, images: UInt8[np.ndarray, "m height width channels"]) -> Float32[np.ndarray, "m hidden"]:
        """Values of the hidden layer, after its ReLU: images that differ here differ in what makes a class."""
        features = np.empty((len(images), HIDDEN), np.float32)
        for start in range(0, len(images), _BLOCK):
            block = images[start : start + _BLOCK]
            pixels = block.reshape(len(block), -1).astype(np.float32) / np.float32(255)
            hidden = pixels @ self.weights["0.weight"].T + self.weights["0.bias"]
            features[start : start + _BLOCK] = np.maximum(hidden, 0)
        return features

    def classes(self, features: Float32[np.ndarray, "m hidden"]) -> Int64[np.ndarray, " m"]:
        """The predicted class of each image, from its features."""
        return (features @ self.weights["2.weight"].T + self.weights["2.bias"]).argmax(axis=1)


def classifier_shapes(pixels: int, classes: int) -> dict[str, tuple[int, ...]]:
    """Shape of each weight tensor, by name."""
    return {
        "0.weight": (HIDDEN, pixels),
        "0.bias": (HIDDEN,),
        "2.weight": (classes, HIDDEN),
        "2.bias": (classes,),
    }


def classifier_path(folder: Path, labels_key: str) -> Path:
    """Path in this folder of the classifier trained on the split with this key."""
    return folder / f"{labels_key[:16]}.safetensors"


def write_classifier(path: Path, classifier: Classifier) -> None:
    """Write the weights, in half precision."""
    path.parent.mkdir(parents=True, exist_ok=True)
    halves = {name: tensor.astype(np.float16) for name, tensor in classifier.weights.items()}
    write_atomically(path, safetensors.numpy.save(halves, {"format": "pt"}))


def read_classifier(labels_key: str, pixels: int, classes: int, folders: Sequence[Path]) -> Classifier | None:
    """The classifier trained on the split with this key, from the first folder that has one; else None.

    Raises:
        InputError: the file holds no classifier, or one for another number of pixels or classes.
    """
    shapes = classifier_shapes(pixels, classes)
    limit = 200_000 + sum(4 * int(np.prod(shape)) for shape in shapes.values())
    for folder in folders:
        path = classifier_path(folder, labels_key)
        if path.is_file():
            return Classifier(parse_weights(read_bounded(path, limit), shapes, str(path)))
    return None


def class_shares(classes: Int64[np.ndarray, " m"], class_count: int) -> Float64[np.ndarray, " classes"]:
    """Share of the images predicted as each class."""
    return np.bincount(classes, minlength=class_count) / len(classes)


def effective_classes(shares: Float64[np.ndarray, " classes"]) -> float:
    """exp of the entropy of the shares: 10 for ten equal classes, 1 for a single one."""
    positive = shares[shares > 0]
    return float(np.exp(-(positive * np.log(positive)).sum()))
