"""Asks for a change of a run, such as a stop, and shows in one line why it can't be made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from tvae.errors import InputError
from tvae.ui import session as state
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of


def request(place: str, change: Callable[..., Any], *arguments: Any) -> None:
    """Change a run, in a button's `on_click`; if it is refused, keep the reason for `show_refusal` at this place.

    The run may have been deleted, begun or ended by another tab meanwhile, and the disk may be full.
    """
    try:
        change(*arguments)
    except (InputError, OSError) as error:
        state.write(keys.refusal(place), f"Not done. {reason_of(error)}.")


def show_refusal(place: str) -> None:
    """Show why the last change that was asked for at this place was not made, once."""
    if refusal := state.take(keys.refusal(place), ""):
        st.error(as_text(refusal))
