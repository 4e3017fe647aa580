"""The page that asks to sign in, for one provider and for several, and none where the host has no sign-in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tvae.system.owner import owner_of_account

APP = str(Path(__file__).parents[2] / "streamlit_app.py")
COMMON = {"redirect_uri": "http://127.0.0.1/oauth2callback", "cookie_secret": "a secret of the tests alone"}
CLIENT = {"client_id": "a", "client_secret": "b", "server_metadata_url": "http://127.0.0.1/openid"}


@pytest.mark.parametrize(
    ("auth", "labels"),
    [
        (CLIENT, ["Sign in"]),
        ({"keycloak": CLIENT, "my_lab": CLIENT}, ["Sign in with keycloak", r"Sign in with my\_lab"]),
    ],
)
@pytest.mark.parametrize("lesson", [False, True])
def test_nothing_but_the_way_to_sign_in_is_shown(auth: dict[str, Any], labels: list[str], lesson: bool):
    app = AppTest.from_file(APP, default_timeout=120)
    app.secrets["auth"] = COMMON | auth
    app.user = {"is_logged_in": False}
    if lesson:
        app.query_params["lesson"] = "1"
    app.run()
    assert not app.exception
    assert [button.label for button in app.button] == labels
    assert [title.value for title in app.title] == ["TVAE Explorer"]
    assert not app.sidebar.selectbox


def test_where_the_host_has_no_sign_in_nobody_is_asked():
    app = AppTest.from_file(APP, default_timeout=120).run()
    assert not {"Sign in", "Sign out"} & {button.label for button in app.button}
    assert app.sidebar.selectbox(key="run").value


def test_secrets_that_can_not_be_read_open_no_page(tmp_path, monkeypatch):
    """Streamlit takes them for none, and none means that everybody may come in."""
    (tmp_path / "secrets.toml").write_text("[auth")
    option = st.get_option
    files = [str(tmp_path / "secrets.toml")]
    monkeypatch.setattr("streamlit.get_option", lambda name: files if name == "secrets.files" else option(name))
    monkeypatch.setattr(type(st.secrets), "load_if_toml_exists", lambda secrets: False)
    app = AppTest.from_file(APP, default_timeout=120).run()
    assert [error.value[:23] for error in app.error] == ["Nobody can sign in: the"]
    assert not app.sidebar.selectbox and not app.title


def test_an_account_is_who_runs_belong_to():
    def page():
        import streamlit as st

        from tvae.ui.session import owner
        from tvae.ui.sign_in import show_account

        show_account()
        st.write(owner())

    app = AppTest.from_function(page)
    app.user = {"is_logged_in": True, "iss": "https://a.example", "sub": "1", "name": "Ada *L*"}
    app.run()
    assert [caption.value for caption in app.caption] == [r"Signed in as Ada \*L\*."]
    assert app.markdown[0].value == owner_of_account("https://a.example", "1")
