from pathlib import Path

from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[2] / "streamlit_app.py"


def captions(run):
    app = AppTest.from_file(APP, default_timeout=120).switch_page("pages/5_Training.py")
    app.query_params["run"] = run
    app.run()
    assert not app.exception
    return " ".join(caption.value for caption in app.caption)


def test_the_page_opens_on_the_replay_of_the_run_and_says_what_it_is_made_of():
    text = captions("digits")
    assert "359 fixed images of the digits test split" in text
    assert "Recorded in another training" in text


def test_a_run_without_a_replay_says_whose_is_shown():
    text = captions("mnist")
    assert "mnist keeps no replay of its training. This is digits's." in text
