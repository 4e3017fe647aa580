"""Every page opens on a run whose own data set was removed, and shows it again once that is back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import small_run_config
from tests.data.own.made_sources import take_in
from tvae.config import DataConfig
from tvae.data import load_dataset
from tvae.data.own import OwnDatasets
from tvae.runs.recording import record

ROOT = Path(__file__).parents[2]
PAGES = ["", *(f"pages/{path.name}" for path in sorted((ROOT / "pages").glob("*.py")))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder of data sets with one of real digits, and a run on it."""
    folder = tmp_path_factory.mktemp("removed")
    digits = load_dataset("digits")
    images = {f"{split.name}_images": split.images for split in (digits.train, digits.test)}
    labels = {f"{split.name}_labels": split.labels for split in (digits.train, digits.test)}
    np.savez(folder / "digits.npz", **images, **labels)  # type: ignore[arg-type]
    take_in(folder / "digits.npz", folder / "data")
    config = small_run_config()
    for _ in record(
        type(config)(**{**vars(config), "data": DataConfig(name="mine")}),
        load_dataset("mine", folder / "data"),
        folder / "runs" / "r",
        "command",
    ):
        pass
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens(folder, monkeypatch, page):
    monkeypatch.setenv("TVAE_RUNS", str(folder / "runs"))
    monkeypatch.setenv("TVAE_DATA", str(folder / "data"))
    library = OwnDatasets(folder / "data")
    library.remove("mine", None)
    try:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
        app.query_params["run"] = "r"
        (app.switch_page(page) if page else app).run()
    finally:
        library.restore("mine", None)
    assert not app.exception
    assert app.selectbox(key="run").value == "r"
