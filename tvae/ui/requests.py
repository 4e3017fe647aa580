"""Callbacks of widgets: what a person asked for is done, or one line on the page says why not."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import streamlit as st

from tvae.errors import InputError
from tvae.ui import session as state
from tvae.ui.session import keys
from tvae.ui.style.escaping import as_text
from tvae.ui.style.reasons import reason_of

PAGE = "page"
"""The place below the page's title, for what has no place of its own."""


def answered(change: Callable[..., Any], place: str = PAGE) -> Callable[..., None]:
    """The change as a widget's callback: if it is refused, the reason is kept for `show_refusal` at this place.

    Every `on_click`, `on_change` and `on_select` is made by this or by `request`. What a callback changes may be gone:
    a run may have been deleted, begun or ended by another tab meanwhile, and the disk may be full. An error that
    escapes a callback would take the whole page with it.

    Args:
        place: where the reason is shown. A fragment, which is drawn without the rest of its page, has its own.
    """

    @functools.wraps(change)
    def asked(*arguments: Any, **named: Any) -> None:
        try:
            change(*arguments, **named)
        except (InputError, OSError) as error:
            state.write(keys.refusal(place), f"Not done. {reason_of(error)}.")

    return asked


def request(place: str, change: Callable[..., Any], *arguments: Any) -> None:
    """Make a change, as the callback that `answered` makes of it would."""
    answered(change, place)(*arguments)


def show_refusal(place: str = PAGE) -> None:
    """Show why the last change that was asked for at this place was not made, once."""
    if refusal := state.take(keys.refusal(place), ""):
        st.error(as_text(refusal))
