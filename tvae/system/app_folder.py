"""The folder of the app's entry script, its pages and the runs that ship."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def app_folder() -> Path:
    """The folder that holds streamlit_app.py, pages/, checkpoints/ and .streamlit/.

    In an installed package it is tvae/app, where the wheel has put them; in a clone it is the clone's top level.
    """
    installed = _PACKAGE / "app"
    return installed if installed.is_dir() else _PACKAGE.parent
