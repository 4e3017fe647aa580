"""Train where no run can be kept: a button that is off, can be read, and stands beside its reason."""

from __future__ import annotations

from pathlib import Path

APP = Path(__file__).parents[2] / "streamlit_app.py"
WAIT = 90_000


def test_a_button_that_is_off_can_be_read(browser, streamlit_app, monkeypatch):
    """Its ground is the page's: what is written in the colour of that can't be seen."""
    monkeypatch.setenv("TVAE_RUNS", "/proc/nohome")
    page = browser.new_page(color_scheme="light")
    page.goto(f"{streamlit_app(APP)}/Training?run=digits")
    page.get_by_text("The folder of runs can't be written").first.wait_for(timeout=WAIT)
    button = page.get_by_role("button", name="Train", exact=True)
    assert button.is_disabled()
    colour = button.evaluate("element => getComputedStyle(element).color")
    assert colour != "rgb(255, 255, 255)", colour
    page.close()
