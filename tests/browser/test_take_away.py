"""Runs are taken away in a real browser: two forms are downloaded and opened, and the menu stays where it was asked."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import safetensors.numpy

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 60_000


def page_of(browser, address: str, width: int):
    """A page of the triplets of digits, drawn."""
    page = browser.new_page(viewport={"width": width, "height": 844})
    page.goto(f"{address}/Triplets?run=digits")
    page.get_by_role("heading", name="Triplets", exact=True).wait_for(timeout=WAIT)
    return page


def taken(page, form: str, tmp_path: Path) -> Path:
    """The file that the open menu makes of this form."""
    page.get_by_role("radio", name=form).check(force=True, timeout=WAIT)
    start = page.get_by_role("button", name="Make the file")
    start.wait_for(timeout=WAIT)
    menu, box = page.get_by_test_id("stPopoverBody").bounding_box(), start.bounding_box()
    assert box["y"] + box["height"] <= menu["y"] + menu["height"], "the button that begins is scrolled out of sight"
    start.click()
    with page.expect_download(timeout=WAIT) as download:
        button = page.get_by_role("button", name="Download digits-")
        button.wait_for(timeout=WAIT)
        box, height = button.bounding_box(), page.viewport_size["height"]
        assert box["y"] >= 0 and box["y"] + box["height"] <= height  # in sight, where it was asked for
        button.click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    return path


@pytest.mark.parametrize("width", [1400, 390])
def test_two_forms_are_downloaded_and_opened(browser, streamlit_app, tmp_path, width):
    page = page_of(browser, streamlit_app(APP), width)
    page.get_by_role("button", name="Take it away").click(timeout=WAIT)
    table = taken(page, "Parquet", tmp_path)
    assert pq.read_table(table).num_rows == 359
    page.get_by_role("button", name="Take something else away").click()
    folder = taken(page, "Plain PyTorch", tmp_path)
    assert (table.name, folder.name) == ("digits-atlas.parquet", "digits-torch.zip")
    with zipfile.ZipFile(folder) as archive:
        weights = safetensors.numpy.load(archive.read("digits-torch/tvae.safetensors"))
    assert {tensor.dtype.name for tensor in weights.values()} == {"float32"}
    page.close()


@pytest.mark.parametrize("path", ["", "Latent_map", "Which_weight", "Reconstructions", "Your_data"])
def test_the_button_is_in_sight_on_every_page_and_nothing_lies_on_it(browser, streamlit_app, path):
    for width in (1400, 800, 390):
        page = browser.new_page(viewport={"width": width, "height": 844})
        page.goto(f"{streamlit_app(APP)}/{path}?run=digits")
        page.get_by_role("button", name="Take it away").click(timeout=WAIT)
        page.get_by_role("radio", name="TensorBoard").wait_for(state="attached", timeout=WAIT)
        page.close()
