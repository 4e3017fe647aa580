"""The app from an installed wheel: every page opens in a real browser, in the app's own colours."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WAIT = 90_000
PRIMARY, SIDEBAR = "rgb(61, 72, 89)", "rgb(244, 245, 247)"
"""Colours of the light theme in .streamlit/config.toml."""


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """An environment with the wheel in it and none of this repository.

    Its dependencies are those of the tests' own environment, so that nothing is downloaded.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def variables(tmp_path_factory) -> dict[str, str]:
    """Environment variables without a way to this repository, and with empty folders of the user."""
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    home = tmp_path_factory.mktemp("home")
    folders = {name: str(home / name) for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "TVAE_RUNS")}
    return {**usual, **folders, "HOME": str(home), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def empty_folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(scope="module")
def address(environment, variables, empty_folder, start_server) -> str:
    return start_server([str(environment / "bin" / "tvae"), "app"], cwd=empty_folder, env=variables)


def test_the_package_is_the_installed_one(environment, variables, empty_folder):
    command = [
        str(environment / "bin" / "python"),
        "-c",
        "import tvae, sys; print(tvae.__file__, *sys.path, sep='\\n')",
    ]
    printed = subprocess.run(command, cwd=empty_folder, env=variables, capture_output=True, text=True, check=True)
    package, *path = printed.stdout.splitlines()
    assert Path(package).is_relative_to(environment)
    assert str(ROOT) not in path


@pytest.mark.parametrize("page", ["", *sorted(path.stem.split("_", 1)[1] for path in ROOT.glob("pages/*.py"))])
def test_every_page_opens_in_the_theme(browser, address, page):
    opened = browser.new_page(viewport={"width": 1400, "height": 900}, color_scheme="light")
    thrown: list[str] = []
    opened.on("pageerror", lambda error: thrown.append(str(error)))
    opened.goto(f"{address}/{page}?run=digits")
    title = page.replace("_", " ") or "TVAE Explorer"
    # A file's name can't hold the question mark that a page's title may end on.
    opened.get_by_role("heading", name=re.compile(rf"^{title}\??$"), level=1).wait_for(timeout=WAIT)
    opened.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=WAIT)
    assert opened.get_by_test_id("stException").count() == 0
    assert opened.get_by_text("Something went wrong").count() == 0
    assert opened.get_by_test_id("stSidebarNav").count() == 0  # the sidebar draws its own links
    if page != "Training":  # which has the form, whose button has the primary colour, in its content
        opened.get_by_text("Train a run", exact=True).first.click(timeout=WAIT)
    colours = [
        opened.get_by_test_id(name).first.evaluate("element => getComputedStyle(element).backgroundColor")
        for name in ("stBaseButton-primary", "stSidebar")
    ]
    assert colours == [PRIMARY, SIDEBAR]
    opened.close()
    assert thrown == []


def test_the_shipped_runs_are_offered(browser, address):
    opened = browser.new_page()
    opened.goto(address)
    opened.get_by_role("combobox", name="Run").click(timeout=WAIT)
    opened.get_by_role("option").first.wait_for(timeout=WAIT)
    offered = [label.split(",")[0] for label in opened.get_by_role("option").all_inner_texts()]
    opened.close()
    assert {"mnist", "digits", "mnist-ladder"} <= set(offered)


def test_a_browser_is_known_by_a_cookie_that_no_script_reads(browser, address):
    context = browser.new_context()
    context.new_page().goto(address)
    (cookie,) = (cookie for cookie in context.cookies() if cookie["name"] == f"tvae-{address.rpartition(':')[2]}")
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    context.close()
