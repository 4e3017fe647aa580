"""Words of the glossary on every page: each explained once, on hover, keyboard focus and tap."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tvae.glossary import WORDS
from tvae.ui.style.glossary import pattern, word_forms

ROOT = Path(__file__).parents[2]
APP = ROOT / "streamlit_app.py"
PAGES = ["", *(path.stem.split("_", 1)[1] for path in sorted((ROOT / "pages").glob("*.py")))]
EXPLANATION = {word.name: word.explanation for word in WORDS}

# What a person reads in running text, without the words of buttons, links, labels, charts, code and formulas.
TEXTS = """() => [...document.querySelectorAll(
    '[data-testid="stMain"] :is([data-testid="stMarkdownContainer"], [data-testid="stHtml"])')]
  .filter((text) => text.checkVisibility() && !text.closest(
    'a, button, summary, label, h1, [role="tab"], [role="radio"], [data-testid="stWidgetLabel"], ' +
    '[data-testid="stMultiSelect"]'))
  .map((text) => {
    const copy = text.cloneNode(true);
    copy.querySelectorAll('a, code, pre, h1, style, .katex').forEach((part) => part.remove());
    return copy.textContent;
  })"""

READS = """(texts) => JSON.stringify(texts) === JSON.stringify([...document.querySelectorAll(
    '[data-testid="stMain"] :is([data-testid="stMarkdown"], [data-testid="stCaptionContainer"]) p')]
  .filter((text) => text.checkVisibility()).map((text) => text.textContent))"""


def words_in(texts: list[str]) -> set[str]:
    return {WORDS[word_forms()[form]].name for text in texts for form in re.findall(pattern(), text)}


def explained(page) -> Counter[str]:
    marks = page.locator('[data-testid="stMain"] .tvae-word')
    return Counter(marks.evaluate_all("(marks) => marks.map((mark) => mark.dataset.word)"))


def settle(page) -> None:
    """Wait until the page has not changed for two seconds."""
    page.locator("h1").wait_for(timeout=60_000)
    before, same = "", 0
    for _ in range(240):
        now = page.evaluate("document.querySelector('[data-testid=\"stMain\"]').innerText")
        busy = page.locator('[data-testid="stStatusWidget"], [data-testid="stSkeleton"]').count()
        same = same + 1 if now == before and not busy else 0
        before = now
        if same == 4:
            return
        page.wait_for_timeout(500)
    pytest.fail("the page does not come to rest")


@pytest.mark.parametrize("name", PAGES)
def test_each_word_on_a_page_is_explained_once(browser, streamlit_app, name):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    refused: list[str] = []
    page.on("response", lambda response: refused.append(response.url) if response.status >= 400 else None)
    page.goto(f"{streamlit_app(APP)}/{name}?run=digits")
    settle(page)
    assert refused == [], "the page asks for what is not there"
    marked = explained(page)
    expected = words_in(page.evaluate(TEXTS))
    assert set(marked) >= expected, "these are not explained"
    assert {word: count for word, count in marked.items() if count > 1} == {}
    page.close()


@pytest.fixture
def overview(browser, streamlit_app):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{streamlit_app(APP)}/?run=digits")
    page.locator(".tvae-word").first.wait_for(timeout=60_000)
    settle(page)
    yield page
    context.close()


def test_an_explanation_opens_on_hover_focus_and_tap_and_stays_in_the_window(overview):
    card = overview.locator("#tvae-word-card")
    marks = overview.locator('[data-testid="stMain"] .tvae-word')
    for i in range(marks.count()):
        name = marks.nth(i).get_attribute("data-word")
        marks.nth(i).tap()
        assert card.inner_text() == f"{name}: {EXPLANATION[name]}"
        box = card.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
        assert box["y"] >= 0 and box["y"] + box["height"] <= 844
        card.tap()
        assert card.is_hidden()
    marks.first.tap()
    overview.keyboard.press("Escape")
    assert card.is_hidden()
    marks.first.scroll_into_view_if_needed()
    marks.first.hover()
    assert card.is_visible()
    overview.mouse.move(0, 0)
    card.wait_for(state="hidden")
    overview.locator("h1").tap()  # takes the focus from the word that was tapped
    marks.first.focus()
    assert card.is_visible()
    overview.keyboard.press("Tab")
    assert EXPLANATION[marks.nth(1).get_attribute("data-word")] in card.inner_text()
    overview.locator("h1").tap()
    assert card.is_hidden()


def test_a_screen_reader_is_told_the_explanation(overview):
    for mark in overview.locator(".tvae-word").all():
        description = overview.locator(f"#{mark.get_attribute('aria-describedby')}")
        assert description.text_content() == EXPLANATION[mark.get_attribute("data-word")]
        assert mark.get_attribute("role") == "button"


def test_texts_that_streamlit_changes_stay_whole(browser, streamlit_app):
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(streamlit_app(Path(__file__).with_name("glossary_app.py")))
    field = page.get_by_label("Count")

    def expect(count: int, above: bool) -> None:
        texts = [f"Run {count} has seed {count}, KL {count} and a margin of {count}; its seed stays."]
        texts += ["Once the KL, never the marginal." if count % 2 == 0 else f"{count} nats, and no word of the other."]
        texts += ["The prior is here below three."] if count < 3 else []
        texts = (["A seed above."] if above else []) + texts
        page.wait_for_function(READS, arg=texts)
        page.wait_for_timeout(600)
        assert max(explained(page).values()) == 1
        assert set(explained(page)) == words_in(texts)

    field.wait_for(timeout=60_000)
    for count in (0, 1, 2, 3, 4, 1, 0):
        field.fill(str(count))
        field.press("Enter")
        expect(count, above=False)
    page.get_by_text("Above", exact=True).click()
    expect(0, above=True)
    first = page.locator('.tvae-word[data-word="seed"]')
    assert first.evaluate("(mark) => mark.parentElement.textContent") == "A seed above."
    page.get_by_text("Above", exact=True).click()
    expect(0, above=False)
    page.get_by_text("Hidden").click()
    page.locator('.tvae-word[data-word="posterior"]').wait_for()
    assert errors == []
    page.close()
