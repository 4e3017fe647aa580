"""No page names a command or a folder of the server, whatever state its run is in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from tvae.data import DataUnavailable
from tvae.ui import cached

ROOT = Path(__file__).parents[2]
PAGES = ["", *(f"pages/{path.name}" for path in sorted((ROOT / "pages").glob("*.py")))]
PRIVATE = "private-folder"
"""Name in the paths of the folders of runs and of data sets."""


def words_of_server(app: AppTest) -> list[str]:
    """Server's words that the page sends to a browser: a command, the folder of runs, the folder of the program."""
    protos = (getattr(element, "proto", None) for element in app)
    sent = b"\0".join(proto.SerializeToString() for proto in protos if isinstance(proto, Message))
    return [word for word in ("python -m", PRIVATE, str(ROOT)) if word.encode() in sent]


@pytest.fixture
def runs(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / PRIVATE / "runs"
    shutil.copytree(ROOT / "checkpoints" / "digits", folder / "copy")
    monkeypatch.setenv("TVAE_RUNS", str(folder))
    return folder


def opened(page: str, run: str = "copy") -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.query_params["run"] = run
    return (app.switch_page(page) if page else app).run()


@pytest.mark.parametrize("page", PAGES)
def test_on_a_run_of_one_s_own(runs, page):
    app = opened(page)
    assert not app.exception
    assert words_of_server(app) == []


@pytest.mark.parametrize("page", ["", "pages/2_Reconstructions.py", "pages/5_Training.py"])
@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", None])
def test_on_a_run_whose_config_can_t_be_read(runs, page, content):
    if content is None:
        (runs / "copy" / "config.json").unlink()
    else:
        (runs / "copy" / "config.json").write_bytes(content)
    app = opened(page)
    assert not app.exception
    assert content is None or "can't be shown" in app.error[0].value
    assert words_of_server(app) == []


@pytest.mark.parametrize("page", ["", "pages/4_Triplets.py", "pages/6_Generation.py", "pages/8_Your_own_digit.py"])
@pytest.mark.parametrize("missing", ["metrics.json", "encoding-test.npz", "vae.safetensors"])
def test_on_a_run_that_lacks_a_file(runs, page, missing):
    (runs / "copy" / missing).unlink()
    app = opened(page)
    assert not app.exception
    assert words_of_server(app) == []


@pytest.mark.parametrize("page", PAGES)
def test_without_a_run(runs, monkeypatch, page):
    monkeypatch.setattr(cached, "run_folders", lambda: {})
    app = opened(page)
    assert not app.exception
    assert words_of_server(app) == []


@pytest.mark.parametrize("page", ["pages/1_Latent_map.py", "pages/2_Reconstructions.py", "pages/6_Generation.py"])
def test_where_the_images_are_not_to_be_had(runs, monkeypatch, page):
    def missing(*_):
        advice = "run: python -m tvae data fetch mnist"
        raise DataUnavailable(f"train-images not found in {runs.parent / 'data' / 'mnist'}", at_terminal=advice)

    monkeypatch.setattr(cached, "split", missing)
    app = opened(page)
    assert not app.exception
    assert any("train-images not found in mnist" in each.value for each in (*app.caption, *app.info, *app.warning))
    assert words_of_server(app) == []


def test_a_page_that_did_would_be_found():
    def page():
        import streamlit as st

        st.number_input("n", help="`python -m tvae`")

    assert words_of_server(AppTest.from_function(page).run()) == ["python -m"]
