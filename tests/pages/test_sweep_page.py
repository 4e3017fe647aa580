"""The page "Sweep", run without a browser: the form, its refusals, how far a sweep is, its cells, who may steer it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import small_run_config
from tests.pages.made_runs import own_run
from tests.sweeps.made_sweeps import made_sweep
from tvae.errors import InputError
from tvae.jobs.jobs import Jobs
from tvae.sweeps.background import Asked, Background, Turn
from tvae.sweeps.layout import Grid, plan_of
from tvae.sweeps.plan import Plan
from tvae.sweeps.study import Sweep, plans_in
from tvae.system.owner import hashed

ROOT = Path(__file__).parents[2]
ME = "the-secret-of-who-sits-here"


@pytest.fixture
def runs(tmp_path, monkeypatch) -> Path:
    """An empty folder of a person's own runs, in which no process works on sweeps."""
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr("tvae.ui.session.identity.new_owner", lambda: ME)
    monkeypatch.setattr(Background, "start", lambda self: self.say_turn(Turn()))
    return tmp_path / "runs"


def page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/5_Sweep.py")
    app.query_params.update({"run": "digits", **query})
    return app.run()


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info]
    return "\n".join(part.value for part in parts).replace("\u00a0", " ")


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


def labels(app: AppTest) -> set[str]:
    return {one.label for one in app.button}


def plan_here(owner: str | None = ME, **changes) -> Plan:
    """A sweep of two margins, two weights and three seeds; all cells of a seed are in one run."""
    config = small_run_config()
    config = replace(config, data=replace(config.data, validation_share=0.2))
    grid = Grid(margins=(0.2, 1.0), weights=(3.0, 10.0), seeds=(0, 1, 2))
    return replace(plan_of(config, grid), owner=hashed(owner), **changes)


def run_of(plan: Plan, group: str, runs: Path) -> str:
    """Make the run of a group, which holds only an encoding; its id."""
    config = next(one.config for one in plan.groups() if one.id == group)
    generator = np.random.default_rng(0)
    means = {arm: generator.normal(size=(30, 2)) for arm in config.arms}
    return own_run(runs / f"run{group.replace('-', '')}", means, np.arange(30) % 3, config).name


def test_without_a_sweep_the_form_says_what_it_comes_to(runs):
    app = page()
    assert not app.exception
    told = words(app)
    assert "9 cells, seeds 0, 1, 2: 3 runs of 9 cells beside the VAE" in told
    assert "**About " in told and "64 arms" in told and "7 days" in told
    assert "What a sweep shows" in told
    assert not button(app, "Start the sweep").disabled


@pytest.mark.parametrize(
    ("field", "text", "line"),
    [
        ("sweep-margins", "0.2, one", "'one' is no number"),
        ("sweep-margins", "-1", "margin: -1"),
        ("sweep-weights", "", "none is named"),
        ("sweep-weights", "0, 1", "0 is the VAE"),
        ("sweep-weights", "3, 3", "3 is there twice"),
        ("sweep-seeds", "0.5", "a seed is a whole number"),
        ("sweep-seeds", "-1", "seed: -1"),
        ("sweep-name", "a/b", "'a/b' is not possible"),
    ],
)
def test_what_is_not_possible_is_said_in_one_line_before_it_is_pressed(runs, field, text, line):
    app = page()
    app.text_input(key=field).set_value(text).run()
    assert not app.exception
    (error,) = app.error
    assert line in error.value.replace("\\", "") and "\n" not in error.value
    assert button(app, "Start the sweep").disabled


def test_each_bad_field_has_its_line(runs):
    app = page()
    app.text_input(key="sweep-margins").set_value("x")
    app.text_input(key="sweep-seeds").set_value("y").run()
    assert len(app.error) == 2


def test_more_trainings_than_were_perhaps_meant_are_not_started(runs):
    app = page()
    app.text_input(key="sweep-weights").set_value(" ".join(map(str, range(1, 91))))
    app.text_input(key="sweep-seeds").set_value(" ".join(map(str, range(10)))).run()
    (error,) = app.error
    assert "2,700 trainings of an arm" in error.value


def test_limits_are_said_before_it_is_pressed(runs, monkeypatch, tmp_path):
    limits = tmp_path / "limits.toml"
    limits.write_text("run_arms = 4\nrun_seconds = 100\n")
    monkeypatch.setenv("TVAE_LIMITS", str(limits))
    app = page()
    assert not app.exception
    assert "4 arms" in words(app) and "9 runs of 3 cells" in words(app)
    assert not button(app, "Start the sweep").disabled
    app.number_input(key="sweep-epochs-digits").set_value(9_000).run()
    assert "is stopped here after 2 min" in words(app)
    assert button(app, "Start the sweep").disabled


def test_a_full_server_is_said_before_it_is_pressed(runs, monkeypatch):
    def refuse(*_):
        raise InputError("runs: 100 wait or train here already; start yours when one is done")

    monkeypatch.setattr("tvae.ui.sweep.form.check_room", refuse)
    app = page()
    assert not app.exception
    assert "100 wait or train here already" in words(app)
    assert button(app, "Start the sweep").disabled


def test_a_sweep_is_started_once_and_shown(runs):
    app = page()
    app.number_input(key="sweep-epochs-digits").set_value(2)
    app.text_input(key="sweep-seeds").set_value("4").run()
    button(app, "Start the sweep").click().run()
    assert not app.exception
    (name,) = plans_in(runs)
    plan = plans_in(runs)[name]
    assert name == "digits-1"
    assert plan.owner == hashed(ME) and plan.seeds == (4,) and len(plan.cells) == 9
    assert plan.config.train.epochs == 2 and plan.config.train.step == "fast"
    assert plan.config.data.validation_share == 0.1
    assert "digits-1: 0 of 1 run done" in words(app)
    assert {"Pause", "Cancel"} <= labels(app)


def test_the_cells_of_a_sweep_are_shown_with_what_they_were_measured_on(runs):
    plan = plan_here()
    made_sweep("mine", plan, runs, {"0-0": "a", "1-0": "b"})
    app = page()
    assert not app.exception
    told = words(app)
    assert "mine: 2 of 3 runs done" in told
    assert "digits test split, n = 359; training seeds 0, 1, 2" in told.replace("\\", "")
    assert "80.05 ± 0.07" in told  # the VAE's
    (table,) = (one.value for one in app.dataframe if "KL, nats" in one.value)
    assert list(table["seeds"]) == ["2 of 3"] * 5
    assert list(table["in order at m = 0, %"])[-1] == "84.05 ± 0.07"
    assert [chart.type for chart in app.get("plotly_chart")] == ["plotly_chart"]


def test_a_cell_leads_to_its_run_with_its_arm_beside_the_vae(runs):
    plan = plan_here()
    made_sweep("mine", plan, runs, {"0-0": run_of(plan, "0-0", runs), "1-0": "gone"})
    app = page(cell="m0.2-w10")
    assert not app.exception
    assert "**82.00 %** in order at m = 0 (VAE 80.00)" in words(app)
    button(app, "Show it on every page").click().run()
    assert not app.exception
    assert app.query_params["run"] == "run00" and app.query_params["arms"] == ["VAE", "M0.2-W10"]
    assert "Every page now shows this cell" in words(app)
    other = page(cell="m1-w10", **{"cell-seed": "1"})
    assert "is not among the runs here" in words(other) and "Show it on every page" not in labels(other)
    waits = page(cell="m1-w10", **{"cell-seed": "2"})
    assert "It waits for its turn" in words(waits)


def test_it_is_paused_resumed_cancelled_and_taken_back(runs):
    made_sweep("mine", plan_here(), runs, {})
    token = plans_in(runs)["mine"].token
    app = page()
    for press, asked, then in (
        ("Pause", "paused", {"Resume"}),
        ("Resume", "on", {"Pause", "Cancel"}),
        ("Cancel", "cancelled", {"Undo"}),
        ("Undo", "on", {"Pause", "Cancel"}),
    ):
        button(app, press).click().run()
        assert not app.exception
        assert Background(runs).asked(token).state == asked
        assert then <= labels(app)


def test_why_it_rests_and_what_failed_are_said(runs):
    made_sweep("mine", plan_here(), runs, {})
    Background(runs).ask(plans_in(runs)["mine"].token, Asked(state="paused", reason="disk: your runs take 50 GB"))
    app = page()
    assert "It rests. disk: your runs take 50 GB." in words(app)
    assert "Resume" in labels(app)


def test_others_sweeps_are_not_seen_and_the_command_lines_are_not_steered(runs):
    made_sweep("of-another", plan_here("somebody else"), runs, {})
    made_sweep("of-the-host", plan_here(None), runs, {"0-0": "a"})
    app = page()
    assert not app.exception
    assert "of-the-host: 1 of 3 runs done" in words(app)
    assert "python -m tvae sweep work of-the-host" in words(app)
    assert not {"Pause", "Cancel"} & labels(app)
    assert "of-another" not in words(app)
    assert "There is no sweep of-another here" in words(page(sweep="of-another"))


def test_nobody_steers_anothers_sweep(runs):
    from tvae.ui.sweep.steering import may_steer

    plan = plan_here("somebody else")
    app = AppTest.from_function(lambda: None)
    app.run()
    assert not may_steer(plan)


def test_what_failed_can_be_trained_again(runs):
    made_sweep("mine", plan_here(), runs, {})
    sweep = Sweep.open("mine", "", runs, to_work=True)

    def fails(trial):
        trial.set_user_attr("failed", "the loss is no longer a number")
        raise ValueError

    for _ in range(3):
        sweep.study.optimize(fails, n_trials=1, catch=(ValueError,))
    app = page()
    assert "3 failed" in words(app) and "the loss is no longer a number" in words(app)
    button(app, "Train the 3 failed again").click().run()
    assert not app.exception
    assert {state.state for state in sweep.states()} == {"waiting"}
    sweep.close()


def test_a_garbled_storage_is_said(runs):
    runs.mkdir()
    (runs / "sweeps.sqlite3").write_text("no database")
    app = page()
    assert not app.exception
    assert "Sweeps can't be read" in words(app)
    assert not Jobs(runs).runs()
