"""Every page shows what its address says, whether opened by a link, by the sidebar, by Back or by a reload."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 60_000
RUNS = {
    "run=mnist": ("2 arms on mnist: triplet weight 15, margin 1", "VAE", "TVAE"),
    "run=mnist-ladder&arms=VAE&arms=W10": ("12 arms on mnist: triplet weight 0.3 to 100", "VAE", "weight 10, margin 1"),
    "run=digits&epoch=28.1": ("2 arms on digits: triplet weight 2, margin 1", "VAE", "TVAE"),
}
"""For each address: words of the sidebar's caption, and the arms that are shown."""
TOO_LATE = "Epoch 28.1 is chosen, which this page can't show"
PAGES = {
    "Overview": ("", ["Squared error"], False),
    "Latent map": ("rows=3-6&row=4&k=12", ["n = 4 of"], True),
    "Reconstructions": ("images=row+numbers&row-numbers=3.8", ["The rows that are named"], True),
    "Interpolation": ("ends=two+rows&from-row=5&to-row=44&steps=7", ["rows 5 and 44"], True),
    "Triplets": ("margin=0.3", ["m\u00a0=\u00a00.3"], True),
    "Which weight": ("triplet-weight=30&loss-margin=0.5", ["30 × triplet"], False),
    "Training": ("", [], False),
    "Generation": ("sample-seed=3&samples=12", ["(seed 3)"], False),
    "Traversals": ("around=a+test+image&traversal-row=5&traversal-steps=5", ["of row 5"], False),
    "Your own digit": ("projection=PCA&voters=9", ["Projection"], False),
}
"""For each page: its own parameters, words that show them, and whether the page follows the epoch."""


def path_of(page: str) -> str:
    return "" if page == "Overview" else page.replace(" ", "_")


@pytest.fixture
def fresh(browser) -> Iterator[Callable[[], Any]]:
    """Opens a page in a new browser context; a test fails if the pages' code raised an error."""
    contexts: list[Any] = []
    thrown: list[str] = []

    def page() -> Any:
        contexts.append(browser.new_context(viewport={"width": 1400, "height": 900}, reduced_motion="reduce"))
        opened = contexts[-1].new_page()
        opened.on("pageerror", lambda error: thrown.append(str(error)))
        return opened

    yield page
    for context in contexts:
        context.close()
    assert thrown == []


def wait_until(page: Any, holds: str, wanted: object) -> None:
    """Wait until a JavaScript function returns true."""
    try:
        page.wait_for_function(holds, arg=wanted, timeout=WAIT)
    except Exception as error:
        words = page.evaluate("document.body.innerText")
        raise AssertionError(f"wanted {wanted}; the page {page.url} says {words}") from error


def wait_for_words(page: Any, words: list[str]) -> None:
    """Wait until the page shows all of these words."""
    wait_until(page, "words => words.every(word => document.body.innerText.includes(word))", words)


def wait_for_address(page: Any, path: str, parameters: dict[str, list[str]]) -> None:
    """Wait until the address has this path and these parameters and no others."""
    wait_until(
        page,
        """([path, wanted]) => {
          const found = {};
          for (const [name, text] of new URLSearchParams(location.search)) (found[name] ??= []).push(text);
          const names = Object.keys(found);
          return location.pathname === `/${path}` && names.length === Object.keys(wanted).length
            && names.every(name => JSON.stringify(found[name]) === JSON.stringify(wanted[name]));
        }""",
        [path, parameters],
    )


def check(page: Any, title: str, run: str, own: str = "", *, epoch_known: bool = True) -> None:
    """Check that the page shows what its address says: run, arms, epoch, and its own parameters."""
    caption, *arms = RUNS[run]
    _, words, follows = PAGES[title]
    wanted = parse_qs("&".join(filter(None, [run, own])))
    name = wanted["run"][0]
    if "epoch" in wanted and not follows:
        del wanted["epoch"]
    if name == "mnist":
        del wanted["run"]  # the run that a fresh page shows
    said = [caption, *(words if own else [])]
    if title not in ("Training", "Your own digit", "Interpolation"):
        said += arms
    if "epoch" in run and (follows or epoch_known):
        said += ["at epoch 28.1 of 200"] if follows and title not in ("Latent map",) else [] if follows else [TOO_LATE]
    wait_for_words(page, said)
    wait_for_address(page, path_of(title), wanted)
    if title == "Interpolation":
        for arm in arms:
            page.get_by_test_id("path-player").get_by_text(arm, exact=True).first.wait_for(timeout=WAIT)
    if title == "Latent map":
        for side, arm in zip(("left", "right"), arms, strict=True):
            shown = f"{arm}, epoch 28.1" if "epoch" in run else arm
            label = page.get_by_test_id(f"map-{side}").get_attribute("aria-label")
            assert label is not None and shown in label
        if own:
            page.locator("[data-testid=map-left][data-selected-count='4']").wait_for(timeout=WAIT)


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("title", PAGES)
def test_a_shared_address_opens_what_it_says_and_stays(fresh, streamlit_app, run, title):
    page, own = fresh(), PAGES[title][0]
    page.goto(f"{streamlit_app(APP)}/{path_of(title)}?{run}&{own}".rstrip("&"))
    check(page, title, run, own)
    page.reload()
    check(page, title, run, own, epoch_known=False)  # a page that can't show an epoch has none in its address


@pytest.mark.parametrize("run", RUNS)
def test_run_arms_and_epoch_stay_through_the_sidebar_back_and_a_new_tab(fresh, streamlit_app, run):
    page, own = fresh(), PAGES["Traversals"][0]
    page.goto(f"{streamlit_app(APP)}/Traversals?{run}&{own}")
    check(page, "Traversals", run, own)
    length = page.evaluate("history.length")
    for number, title in enumerate(("Generation", "Interpolation"), 1):
        page.get_by_test_id("stSidebar").get_by_role("link", name=title).click()
        check(page, title, run)
        assert page.evaluate("history.length") == length + number
    page.go_back()
    check(page, "Generation", run)
    page.go_back()
    check(page, "Traversals", run, own)
    link = page.get_by_test_id("stSidebar").get_by_role("link", name="Triplets").get_attribute("href")
    tab = page.context.new_page()
    tab.goto(page.url.split("/Traversals")[0] + "/" + link.removeprefix("/"))
    check(tab, "Triplets", run)


def in_address(page: Any, text: str) -> None:
    """Wait until the address contains the text."""
    wait_until(page, "text => location.search.includes(text)", text)


def click_a_point(page: Any, start: float) -> None:
    """Click the first point that lies right of a share of the left map's width."""
    canvas = page.get_by_test_id("map-left")
    box = canvas.bounding_box()
    for step in range(50):
        page.mouse.move(box["x"] + box["width"] * (start + 0.01 * step), box["y"] + box["height"] / 2)
        page.wait_for_timeout(100)
        if canvas.get_attribute("data-hovered-row"):
            page.mouse.down()
            page.mouse.up()
            return
    pytest.fail("no point in the middle of the map")


def use_map(page: Any) -> None:
    for start in (0.2, 0.6):
        before = page.url
        click_a_point(page, start)
        wait_until(page, "before => location.href !== before && location.search.includes('row=')", before)
    page.mouse.wheel(0, -300)
    in_address(page, "zoom=")


def use_sliders(page: Any) -> None:
    page.get_by_role("slider", name="How many").press("ArrowRight")
    in_address(page, "columns=11")
    page.get_by_test_id("stSidebar").get_by_role("slider").press("ArrowLeft")
    in_address(page, "epoch=100")


def use_player(page: Any) -> None:
    page.get_by_test_id("path-player").get_by_role("slider").press("End")
    in_address(page, "t=1")


def use_drawing(page: Any) -> None:
    page.get_by_role("button", name="Example").click()
    in_address(page, "strokes=")


@pytest.mark.parametrize(
    ("path", "ready", "use"),
    [
        ("Latent_map", "What changed", use_map),
        ("Reconstructions", "What the triplet weight cost", use_sliders),
        ("Interpolation", "Is this pair typical?", use_player),
        ("Your_own_digit", "Projection", use_drawing),
    ],
)
def test_what_is_done_on_a_page_adds_nothing_to_the_history(fresh, streamlit_app, path, ready, use):
    page, server = fresh(), streamlit_app(APP)
    page.goto(f"{server}/_stcore/health")
    page.goto(f"{server}/{path}?run=digits")
    wait_for_words(page, [ready])
    length = page.evaluate("history.length")
    use(page)
    assert page.evaluate("history.length") == length
    page.go_back()
    assert page.url.endswith("/_stcore/health")


@pytest.mark.parametrize(
    ("asked", "notes", "left"),
    [
        ("Latent_map?run=nosuchrun", ["There is no run nosuchrun here"], ""),
        ("Generation?run=digits&samples=99999&sample-seed=x", ["'99999'", "'x'"], "?run=digits&samples=60"),
        ("Interpolation?run=digits&ends=two+rows&from-row=99999&to-row=abc", ["'99999'", "'abc'"], "from-row=358"),
    ],
)
def test_an_address_that_is_put_right_as_it_is_opened_is_one_entry_of_the_history(
    fresh, streamlit_app, asked, notes, left
):
    page, server = fresh(), streamlit_app(APP)
    page.goto(f"{server}/_stcore/health")
    length = page.evaluate("history.length")
    page.goto(f"{server}/{asked}")
    wait_for_words(page, notes)
    wait_until(page, "left => left ? location.search.includes(left) : !location.search", left)
    assert page.evaluate("history.length") == length + 1
    page.go_back()
    assert page.url.endswith("/_stcore/health")


def test_zoom_pan_and_hidden_classes_come_back_from_a_shared_address_and_a_reload(fresh, streamlit_app):
    page = fresh()
    page.goto(f"{streamlit_app(APP)}/Latent_map?run=digits")
    wait_for_words(page, ["What changed"])
    page.get_by_test_id("map-left").hover()
    page.mouse.wheel(0, -400)
    in_address(page, "zoom=")
    for number in (3, 4, 7):
        page.locator(".legend .entry").nth(number).click()
    in_address(page, "hidden=3-4.7")
    view = page.get_by_test_id("map-left").get_attribute("data-view")
    other = fresh()
    for again in (lambda: other.goto(page.url), other.reload):
        again()
        other.locator("[data-testid=map-right][data-rows='359']").wait_for(timeout=WAIT)
        wait_until(other, "() => location.search.includes('hidden=3-4.7')", None)
        pressed = [entry.get_attribute("aria-pressed") for entry in other.locator(".legend .entry").all()]
        assert [number for number, state in enumerate(pressed) if state == "false"] == [3, 4, 7]
        for side in ("left", "right"):
            shown = other.get_by_test_id(f"map-{side}").get_attribute("data-view")
            for wanted, value in zip(view.split(), shown.split(), strict=True):
                assert float(value) == pytest.approx(float(wanted), abs=0.01)
