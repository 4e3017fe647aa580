"""Carries the pointer's position to Python and the decoded image back.

A map asks with `latent-map:probe` (detail: memory, question of number, x and y in the layout's units); the answer
arrives as `latent-map:decoded` (detail: memory, number, sides of base64 values, height, width, channels, words, far).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from jaxtyping import UInt8
from streamlit.components.v2 import component

from tvae.ui import session as state
from tvae.ui.session import keys

_probe = component("tvae.decoding_probe", js=(Path(__file__).parent / "decoding_probe.js").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Decoded:
    """The image that one arm decodes at a place of its map."""

    image: UInt8[np.ndarray, "h w channels"] | None
    """None where the arm can't decode."""
    accuracy_note: str
    """How accurate the image is, in a few words, or why there is none."""
    far: bool = False
    """Whether no point of the map is near; the image is then greyed out."""


@st.fragment
def decoding_probe(answer: Callable[[tuple[float, float]], Sequence[Decoded]], *, memory: str) -> None:
    """Answer the map's requests to decode a place, one at a time, as long as the map is on the page.

    Args:
        answer: what both arms decode at a place in the layout's units, left map first.
        memory: key of the map.
    """
    key = keys.map_part(memory, "probe")
    question = question_in(state.read(key))
    reply = None
    if question is not None:
        number, place = question
        reply = {"number": number, "sides": [for_browser(decoded) for decoded in answer(place)]}
    _probe(key=key, data={"memory": memory, "answer": reply}, on_place_change=lambda: None)


def question_in(in_browser: object) -> tuple[int, tuple[float, float]] | None:
    """Number and place of the browser's request in this script run; None where there is none that can be answered."""
    question = in_browser.get("place") if isinstance(in_browser, dict) else None
    if not isinstance(question, dict):
        return None
    try:
        number, x, y = int(question["number"]), float(question["x"]), float(question["y"])
    except (TypeError, KeyError, ValueError, OverflowError):
        return None
    return (number, (x, y)) if np.isfinite([x, y]).all() else None


def for_browser(decoded: Decoded) -> dict[str, object]:
    """An answer as the browser reads it; without values where there is no image."""
    image = decoded.image
    if image is None:
        return {"values": "", "height": 0, "width": 0, "channels": 1, "told": decoded.accuracy_note, "far": decoded.far}
    height, width, channels = image.shape
    return {
        "values": base64.b64encode(np.ascontiguousarray(image).tobytes()).decode("ascii"),
        "height": height,
        "width": width,
        "channels": channels,
        "told": decoded.accuracy_note,
        "far": decoded.far,
    }
