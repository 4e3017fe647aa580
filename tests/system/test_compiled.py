"""Machine code on disk: code that was compiled from other sources is never run."""

import importlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tvae.system.compiled import (
    KEPT_DAYS,
    NAMED,
    Part,
    compile_parts,
    compiled,
    is_compiled_now,
    lacking,
    machine_code_kept_in,
)

ROOT = Path(__file__).parents[2]

CALLER = """
from tvae.metrics.kernels.distances import compile_kernel, distance_rows


@compile_kernel
def fill(columns, queries, rows):
    distance_rows(columns, queries, rows)
"""


def distance_by_copy(copy: Path, caches: Path) -> float:
    """Result of a function of the copied kernels that calls a function of another file."""
    script = "import numpy as np; from tvae.metrics.kernels.caller import fill; rows = np.zeros((1, 2)); "
    script += "fill(np.array([[0.0, 3.0], [0.0, 4.0]]), np.zeros((1, 2)), rows); print(rows[0, 1])"
    environment = {**os.environ, "PYTHONPATH": str(copy), "NUMBA_CACHE_DIR": str(caches)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=copy, env=environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def test_an_edit_of_a_kernel_changes_what_its_callers_in_other_files_compute(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tvae", tmp_path / "copy/tvae", ignore=shutil.ignore_patterns("__pycache__"))
    kernels = tmp_path / "copy/tvae/metrics/kernels"
    (kernels / "caller.py").write_text(CALLER)
    assert distance_by_copy(tmp_path / "copy", tmp_path / "caches") == 5.0
    assert list((tmp_path / "caches").rglob("*.nbi"))
    source = (kernels / "distances.py").read_text()
    assert source.count("row[j] = math.sqrt(row[j])") == 1
    (kernels / "distances.py").write_text(
        source.replace("row[j] = math.sqrt(row[j])", "row[j] = 2 * math.sqrt(row[j])")
    )
    assert distance_by_copy(tmp_path / "copy", tmp_path / "caches") == 10.0


@pytest.mark.parametrize("room", ["metrics/kernels", "training/steps"])
def test_kernels_call_compiled_functions_of_their_own_folder_alone(room: str) -> None:
    """Their hash covers no other: see `machine_code_folder`."""
    own = "tvae." + room.replace("/", ".")
    for source in (ROOT / "tvae" / room).glob("*.py"):
        text = source.read_text()
        if "import compiled\n" not in text and "compile_kernel" not in text and "compiled_pa" not in text:
            continue
        imported = [line.split()[1] for line in text.splitlines() if line.startswith("from tvae")]
        assert [name for name in imported if not name.startswith((own, "tvae.system.compiled"))] == [], source.name


def test_machine_code_that_nobody_asks_for_is_removed_and_other_programs_is_not(tmp_path: Path) -> None:
    unused, used, foreign = (tmp_path / name for name in (f"{NAMED}kernels-0", f"{NAMED}kernels-1", "another-program"))
    for folder in (unused, used, foreign):
        folder.mkdir()
        long_ago = time.time() - (KEPT_DAYS + 1) * 86_400
        os.utime(folder, (long_ago, long_ago))
    for number in (1, 2):  # the first is there, and is in use from now on
        with machine_code_kept_in(tmp_path / f"{NAMED}kernels-{number}"):
            pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["another-program", used.name, f"{NAMED}kernels-2"]


def test_machine_code_that_another_process_removes_meanwhile_is_no_error(tmp_path: Path) -> None:
    (tmp_path / f"{NAMED}gone").symlink_to(tmp_path / "nowhere")
    with machine_code_kept_in(tmp_path / f"{NAMED}kernels-1"):
        assert (tmp_path / f"{NAMED}kernels-1").is_dir()


def test_machine_code_of_a_folder_that_another_user_owns_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "utime", refused)
    settings = importlib.import_module("numba").config
    with machine_code_kept_in(tmp_path):
        assert str(tmp_path) == settings.CACHE_DIR
    assert str(tmp_path) != settings.CACHE_DIR


def test_without_a_folder_to_write_functions_are_compiled_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file"))

    @compiled()
    def double(x: float) -> float:
        return 2 * x

    assert double(1.5) == 3.0
    assert double.targetoptions["nogil"], "other threads run meanwhile"


HOLD = """
import sys
from pathlib import Path
from tvae.system.compiled import Part, compile_parts
def hold():
    print("held", flush=True)
    sys.stdin.read()
compile_parts([Part("drawn", Path({source!r}), hold)])
"""


class Work:
    """Parts that are not compiled but write down that they were, and what is asked of them."""

    def __init__(self, folder: Path) -> None:
        self.done: list[str] = []
        self.folder = folder

    def part(self, name: str, room: str) -> Part:
        return Part(name, self.folder / room / "kernels.py", lambda: self.done.append(name))


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "machine-code"))
    for room in ("steps", "metrics"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "kernels.py").write_text(room)
    return Work(tmp_path)


def test_each_part_is_compiled_once_and_counted(work: Work) -> None:
    parts = [work.part("drawn", "steps"), work.part("counting", "metrics"), work.part("filled", "steps")]
    assert lacking(parts) == parts
    compile_parts(parts[:1])
    assert lacking(parts) == parts[1:]
    assert not is_compiled_now(parts), "nobody is at it"
    compile_parts(parts)
    assert work.done == ["drawn", "counting", "filled"]
    assert lacking(parts) == []


def test_while_another_process_compiles_in_a_folder_those_of_others_are_compiled_and_its_own_awaited(
    work: Work,
) -> None:
    steps, counting = work.part("drawn", "steps"), work.part("counting", "metrics")
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(source=str(steps.source))], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdin and other.stdout and other.stdout.readline() == b"held\n"
    assert is_compiled_now([steps])
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(compile_parts, [steps, counting])
        while lacking([counting]):
            time.sleep(0.01)
        assert work.done == ["counting"] and not waiting.done()
        other.kill()  # in the middle of its work: it leaves nothing that has to be cleared
        waiting.result(60)
    other.communicate()
    assert work.done == ["counting", "drawn"]


def test_waiting_for_another_process_ends_where_it_is_not_wanted_any_more(work: Work) -> None:
    compile_parts([work.part("drawn", "steps")], go_on=lambda: False)
    assert work.done == []


def test_what_can_t_be_kept_is_compiled_in_this_process(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    (work.folder / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(work.folder / "file"))
    compile_parts([work.part("drawn", "steps"), work.part("counting", "metrics")])
    assert work.done == ["drawn", "counting"]


def test_the_server_is_told_without_numba() -> None:
    script = "import sys, tvae.jobs.preparation as p; p.preparation(); assert not {'numba', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
