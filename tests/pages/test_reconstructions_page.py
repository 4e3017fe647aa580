"""The reconstructions page, run without a browser: chosen images, errors, the table, the cost in one line."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import small_run_config
from tvae.config import LossConfig
from tvae.data import DataUnavailable
from tvae.model.encoding import Encoding
from tvae.runs.encodings import read_encoding, write_encoding
from tvae.runs.recording import record
from tvae.runs.run import read_metrics, read_run
from tvae.ui import cached

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "checkpoints" / "digits"


def page(query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/2_Reconstructions.py")
    app.query_params.update(query)
    return app.run()


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info]
    return "\n".join(part.value for part in parts)


def encoding() -> Encoding:
    found = read_encoding(read_run(DIGITS), "test")
    assert found is not None
    return found


def test_the_table_is_the_runs_own_errors_and_the_trade_is_told():
    app = page({"run": "digits"})
    assert not app.exception
    found, table = encoding(), app.table[0].value
    for arm in ("vae", "tvae"):
        for label in range(10):
            mean = float(
                np.mean([e for e, own in zip(found.arms[arm].errors, found.labels, strict=True) if own == label])
            )
            assert table.loc[str(label), arm.upper()].strip("*") == f"{mean:.2f}"
    metrics = read_metrics(DIGITS)
    assert metrics is not None
    vae, tvae = metrics["arms"]["vae"], metrics["arms"]["tvae"]
    assert table.loc["all", "TVAE"].strip("*") == f"{tvae['reconstruction']:.2f}"
    told = next(part.value for part in app.markdown if "What the triplet weight" in part.value)
    assert f"{tvae['reconstruction'] - vae['reconstruction']:+.2f} ±" in told
    assert f"{100 * tvae['triplet_accuracy']['0']:.2f} % against {100 * vae['triplet_accuracy']['0']:.2f} %" in told
    assert "n = 359" in words(app) and "checkpoint digits" in words(app)


@pytest.mark.parametrize(
    ("arms", "said"),
    [
        (["VAE", "M5"], "**What the triplet weight cost here.** Weight\u00a015, margin\u00a05 reconstructs"),
        (["M1", "M5"], "**What the margin cost here.** Weight\u00a015, margin\u00a05 reconstructs"),
        (
            ["W100", "M5"],
            "**What the margin and the triplet weight cost here.** Weight\u00a015, margin\u00a05",
        ),
        (
            ["W100", "M0.2"],
            "**What the margin and the triplet weight saved here.** Weight\u00a015, margin\u00a00.2 reconstructs",
        ),
    ],
)
def test_what_cost_is_named_by_the_settings_that_differ(arms, said):
    app = page({"run": "mnist-ladder", "arms": arms})
    assert not app.exception
    assert said in words(app)


def test_a_snapshot_has_errors_of_its_own_and_says_its_epoch():
    run = read_run(DIGITS)
    early = run.snapshots[1]
    app = page({"run": "digits", "epoch": f"{early / run.steps_per_epoch:.3g}"})
    assert not app.exception
    assert app.select_slider(key="epoch").value == early
    found = read_encoding(run.at(early), "test")
    assert found is not None
    for arm in ("vae", "tvae"):
        assert app.table[0].value.loc["all", arm.upper()].strip("*") == f"{found.arms[arm].errors.mean():.2f}"
    assert f"checkpoint digits at epoch {early / run.steps_per_epoch:.3g} of 200" in words(app)
    app.select_slider(key="epoch").set_value(run.step).run()
    assert not app.exception
    assert app.table[0].value.loc["all", "VAE"].strip("*") == f"{encoding().arms['vae'].errors.mean():.2f}"
    assert "at epoch" not in words(app)


def test_only_a_difference_beyond_the_noise_is_bold():
    app = page({"run": "digits"})
    found, table = encoding(), app.table[0].value
    bold = 0
    for label in range(10):
        own = found.labels == label
        difference = found.arms["tvae"].errors[own].astype(float) - found.arms["vae"].errors[own]
        sure = abs(difference.mean()) > 2 * difference.std(ddof=1) / len(difference) ** 0.5
        better = "VAE" if difference.mean() > 0 else "TVAE"
        cells = {arm: table.loc[str(label), arm] for arm in ("VAE", "TVAE")}
        assert [arm for arm, cell in cells.items() if cell.startswith("**")] == ([better] if sure else [])
        bold += sure
    assert bold > 0


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({}, "The first of each class"),
        ({"images": "one class", "image-class": "7"}, "The first of class 7"),
        ({"images": "random", "image-seed": "4"}, "Drawn at random with seed 4"),
        ({"images": "row numbers", "row-numbers": "3, 5-7"}, "The rows that are named"),
        ({"images": "worst", "worst-of": "TVAE"}, "The greatest errors of TVAE"),
        ({"images": "most different", "different-way": "TVAE better"}, "TVAE better"),
        ({"rows": "3.40-44"}, "Selected on the latent map"),
        ({"images": "each class", "rows": "3.40-44"}, "The first of each class"),
        ({"code": "a sample", "noise": "9"}, "noise seed 9"),
        ({"error-map": "true"}, "violet where the reconstruction is too dark"),
        ({"columns": "20"}, "The first of each class"),
    ],
)
def test_every_way_to_choose_has_an_address(query, said):
    app = page({"run": "digits", **query})
    assert not app.exception and not app.error
    assert said in words(app)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"images": "row numbers", "row-numbers": "100000"}, "rows run from 0 to 358"),
        ({"images": "row numbers", "row-numbers": "<b>x</b>"}, "doesn't exist here"),
        ({"images": "row numbers", "row-numbers": " "}, "No row is named"),
        ({"images": "map selection"}, "Nothing is selected on the latent map"),
    ],
)
def test_rows_that_are_not_there_are_one_line(query, said):
    app = page({"run": "digits", **query})
    assert not app.exception
    assert said in app.info[0].value
    assert len(app.table) == 1


@pytest.mark.parametrize(
    "query", [{"images": "x"}, {"columns": "900"}, {"columns": "nan"}, {"noise": "-1"}, {"code": ""}]
)
def test_nonsense_in_the_address_is_passed_over(query):
    app = page({"run": "digits", **query})
    assert not app.exception and not app.error
    assert "The first of each class" in words(app)


def test_a_sample_has_greater_errors_and_its_seed_matters():
    mean = page({"run": "digits"}).table[0].value.loc["all", "VAE"]
    app = page({"run": "digits", "code": "a sample"})
    first = app.table[0].value.loc["all", "VAE"]
    app.number_input(key="noise").set_value(5).run()
    second = app.table[0].value.loc["all", "VAE"]
    values = [float(cell.strip("*")) for cell in (mean, first, second)]
    assert values[0] < min(values[1:]) and values[1] != values[2]
    assert "points of triplet accuracy** of the means μ at m = 0" in words(app), "whatever is decoded"


def test_what_is_shown_goes_to_the_map():
    app = page({"run": "digits", "images": "row numbers", "row-numbers": "12, 30"})
    (link,) = (element.proto for element in app.get("page_link") if element.proto.label == "Show on the latent map")
    assert link.page == "Latent_map"
    assert parse_qs(link.query_string) == {"run": ["digits"], "rows": ["12.30"], "row": ["12"]}


def test_without_images_those_of_the_run_are_shown(monkeypatch):
    def missing(*_):
        raise DataUnavailable("no source had them")

    monkeypatch.setattr(cached, "split", missing)
    app = page({"run": "digits", "images": "worst", "code": "a sample"})
    assert not app.exception
    assert "Only the images that are kept with the run can be shown" in words(app)
    assert "no source had them" in words(app)
    assert len(app.table) == 1 and len(app.get("image")) == 1


def test_a_run_without_an_encoding_is_a_message(tmp_path, monkeypatch):
    shutil.copytree(DIGITS, tmp_path / "bare")
    (tmp_path / "bare" / "encoding-test.npz").unlink()
    shutil.rmtree(tmp_path / "bare" / "snapshots", ignore_errors=True)
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page({"run": "bare"})
    assert not app.exception
    assert "holds no encoded test split" in app.info[0].value


def test_broken_weights_are_one_line(tmp_path, monkeypatch):
    shutil.copytree(DIGITS, tmp_path / "cut")
    content = (tmp_path / "cut" / "tvae.safetensors").read_bytes()
    (tmp_path / "cut" / "tvae.safetensors").write_bytes(content[:1000])
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page({"run": "cut"})
    assert not app.exception
    assert "tvae.safetensors" in app.error[0].value


def test_class_names_are_shown_as_they_are(tmp_path, monkeypatch):
    shutil.copytree(DIGITS, tmp_path / "named")
    config = tmp_path / "named" / "config.json"
    names = ["**0**", "<b>", "$x$", ":red[y]", "a" * 80, "5", "6", "7", "8", "9"]
    plain = json.loads(config.read_text())
    plain["provenance"]["class_names"] = names
    config.write_text(json.dumps(plain))
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page({"run": "named", "images": "one class", "image-class": "**0**"})
    assert not app.exception
    assert r"The first of class \*\*0\*\*" in words(app)
    assert list(app.table[0].value.index)[:2] == [r"\*\*0\*\*", r"\<b\>"]


W3, W9 = "w\u00a03\u00a0· m\u00a01", "w\u00a09\u00a0· m\u00a01"
"""Names of two arms in the head of a column."""


@pytest.fixture
def ladder(tmp_path, monkeypatch, digits) -> None:
    arms = {"vae": LossConfig(triplet_weight=0), "w3": LossConfig(triplet_weight=3), "w9": LossConfig(triplet_weight=9)}
    for _ in record(replace(small_run_config(), arms=arms), digits, tmp_path / "ladder", "command"):
        pass
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))


def test_a_ladder_shows_its_ends_until_others_are_chosen(ladder):
    app = page({"run": "ladder"})
    assert not app.exception
    assert [name for name in app.table[0].value.columns if name in ("VAE", W3, W9)] == ["VAE", W9]
    app.multiselect(key="arms").set_value(["w3", "w9", "vae"]).run()
    assert [name for name in app.table[0].value.columns if name in ("VAE", W3, W9)] == ["VAE", W3, W9]
    app = page({"run": "ladder", "arms": "W3"})
    assert not app.exception
    assert list(app.table[0].value.columns) == ["Images", W3]
    assert "What the triplet weight" not in words(app)
    app.selectbox(key="images").set_value("most different").run()
    assert not app.exception
    assert "One arm alone differs from none" in words(app)


def test_a_class_without_images_and_a_single_image_are_no_trap(tmp_path, monkeypatch):
    shutil.copytree(DIGITS, tmp_path / "few")
    run = read_run(tmp_path / "few")
    found = read_encoding(run, "test")
    assert found is not None
    labels = np.where(found.labels == 9, 8, found.labels)
    labels[0] = 9
    write_encoding(tmp_path / "few", replace(found, labels=labels))
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page({"run": "few"})
    assert not app.exception
    assert app.table[0].value.loc["9", "Images"] == "1"
    assert "±" not in app.table[0].value.loc["9"].iloc[-1]
