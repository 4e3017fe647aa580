"""The app's server: gives each browser a secret token in a cookie, and sends no address to other sites."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from urllib.parse import quote, unquote_plus

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import cli_util
from streamlit.web.server import server_util

from tvae.jobs.owner import new_owner
from tvae.ui.session.identity import TOKEN, cookie_name

COOKIE_SECONDS = 400 * 86_400
"""Browsers keep no cookie for longer; each visit begins the time anew."""
OLD_OWNER = "owner"
"""Parameter in which earlier versions had the token in the address."""


class BrowserToken:
    """ASGI middleware: each page that a browser loads brings it the cookie with its token, or the one it has again.

    The token is in no address: a link that names one, as those of earlier versions do, leads to the same page without.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        opens_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        if opens_page and (address := _without_owner(request)):
            response = RedirectResponse(address, headers={"Referrer-Policy": "no-referrer"})
            await response(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Referrer-Policy"] = "no-referrer"
                if opens_page:
                    headers.append("Set-Cookie", _cookie(request))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _cookie(request: Request) -> str:
    token = request.cookies.get(cookie_name(), "")
    if not TOKEN.fullmatch(token):
        token = new_owner()
    base = st.get_option("server.baseUrlPath").strip("/")
    # Not Strict: then a browser that follows a link on another site would not send its cookie, and get a new one.
    secure = "; Secure" if request.scope["scheme"] == "https" else ""
    return f"{cookie_name()}={token}; Path=/{base}; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Lax{secure}"


def _without_owner(request: Request) -> str:
    """The address without the owner that it names, relative to itself so that a proxy's part of the path stays.

    Empty where it names none.
    """
    parameters = request.url.query.split("&")
    others = [each for each in parameters if unquote_plus(each.partition("=")[0]) != OLD_OWNER]
    if others == parameters:
        return ""
    query = "&".join(others)
    page = quote(request.scope["path"].rpartition("/")[2], safe="")
    return f"./{page}?{query}" if query else f"./{page}"


@contextlib.asynccontextmanager
async def opened_in_browser(app: st.App) -> AsyncIterator[None]:
    """Open the app in this machine's browser as the server starts, unless it is headless: `st.App` leaves that out."""
    if not st.get_option("server.headless"):
        cli_util.open_browser(server_util.get_url(st.get_option("browser.serverAddress")))
    yield


MIDDLEWARE = [Middleware(BrowserToken)]
