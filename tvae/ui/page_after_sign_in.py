"""The page that was opened before a sign-in: kept in a cookie, and led to after it.

Streamlit itself leads to the overview, so a link to a page would be lost whenever a sign-in has run out.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote, unquote

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.server_util import AUTH_COOKIE_NAME

from tvae.ui.session.identity import cookie_name, host_has_sign_in

_CALLBACK = "oauth2callback"
"""Last part of the address to which the provider sends people back."""
_LONGEST = 3_000
"""Characters of an address that is kept: browsers take cookies of 4,096 bytes."""


class PageAfterSignIn:
    """ASGI middleware that leads a person, once signed in, to the page that they had opened before.

    Only to a page of the app's own: a cookie can be planted by another app of the same host.
    """

    def __init__(self, app: ASGIApp, pages: Collection[str]) -> None:
        """`pages` are the last parts of the addresses of all pages but the overview, whose own is empty."""
        self._app, self._pages = app, {"", *pages}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        page = scope["path"].rpartition("/")[2]

        async def send_with_page(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if page == _CALLBACK and message["status"] == 302:
                    headers["location"] += self._kept_page(request)
                    headers.append("Set-Cookie", _cookie("", 0))
                elif page in self._pages and AUTH_COOKIE_NAME not in request.cookies and host_has_sign_in():
                    asked = quote(f"{page}?{request.url.query}", safe="")
                    headers.append("Set-Cookie", _cookie(asked if len(asked) <= _LONGEST else "", 600))
            await send(message)

        await self._app(scope, receive, send_with_page)

    def _kept_page(self, request: Request) -> str:
        """Page and parameters that the browser's cookie keeps; empty where it keeps none, or no page of the app."""
        page, _, query = unquote(request.cookies.get(_cookie_name(), "?")).partition("?")
        if page not in self._pages:
            return ""
        return f"{page}?{quote(query, safe='=&%+')}" if query else page


def _cookie_name() -> str:
    return f"{cookie_name()}-asked"


def _cookie(value: str, seconds: int) -> str:
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"{_cookie_name()}={value}; Path=/{base}; Max-Age={seconds}; HttpOnly; SameSite=Lax"
