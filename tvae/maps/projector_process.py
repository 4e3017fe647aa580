"""The projection process: JSON requests on stdin, progress on stdout.

A line in is a request, an object with its number `job`, `folder`, which holds `request.npz`, and the request's
`method`, `parameters`, `seed` and `arms`; or {"cancel": number}, which stops that request. Lines out are {"phase",
"share"} any number of times, then {"done": true} with the layout in the folder, {"cancelled": true}, or {"failed": one
line}. The process ends when its input does, so it never outlives the server that started it.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from tvae.errors import InputError
from tvae.maps.compilation import MAPS, load_methods
from tvae.maps.layout_files import write_layout
from tvae.maps.parameters import METHODS
from tvae.maps.projection import ProjectionRequest, project
from tvae.system.child_process import lower_priority
from tvae.system.compiled import compile_parts
from tvae.system.strict_json import read_json

SECONDS_BETWEEN = 0.2
"""Progress is reported no more often than this."""

NICENESS = 10
"""Niceness of the process: training and the pages come first."""


class _Cancelled(Exception):
    """The request under way is not wanted any more."""


class _Inbox:
    """Requests in order, and which of them have been cancelled; filled by a thread of its own."""

    def __init__(self, lines: TextIO) -> None:
        self.waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.cancelled: set[int] = set()
        self._folder = ""
        threading.Thread(target=self._listen, args=(lines,), daemon=True).start()

    def _listen(self, lines: TextIO) -> None:
        try:
            for line in lines:
                message = read_json(line, "request")
                if "cancel" in message:
                    self.cancelled.add(message["cancel"])
                else:
                    self._folder = message["folder"]
                    self.waiting.put(message)
        finally:  # the server has ended, perhaps in the middle of a line
            if self._folder:  # a server that was killed has not removed it
                shutil.rmtree(self._folder, ignore_errors=True)
            os._exit(0)  # in the middle of a layout too: nobody is left to see it


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer requests in order until the input ends."""
    inbox = _Inbox(requests)
    warming = threading.Thread(target=_load_methods, daemon=True)
    warming.start()
    while True:
        message = inbox.waiting.get()
        if message["method"] == "umap":
            warming.join()  # umap-learn's compiled functions are not made for two threads at once
        _answer(message, inbox.cancelled, answers)


def _load_methods() -> None:
    """Have the methods ready in this process; where another process compiles them, it waits for that one."""
    compile_parts((MAPS,))
    load_methods()


def _answer(message: dict[str, Any], cancelled: set[int], answers: TextIO) -> None:
    """Compute one layout and write it into the request's folder."""

    def send(line: dict[str, Any]) -> None:
        print(json.dumps(line), file=answers, flush=True)

    send({"share": 0.0, "phase": "starting"})
    try:
        folder = Path(message["folder"])
        request = _read_request(message, folder)
        write_layout(project(request, _progress(message["job"], cancelled, send)), folder)
        send({"done": True})
    except _Cancelled:
        send({"cancelled": True})
    except Exception as error:  # whatever it is, the process lives on for the next request
        reason = (str(error).splitlines() or [""])[0]
        send({"failed": reason if isinstance(error, InputError) else f"{type(error).__name__}: {reason}"})


def _read_request(message: dict[str, Any], folder: Path) -> ProjectionRequest:
    with np.load(folder / "request.npz", allow_pickle=False) as arrays:
        return ProjectionRequest(
            means={name: arrays[f"means{i}"] for i, name in enumerate(message["arms"])},
            parameters=METHODS[message["method"]](**message["parameters"]),
            seed=message["seed"],
            labels=arrays.get("labels"),
        )


def _progress(job: int, cancelled: set[int], send: Callable[[dict[str, Any]], None]) -> Callable[[float, str], None]:
    """Sends how far a layout is, now and then, and stops it once it is cancelled."""
    last = 0.0

    def progress(share: float, phase: str) -> None:
        nonlocal last
        if job in cancelled:
            raise _Cancelled
        if time.monotonic() - last >= SECONDS_BETWEEN or phase != "descending":
            last = time.monotonic()
            send({"share": share, "phase": phase})

    return progress


def main() -> None:
    """Serve on standard input and output."""
    # What libraries print must not come between the answers: from here on, output means the error stream.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lower_priority(NICENESS)
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
