"""Colours of arms, classes and ink."""

from __future__ import annotations

import colorsys
import functools
import itertools
from collections.abc import Sequence

import numpy as np

VAE_BLUE, TVAE_ORANGE = "#3d7cc4", "#d9722e"
"""Readable on light and dark; apart in lightness too, so the colour-blind can tell them."""

INK = {"light": "#1d2430", "dark": "#e4e8ee"}
GROUND = {"light": "#ffffff", "dark": "#14181f"}
"""The page's own, for pictures that leave it."""
FAINT = {"light": "#8a93a0", "dark": "#8a93a0"}
GREY = FAINT["light"]
"""Of lines in a chart; reads on light and dark."""

TERM_COLOURS = {"reconstruction": "#2a9d8f", "kl": "#8d6cc9", "triplet": TVAE_ORANGE}
"""Of the terms of the loss."""


def arm_colours(arms: Sequence[str]) -> dict[str, str]:
    """The colour of each arm: blue for the first, orange for the last, further ones on the way between them."""
    if len(arms) == 1:
        return {arms[0]: VAE_BLUE if arms[0] == "vae" else TVAE_ORANGE}
    last = len(arms) - 1
    return {arm: _between(VAE_BLUE, TVAE_ORANGE, place / last) for place, arm in enumerate(arms)}


def _between(first: str, second: str, share: float) -> str:
    """A colour on the way, through violet: straight through grey it would look like neither arm."""
    if share in (0.0, 1.0):
        return second if share else first
    (h1, l1, s1), (h2, l2, s2) = (colorsys.rgb_to_hls(*_rgb(colour)) for colour in (first, second))
    hue = (h1 + share * ((h2 - h1) % 1.0)) % 1.0
    red, green, blue = colorsys.hls_to_rgb(hue, l1 + share * (l2 - l1), s1 + share * (s2 - s1))
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"


def _rgb(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


TEN_COLOURS = (
    "#3b7dd8",
    "#e69f00",
    "#009e73",
    "#d667a5",
    "#43b3e0",
    "#d1490c",
    "#8a63c9",
    "#a89a00",
    "#7f858c",
    "#a05c38",
)
"""Ten class colours after Okabe and Ito, the faint and the black ones replaced so that all show on light and dark."""
_DARKEST, _LIGHTEST = 0.065, 0.44
"""Relative luminance of the ends of a group's shades, which still show on light and on dark."""


def class_groups(count: int) -> list[int]:
    """The group of each of `count` classes: its own of up to ten classes; of more, neighbours share one of ten."""
    groups = len(TEN_COLOURS)
    return list(range(count)) if count <= groups else [place * groups // count for place in range(count)]


@functools.lru_cache(maxsize=16)
def class_colours(count: int) -> tuple[str, ...]:
    """A colour for each of `count` classes, as #rrggbb: the classes of a group are shades of its colour, dark to light.

    Shades of one group can hardly be told apart where there are many: names, legend and hovering tell the classes.
    """
    colours: list[str] = []
    for group, members in itertools.groupby(class_groups(count)):
        shades = len(list(members))
        if shades == 1:
            colours.append(TEN_COLOURS[group])
            continue
        steps = np.linspace(np.cbrt(_DARKEST), np.cbrt(_LIGHTEST), shades) ** 3  # even to the eye (CIE lightness)
        colours += [_with_luminance(TEN_COLOURS[group], float(step)) for step in steps]
    return tuple(colours)


def _with_luminance(colour: str, luminance: float) -> str:
    """The colour mixed with black or white until it has this relative luminance (WCAG 2)."""
    light = np.array([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _rgb(colour)])
    own = float(light @ (0.2126, 0.7152, 0.0722))
    mixed = light * luminance / own if luminance < own else light + (1 - light) * (luminance - own) / (1 - own)
    values = np.where(mixed <= 0.0031308, 12.92 * mixed, 1.055 * mixed ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * float(value)):02x}" for value in values)
