"""The app's server under many visitors at once: what a gesture takes, and what it and each visitor cost.

python -m benchmarks.visitors [--visitors N] [--against REVISION_OR_FOLDER] prints tables. Visitors are websocket
clients, so that no browser's drawing is measured; each answer is checked. With --against the same visitors go to
another version of the app as well, in turns. A server has a home folder and a folder of runs of its own, and ends with
the command.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import os
import random
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import psutil

from benchmarks.visitor import Visitor, WrongAnswer
from tvae.system.user_folders import default_folder, machine_code_folders

ROOT = Path(__file__).parents[1]
VISITORS, ROUNDS, GESTURES = 20, 3, 5
STARTED_WITHIN = 300
"""Seconds within which a server must answer."""
TENTH = 10
"""Visitor from whom on the memory of each further one is counted."""
TITLES = {
    "": "TVAE Explorer",
    "Which_weight": "Which weight?",
    **{
        name: name.replace("_", " ")
        for name in ("Latent_map", "Reconstructions", "Interpolation", "Triplets", "Sweep", "Training", "Generation")
    },
    **{name: name.replace("_", " ") for name in ("Traversals", "Your_own_digit", "Your_data")},
}
"""The heading of each page, by the last part of its address; a switch to the page is checked by it."""
PAGES = tuple(TITLES)


@dataclass(frozen=True)
class Slider:
    """A slider of a page."""

    page: str
    key: str
    parameter: str
    """The parameter of the address that holds its value, where that is not the default."""
    default: str


# Not the temperature of samples: each of its values is seconds of new computing, whoever asks.
SLIDERS = (
    Slider("Triplets", "margin-slider", "margin", "0.1"),
    Slider("Latent_map", "k", "k", "10"),
    Slider("Reconstructions", "columns", "columns", "10"),
    Slider("Interpolation", "steps", "steps", "11"),
    Slider("Traversals", "traversal-steps", "traversal-steps", "9"),
)


class Person:
    """A visitor with a number of its own and rows of the map that nobody else picks."""

    def __init__(self, server: Server, number: int, of: int) -> None:
        self.tab = Visitor(server.address)
        self.pages = server.pages
        self.number = number
        self._of = of
        self._random = random.Random(number)
        self.turns = 0

    async def rest(self, seconds: float) -> None:
        """Look at the page for a while, as long as it takes this person."""
        await asyncio.sleep(self._random.expovariate(1 / seconds) if seconds else 0)

    async def to(self, page: str) -> float:
        """Switch to a page."""
        seconds = await self.tab.visit(page)
        if self.tab.title != TITLES[page]:
            raise WrongAnswer(f"asked for {TITLES[page]}, got {self.tab.title!r}")
        return seconds

    async def to_next_page(self) -> float:
        """Switch to the next page in the sidebar."""
        self.turns += 1
        return await self.to(self.pages[(self.number + self.turns) % len(self.pages)])

    async def to_slider(self) -> None:
        """Go to the page of this person's slider."""
        await self.to(SLIDERS[self.number % len(SLIDERS)].page)

    async def slide(self) -> float:
        """Move this person's slider."""
        self.turns += 1
        slider = SLIDERS[self.number % len(SLIDERS)]
        seconds, value = await self.tab.slide(slider.key, 3 * self.number + 7 * self.turns)
        in_address = parse_qs(self.tab.query).get(slider.parameter, [slider.default])[-1]
        if float(in_address) != float(value):
            raise WrongAnswer(f"{slider.page}: asked for {slider.parameter} {value}, the address says {in_address}")
        return seconds

    async def to_map(self) -> None:
        """Go to the latent map."""
        await self.to("Latent_map")

    async def click(self) -> float:
        """Click a point of the map."""
        row = self._rows(1)[0]
        seconds = await self.tab.select(np.array([row]), int(row))
        if f"Row **{row:,}**" not in self.tab.words:
            raise WrongAnswer(f"clicked row {row}, the drawer does not show it")
        return seconds

    async def lasso(self) -> float:
        """Draw around some hundred points of the map."""
        rows = self._rows(100)
        seconds = await self.tab.select(rows)
        if f"n = {len(rows):,} of {self.tab.rows_on_map:,}" not in self.tab.words:
            raise WrongAnswer(f"selected {len(rows)} rows, the drawer does not describe them")
        return seconds

    async def to_table(self) -> None:
        """Go to the table beside the maps."""
        await self.to("Latent_map")
        await self.tab.select(self._rows(400))
        await self.tab.open_tab("Table")

    async def turn(self) -> float:
        """Turn to the table's next page, whose rows must be this person's."""
        self.turns += 1
        seconds = await self.tab.turn_table(self.turns % self.tab.table_pages)
        if strangers := [row for row in self.tab.rows_in_table if row % self._of != self.number]:
            raise WrongAnswer(f"rows {strangers} are of another's selection")
        return seconds

    def _rows(self, count: int) -> np.ndarray:
        """Rows that no other person picks."""
        own = range(self.number, self.tab.rows_on_map, self._of)
        return np.sort(self._random.sample(own, min(count, len(own))))


@dataclass(frozen=True)
class Gesture:
    """A gesture, and where a person must be to make it."""

    name: str
    ready: Callable[[Person], Awaitable[object]]
    make: Callable[[Person], Awaitable[float]]


async def _anywhere(person: Person) -> None:
    """Nothing to prepare."""


KINDS = (
    Gesture("switch page", _anywhere, Person.to_next_page),
    Gesture("move a slider", Person.to_slider, Person.slide),
    Gesture("map: click a point", Person.to_map, Person.click),
    Gesture("map: lasso", Person.to_map, Person.lasso),
    Gesture("map: next table page", Person.to_table, Person.turn),
)


@dataclass
class Measured:
    """What gestures of one kind took, over all rounds."""

    seconds: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    """Processor seconds of the server a gesture, of each round."""


@dataclass
class Server:
    """A server of one version of the app, its visitors and what was measured on it."""

    name: str
    address: str
    process: psutil.Process
    pages: tuple[str, ...] = PAGES
    """Pages that are visited: those that all versions have."""
    people: list[Person] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    """MiB (RSS) after the first visitor, the second, and so on."""
    kinds: dict[str, Measured] = field(default_factory=dict)

    def processor_seconds(self) -> float:
        """Processor seconds that the server has taken so far, without its child processes."""
        times = self.process.cpu_times()
        return times.user + times.system

    async def receive(self, count: int, run: str) -> None:
        """Let people in one by one; each looks at every page and selects on the map."""
        for number in range(count):
            person = Person(self, number, count)
            self.people.append(person)
            await person.tab.open("", f"run={run}")
            for _ in self.pages:
                await person.to_next_page()
            await person.to_map()
            await person.lasso()
            await asyncio.sleep(0.2)
            self.memory.append(self.process.memory_info().rss / 2**20)

    async def measure(self, kind: Gesture, gestures: int, pause: float) -> None:
        """All people make some gestures of this kind, each in their own pace."""
        await asyncio.gather(*(kind.ready(person) for person in self.people))

        async def of(person: Person) -> list[float]:
            taken = []
            for _ in range(gestures):
                await person.rest(pause)
                taken.append(await kind.make(person))
            return taken

        before = self.processor_seconds()
        taken = [seconds for each in await asyncio.gather(*map(of, self.people)) for seconds in each]
        measured = self.kinds.setdefault(kind.name, Measured())
        measured.seconds += taken
        measured.processor.append((self.processor_seconds() - before) / len(taken))


def _has_page(folder: Path, page: str) -> bool:
    """Whether a version of the app has this page; all have the overview."""
    return not page or any(folder.glob(f"pages/*_{page}.py"))


@contextlib.contextmanager
def checkout(version: str) -> Iterator[Path]:
    """Folder of another version of the app: this folder, or a revision taken out of git into a temporary one."""
    if Path(version).is_dir():
        yield Path(version).resolve()
        return
    archive = subprocess.run(["git", "archive", version], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        yield Path(folder)


@asynccontextmanager
async def served(name: str, folder: Path, pages: tuple[str, ...] = PAGES) -> AsyncIterator[Server]:
    """Context with a server of the app in this folder, which ends with the context, and so do the processes it started.

    It has a home folder and a folder of runs of its own; data sets and compiled code are this user's.
    """
    with tempfile.TemporaryDirectory() as home:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        own = {name: text for name, text in os.environ.items() if not name.startswith(("XDG_", "STREAMLIT_", "TVAE_"))}
        own |= {"HOME": home, "TVAE_RUNS": f"{home}/runs", "PYTHONPATH": str(folder)}
        own |= {"TVAE_DATA": str(default_folder()), "NUMBA_CACHE_DIR": str(machine_code_folders())}
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
        command += ["--server.port", str(port), "--server.address", "127.0.0.1"]
        with Path(home, "log").open("w") as log:
            process = psutil.Popen(command, cwd=folder, env=own, stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            await _answers(address, process)
            yield Server(name, address, process, pages)
        except WrongAnswer:
            sys.stderr.write(Path(home, "log").read_text(encoding="utf-8"))
            raise
        finally:
            started: list[psutil.Process] = [process]
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended by itself
                started = [*process.children(recursive=True), process]
            for each in started:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.terminate()
            for each in psutil.wait_procs(started, timeout=20)[1]:
                each.kill()


async def _answers(address: str, process: psutil.Popen) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + STARTED_WITHIN
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(urllib.request.urlopen, f"{address}/_stcore/health", timeout=1)
            return
        await asyncio.sleep(0.1)
    raise WrongAnswer(f"the server {'does not answer' if process.is_running() else 'has ended'}")


async def measure(servers: list[Server], run: str, visitors: int, rounds: int, gestures: int, pause: float) -> None:
    """Fill the servers with visitors, then make all kinds of gestures on them in turns."""
    for server in servers:
        warming = Person(server, 0, 1)
        await warming.tab.open("", f"run={run}")
        for kind in KINDS:
            await kind.ready(warming)
            for _ in range(2 * len(server.pages) if kind is KINDS[0] else len(SLIDERS)):
                await kind.make(warming)
        for number in range(len(SLIDERS)):  # the others' sliders
            warming.number = number
            await warming.to_slider()
            await warming.slide()
        await warming.tab.close()
        await server.receive(visitors, run)
    for turn in range(rounds):
        for kind in KINDS:
            for server in servers if turn % 2 == 0 else reversed(servers):
                await server.measure(kind, gestures, pause)
    for server in servers:
        await asyncio.gather(*(person.tab.close() for person in server.people))


def lines(servers: list[Server]) -> list[str]:
    """Rows of a table, one a kind of gesture and version."""
    table = [
        "| gesture | version | median, s | 95 in 100 within, s | server's processor, ms a gesture | times the first |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for kind in KINDS:
        first = statistics.median(servers[0].kinds[kind.name].processor)
        for server in servers:
            measured = server.kinds[kind.name]
            slow = statistics.quantiles(measured.seconds, n=20, method="inclusive")[-1]
            each = statistics.median(measured.processor)
            low, high = 1000 * min(measured.processor), 1000 * max(measured.processor)
            table.append(
                f"| {kind.name} | {server.name} | {statistics.median(measured.seconds):.2f} | {slow:.2f} | "
                f"{1000 * each:.0f} ({low:.0f} to {high:.0f}) | {each / first:.2f} |"
            )
    return table


def memory_lines(servers: list[Server]) -> list[str]:
    """Rows of a table of memory, one a version."""
    table = [
        "| version | MiB after one visitor | after all | a visitor beyond the tenth |",
        "| --- | ---: | ---: | ---: |",
    ]
    for server in servers:
        memory = server.memory
        more = len(memory) - TENTH
        slope = f"{(memory[-1] - memory[TENTH - 1]) / more:.1f}" if more > 0 else "-"
        table.append(f"| {server.name} | {memory[0]:.0f} | {memory[-1]:.0f} | {slope} |")
    return table


async def compared(against: str, run: str, visitors: int, rounds: int, gestures: int, pause: float) -> list[Server]:
    """Measure this version, and another one before it in each turn where one is named."""
    async with contextlib.AsyncExitStack() as stack:
        versions = {} if not against else {against: stack.enter_context(checkout(against))}
        versions["this version"] = ROOT
        pages = tuple(page for page in PAGES if all(_has_page(folder, page) for folder in versions.values()))
        servers = [await stack.enter_async_context(served(name, folder, pages)) for name, folder in versions.items()]
        await measure(servers, run, visitors, rounds, gestures, pause)
        return servers


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, default=VISITORS)
    parser.add_argument("--run", default="mnist", help="name of the run that they look at")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of all kinds of gestures")
    parser.add_argument("--gestures", type=int, default=GESTURES, help="of each visitor, a kind and round")
    parser.add_argument("--pause", type=float, default=0.0, help="mean seconds between an answer and the next gesture")
    parser.add_argument("--against", default="", metavar="REVISION_OR_FOLDER", help="version to measure in turns")
    options = parser.parse_args()
    servers = asyncio.run(
        compared(options.against, options.run, options.visitors, options.rounds, options.gestures, options.pause)
    )
    print(f"{options.visitors} visitors, {options.pause:g} s between gestures, all answers right", end="\n\n")
    print("\n".join([*lines(servers), "", *memory_lines(servers)]))


if __name__ == "__main__":
    main()
