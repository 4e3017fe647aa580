"""Identity of the person at the page: the token that their training runs belong to."""

from __future__ import annotations

import re
from urllib.parse import quote

import streamlit as st

from tvae.system.owner import new_owner
from tvae.ui.session import keys
from tvae.ui.session.values import kept, write

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")


def owner() -> str:
    """Secret token of the person at the page; this is the one place that reads it.

    It is the browser's, from the cookie that the server gave it (see `ui/server`), so all tabs of a browser have the
    same. Where a browser keeps no cookies, each tab has one of its own until it is reloaded. It is in no address.
    """
    cookie = st.context.cookies.get(cookie_name(), "")
    if TOKEN.fullmatch(cookie):
        write(keys.OWNER, cookie)  # kept: while a connection is lost there are no cookies to read
    return kept(keys.OWNER, new_owner)


def cookie_name() -> str:
    """Name of the cookie: an app at another port or path of the same host has another."""
    path = st.get_option("server.baseUrlPath").strip("/")
    return f"tvae-{st.get_option('server.port')}{'-' if path else ''}{quote(path, safe='')}"
