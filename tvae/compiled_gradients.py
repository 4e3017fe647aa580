"""The gradients of a float32 step, matrix products included, in one compiled call without the interpreter's lock.

Two arms' threads that came back to the interpreter between products would wait for each other. The products are those
of the BLAS that scipy brings, by `numpy.dot`, which numba hands over to it.

Importing this file imports numba, so import it where a step is made.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401  loaded now rather than at the first product: its threads can be limited
from jaxtyping import Float32, Int64, UInt8

from tvae.sparse_kernels import Ink, Rows, gather_ink, multiply_rows, transpose_rows
from tvae.step_kernels import (
    batch_all_gradients,
    compiled_pass,
    f32,
    gather_images,
    pixel_errors,
    posterior_gradients,
    rectifier_gradients,
    sample_latents,
    spread,
    triplet_gradients,
)


class Layers(NamedTuple):
    """Weights and biases from the image to the image, or what belongs to each of them, such as its gradient."""

    w1: Float32[np.ndarray, "pixels hidden"]
    """By pixel, the other way round than the model's, so that the weights of a pixel with ink are one row."""
    b1: Float32[np.ndarray, " hidden"]
    w2: Float32[np.ndarray, "2*latent hidden"]
    b2: Float32[np.ndarray, " 2*latent"]
    w3: Float32[np.ndarray, "hidden latent"]
    b3: Float32[np.ndarray, " hidden"]
    w4: Float32[np.ndarray, "pixels hidden"]
    b4: Float32[np.ndarray, " pixels"]


class Inputs(NamedTuple):
    """A batch: anchors, positives, negatives, in this order."""

    images: UInt8[np.ndarray, "split pixels"]
    """All of the training split."""
    ink: Ink
    """Theirs, if `sparse`: whether to multiply the ink alone in place of all pixels."""
    sparse: bool
    rows: Int64[np.ndarray, " n"]
    """Of the batch."""
    noise: Float32[np.ndarray, "n latent"]
    labels: Int64[np.ndarray, " n"]


class Terms(NamedTuple):
    """What the loss is made of."""

    margin: np.float32
    reconstruction_weight: np.float32
    kl_weight: np.float32
    triplet_weight: np.float32
    squared: bool
    """Squared errors; else Bernoulli."""
    batch_all: bool


class Memory(NamedTuple):
    """What a step writes on its way, kept from step to step: memory fresh from the system would cost more than sums."""

    by_image: Rows
    by_pixel: Rows
    images: Float32[np.ndarray, "n pixels"]
    """In place of the two before, where all pixels are multiplied."""
    hidden: Float32[np.ndarray, "n hidden"]
    statistics: Float32[np.ndarray, "n 2*latent"]
    means: Float32[np.ndarray, "n latent"]
    deviations: Float32[np.ndarray, "n latent"]
    latents: Float32[np.ndarray, "n latent"]
    decoded: Float32[np.ndarray, "n hidden"]
    products: Float32[np.ndarray, "n pixels"]
    """The logits without their bias."""
    by_logits: Float32[np.ndarray, "n pixels"]
    by_hidden: Float32[np.ndarray, "n hidden"]
    """By the decoder's hidden layer, then by the encoder's."""
    by_latents: Float32[np.ndarray, "n latent"]
    by_means: Float32[np.ndarray, "n latent"]
    by_statistics: Float32[np.ndarray, "n 2*latent"]


@compiled_pass
def fill_gradients(inputs, layers, by_layers, terms, memory):
    """Write the gradients of the weighted loss to `by_layers`.

    Returns squared errors (not told where they aren't the loss), KL and triplet hinge, averaged over the batch, and the
    spread of the means.
    """
    count = inputs.rows.size
    share = f32(1) / f32(count)
    if inputs.sparse:
        gather_ink(inputs.ink, inputs.rows, memory.by_image)
        transpose_rows(memory.by_image, memory.by_pixel)
        multiply_rows(memory.by_image, layers.w1, memory.hidden)
    else:
        gather_images(inputs.images, inputs.rows, memory.images)
        np.dot(memory.images, layers.w1, memory.hidden)
    _add_and_rectify(memory.hidden, layers.b1)
    np.dot(memory.hidden, layers.w2.T, memory.statistics)
    _add(memory.statistics, layers.b2)
    kl = sample_latents(memory.statistics, inputs.noise, memory.means, memory.deviations, memory.latents) / count
    np.dot(memory.latents, layers.w3.T, memory.decoded)
    _add_and_rectify(memory.decoded, layers.b3)
    np.dot(memory.decoded, layers.w4.T, memory.products)

    weight = terms.reconstruction_weight * share
    errors = pixel_errors(
        memory.products,
        layers.b4,
        inputs.images,
        inputs.rows,
        terms.squared,
        weight,
        memory.by_logits,
        by_layers.b4,
    )
    if weight == 0:  # a term of weight 0 has no influence, even where it is not finite
        memory.by_logits[:] = 0
        by_layers.b4[:] = 0
    np.dot(memory.by_logits.T, memory.decoded, by_layers.w4)
    np.dot(memory.by_logits, layers.w4, memory.by_hidden)
    rectifier_gradients(memory.by_hidden, memory.decoded, by_layers.b3)
    np.dot(memory.by_hidden.T, memory.latents, by_layers.w3)
    np.dot(memory.by_hidden, layers.w3, memory.by_latents)

    if terms.batch_all:
        triplet = batch_all_gradients(memory.means, inputs.labels, terms.margin, terms.triplet_weight, memory.by_means)
    else:
        triplet = triplet_gradients(memory.means, terms.margin, terms.triplet_weight, memory.by_means)
    posterior_gradients(
        memory.by_latents,
        memory.by_means,
        inputs.noise,
        memory.means,
        memory.deviations,
        terms.kl_weight * share,
        memory.by_statistics,
        by_layers.b2,
    )
    np.dot(memory.by_statistics.T, memory.hidden, by_layers.w2)
    np.dot(memory.by_statistics, layers.w2, memory.by_hidden)
    rectifier_gradients(memory.by_hidden, memory.hidden, by_layers.b1)
    if inputs.sparse:
        multiply_rows(memory.by_pixel, memory.by_hidden, by_layers.w1)
    else:
        np.dot(memory.images.T, memory.by_hidden, by_layers.w1)
    return errors / count, kl, triplet, spread(memory.means)


@compiled_pass
def _add(values, bias):
    for i in range(values.shape[0]):
        for j in range(bias.size):
            values[i, j] += bias[j]


@compiled_pass
def _add_and_rectify(values, bias):
    for i in range(values.shape[0]):
        for j in range(bias.size):
            value = values[i, j] + bias[j]
            values[i, j] = f32(0) if value <= 0 else value  # in this order, NaN stays NaN
