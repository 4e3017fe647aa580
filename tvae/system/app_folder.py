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


def page_files() -> list[Path]:
    """The files of all pages but the overview, in the order of the sidebar."""
    return sorted((app_folder() / "pages").glob("*.py"))


def page_address(file: Path) -> str:
    """The last part of a page's address, such as Latent_map of 1_Latent_map.py."""
    return file.stem.split("_", 1)[1]
