"""Compiled gradient of the triplet term by the means, for all its forms and all choices of triplets.

Importing this file imports numba, so import it only where a step is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tvae.training.steps.kernels import compiled_pass, distance, f32, sigmoid

if TYPE_CHECKING:  # the hash of compiled code covers no file but those of its folder
    from tvae.config import TripletForm, Triplets

FORMS: dict[TripletForm, int] = {"hinge": 0, "softplus": 1, "sigmoid": 2}
FORMED: dict[Triplets, int] = {"sampled": 0, "batch-all": 1, "all": 2, "semi-hard": 3, "hardest": 4}
"""Numbers of the forms and of the choices of triplets, which a kernel compares faster than words."""
_HINGE, _SOFTPLUS = FORMS["hinge"], FORMS["softplus"]
_SAMPLED, _BATCH_ALL = FORMED["sampled"], FORMED["batch-all"]
_SEMI_HARD, _HARDEST = FORMED["semi-hard"], FORMED["hardest"]


@compiled_pass
def triplet_cost_gradients(means, labels, places, formed, form, margin, temperature, weight, by_means):
    """Mean cost of the triplets that are formed of a batch; writes the gradient of `weight` times the mean.

    It computes what `tvae.model.triplet_forms.mean_triplet_cost` does. The cost of a triplet depends on two distances
    alone, so the derivatives by an anchor's distances are summed first, and then brought to the means once.

    Args:
        means: (n, d).
        labels: (n,).
        places: of the drawn anchors, positives and negatives in the batch, (3, b).
        formed, form: numbers of the choice of triplets and of the form.
    """
    n, d = means.shape
    to_batch, by_distance = np.empty(n, np.float32), np.empty(n, np.float32)
    others, to_others, by_others = np.empty(n, np.int64), np.empty(n, np.float32), np.empty(n, np.float32)
    by_means[:] = 0
    total, count = 0.0, 0
    for a in range(places.shape[1]):
        place, farthest, nearest = places[0, a], places[1, a], places[2, a]
        anchor, label = means[place], labels[place]
        number = 0
        for i in range(n):
            to_batch[i] = distance(anchor, means[i])
            by_distance[i] = 0
        for i in range(n):
            if labels[i] != label:
                others[number] = i
                number += 1
                if formed == _HARDEST and to_batch[i] < to_batch[nearest]:
                    nearest = i
            elif formed == _HARDEST and i != place and to_batch[i] > to_batch[farthest]:
                farthest = i
        if formed in (_SAMPLED, _HARDEST):
            others[0], number = nearest, 1
        for k in range(number):
            to_others[k], by_others[k] = to_batch[others[k]], 0
        one_positive = formed in (_SAMPLED, _BATCH_ALL, _HARDEST)
        first, last = (farthest, farthest + 1) if one_positive else (0, n)
        for p in range(first, last):
            if not one_positive and (p == place or labels[p] != label):
                continue
            if formed == _SEMI_HARD:
                cost, slope, counted = _semi_hard_costs(
                    to_batch[p], to_others[:number], form, margin, temperature, by_others[:number]
                )
            else:
                cost, slope = _costs(to_batch[p], to_others[:number], form, margin, temperature, by_others[:number])
                counted = number
            total += cost
            count += counted
            by_distance[p] += slope
        for k in range(number):
            by_distance[others[k]] += by_others[k]
        by_anchor = by_means[place]
        for i in range(n):
            if by_distance[i] != 0 and to_batch[i] > 0:  # a distance of 0 has gradient 0
                share = by_distance[i] / to_batch[i]
                point, by_point = means[i], by_means[i]
                for j in range(d):
                    pull = share * (anchor[j] - point[j])
                    by_anchor[j] += pull
                    by_point[j] -= pull
    share = weight / f32(max(count, 1))
    for i in range(n):
        by_mean = by_means[i]
        for j in range(d):
            by_mean[j] *= share
    return total / max(count, 1)


@compiled_pass
def _costs(to_positive, to_negatives, form, margin, temperature, by_negatives):
    """Sum of the costs of a pair with these negatives, and its derivative by the distance of the pair.

    The derivatives by the negatives' distances are added to `by_negatives`.
    """
    total, slopes = f32(0), f32(0)
    if form == _HINGE:
        for k in range(to_negatives.size):
            violation = to_positive - to_negatives[k] + margin
            slope = f32(0) if violation <= 0 else f32(1)  # in this order, NaN stays NaN
            total += violation * slope
            slopes += slope
            by_negatives[k] -= slope
    elif form == _SOFTPLUS:
        for k in range(to_negatives.size):
            scaled = (to_positive - to_negatives[k] + margin) / temperature
            slope = sigmoid(scaled)
            total += temperature * (max(scaled, f32(0)) + np.log1p(np.exp(-abs(scaled))))
            slopes += slope
            by_negatives[k] -= slope
    else:
        for k in range(to_negatives.size):
            cost = sigmoid((to_positive - to_negatives[k] + margin) / temperature)
            slope = cost * (f32(1) - cost) / temperature
            total += cost
            slopes += slope
            by_negatives[k] -= slope
    return total, slopes


@compiled_pass
def _semi_hard_costs(to_positive, to_negatives, form, margin, temperature, by_negatives):
    """As `_costs`, of the negatives alone that are farther than the positive by the margin at most; and how many."""
    total, slopes, count = f32(0), f32(0), 0
    for k in range(to_negatives.size):
        gap = to_negatives[k] - to_positive
        if 0 < gap <= margin:
            cost, slope = _costs(
                to_positive, to_negatives[k : k + 1], form, margin, temperature, by_negatives[k : k + 1]
            )
            total += cost
            slopes += slope
            count += 1
    return total, slopes, count
