"""Links that lead from other pages to the latent map in a real browser: the rows are marked there, and Back works."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest

from tvae.ui.address.row_numbers import rows_from_address

ROOT = Path(__file__).parents[2]
APP = ROOT / "streamlit_app.py"
WAIT = 90_000
N = 359
PLACES = {
    "tvae/ui/triplets/inspector.py": "Triplets?run=digits&margin=0.5&view=Classes+and+triplets",
    "tvae/ui/reconstructions/grid.py": "Reconstructions?run=digits&images=row+numbers&row-numbers=12.30.44",
    "tvae/ui/own_digit/neighbours.py": "Your_own_digit?run=digits",
}
"""By the file that draws the link, an address of the page that it stands on."""


def test_no_place_is_left_out() -> None:
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tvae").rglob("*.py")}
    assert {name for name in files if re.search(r"^ +link_to_rows\(", (ROOT / name).read_text(), re.M)} == set(PLACES)


def test_no_code_leaves_a_page_but_to_say_where_its_content_is() -> None:
    """`st.switch_page` changes the address of the page that it leaves, so Back would lead to something else."""
    files = [*(ROOT / "tvae").rglob("*.py"), *(ROOT / "pages").glob("*.py"), APP]
    leaving = {path.name for path in files if "switch_page(" in path.read_text()}
    assert leaving == {"frame.py", "4_Triplets.py"}


@pytest.fixture
def opened(browser: Any, streamlit_app: Callable[[Path], str]) -> Iterator[Callable[..., Any]]:
    """Opens a page of the app in a window of its own."""
    contexts: list[Any] = []

    def open_page(path: str, width: int = 1400, height: int = 900) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce"))
        page = contexts[-1].new_page()
        page.set_default_timeout(WAIT)
        page.goto(f"{streamlit_app(APP)}/{path}")
        if path.startswith("Your_own_digit"):
            page.get_by_role("button", name="Example").click()
        page.get_by_role("link", name="Show on the latent map").wait_for()
        settle(page)
        return page

    yield open_page
    for context in contexts:
        context.close()


def settle(page: Any) -> None:
    """Wait until nothing runs and nothing of an earlier script run is left."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.wait_for_function("!document.querySelector('[data-stale=true]')")


def without_picks(url: str) -> tuple[str, dict[str, list[str]]]:
    """Path and parameters of an address without the selection, which some pages show and say."""
    parts = urlparse(url)
    return parts.path, {name: texts for name, texts in parse_qs(parts.query).items() if name not in ("rows", "row")}


def wait_for_rows(page: Any, rows: list[int], row: int) -> None:
    """Wait until the maps mark these rows, and this one as clicked."""
    for side in ("left", "right"):
        page.locator(f"[data-testid=map-{side}][data-rows='{N}'][data-selected-count='{len(rows)}']").wait_for()
    page.wait_for_function(
        "() => { const asked = new URLSearchParams(location.search); return asked.has('rows') && asked.has('row'); }"
    )
    asked = parse_qs(urlparse(page.url).query)
    assert rows_from_address(asked["rows"][0], N)[0].tolist() == rows
    assert asked["row"] == [str(row)]
    page.get_by_test_id("map-marks-key").locator("[data-mark=focus]").wait_for()


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("place", PLACES)
def test_one_click_opens_the_map_with_the_rows_marked_and_back_leads_back(
    opened: Callable[..., Any], place: str, width: int
) -> None:
    page = opened(PLACES[place], width, 900 if width > 800 else 844)
    before, length = without_picks(page.url), page.evaluate("history.length")
    link = page.get_by_role("link", name="Show on the latent map")
    asked = parse_qs(urlparse(link.get_attribute("href")).query)
    rows, row = rows_from_address(asked["rows"][0], N)[0].tolist(), int(asked["row"][0])
    assert row in rows
    link.click()
    wait_for_rows(page, rows, row)
    box = page.get_by_test_id("map-left").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] / 2 < page.viewport_size["height"]
    assert page.evaluate("history.length") == length + 1
    settle(page)
    page.go_back()
    link.wait_for()
    settle(page)
    assert without_picks(page.url) == before
    page.go_forward()
    wait_for_rows(page, rows, row)


def test_back_on_the_map_brings_the_rows_that_its_address_says(opened: Callable[..., Any]) -> None:
    page = opened(PLACES["tvae/ui/reconstructions/grid.py"])
    page.get_by_role("link", name="Show on the latent map").click()
    wait_for_rows(page, [12, 30, 44], 12)
    settle(page)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Triplets").click()
    link = page.get_by_role("link", name="Show on the latent map")
    link.wait_for()
    settle(page)
    link.click()
    page.wait_for_url("**/Latent_map?*rows=*")
    page.locator(f"[data-testid=map-left][data-rows='{N}']").wait_for()
    settle(page)
    assert "rows=12.30.44" not in page.url
    page.go_back()
    page.wait_for_url("**/Triplets*")
    settle(page)
    page.go_back()
    wait_for_rows(page, [12, 30, 44], 12)


def test_a_new_tab_opens_what_the_link_says(opened: Callable[..., Any], streamlit_app: Callable[[Path], str]) -> None:
    page = opened(PLACES["tvae/ui/reconstructions/grid.py"])
    href = page.get_by_role("link", name="Show on the latent map").get_attribute("href")
    tab = page.context.new_page()
    tab.goto(f"{streamlit_app(APP)}/{href.removeprefix('/')}")
    wait_for_rows(tab, [12, 30, 44], 12)
