"""Compiled forward and backward pass of the CPU steps.

A float32 step is one call, and a bfloat16 step is four, around the outer layers' products, which torch computes. With
more calls two arms' threads would wait for each other at the interpreter between them. The products in this file are
`numpy.dot`, for which numba calls the BLAS that comes with scipy.

Importing this file imports numba, so import it only where a step is made.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401  loaded now rather than at the first product: its threads can be limited
from jaxtyping import Float32, Int16, Int64, Shaped, UInt8

from tvae.training.steps.kernels import (
    add_rows,
    batch_all_gradients,
    compiled_part,
    compiled_pass,
    convert,
    f32,
    gather_images,
    gather_rows,
    pixel_errors,
    posterior_gradients,
    rectifier_gradients,
    sample_latents,
    spread,
    triplet_gradients,
)
from tvae.training.steps.sparse_kernels import Ink, Rows, gather_ink, multiply_rows, transpose_rows


class Layers(NamedTuple):
    """Weights and biases of all layers, from input to output; or their gradients, some as the bits of bfloat16."""

    w1: Shaped[np.ndarray, "pixels hidden"]
    """Transposed with respect to the model's, so that the weights of one pixel are one row."""
    b1: Float32[np.ndarray, " hidden"]
    w2: Float32[np.ndarray, "2*latent hidden"]
    b2: Float32[np.ndarray, " 2*latent"]
    w3: Float32[np.ndarray, "hidden latent"]
    b3: Float32[np.ndarray, " hidden"]
    w4: Shaped[np.ndarray, "pixels hidden"]
    b4: Float32[np.ndarray, " pixels"]


class Inputs(NamedTuple):
    """A batch of images and the triplets that the arm forms of them."""

    images: UInt8[np.ndarray, "split pixels"]
    """All images of the training split."""
    ink: Ink
    """Ink of the images; empty unless `sparse`."""
    sparse: bool
    """Whether the ink alone is multiplied, in place of all pixels."""
    rows: Int64[np.ndarray, " n"]
    """Rows of the batch."""
    noise: Float32[np.ndarray, "n latent"]
    labels: Int64[np.ndarray, " n"]
    """Classes of the batch's images by the arm's notion of similarity."""
    places: Int64[np.ndarray, "3 b"]
    """Places of the triplets' anchors, positives and negatives in the batch."""
    in_thirds: bool
    """Whether these are the batch's thirds, in this order."""


class Terms(NamedTuple):
    """Margin, weights and kinds of the loss terms."""

    margin: np.float32
    reconstruction_weight: np.float32
    kl_weight: np.float32
    triplet_weight: np.float32
    squared: bool
    """Whether the reconstruction term is the squared error; else Bernoulli."""
    batch_all: bool


class Memory(NamedTuple):
    """Intermediate values of a step, kept from step to step: new memory would cost more than the computation.

    Arrays that the outer layers' products read or write have the type of these products, bfloat16 as its bits.
    """

    by_image: Rows
    by_pixel: Rows
    images: Shaped[np.ndarray, "n pixels"]
    """Used in place of the two above where all pixels are multiplied."""
    hidden: Float32[np.ndarray, "n hidden"]
    statistics: Float32[np.ndarray, "n 2*latent"]
    means: Float32[np.ndarray, "n latent"]
    deviations: Float32[np.ndarray, "n latent"]
    latents: Float32[np.ndarray, "n latent"]
    decoded: Float32[np.ndarray, "n hidden"]
    products: Shaped[np.ndarray, "n pixels"]
    """The logits without their bias."""
    by_logits: Shaped[np.ndarray, "n pixels"]
    by_hidden: Float32[np.ndarray, "n hidden"]
    """Gradient by the decoder's hidden layer, then by the encoder's."""
    by_latents: Float32[np.ndarray, "n latent"]
    by_means: Float32[np.ndarray, "n latent"]
    chosen: Float32[np.ndarray, "n latent"]
    """Means of the triplets' images, in their order, where that isn't the batch's; then the gradient by them."""
    by_chosen: Float32[np.ndarray, "n latent"]
    by_statistics: Float32[np.ndarray, "n 2*latent"]


class Rounded(NamedTuple):
    """Operands and results of the outer layers' products in bfloat16, as its bits, that `Memory` does not hold."""

    w1: Int16[np.ndarray, "pixels hidden"]
    w4: Int16[np.ndarray, "pixels hidden"]
    hidden: Int16[np.ndarray, "n hidden"]
    """Result of the first layer's product with all pixels; later the gradient by the first layer's outputs."""
    decoded: Int16[np.ndarray, "n hidden"]
    by_decoded: Int16[np.ndarray, "n hidden"]


@compiled_pass
def fill_gradients(inputs, layers, by_layers, terms, memory):
    """Write the gradients of the weighted loss to `by_layers`, all in float32.

    Returns squared error, KL and triplet hinge, averaged over the batch, and the spread of the means.
    """
    errors, kl = fill_down_to_latents(inputs, layers, by_layers, terms, memory)
    triplet = hinge_gradients(inputs, terms, memory)
    return errors, kl, triplet, fill_from_latents(inputs, layers, by_layers, terms, memory)


@compiled_pass
def fill_down_to_latents(inputs, layers, by_layers, terms, memory):
    """Compute the loss, and its gradients from the pixels back to the latents, all in float32.

    Returns squared error and KL, averaged over the batch; the squared error is not the loss where that is Bernoulli.
    What comes next are the gradient by the means, such as `hinge_gradients`, and `fill_from_latents`.
    """
    if inputs.sparse:
        _multiply_ink(inputs, layers.w1, memory)
    else:
        gather_images(inputs.images, inputs.rows, memory.images)
        np.dot(memory.images, layers.w1, memory.hidden)
    kl = _hidden_to_decoded(inputs, layers, memory)
    np.dot(memory.decoded, layers.w4.T, memory.products)
    errors = pixel_gradients(inputs, layers, by_layers, terms, memory)
    np.dot(memory.by_logits.T, memory.decoded, by_layers.w4)
    np.dot(memory.by_logits, layers.w4, memory.by_hidden)
    _by_decoded_to_by_latents(layers, by_layers, memory)
    return errors, kl


@compiled_pass
def fill_from_latents(inputs, layers, by_layers, terms, memory):
    """Write all other gradients, from those by latents and means on; returns the spread of the means."""
    _by_latents_to_by_hidden(inputs, layers, by_layers, terms, memory)
    if inputs.sparse:
        multiply_rows(memory.by_pixel, memory.by_hidden, by_layers.w1)
    else:
        np.dot(memory.images.T, memory.by_hidden, by_layers.w1)
    return spread(memory.means)


@compiled_pass
def begin_rounded(inputs, layers, rounded, memory):
    """Round the outer layers' weights; then multiply the images' ink, or write the images for torch's product."""
    convert(layers.w1, rounded.w1)
    convert(layers.w4, rounded.w4)
    if inputs.sparse:
        _multiply_ink(inputs, rounded.w1, memory)
    else:
        gather_images(inputs.images, inputs.rows, memory.images)


@compiled_pass
def decode_rounded(inputs, layers, rounded, memory):
    """Compute from the first layer's product to the input of the last layer's product; returns the KL."""
    if not inputs.sparse:
        convert(rounded.hidden, memory.hidden)
    kl = _hidden_to_decoded(inputs, layers, memory)
    convert(memory.decoded, rounded.decoded)
    return kl


@compiled_pass
def descend_rounded(inputs, layers, by_layers, terms, rounded, memory):
    """Write all gradients below the decoder's hidden layer; returns the triplet hinge and the spread of the means."""
    descend_rounded_to_latents(layers, by_layers, rounded, memory)
    triplet = hinge_gradients(inputs, terms, memory)
    return triplet, descend_rounded_from_latents(inputs, layers, by_layers, terms, rounded, memory)


@compiled_pass
def descend_rounded_to_latents(layers, by_layers, rounded, memory):
    """Write the gradients below the decoder's hidden layer, down to the reconstruction's by the latents."""
    convert(rounded.by_decoded, memory.by_hidden)
    _by_decoded_to_by_latents(layers, by_layers, memory)


@compiled_pass
def descend_rounded_from_latents(inputs, layers, by_layers, terms, rounded, memory):
    """Write all other gradients, from those by latents and means on; returns the spread of the means.

    Where all pixels are multiplied, the gradient by the first layer's weights is left to torch's product.
    """
    _by_latents_to_by_hidden(inputs, layers, by_layers, terms, memory)
    convert(memory.by_hidden, rounded.hidden)
    if inputs.sparse:
        multiply_rows(memory.by_pixel, rounded.hidden, by_layers.w1)
    return spread(memory.means)


@compiled_part
def pixel_gradients(inputs, layers, by_layers, terms, memory):
    """Write the gradients by the logits and by their bias; returns the squared error, averaged over the batch."""
    count = inputs.rows.size
    errors = pixel_errors(
        memory.products,
        layers.b4,
        inputs.images,
        inputs.rows,
        terms.squared,
        terms.reconstruction_weight / f32(count),
        memory.by_logits,
        by_layers.b4,
    )
    return errors / count  # a term of weight 0 has gradient 0; where it is not finite, the step is not taken


@compiled_part
def _multiply_ink(inputs, weights, memory):
    gather_ink(inputs.ink, inputs.rows, memory.by_image)
    transpose_rows(memory.by_image, memory.by_pixel)
    multiply_rows(memory.by_image, weights, memory.hidden)


@compiled_part
def _hidden_to_decoded(inputs, layers, memory):
    _add_and_rectify(memory.hidden, layers.b1)
    np.dot(memory.hidden, layers.w2.T, memory.statistics)
    _add(memory.statistics, layers.b2)
    kl = sample_latents(memory.statistics, inputs.noise, memory.means, memory.deviations, memory.latents)
    np.dot(memory.latents, layers.w3.T, memory.decoded)
    _add_and_rectify(memory.decoded, layers.b3)
    return kl / inputs.rows.size


@compiled_part
def _by_decoded_to_by_latents(layers, by_layers, memory):
    rectifier_gradients(memory.by_hidden, memory.decoded, by_layers.b3)
    np.dot(memory.by_hidden.T, memory.latents, by_layers.w3)
    np.dot(memory.by_hidden, layers.w3, memory.by_latents)


@compiled_pass
def hinge_gradients(inputs, terms, memory):
    """Write the gradient by the means of the hinge of sampled or batch-all triplets; returns their mean hinge."""
    margin, weight, by_means = terms.margin, terms.triplet_weight, memory.by_means
    if terms.batch_all:
        return batch_all_gradients(memory.means, inputs.labels, inputs.places, margin, weight, by_means)
    if inputs.in_thirds:
        return triplet_gradients(memory.means, margin, weight, by_means)
    gather_rows(memory.means, inputs.places, memory.chosen)
    triplet = triplet_gradients(memory.chosen, margin, weight, memory.by_chosen)
    by_means[:] = 0
    add_rows(memory.by_chosen, inputs.places, by_means)
    return triplet


@compiled_part
def _by_latents_to_by_hidden(inputs, layers, by_layers, terms, memory):
    posterior_gradients(
        memory.by_latents,
        memory.by_means,
        inputs.noise,
        memory.means,
        memory.deviations,
        terms.kl_weight / f32(inputs.rows.size),
        memory.by_statistics,
        by_layers.b2,
    )
    np.dot(memory.by_statistics.T, memory.hidden, by_layers.w2)
    np.dot(memory.by_statistics, layers.w2, memory.by_hidden)
    rectifier_gradients(memory.by_hidden, memory.hidden, by_layers.b1)


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
