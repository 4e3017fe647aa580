"""Compiled element-wise passes of the CPU steps.

Importing this file imports numba, so import it only where a step is made. Arrays that a product reads or writes hold
float32 or bfloat16: the upper 16 bits of a float32, here as int16, since numpy has no such type. Sums and intermediate
values are float32 or float64. Every pass runs in the same order each time, so that a step repeats to the bit.

Values that are not finite stay so: an error, a hinge or a square of NaN makes its sum NaN.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from tvae.system.compiled import compiled

# Sums may be split among vector lanes; NaN and infinity keep their meaning, unlike under numba's fastmath=True.
_settings: dict[str, Any] = {"fastmath": {"reassoc", "contract", "nsz"}, "error_model": "numpy"}
compiled_pass = compiled(**_settings)
compiled_part = compiled(**_settings, inline="always")
"""Decorator of a part that several functions share: compiled inside each of them, which is faster than a call."""

_intrinsic: Any = intrinsic  # the decorated function takes one argument fewer
_FLOAT, _INT, _SHORT = ir.FloatType(), ir.IntType(32), ir.IntType(16)
f32 = np.float32


@_intrinsic
def exact(_: Any, value: Any) -> Any:
    """The value as float32: a float32 unchanged, or a bfloat16 from its bits."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if signature.args[0] == types.float32:
            return arguments[0]
        return builder.bitcast(builder.shl(builder.zext(arguments[0], _INT), _INT(16)), _FLOAT)

    return types.float32(value), code


@_intrinsic
def rounded(_: Any, value: Any, like: Any) -> Any:
    """A float32 in the type of `like`: unchanged, or as the bits of the nearest bfloat16, ties to even."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if signature.args[1] == types.float32:
            return arguments[0]
        bits = builder.bitcast(arguments[0], _INT)
        odd = builder.and_(builder.lshr(bits, _INT(16)), _INT(1))
        return builder.trunc(builder.lshr(builder.add(builder.add(bits, _INT(0x7FFF)), odd), _INT(16)), _SHORT)

    return like(types.float32, like), code


@_intrinsic
def power_of_two(_: Any, exponent: Any) -> Any:
    """2 ** exponent as float32, for exponents from -126 to 127."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(builder.shl(builder.add(arguments[0], _INT(127)), _INT(23)), _FLOAT)

    return types.float32(types.int32), code


@compiled_pass
def sigmoid(x):
    """1 / (1 + exp(-x)) to a few units in the last place of float32, written so that the compiler vectorises it.

    exp(y) = 2 ** n * exp(r), n whole and |r| <= log(2) / 2, with the polynomial of Cephes' expf (Moshier 1989).
    """
    y = f32(-87) if -x < f32(-87) else -x  # in this order, NaN stays NaN
    y = f32(87) if y > f32(87) else y
    n = np.floor(y * f32(1.44269504) + f32(0.5))
    r = y - n * f32(0.693359375) + n * f32(2.12194440e-4)
    p = f32(1.9875691500e-4) * r + f32(1.3981999507e-3)
    p = p * r + f32(8.3334519073e-3)
    p = p * r + f32(4.1665795894e-2)
    p = p * r + f32(1.6666665459e-1)
    p = p * r + f32(5.0000001201e-1)
    return f32(1) / (f32(1) + (p * r * r + r + f32(1)) * power_of_two(np.int32(n)))


@compiled_pass
def gather_images(images, rows, shares):
    """Write images[rows] (b, pixels), grey values from 0 to 255, as shares of 255 in the type of `shares`."""
    for i in range(rows.size):
        image, out = images[rows[i]], shares[i]
        for j in range(image.size):
            out[j] = rounded(f32(image[j]) / f32(255), out[j])


@compiled_pass
def convert(values, out):
    """Write these values (n, d) in the type of `out`."""
    for i in range(values.shape[0]):
        row, converted = values[i], out[i]
        for j in range(row.size):
            converted[j] = rounded(exact(row[j]), converted[j])


@compiled_pass
def pixel_errors(products, bias, images, rows, squared, weight, by_logits, by_bias):
    """Sum of squared errors; writes the gradient of `weight` times the loss by the logits and by their bias.

    Args:
        products: the logits without their bias.
        images, rows: the batch is images[rows], grey values from 0 to 255.
        squared: whether the loss is the sum of squared errors; else the Bernoulli negative log-likelihood.
    """
    total = 0.0
    by_bias[:] = 0
    for i in range(products.shape[0]):
        row, image, out = products[i], images[rows[i]], by_logits[i]
        part = f32(0)
        for j in range(row.size):
            share = sigmoid(exact(row[j]) + bias[j])
            error = share - f32(image[j]) / f32(255)
            part += error * error
            slope = weight * error
            if squared:
                slope *= f32(2) * share * (f32(1) - share)
            by_bias[j] += slope  # before rounding: where gradients cancel, only rounding errors would remain
            out[j] = rounded(slope, out[j])
        total += part
    return total


@compiled_pass
def sample_latents(statistics, noise, means, deviations, latents):
    """Sum of the KL of all latents; writes means, sds and sampled latents (n, latent) from statistics (n, 2 latent)."""
    n, d = means.shape
    kl = 0.0
    for i in range(n):
        for j in range(d):
            mean, log_var = statistics[i, j], statistics[i, d + j]
            sd = np.exp(f32(0.5) * log_var)
            means[i, j], deviations[i, j] = mean, sd
            latents[i, j] = mean + sd * noise[i, j]
            kl += f32(0.5) * (mean * mean + sd * sd - f32(1) - log_var)
    return kl


@compiled_pass
def posterior_gradients(by_latents, by_means, noise, means, deviations, kl_weight, by_statistics, by_bias):
    """Write the gradient of the loss by the statistics and by their bias.

    It adds the gradient by the latents, that by the means (of the triplet term), and that of `kl_weight` times the KL.
    """
    n, d = means.shape
    by_bias[:] = 0
    for i in range(n):
        for j in range(d):
            by_latent, sd = by_latents[i, j], deviations[i, j]
            by_mean = by_means[i, j] + by_latent + kl_weight * means[i, j]
            by_log_var = f32(0.5) * (by_latent * noise[i, j] * sd + kl_weight * (sd * sd - f32(1)))
            by_bias[j] += by_mean
            by_bias[d + j] += by_log_var
            by_statistics[i, j] = by_mean
            by_statistics[i, d + j] = by_log_var


@compiled_pass
def rectifier_gradients(by_outputs, outputs, by_bias):
    """Turn the gradient by a ReLU's outputs into that by its inputs, in place; writes the gradient by their bias."""
    by_bias[:] = 0
    for i in range(outputs.shape[0]):
        row, output = by_outputs[i], outputs[i]
        for j in range(row.size):
            row[j] = row[j] if output[j] > f32(0) else f32(0)
            by_bias[j] += row[j]


@compiled_pass
def distance(first, second):
    """Euclidean distance of two points (d,)."""
    square = f32(0)
    for j in range(first.size):
        square += (first[j] - second[j]) ** 2
    return np.sqrt(square)


@compiled_pass
def triplet_gradients(means, margin, weight, by_means):
    """Mean hinge of anchors, positives, negatives (3*b, d); writes the gradient of `weight` times the mean.

    As with `tvae.model.losses.triplet_hinge`, a distance of 0 has gradient 0.
    """
    count, d = means.shape[0] // 3, means.shape[1]
    by_means[:] = 0
    total = 0.0
    for a in range(count):
        p, n = count + a, 2 * count + a
        positive_distance, negative_distance = distance(means[a], means[p]), distance(means[a], means[n])
        hinge = positive_distance - negative_distance + margin
        if hinge <= 0:
            continue
        total += hinge
        by_positive_distance = weight / (f32(count) * positive_distance) if positive_distance > 0 else f32(0)
        by_negative_distance = weight / (f32(count) * negative_distance) if negative_distance > 0 else f32(0)
        for j in range(d):
            to_positive = by_positive_distance * (means[a, j] - means[p, j])
            to_negative = by_negative_distance * (means[a, j] - means[n, j])
            by_means[a, j] = to_positive - to_negative
            by_means[p, j] = -to_positive
            by_means[n, j] = to_negative
    return total / count


@compiled_pass
def gather_rows(values, places, out):
    """Write the rows (n, d) at these places (3, b) one after the other."""
    count = places.shape[1]
    for part in range(3):
        for i in range(count):
            value, copy = values[places[part, i]], out[part * count + i]
            for j in range(value.size):  # not copy[:] = value, which takes four seconds to compile
                copy[j] = value[j]


@compiled_pass
def add_rows(values, places, out):
    """Add rows (3*b, d) one after the other to those at these places (3, b)."""
    count = places.shape[1]
    for part in range(3):
        for i in range(count):
            value, total = values[part * count + i], out[places[part, i]]
            for j in range(value.size):
                total[j] += value[j]


@compiled_pass
def batch_all_gradients(means, labels, places, margin, weight, by_means):
    """Mean hinge of each anchor and positive with every image of another class; else as `triplet_gradients`.

    Args:
        labels: labels of the batch's images, (3*b,).
        places: of anchors, positives and negatives in the batch, (3, b); those of the negatives are not used.
    """
    n, d = means.shape
    count = places.shape[1]
    triplets = 0
    for a in range(count):
        label = labels[places[0, a]]
        for i in range(n):
            triplets += labels[i] != label
    by_means[:] = 0
    share = weight / f32(triplets)
    total = 0.0
    for a in range(count):
        p, label = places[1, a], labels[places[0, a]]
        anchor, by_anchor = means[places[0, a]], by_means[places[0, a]]
        positive, by_positive = means[p], by_means[p]
        positive_distance = distance(anchor, positive)
        wrong = 0
        for i in range(n):
            if labels[i] == label:
                continue
            negative_distance = distance(anchor, means[i])
            hinge = positive_distance - negative_distance + margin
            if hinge <= 0:
                continue
            total += hinge
            wrong += 1
            by_negative_distance = share / negative_distance if negative_distance > 0 else f32(0)
            for j in range(d):
                to_negative = by_negative_distance * (anchor[j] - means[i, j])
                by_anchor[j] -= to_negative
                by_means[i, j] += to_negative
        by_positive_distance = wrong * share / positive_distance if positive_distance > 0 else f32(0)
        for j in range(d):
            to_positive = by_positive_distance * (anchor[j] - positive[j])
            by_anchor[j] += to_positive
            by_positive[j] -= to_positive
    return total / triplets


@compiled_pass
def spread(means):
    """Root mean square distance of the means (n, d) from their centre."""
    n, d = means.shape
    total = 0.0
    for j in range(d):
        centre = 0.0
        for i in range(n):
            centre += means[i, j]
        centre /= n
        for i in range(n):
            total += (means[i, j] - centre) ** 2
    return math.sqrt(total / n)


@compiled_pass
def sum_of_squares(arrays):
    """Sum of the squares of all values of a tuple of flat arrays (n,)."""
    total = 0.0
    for values in arrays:
        for start in range(0, values.size, 4096):
            block = values[start : start + 4096]
            part = f32(0)
            for i in range(block.size):
                value = exact(block[i])
                part += value * value
            total += part
    return total


@compiled_pass
def adam(weights, gradients, first, second, step_size, second_scale):
    """One step of Adam in place (Kingma & Ba 2015, algorithm 1, with its decay rates 0.9 and 0.999).

    Args:
        weights, gradients: tuples of flat arrays.
        first, second: the moments, likewise.
        step_size: the learning rate / (1 - 0.9 ** t), at step t.
        second_scale: 1 / sqrt(1 - 0.999 ** t).
    """
    for k in range(len(weights)):
        weight, slope, mean, square = weights[k], gradients[k], first[k], second[k]
        for i in range(weight.size):
            gradient = exact(slope[i])
            mean[i] += f32(0.1) * (gradient - mean[i])
            square[i] = f32(0.999) * square[i] + f32(0.001) * gradient * gradient
            weight[i] -= step_size * mean[i] / (np.sqrt(square[i]) * second_scale + f32(1e-8))
