"""Two runs on the training page: compared where they are alike, and the list of runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tvae.config import PRESETS
from tvae.jobs.jobs import Jobs
from tvae.runs.arm_names import arm_name
from tvae.runs.available import SHIPPED
from tvae.ui.training.comparison import compared_with
from tvae.ui.training.run_table import MEASURES, run_rows
from tvae.ui.training.status import called

APP = str(Path(__file__).parents[2] / "streamlit_app.py")


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    return tmp_path


def digits_run(
    folder: Path, *, accuracy: float | None = None, margin: float = 1.0, step: int = 4400, **train: Any
) -> None:
    """A run like the shipped one on the digits but for these settings and its TVAE's accuracy."""
    folder.mkdir()
    config, metrics = (json.loads((SHIPPED / "digits" / name).read_text()) for name in ("config.json", "metrics.json"))
    config["train"] |= train
    config["arms"]["tvae"]["margin"] = margin
    config["provenance"]["step"] = step
    if accuracy is not None:
        metrics["arms"]["tvae"]["triplet_accuracy"]["0"] = accuracy
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "metrics.json").write_text(json.dumps(metrics))


def comparison(before: str, after: str) -> AppTest:
    script = f"from tvae.ui.training.comparison import show_comparison\nshow_comparison({before!r}, {after!r})"
    return AppTest.from_string(script, default_timeout=60).run()


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption, *app.warning])


def verdicts(app: AppTest) -> set[str]:
    """Verdicts of all changes that are shown, such as "better"."""
    cells = [cell for table in app.table if "Change" in table.value for cell in table.value["Change"]]
    return {word for cell in cells for word in cell.split() if word in ("better", "worse")}


def test_a_quick_look_is_not_set_against_a_whole_run(runs):
    digits_run(runs / "quick", accuracy=0.5, epochs=2, step=44)
    app = comparison("digits", "quick")
    assert not app.exception
    assert app.warning[0].value.startswith("**Not like for like: 2 epochs against 200** (quick against digits)")
    settings, quick, digits = (table.value for table in app.table)
    assert settings.loc["train.epochs"].to_dict() == {"digits": "200", "quick": "2"}
    assert "**Inside quick**: VAE against TVAE" in words(app) and "**Inside digits**" in words(app)
    assert list(quick.columns) == ["Figure", "VAE", "TVAE", "Change"]
    metrics = json.loads((SHIPPED / "digits" / "metrics.json").read_text())
    vae = 100 * metrics["arms"]["vae"]["triplet_accuracy"]["0"]
    assert next(iter(quick["Change"])) == f"{50 - vae:+.2f}"
    assert next(iter(digits["VAE"])) == f"{vae:.2f}"
    assert verdicts(app) == set()


def test_the_page_says_so_first_after_a_quick_look(runs):
    digits_run(runs / "quick", accuracy=0.5, epochs=2, step=44)
    app = AppTest.from_file(APP, default_timeout=120)
    app.query_params.update({"run": "digits", "watch": "quick"})
    app.run().switch_page("pages/5_Training.py").run()
    assert not app.exception
    assert any(warning.value.startswith("**Not like for like: 2 epochs against 200**") for warning in app.warning)
    assert verdicts(app) == set()


def test_alike_runs_of_one_seed_give_figures_without_a_verdict(runs):
    digits_run(runs / "wide", accuracy=0.99, margin=2.0)
    app = comparison("digits", "wide")
    assert not app.exception and not app.warning
    assert list(app.table[0].value.index) == ["tvae: loss.margin"]
    assert "One seed, so no verdict" in words(app)
    assert verdicts(app) == set()


def test_alike_runs_of_three_seeds_give_mean_sd_and_a_verdict(runs):
    for seed, (narrow, wide) in enumerate(((0.90, 0.95), (0.91, 0.955), (0.905, 0.957)), 1):
        digits_run(runs / f"narrow-{seed}", accuracy=narrow, margin=0.5, seed=seed)
        digits_run(runs / f"wide-{seed}", accuracy=wide, margin=2.0, seed=seed)
    app = comparison("narrow-1", "wide-1")
    assert not app.exception and not app.warning
    changes = app.table[1].value.set_index(["Arm", "Figure"])
    accuracy = changes.loc["TVAE", "triplet accuracy at m = 0, %"]
    assert (accuracy["Before"], accuracy["After"]) == ("90.50\u00a0±\u00a00.50", "95.40\u00a0±\u00a00.36")
    assert accuracy["Change"] == "+4.90\u00a0better"
    assert verdicts(app) == {"better"}
    assert "Mean ± sample standard deviation over 3 seeds" in words(app)


def test_other_data_is_not_alike():
    app = comparison("mnist", "digits")
    assert app.warning[0].value.startswith("**Not like for like: data.name digits against mnist")
    assert verdicts(app) == set()


def test_a_run_is_never_compared_with_itself(runs):
    shutil.copytree(SHIPPED / "digits", runs / "mine")
    job = Jobs().run("mine")
    assert compared_with(job, "mnist") == "mnist"
    assert compared_with(job, "mine") == "digits"


def test_a_ladder_s_row_is_the_run_and_not_its_last_arm():
    rows = {row["Run"]: row for row in run_rows({})}
    ladder, pair = rows["mnist-ladder"], rows["mnist"]
    assert (ladder["Arms"], pair["Arms"]) == ("12 arms, VAE to w 15 · m 5", "VAE, TVAE")
    assert (ladder["Margin"], ladder["Triplet weight"], ladder["KL weight"]) == (None, None, 1.0)
    assert (pair["Margin"], pair["Triplet weight"]) == (1.0, 15.0)
    assert {ladder[name] for name in MEASURES} == {None}
    assert pair["Triplet accuracy"] == pytest.approx(97.84, abs=0.005)
    assert "at margin 0" in str(MEASURES["Triplet accuracy"].get("help"))


def test_a_ladder_is_called_by_the_ranges_of_its_arms_settings(runs):
    shutil.copytree(SHIPPED / "mnist-ladder", runs / "steps")
    assert called(Jobs().run("steps")) == "mnist, m = 0.2 to 5, w = 0.3 to 100"
    shutil.copytree(SHIPPED / "digits", runs / "pair")
    assert called(Jobs().run("pair")) == "digits, m = 1, w = 2"


def arms_of(name: str) -> AppTest:
    script = f"from tvae.ui.training.run_table import manage\nmanage({name!r}, None)"
    return AppTest.from_string(script, default_timeout=60).run()


def test_a_ladder_has_a_row_an_arm():
    app = arms_of("mnist-ladder")
    assert not app.exception
    table = app.dataframe[0].value.set_index("Arm")
    metrics = json.loads((SHIPPED / "mnist-ladder" / "metrics.json").read_text())
    assert list(table.index) == [arm_name(PRESETS["ladder"], arm) for arm in metrics["arms"]]
    assert table.loc["weight 1, margin 1", "Triplet accuracy"] == 100 * metrics["arms"]["w1"]["triplet_accuracy"]["0"]
    assert table.loc["weight 15, margin 5", "Margin"] == 5


def test_a_collapsed_arm_s_accuracy_is_no_number_of_the_list(runs):
    digits_run(runs / "black", accuracy=1.0)
    metrics = json.loads((runs / "black" / "metrics.json").read_text())
    metrics["arms"]["tvae"] |= {"all_means_equal": True, "spread": 0.0}
    (runs / "black" / "metrics.json").write_text(json.dumps(metrics))
    row = next(row for row in run_rows({}) if row["Run"] == "black")
    assert (row["Triplet accuracy"], row["Collapsed"]) == (None, "TVAE")
    assert any(
        part.value.startswith("TVAE has collapsed: its means are one point") for part in arms_of("black").warning
    )
    script = "from tvae.ui import cached\nfrom tvae.ui.training.status import show_progress\n"
    (warning,) = AppTest.from_string(f"{script}show_progress(cached.jobs().run('black'))").run().warning
    assert warning.value.startswith("TVAE has collapsed: its means are one point")
    app = comparison("digits", "black")
    assert any("TVAE has collapsed: its means are one point" in part.value for part in app.warning)
