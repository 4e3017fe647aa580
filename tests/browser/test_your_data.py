"""A zip of class folders in a real browser: five clicks to both arms' maps, also over another page and a reload."""

from __future__ import annotations

import io
import os
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tvae.data.own import OwnDatasets
from tvae.jobs.jobs import Jobs

ROOT = Path(__file__).parents[2]
WAIT = 90_000
TRAINING_WAIT = 600_000
"""Milliseconds: a few seconds of work, on a machine that other tests keep busy."""
EACH = 80


def drawn(kind: str, generator: np.random.Generator, colour: bool) -> Image.Image:
    """A picture, not square, with a disc, a square or stripes at a random place."""
    width, height = 40, 32
    low, high = ((0, 60), (160, 256))
    ground, ink = (tuple(map(int, generator.integers(*limits, 3))) for limits in (low, high))
    picture = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(picture)
    x, y, side = map(int, generator.integers((2, 2, 8), (22, 14, 16)))
    if kind == "disc":
        draw.ellipse((x, y, x + side, y + side), fill=ink)
    elif kind == "square":
        draw.rectangle((x, y, x + side, y + side), fill=ink)
    else:
        for line in range(y % 5, height, 5):
            draw.line((0, line, width, line), fill=ink, width=2)
    return picture if colour else picture.convert("L")


def write_shapes(path: Path, *, colour: bool) -> Path:
    """Write a zip with one folder of pictures for each class, grey or half in colour, and two other files."""
    generator = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        for kind in ("disc", "square", "stripes"):
            for number in range(EACH):
                content = io.BytesIO()
                drawn(kind, generator, colour and number % 2 == 0).save(content, "PNG")
                archive.writestr(f"shapes/{kind}/{number:03}.png", content.getvalue())
        archive.writestr("shapes/disc/broken.png", content.getvalue()[:80])
        archive.writestr("shapes/read me.txt", "Shapes.")
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("own-data")


@pytest.fixture(scope="module")
def address(start_server, folders) -> str:
    """Address of an app with empty folders of runs and data sets."""
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TVAE_RUNS": str(folders / "runs"),
        "TVAE_DATA": str(folders / "data"),
    }
    return start_server([sys.executable, "-m", "streamlit", "run", "streamlit_app.py"], cwd=ROOT, env=env)


@pytest.fixture
def page(browser, folders):
    """A page of a new browser; a test fails if the browser reported an error, and its runs are ended."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    jobs = Jobs(folders / "runs")
    for job in jobs.runs():
        jobs.stop(job.id, None)
    assert complaints == []


def upload(page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_test_id("stFileUploader").get_by_role("button", name="Upload", exact=True).click()
    chooser.value.set_files(path)


COUNT_CLICKS = "window.clicks = 0; addEventListener('click', event => { window.clicks += event.isTrusted }, true)"


@pytest.mark.parametrize("colour", [False, True])
def test_five_clicks_lead_from_a_zip_to_both_maps(page, address, folders, tmp_path, colour):
    name = "colour" if colour else "grey"
    source = write_shapes(tmp_path / f"{name}.zip", colour=colour)
    page.goto(address)
    link = page.get_by_test_id("stSidebar").get_by_role("link", name="Your data")
    link.wait_for(timeout=WAIT)
    page.evaluate(COUNT_CLICKS)
    main = page.get_by_test_id("stMain")
    link.click()  # 1
    page.get_by_text("What do both models make of images of your own?").wait_for(timeout=WAIT)
    upload(page, source)  # 2
    keep = main.get_by_role("button", name="Keep", exact=True)
    keep.wait_for(timeout=WAIT)
    words = main.inner_text()
    assert f"{3 * EACH} images in 3 classes" in words and "2 left out" in words and "broken.png" in words
    assert OwnDatasets(folders / "data").has(name) is False
    keep.click()  # 3
    train = main.get_by_role("button", name="Train", exact=True)
    train.or_(page.get_by_text("Can't be trained on")).wait_for(timeout=WAIT)
    train.click(timeout=WAIT)  # 4
    page.get_by_test_id("stSidebar").get_by_role("button", name="Stop").wait_for(timeout=WAIT)
    open_map = main.get_by_role("link", name="Open the map")
    open_map.wait_for(timeout=TRAINING_WAIT)
    open_map.click()  # 5
    page.wait_for_url(re.compile("/Latent_map"), wait_until="commit", timeout=WAIT)
    for side, arm in (("left", "VAE"), ("right", "TVAE")):
        map_side = page.get_by_test_id(f"map-{side}")
        map_side.wait_for(timeout=WAIT)
        assert (map_side.get_attribute("aria-label") or "").count(arm)
    page.get_by_text(re.compile(f"an image of the {name} test split, n = {3 * EACH // 5}")).wait_for(timeout=WAIT)
    assert page.evaluate("window.clicks") == 5
    job = next(job for job in Jobs(folders / "runs").runs() if job.config.data.name == name)
    assert job.state == "done" and f"run={job.id}" in page.url


def test_what_can_t_be_read_is_one_line_and_another_file_goes_on(page, address, folders, tmp_path):
    page.goto(f"{address}/Your_data")
    main = page.get_by_test_id("stMain")
    wrong = tmp_path / "notes <b>one<b>.zip"
    wrong.write_bytes(b"no zip at all")
    upload(page, wrong)
    error = main.get_by_test_id("stAlert")
    error.wait_for(timeout=WAIT)
    assert error.inner_text().count("\n") == 0 and "notes <b>one<b>.zip" in error.inner_text()
    assert error.locator("b").count() == 0
    page.locator("input[type=file]").set_input_files(write_shapes(tmp_path / "fine.zip", colour=False))
    main.get_by_role("button", name="Keep", exact=True).wait_for(timeout=WAIT)
    page.reload()  # what was understood is still there, with the choices
    main.get_by_role("button", name="Keep", exact=True).wait_for(timeout=WAIT)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Training").click()
    page.get_by_text("All runs").first.wait_for(timeout=WAIT)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Your data").click()
    keep = main.get_by_role("button", name="Keep", exact=True)
    keep.wait_for(timeout=WAIT)
    keep.click()
    main.get_by_role("button", name="Remove").click(timeout=WAIT)
    main.get_by_text("fine was removed.").wait_for(timeout=WAIT)
    main.get_by_role("button", name="Undo").click()
    main.get_by_role("button", name="Train", exact=True).wait_for(timeout=WAIT)
    assert OwnDatasets(folders / "data").has("fine")
