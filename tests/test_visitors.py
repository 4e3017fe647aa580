"""Visitors without a browser: their answers are checked, and what they measure becomes rows."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import visitors
from benchmarks.visitor import Visitor, WrongAnswer
from benchmarks.visitors import KINDS, ROOT, Measured, Person, Server, checkout, lines, memory_lines, served

T = TypeVar("T")
SMALL = "run=digits"


def answer(work: Coroutine[Any, Any, T]) -> T:
    """What an asynchronous function returns; the tests' own thread may have Playwright's loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def took(message: ForwardMsg) -> None:
    """A visitor takes this message."""
    answer(Visitor("http://127.0.0.1:1")._take(message))


def test_an_error_on_the_page_is_a_wrong_answer():
    message = ForwardMsg()
    message.delta.new_element.exception.message = "no such row"
    with pytest.raises(WrongAnswer, match="no such row"):
        took(message)
    message.delta.new_element.alert.body = "Something went wrong here; the host finds it in the log as error 12."
    with pytest.raises(WrongAnswer, match="as error 12"):
        took(message)
    message.delta.new_element.alert.body = "This run has no labels."
    took(message)


def test_a_map_that_shows_another_s_rows_is_a_wrong_answer(monkeypatch):
    """The same gestures on a server whose every visitor is told of one and the same row."""

    async def meet() -> list[float]:
        async with served("this version", ROOT) as server:
            people = [Person(server, number, 2) for number in range(2)]
            for person in people:
                await person.tab.open("", SMALL)
                await person.to_map()
            taken = [await person.click() for person in people]
            taken += [await person.lasso() for person in people]
            await people[0].to_table()
            taken.append(await people[0].turn())
            await people[1].to_slider()
            taken.append(await people[1].slide())
            assert all(psutil.pid_exists(server.process.pid) for _ in people)
            started = [server.process, *server.process.children(recursive=True)]
            people[0].number = 1  # as if its table were another's
            await people[0].to_map()
            with pytest.raises(WrongAnswer, match="are of another's selection"):
                await people[0].turn()
            for person in people:
                await person.tab.close()
        assert not [each for each in started if each.is_running()]
        return taken

    assert all(seconds > 0 for seconds in answer(meet()))


def test_what_was_measured_becomes_rows():
    servers = [Server("before", "", psutil.Process()), Server("after", "", psutil.Process())]
    for server, seconds in zip(servers, (0.5, 0.25), strict=True):
        server.kinds = {kind.name: Measured([seconds] * 4, [seconds / 10]) for kind in KINDS}
        server.memory = [200 + 4 * number for number in range(20)]
    assert lines(servers)[2:4] == [
        "| switch page | before | 0.50 | 0.50 | 50 (50 to 50) | 1.00 |",
        "| switch page | after | 0.25 | 0.25 | 25 (25 to 25) | 0.50 |",
    ]
    assert memory_lines(servers)[2] == "| before | 200 | 276 | 4.0 |"
    servers[0].memory = servers[0].memory[:3]
    assert memory_lines(servers)[2] == "| before | 200 | 208 | - |"


def test_another_version_is_a_folder_or_a_revision(tmp_path):
    with checkout(str(tmp_path)) as folder:
        assert folder == tmp_path.resolve()
    if subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True).returncode:
        pytest.skip("not in a git repository")
    with checkout("HEAD") as folder:
        assert (folder / "streamlit_app.py").is_file()
    assert not folder.exists()


def test_every_page_has_a_title_to_check_it_by():
    pages = [path.stem.split("_", 1)[1] for path in Path(ROOT, "pages").glob("*.py")]
    assert set(visitors.TITLES) == {"", *pages}
