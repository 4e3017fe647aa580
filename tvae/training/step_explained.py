"""The next step on one triplet: distances, hinge, force of each loss term."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from tvae.config import RunConfig
from tvae.data import Split
from tvae.model.losses import (
    kl_to_prior,
    negative_mask,
    reconstruction_errors,
    triplet_term,
    without_conflict,
)
from tvae.training.arm import Arm, Batch, images_of
from tvae.training.loop import Training

ROLES = ("anchor", "positive", "negative")
TERMS = ("reconstruction", "kl", "triplet")


def explained_next_step(training: Training, split: Split) -> dict[str, Any]:
    """Explain the step that `training` takes next on one of its triplets, as plain JSON values; nothing is trained.

    The triplet is the first of the batch that the last arm gets wrong, or the first of all where it gets none wrong:

        step        number of the step
        triplets    number of triplets drawn for the batch
        batch_all   whether the term of any arm takes other triplets of the batch than the drawn ones
        in_loss     number of triplets that are counted as wrong or not: the drawn ones, or with batch_all those of each
                    drawn pair with every image of another class (see `batch_all_hinge`)
        classes     names of the classes of anchor, positive and negative
        rows        their rows in the training split
        images      their pixels, 0 to 255
        notion      the notion of similarity that this is a triplet of, empty where all arms have one
        arms        by arm of that notion:
            margin, weights     of the loss, by term
            to_positive, to_negative    Euclidean distances of the means (Eq. 1)
            hinge       to_positive − to_negative + margin, and 0 where that is negative
            wrong       number of these triplets whose hinge is above 0
            points      by role [x, y]: the three means in the plane that they span, the anchor at 0, 0 and the
                        positive straight to its right
            pulls       by term and role [x, y]: the part of the force on that mean that lies in the same plane
            lengths     by term and role: the force's length in all latent dimensions

    A force is the negative gradient of a term of the step's weighted loss with respect to the mean, times the number of
    images, so that the terms compare as they do in the step. For reconstruction and KL it is the force of the image's
    own error and KL. The triplet term is averaged over triplets, three images each, so the force is three times that of
    the triplet's own hinge; with `batch_all`, or where the arms of a run differ in their notion, it is that of all
    the triplets that the image is in. It is that of the term's form, after surgery where the loss has any. The force of
    a classifier is left out.
    """
    batch = training.next_batch()
    count = batch.rows.shape[1]
    last = list(training.arms)[-1]
    labels, own_places = batch.triplets[last]
    arms = {name: arm for name, arm in training.arms.items() if batch.triplets[name] is batch.triplets[last]}
    # Places in the batch of anchors, positives and negatives, (3, b).
    places = np.arange(3 * count).reshape(3, -1) if own_places is None else own_places.cpu().numpy()
    forces = {name: _forces(arm, batch, training) for name, arm in arms.items()}
    hinges = {name: _hinges(means[places], arms[name].loss.margin) for name, (means, _) in forces.items()}
    batch_all = any(arm.triplets != "sampled" for arm in arms.values())
    wrong = np.flatnonzero(hinges[last][2] > 0)
    triplet = int(wrong[0]) if len(wrong) else 0
    rows = batch.rows.reshape(-1)[places[:, triplet]]
    of_notion = split.by(training.batches.notion_of[last])
    return {
        "step": training.step + 1,
        "triplets": count,
        "batch_all": batch_all,
        "in_loss": int(negative_mask(labels, own_places).sum()) if batch_all else count,
        "classes": [of_notion.class_names[label] for label in labels[places[:, triplet]].tolist()],
        "rows": rows.tolist(),
        "images": split.images[rows].tolist(),
        "notion": "" if own_places is None else of_notion.notion,
        "arms": {
            name: _explained_arm(
                arm,
                triplet,
                places[:, triplet],
                *forces[name],
                hinges[name],
                _wrong_of_all(forces[name][0], arm, batch, forces[name][0][places])
                if batch_all
                else int((hinges[name][2] > 0).sum()),
            )
            for name, arm in arms.items()
        },
    }


def explained_steps(config: RunConfig, split: Split, steps: Sequence[int]) -> list[dict[str, Any]]:
    """Train a run up to the last of these steps, and explain each of them (see `explained_next_step`).

    In the plain way, since the few steps of a lesson are not worth compiling kernels for.

    Args:
        config: a run without given triplets.
        steps: numbers of steps from 1 on, ascending.

    Raises:
        InputError: as `Training` does.
    """
    training = Training(replace(config, train=replace(config.train, step="plain")), split)
    reports = training.reports()
    explained = []
    for step in steps:
        while training.step < step - 1:
            next(reports)
        explained.append(explained_next_step(training, split))
    reports.close()
    return explained


def _explained_arm(
    arm: Arm,
    triplet: int,
    places: Int64[np.ndarray, " 3"],
    means: Float[np.ndarray, "3*b latent"],
    forces: dict[str, Float[np.ndarray, "3*b latent"]],
    hinges: tuple[np.ndarray, np.ndarray, np.ndarray],
    wrong: int,
) -> dict[str, Any]:
    """One arm's part; `places` are those of the triplet's anchor, positive and negative in the batch."""
    to_positive, to_negative, hinge = (float(values[triplet]) for values in hinges)
    plane = _plane(means[places])
    lengths = {term: np.linalg.norm(forces[term][places], axis=1).tolist() for term in TERMS}
    return {
        "margin": arm.loss.margin,
        "weights": {
            "reconstruction": arm.loss.reconstruction_weight,
            "kl": arm.loss.kl_weight,
            "triplet": arm.loss.triplet_weight,
        },
        "to_positive": to_positive,
        "to_negative": to_negative,
        "hinge": hinge,
        "wrong": wrong,
        "points": _by_role((means[places] - means[places[0]]) @ plane),
        "pulls": {term: _by_role(forces[term][places] @ plane) for term in TERMS},
        "lengths": {term: dict(zip(ROLES, lengths[term], strict=True)) for term in TERMS},
    }


def _forces(arm: Arm, batch: Batch, training: Training) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The means (3*b, latent) of an arm's batch, and the force of each weighted loss term on them."""
    loss = arm.loss_at(training.step + 1)
    images = images_of(training.images, batch)
    posterior = arm.model.encode(images)
    means = posterior.mean.detach().requires_grad_()
    posterior = type(posterior)(means, posterior.log_var.detach())
    logits = arm.model.decode_logits(posterior.sample(batch.noise))
    reconstruction = reconstruction_errors(images, logits, loss).sum()
    labels, places = batch.triplets[arm.name]
    term = triplet_term(means, labels, loss, arm.triplets, places)
    terms: dict[str, tuple[float, Float[Tensor, ""]]] = {
        "reconstruction": (loss.reconstruction_weight, reconstruction),
        "kl": (loss.kl_weight, kl_to_prior(posterior, arm.model, labels).sum()),
        "triplet": (loss.triplet_weight, term * len(means)),
    }
    forces = {}
    for name, (weight, term) in terms.items():
        gradient = torch.autograd.grad(term, means)[0] if weight else torch.zeros_like(means)
        forces[name] = -weight * gradient
    if loss.surgery:
        forces["triplet"] = without_conflict(forces["triplet"], forces["reconstruction"], loss.surgery)
    return means.detach().cpu().numpy(), {name: force.cpu().numpy() for name, force in forces.items()}


def _hinges(
    means: Float[np.ndarray, "3 b latent"], margin: float
) -> tuple[Float[np.ndarray, " b"], Float[np.ndarray, " b"], Float[np.ndarray, " b"]]:
    """Distances to the positive and to the negative, and the hinge, of each triplet of means."""
    anchors, positives, negatives = means
    to_positive = np.linalg.norm(anchors - positives, axis=1)
    to_negative = np.linalg.norm(anchors - negatives, axis=1)
    return to_positive, to_negative, np.maximum(0.0, to_positive - to_negative + margin)


def _wrong_of_all(means: np.ndarray, arm: Arm, batch: Batch, hinged: np.ndarray) -> int:
    """Number of the triplets of `batch_all_hinge` whose hinge is above 0; `hinged` are the means of `_hinges`."""
    labels, places = batch.triplets[arm.name]
    to_positive, _, _ = _hinges(hinged, arm.loss.margin)
    to_batch = np.linalg.norm(hinged[0][:, None] - means, axis=2)  # (b, 3*b)
    is_wrong = to_positive[:, None] - to_batch + np.float32(arm.loss.margin) > 0
    return int((is_wrong & negative_mask(labels, places).cpu().numpy()).sum())


def _plane(means: Float[np.ndarray, "3 latent"]) -> Float[np.ndarray, "latent 2"]:
    """Orthonormal axes of the plane of three means: from anchor to positive, then towards the negative."""
    across, up = means[1] - means[0], means[2] - means[0]
    across = across / max(float(np.linalg.norm(across)), 1e-12)
    up = up - (up @ across) * across
    return np.stack([across, up / max(float(np.linalg.norm(up)), 1e-12)], axis=1)


def _by_role(vectors: Float[np.ndarray, "3 2"]) -> dict[str, list[float]]:
    return {role: [float(x) for x in vector] for role, vector in zip(ROLES, vectors, strict=True)}
