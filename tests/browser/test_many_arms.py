"""Twelve arms on a wide page: every arm's images, maps and columns keep a size that can be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tvae.runs.arm_names import arm_name
from tvae.runs.run import read_run

ROOT = Path(__file__).parents[2]
APP = ROOT / "streamlit_app.py"
WAIT = 90_000
CONFIG = read_run(ROOT / "checkpoints/mnist-ladder").config
ARMS = [arm_name(CONFIG, arm) for arm in CONFIG.arms]
QUERY = "run=mnist-ladder" + "".join(f"&arms={arm.upper()}" for arm in CONFIG.arms)


@pytest.fixture
def page(browser):
    opened = browser.new_page(viewport={"width": 1400, "height": 900})
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("name", "described", "least"),
    [
        ("Generation", "Samples of {} from the prior", 200),
        ("Traversals", "Traversals of {}: ", 300),
        ("Your_own_digit", "Map of {}", 250),
    ],
)
def test_every_arm_has_room_for_its_images(page, streamlit_app, name, described, least):
    assert len(ARMS) == 12
    page.goto(f"{streamlit_app(APP)}/{name}?{QUERY}")
    for arm in ARMS:
        image = page.locator(f'img[alt^="{described.format(arm)}"]').first
        image.wait_for(timeout=WAIT)
        box = image.bounding_box()
        assert box["width"] >= least and box["x"] + box["width"] <= 1400, (arm, box)


def test_the_difference_between_arms_is_in_sight(page, streamlit_app):
    page.goto(f"{streamlit_app(APP)}/Reconstructions?{QUERY}")
    header = page.get_by_role("columnheader", name="w 15 · m 5 − VAE")
    header.wait_for(timeout=WAIT)
    box = header.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 1400
