"""Types of what metrics.json and history.jsonl hold.

What older versions did not write is not required.
"""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from tvae.system.strict_json import Amount, Count, Line, Number, Whole

Figure = Number | None
"""None where the labels don't allow it to be measured."""
ByMargin = dict[str, Figure]


class AnchorSampleForm(TypedDict):
    """Fields of an `AnchorSample`."""

    counted: Whole
    of: Whole
    seed: Annotated[int, Meta(ge=0)]


class FiguresOfLabels(TypedDict):
    """What rests on labels, of one arm."""

    triplet_accuracy: ByMargin
    balanced_triplet_accuracy: NotRequired[ByMargin]
    triplet_accuracy_error: NotRequired[ByMargin]
    balanced_triplet_accuracy_error: NotRequired[ByMargin]
    anchor_sample: NotRequired[AnchorSampleForm | None]
    triplets: Annotated[int, Meta(ge=0)]
    anchors_left_out: Whole
    all_means_equal: NotRequired[bool]
    spread: NotRequired[Amount]
    knn_accuracy: Figure
    knn_accuracy_5: Figure
    r_precision: Figure
    map_at_r: Figure
    silhouette: Figure


class FiguresOfOwnNotion(FiguresOfLabels):
    """What rests on the labels of an arm's own notion."""

    notion: Line


class GivenTripletsFigures(TypedDict):
    """How many given triplets an arm has right."""

    accuracy: ByMargin
    interval: dict[str, Annotated[list[Number], Meta(min_length=2, max_length=2)] | None]


class ArmMetrics(FiguresOfLabels):
    """The figures of one arm."""

    reconstruction: Number
    reconstruction_per_pixel: Number
    kl: Number
    kl_by_latent: list[Number]
    active_units: Whole
    own_notion: NotRequired[FiguresOfOwnNotion]
    given_triplets: NotRequired[dict[str, GivenTripletsFigures]]


class Metrics(TypedDict):
    """What `evaluate` gives."""

    dataset: Line
    notion: NotRequired[Line]
    split: Line
    n: Count
    seed: Annotated[int, Meta(ge=0)]
    step: Whole
    arms: dict[str, ArmMetrics]
    given_triplets: NotRequired[dict[str, Whole]]


class LossTerms(TypedDict):
    """An arm's loss terms, averaged over the steps since the last row."""

    reconstruction: Number
    kl: Number
    triplet: Number
    total: Number
    spread: NotRequired[Number]


class WaitingRow(TypedDict):
    """Number and sums of the reports since the last row of the history."""

    count: Whole
    arms: dict[str, dict[str, Number]]


class HistoryRow(TypedDict):
    """A row of a run's history."""

    step: Whole
    epoch: Amount
    images_per_second: NotRequired[Amount]
    arms: dict[str, LossTerms]
    warnings: NotRequired[list[str]]
