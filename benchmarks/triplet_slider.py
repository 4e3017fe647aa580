"""Time that the server takes to follow the margin slider: python -m benchmarks.triplet_slider RUN [RUN …]."""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.testing.v1 import AppTest

from tvae.runs.seeds.figures import MARGINS

APP = Path(__file__).parents[1] / "streamlit_app.py"
VIEWS = ("Classes and triplets", "Given triplets")
MOVES = 60


class Clock:
    """Seconds from a start until the page has handed over its table and its curve."""

    def __init__(self) -> None:
        self.start = 0.0
        self.seen: dict[str, float] = {}
        self._table, self._chart = st.table, st.plotly_chart
        st.table, st.plotly_chart = self.table, self.plotly_chart

    def restart(self) -> None:
        """Restart the clock, as a slider has moved."""
        self.seen.clear()
        self.start = time.perf_counter()

    def table(self, *arguments: Any, **options: Any) -> Any:
        """Note the time of the page's table, the first one that is drawn."""
        element = self._table(*arguments, **options)
        self.seen.setdefault("table", time.perf_counter() - self.start)
        return element

    def plotly_chart(self, *arguments: Any, **options: Any) -> Any:
        """Note the time of the curve, the chart with its key."""
        element = self._chart(*arguments, **options)
        if options.get("key") == "curves":
            self.seen["curve"] = time.perf_counter() - self.start
        return element


def moves(run: str, view: str, clock: Clock) -> dict[str, list[float]]:
    """Milliseconds until table, curve and whole page, for each of many moves of the slider."""
    app = AppTest.from_file(str(APP), default_timeout=600)
    app.switch_page("pages/4_Triplets.py")
    app.query_params.update({"run": run, "view": view})
    app.run()
    if app.exception or not app.table:
        raise SystemExit(f"{run}: the page does not show it")
    milliseconds: dict[str, list[float]] = {"table": [], "curve": [], "whole page": []}
    for move in range(MOVES):
        app.select_slider(key="margin-slider").set_value(MARGINS[7 * move % len(MARGINS)])
        clock.restart()
        app.run()
        clock.seen["whole page"] = time.perf_counter() - clock.start
        for part, seconds in clock.seen.items():
            milliseconds[part].append(1000 * seconds)
    return milliseconds


def main() -> None:
    """Print medians and ninth deciles, a line a run and view."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="+", metavar="RUN", help="name of a run as the app lists it, such as mnist")
    clock = Clock()
    print(f"milliseconds after a move of the slider, median (ninth decile) of {MOVES} moves\n")
    print("| run | view | table | curve | whole page |\n| --- | --- | ---: | ---: | ---: |")
    for run in parser.parse_args().runs:
        for view in VIEWS:
            cells = [
                f"{statistics.median(times):.0f} ({statistics.quantiles(times, n=10)[-1]:.0f})"
                for times in moves(run, view, clock).values()
            ]
            print(f"| {run} | {view} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
