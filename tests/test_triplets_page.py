"""The triplets page, run without a browser: margins from the address, arms, wrong input."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tvae.checkpoints import read_encoding, read_metrics, read_run, write_encoding
from tvae.triplet_accuracy import triplet_accuracy

ROOT = Path(__file__).parents[1]
DIGITS = ROOT / "checkpoints" / "digits"


def page(query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/4_Triplets.py")
    app.query_params.update(query)
    return app.run()


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info]
    return "\n".join(part.value for part in parts)


def accuracies(app: AppTest) -> dict[str, str]:
    table = app.table[0].value
    return dict(zip(table.index, table.iloc[:, 0], strict=True))


@pytest.fixture
def copy(tmp_path, monkeypatch) -> Path:
    shutil.copytree(DIGITS, tmp_path / "copy")
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    return tmp_path / "copy"


def with_encoding(folder: Path, change) -> None:
    run = read_run(folder)
    encoding = read_encoding(run, "test")
    assert encoding is not None
    (folder / "curves-test.npz").unlink()
    write_encoding(folder, change(encoding))


def test_the_address_sets_the_margin_and_the_table_is_the_exact_accuracy():
    app = page({"run": "digits", "margin": "0.5"})
    assert not app.exception
    metrics = read_metrics(DIGITS)
    assert metrics is not None
    assert accuracies(app) == {
        arm.upper(): f"{100 * numbers['triplet_accuracy']['0.5']:.2f} %" for arm, numbers in metrics["arms"].items()
    }
    assert list(app.table[0].value["Paper's Table 1 (MNIST), m not given"]) == ["75.08 %", "95.60 %"]
    assert "n = 359" in words(app)
    assert app.slider(key="margin-slider").value == 0.5


def test_slider_and_field_move_together():
    app = page({"run": "digits"})
    app.slider(key="margin-slider").set_value(1.0).run()
    assert app.number_input(key="margin").value == 1.0
    app.number_input(key="margin").set_value(2.0).run()
    assert app.slider(key="margin-slider").value == 2.0
    assert not app.exception


def test_a_margin_off_the_grid_is_marked_and_one_beyond_it_is_counted():
    run = read_run(DIGITS)
    encoding = read_encoding(run, "test")
    assert encoding is not None
    assert all(share.startswith("≈ ") for share in accuracies(page({"run": "digits", "margin": "0.51"})).values())
    shown = accuracies(page({"run": "digits", "margin": "7"}))
    for arm, means in encoding.means.items():
        assert shown[arm.upper()] == f"{100 * triplet_accuracy(means, encoding.labels, [7.0]).accuracy[0]:.2f} %"


@pytest.mark.parametrize("margin", ["-1", "nan", "inf", "1e300", "x"])
def test_a_wrong_margin_in_the_address_is_passed_over(margin):
    app = page({"run": "digits", "margin": margin})
    assert not app.exception
    assert len(accuracies(app)) == 2


def test_other_weights_change_the_total_and_nothing_else():
    app = page({"run": "digits"})
    before = app.table[1].value
    app.slider(key="weigh-KL weight").set_value(0.0).run()
    after = app.table[1].value
    assert list(before["triplet"]) == list(after["triplet"])
    assert (before["total"].astype(float) - after["total"].astype(float)).to_numpy() == pytest.approx(
        0.1 * before["KL, nats"].astype(float).to_numpy(),
        abs=2e-3,  # the digits run was trained at KL weight 0.1
    )
    assert "The networks have not moved" in words(app)


@pytest.mark.parametrize("choice", ["VAE wrong, TVAE right", "Both wrong", "TVAE wrong, VAE right", "My own rows"])
def test_every_choice_of_triplets_is_shown_with_its_verdicts(choice):
    app = page({"run": "digits"})
    app.session_state["triplets-which"] = choice
    app.run()
    assert not app.exception
    shown = app.dataframe[0].value
    if choice != "My own rows":
        wrong = {"VAE": choice != "TVAE wrong, VAE right", "TVAE": choice != "VAE wrong, TVAE right"}
        for arm, expected in wrong.items():
            assert set(shown[f"{arm} verdict"]) == {"wrong" if expected else "right"}


def test_a_pair_of_classes_filters_the_triplets():
    app = page({"run": "digits"})
    app.selectbox(key="anchor-class").set_value(3)
    app.selectbox(key="negative-class").set_value(8).run()
    shown = app.dataframe[0].value
    assert set(shown["anchor's class"]) == {"3"} and set(shown["negative's class"]) == {"8"}
    app.selectbox(key="negative-class").set_value(3).run()
    assert not app.exception
    assert "No triplets to show" in words(app)


def test_the_sampled_estimate_stands_beside_the_exact_value():
    app = page({"run": "digits"})
    app.toggle(key="sampled").set_value(True).run()
    assert all("±" in cell for cell in app.table[0].value["Sampled, 10,000 triplets"])


def test_collapse_is_said(copy):
    with_encoding(
        copy,
        lambda e: replace(e, arms={arm: replace(found, means=0 * found.means) for arm, found in e.arms.items()}),
    )
    app = page({"run": "copy"})
    assert not app.exception
    assert "VAE has collapsed: its means are one point" in words(app)


def test_one_class_is_one_line(copy):
    with_encoding(copy, lambda e: replace(e, labels=np.zeros_like(e.labels)))
    app = page({"run": "copy"})
    assert not app.exception
    assert "Nothing to count here" in app.error[0].value
    assert not app.table


def test_classes_of_one_member_are_left_out_and_counted(copy):
    def change(encoding):
        labels = np.where(encoding.labels == 9, 8, encoding.labels)
        labels[0] = 9
        return replace(encoding, labels=labels)

    with_encoding(copy, change)
    app = page({"run": "copy"})
    assert not app.exception
    assert set(app.table[0].value["Anchors left out"]) == {"1"}


def test_a_run_of_one_arm_is_shown(tmp_path, monkeypatch, digits):
    from tests.conftest import small_run_config
    from tvae.recording import record

    config = small_run_config()
    for _ in record(replace(config, arms={"vae": config.arms["vae"]}), digits, tmp_path / "one", "command"):
        pass
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page({"run": "one"})
    assert not app.exception
    assert list(accuracies(app)) == ["VAE"]
    assert "one arm" in words(app)
