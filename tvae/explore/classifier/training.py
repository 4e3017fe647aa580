"""Train the classifier of a data set (torch)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from tvae.data import Split
from tvae.explore.classifier.classifier import HIDDEN, Classifier

SEED = 0
BATCH = 64
LEAST_STEPS = 10_000
"""Steps that a small data set gets."""
EPOCHS = 12
"""Passes over a large one."""


def trained_classifier(split: Split, progress: Callable[[float], None] = lambda share: None) -> Classifier:
    """Train the classifier of a training split: Adam at 1e-3 falling to 0 on a cosine, images shuffled each epoch.

    Args:
        progress: called after each step with the share of the steps that are taken.
    """
    pixels = split.images[0].size
    steps = max(LEAST_STEPS, EPOCHS * (-(-len(split) // BATCH)))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = nn.Sequential(nn.Linear(pixels, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, len(split.class_names)))
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    random = np.random.default_rng(SEED)
    order = np.empty(0, np.int64)
    for step in range(steps):
        if len(order) == 0:
            order = random.permutation(len(split))
        rows, order = order[:BATCH], order[BATCH:]
        scores = model(torch.from_numpy(split.pixels(rows)))
        loss = nn.functional.cross_entropy(scores, torch.tensor(split.labels[rows]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        progress((step + 1) / steps)
    return Classifier({name: tensor.detach().numpy().copy() for name, tensor in model.state_dict().items()})
