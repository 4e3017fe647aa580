"""Identity of the person at the page: who their training runs belong to."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import streamlit as st

from tvae.system.owner import new_owner, owner_of_account
from tvae.ui.session import keys
from tvae.ui.session.values import kept, write

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


def owner() -> str:
    """What the runs of the person at the page belong to; this is the one place that knows.

    Where the host has sign-in, it is the account, the same in every browser. Else it is the browser's secret token,
    from the cookie that the server gave it (see `ui/server`), so all tabs of a browser have the same. Where a browser
    keeps no cookies, each tab has one of its own until it is reloaded. It is in no address.
    """
    if is_signed_in():
        return owner_of_account(str(st.user.get("iss", "")), str(st.user.get("sub", "")))
    cookie = st.context.cookies.get(cookie_name(), "")
    if TOKEN.fullmatch(cookie):
        write(keys.OWNER, cookie)  # kept: while a connection is lost there are no cookies to read
    return kept(keys.OWNER, new_owner)


def host_has_sign_in() -> bool:
    """Whether the host asks visitors to sign in: secrets.toml has a section `[auth]`. Needs no session."""
    return st.secrets.load_if_toml_exists() and "auth" in st.secrets


def sign_in_is_asked() -> bool:
    """Whether the host has sign-in, by Streamlit's `[auth]` in secrets.toml, and the person has not signed in."""
    return st.user.get("is_logged_in") is False


def sign_in_is_broken() -> bool:
    """Whether there is a secrets.toml that can't be read, so that nobody knows whether the host wants sign-in.

    Streamlit itself then takes it as if there were none, which would open the app to everybody.
    """
    files: list[str] = st.get_option("secrets.files")
    return any(Path(file).exists() for file in files) and not st.secrets.load_if_toml_exists()


def is_signed_in() -> bool:
    """Whether the person has signed in with an account; never where the host has no sign-in."""
    return st.user.get("is_logged_in") is True


def account_name() -> str:
    """What the account of the person is called; empty where it has no name."""
    return str(st.user.get("name") or st.user.get("email") or "")


def sign_in_providers() -> list[str | None]:
    """The providers with which one can sign in, as secrets.toml names them; None is the only one, without a name."""
    auth = st.secrets["auth"]
    named = [name for name, section in auth.items() if "client_id" in section and not isinstance(section, str)]
    return [None] if "client_id" in auth else list(named)


def cookie_name() -> str:
    """Name of the cookie: an app at another port or path of the same host has another."""
    path = st.get_option("server.baseUrlPath").strip("/")
    return f"tvae-{st.get_option('server.port')}{'-' if path else ''}{quote(path, safe='')}"
