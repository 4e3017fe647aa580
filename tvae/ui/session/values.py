"""Reads and writes values in the session and in the address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import streamlit as st

from tvae.ui.session.keys import SHOWN_IN_ADDRESS

Value = TypeVar("Value")


def read(key: str, default: Any = None) -> Any:
    """The session's value under a key."""
    return st.session_state.get(key, default)


def is_set(key: str) -> bool:
    """Whether the session has a value under this key."""
    return key in st.session_state


def write(key: str, value: object) -> None:
    """Put a value into the session; a widget's own only before it is drawn, or in a callback."""
    st.session_state[key] = value


def take(key: str, default: Any = None) -> Any:
    """The session's value under a key; removes it from the session."""
    return st.session_state.pop(key, default)


def forget(*keys: str) -> None:
    """Drop the values under these keys; a widget then starts with its default."""
    for key in keys:
        st.session_state.pop(key, None)


def kept(key: str, make: Callable[[], Value]) -> Value:
    """The session's value under a key, created at the first call."""
    try:
        return st.session_state[key]
    except KeyError:
        value = st.session_state[key] = make()
        return value


def chosen_points(key: str) -> list[dict[str, Any]]:
    """The points of a chart that are selected."""
    return st.session_state[key]["selection"]["points"]


def address(name: str, default: str = "") -> str:
    """The address's value of a parameter."""
    return st.query_params.get(name, default)


def in_address(name: str) -> bool:
    """Whether the address has this parameter."""
    return name in st.query_params


def start_address() -> None:
    """Forget which parameters of the address the last script run has shown."""
    st.session_state[SHOWN_IN_ADDRESS] = set()


def put_in_address(name: str, value: str | list[str] | None, *, anew: bool = False) -> None:
    """Set a parameter of the address, or remove it where the value is empty.

    Args:
        anew: tell the browser even where Python has this value: a link from a page to itself gives Python its
            parameters and leaves the browser's address as it was.
    """
    kept(SHOWN_IN_ADDRESS, set).add(name)
    if not value:
        if name in st.query_params:
            del st.query_params[name]
    elif anew or st.query_params.get_all(name) != ([value] if isinstance(value, str) else value):
        st.query_params[name] = value


def remove_unshown(names: Iterable[str]) -> None:
    """Remove those of these parameters from the address that this script run has not put there."""
    for name in set(st.query_params) & set(names) - kept(SHOWN_IN_ADDRESS, set):
        del st.query_params[name]
