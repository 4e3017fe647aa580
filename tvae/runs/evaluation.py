"""Encode a split and compute metrics.json."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from tvae.data import Split
from tvae.data.triplets import GivenTriplets
from tvae.errors import InputError
from tvae.explore.example_images import first_of_each_class
from tvae.metrics.anchor_sample import BY_SIZE, Sampling, sampled_rows
from tvae.metrics.class_vote import knn_accuracy
from tvae.metrics.gap_histogram import GapHistogram, gap_histogram
from tvae.metrics.grouped_means import grouped_by_class
from tvae.metrics.measurable import has_triplet
from tvae.metrics.neighbours import nearest_neighbours
from tvae.metrics.scores import active_units, retrieval, silhouette
from tvae.metrics.triplet_accuracy import TripletAccuracy, checked_margin, triplet_accuracy
from tvae.metrics.triplet_curve import TripletCurve, triplet_curve
from tvae.model.encoding import EncodedArm, Encoding
from tvae.model.losses import kl_to_prior, squared_l2
from tvae.model.vae import VAE, model_with
from tvae.runs.run import Run, check_split
from tvae.runs.triplets import EncodedTriplets, images_of_triplets
from tvae.runs.weights import read_weights

BATCH = 2_000
"""Images encoded at once: a few MB of activations."""
THREADS = min(2, os.cpu_count() or 1)
"""Threads of the exact counts; the result doesn't depend on them."""
SAMPLES_PER_CLASS, MOST_SAMPLES = 2, 40
MOST_CLASSES_SAMPLED = 100
"""Of more classes than `MOST_SAMPLES`, so many have an image among the samples at most."""


def load_model(run: Run, arm: str) -> VAE:
    """The arm's model with its saved weights.

    Raises:
        InputError: no such arm, or weights that don't fit (see `read_weights`).
    """
    return model_with(read_weights(run, arm), run.image_shape, run.config.model)


def encode_split(run: Run, split: Split) -> Encoding:
    """Means, KL and reconstruction error of every image of the split in every arm, from the saved weights.

    Raises:
        InputError: weights that don't fit, or a split that is not the run's.
    """
    check_split(run, split)
    models = {arm: load_model(run, arm) for arm in run.config.arms}
    samples = sample_rows(split)
    with ThreadPoolExecutor(THREADS) as pool:  # each product on the caller's threads: in training that is one
        encoded = dict(
            zip(
                models,
                pool.map(lambda arm: encode_arm(models[arm], split.by(run.arm_notion(arm))), models),
                strict=True,
            )
        )
    reconstructions = {arm: _reconstructions(model, split, samples) for arm, model in models.items()}
    return Encoding(
        split.name,
        split.labels,
        encoded,
        samples,
        split.images[samples],
        reconstructions,
    )


def encode_triplets(run: Run, train: Split, triplets: GivenTriplets) -> EncodedTriplets:
    """Latent means of the images of a run's given triplets in every arm, from the saved weights.

    Args:
        train: the training images, whose rows the triplets name.

    Raises:
        InputError: weights that don't fit, or a split that is not the run's.
    """
    check_split(run, train)
    rows = images_of_triplets(triplets)
    images = Split("train", train.images[rows], train.labels[rows], train.class_names)
    means = {arm: encode_arm(load_model(run, arm), images).means for arm in run.config.arms}
    return EncodedTriplets(triplets, means)


@torch.inference_mode()
def encode_arm(model: VAE, split: Split) -> EncodedArm:
    """Means and reconstruction error of every image in one model, and KL by latent.

    Where the model's prior is by class, the KL is to that of each image's class by the split's labels.
    """
    centres = model.class_centres
    if centres is not None and split.labels.max() >= len(centres):
        raise InputError(f"the arm's prior has {len(centres)} classes; the split's labels have more")
    device = next(model.parameters()).device
    means, errors = [], []
    kl = torch.zeros(model.config.latent_dim, dtype=torch.float64)
    for start in range(0, len(split), BATCH):
        images = torch.from_numpy(split.pixels(slice(start, start + BATCH))).to(device)
        posterior = model.encode(images)
        means.append(posterior.mean.cpu().numpy())
        labels = torch.tensor(split.labels[start : start + BATCH], device=device)
        kl += kl_to_prior(posterior, model, labels).sum(dim=0, dtype=torch.float64).cpu()
        errors.append(squared_l2(images, model.decode(posterior.mean)).cpu().numpy())
    by_latent = (kl / len(split)).numpy().astype(np.float32)
    encoded = EncodedArm(np.concatenate(means), np.concatenate(errors), by_latent)
    if not all(np.isfinite(values).all() for values in (encoded.means, encoded.errors, encoded.kl)):
        raise InputError("the arm's weights give latent means, errors or a KL that are not finite; train it anew")
    return encoded


def evaluate(
    run: Run,
    encoding: Encoding,
    margins: Sequence[float],
    on_part: Callable[[str], None] = lambda part: None,
    sampling: Sampling = BY_SIZE,
    *,
    split: Split | None = None,
) -> dict[str, Any]:
    """Metrics of each arm, as plain JSON values: the content of metrics.json and of `python -m tvae evaluate`.

    All arms are judged by the encoding's labels, those of the run's notion of similarity as a rule. Then an arm of
    another notion is judged by its own too, in `own_notion`.

    Where the labels allow no triplet (a single class, or no class with two members), what rests on labels is None.

    Triplet accuracy is exact, over all triplets of the split; balanced, each class is as heavy as another. Of a split
    of many images, `anchor_sample` says how many anchors were counted, and accuracies have their standard errors beside
    them; the other numbers that compare all pairs of images are then of samples as large.
    Reconstruction is from the mean, averaged over images. The nearest neighbours of an image are other images of the
    same split.

    Args:
        on_part: called after each part of each arm, with its name in `measuring.SECONDS`; so in the functions below.
        sampling: from how many images on a sample is measured, and of how many.
        split: what was encoded, with its labels by every notion; None leaves out what arms are by their own.

    Raises:
        InputError: an impossible margin.
    """
    arms = {
        name: _arm_metrics(arm, encoding.labels, margins, run.pixels, on_part, sampling)
        for name, arm in encoding.arms.items()
    }
    notion = run.notion if split is None else split.notion
    if split is not None and notion == run.provenance.notion:
        for name in run.arms_of_own_notion:
            own = run.arm_notion(name)
            of_labels = _metrics_of_labels(encoding.arms[name], split.by(own).labels, margins, on_part, sampling)
            arms[name]["own_notion"] = {"notion": own, **of_labels}
    return {
        "dataset": run.config.data.name,
        "notion": notion,
        "split": encoding.split,
        "n": len(encoding.labels),
        "seed": run.config.train.seed,
        "step": run.provenance.step,
        "arms": arms,
    }


def triplet_curves(encoding: Encoding, on_part: Callable[[str], None] = lambda part: None) -> dict[str, TripletCurve]:
    """Triplet accuracy of each arm at the margins 0 to 5 in steps of 0.025, so that a slider is a look-up.

    Raises:
        InputError: labels that allow no triplet.
    """
    curves = {}
    for name, arm in encoding.arms.items():
        curves[name] = triplet_curve(arm.means, encoding.labels, threads=THREADS)
        on_part("curve")
    return curves


def gap_histograms(encoding: Encoding, on_part: Callable[[str], None] = lambda part: None) -> dict[str, GapHistogram]:
    """Distribution of the gaps of all triplets in each arm.

    Raises:
        InputError: labels that allow no triplet.
    """
    histograms = {}
    for name, arm in encoding.arms.items():
        histograms[name] = gap_histogram(arm.means, encoding.labels, threads=THREADS)
        on_part("gaps")
    return histograms


def _arm_metrics(
    arm: EncodedArm,
    labels: np.ndarray,
    margins: Sequence[float],
    pixels: int,
    on_part: Callable[[str], None],
    sampling: Sampling,
) -> dict[str, Any]:
    of_labels = _metrics_of_labels(arm, labels, margins, on_part, sampling)
    reconstruction = float(arm.errors.mean(dtype=np.float64))
    return {
        **of_labels,
        "reconstruction": reconstruction,
        "reconstruction_per_pixel": reconstruction / pixels,
        "kl": float(arm.kl.sum(dtype=np.float64)),
        "kl_by_latent": [round(float(nats), 5) for nats in arm.kl],
        "active_units": active_units(arm.means),
    }


def _metrics_of_labels(
    arm: EncodedArm,
    labels: np.ndarray,
    margins: Sequence[float],
    on_part: Callable[[str], None],
    sampling: Sampling,
) -> dict[str, Any]:
    """Metrics that need labels; None for those that are not defined where the labels allow no triplet."""
    if has_triplet(labels):
        return _label_metrics(arm, labels, margins, on_part, sampling)
    return _no_label_metrics(arm, labels, margins, on_part)


def _label_metrics(
    arm: EncodedArm,
    labels: np.ndarray,
    margins: Sequence[float],
    on_part: Callable[[str], None],
    sampling: Sampling,
) -> dict[str, Any]:
    """Metrics of labels that allow triplets."""
    triplets = triplet_accuracy(arm.means, labels, margins, threads=THREADS, sampling=sampling)
    on_part("triplets")
    retrieval_scores = retrieval(arm.means, labels, threads=THREADS, sampling=sampling)
    on_part("retrieval")
    asking = sampled_rows(len(labels), sampling)
    nearest = nearest_neighbours(arm.means, min(5, len(labels) - 1), asking, threads=THREADS)
    on_part("neighbours")
    silhouette_score = silhouette(arm.means, labels, threads=THREADS, sampling=sampling)
    on_part("silhouette")
    return {
        "triplet_accuracy": _by_margin(margins, triplets.accuracy),
        "balanced_triplet_accuracy": _by_margin(margins, triplets.balanced_accuracy),
        **_errors_of_sample(margins, triplets),
        "triplets": triplets.n_triplets,
        "anchors_left_out": triplets.n_anchors_left_out,
        "all_means_equal": triplets.all_equal,
        "spread": triplets.spread,
        "knn_accuracy": knn_accuracy(nearest.first(1), labels, asking),
        "knn_accuracy_5": knn_accuracy(nearest, labels, asking),
        "r_precision": retrieval_scores.r_precision,
        "map_at_r": retrieval_scores.map_at_r,
        "silhouette": silhouette_score,
    }


def _errors_of_sample(margins: Sequence[float], triplets: TripletAccuracy) -> dict[str, Any]:
    """The sample of anchors, None where all were counted, and its standard errors."""
    if triplets.sample is None:
        return {"anchor_sample": None}
    return {
        "anchor_sample": asdict(triplets.sample),
        "triplet_accuracy_error": _by_margin(margins, triplets.standard_error),
        "balanced_triplet_accuracy_error": _by_margin(margins, triplets.balanced_standard_error),
    }


def _by_margin(margins: Sequence[float], shares: Float[np.ndarray, " m"]) -> dict[str, float]:
    return {f"{margin:g}": float(share) for margin, share in zip(margins, shares, strict=True)}


def _no_label_metrics(
    arm: EncodedArm, labels: np.ndarray, margins: Sequence[float], on_part: Callable[[str], None]
) -> dict[str, Any]:
    """Metrics of labels that allow no triplet: accuracies are None, since they would be 0 or 1 whatever the arm."""
    groups = grouped_by_class(arm.means, labels)
    no_accuracy = dict.fromkeys((f"{checked_margin(margin):g}" for margin in margins), None)
    for part in ("triplets", "retrieval", "neighbours", "silhouette"):
        on_part(part)
    return {
        "triplet_accuracy": no_accuracy,
        "balanced_triplet_accuracy": no_accuracy,
        "anchor_sample": None,
        "triplets": 0,
        "anchors_left_out": groups.n_left_out,
        **({"all_means_equal": groups.all_equal, "spread": groups.spread} if len(labels) > 1 else {}),
        **dict.fromkeys(("knn_accuracy", "knn_accuracy_5", "r_precision", "map_at_r", "silhouette"), None),
    }


def sample_rows(split: Split) -> np.ndarray:
    """Rows of the first images of all classes in turn, ordered by class."""
    classes = len(np.unique(split.labels))
    most = min(MOST_CLASSES_SAMPLED, max(classes, min(MOST_SAMPLES, SAMPLES_PER_CLASS * classes)))
    return first_of_each_class(split.labels, most)


@torch.inference_mode()
def _reconstructions(model: VAE, split: Split, rows: np.ndarray) -> np.ndarray:
    decoded = model.decode(model.encode(torch.from_numpy(split.pixels(rows))).mean).numpy()
    return np.rint(255.0 * decoded).astype(np.uint8).reshape(-1, *split.image_shape)
