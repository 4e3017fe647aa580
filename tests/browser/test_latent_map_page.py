"""The latent map page in a real browser: first maps, selection, neighbours, projections, the address."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"
SIDES = ("left", "right")
N = 359


@pytest.fixture
def open_map(browser, streamlit_app):
    """Opens the page on the digits with a query; a test fails if the page's code raised an error."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce")
    thrown: list[str] = []

    def opened(query: str = "", panels: bool = True, script: str = "") -> Any:
        page = context.new_page()
        page.add_init_script(script)
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.goto(f"{streamlit_app(APP)}/Latent_map?run=digits{query}")
        page.locator(f"[data-testid=map-left][data-rows='{N}']").wait_for(timeout=60_000)
        if panels:
            page.get_by_role("tab", name="Findings").wait_for(timeout=60_000)
        return page

    yield opened
    context.close()
    assert thrown == []


def wait(page: Any, name: str, value: object) -> None:
    """Wait until both maps meet the condition."""
    for side in SIDES:
        page.locator(f"[data-testid=map-{side}][data-{name}='{value}']").wait_for(timeout=30_000)


def until(page: Any, holds: Callable[[], bool]) -> None:
    """Wait until a condition holds, by checking it again and again."""
    for _ in range(300):
        if holds():
            return
        page.wait_for_timeout(50)
    pytest.fail("waited 15 s in vain")


def read(page: Any, side: str, name: str) -> str:
    return page.get_by_test_id(f"map-{side}").get_attribute(f"data-{name}")


def draw(page: Any, tool: str, x0: float, y0: float, x1: float, y1: float, side: str = "left") -> None:
    """Draw a rectangle, in shares of a map's width and height."""
    page.get_by_role("button", name=tool).click()
    box = page.get_by_test_id(f"map-{side}").bounding_box()
    corners = ((x0, y0), (x1, y0), (x1, y1)) + (((x0, y1),) if tool == "Lasso" else ())
    for number, (x, y) in enumerate(corners):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if number == 0:
            page.mouse.down()
    page.mouse.up()


def selected_count(page: Any) -> int:
    """Number of selected images that the drawer gives."""
    return int(page.get_by_test_id("stMetric").first.inner_text().split()[-1].replace(",", ""))


def wait_for_selected(page: Any, count: int) -> None:
    page.get_by_text(f"n = {count:,} of {N}").wait_for(timeout=30_000)


def hover_any(page: Any, side: str = "left") -> int:
    """Move along the middle until the pointer meets a point."""
    box = page.get_by_test_id(f"map-{side}").bounding_box()
    for step in range(60):
        page.mouse.move(box["x"] + box["width"] * (0.1 + 0.0125 * step), box["y"] + box["height"] / 2)
        page.wait_for_timeout(200)
        row = read(page, side, "hovered-row")
        page.wait_for_timeout(300 if row else 0)  # a busy machine may still be at where the pointer was before
        if row and row == read(page, side, "hovered-row"):
            return int(row)
    pytest.fail("no point in the middle of the map")


def choose(page: Any, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


WHICH_FIRST = """
const maps = (root) => root.querySelector('[data-testid=map-left][data-rows]')
  || [...root.querySelectorAll('*')].some((each) => each.shadowRoot && maps(each.shadowRoot));
new MutationObserver(() => {
  if (window.mapsWereThere === undefined && document.querySelector('.change-histogram'))
    window.mapsWereThere = Boolean(maps(document));
}).observe(document, {childList: true, subtree: true});
"""
"""JavaScript that notes whether the maps were there when the first chart came."""


def test_the_maps_come_before_the_charts(open_map):
    page = open_map(panels=False, script=WHICH_FIRST)
    page.wait_for_function("() => window.mapsWereThere !== undefined", timeout=60_000)
    assert page.evaluate("() => window.mapsWereThere")


def test_the_page_opens_and_answers_a_lasso_without_plotly(open_map):
    """Its 4.7 MB are as much as all else."""
    page = open_map("&rows=1-20", panels=False)
    page.locator(".class-mix").wait_for(timeout=60_000)
    page.get_by_role("tab", name="Findings").click()
    page.locator(".change-histogram .lit").first.wait_for(timeout=60_000)
    loaded = page.evaluate("() => performance.getEntriesByType('resource').map((each) => each.name)")
    assert loaded and not [name for name in loaded if "plotly" in name.lower()]


def test_the_maps_carry_what_is_checked_from_outside(open_map):
    page = open_map("&rows=1-20")
    wait(page, "rows", N)
    wait(page, "selected-count", 20)
    assert [read(page, side, "hovered-row") for side in SIDES] == ["", ""]
    row = hover_any(page)
    wait(page, "hovered-row", row)
    card = page.get_by_test_id("map-card")
    assert card.is_visible()
    assert card.get_attribute("data-row") == str(row)
    assert all(float(read(page, side, "frame-ms")) > 0 for side in SIDES)
    page.mouse.move(3, 3)
    wait(page, "hovered-row", "")
    card.wait_for(state="hidden")
    assert card.get_attribute("data-row") == ""


def test_the_maps_stand_above_the_fold(open_map):
    box = open_map().get_by_test_id("map-left").bounding_box()
    assert box["y"] + 300 < 900


def test_a_lasso_is_told_in_the_drawer_and_kept_as_a_table(open_map, tmp_path):
    page = open_map()
    draw(page, "Lasso", 0.15, 0.15, 0.6, 0.55)
    page.get_by_text("Purity").wait_for(timeout=30_000)
    count = selected_count(page)
    assert 0 < count < N
    wait(page, "selected-count", count)
    page.get_by_test_id("stStatusWidget").wait_for(state="detached")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    download.value.save_as(tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(newline="") as file:
        rows = [int(line["row"]) for line in csv.DictReader(file)]
    assert len(rows) == count
    page.get_by_role("button", name="Clear", exact=True).click()
    wait(page, "selected-count", 0)


def test_shift_adds_and_alt_removes_on_the_other_map_too(open_map):
    page = open_map()
    draw(page, "Box", 0.1, 0.1, 0.5, 0.9)
    page.get_by_text("Purity").wait_for(timeout=30_000)
    first = selected_count(page)
    page.keyboard.down("Shift")
    draw(page, "Box", 0.1, 0.1, 0.9, 0.9, side="right")
    page.keyboard.up("Shift")
    until(page, lambda: selected_count(page) > first)
    more = selected_count(page)
    wait(page, "selected-count", more)
    page.keyboard.down("Alt")
    draw(page, "Lasso", 0.0, 0.0, 1.0, 1.0)
    page.keyboard.up("Alt")
    wait(page, "selected-count", 0)


def test_a_selection_survives_colours_another_projection_and_another_page(open_map):
    page = open_map("&rows=1-20&row=7")
    wait(page, "selected-count", 20)
    choose(page, "Colour by", "neighbourhood change")
    page.get_by_text("coloured by neighbourhood change").first.wait_for(timeout=30_000)
    wait(page, "selected-count", 20)
    choose(page, "Projection", "PCA")
    page.get_by_text("VAE, PCA: trustworthiness").first.wait_for(timeout=30_000)
    wait(page, "selected-count", 20)
    page.get_by_role("link", name="Triplets", exact=True).click()
    page.get_by_role("heading", name="Triplets", exact=True).wait_for(timeout=60_000)
    page.get_by_role("link", name="Latent map", exact=True).click()
    wait(page, "selected-count", 20)
    page.get_by_test_id("stMarkdownContainer").get_by_text("Row 7, class").wait_for(timeout=60_000)
    assert "rows=1-20" in page.url
    assert "row=7" in page.url


def test_a_clicked_rows_neighbours_mark_the_maps_and_can_be_walked_to(open_map):
    page = open_map()
    hover_any(page)
    page.mouse.down()
    page.mouse.up()
    tile = page.get_by_test_id("neighbour-panel").locator("button").first
    tile.wait_for(timeout=30_000)
    row = tile.get_attribute("data-row")
    tile.hover()
    wait(page, "hovered-row", row)
    tile.click()
    page.get_by_test_id("stMarkdownContainer").get_by_text(f"Row {int(row):,}, class").wait_for(timeout=30_000)
    page.wait_for_url(re.compile(rf"row={row}(&|$)"))


def test_the_clicked_rows_lines_run_to_all_k(open_map):
    page = open_map("&k=40")
    row = hover_any(page)
    card = page.get_by_test_id("map-card")
    assert "of 10 nearest shared" in card.inner_text()
    page.mouse.down()
    page.mouse.up()
    page.get_by_test_id("stMarkdownContainer").get_by_text(f"Row {row:,}, class").wait_for(timeout=30_000)
    page.wait_for_timeout(300)
    page.mouse.move(3, 3)
    wait(page, "hovered-row", "")
    assert hover_any(page) == row
    assert "of 40 nearest shared" in card.inner_text()


def test_a_double_click_shows_all_and_keeps_the_selection(open_map):
    page = open_map("&rows=1-20")
    wait(page, "selected-count", 20)
    page.get_by_role("button", name="Zoom in", exact=True).click()
    page.mouse.move(3, 3)
    hover_any(page)
    page.mouse.down(click_count=1)
    page.mouse.up(click_count=1)
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    page.locator("[data-testid=map-left][data-view$=' 1.0000']").wait_for()
    wait(page, "selected-count", 20)


def test_a_projection_that_is_cancelled_leaves_the_maps_standing(open_map):
    page = open_map("&iterations=10000&perplexity=33", panels=False)
    page.get_by_text("PCA, while t-SNE is computed").first.wait_for(timeout=30_000)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("t-SNE was cancelled. PCA is shown instead.").wait_for(timeout=30_000)
    wait(page, "rows", N)
    page.get_by_role("button", name="Try again").wait_for()
    hover_any(page)


def test_a_projection_that_is_cancelled_leaves_the_one_before_standing(open_map):
    page = open_map("&projection=UMAP&iterations=10000&perplexity=34")
    page.get_by_text("VAE, UMAP, 15 neighbours: trustworthiness").first.wait_for(timeout=30_000)
    choose(page, "Projection", "t-SNE")
    page.get_by_role("button", name="Cancel").click(timeout=30_000)
    page.get_by_text("t-SNE was cancelled. UMAP, 15 neighbours is shown instead.").wait_for(timeout=30_000)
    page.get_by_text("VAE, UMAP, 15 neighbours: trustworthiness").first.wait_for(timeout=30_000)
    wait(page, "rows", N)


def test_a_projection_arrives_by_itself_where_pca_stood(open_map):
    page = open_map("&iterations=60&perplexity=21", panels=False)
    page.get_by_text("VAE, t-SNE, perplexity 21: trustworthiness").first.wait_for(timeout=180_000)
    wait(page, "rows", N)


def test_the_maps_fill_the_screen_and_come_back(open_map):
    page = open_map()
    height = lambda: page.get_by_test_id("map-left").bounding_box()["height"]  # noqa: E731
    before = height()
    page.get_by_role("button", name="Full screen").click()
    until(page, lambda: height() > before + 50)
    page.get_by_role("button", name="Full screen").click()
    until(page, lambda: abs(height() - before) < 2)
    hover_any(page)


def test_one_arm_at_two_epochs(open_map):
    page = open_map("&projection=PCA")
    choose(page, "Left map", "TVAE, epoch 0")
    page.get_by_text("TVAE, epoch 0, PCA: trustworthiness").wait_for(timeout=30_000)
    page.get_by_text("from TVAE, epoch 0 to TVAE").wait_for(timeout=30_000)
    assert "epoch" in page.url


def test_played_epochs_pass_on_both_maps_and_keep_what_is_picked(open_map):
    page = open_map("&rows=1-20&epoch=0")
    wait(page, "selected-count", 20)
    page.get_by_text("Play the epochs").click()
    page.get_by_text("PCA, while the epochs play").first.wait_for(timeout=30_000)
    titles = set()
    until(page, lambda: titles.add(page.get_by_test_id("map-left").get_attribute("aria-label")) or len(titles) >= 3)
    wait(page, "selected-count", 20)
    page.get_by_text("Play the epochs").click()
    page.get_by_role("tab", name="Findings").wait_for(timeout=60_000)
    wait(page, "selected-count", 20)
