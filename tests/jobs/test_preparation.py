"""A machine's first run is prepared: what is compiled is what runs need, and how far that is can be seen."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from numba.core.event import install_recorder

from tests.conftest import small_run_config
from tvae.config import TrainConfig
from tvae.data import Split, load_dataset
from tvae.jobs import preparation
from tvae.jobs.preparation import MODULE, all_parts, first_run_parts, start_preparation
from tvae.runs.recording import record
from tvae.system.compiled import Part, compile_parts, lacking
from tvae.training.steps.compilation import parts_of_run, step_parts

ROOT = Path(__file__).parents[2]


def test_once_the_parts_are_there_a_run_compiles_nothing(tmp_path: Path) -> None:
    """From its first step to its last measurement, sampled or batch-all, by a notion of its own."""
    dataset = load_dataset("digits")
    configs = [
        replace(small_run_config(), train=TrainConfig(epochs=1, batch_size=64, triplets=triplets, step="fast"))
        for triplets in ("sampled", "batch-all")
    ]
    tvae = configs[0].arms["tvae"]
    configs.append(replace(configs[0], arms={**configs[0].arms, "slant": replace(tvae, notion="slant")}))
    compile_parts(first_run_parts())
    with install_recorder("numba:compile") as compiled:  # of this process: others may compile at the same time
        for number, config in enumerate(configs):
            for _ in record(config, dataset, tmp_path / str(number), ""):
                pass
    assert compiled.buffer == []


@pytest.mark.parametrize(("kind", "parts"), [("fast-float32", 1), ("fast-bfloat16", 2)])
def test_a_run_waits_for_the_part_of_its_images(kind, parts) -> None:
    config = replace(small_run_config(), train=TrainConfig(step=kind))
    digits = load_dataset("digits").train
    drawn = Split("train", digits.images // 255 * 255, digits.labels, digits.class_names)
    needed = {part for split in (digits, drawn) for part in parts_of_run(config, split)}
    assert needed == set(step_parts(kind)) and len(needed) == parts
    for other in (
        replace(config, train=TrainConfig(step="plain")),
        replace(config, model=replace(config.model, kind="conv")),
    ):
        assert parts_of_run(other, digits) == ()


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Part]:
    """Two parts that stand in for the real ones; compiling the second one ends when the event `go_on` is set."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "machine-code"))
    (tmp_path / "kernels.py").touch()
    return [Part(name, tmp_path / "kernels.py", lambda: None) for name in ("first", "second")]


def test_how_far_it_is_is_seen_while_a_process_prepares_and_at_no_time_else(parts, monkeypatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        go_on.wait(60)

    parts[1] = replace(parts[1], compile=wait)
    monkeypatch.setattr(preparation, "first_run_parts", lambda: tuple(parts))
    assert preparation.preparation() is None, "nobody prepares"
    thread = threading.Thread(target=compile_parts, args=(parts,))
    thread.start()
    begun.wait(60)
    assert preparation.preparation() == (1, 2)
    go_on.set()
    thread.join()
    assert lacking(parts) == [] and preparation.preparation() is None


def test_a_process_prepares_at_low_priority_and_ends_with_its_server(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    script = "import time; from tvae.jobs.preparation import start_preparation; start_preparation(); time.sleep(600)"
    server = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment)
    try:
        while not (found := psutil.Process(server.pid).children()):
            assert server.poll() is None
        (process,) = found
        while MODULE not in process.cmdline():  # until it has the command line of its own
            assert process.is_running()
        while not list(tmp_path.rglob("lock")):  # the first part is begun
            assert process.is_running()
        if sys.platform != "win32":
            assert process.nice() == psutil.Process(server.pid).nice() + preparation.NICENESS
    finally:
        server.kill()
        server.wait()
    process.wait(300)
    assert len(list(tmp_path.glob("tvae-kernels-*/*-of-*"))) <= 1


def test_no_process_is_started_where_all_is_there(parts, monkeypatch) -> None:
    monkeypatch.setattr(preparation, "all_parts", lambda: tuple(parts))
    compile_parts(parts)
    monkeypatch.setattr(subprocess, "Popen", None)
    start_preparation()
    assert first_run_parts() == all_parts()[: len(first_run_parts())]
