"""Sign-in with an account, in real browsers and against a provider of our own: a run belongs to the person."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.oidc_provider import CLIENT, SECRET, running_provider
from tvae.jobs.files import JobFiles
from tvae.jobs.jobs import Jobs
from tvae.system.owner import hashed, owner_of_account

ROOT = Path(__file__).parents[2]
WAIT = 90_000


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def provider():
    with running_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def address(start_server, provider, runs, free_port, tmp_path_factory) -> str:
    """A server that asks for sign-in. The provider sends people back to an address that must be known beforehand."""
    secrets = tmp_path_factory.mktemp("secrets") / "secrets.toml"
    secrets.write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1:{free_port}/oauth2callback"
cookie_secret = "a secret of the tests alone, which is long enough"
client_id = "{CLIENT}"
client_secret = "{SECRET}"
server_metadata_url = "{provider.address}/.well-known/openid-configuration"
"""
    )
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "streamlit_app.py")]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TVAE_RUNS": str(runs)}
    return start_server([*command, "--secrets.files", str(secrets)], cwd=ROOT, env=env, port=free_port)


def signed_in(browser: Any, address: str, person: str) -> Any:
    """A page of a new browser in which this person has signed in."""
    page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    page.goto(address)
    page.get_by_role("button", name="Sign in").click(timeout=WAIT)
    page.get_by_role("link", name=person).click(timeout=WAIT)
    page.get_by_text(f"Signed in as {person}.").wait_for(timeout=WAIT)
    return page


def test_a_run_belongs_to_the_person_in_every_browser_and_to_nobody_else(browser, address, provider, runs):
    one = signed_in(browser, address, "Ada")
    one.goto(f"{address}/Training?run=digits")
    one.get_by_role("button", name="Train", exact=True).click(timeout=WAIT)
    one.get_by_role("button", name="Stop").first.wait_for(timeout=WAIT)
    (job,) = Jobs(runs).runs()
    assert JobFiles(job.folder).read_spec().owner == hashed(owner_of_account(provider.address, "subject-of-Ada"))
    other = signed_in(browser, address, "Grace")
    other.goto(f"{address}/Training?run=digits&watch={job.id}")
    other.get_by_text("Somebody else's run").first.wait_for(timeout=WAIT)
    assert other.get_by_role("button", name="Stop").count() == 0
    again = signed_in(browser, address, "Ada")
    again.goto(f"{address}/Training?run=digits&watch={job.id}")
    Jobs(runs).stop(job.id, None)
    again.get_by_role("button", name="Delete").click(timeout=WAIT)
    again.get_by_text(f"{job.id} was deleted.").wait_for(timeout=WAIT)
    other.reload()
    other.get_by_text("All runs").wait_for(timeout=WAIT)
    assert other.get_by_text(f"{job.id} was deleted.").count() == 0
    for page in (one, other, again):
        page.context.close()


@pytest.mark.parametrize("page", ["", "Training", "Your_data", "?lesson=1"])
def test_who_has_not_signed_in_sees_no_page(browser, address, page):
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(f"{address}/{page}")
    opened.get_by_role("button", name="Sign in").wait_for(timeout=WAIT)
    opened.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=WAIT)
    assert opened.get_by_role("heading").all_inner_texts() == ["TVAE Explorer"]
    assert opened.get_by_test_id("stSidebar").count() == 0
    context.close()


@pytest.mark.parametrize("asked", ["Triplets?run=digits&notion=class", "?lesson=2"])
def test_a_sign_in_leads_to_the_page_that_was_opened(browser, address, asked):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/{asked}")
    page.get_by_role("button", name="Sign in").click(timeout=WAIT)
    page.get_by_role("link", name="Ada").click(timeout=WAIT)
    page.wait_for_url(lambda url: url.startswith(f"{address}/{asked.partition('&')[0]}"), timeout=WAIT)
    page.get_by_text("Please sign in").wait_for(state="detached", timeout=WAIT)
    context.close()


def test_who_signs_out_is_asked_again(browser, address):
    page = signed_in(browser, address, "Ada")
    page.get_by_role("button", name="Sign out").click(timeout=WAIT)
    page.get_by_role("button", name="Sign in").wait_for(timeout=WAIT)
    page.reload()
    page.get_by_role("button", name="Sign in").wait_for(timeout=WAIT)
    page.context.close()
