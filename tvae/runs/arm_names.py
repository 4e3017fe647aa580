"""Readable names of a run's arms, made from each arm's loss.

Addresses, CSV columns, file names, JSON and the command line keep an arm's own id.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from tvae.config import LossConfig, RunConfig
from tvae.runs.embeddings.folder import EmbeddingsConfig

LONG, SHORT = "weight {weight:g}, margin {margin:g}", "w {weight:g} · m {margin:g}"


ArmsConfig = RunConfig | EmbeddingsConfig
"""What has arms: a run, or embeddings from elsewhere, whose arms are called as a person calls them."""


def arm_name(config: ArmsConfig, arm: str) -> str:
    """Name of an arm: "VAE" without a triplet term, "weight 10, margin 1" in a ladder, else its id in capitals.

    An arm with a classifier or a prior by class is no plain VAE. An arm belongs to a ladder where its id says its
    triplet weight or its margin, as `w10` and `m0.5` do, or both, as `m0.5-w10` of a sweep does. Names are plain text,
    and no two arms of a run have the same: where two would, the id stands behind, as in "VAE (beta4)".
    """
    return arm_names(config)[arm]


def arm_names(config: ArmsConfig) -> dict[str, str]:
    """The name of each arm (`arm_name`)."""
    if isinstance(config, EmbeddingsConfig):
        return {arm: given.title for arm, given in config.arms.items()}
    return dict(_names(tuple(config.arms.items()), LONG))


def short_arm_name(config: ArmsConfig, arm: str) -> str:
    """Name of an arm for narrow places: "w 10 · m 1" for an arm of a ladder."""
    if isinstance(config, EmbeddingsConfig):
        return config.arms[arm].title
    return _names(tuple(config.arms.items()), SHORT)[arm]


def ladder_setting(arm: str, loss: LossConfig) -> str | None:
    """The setting whose value an arm's id says, as in a ladder: "triplet_weight" or "margin"; None for another id."""
    ids = {f"w{loss.triplet_weight:g}": "triplet_weight", f"m{loss.margin:g}": "margin"}
    return ids.get(arm)


@lru_cache(maxsize=256)
def _names(losses: tuple[tuple[str, LossConfig], ...], by_loss: str) -> Mapping[str, str]:
    """A name for each arm, all different; `by_loss` is the format of names that hold weight and margin.

    Kept, as a page asks for names some hundred times.
    """
    names = {arm: _name(arm, loss, by_loss) for arm, loss in losses}
    plain = [name for arm, name in names.items() if arm.upper() == name]  # need no id behind, unless two are alike
    taken = list(names.values())
    return {
        arm: name if taken.count(name) == 1 or (arm.upper() == name and plain.count(name) == 1) else f"{name} ({arm})"
        for arm, name in names.items()
    }


def _name(arm: str, loss: LossConfig, by_loss: str) -> str:
    """The name that an arm would have if it were alone."""
    if loss.triplet_weight == 0 and not loss.choices:
        return "VAE"
    says_both = arm == f"m{loss.margin:g}-w{loss.triplet_weight:g}"
    if says_both or ladder_setting(arm, loss) or arm.upper() == "VAE":  # a "vae" with a triplet term is none
        return by_loss.format(weight=loss.triplet_weight, margin=loss.margin)
    return arm.upper()
