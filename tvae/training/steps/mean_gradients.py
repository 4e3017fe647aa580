"""Gradient of the loss terms that depend on the means and labels alone, for the CPU steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from tvae.config import LossConfig, Triplets
from tvae.model.heads import CENTRES, CLASSIFIER_BIAS, CLASSIFIER_WEIGHT
from tvae.model.losses import without_conflict
from tvae.training.arm import Arm

if TYPE_CHECKING:  # importing these imports numba
    from tvae.training.steps.gradients import Inputs, Memory, Terms


def takes_mean_gradients(loss: LossConfig, triplets: Triplets) -> bool:
    """Whether a loss has terms of the means beside the hinge of sampled or batch-all triplets.

    Those two are computed within the CPU steps' own passes.
    """
    of_triplets = loss.triplet_form != "hinge" or triplets not in ("sampled", "batch-all") or loss.surgery > 0
    return of_triplets or loss.classifier_weight > 0 or loss.prior != "standard"


@dataclass(frozen=True)
class MeanTerms:
    """Terms of a batch that depend on its means and labels alone, averaged, before their weights."""

    triplet: float
    classifier: float
    more_kl: float
    """What a prior by class adds to the KL to the standard normal."""


class MeanGradients:
    """Writes an arm's gradient by the means: triplet term, surgery, classifier and prior by class.

    Hundreds of thousands of triplets are compiled work; what is left are a few operations on small arrays.
    """

    def __init__(self, arm: Arm, by_weight: Mapping[str, Tensor]) -> None:
        """
        Args:
            by_weight: gradients by name of the weight, whose heads are filled.
        """
        from tvae.training.steps import triplet_kernels

        self._arm, self._by_weight, self._kernels = arm, by_weight, triplet_kernels
        loss = arm.loss
        self._formed, self._form = triplet_kernels.FORMED[arm.triplets], triplet_kernels.FORMS[loss.triplet_form]
        self._margin, self._temperature = np.float32(loss.margin), np.float32(loss.temperature)

    def fill(self, inputs: Inputs, terms: Terms, memory: Memory) -> MeanTerms:
        """Write `memory.by_means` and the gradients of the heads.

        Args:
            memory: holds the means, and the weighted reconstruction's gradient by the latents, which is that by the
                means.
        """
        loss, by_means = self._arm.loss, memory.by_means
        triplet = self._kernels.triplet_cost_gradients(
            memory.means,
            inputs.labels,
            inputs.places,
            self._formed,
            self._form,
            self._margin,
            self._temperature,
            terms.triplet_weight,
            by_means,
        )
        if loss.surgery:
            both = torch.from_numpy(by_means), torch.from_numpy(memory.by_latents)
            by_means[:] = without_conflict(*both, loss.surgery).numpy()
        classifier = self._classify(inputs.labels, memory.means, by_means) if loss.classifier_weight else 0.0
        more_kl = 0.0
        if loss.prior == "by-class":
            more_kl = self._move_prior(inputs.labels, memory.means, terms.kl_weight, by_means)
        return MeanTerms(triplet, classifier, more_kl)

    def _classify(
        self,
        labels: np.ndarray,
        means: Float32[np.ndarray, "n latent"],
        by_means: Float32[np.ndarray, "n latent"],
    ) -> float:
        """Cross-entropy of the classifier; adds its weighted gradients."""
        assert self._arm.model.classifier is not None
        weight, bias = (head.detach() for head in self._arm.model.classifier)
        points, classes = torch.from_numpy(means), torch.from_numpy(labels)
        log_shares = torch.log_softmax(torch.addmm(bias, points, weight.T), dim=1)  # (n, classes)
        rows = torch.arange(len(points))
        by_logits = log_shares.exp()
        by_logits[rows, classes] -= 1
        by_logits *= self._arm.loss.classifier_weight / len(points)
        torch.mm(by_logits.T, points, out=self._by_weight[CLASSIFIER_WEIGHT])
        self._by_weight[CLASSIFIER_BIAS].copy_(by_logits.sum(dim=0))
        by_means += (by_logits @ weight).numpy()
        return -float(log_shares[rows, classes].mean())

    def _move_prior(
        self,
        labels: np.ndarray,
        means: Float32[np.ndarray, "n latent"],
        kl_weight: np.float32,
        by_means: Float32[np.ndarray, "n latent"],
    ) -> float:
        """What centres other than 0 change in the KL; adds to the gradient by the means and writes the centres'."""
        assert self._arm.model.class_centres is not None
        centres = self._arm.model.class_centres.detach().numpy()[labels]  # (n, latent)
        share = kl_weight / np.float32(len(means))
        by_means -= share * centres  # the step itself adds the gradient of the KL to the standard normal
        by_centres = self._by_weight[CENTRES].numpy()
        by_centres[:] = 0
        np.add.at(by_centres, labels, share * (centres - means))
        return float((0.5 * centres * centres - means * centres).sum(dtype=np.float64) / len(means))
