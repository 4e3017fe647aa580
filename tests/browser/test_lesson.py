"""The lesson in a real browser: through all seven steps with wrong and right answers, back, reload, large size."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

APP = Path(__file__).parents[2] / "streamlit_app.py"
TITLES = (
    "One triplet",
    "All triplets, and a margin",
    "A map of each network",
    "What pulls",
    "Training forms the map",
    "What it costs",
    "Which weight would you take?",
)
PAGES = ("", "Triplets", "Latent_map", "Training", "Training", "Reconstructions", "Which_weight")

WATCH = """() => {
  window.seenTogether = [];
  new MutationObserver(() => {
    const words = document.querySelector("[data-testid=stMain]").innerText;
    if (/5 of 7|Reading the replay/.test(words) && words.includes("An arrow is a pull")) seenTogether.push(words);
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""
"""Note whenever step 5 has begun and the text of step 4 is still in sight."""


class Lesson:
    """A page with the lesson, and the answers to its questions."""

    def __init__(self, page, address: str) -> None:
        self.page, self.address = page, address
        self.complaints: list[str] = []
        page.set_default_timeout(120_000)
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, query: str, page: str = "") -> None:
        self.page.goto(f"{self.address}/{page}?{query}")

    def arrive(self, step: int) -> None:
        """Wait until the step is shown, and the former page is gone."""
        self.page.get_by_role("heading", name=TITLES[step - 1], exact=True).wait_for()
        self.page.wait_for_function("document.querySelectorAll('h1').length === 1")
        self.page.get_by_test_id("stApp").and_(self.page.locator("[data-test-script-state=notRunning]")).wait_for()
        url = urlparse(self.page.url)
        parameters = parse_qs(url.query)
        assert url.path == f"/{PAGES[step - 1]}"
        assert (parameters["lesson"], parameters.get("step", ["1"])) == (["1"], [str(step)])

    def follow(self, label: str, step: int) -> None:
        self.page.get_by_role("link", name=label).click()
        self.arrive(step)

    def pick(self, option: str) -> None:
        self.page.get_by_test_id("stRadio").get_by_text(option, exact=True).click()

    def check(self, says: str) -> None:
        self.page.get_by_role("button", name="Check", exact=True).click()
        self.page.get_by_test_id("stAlert").get_by_text(says).wait_for()

    def answer_all(self) -> None:
        """Answer each question from the first step on, wrong and then right."""
        self.arrive(1)
        triplet = self.page.get_by_test_id("moving-triplet")
        verdicts = triplet.locator(".verdict")
        verdicts.first.wait_for()
        assert verdicts.all_inner_texts() == ["VAE", "TVAE"], "the answer stands beside its question"
        assert triplet.get_by_role("button").all_inner_texts() == ["VAE", "TVAE", "Play"], "it plays, or has others"
        self.check("Nothing to check yet")
        self.pick("The positive (4)")
        self.check("Look again")
        self.pick("The negative (7)")
        self.check("Yes.")
        verdicts.get_by_text("VAE: wrong").first.wait_for()
        first = triplet.get_attribute("data-triplet")
        back = triplet.get_by_role("button", name="Back to the first triplet")
        assert not back.is_visible()
        triplet.get_by_role("button", name="Another triplet").click()
        assert triplet.get_attribute("data-triplet") != first
        back.click()
        assert triplet.get_attribute("data-triplet") == first
        self.follow("Next", 2)
        self.check("Look again")
        slider = self.page.get_by_role("slider")
        for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight"):
            slider.press(key)
        self.page.wait_for_url("**margin=0.075*")
        self.check("Yes.")
        self.follow("Next", 3)
        self.page.get_by_test_id("map-left").wait_for()
        assert self.page.get_by_role("toolbar", name="Map tools").count() == 0, "the map is there to point at"
        assert self.page.get_by_test_id("map-marks-key").inner_text() == "", "nothing speaks of tools"
        self.pick("6")
        self.check("Look again")
        self.pick("9")
        self.check("Yes.")
        self.follow("Next", 4)
        self.pick("KL: keep all places near the middle")
        self.check("Look again")
        self.pick("Triplet: put triplets in the right order")
        self.check("Yes,")
        self.page.evaluate(WATCH)
        self.follow("Next", 5)
        assert self.page.evaluate("window.seenTogether") == [], "step 4 was in sight while step 5 was read"
        field = self.page.get_by_role("textbox")
        field.fill("17")
        self.check("Look again")
        field.fill("32")
        self.check("Yes:")
        self.follow("Next", 6)
        self.pick("8")
        self.check("Look again")
        self.pick("2")
        self.check("Yes:")
        self.follow("Next", 7)
        self.page.get_by_role("combobox").click()
        self.page.get_by_role("option", name="w 10: weight 10, margin 1").click()
        self.check("Write one sentence")
        self.page.get_by_label("because").fill("It is the knee.")
        self.check("You take weight 10, margin 1")


@pytest.fixture
def lesson(browser, streamlit_app):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    yield Lesson(page, streamlit_app(APP))
    page.close()


def test_all_seven_steps_forward_back_and_out(lesson):
    lesson.open("lesson=1")
    lesson.answer_all()
    marks = lesson.page.locator(".lesson-head li")
    assert marks.count() == 7 and lesson.page.locator(".lesson-head li.right").count() == 7
    assert not lesson.page.get_by_test_id("stSidebar").is_visible()
    lesson.follow("Back", 6)
    lesson.page.get_by_text("Yes:").wait_for()
    lesson.page.go_back()
    lesson.arrive(7)
    lesson.page.go_back()
    lesson.arrive(6)
    lesson.page.reload()
    lesson.arrive(6)
    lesson.page.get_by_role("button", name="Leave the lesson").click()
    lesson.page.get_by_role("heading", name="Reconstructions", exact=True).wait_for()
    lesson.page.wait_for_function("!location.search.includes('lesson')")
    lesson.page.get_by_test_id("stSidebar").get_by_role("link", name="Overview").click()
    lesson.page.get_by_role("link", name="Lesson: all of this").click()
    lesson.arrive(6)
    assert lesson.complaints == []


def test_the_browser_s_back_and_forward_go_through_all_seven_steps(lesson):
    lesson.open("lesson=1")
    lesson.arrive(1)
    length = lesson.page.evaluate("history.length")
    for step in range(2, 8):
        lesson.follow("Next", step)
    assert lesson.page.evaluate("history.length") == length + 6
    for step in (6, 5, 4, 3, 2, 1):
        lesson.page.go_back()
        lesson.arrive(step)
    for step in range(2, 8):
        lesson.page.go_forward()
        lesson.arrive(step)
    assert lesson.page.evaluate("history.length") == length + 6


def test_a_step_that_is_on_another_page_is_one_entry_of_the_history(lesson):
    lesson.open("", "_stcore/health")
    length = lesson.page.evaluate("history.length")
    lesson.open("lesson=1&step=4")
    lesson.arrive(4)
    assert lesson.page.evaluate("history.length") == length + 1
    lesson.page.go_back()
    assert "/_stcore/health" in lesson.page.url


def test_the_overview_s_link_opens_the_first_step_and_an_answer_stays_in_the_lesson(lesson):
    lesson.open("run=mnist")
    lesson.page.get_by_role("link", name="Lesson: all of this").click()
    lesson.arrive(1)
    lesson.pick("The negative (7)")
    lesson.check("Yes.")
    lesson.page.get_by_role("button", name="Leave the lesson").click()
    lesson.page.get_by_role("heading", name="TVAE Explorer", exact=True).wait_for()
    lesson.page.get_by_role("link", name="Lesson: all of this").click()
    lesson.arrive(1)
    lesson.check("Yes.")


def test_a_projector_s_size_stays_from_page_to_page(lesson):
    def wait_for_text_of(size: str) -> None:  # the browser may load the part of Streamlit that draws a style last
        lesson.page.wait_for_function("size => getComputedStyle(document.documentElement).fontSize === size", arg=size)

    lesson.open("lesson=1&step=6&size=large", "Reconstructions")
    lesson.arrive(6)
    wait_for_text_of("20px")
    lesson.follow("Next", 7)
    wait_for_text_of("20px")
    assert "size=large" in lesson.page.url
    lesson.page.get_by_role("button", name="Leave the lesson").click()
    lesson.page.get_by_test_id("stSidebar").get_by_role("link", name="Triplets").click()
    lesson.page.get_by_role("heading", name="Triplets", exact=True).wait_for()
    lesson.page.wait_for_url("**/Triplets?*size=large*")
    lesson.page.locator(".js-plotly-plot .xtick text").first.wait_for()
    ticks = "parseFloat(getComputedStyle(document.querySelector('.js-plotly-plot .xtick text')).fontSize)"
    wait_for_text_of("20px")
    assert lesson.page.evaluate(ticks) == 16
    lesson.page.get_by_role("radio", name="normal").click()
    wait_for_text_of("16px")
    assert "size" not in lesson.page.url


def test_a_short_link_opens_a_step_on_its_page_and_losses_begin_when_there_are_any(lesson):
    lesson.open("lesson=5")
    lesson.arrive(5)
    replay = lesson.page.get_by_test_id("replay")
    slider = replay.get_by_role("slider", name="Moment of the training")
    slider.press("Home")
    losses, moment = replay.locator(".below").first, replay.locator(".moment")
    seen = []
    for _ in range(8):
        seen.append((moment.inner_text(), losses.inner_text()))
        slider.press("ArrowRight")
    assert [name for name, _ in seen] == [f"step {step}" for step in (0, 1, 2, 4, 8, 16, 32, 64)]
    none_yet = "no losses yet: the first are means of steps 1 to 46"
    assert {words for _, words in seen[:7]} == {none_yet} and seen[7][1].startswith("squared error")
    slider.press("End")
    assert moment.inner_text() == "step 9,360 (epoch 20)"


@pytest.mark.parametrize("step", range(1, 8))
def test_a_phone_shows_idea_chart_and_question_one_below_the_other(browser, streamlit_app, step):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    lesson = Lesson(page, streamlit_app(APP))
    lesson.open(f"lesson=1&step={step}", PAGES[step - 1])
    lesson.arrive(step)
    page.wait_for_function("""() => {
      const parts = ["idea", "scene", "question"].map((part) => document.querySelector(`.st-key-lesson-${part}`));
      const boxes = parts.map((part) => part.getBoundingClientRect());
      const below = boxes.every((box, i) => !i || boxes[i - 1].bottom <= box.top + 1);
      return below && boxes.every(({ left, right }) => left >= 0 && right <= innerWidth);
    }""")
    page.close()
