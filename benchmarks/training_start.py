"""Time from a click on Train until the page shows that the run has started, and until its first numbers.

With --first, of a machine's first run: its machine code lies in an empty folder when the server starts.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.browsing import WINDOW, chromium, served
from tvae.jobs.files import READY
from tvae.jobs.jobs import Jobs
from tvae.jobs.preparation import first_run_parts
from tvae.system.compiled import lacking

ASKED = {"it has started": 1.0, "its first numbers": 2.0}
"""Goal of each time, in seconds."""

WATCH = """() => {
  window.begun = null;
  window.seen = {};
  document.addEventListener('click', event => {
    if (event.target.closest('button')?.innerText.trim() === 'Train') window.begun = performance.now();
  }, {capture: true, once: true});
  const looks = {
    'it has started': /(starts …|trains|is measured …)/,
    'its first numbers': /of triplets right at m = /,
  };
  const wait = () => {
    for (const [name, words] of Object.entries(looks))
      if (window.begun !== null && !(name in window.seen) && words.test(document.body.innerText))
        window.seen[name] = (performance.now() - window.begun) / 1000;
    if (Object.keys(window.seen).length < 2) requestAnimationFrame(wait);
  };
  requestAnimationFrame(wait);
}"""
"""Makes `window.seen`: seconds from the click to the first frame that shows each."""


def until_seen(page: Any) -> dict[str, float]:
    """Click on Train; seconds from then to what is seen."""
    page.evaluate(WATCH)
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function("() => Object.keys(window.seen).length === 2", timeout=600_000)
    return page.evaluate("() => window.seen")


def one_start(page: Any) -> dict[str, float]:
    """Seconds from the click to what is seen; afterwards the run is stopped."""
    seen = until_seen(page)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Stop").wait_for(state="detached", timeout=60_000)
    return seen


def idle_worker_seconds(jobs: Jobs) -> float | None:
    """Seconds of processor that the idle worker has taken so far; None where there is none."""
    ready = jobs.folder / READY
    places = {path.name.encode() for path in ready.iterdir()} if ready.is_dir() else set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"tvae.jobs.worker" in words and places & set(words):
                fields = (process / "stat").read_text().rpartition(")")[2].split()
                return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return None


def wait_for_idle_worker(jobs: Jobs) -> None:
    """Wait until an idle worker has loaded all and waits for a run: it then takes almost no processor time."""
    until, before = time.monotonic() + 300, None
    while True:
        now = idle_worker_seconds(jobs)
        if now is not None and before is not None and now > 1 and now - before < 0.1:
            return
        if time.monotonic() > until:
            raise TimeoutError("no worker has become ready within 300 s")
        before = now
        time.sleep(1)


def first_run(run: str, idle: bool) -> dict[str, float]:
    """Seconds of a machine's first run, with the settings of a run that ships.

    Args:
        idle: whether the server was left alone before until it had prepared that run; else Train is clicked at once.
    """
    with contextlib.ExitStack() as held:
        # A worker that ends after the server may still write there.
        temporary = (tempfile.TemporaryDirectory(ignore_cleanup_errors=True) for _ in range(2))
        folder, machine_code = map(held.enter_context, temporary)
        os.environ |= {"TVAE_RUNS": folder, "NUMBA_CACHE_DIR": machine_code}
        jobs = Jobs(Path(folder))
        started = time.monotonic()
        with served() as address, sync_playwright() as playwright:
            browser = chromium(playwright)
            while idle and lacking(first_run_parts()):
                time.sleep(0.2)
            prepared = time.monotonic() - started
            page = browser.new_page(viewport=WINDOW)
            page.goto(f"{address}/Training?run={run}")
            page.get_by_role("button", name="Train", exact=True).wait_for()
            if idle:
                wait_for_idle_worker(jobs)
            seen = until_seen(page)
            browser.close()
        for job in jobs.runs():
            jobs.stop(job.id, None)
        return {"the server has prepared it": prepared, **seen} if idle else seen


def show_first_runs() -> None:
    """Print the seconds of first runs as Markdown."""
    print("| run | Train is clicked | seconds until it is seen that | |")
    print("| --- | --- | --- | ---: |")
    for idle, when in ((True, "once it is prepared"), (False, "at once")):
        for run in ("digits", "mnist"):
            for name, seconds in first_run(run, idle).items():
                print(f"| {run} | {when} | {name} | {seconds:.2f} |", flush=True)


def main() -> None:
    """Print the table of medians as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5, help="starts")
    parser.add_argument("--pages", nargs="+", default=["Triplets", "Training"], help="paths of pages to start from")
    parser.add_argument("--first", action="store_true", help="a machine's first run, digits and MNIST")
    options = parser.parse_args()
    if options.first:
        show_first_runs()
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TVAE_RUNS"] = folder
        jobs = Jobs(Path(folder))
        with served() as address, sync_playwright() as playwright:
            browser = chromium(playwright)
            print("| from the page | seconds until it is seen that | asked for | median | least | most |")
            print("| --- | --- | ---: | ---: | ---: | ---: |")
            for place in options.pages:
                page = browser.new_page(viewport=WINDOW)
                page.goto(f"{address}/{place}?run=mnist")
                if place != "Training":  # which has the form in its content
                    page.get_by_text("Train a run", exact=True).first.click()
                times: dict[str, list[float]] = {name: [] for name in ASKED}
                for _ in range(options.times):
                    wait_for_idle_worker(jobs)
                    for name, seconds in one_start(page).items():
                        times[name].append(seconds)
                page.close()
                for name, seconds in times.items():
                    cells = f"{statistics.median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f}"
                    print(f"| {place} | {name} | {ASKED[name]:g} | {cells} |", flush=True)
            browser.close()
        for job in jobs.runs():
            jobs.stop(job.id, None)


if __name__ == "__main__":
    main()
