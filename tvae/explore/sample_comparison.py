"""Quality of arms' samples compared: best arm per measure, and the paper's claim in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from jaxtyping import Int

from tvae.metrics.precision_recall import SampleQuality
from tvae.metrics.uncertainty.share import Share

Measure = Literal["precision", "recall", "agreement"]
"""precision, recall: of Kynkäänniemi et al. 2019; agreement: share that a classifier takes for the class asked for."""

Verdict = Literal["more", "less", "alike", "beyond the real images", "floor", "ceiling"]
"""Verdict on two shares: the second is more, less or as much within the noise; the other three are no verdict."""

FLOOR, CEILING = 0.05, 0.95
"""Where two shares lie wholly below the first or above the second, that they are alike says nothing of the samples."""

_ADJECTIVES: dict[Measure, str] = {"precision": "true", "recall": "varied", "agreement": "recognisable"}


def class_agreement(predicted: Int[np.ndarray, " m"], label: int) -> Share:
    """Share of the samples predicted as the class that was asked for.

    Raises:
        InputError: no samples.
    """
    return Share(int((np.asarray(predicted) == label).sum()), len(predicted))


def sample_shares(
    quality: SampleQuality, predicted: Int[np.ndarray, " m"] | None = None, label: int | None = None
) -> dict[Measure, Share]:
    """The measures of one set of samples; agreement where both a classifier's predictions and a class are given."""
    shares: dict[Measure, Share] = {"precision": quality.precision, "recall": quality.recall}
    if predicted is not None and label is not None:
        shares["agreement"] = class_agreement(predicted, label)
    return shares


def compared(first: Share, second: Share, real: Share) -> Verdict:
    """Verdict on two shares: whether the second is more than the first.

    There is no verdict where either is beyond the real images' own share, as the precision of blurred samples is, which
    lie amid the real ones: more is not better there. Nor is there where both are at the floor or at the ceiling and do
    not differ.
    """
    if any(share.value > real.value and share.differs_from(real) for share in (first, second)):
        return "beyond the real images"
    if first.differs_from(second):
        return "more" if second.value > first.value else "less"
    intervals = first.interval, second.interval
    if all(high <= FLOOR for _, high in intervals):
        return "floor"
    if all(low >= CEILING for low, _ in intervals):
        return "ceiling"
    return "alike"


def best_arm(shares: Mapping[str, Share], real: Share) -> str | None:
    """The arm whose share is more than every other arm's by `compared`; None where there is none."""
    best, *others = sorted(shares, key=lambda arm: -shares[arm].value)
    is_more = (compared(shares[other], shares[best], real) == "more" for other in others)
    return best if others and all(is_more) else None


def paper_claim_sentence(
    shares: Mapping[str, Mapping[Measure, Share]],
    real: Mapping[Measure, Share],
    vae: str,
    tvae: str,
    names: Mapping[str, str],
) -> str:
    """Sentence in Markdown on the paper's claim that a TVAE's samples are as good as a VAE's, by the measures.

    Args:
        shares: by arm, as `sample_shares` gives them; the same measures for both arms.
        real: the same measures of real images.
        vae: the arm that the other is compared with.
        tvae: the arm that the claim is about.
        names: what the sentence calls each of the two, as Markdown.
    """
    verdicts, rest = [], []
    for measure, share in shares[vae].items():
        verdict, adjective = compared(share, shares[tvae][measure], real[measure]), _ADJECTIVES[measure]
        if verdict == "alike":
            verdicts.append(f"as {adjective}, within the noise")
        elif verdict in ("more", "less"):
            verdicts.append(f"**{verdict} {adjective}** than those of {names[vae]}")
        else:
            own = f"the real images' own {100 * real[measure].value:.1f} %"
            reason = {
                "floor": "both shares are next to nothing",
                "ceiling": "both shares are near 100 %",
                "beyond the real images": f"one share or both are beyond {own}, where more is no merit",
            }[verdict]
            rest.append(f"No verdict on which are more {adjective}: {reason}.")
    said = ""
    if verdicts:
        said = f"By these measures the samples of {names[tvae]} are {'; '.join(verdicts)} (one training seed)."
    return " ".join(
        ["The paper says that the TVAE's samples are *as good as* the VAE's.", *([said] if said else []), *rest]
    )
