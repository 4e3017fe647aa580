"""Additions of the server to its responses, to requests of browsers and of other clients."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from tvae.ui.page_after_sign_in import PageAfterSignIn
from tvae.ui.server import BrowserToken, PageScripts, opened_in_browser
from tvae.ui.session.identity import TOKEN, cookie_name

PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def answer(target: str, headers: dict[str, str] | None = None, **scope: Any) -> tuple[int, list[tuple[str, str]]]:
    """Send a request to the app; returns the status and headers of its response."""
    return whole_answer(BrowserToken(PlainTextResponse("a page")), target, headers, **scope)[:2]


def whole_answer(
    app: Any, target: str, headers: dict[str, str] | None = None, **scope: Any
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Send a request to an ASGI app; returns the status, headers and body of its response."""
    path, _, query = target.partition("?")
    request = {
        "type": "http", "method": "GET", "scheme": "http", "path": path, "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()], **scope,
    }  # fmt: skip
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    with ThreadPoolExecutor(1) as thread:  # the tests' own thread may have Playwright's loop
        thread.submit(asyncio.run, app(request, receive, send)).result()
    response_headers = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
    return sent[0]["status"], response_headers, b"".join(message.get("body", b"") for message in sent[1:])


def cookies(headers: list[tuple[str, str]]) -> list[str]:
    return [value for name, value in headers if name.lower() == "set-cookie"]


def test_a_page_brings_a_new_browser_a_token_that_scripts_and_other_sites_do_not_see():
    status, headers = answer("/Training?run=digits", PAGE)
    assert status == 200
    (cookie,) = cookies(headers)
    name, _, token = cookie.partition(";")[0].partition("=")
    assert name == cookie_name() and TOKEN.fullmatch(token)
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert "Secure" in cookies(answer("/", PAGE, scheme="https")[1])[0]
    assert cookies(answer("/", PAGE)[1]) != cookies(answer("/", PAGE)[1])


def test_a_browser_keeps_its_token_and_nothing_else_is_taken_for_one():
    mine = "a-token-that-is-mine"
    assert f"{cookie_name()}={mine};" in cookies(answer("/", {**PAGE, "cookie": f"{cookie_name()}={mine}"})[1])[0]
    for bad in ("short", "a token; with=what,is not", "x" * 65):
        (cookie,) = cookies(answer("/", {**PAGE, "cookie": f"{cookie_name()}={bad}"})[1])
        assert bad not in cookie


def test_only_a_page_brings_a_cookie_and_every_answer_keeps_the_address_from_other_sites():
    for target, headers in (("/", PAGE), ("/static/a.js", {"accept": "*/*"}), ("/_stcore/health", {})):
        told = answer(target, headers)[1]
        assert ("referrer-policy", "no-referrer") in [(name.lower(), value) for name, value in told]
        assert len(cookies(told)) == (headers is PAGE)


@pytest.mark.parametrize(
    ("link", "place"),
    [
        ("/Training?run=digits&owner=a-token&x=a,b", "./Training?run=digits&x=a,b"),
        ("/Training?owner=a-token", "./Training"),
        ("/?%6fwner=a-token&owner=&run=a%26owner%3Db", "./?run=a%26owner%3Db"),
        ("/base/path/?owner=a", "./"),
        ("//evil.example?owner=a", "./evil.example"),
    ],
)
def test_a_link_of_an_earlier_version_leads_to_the_same_page_without_its_token(link, place):
    status, headers = answer(link, PAGE)
    assert status == 307
    assert dict(headers)["location"] == place
    assert cookies(headers) == []


def test_the_name_of_the_cookie_tells_port_and_path(monkeypatch):
    options: dict[str, Any] = {"server.port": 8600, "server.baseUrlPath": "/a/b "}
    monkeypatch.setattr("streamlit.get_option", options.__getitem__)
    assert cookie_name() == "tvae-8600-a%2Fb%20"
    assert re.search(r"; Path=/a/b;", cookies(answer("/a/b/", PAGE)[1])[0].replace(" ;", ";"))
    options["server.baseUrlPath"] = ""
    assert cookie_name() == "tvae-8600"


def served(text: str, kind: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    """Request a static file through `PageScripts`; returns the status, headers and body of the response."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        asked = Request(scope).headers
        told = {"etag": "a", "last-modified": "Thu, 26 Nov 2026 09:53:22 GMT", "accept-ranges": "bytes"}
        if "gzip" in asked.get("accept-encoding", ""):
            told["content-encoding"] = "gzip"
        status = 304 if "if-none-match" in asked or "if-modified-since" in asked else 200
        await Response(text, status, {**told}, media_type=kind)(scope, receive, send)

    status, told, body = whole_answer(PageScripts(serve), "/", headers)
    return status, dict(told), body


def test_a_page_begins_with_its_scripts_whatever_the_browser_has_of_it():
    html = "<!DOCTYPE html><head><script src=streamlit.js></script></head>"
    cached = {"if-none-match": "a", "if-modified-since": "Thu, 26 Nov 2026 09:53:22 GMT", "accept-encoding": "gzip"}
    status, headers, body = served(html, "text/html", {**PAGE, **cached})
    assert status == 200 and headers["content-length"] == str(len(body))
    assert not {"etag", "last-modified", "accept-ranges", "content-encoding"} & set(headers)
    before, keeper, after = body.decode().partition('["zoom", "zoom-right", "hidden"];</script>')
    assert before.startswith("<!DOCTYPE html><head><script>") and "history.pushState = " in before
    server, end, after = after.partition("</script>")
    assert keeper and server.startswith("<script>") and end
    assert 'tvaeServerAddress(["Which_weight", "Latent_map", ' in server
    aids, end, after = after.partition("</script>")
    assert aids.startswith("<script>") and "tvae-skip" in aids and end
    glossary, end, after = after.partition("</script>")
    assert glossary.startswith("<script>") and "tvaeGlossary(" in glossary and end
    assert after == html.removeprefix("<!DOCTYPE html><head>")


@pytest.mark.parametrize(("kind", "headers"), [("text/html", {"accept": "*/*"}), ("text/csv", PAGE)])
def test_what_is_no_page_is_served_as_it_is(kind, headers):
    status, told, body = served("<head>", kind, headers)
    assert (status, body, told["etag"], told["content-length"]) == (200, b"<head>", "a", "6")


@pytest.fixture
def usual_umask() -> Iterator[None]:
    """Makes a new file readable by everybody, as most machines do."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
@pytest.mark.parametrize(("folder", "told"), [("/proc/nohome", True), ("", False)])
def test_the_server_says_at_its_start_where_no_run_can_be_kept(monkeypatch, tmp_path, capsys, folder, told):
    monkeypatch.setenv("TVAE_RUNS", folder or str(tmp_path))
    monkeypatch.setattr("streamlit.get_option", lambda name: True)
    limited = []
    monkeypatch.setattr("tvae.ui.server.take_one_blas_thread", lambda: limited.append(True))  # not those of the tests
    prepared: list[bool] = []
    monkeypatch.setattr("tvae.ui.server.start_preparation", lambda: prepared.append(True))

    async def start() -> None:
        async with opened_in_browser(cast(Any, None)):
            pass

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, start()).result()
    assert limited
    assert prepared == [True]
    assert os.umask(0o022) == 0o077  # what the server writes is private
    said = capsys.readouterr().err
    assert said.count("\n") == told
    assert not told or ("TVAE_RUNS" in said and "/proc/nohome" in said)


@pytest.mark.parametrize(
    ("kept", "address"),
    [
        ("Triplets%3Frun%3Ddigits%26notion%3Da%2520b", "/Triplets?run=digits&notion=a%20b"),
        ("%3Flesson%3D2", "/?lesson=2"),
        ("Training%3F", "/Training"),
        ("", "/"),
        ("%3F", "/"),
        ("%2Fevil.example%3F", "/"),
        ("%5Cevil.example%3F", "/"),
        ("Training%3Fa%0D%0ASet-Cookie%3A", "/Training?a%0D%0ASet-Cookie%3A"),
    ],
)
def test_a_sign_in_leads_to_the_page_in_the_cookie_if_it_is_one_of_the_apps(kept, address):
    app = PageAfterSignIn(RedirectResponse("/", 302), ["Training", "Triplets"])
    headers = {"cookie": f"{cookie_name()}-asked={kept}"} if kept else {}
    _, answered, _ = whole_answer(app, "/oauth2callback?code=1", headers)
    assert dict(answered)["location"] == address


def test_a_page_is_kept_only_where_the_host_has_sign_in_and_nobody_has_signed_in(monkeypatch):
    app = PageAfterSignIn(PlainTextResponse("a page"), ["Training"])
    assert cookies(whole_answer(app, "/Training?run=digits")[1]) == []
    monkeypatch.setattr("tvae.ui.page_after_sign_in.host_has_sign_in", lambda: True)
    (cookie,) = cookies(whole_answer(app, "/Training?run=digits")[1])
    assert cookie.startswith(f"{cookie_name()}-asked=Training%3Frun%3Ddigits; ")
    assert cookies(whole_answer(app, "/Training", {"cookie": "_streamlit_user=x"})[1]) == []
    assert cookies(whole_answer(app, "/static/index.js")[1]) == []
