"""The lesson, run without a browser: every step with right and wrong answers, the address, missing data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pytest
from jaxtyping import Float
from streamlit.testing.v1 import AppTest

from tvae.data import DataUnavailable
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.model.encoding import Encoding
from tvae.runs.encodings import read_curves, read_encoding
from tvae.runs.replays.recorded import read_replay
from tvae.runs.replays.shown import shown_replay
from tvae.runs.run import read_run
from tvae.runs.seeds.figures import MARGINS
from tvae.ui import cached
from tvae.ui.lesson.steps import STEPS
from tvae.ui.overview.triplet import COUNT as COUNT_DRAWN

ROOT = Path(__file__).parents[2]
MNIST = read_run(ROOT / "checkpoints" / "mnist")
SEEDS = json.loads((ROOT / "checkpoints" / "mnist-ladder" / "seeds.json").read_text())["seeds"]
COUNT = len(STEPS)
OWN_CONTROLS = ("triplet", "maps", "training")
"""Steps that are answered by the control of their chart."""


def opened(step: int | str, page: str = "") -> AppTest:
    """The lesson at a step, opened on this page, or by default on the step's own page."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    page = page or STEPS[int(step) - 1].page
    if page != "streamlit_app.py":
        app.switch_page(page)
    app.query_params.update({"lesson": "1", "step": str(step)})
    app.run()
    assert not app.exception
    return app


def encoded() -> Encoding:
    encoding = read_encoding(MNIST, "test")
    assert encoding is not None
    return encoding


def read_layout_of(arm: str) -> Float[np.ndarray, "n 2"]:
    layout = cached.layout(MNIST, "tsne")
    assert layout is not None
    return layout.positions[arm]


def step_in_address(app: AppTest) -> str:
    return "".join(app.query_params.get("step", ["1"]))


def said(app: AppTest) -> str:
    """Text below the question on the last answer."""
    return "\n".join(part.value for part in [*app.success, *app.info]).replace("\u00a0", " ")


def check(app: AppTest) -> AppTest:
    (button,) = (button for button in app.button if button.label == "Check")
    button.click()
    app.run()
    assert not app.exception
    return app


def ways(app: AppTest) -> list[tuple[str, str, str]]:
    """Links back and forward: label, page and parameters."""
    return [(link.proto.label, link.proto.page, link.proto.query_string) for link in app.get("page_link")]


@pytest.mark.parametrize("step", range(1, COUNT + 1))
def test_a_step_shows_its_own_question_and_no_more_than_one_control(step):
    app = opened(step)
    assert step_in_address(app) == str(step)
    assert not app.warning and not app.error
    assert [button.label for button in app.button] == ["Leave the lesson", "Check"]
    assert not app.sidebar.children
    assert len([*app.select_slider, *app.slider, *app.toggle]) == (STEPS[step - 1].name not in OWN_CONTROLS)
    assert all("{" not in part.value for part in [*app.markdown, *app.title])
    assert "Nothing to check yet" in said(check(app)) or STEPS[step - 1].name == "margin"


@pytest.mark.parametrize("step", range(1, COUNT + 1))
def test_back_and_next_lead_to_the_pages_of_the_neighbouring_steps(step):
    wanted = []
    for label, other in (("Back", step - 1), ("Next", step + 1)):
        if 1 <= other <= COUNT:
            page = STEPS[other - 1].page.removeprefix("pages/").removesuffix(".py")
            url = "" if page == "streamlit_app" else page.split("_", 1)[1]
            wanted.append((label, url, "lesson=1" if other == 1 else f"lesson=1&step={other}"))
    if step == COUNT:
        wanted.append(("To the overview", "", ""))
    assert ways(opened(step)) == wanted


def nearest_stop_to_the_paper() -> tuple[float, float, float]:
    """The margin of the slider at which the VAE scores nearest to the paper's, and both scores there."""
    curves = read_curves(MNIST, "test")
    assert curves is not None
    margin = min(MARGINS, key=lambda stop: abs(curves["vae"].at(stop).accuracy - 0.7508))
    vae, tvae = (100 * curves[arm].at(margin).accuracy for arm in ("vae", "tvae"))
    return margin, vae, tvae


def test_one_triplet_is_in_the_wrong_order_in_the_vae(monkeypatch):
    drawn = []
    picture = "tvae.ui.overview.triplet.moving_triplet"
    monkeypatch.setattr(picture, lambda images, names, models, **rest: drawn.append((names, rest)))
    app = opened(1)
    assert not [caption for caption in app.caption if "right in" in caption.value], "the answer beside its question"
    (triplet,) = re.findall(r"The first triplet is (\d), (\d), (\d)", app.markdown[-1].value)
    assert triplet[0] == triplet[1] != triplet[2]
    app.radio[0].set_value("positive")
    assert "Look again" in said(check(app))
    app.radio[0].set_value("negative")
    assert f"In the VAE the {triplet[2]} is nearer than the other {triplet[1]}" in said(check(app))
    assert "right in both" in app.caption[0].value
    assert not app.info
    shown = [(len(names), rest["plays"]) for names, rest in drawn]
    assert list(dict.fromkeys(shown)) == [(1, False), (COUNT_DRAWN, False)], "the others, once it is answered"


def test_the_margin_where_the_vae_scores_as_the_paper_s():
    app = opened(2)
    margin, vae, tvae = nearest_stop_to_the_paper()
    first: Any = app.select_slider[0].value
    assert abs(first - margin) > 0.5, "the answer is not to stand beside the question"
    assert "meets" not in app.get("plotly_chart")[0].proto.spec, "a ring would stand where the answer is"
    at_first = said(check(app))
    assert "Look again: at m = 1 the VAE scores 44.14 %" in at_first
    app.select_slider[0].set_value(margin)
    app.run()
    assert said(app) == at_first, "what is said is of the place that was checked"
    assert f"At m = {margin:g} our VAE scores {vae:.2f} % and our TVAE {tvae:.2f} %" in said(check(app))
    assert "meets" in app.get("plotly_chart")[0].proto.spec


def test_the_digit_that_is_mixed_into_another():
    app = opened(3)
    question = next(part.value for part in app.markdown if "Find the" in part.value)
    (digit,) = re.findall(r"Find the (\d)s", question)
    layout, labels = read_layout_of("vae"), encoded().labels
    distances = np.linalg.norm(layout[labels == int(digit)][:, None] - layout, axis=2)
    near = labels[np.argsort(distances, axis=1)[:, 1:11]]
    counts = np.bincount(near[near != int(digit)])
    other = str(int(counts.argmax()))
    app.radio[0].set_value("1" if other != "1" else "2")
    assert "Look again" in said(check(app))
    app.radio[0].set_value(other)
    assert f"{100 * counts.max() / near.size:.1f} % are {other}s" in said(check(app))


def test_the_triplet_term_alone_pushes_the_negative_away():
    app = opened(4)
    assert len(app.caption) == 2 and app.caption[1].value.startswith("128 of the 128")
    app.select_slider[0].set_value(20)
    app.run()
    (after,) = re.findall(r"^(\d+) of the 128", app.caption[1].value)
    assert int(after) < 100
    app.radio[0].set_value("kl")
    assert "Look again" in said(check(app))
    app.radio[0].set_value("triplet")
    assert f"At step 20 it gets {after} of 128" in said(check(app))


NOT_32 = ("16", "17", "25", "31", "33", "3 2", "3,2", "-32", "32.5", "0.32", "epoch 32", "16 to 32", "32, 64")


@pytest.mark.parametrize(
    ("answer", "verdict"), [("32", True), ("Step 32", True), ("step 32 ", True), *((wrong, False) for wrong in NOT_32)]
)
def test_the_step_at_which_most_triplets_are_in_order(answer, verdict):
    replay = read_replay(MNIST)
    assert replay is not None
    shown = shown_replay(replay, MNIST, ("vae", "tvae"), encoded().labels, None)
    moment = int(np.argmax(shown.accuracy["tvae"] > 0.9))
    assert shown.replay.steps[moment - 1 : moment + 1].tolist() == [16, 32], "else the answers here are others"
    app = opened(5)
    app.text_input[0].set_value(answer)
    assert ("Yes: at step 32" in said(check(app))) == verdict
    assert ("Look again" in said(app)) != verdict
    assert "first steps 0, 1, 2, 4, 8, 16, 32, 64, 128 and so on" in "\n".join(part.value for part in app.markdown)


def test_what_is_said_of_the_share_before_and_early_in_the_training():
    replay, dataset = read_replay(MNIST), cached.split("mnist", "test")
    assert replay is not None
    app = opened(5)
    app.text_input[0].set_value("32")
    assert "Before any training both have 70.9 %" in said(check(app)) and "58.2 % at step 16" in said(app)
    images, labels = dataset.images[replay.rows], dataset.labels[replay.rows]
    counted = slice(None, None, 2)
    pixels = images[counted].reshape(len(images[counted]), -1) / 255
    assert triplet_accuracy(pixels, labels[counted], (0.0,)).accuracy[0] > 0.7, "images of a digit have similar pixels"
    eighth = int(np.flatnonzero(replay.steps == 8)[0])
    means = replay.means("vae")[eighth] - replay.means("vae")[eighth].mean(axis=0)
    along, lengths, _ = np.linalg.svd(means, full_matrices=False)
    assert lengths[0] ** 2 / (lengths**2).sum() > 0.9, "one direction is nearly all there is"
    assert abs(np.corrcoef(along[:, 0], images.reshape(len(images), -1).sum(axis=1))[0, 1]) > 0.95, "and it is the ink"


def test_the_digit_that_pays_most():
    app = opened(6)
    encoding = encoded()
    of_digit = [encoding.labels == digit for digit in range(10)]
    vae, tvae = (np.array([encoding.arms[arm].errors[rows].mean() for rows in of_digit]) for arm in ("vae", "tvae"))
    table = app.table[0].value
    assert table.to_numpy().tolist() == [[f"{mean:.1f}" for mean in means] for means in (vae, tvae)]
    worst = int(np.argmax(tvae - vae))
    app.radio[0].set_value(str((worst + 1) % 10))
    assert "Look again" in said(check(app))
    app.radio[0].set_value(str(worst))
    assert f"from {vae[worst]:.1f} to {tvae[worst]:.1f}" in said(check(app))
    assert app.table[0].value.to_numpy()[2].tolist() == [f"{more:.1f}" for more in tvae - vae]
    assert "too dark (violet) or too light (green)" in "\n".join(part.value for part in app.markdown)


def test_any_network_with_a_reason_is_right_and_a_reason_is_asked_for():
    app = opened(7)
    app.selectbox[0].set_value("w10")
    assert "Write one sentence" in said(check(app))
    assert app.selectbox[0].options[:3] == ["VAE", "w 0.3: weight 0.3, margin 1", "w 1: weight 1, margin 1"]
    app.text_area[0].set_value("it is the knee\n*of* all")
    answer = said(check(app))
    accuracy = [seed["splits"]["test"]["w10"]["triplet_accuracy"][0] for seed in SEEDS]
    baseline = [seed["splits"]["test"]["vae"]["triplet_accuracy"][0] for seed in SEEDS]
    assert "You take weight 10, margin 1, because" in answer
    assert f"{100 * fmean(accuracy):.2f} % of the triplets are in order" in answer
    assert "because “it is the knee \\*of\\* all”" in answer
    assert f"({100 * (fmean(accuracy) - fmean(baseline)):.2f} points more than with the VAE)" in answer
    assert "That was the lesson" in "\n".join(part.value for part in app.markdown)
    app.slider[0].set_value(5)
    app.run()
    assert "With at most 5 % more error" in said(app)


def test_answers_are_kept_from_step_to_step():
    app = opened(1)
    app.radio[0].set_value("negative")
    check(app)
    app.switch_page("pages/4_Triplets.py")
    app.query_params["step"] = "2"
    app.run()
    assert "Look again" not in said(app)
    app.switch_page("streamlit_app.py")
    app.query_params["step"] = "1"
    app.run()
    assert app.radio[0].value == "negative" and "Yes." in said(app)


def test_leaving_shows_the_page_with_what_was_set_in_the_lesson():
    app = opened(2)
    app.select_slider[0].set_value(0.075)
    app.run()
    (leave,) = (button for button in app.button if button.label == "Leave the lesson")
    leave.click()
    app.run()
    assert app.title[0].value == "Triplets" and "lesson" not in app.query_params and "step" not in app.query_params
    assert app.number_input(key="margin").value == 0.075
    assert app.selectbox(key="run").value == "mnist"


@pytest.mark.parametrize(("step", "shown"), [("0", 1), ("99", 7), ("two", 1), ("1.5", 1)])
def test_a_step_that_is_not_there_gives_one_note(step, shown):
    app = opened(step, STEPS[shown - 1].page)
    assert step_in_address(app) == str(shown)
    assert [note.value.replace("\\", "") for note in app.warning] == [
        f"The lesson has no step '{step}'. Shown is step {shown}."
    ]
    app.run()
    assert len(app.warning) == 1


def test_a_lesson_that_is_none_is_said_once_and_shows_the_page():
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.query_params["lesson"] = "yes"
    app.run()
    assert app.title[0].value == "TVAE Explorer" and "lesson" not in app.query_params
    assert [note.value.replace("\\", "") for note in app.warning] == [
        "lesson can't be 'yes' here; it must be the number of a step."
    ]


@pytest.mark.parametrize(("query", "step"), [("5", 5), ("1", 1), ("99", 7)])
def test_a_short_link_opens_a_step(query, step):
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    if STEPS[step - 1].page != "streamlit_app.py":
        app.switch_page(STEPS[step - 1].page)
    app.query_params["lesson"] = query
    app.run()
    assert not app.exception and app.query_params["lesson"] in ("1", ["1"])
    assert step_in_address(app) == str(step)
    notes = [note.value.replace("\\", "") for note in app.warning]
    assert notes == (["The lesson has no step '99'. Shown is step 7."] if query == "99" else [])


def test_the_overview_leads_to_the_lesson():
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120).run()
    assert ("**Lesson**: all of this in seven steps", "", "lesson=1") in ways(app)


def test_without_the_images_slow_mode_says_why_and_the_lesson_goes_on(monkeypatch):
    def missing(*_):
        raise DataUnavailable("there is no network here")

    monkeypatch.setattr(cached, "split", missing)
    app = opened(4)
    assert ["there is no network here" in note.value for note in app.warning] == [True]
    assert [label for label, *_ in ways(app)] == ["Back", "Next"]
    assert "Find the" in "\n".join(part.value for part in opened(3).markdown)


@pytest.mark.parametrize("page", ["streamlit_app.py", "pages/4_Triplets.py", "pages/9_Your_data.py"])
def test_a_large_size_is_on_every_page_and_in_its_links(page):
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    if page != "streamlit_app.py":
        app.switch_page(page)
    app.query_params["size"] = "large"
    app.run()
    assert not app.exception and app.segmented_control(key="size").value == "large"
    assert any("font-size: 20px" in part.proto.body for part in app.get("html"))
    assert all("size=large" in query for *_, query in ways(app))
    app.segmented_control(key="size").set_value("normal")
    app.run()
    assert "size" not in app.query_params
    assert not any("font-size: 20px" in part.proto.body for part in app.get("html"))


def test_the_teacher_s_sheet_has_every_question_and_the_answers_of_the_shipped_run():
    sheet = (ROOT / "docs" / "lesson.md").read_text(encoding="utf-8")
    for step in range(1, COUNT + 1):
        app = opened(step)
        question = next(part.value for part in reversed(app.markdown) if part.value.startswith("**"))
        assert f"### {step}. {app.title[0].value}\n" in sheet
        assert question.replace("\u00a0", " ") in sheet, step
    margin, vae, tvae = nearest_stop_to_the_paper()
    assert f"m = {margin:g}; there the VAE has {vae:.2f} % and the TVAE {tvae:.2f} %" in sheet
    for step, answer in ((1, "negative"), (3, "9"), (6, "2")):
        app = opened(step)
        app.radio[0].set_value(answer)
        check(app)
        assert app.success and app.success[0].value.replace("\u00a0", " ") in sheet
    app = opened(5)
    app.text_input[0].set_value("32")
    assert said(check(app)) in sheet and app.success
