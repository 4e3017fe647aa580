"""Costs of a replay: recording it beside training, its bytes, and its frames in a real Chromium. Prints Markdown.

    python -m benchmarks.replays

takes some four minutes; the machine should have nothing else to do.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
from playwright.sync_api import Browser, sync_playwright

from benchmarks.browsing import ROOT, WINDOW, chromium, machine, served, settle
from benchmarks.interleaving import Timing, ratio
from tvae.data import load_dataset
from tvae.runs.replays.recorded import REPLAY, ReplayWriter, read_replay
from tvae.runs.run import read_run
from tvae.training.loop import Training

RUN = ROOT / "checkpoints" / "mnist"
ROUNDS = 3
COUNT_FRAMES = """
window.frames = [];
const request = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = draw => request(now => {
  const begun = performance.now();
  draw(now);
  window.frames.push([now, performance.now() - begun]);
});
"""
"""JavaScript that records the start of each requested frame and the time of its work, in ms."""


def recording() -> None:
    """Print how long training takes from one moment of the replay to the next, with and without recording it.

    They are the last moments of the run, at which the file that is written is largest.
    """
    shipped = read_run(RUN)
    replay = read_replay(shipped)
    assert replay is not None
    moments = replay.steps.tolist()[-2 * ROUNDS - 1 :]
    dataset = load_dataset(shipped.config.data.name)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        run = replace(shipped, folder=Path(folder))
        (run.folder / REPLAY).parent.mkdir()
        shutil.copy(RUN / REPLAY, run.folder / REPLAY)
        training = Training(run.config, dataset.train)
        training.step = moments[0]
        writer = ReplayWriter(run, dataset.test, training.steps)
        writer.go_on(training.step)
        reports = training.reports()

        own: list[tuple[float, float]] = []

        def to_the_next_moment(record: bool) -> tuple[float, float]:
            """Wall and processor seconds from one moment to the next."""
            wall, processor = time.perf_counter(), time.process_time()
            for report in reports:
                before = time.perf_counter(), time.process_time()
                if record and writer.record_if_due(training, 0.0):
                    own.append((time.perf_counter() - before[0], time.process_time() - before[1]))
                if report.step in moments:
                    break
            return time.perf_counter() - wall, time.process_time() - processor

        taken: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
        for _ in range(ROUNDS):
            for record in (False, True):
                taken[record].append(to_the_next_moment(record))
        reports.close()
    steps = moments[1] - moments[0]
    heads = ("steps of mnist, both arms", "without", "with a moment recorded", "ratio", "a moment itself", "share")
    print(f"| {steps} {' | '.join(heads)} |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for place, clock in enumerate(("seconds", "processor seconds")):
        without, recorded = (Timing(tuple(pair[place] for pair in taken[record])) for record in (False, True))
        itself = statistics.median(pair[place] for pair in own)
        cells = f"{without.median:.2f} | {recorded.median:.2f} | {ratio(recorded, without):.3f}"
        print(f"| {clock} | {cells} | {itself:.3f} | {100 * itself / recorded.median:.1f} % |")
    print()


def sizes() -> None:
    """Print the bytes of the replays that ship."""
    print("| replay of | images | moments | bytes |\n| --- | ---: | ---: | ---: |")
    for path in sorted(RUN.parent.glob(f"*/{REPLAY}")):
        run = read_run(path.parents[1])
        replay = read_replay(run)
        assert replay is not None
        print(f"| {run.name} | {len(replay.rows):,} | {len(replay.steps)} | {path.stat().st_size:,} |")


def frames(browser: Browser, address: str) -> None:
    """Print how many frames a second are drawn while a replay plays from its first moment to its last."""
    print("\n| playing | window | frames a second | work of a frame, ms | 99th percentile, ms |")
    print("| --- | --- | ---: | ---: | ---: |")
    for run in ("mnist", "digits"):
        for width in (WINDOW["width"], 390):
            context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
            page = context.new_page()
            page.add_init_script(COUNT_FRAMES)
            page.goto(f"{address}/Training?run={run}")
            replay = page.get_by_test_id("replay")
            replay.wait_for(timeout=120_000)
            settle(page)
            page.evaluate("() => { window.frames = []; }")
            replay.get_by_role("button", name="Play the training").click()
            replay.get_by_role("button", name="Pause").wait_for()
            replay.get_by_role("button", name="Play the training").wait_for(timeout=120_000)
            drawn = page.evaluate("() => window.frames")
            seconds = (drawn[-1][0] - drawn[0][0]) / 1000
            costs = sorted(cost for _, cost in drawn)
            cells = f"{statistics.median(costs):.1f} | {costs[int(0.99 * len(costs))]:.1f}"
            print(f"| {run} | {width} pixels | {(len(drawn) - 1) / seconds:.0f} | {cells} |")
            context.close()


def main() -> None:
    """Print the tables."""
    print(f"{machine()}.\n")
    recording()
    sizes()
    with sync_playwright() as playwright, served() as address:
        browser = chromium(playwright)
        frames(browser, address)
        browser.close()


if __name__ == "__main__":
    main()
