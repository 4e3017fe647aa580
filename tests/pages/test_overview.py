"""The overview page, run without a browser: what it says on good and on broken folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "checkpoints"


def page(query: dict[str, str] | None = None) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.query_params.update(query or {})
    return app.run()


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info]
    return "\n".join(part.value for part in parts)


@pytest.fixture
def own_runs(tmp_path, monkeypatch) -> Path:
    """A folder of a person's own runs with a copy of the shipped digits run in it."""
    shutil.copytree(SHIPPED / "digits", tmp_path / "copy")
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    return tmp_path / "copy"


def test_it_opens_on_mnist_with_the_papers_numbers_beside_ours():
    app = page()
    assert not app.exception
    assert app.selectbox(key="run").value == "mnist"
    table = app.table[0].value
    assert list(table.index) == ["VAE", "TVAE"]
    assert list(table["Paper (MNIST), m not given"]) == ["75.08\u00a0%", "95.60\u00a0%"]
    said = words(app)
    for needed in ("Table 1", "Figure 1", "Figure 2", "Figure 3", "90,154,177,426 triplets", "n = 10,000", "seed 0"):
        assert needed in said


def test_another_run_is_chosen_by_its_address():
    app = page({"run": "digits"})
    assert not app.exception
    assert app.selectbox(key="run").value == "digits"
    assert "n = 359" in words(app)


@pytest.mark.parametrize("name", ["../../etc", "none", ""])
def test_an_address_that_names_no_run_opens_the_first(name):
    app = page({"run": name})
    assert not app.exception
    assert app.selectbox(key="run").value == "mnist"


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("config.json", b"{", "This run can't be shown"),
        ("metrics.json", b"{", "The numbers can't be shown"),
        ("metrics.json", None, "never evaluated"),
        ("encoding-test.npz", b"junk", "holds no encoded test split"),
        ("encoding-test.npz", None, "holds no encoded test split"),
        ("curves-test.npz", b"junk", "Table 1"),
        ("layouts", None, "No map of this run's latent spaces"),
    ],
)
def test_a_broken_run_is_a_message_and_the_rest_lives(own_runs, file, content, said):
    path = own_runs / file
    if content is not None:
        path.write_bytes(content)
    elif path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    app = page({"run": "copy"})
    assert not app.exception
    assert said in words(app)


def test_a_run_of_one_arm_is_shown(tmp_path, monkeypatch, digits):
    from dataclasses import replace

    from tests.conftest import small_run_config
    from tvae.runs.recording import record

    config = small_run_config()
    for _ in record(replace(config, arms={"vae": config.arms["vae"]}), digits, tmp_path / "one", "command"):
        pass
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page({"run": "one"})
    assert not app.exception
    assert list(app.table[0].value.index) == ["VAE"]


def test_a_run_that_is_not_there_is_named_until_another_is_chosen():
    app = page({"run": "no*such*run"})
    assert app.warning[0].value == r"There is no run no\*such\*run here. Shown is mnist."
    assert app.run().warning, "a page runs again by itself, and the words must be read"
    assert "run" not in app.query_params
    app.selectbox(key="run").set_value("digits").run()
    assert not app.warning


def test_the_overview_shows_the_chosen_arms():
    app = page({"run": "mnist-ladder", "arms": ["VAE", "W10"]})
    assert list(app.table[0].value.index) == ["VAE", "W10"]
