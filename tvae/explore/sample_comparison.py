"""Quality of arms' samples compared: best arm per measure, and the paper's claim in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int

from tvae.errors import InputError
from tvae.metrics.precision_recall import SampleQuality, beyond_noise

Measure = Literal["precision", "recall", "agreement"]
"""precision, recall: of Kynkäänniemi et al. 2019; agreement: share that a classifier takes for the class asked for."""

_ADJECTIVES: dict[Measure, str] = {"precision": "true", "recall": "varied", "agreement": "recognisable"}


class Share(NamedTuple):
    """A share of images, in [0, 1], and its standard error."""

    value: float
    standard_error: float


def class_agreement(predicted: Int[np.ndarray, " m"], label: int) -> Share:
    """Share of the samples predicted as the class that was asked for, with its binomial standard error.

    Raises:
        InputError: no samples.
    """
    if len(predicted) == 0:
        raise InputError("samples: there are none; their agreement needs one at least")
    share = float((np.asarray(predicted) == label).mean())
    return Share(share, float(np.sqrt(share * (1 - share) / len(predicted))))


def sample_shares(
    quality: SampleQuality, predicted: Int[np.ndarray, " m"] | None = None, label: int | None = None
) -> dict[Measure, Share]:
    """The measures of one set of samples; agreement where both a classifier's predictions and a class are given."""
    shares: dict[Measure, Share] = {
        "precision": Share(quality.precision, quality.precision_error),
        "recall": Share(quality.recall, quality.recall_error),
    }
    if predicted is not None and label is not None:
        shares["agreement"] = class_agreement(predicted, label)
    return shares


def best_arm(shares: Mapping[str, Share]) -> str | None:
    """The arm whose share is above every other arm's by more than the noise; None where there is none."""
    first, *others = sorted(shares, key=lambda arm: -shares[arm].value)
    return first if others and all(beyond_noise(shares[first], shares[other]) for other in others) else None


def paper_claim_sentence(shares: Mapping[str, Mapping[Measure, Share]], vae: str, tvae: str) -> str:
    """What the measures say of the paper's claim that a TVAE's samples are as good as a VAE's, in Markdown.

    Args:
        shares: by arm, as `sample_shares` gives them; the same measures for both arms.
        vae: the arm that the other is compared with.
        tvae: the arm that the claim is about.
    """
    comparisons = []
    for measure, share in shares[vae].items():
        other, adjective = shares[tvae][measure], _ADJECTIVES[measure]
        if beyond_noise(share, other):
            comparisons.append(
                f"**{'more' if other.value > share.value else 'less'} {adjective}** than {vae.upper()}'s"
            )
        else:
            comparisons.append(f"as {adjective}, within the noise")
    return (
        "The paper says that the TVAE's samples are *as good as* the VAE's. "
        f"By these measures {tvae.upper()}'s are {', '.join(comparisons[:-1])} and {comparisons[-1]}."
    )
