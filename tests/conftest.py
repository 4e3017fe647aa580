"""Small data that every test may use; nothing here reaches a network."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from tests import process_reaper
from tvae.config import DataConfig, LossConfig, ModelConfig, RunConfig, TrainConfig, vae_and_tvae
from tvae.data import Dataset, Split, load_dataset
from tvae.system.user_folders import default_folder, machine_code_folders
from tvae.training.loop import Report, Training
from tvae.ui.components import latent_map
from tvae.ui.maps import linked_maps

ROOT = Path(__file__).parents[1]


def pytest_configure() -> None:
    """Handle Ctrl-C as usual: a session in the background ignores it, and its processes would inherit that."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def processes_end_with_the_session() -> Iterator[None]:
    """Ends the processes that tests start with the session, also where that is killed."""
    mark = secrets.token_hex(8)
    reaper = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("process_reaper.py")), mark],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv(process_reaper.VARIABLE, mark)
        yield
    reaper.communicate()


@pytest.fixture(scope="session", autouse=True)
def folders_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Gives each test process its own folders for runs, classifiers and map layouts in place of the user's."""
    with pytest.MonkeyPatch.context() as variables:
        for variable, folder in (("TVAE_DATA", default_folder()), ("NUMBA_CACHE_DIR", machine_code_folders())):
            variables.setenv(variable, str(folder))  # only data sets and machine code are the user's
        variables.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        variables.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        variables.setenv("TVAE_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's wheel, built from a copy, so that no earlier build's files get into it."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for folder in ("tvae", "pages", "checkpoints", ".streamlit"):
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "requirements.txt", "README.md", "LICENSE", "streamlit_app.py"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(built), str(source)], check=True, capture_output=True)
    return next(built.glob("*.whl"))


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """scikit-learn's 8x8 digits."""
    return load_dataset("digits")


@pytest.fixture(autouse=True)
def cookies(monkeypatch) -> dict[str, str]:
    """Cookies of the browser in page tests, which have no browser: none, unless a test puts some here."""
    cookies: dict[str, str] = {}
    monkeypatch.setattr(type(st.context), "cookies", cookies)
    return cookies


@pytest.fixture(autouse=True)
def maps_are_drawn(monkeypatch) -> None:
    """Makes pages take their maps as drawn: without a browser nobody draws them, and their other parts would wait."""
    for module in (latent_map, linked_maps):
        monkeypatch.setattr(module, "is_drawn", lambda key: True)


@pytest.fixture
def blobs() -> Split:
    """60 random 4x4 images in three classes of 30, 20 and 10, each class with its own bright corner."""
    generator = np.random.default_rng(7)
    labels = np.repeat([0, 1, 2], [30, 20, 10]).astype(np.int64)
    images = generator.integers(0, 60, (60, 4, 4), dtype=np.uint8)
    for row, label in enumerate(labels):
        images[row, label, :2] += 150
    return Split("train", images[..., None], labels, ("a", "b", "c"))


def assert_both_end_alike(one: Training, reports: Iterator[Report], other: Training) -> None:
    """Assert that two trainings end with equal weights and moments; the first goes on with its reports so far."""
    for going in (reports, other.reports()):
        for _ in going:
            pass
    for name, arm in one.arms.items():
        for (key, tensor), (_, same) in zip(arm.state(), other.arms[name].state(), strict=True):
            np.testing.assert_array_equal(tensor.numpy(), same.numpy(), err_msg=key)


def small_run_config() -> RunConfig:
    """A run that takes a second on the digits."""
    return RunConfig(
        data=DataConfig(name="digits"),
        model=ModelConfig(hidden=32, latent_dim=4),
        train=TrainConfig(epochs=3, batch_size=16, seed=3),
        arms=vae_and_tvae(LossConfig()),
    )
