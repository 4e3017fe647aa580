"""Saved and isolated selections, the axis and further maps on the latent map page, in a real browser."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from tests.browser.test_latent_map_page import N, open_map, read, until, wait

__all__ = ["open_map"]


def say(page: Any, text: str) -> None:
    page.get_by_text(text).first.wait_for(timeout=60_000)


def test_a_selection_is_saved_with_a_name_that_leaves_with_the_table_and_comes_back(open_map, tmp_path: Path):
    page = open_map("&rows=1-20", panels=False)
    field = page.get_by_label("Name of this selection")
    field.wait_for(timeout=60_000)
    field.fill("first twenty")
    page.get_by_role("button", name="Save", exact=True).click()
    saved = page.get_by_role("button", name="first twenty (20)")
    saved.wait_for(timeout=30_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    download.value.save_as(tmp_path / "rows.csv")
    lines = list(csv.DictReader(io.StringIO((tmp_path / "rows.csv").read_text(encoding="utf-8"))))
    assert [line["tags"] for line in lines] == ["first twenty"] * 20
    page.get_by_role("button", name="Clear", exact=True).click()
    wait(page, "selected-count", 0)
    saved.click()
    wait(page, "selected-count", 20)
    page.reload()
    saved.wait_for(timeout=60_000)
    field.fill("first twenty")
    page.get_by_role("button", name="Save", exact=True).click()
    say(page, "another than those of the saved selections")


def test_isolated_images_alone_are_on_both_maps_until_all_are_shown_again(open_map):
    page = open_map("&rows=1-40&projection=PCA", panels=False)
    page.get_by_role("button", name="Isolate").click()
    say(page, "Only 40 of 359 images are on the maps")
    notice, controls = page.locator(".st-key-isolation"), page.locator(".st-key-map-controls").bounding_box()
    assert notice.bounding_box()["y"] >= controls["y"] + controls["height"], "it covers no control"
    back = page.get_by_role("button", name="Show all images").get_by_text("Show all images", exact=True)
    assert back.evaluate("text => text.scrollWidth <= text.clientWidth"), "it is read whole"
    counts = page.locator(".legend .entry .count")
    until(page, lambda: sum(map(int, counts.all_inner_texts())) == 40)
    assert "isolated=1-40" in page.url
    page.get_by_role("button", name="Show all images").click()
    page.get_by_text("Only 40 of 359").wait_for(state="hidden", timeout=30_000)
    until(page, lambda: sum(map(int, counts.all_inner_texts())) == N)


def test_the_axis_of_an_address_stands_there_and_a_bar_selects_its_images(open_map):
    page = open_map("&axis=true&axis-from=class+3&axis-to=class+5", panels=False)
    say(page, "pairs in the right order")
    assert page.get_by_text("pairs in the right order").count() == 2
    assert "axis-from=class+3" in page.url
    page.get_by_text("n = ").first.wait_for()
    chart = page.locator("[class*='axis-chart-0'] .js-plotly-plot")
    chart.scroll_into_view_if_needed()
    bar = chart.locator(".barlayer .trace").nth(2).locator(".point path")
    tallest = max(range(bar.count()), key=lambda i: (bar.nth(i).bounding_box() or {"height": 0})["height"])
    box = bar.nth(tallest).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator("[data-testid=map-left]:not([data-selected-count='0'])").wait_for(timeout=30_000)
    assert 0 < int(read(page, "right", "selected-count")) < N


def test_further_maps_are_chosen_under_more_and_linked(open_map):
    page = open_map("&projection=PCA", panels=False)
    page.get_by_role("tab", name="Findings").wait_for(timeout=60_000)
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("combobox", name="Further maps").click()
    page.get_by_role("option", name="VAE, epoch 0", exact=True).click()
    page.get_by_test_id("map-third").wait_for(timeout=60_000)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert "views=" in page.url
    page.goto(f"{page.url}&rows=5-30")
    for side in ("left", "right", "third"):
        page.locator(f"[data-testid=map-{side}][data-selected-count='26']").wait_for(timeout=60_000)
