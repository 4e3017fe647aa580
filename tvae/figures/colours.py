"""Colours of arms, classes and ink."""

from __future__ import annotations

import functools
import itertools

import numpy as np
from jaxtyping import Float

VAE_BLUE, TVAE_ORANGE = "#2f6fb4", "#d9722e"
"""Of an arm without a triplet term and of the arm called tvae, on every page; apart in lightness too, so the
colour-blind can tell them. The other arms' are in `arm_styles`."""

INK = {"light": "#1d2430", "dark": "#e4e8ee"}
GROUND = {"light": "#ffffff", "dark": "#14181f"}
"""Colour of the page's ground, for pictures that leave the page."""
FAINT = {"light": "#8a93a0", "dark": "#8a93a0"}
GREY = FAINT["light"]
"""Colour of lines in a chart, readable on light and dark."""

TERM_COLOURS = {"reconstruction": "#169fae", "kl": "#9631e0", "triplet": "#746a0b"}
"""Colours of the terms of the loss."""
MARK = "#12c2b6"
"""Colour of marks on a picture: the frame of a crop, the ink that was detected."""


_TEXT_LUMINANCE = {"light": (0.0, 0.16), "dark": (0.26, 1.0)}
"""Relative luminance of text, from and to, that has a contrast of 4.5 to 1 to a theme's page and to its sidebar."""


def text_colour(colour: str, theme: str) -> str:
    """The colour (#rrggbb) as dark or as light as text must be on a theme's ground: at least 4.5 to 1 (WCAG 2).

    Args:
        theme: "light" or "dark".
    """
    low, high = _TEXT_LUMINANCE[theme]
    own = _luminance(colour)
    return colour if low <= own <= high else with_luminance(colour, min(max(own, low), high))


def rgb(colour: str) -> tuple[float, float, float]:
    """Red, green and blue of #rrggbb, from 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def linear_rgb(colour: str) -> Float[np.ndarray, " rgb"]:
    """Red, green and blue of #rrggbb as shares of light."""
    return np.array([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb(colour)])


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    return float(linear_rgb(colour) @ (0.2126, 0.7152, 0.0722))


def ink_on(colour: str) -> str:
    """Black or white as #rrggbb, whichever has the higher contrast to this ground: 4.5 to 1 at least (WCAG 2)."""
    return "#000000" if (_luminance(colour) + 0.05) ** 2 > 0.05 * 1.05 else "#ffffff"


def with_luminance(colour: str, luminance: float) -> str:
    """The colour mixed with black or white until it has this relative luminance (WCAG 2)."""
    light, own = linear_rgb(colour), _luminance(colour)
    mixed = light * luminance / own if luminance < own else light + (1 - light) * (luminance - own) / (1 - own)
    values = np.where(mixed <= 0.0031308, 12.92 * mixed, 1.055 * mixed ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * float(value)):02x}" for value in values)


TEN_COLOURS = (
    "#4f4fe6",
    "#e69f00",
    "#009e73",
    "#d667a5",
    "#43b3e0",
    "#e5283c",
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
        colours += [with_luminance(TEN_COLOURS[group], float(step)) for step in steps]
    return tuple(colours)
