"""The projection process, with real processes: order, cancelling, being killed, and never outliving its server."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from tvae.maps.expected_time import expected_seconds
from tvae.maps.layout_files import stored_layout
from tvae.maps.parameters import Parameters, PcaParameters, TsneParameters, UmapParameters
from tvae.maps.projection import ProjectionRequest, project
from tvae.maps.projector import ProjectionCancelled, ProjectionFailed, Projector, Ticket
from tvae.maps.umap import umap_machine_code_folder

MEANS = {"vae": np.random.default_rng(0).normal(size=(300, 4)), "tvae": np.random.default_rng(1).normal(size=(300, 4))}
ENDLESS = TsneParameters(iterations=100_000)
PATIENCE = 120.0


def asked(parameters: Parameters, seed: int = 0) -> ProjectionRequest:
    return ProjectionRequest(means=MEANS, parameters=parameters, seed=seed, labels=np.arange(300) % 3)


def wait_for(what: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def wait_until_working(ticket: Ticket) -> None:
    wait_for(lambda: ticket.progress().phase == "descending" and ticket.progress().share > 0)


def gone(process_id: int) -> bool:
    """Whether the process has ended; a zombie counts as ended."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def process_ids() -> set[int]:
    """Ids of the running projection processes that this test process started."""
    running = set()
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if child.status() != psutil.STATUS_ZOMBIE and "tvae.maps.projector_process" in child.cmdline():
                running.add(child.pid)
    return running


@pytest.fixture(scope="module")
def of_other_tests() -> set[int]:
    """Ids of projection processes that tests of other files, such as page tests, started earlier in this process."""
    return process_ids()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("layouts")


@pytest.fixture(scope="module")
def projector(folder: Path, of_other_tests: set[int]) -> Iterator[Projector]:
    projector = Projector(folder)
    yield projector
    projector.close()


@pytest.fixture
def process_id(projector: Projector, of_other_tests: set[int]) -> Callable[[], int | None]:
    """Id of the projector's process; None where none runs."""
    return lambda: next(iter(process_ids() - of_other_tests), None)


def test_requests_are_answered_in_order_and_kept(projector: Projector, folder: Path) -> None:
    first = projector.submit(asked(TsneParameters(iterations=500)))
    wait_until_working(first)
    second = projector.submit(asked(PcaParameters()))
    assert second.progress().phase == "waiting"
    found = second.result(PATIENCE)
    assert first.over  # the later one is done, so the one that was under way is
    assert first.progress().phase == second.progress().phase == "done"
    assert first.progress().share == 1
    own = project(asked(PcaParameters()))
    np.testing.assert_allclose(found.positions["tvae"], own.positions["tvae"], atol=1e-5)
    assert found.fidelity["vae"].knn_accuracy == own.fidelity["vae"].knn_accuracy
    assert stored_layout(found.key, [folder]) is not None
    again = projector.submit(asked(PcaParameters()))
    assert again.over  # from the disk, at once
    np.testing.assert_array_equal(again.result().positions["vae"], found.positions["vae"])


def test_progress_is_told_and_a_cancelled_layout_leaves_the_next_to_come(
    projector: Projector, process_id: Callable[[], int | None]
) -> None:
    endless = projector.submit(asked(ENDLESS))
    following = projector.submit(asked(PcaParameters(), seed=1))
    wait_until_working(endless)
    wait_for(lambda: endless.progress().seconds_left is not None)
    assert (endless.progress().seconds_left or 0) > 1
    with pytest.raises(TimeoutError):
        endless.result(0.05)
    before = process_id()
    assert before is not None
    endless.cancel()
    assert endless.over
    assert endless.progress().phase == "cancelled"
    with pytest.raises(ProjectionCancelled):
        endless.result()
    assert following.result(PATIENCE).method == "pca"
    assert process_id() == before, "the process stays warm"


@pytest.mark.parametrize("parameters", [TsneParameters(), UmapParameters()], ids=lambda p: p.method)
def test_a_cancelled_layout_of_10_000_rows_makes_way_within_half_a_second(
    parameters: Parameters, projector: Projector, process_id: Callable[[], int | None]
) -> None:
    points = np.random.default_rng(2).normal(size=(10_000, 20))
    large = projector.submit(ProjectionRequest(means={"vae": points}, parameters=parameters))
    wait_until_working(large)
    before, process = process_id(), psutil.Process(process_id())
    large.cancel()
    used, started = sum(process.cpu_times()[:2]), time.monotonic()
    assert projector.submit(asked(PcaParameters(), seed=20)).result(PATIENCE).method == "pca"
    # Beside other busy processes the clock goes on while it waits for a processor: then what it used counts.
    assert min(time.monotonic() - started, sum(process.cpu_times()[:2]) - used) < 0.5
    assert process_id() == before


def test_a_process_that_does_not_stop_is_ended_and_replaced(
    projector: Projector, process_id: Callable[[], int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tvae.maps.projector.CANCEL_PATIENCE", 0.1)
    endless = projector.submit(asked(ENDLESS, seed=12))
    wait_until_working(endless)
    stopped = process_id()
    assert stopped is not None
    os.kill(stopped, signal.SIGSTOP)
    endless.cancel()
    assert projector.submit(asked(PcaParameters(), seed=13)).result(PATIENCE).seed == 13
    assert process_id() not in (None, stopped)


def test_machine_code_of_umap_is_kept_in_this_user_s_cache(projector: Projector) -> None:
    assert projector.submit(asked(UmapParameters(), seed=14)).result(PATIENCE).method == "umap"
    kept = [path.name for path in umap_machine_code_folder().rglob("*.nbi")]
    assert any("optimize_layout_euclidean" in name for name in kept)


def test_what_waits_can_be_cancelled_without_harm_to_what_runs(
    projector: Projector, process_id: Callable[[], int | None]
) -> None:
    running = projector.submit(asked(TsneParameters(iterations=3000)))
    waiting = projector.submit(asked(ENDLESS, seed=2))
    wait_until_working(running)
    before = process_id()
    waiting.cancel()
    with pytest.raises(ProjectionCancelled):
        waiting.result()
    assert running.result(PATIENCE).method == "tsne"
    assert process_id() == before


def test_one_layout_for_two_askers_goes_on_until_both_have_given_it_up(projector: Projector) -> None:
    one, other = projector.submit(asked(ENDLESS, seed=3)), projector.submit(asked(ENDLESS, seed=3))
    wait_until_working(one)
    one.cancel()
    one.cancel()  # counts once
    share = other.progress().share
    wait_for(lambda: other.progress().share > share)
    assert not other.over
    other.cancel()
    assert projector.submit(asked(PcaParameters(), seed=3)).result(PATIENCE).seed == 3


def test_a_process_killed_at_work_is_told_in_one_line_and_replaced(
    projector: Projector, process_id: Callable[[], int | None]
) -> None:
    endless = projector.submit(asked(ENDLESS, seed=4))
    wait_until_working(endless)
    working = process_id()
    assert working is not None
    os.kill(working, signal.SIGKILL)
    with pytest.raises(ProjectionFailed) as failure:
        endless.result(PATIENCE)
    assert str(failure.value) == "the projection process ended by signal 9; ask again to start it anew"
    assert endless.progress().phase == "failed"
    assert projector.submit(asked(PcaParameters(), seed=4)).result(PATIENCE).seed == 4


def test_a_process_killed_while_idle_goes_unnoticed(projector: Projector, process_id: Callable[[], int | None]) -> None:
    projector.submit(asked(PcaParameters(), seed=5)).result(PATIENCE)
    working = process_id()
    assert working is not None
    os.kill(working, signal.SIGKILL)
    assert projector.submit(asked(PcaParameters(), seed=6)).result(PATIENCE).seed == 6


def test_a_failure_is_one_line_and_the_process_lives_on(
    projector: Projector, process_id: Callable[[], int | None]
) -> None:
    wrong = TsneParameters()
    object.__setattr__(wrong, "iterations", -1)  # what no caller can do, so that the process has something to refuse
    ticket = projector.submit(asked(wrong))
    with pytest.raises(ProjectionFailed, match=r"^tsne\.iterations: -1 is not possible; it must be .*$"):
        ticket.result(PATIENCE)
    before = process_id()
    assert projector.submit(asked(PcaParameters(), seed=7)).result(PATIENCE).seed == 7
    assert process_id() == before


def test_a_folder_that_cannot_be_written_costs_only_the_keeping(tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("in the way")
    projector = Projector(blocked / "layouts")
    try:
        assert projector.submit(asked(PcaParameters())).result(PATIENCE).method == "pca"
    finally:
        projector.close()


def test_whatever_keeps_a_layout_from_being_kept_it_is_answered_and_so_is_the_next(
    projector: Projector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("tvae.maps.projector.write_layout", no_memory)
    for seed in (31, 32):
        assert projector.submit(asked(PcaParameters(), seed=seed)).result(PATIENCE).seed == seed


def test_closing_ends_the_process_and_cancels_what_is_under_way(tmp_path: Path) -> None:
    before = process_ids()
    projector = Projector(tmp_path)
    running, waiting = projector.submit(asked(ENDLESS)), projector.submit(asked(PcaParameters()))
    wait_for(lambda: process_ids() - before)
    (started,) = process_ids() - before
    projector.close()
    for ticket in (running, waiting):
        with pytest.raises(ProjectionCancelled):
            ticket.result(PATIENCE)
    wait_for(lambda: gone(started))
    with pytest.raises(ProjectionFailed, match="closed"):
        projector.submit(asked(PcaParameters()))


def test_too_many_waiting_are_refused(projector: Projector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "limits.toml").write_text("waiting_projections = 1")
    monkeypatch.setenv("TVAE_LIMITS", str(tmp_path / "limits.toml"))
    running = projector.submit(asked(ENDLESS, seed=8))
    wait_until_working(running)
    waiting = projector.submit(asked(ENDLESS, seed=9))
    with pytest.raises(ProjectionFailed, match="1 projections wait already"):
        projector.submit(asked(ENDLESS, seed=10))
    waiting.cancel()
    running.cancel()


SERVER = """
import sys, time
from pathlib import Path
import numpy as np
from tvae.maps.projection import ProjectionRequest, TsneParameters
from tvae.maps.umap import umap_machine_code_folder
from tvae.maps.projector import Projector
projector = Projector(Path(sys.argv[1]))
iterations = int(sys.argv[2])
means = {"vae": np.random.default_rng(0).normal(size=(300, 4))}
ticket = projector.submit(ProjectionRequest(means=means, parameters=TsneParameters(iterations=iterations)))
while ticket.progress().phase not in ("descending", "done"):
    time.sleep(0.02)
if iterations < 100:
    ticket.result()
import psutil
print(psutil.Process().children()[0].pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("iterations", [3, 100_000], ids=["idle", "at work"])
def test_the_process_ends_with_its_server(iterations: int, tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", SERVER, str(tmp_path), str(iterations)]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    assert not gone(worker)
    process.kill()
    process.wait()
    process.stdout.close()
    wait_for(lambda: gone(worker))


def test_the_process_ends_with_a_server_that_was_killed_in_the_middle_of_a_line() -> None:
    command = [sys.executable, "-m", "tvae.maps.projector_process"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdin=subprocess.PIPE) as process:
        try:
            process.communicate(b'{"job": 1, "fol', timeout=PATIENCE)
        finally:
            process.kill()
    assert process.returncode == 0


def test_the_server_imports_nothing_heavy() -> None:
    script = (
        "import sys, tvae.maps.projector, tvae.metrics.neighbour_changes, tvae.metrics.findings\n"
        "import tvae.metrics.selection_summary\n"
        "heavy = {'numba', 'scipy', 'sklearn', 'umap', 'torch', 'pandas', 'streamlit'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_a_request_that_nobody_looks_at_is_given_up_and_the_next_comes(
    projector: Projector, process_id: Callable[[], int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    unwatched = projector.submit(asked(ENDLESS, seed=30))
    wait_until_working(unwatched)
    before = process_id()
    monkeypatch.setattr("tvae.maps.projector.WATCHED_SECONDS", 0.5)
    following = projector.submit(asked(PcaParameters(), seed=31))
    assert following.result(PATIENCE).method == "pca", "who waits for a result looks at it"
    assert unwatched.over
    assert unwatched.given_up
    assert process_id() == before, "the process stays warm"


def test_a_request_that_is_looked_at_goes_on(projector: Projector, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = projector.submit(asked(ENDLESS, seed=32))
    wait_until_working(watched)
    monkeypatch.setattr("tvae.maps.projector.WATCHED_SECONDS", 1.0)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        assert watched.progress().phase == "descending"
        time.sleep(0.05)
    watched.cancel()
    assert not watched.given_up


def test_the_shorter_of_two_that_wait_goes_first_and_is_told_how_long(projector: Projector) -> None:
    running = projector.submit(asked(ENDLESS, seed=33))
    wait_until_working(running)
    long = projector.submit(asked(ENDLESS, seed=34))
    short = projector.submit(asked(PcaParameters(), seed=35))
    assert (short.progress().ahead, long.progress().ahead) == (1, 2)
    assert 0 < (short.progress().seconds_left or 0) < (long.progress().seconds_left or 0)
    running.cancel()
    assert short.result(PATIENCE).method == "pca"
    assert not long.over
    long.cancel()


def test_a_long_request_does_not_wait_for_ever_for_shorter_ones_that_come_later(
    projector: Projector, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = projector.submit(asked(ENDLESS, seed=36))
    wait_until_working(running)
    request = asked(TsneParameters(iterations=3000), seed=37)
    patient = projector.submit(request)
    time.sleep(expected_seconds(request))
    late = projector.submit(asked(PcaParameters(), seed=38))
    assert (patient.progress().ahead, late.progress().ahead) == (1, 2)
    for ticket in (late, patient, running):
        ticket.cancel()


def test_a_killed_server_leaves_no_folder(tmp_path: Path) -> None:
    script = (
        "import numpy as np, time\n"
        "from pathlib import Path\n"
        "from tvae.maps.parameters import TsneParameters\n"
        "from tvae.maps.projection import ProjectionRequest\n"
        "from tvae.maps.projector import Projector\n"
        "means = {'vae': np.random.default_rng(0).normal(size=(300, 4))}\n"
        "request = ProjectionRequest(means=means, parameters=TsneParameters(iterations=100_000))\n"
        f"ticket = Projector(Path({str(tmp_path / 'layouts')!r})).submit(request)\n"
        "while ticket.progress().phase != 'descending': time.sleep(0.05)\n"
        "print('working', flush=True)\n"
        "time.sleep(600)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "working\n"
            assert list(tmp_path.glob("tvae-projection-*"))
        finally:
            server.kill()
    wait_for(lambda: not list(tmp_path.glob("tvae-projection-*")))
