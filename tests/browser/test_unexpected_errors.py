"""An exception that nobody expected, planted in a page of the app: a number on the page, the traceback in the log."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WAIT = 90_000
PLANTED = """
import streamlit as st

from tvae.errors import InputError
from tvae.ui.page import show_page_without_run


def fail(where):
    raise KeyError(f"/srv/secret/{where}")


@st.fragment
def part():
    if st.button("fragment"):
        fail("fragment")


def content():
    st.button("callback", on_click=fail, args=("callback",))
    part()
    if st.button("body"):
        fail("body")
    if st.button("input"):
        raise InputError("/srv/secret/input: escaped")


show_page_without_run("Planted", "What happens?", content)
"""


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("log") / "log.txt"


@pytest.fixture(scope="module")
def address(start_server, tmp_path_factory, log):
    """The app itself, with one page more."""
    folder = tmp_path_factory.mktemp("app")
    shutil.copy(ROOT / "streamlit_app.py", folder)
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    shutil.copytree(ROOT / "pages", folder / "pages")
    (folder / "pages" / "10_Planted.py").write_text(PLANTED)
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return start_server(command, cwd=folder, env=environment, log=log)


@pytest.mark.parametrize("where", ["callback", "fragment", "body", "input"])
def test_a_visitor_sees_a_number_and_the_host_finds_it_in_the_log(browser, address, log, where):
    page = browser.new_page()
    page.goto(f"{address}/Planted")
    page.get_by_role("button", name=where, exact=True).click(timeout=WAIT)
    words = page.get_by_text("Something went wrong here; the host finds it in the log as error")
    words.wait_for(timeout=WAIT)
    (number,) = re.findall(r"as error ([0-9a-f]{8})\.", words.inner_text())
    seen = page.content()
    page.close()
    assert "/srv/secret" not in seen and "Traceback" not in seen and "KeyError" not in seen
    assert str(ROOT) not in seen and "10_Planted.py" not in seen
    report = log.read_text().partition(f"error {number}\n")[2]
    assert report.startswith("Traceback") and f"/srv/secret/{where}" in report.partition("\nerror ")[0]
