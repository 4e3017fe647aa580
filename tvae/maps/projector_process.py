"""The projection process: JSON requests on stdin, progress on stdout.

A line in is an object with `folder`, which holds `request.npz`, and the request's `method`, `parameters`, `seed` and
`arms`. Lines out are {"phase", "share"} any number of times, then {"done": true} with the layout in the folder, or
{"failed": one line}. The process ends when its input does, so it never outlives the server that started it.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from tvae.errors import InputError
from tvae.maps.layout_files import write_layout
from tvae.maps.parameters import METHODS, TsneParameters, UmapParameters
from tvae.maps.projection import ProjectionRequest, layout
from tvae.system.child_process import lower_priority

SECONDS_BETWEEN = 0.2
"""Progress is told no more often than this."""

NICENESS = 10
"""Training and the page come first."""


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer requests in order until the input ends."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, waiting), daemon=True).start()
    _warm_up()
    while True:
        _answer(json.loads(waiting.get()), answers)


def _listen(requests: TextIO, waiting: queue.SimpleQueue[str]) -> None:
    for line in requests:
        waiting.put(line)
    os._exit(0)  # in the middle of a layout too: nobody is left to see it


def _warm_up() -> None:
    """Compile, or load from disk, what the methods need, on a handful of rows."""
    points = np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)
    for parameters in (UmapParameters(), TsneParameters(perplexity=5, iterations=3)):
        layout(ProjectionRequest(means={"": points}, parameters=parameters))


def _answer(told: dict[str, Any], answers: TextIO) -> None:
    last = 0.0

    def tell(line: dict[str, Any]) -> None:
        print(json.dumps(line), file=answers, flush=True)

    def progress(share: float, phase: str) -> None:
        nonlocal last
        if time.monotonic() - last >= SECONDS_BETWEEN or phase != "descending":
            last = time.monotonic()
            tell({"share": share, "phase": phase})

    tell({"share": 0.0, "phase": "starting"})
    try:
        folder = Path(told["folder"])
        with np.load(folder / "request.npz", allow_pickle=False) as arrays:
            request = ProjectionRequest(
                means={name: arrays[f"means{i}"] for i, name in enumerate(told["arms"])},
                parameters=METHODS[told["method"]](**told["parameters"]),
                seed=told["seed"],
                labels=arrays.get("labels"),
            )
        write_layout(layout(request, progress), folder)
        tell({"done": True})
    except Exception as error:  # whatever it is, the process lives on for the next request
        reason = (str(error).splitlines() or [""])[0]
        tell({"failed": reason if isinstance(error, InputError) else f"{type(error).__name__}: {reason}"})


def main() -> None:
    """Serve on standard input and output."""
    # What libraries print must not come between the answers: from here on, output means the error stream.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with contextlib.suppress(AttributeError, OSError):  # not every system has it
        lower_priority(NICENESS)
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
