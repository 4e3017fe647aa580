"""Findings, trails and sub-styles on the latent map page in a real browser: a click selects images on both maps."""

from __future__ import annotations

from typing import Any

from tests.browser.test_latent_map_page import APP, open_map, read, until, wait
from tvae.metrics.sub_styles import sub_styles
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run

__all__ = ["open_map"]


def test_a_click_on_a_findings_sentence_selects_its_images_and_their_trails(open_map: Any) -> None:
    page = open_map()
    sentence = page.get_by_role("button", name="2 ones leave the twos for the other ones")
    sentence.click()
    wait(page, "selected-count", 2)
    assert page.get_by_test_id("stTabs").get_by_role("img", name="Rows ").first.is_visible()
    page.get_by_role("button", name="Trails: where the selected").click()
    until(page, lambda: len(read(page, "left", "trails").split()) == 2)
    assert "all 2 selected" in page.get_by_test_id("trail-key").inner_text()
    page.get_by_role("button", name="A nine leaves the zeros for the other nines").click()
    wait(page, "selected-count", 1)
    until(page, lambda: len(read(page, "right", "trails").split()) == 1)


def test_a_click_on_a_sub_style_selects_it(open_map: Any) -> None:
    encoding = read_encoding(read_run(APP.parent / "checkpoints" / "digits"), "test")
    assert encoding is not None
    styles = sub_styles(encoding.arms["vae"].means, encoding.labels, 1)
    page = open_map()
    page.locator("[data-test-script-state=notRunning]").wait_for()  # the end of a script run would close the list
    box = page.get_by_role("combobox", name="Groups within a class")
    box.evaluate("box => box.scrollIntoView({block: 'center'})")  # a list that is scrolled to closes
    box.click()
    page.get_by_role("option", name="1", exact=True).click()
    for number, rows in enumerate(styles.groups):
        page.get_by_role("button", name=f"{number + 1}: {len(rows)}", exact=True).first.click()
        wait(page, "selected-count", len(rows))
