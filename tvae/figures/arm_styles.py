"""Name and colour of each arm of a run, the same in all figures and on all pages."""

from __future__ import annotations

import colorsys
import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tvae.config import LossConfig
from tvae.figures.colours import TEN_COLOURS, TVAE_ORANGE, VAE_BLUE, linear_rgb, rgb, with_luminance
from tvae.runs.arm_names import ArmsConfig, arm_name, ladder_setting, short_arm_name
from tvae.runs.embeddings.folder import EmbeddingsConfig

RAMPS = {
    "triplet_weight": ("#9a83e3", "#cb36c8", "#c0284d"),
    "margin": ("#76a01a", "#208a3e", "#137366"),
}
"""Colours from the lowest to the highest value of the setting in which arms of a ladder differ."""
_HUES, _SATURATIONS, _LUMINANCES = np.arange(0, 1, 1 / 60), (0.15, 0.45, 0.75), (0.14, 0.2, 0.28)
"""Of the colours that other arms may have: all of them show on light and on dark, at 3 to 1 or more."""


@dataclass(frozen=True, kw_only=True)
class ArmStyle:
    """Names and colour of an arm in figures and on pages."""

    name: str
    """Name of the arm in plain text, such as "weight 10, margin 1"."""
    short_name: str
    """Name for narrow places, such as "w 10 · m 1"."""
    label: str
    """Name for charts of many arms: of an arm of a ladder only the setting that its id says, such as "w 10"."""
    colour: str
    """Colour of its points, lines and bars, as #rrggbb, for light and dark pages; text in it needs `text_colour`."""


def arm_styles(config: ArmsConfig) -> dict[str, ArmStyle]:
    """The style of each arm of a run.

    The arm without a triplet term is blue and the one called tvae orange in every run. Arms of a ladder have two ramps
    of colours, by rank of their weight and by rank of their margin. Any other arm has a colour far from all these and
    from those of the classes. An arm's colour hangs on its run alone, not on which arms are shown.
    Of embeddings from elsewhere the first is blue and the second orange, as the left and the right of two maps are.
    """
    if isinstance(config, EmbeddingsConfig):
        return {
            arm: ArmStyle(name=given.title, short_name=given.title, label=given.title, colour=colour)
            for (arm, given), colour in zip(config.arms.items(), (VAE_BLUE, TVAE_ORANGE), strict=True)
        }
    colours = _colours(tuple(config.arms.items()))
    styles = {}
    for arm, loss in config.arms.items():
        short_name = short_arm_name(config, arm)
        label = f"{arm[0]} {arm[1:]}" if loss.triplet_weight and ladder_setting(arm, loss) else short_name
        styles[arm] = ArmStyle(name=arm_name(config, arm), short_name=short_name, label=label, colour=colours[arm])
    return styles


@functools.lru_cache(maxsize=256)
def _colours(arms_with_losses: tuple[tuple[str, LossConfig], ...]) -> Mapping[str, str]:
    """The colour of each arm; kept, as a page asks for it some hundred times."""
    losses = dict(arms_with_losses)
    colours: dict[str, str] = {}
    without_triplets = [arm for arm, loss in losses.items() if loss.triplet_weight == 0]
    if without_triplets:
        colours[min(without_triplets, key=lambda arm: arm.lower() != "vae")] = VAE_BLUE
    colours |= {arm: TVAE_ORANGE for arm, loss in losses.items() if arm == "tvae" and loss.triplet_weight}
    for setting, ramp in RAMPS.items():
        arms = [arm for arm in losses if arm not in colours and ladder_setting(arm, losses[arm]) == setting]
        arms.sort(key=lambda arm: getattr(losses[arm], setting))
        colours |= zip(arms, _along(ramp, len(arms)), strict=True)
    others = [arm for arm in losses if arm not in colours]
    taken = (VAE_BLUE, TVAE_ORANGE, *TEN_COLOURS, *colours.values())
    return colours | dict(zip(others, _far_colours(taken, len(others)), strict=True))


def _along(ramp: Sequence[str], count: int) -> list[str]:
    """Colours at even steps along a ramp, from its first to its last; a single one from the middle."""
    steps = np.linspace(0, 1, count) if count > 1 else np.full(count, 0.5)
    stops = np.array([rgb(colour) for colour in ramp])
    channels = [np.interp(steps, np.linspace(0, 1, len(ramp)), channel) for channel in stops.T]
    return [_hex(colour) for colour in zip(*channels, strict=True)]


@functools.lru_cache(maxsize=32)
def _far_colours(taken: tuple[str, ...], count: int) -> tuple[str, ...]:
    """`count` colours, each the one that differs most to the eye from the taken ones and from those before it."""
    if not count:
        return ()
    colours = [
        with_luminance(_hex(colorsys.hls_to_rgb(hue, 0.5, saturation)), luminance)
        for hue, saturation, luminance in itertools.product(_HUES, _SATURATIONS, _LUMINANCES)
    ]
    places = np.stack([oklab(colour) for colour in colours])
    nearest = np.min([np.linalg.norm(places - oklab(colour), axis=1) for colour in taken], axis=0)
    chosen: list[str] = []
    for _ in range(count):
        best = int(nearest.argmax())
        chosen.append(colours[best])
        nearest = np.minimum(nearest, np.linalg.norm(places - places[best], axis=1))
    return tuple(chosen)


def oklab(colour: str) -> Float[np.ndarray, " lab"]:
    """Lightness and the two opponent axes of a colour, in which distance is about what the eye sees (Ottosson 2020)."""
    to_cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    to_lab = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.array(to_lab) @ np.cbrt(np.array(to_cones) @ linear_rgb(colour))


def _hex(colour: Sequence[float]) -> str:
    """Red, green and blue from 0 to 1 as #rrggbb."""
    return "#" + "".join(f"{round(255 * float(value)):02x}" for value in colour)
