from streamlit.testing.v1 import AppTest

from tests.conftest import ROOT


def captions(run):
    app = AppTest.from_file(str(ROOT / "pages" / "5_Training.py"), default_timeout=120)
    app.query_params["run"] = run
    app.run()
    assert not app.exception
    return " ".join(caption.value for caption in app.caption)


def test_the_page_opens_on_the_replay_of_the_run_and_says_what_it_is_made_of():
    text = captions("digits")
    assert "359 fixed images of the digits test split at 60 moments" in text
    assert "Recorded in another training" in text


def test_a_run_without_a_replay_says_whose_is_shown():
    text = captions("mnist")
    assert "mnist keeps no replay of its training. This is digits's." in text
