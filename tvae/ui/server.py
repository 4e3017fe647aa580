"""The app's server: gives each browser a secret token, and inserts scripts into each page."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, unquote_plus

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import cli_util
from streamlit.web.server import server_util

from tvae.jobs.preparation import start_preparation
from tvae.jobs.runs_folder import runs_folder_refusal
from tvae.sweeps.background import Background
from tvae.system.app_folder import page_address, page_files
from tvae.system.blas_threads import take_one_blas_thread
from tvae.system.owner import new_owner
from tvae.system.privacy import keep_files_private
from tvae.system.user_folders import runs_folder
from tvae.ui.page_after_sign_in import PageAfterSignIn
from tvae.ui.page_scripts.scripts import page_aids
from tvae.ui.session import keys
from tvae.ui.session.identity import TOKEN, cookie_name
from tvae.ui.style.glossary import page_script

COOKIE_SECONDS = 400 * 86_400
"""Longest life of a cookie in browsers; each visit sets it anew."""
OLD_OWNER = "owner"
"""Parameter in which earlier versions had the token in the address."""


ADDRESS_KEEPER = (Path(__file__).parent / "address_keeper.js").read_text(encoding="utf-8")
SERVER_ADDRESS = (Path(__file__).parent / "server_address.js").read_text(encoding="utf-8")
PAGES = [page_address(file) for file in page_files()]
"""Last parts of the addresses of all pages but the overview, whose own is empty."""


class BrowserToken:
    """ASGI middleware: each page that a browser loads sets the cookie with its token, a new one or the present one.

    The token is in no address: a link that names one, as those of earlier versions do, leads to the same page without.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        opens_page = _opens_page(request)
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


class PageScripts:
    """ASGI middleware: inserts our scripts (address, page aids, glossary) before Streamlit's in pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        keeper = f"{ADDRESS_KEEPER}tvaeAddress.names = {json.dumps(keys.IN_BROWSER)};"
        server = f"{SERVER_ADDRESS}tvaeServerAddress({json.dumps(PAGES)});"
        self._scripts = "".join(
            f"<script>{text}</script>" for text in (keeper, server, page_aids(), page_script())
        ).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _opens_page(Request(scope)):
            await self._app(scope, receive, send)
            return
        # As text in whole: neither compressed nor "not modified", which tells of Streamlit's own file.
        left_out = (b"accept-encoding", b"if-none-match", b"if-modified-since")
        headers = [(name, value) for name, value in scope["headers"] if name not in left_out]
        start: Message = {}
        body = b""

        async def send_page(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
            elif not start:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    body = body.replace(b"<head>", b"<head>" + self._scripts, 1)
                    page_headers = MutableHeaders(scope=start)
                    page_headers["content-length"] = str(len(body))
                    for name in ("etag", "last-modified", "accept-ranges"):
                        del page_headers[name]
                    await send(start)
                    await send({"type": "http.response.body", "body": body})

        await self._app({**scope, "headers": headers, "extensions": {}}, receive, send_page)


def _opens_page(request: Request) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def _is_page(start: Message) -> bool:
    headers = MutableHeaders(scope=start)
    return start["status"] == 200 and headers.get("content-type", "").startswith("text/html")


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
    """Open the app in this machine's browser as the server starts, unless it is headless: `st.App` leaves that out.

    Before, what the server writes is made private, its matrix products are kept to a thread each, and who starts it is
    told where no run could be kept, and not only a visitor who trains one. Afterwards sweeps whose process was killed
    go on, and this machine's first run is prepared, where it isn't yet.
    """
    keep_files_private()
    take_one_blas_thread()
    if refusal := runs_folder_refusal(runs_folder()):
        sys.stderr.write(f"tvae: {refusal}; it is {runs_folder()}; `python -m tvae doctor` says more\n")
    Background(runs_folder()).start_again()
    start_preparation()
    if not st.get_option("server.headless"):
        cli_util.open_browser(server_util.get_url(st.get_option("browser.serverAddress")))
    yield


MIDDLEWARE = [Middleware(BrowserToken), Middleware(PageScripts), Middleware(PageAfterSignIn, pages=PAGES)]
