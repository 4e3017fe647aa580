"""Keeps the browser's history to one entry a page, and what the browser alone writes into the address."""

from __future__ import annotations

from pathlib import Path

from streamlit.components.v2 import component

from tvae.ui.session import keys

_keeper = component("tvae.address_keeper", js=(Path(__file__).parent / "address_keeper.js").read_text(encoding="utf-8"))


def address_keeper() -> None:
    """Show nothing; from then on changes of a page's address replace its entry in the history."""
    _keeper(key=keys.ADDRESS_KEEPER, data={"names": list(keys.IN_BROWSER)})
