"""Findings of axe-core on each page, light and dark; and arms' colours in charts.

Serious and critical findings fail a test, and so does a wrong order of headings. None is Streamlit's alone: what it
causes is mended in page.css and .streamlit/config.toml.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT

ROOT = Path(__file__).parents[2]
APP = ROOT / "streamlit_app.py"
PAGES = ("", *(page.stem.split("_", 1)[1] for page in sorted((ROOT / "pages").glob("*.py"))))
WAIT = 90_000
FAILING = ("serious", "critical")
ALSO_FAILING = ("heading-order",)
"""Rules that must hold too, though axe-core calls them moderate."""
OPENED = {
    "": ("Reconstructions", []),
    "Which_weight": ("Every arm in a table", ["Every arm in a table"]),
    "Latent_map": ("What changed", ["More"]),
    "Reconstructions": ("Squared error by class", []),
    "Interpolation": ("Is this pair typical?", []),
    "Triplets": ("How far apart", []),
    "Sweep": ("All else is as in the run", []),
    "Training": ("All runs", ["More"]),
    "Generation": ("Precision and recall", []),
    "Traversals": ("Latent", []),
    "Your_own_digit": ("Projection", ["Example"]),
    "Your_data": ("Your labelled images", []),
}
"""Last words of a page, and the controls that are pressed before it is checked."""
RUNS = {"Which_weight": "mnist-ladder"}
PICKED = "&rows=3-40&row=4"
"""Parameters of the map's address besides the run: a selection, and the row whose neighbours are shown."""


def opened(browser: Any, address: str, page: str, scheme: str, asked: str = "") -> Any:
    """Open a page, open its folded parts, and wait until it is at rest."""
    view = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    view.goto(f"{address}/{page}?run={RUNS.get(page, 'digits')}{asked}")
    words, pressed = OPENED.get(page, ("", [])) if not asked else ("The selection", [])
    view.get_by_text(words).last.wait_for(state="attached", timeout=WAIT)
    for name in pressed:
        view.get_by_test_id("stMainBlockContainer").get_by_text(name, exact=True).first.click()
        view.wait_for_timeout(500)
    at_rest(view)
    return view


def at_rest(view: Any) -> None:
    """Wait until the script has run and every part of the page is loaded."""
    view.wait_for_function(
        "() => !document.querySelector('[data-test-script-state=running], [data-testid=stSkeleton]')", timeout=WAIT
    )
    view.wait_for_timeout(1_000)


def findings(view: Any) -> list[tuple[str, str, str]]:
    """Rule, HTML and message of each serious finding on the page as it stands."""
    view.evaluate(AXE_SCRIPT)
    result = view.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (
            violation["id"],
            node["html"],
            " ".join(check["message"] for check in node["any"] + node["all"] + node["none"]),
        )
        for violation in result["violations"]
        if violation["impact"] in FAILING or violation["id"] in ALSO_FAILING
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_serious_finding(browser, streamlit_app, page, scheme):
    view = opened(browser, streamlit_app(APP), page, scheme)
    here = findings(view)
    arms = view.evaluate(ARM_COLOURS)
    view.close()
    assert here == []
    for colour, names in arms.items():
        assert all(name.startswith(ARM_OF[colour]) for name in names), f"{colour} stands for {names}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_picked_on_the_map_has_no_serious_finding(browser, streamlit_app, scheme):
    view = opened(browser, streamlit_app(APP), "Latent_map", scheme, PICKED)
    view.get_by_alt_text("Row 4", exact=True).wait_for(timeout=WAIT)
    assert findings(view) == []
    view.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_step_of_the_lesson_has_no_serious_finding(browser, streamlit_app, scheme):
    view = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    view.goto(f"{streamlit_app(APP)}/?lesson=1")
    view.get_by_text("Leave the lesson").wait_for(timeout=WAIT)
    at_rest(view)
    assert findings(view) == []
    view.close()


ARM_OF = {"#2f6fb4": "VAE", "#d9722e": "TVAE"}
ARM_COLOURS = """() => {
  const names = {"#2f6fb4": [], "#d9722e": []};
  for (const chart of document.querySelectorAll(".js-plotly-plot"))
    for (const trace of chart.data)
      for (const colour of [trace.line?.color, ...[trace.marker?.color].flat()])
        if (trace.name && colour in names) names[colour].push(trace.name);
  return names;
}"""
"""The names of the traces of all charts that have an arm's colour."""


def test_the_audit_finds_what_is_wrong(browser):
    view = browser.new_page()
    view.set_content(
        "<html lang=en><title>Wrong</title><main><h1>One</h1><h5>Five</h5>"
        "<p style='color:#999;background:#fff'>pale</p><button></button></main></html>"
    )
    assert {rule for rule, _, _ in findings(view)} == {"heading-order", "color-contrast", "button-name"}
    view.close()
