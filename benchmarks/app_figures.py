"""The app in a real Chromium: time to first content and to switch pages, and the server's memory. Prints Markdown.

    python -m benchmarks.app_figures

takes some two minutes; the machine should have nothing else to do.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from benchmarks.browsing import APP, ROOT, chromium, machine, opened, served, settle
from benchmarks.memory import memory_of

VISITS = 3
SESSIONS = 10
PAGES = ("Overview", *(path.stem.split("_", 1)[1].replace("_", " ") for path in sorted((ROOT / "pages").glob("*.py"))))
TITLES = {"Overview": "TVAE Explorer"}
"""Titles of the pages whose title is not their name in the sidebar."""
WAYS_IN = ("cold: from the command that starts the server", "a browser that was never here", "one that was here before")
EMPTY = ROOT / "benchmarks" / "empty_app.py"
SETTLED = "() => document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"


def seconds_until_title(page: Page, title: str, act: Callable[[], object]) -> float:
    """Seconds from an action until the page's title is visible."""
    started = time.perf_counter()
    act()
    page.get_by_role("heading", name=title, exact=True, level=1).wait_for(timeout=120_000)
    return time.perf_counter() - started


def first_content(browser: Browser) -> list[str]:
    """Measure the seconds to the title of an empty page and of the overview, on a new and on a warm server."""
    taken: dict[str, list[float]] = {}
    for _ in range(VISITS):
        for script, title in ((EMPTY, "Nothing"), (APP, TITLES["Overview"])):
            whose = "a page with nothing but a title" if script == EMPTY else "the overview"
            begun = time.perf_counter()
            context = browser.new_context()
            with served(script) as address:
                visited_from(context, address, title)
                cold = time.perf_counter() - begun
                settle(context.pages[0])
                context.close()
                context = browser.new_context()
                page, new = visited_from(context, address, title)
                settle(page)
                back = seconds_until_title(page, title, lambda page=page: page.goto(page.url, wait_until="commit"))
                settle(page)
                context.close()
            for way, seconds in zip(WAYS_IN, (cold, new, back), strict=True):
                taken.setdefault(f"{whose}, {way}", []).append(seconds)
    return [
        f"| {name} | {statistics.median(times):.2f} | {min(times):.2f} | {max(times):.2f} |"
        for name, times in taken.items()
    ]


def visited_from(context: BrowserContext, address: str, title: str) -> tuple[Page, float]:
    """A page open at its title, and the seconds until the title was visible."""
    page = opened(context)
    seconds = seconds_until_title(page, title, lambda: page.goto(address, wait_until="commit"))
    return page, seconds


def switch(page: Page, name: str) -> tuple[float, float]:
    """Seconds from a click on a page's link in the sidebar to its title, and to the end of its script."""
    link = page.get_by_role("link", name=name, exact=True).first
    begun = time.perf_counter()
    title = seconds_until_title(page, TITLES.get(name, name), link.click)
    page.wait_for_function(SETTLED, timeout=120_000)
    return title, time.perf_counter() - begun


def switches(page: Page) -> list[str]:
    """Rows of seconds by page: the first time that a server shows it, and later."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in PAGES}
    for _ in range(VISITS + 1):
        for name in (*PAGES[1:], PAGES[0]):
            taken[name].append(switch(page, name))
            settle(page)
    rows = []
    for name, ((first_title, first_whole), *later) in taken.items():
        titles, wholes = zip(*later, strict=True)
        cells = f"{first_title:.2f} | {first_whole:.2f} | {statistics.median(titles):.2f} | {max(titles):.2f}"
        rows.append(f"| {name} | {cells} | {statistics.median(wholes):.2f} |")
    every = [title for name in taken for title, _ in taken[name][1:]]
    return [*rows, f"| all | | | {statistics.median(every):.2f} | {max(every):.2f} | |"]


def serving() -> int:
    """Server process of the app, which this process started."""
    started = " ".join(path.read_text(encoding="utf-8") for path in Path("/proc/self/task").glob("*/children"))
    return next(int(pid) for pid in started.split() if b"streamlit" in Path(f"/proc/{pid}/cmdline").read_bytes())


def visited(browser: Browser, address: str) -> BrowserContext:
    """An open session that has visited every page."""
    context = browser.new_context()
    page = opened(context)
    page.goto(address)
    settle(page)
    for name in (*PAGES[1:], PAGES[0]):
        switch(page, name)
    settle(page)
    return context


def memory(browser: Browser) -> list[str]:
    """Measure the server's memory for a growing number of open sessions, each of which has visited every page."""
    with served() as address:
        server = serving()
        alone, contexts, rows = 0.0, [], [f"| 0 | {memory_of(server):,.0f} | |"]
        for count in range(1, SESSIONS + 1):
            contexts.append(visited(browser, address))
            if count in (1, 2, 5, SESSIONS):
                time.sleep(5)
                held = memory_of(server)
                alone = held if count == 1 else alone
                rows.append(f"| {count} | {held:,.0f} | {held / alone:.2f} |")
        for context in contexts:
            context.close()
    return rows


def main() -> None:
    """Print the tables."""
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        print(f"{machine()}; Chromium {browser.version}, headless, no graphics card, 1400 × 900.\n")
        print(f"| first content, seconds | median of {VISITS} | least | most |\n| --- | ---: | ---: | ---: |")
        print("\n".join(first_content(browser)), flush=True)
        print("\n| page | title, first time, s | all of it, first time, s | title, s | slowest, s | all of it, s |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        with served() as address:
            page = opened(browser.new_context())
            page.goto(address)
            settle(page)
            print("\n".join(switches(page)), flush=True)
            page.context.close()
        print("\n| sessions | server's memory, MiB | times that of one |\n| ---: | ---: | ---: |")
        print("\n".join(memory(browser)), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
