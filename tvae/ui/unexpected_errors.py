"""Errors that nobody expected: a page shows a number, the server's log has the traceback under it."""

from __future__ import annotations

import logging
import secrets

import streamlit as st

_LOG = logging.getLogger("tvae.errors")
"""To standard error, unless who runs the server has configured Python's logging otherwise."""


def logged(error: Exception) -> str:
    """Write an error with its traceback to the log under a new number; returns the sentence that a page shows.

    The sentence has nothing of the error itself: its message and its traceback tell of the server's folders.
    """
    number = secrets.token_hex(4)
    _LOG.error("error %s", number, exc_info=error)
    return f"Something went wrong here; the host finds it in the log as error {number}."


def show_unexpected_error(error: Exception) -> bool:
    """Answer an exception that a page, a fragment or a callback let escape; for `st.App`'s `on_script_error`.

    Streamlit itself writes the traceback to its log as well, without the number: which of several at once a person saw
    is known by the number alone.
    """
    st.error(f"{logged(error)} Reload the page to go on.")
    return True  # Streamlit shows nothing more
