"""Figures, drawn once for all who look at the same numbers."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from types import FunctionType
from typing import Any

import plotly.graph_objects as go
import streamlit as st
from plotly.basedatatypes import BaseFigure

from tvae.ui.cached.keys import KEY_OF


class DrawnFigure(BaseFigure):
    """A figure that nobody changes any more, so that what is sent of it is made once and not at each script run."""

    def __init__(self, figure: go.Figure) -> None:
        # Without Plotly's own, which would check every value once more: as long as all the drawing, or longer.
        self._sent = figure.to_dict()

    def to_dict(self) -> dict[str, Any]:
        """The figure's dictionary, the same at each call: whoever reads it must not change it."""
        return self._sent


@st.cache_resource(
    max_entries=128,
    show_spinner=False,
    hash_funcs={**KEY_OF, FunctionType: attrgetter("__module__", "__qualname__")},
)
def figure(draw: Callable[..., go.Figure], *arguments: Any, **named: Any) -> DrawnFigure:
    """What a function of `tvae.figures` draws of these arguments."""
    return DrawnFigure(draw(*arguments, **named))
