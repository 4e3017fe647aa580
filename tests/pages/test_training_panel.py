"""The training form and the training page, without a browser: fields, refused settings, the watched run, the list."""

import contextlib
import json
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from streamlit.testing.v1 import AppTest

from tests.coloured import coloured_digits
from tests.conftest import small_run_config
from tvae.config import LossConfig, ModelConfig, RunConfig, vae_and_tvae
from tvae.data.own import default_choices, keep, understand
from tvae.jobs.files import JobFiles, Spec
from tvae.jobs.jobs import Jobs
from tvae.jobs.preparation import Prepared
from tvae.jobs.starting import Starter
from tvae.runs.available import SHIPPED
from tvae.runs.replays.recorded import REPLAY
from tvae.system.owner import hashed
from tvae.system.process_lock import take_lock
from tvae.ui.session import keys
from tvae.ui.session.identity import cookie_name
from tvae.ui.training import starting
from tvae.ui.training.panel import PRESETS_SHOWN, Preset
from tvae.ui.training.run_table import DIFFERS, SHOWN, cell_shades, differing_cells

APP = str(Path(__file__).parents[2] / "streamlit_app.py")


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    return tmp_path


@contextlib.contextmanager
def held_lock(folder):
    """Hold the lock of this run, as its worker would."""
    files = JobFiles(folder)
    files.worker_folder.mkdir(parents=True, exist_ok=True)
    lock = take_lock(files.lock)
    assert lock is not None
    with lock:
        yield


def page(address=None):
    app = AppTest.from_file(APP, default_timeout=120)
    app.session_state[keys.TRAIN_PANEL] = True
    app.session_state[keys.TRAIN_MORE] = True
    for name, value in {"run": "digits", **(address or {})}.items():
        app.query_params[name] = value
    return app.run().switch_page("pages/5_Training.py").run()


def press_train(app):
    next(button for button in app.button if button.label == "Train").click().run()
    return app


def run_list(app) -> pd.DataFrame:
    """The list of runs, which is the last table of the page."""
    return app.main.dataframe[-1].value


def test_the_page_has_the_form_and_its_button_and_the_sidebar_does_not_repeat_them():
    app = page()
    assert not app.exception
    assert "Train" in [button.label for button in app.main.button]
    assert not app.sidebar.number_input and not app.sidebar.button
    assert [field.key for field in app.main.number_input][:4] == [
        "train-triplet",
        "train-margin",
        "train-length",
        "train-seed",
    ]
    assert set(run_list(app)["Run"]) >= {"mnist", "digits"}


def test_further_settings_are_drawn_while_they_are_in_sight():
    app = page()
    app.session_state[keys.TRAIN_MORE] = False
    app.run()
    assert not [field for field in app.selectbox if field.key == "train-network"]
    app.session_state[keys.TRAIN_MORE] = True
    app.run()
    app.number_input(key="train-kl").set_value(0.7).run()
    app.session_state[keys.TRAIN_MORE] = False
    app.run()
    press_train(app)
    (job,) = Jobs().runs()
    Jobs().stop(job.id, None)
    while not Jobs().run(job.id).over:
        time.sleep(0.05)
    assert job.config.arms["tvae"].kl_weight == 0.7


def test_one_choice_of_a_run_is_made_in_the_list_or_in_the_sidebar(runs):
    app = page()
    assert [box.label for box in app.main.selectbox if "Run" in box.label or "run" in box.label] == []
    assert "digits test split" in " ".join(caption.value for caption in app.main.caption)
    choose_in_list(app, "mnist-ladder")
    assert app.sidebar.selectbox(key="run").value == "mnist-ladder"
    assert app.query_params["run"] == "mnist-ladder"
    assert "## Run mnist-ladder" in [text.value for text in app.main.markdown]
    app.sidebar.selectbox(key="run").set_value("digits").run()
    assert "## Run digits" in [text.value for text in app.main.markdown]


def test_another_run_is_chosen_while_one_is_under_way_and_a_button_leads_back(runs):
    with held_lock(runs / "mine"):
        app = watched_run(runs, phase="training")
        assert "## Run mine" in [text.value for text in app.main.markdown]
        choose_in_list(app, "mnist")
        assert "## Run mnist" in [text.value for text in app.main.markdown]
        assert app.query_params["watch"] == "mine"
        app.main.button(key="status-watch").click().run()
        assert "## Run mine" in [text.value for text in app.main.markdown]
        assert app.sidebar.selectbox(key="run").value == "mnist"


def choose_in_list(app, name):
    """Tick the run's row, as a browser reports it."""
    table = app.main.dataframe[-1]
    app.session_state[table.key] = {"selection": {"rows": [list(table.value["Run"]).index(name)]}}
    app.run()


WEIGHTS = {"train-triplet": "Triplet weight", "train-kl": "KL weight", "train-reconstruction": "Reconstruction weight"}


@pytest.mark.parametrize(
    ("key", "value", "unit", "told"),
    [
        # None is what an emptied field holds; text never leaves the browser.
        *((key, value, "epochs", name) for key, name in WEIGHTS.items() for value in (None, -0.1, 2e6, 1e300)),
        *(("train-margin", value, "epochs", "Margin") for value in (None, -1.0, 2e6, 1e300)),
        *(("train-length", value, "epochs", "Epochs") for value in (None, -1.0, 0.0, 1.5, 1e9, 1e300)),
        *(("train-length", value, "seconds", "Seconds") for value in (None, -1.0, 0.0, 1e9, 1e300)),
        ("train-seed", None, "epochs", "Seed"),
        ("train-seed", -1, "epochs", "Seed"),
    ],
)
def test_an_impossible_value_is_refused_before_anything_starts(key, value, unit, told):
    app = page()
    app.selectbox(key="train-unit").set_value(unit)
    app.number_input(key=key).set_value(value)
    press_train(app)
    assert not app.exception
    assert len(app.error) == 1
    assert app.error[0].value.startswith(f"**{told}**: ")
    assert re.search(r"must be a (finite|whole) number from \d", app.error[0].value)
    assert Jobs().runs() == []


def test_a_closed_panel_draws_no_field_that_its_opening_would_fill_over_what_is_typed():
    app = AppTest.from_file(APP, default_timeout=120)
    app.query_params["run"] = "digits"
    app.run()
    assert not app.sidebar.number_input
    app.session_state[keys.TRAIN_PANEL] = True
    app.run()
    app.number_input(key="train-length").set_value(60.0).run()
    app.session_state[keys.TRAIN_PANEL] = False
    app.run()
    app.session_state[keys.TRAIN_PANEL] = True
    app.run()
    assert app.number_input(key="train-length").value == 60.0


def test_a_preset_fills_the_fields():
    app = page()
    assert app.number_input(key="train-triplet").value == 2.0  # as the digits run was trained
    assert app.number_input(key="train-length").value == 20
    app.selectbox(key="train-preset").set_value("Our preset").run()
    assert app.number_input(key="train-triplet").value == 15.0
    assert app.number_input(key="train-length").value == 20
    app.selectbox(key="train-preset").set_value("Go on from here").run()
    assert app.selectbox(key="train-data").disabled
    assert app.number_input(key="train-length").value == 10


def fields(app):
    return {name: app.number_input(key=f"train-{name}").value for name in ("margin", "triplet", "kl", "length")}


DIGITS = {"margin": 1.0, "triplet": 2.0, "kl": 0.1, "length": 20}
MNIST = {"margin": 1.0, "triplet": 15.0, "kl": 1.0, "length": 2}


def test_the_fields_follow_the_run_that_is_shown():
    app = page()
    assert (fields(app), app.selectbox(key="train-data").value) == (DIGITS, "digits")
    app.sidebar.selectbox(key="run").set_value("mnist").run()
    assert (fields(app), app.selectbox(key="train-data").value) == (MNIST, "mnist")
    app.switch_page("pages/1_Latent_map.py").run()
    assert fields(app) == MNIST


def test_fields_that_were_changed_stay_and_name_their_run_until_those_of_the_shown_run_are_taken():
    app = page()
    app.number_input(key="train-margin").set_value(3.0).run()
    app.sidebar.selectbox(key="run").set_value("mnist").run()
    assert fields(app) == {**DIGITS, "margin": 3.0}
    assert "These settings are from digits, as you changed them." in [caption.value for caption in app.caption]
    next(button for button in app.button if button.label == "Take those of mnist").click().run()
    assert fields(app) == MNIST
    assert not any("as you changed them" in caption.value for caption in app.caption)


def test_weights_and_loss_to_go_on_from_are_those_of_one_run():
    app = page()
    app.selectbox(key="train-preset").set_value("Go on from here").run()
    app.number_input(key="train-margin").set_value(3.0).run()
    app.sidebar.selectbox(key="run").set_value("mnist").run()
    assert fields(app) == {**MNIST, "length": 1}
    app.sidebar.selectbox(key="run").set_value("digits").run()
    assert fields(app) == {**DIGITS, "length": 10}


def test_a_run_of_seconds_is_told_by_the_epochs_that_it_trained(runs):
    folder = runs / "timed"
    shutil.copytree(SHIPPED / "digits", folder)
    config = json.loads((folder / "config.json").read_text())
    config["train"]["epochs"] = 100_000
    config["provenance"]["seconds_budget"] = 30.0
    (folder / "config.json").write_text(json.dumps(config))
    app = page({"run": "timed"})
    assert not app.exception
    assert fields(app) == DIGITS  # a tenth of the 200 epochs that it trained
    told = [each.value for each in (*app.caption, *app.markdown)]
    assert not any("100,000" in each or "100000" in each for each in told)
    assert any("200 epochs" in each for each in told)
    table = run_list(app)
    assert dict(zip(table["Run"], table["Epochs"], strict=True))["timed"] == 200


def test_the_panel_starts_a_run_in_fast_steps():
    app = page()
    app.number_input(key="train-length").set_value(1.0)
    press_train(app)
    assert not app.exception
    (job,) = Jobs().runs()
    Jobs().stop(job.id, None)
    while not Jobs().run(job.id).over:
        time.sleep(0.05)
    assert (job.config.train.step, job.config.train.epochs) == ("fast", 1)


def network(app):
    return app.selectbox(key="train-network")


def training_texts(app):
    return " ".join(caption.value for caption in app.caption)


def test_the_network_is_the_run_s_own_until_another_is_chosen_and_its_cost_is_said():
    app = page()
    assert network(app).value == "mlp"
    assert "Convolutions and" not in training_texts(app)
    network(app).set_value("conv").run()
    words = training_texts(app)
    assert "Burgess et al. 2018" in words and "times as long as with two layers" in words
    assert "Suggested for grey images of 8 × 8: two layers." in words
    app.switch_page("pages/1_Latent_map.py").run()
    assert network(app).value == "conv"
    app.selectbox(key="train-preset").set_value("Go on from here").run()
    assert (network(app).value, network(app).disabled) == ("mlp", True)


def test_the_expected_time_follows_network_and_length():
    app = page({"run": "mnist"})
    app.number_input(key="train-length").set_value(10.0).run()
    seconds = {}
    for kind in ("mlp", "conv"):
        network(app).set_value(kind).run()
        number, unit = re.findall(r"About ([\d.]+) (s|min|h) on two processor cores", training_texts(app))[0]
        seconds[kind] = float(number) * {"s": 1, "min": 60, "h": 3600}[unit]
    assert 15 < seconds["mlp"] < 60
    assert seconds["conv"] > 5 * seconds["mlp"]
    app.selectbox(key="train-unit").set_value("seconds").run()
    assert re.search(r"About [\d.]+ epochs on two processor cores, and about \d+ s to measure", training_texts(app))


def test_a_data_set_in_colour_gets_convolutions_and_so_does_its_run(tmp_path, monkeypatch):
    monkeypatch.setenv("TVAE_DATA", str(tmp_path / "data"))
    dataset = coloured_digits(16)
    images = np.concatenate([dataset.train.images, dataset.test.images])
    labels = np.concatenate([dataset.train.labels, dataset.test.labels])
    np.savez(tmp_path / "colour.npz", images=images, labels=labels)
    understood = understand(tmp_path / "colour.npz")
    keep(understood, replace(default_choices(understood), colours="colour"), "tinted", owner="", shared=True)
    app = page()
    app.selectbox(key="train-data").set_value("tinted").run()
    assert network(app).value == "conv"
    assert "Suggested for colour images of 32 × 32." in training_texts(app)
    app.number_input(key="train-length").set_value(1.0)
    press_train(app)
    assert not app.exception and not app.error
    (job,) = Jobs().runs()
    Jobs().stop(job.id, None)
    while not Jobs().run(job.id).over:
        time.sleep(0.05)
    assert job.config.model == ModelConfig(kind="conv", hidden=256)
    app.selectbox(key="train-data").set_value("mnist").run()
    assert network(app).value == "mlp"


def test_what_has_no_field_is_as_in_the_settings_started_from(monkeypatch):
    loss = LossConfig(reconstruction="bernoulli", triplet_weight=3.0, surgery=1.5, triplet_warmup=7)
    monkeypatch.setitem(PRESETS_SHOWN, "Best trade", Preset("", RunConfig(arms=vae_and_tvae(loss))))
    app = page()
    app.selectbox(key="train-preset").set_value("Best trade").run()
    app.number_input(key="train-length").set_value(1.0)
    app.number_input(key="train-margin").set_value(0.5)
    press_train(app)
    (job,) = Jobs().runs()
    Jobs().stop(job.id, None)
    while not Jobs().run(job.id).over:
        time.sleep(0.05)
    assert job.config.arms == vae_and_tvae(replace(loss, margin=0.5))


def test_the_form_of_the_triplet_term_and_its_triplets_are_chosen_under_more():
    app = page()
    assert "train-temperature" not in [field.key for field in app.number_input], "a hinge has none"
    app.selectbox(key="train-triplet-form").set_value("sigmoid").run()
    app.number_input(key="train-temperature").set_value(None).run()
    assert "**Temperature**: nan is not possible" in press_train(app).error[0].value
    app.number_input(key="train-temperature").set_value(0.4)
    app.selectbox(key="train-triplets").set_value("all").run()
    app.number_input(key="train-length").set_value(1.0)
    press_train(app)
    (job,) = Jobs().runs()
    Jobs().stop(job.id, None)
    while not Jobs().run(job.id).over:
        time.sleep(0.05)
    loss = job.config.arms["tvae"]
    assert (loss.triplet_form, loss.temperature, loss.triplets) == ("sigmoid", 0.4, "all")


def test_train_pressed_twice_is_one_run_unless_it_was_stopped_in_between(monkeypatch):
    monkeypatch.setattr(starting, "DOUBLE_CLICK_SECONDS", 60.0)  # a busy machine takes longer to draw the page
    app = page().run()  # the first run on a page does not know the address' run yet
    app.number_input(key="train-length").set_value(20_000.0)
    press_train(app)
    press_train(app)
    (first,) = Jobs().runs()
    assert app.query_params["watch"] == first.id
    next(button for button in app.main.button if button.label == "Stop").click().run()
    assert Jobs().run(first.id).over or Jobs().run(first.id).stopping
    press_train(app)
    (second,) = {job.id for job in Jobs().runs()} - {first.id}
    assert app.query_params["watch"] == second
    for run_id in (first.id, second):
        Jobs().stop(run_id, None)
        while not Jobs().run(run_id).over:
            time.sleep(0.05)


def test_a_run_is_watched_even_if_another_request_comes_while_it_is_started(monkeypatch):
    app = page().run()
    start = Starter.start

    def interrupted(*args, **settings):
        run_id = start(*args, **settings)
        context = get_script_run_ctx()
        assert context is not None and context.script_requests is not None
        context.script_requests.request_rerun(RerunData(page_script_hash=context.page_script_hash))
        return run_id

    monkeypatch.setattr(Starter, "start", interrupted)
    press_train(app)
    (job,) = Jobs().runs()
    assert app.query_params["watch"] == job.id
    Jobs().stop(job.id, None)
    while not Jobs().run(job.id).over:
        time.sleep(0.05)


def watched_run(runs, **status):
    """The training page of a run with a worker, in this state."""
    files = JobFiles(runs / "mine")
    files.folder.mkdir(parents=True, exist_ok=True)
    files.write_spec(Spec(config=small_run_config(), created="2026-01-01", steps=60))
    files.write_state({"state": "running", **status})
    return page({"watch": "mine"})


def test_how_far_a_first_run_is_prepared_is_seen_beside_the_button_or_in_the_place_of_the_waiting_run_s_bar(
    runs, monkeypatch
):
    for module in ("panel", "status"):
        monkeypatch.setattr(f"tvae.ui.training.{module}.preparation", lambda: Prepared(2, 6))
    text = "Preparing this machine's first run: 2 of 6"
    (bar,) = page().get("progress")
    assert (bar.proto.text, bar.proto.value) == (text, 33)
    with held_lock(runs / "mine"):
        for phase in ("loading", "compiling"):
            bars = watched_run(runs, phase=phase).get("progress")
            assert {bar.proto.text for bar in bars} == {text}
        bars = watched_run(runs, phase="training", step=30, steps=60, epoch=3.0).get("progress")
        assert {bar.proto.text for bar in bars} == {"Training, 1 of 2: epoch 3.00"}


def test_the_bar_tells_training_from_measuring_and_counts_both(runs):
    with held_lock(runs / "mine"):
        app = watched_run(runs, state="queued")
        assert app.get("progress")[0].proto.text == "Training, 1 of 2: has not begun"
        status = {"step": 60, "steps": 60, "epoch": 3.0, "seconds": 10.0, "measuring_seconds": 30.0}
        app = watched_run(runs, phase="training", **{**status, "step": 30, "seconds": 5.0, "seconds_left": 35.0})
        (bar,) = app.get("progress")
        assert bar.proto.text == "Training, 1 of 2: epoch 3.00, 35 s left with measuring"
        assert bar.proto.value == 12
        JobFiles(runs / "mine").write_state(
            {"state": "running", "phase": "measuring", "measured": 0.5, "seconds_left": 15.0, **status}
        )
        app.run()
        (bar,) = app.get("progress")
        assert bar.proto.text == "Measuring, 2 of 2: 50 %, 15 s left"
        assert bar.proto.value == 62


def test_a_run_s_controls_show_what_another_tab_has_asked_of_it(runs, cookies):
    cookies[cookie_name()] = "a-token-that-is-mine"
    with held_lock(runs / "mine"):
        app = watched_run(runs, phase="training")
        files = JobFiles(runs / "mine")
        files.write_spec(replace(files.read_spec(), owner=hashed("a-token-that-is-mine")))
        app.run()
        slow = next(toggle for toggle in app.toggle if toggle.label.startswith("Slow"))
        assert slow.key is not None
        slow.set_value(True).run()
        assert files.flag("slow")
        files.set_flag("slow", False)  # by the other tab; this one must not ask for it again
        app.run()
        assert not app.toggle(key=slow.key).value
        assert not files.flag("slow")
        files.set_flag("pause", True)
        app.run()
        labels = {button.label for button in app.main.button}
        assert "Resume" in labels and "Pause" not in labels


def links_to_map(app: AppTest) -> list[str]:
    """The parameters of each link that opens the map of the watched run."""
    protos = (element.proto for element in app.get("page_link"))
    return [proto.query_string for proto in protos if proto.label == "Open on the map"]


def test_a_finished_run_is_offered_and_not_shown_by_itself(runs, cookies):
    """Whoever looks at a map would lose it, with all that is selected there."""
    cookies[cookie_name()] = "a-token-that-is-mine"
    shutil.copytree(SHIPPED / "digits", runs / "mine")
    with held_lock(runs / "mine"):
        app = watched_run(runs, phase="measuring")
        assert "Show it" not in {button.label for button in app.button}
        assert links_to_map(app) == []
        JobFiles(runs / "mine").write_state({"state": "done"})
        app.run()
        assert app.sidebar.selectbox(key="run").value == "digits"
        assert links_to_map(app) == ["run=mine"]
        app.button(key="status-show").click().run()
        assert app.sidebar.selectbox(key="run").value == "mine"
        assert app.query_params["run"] == "mine"
        assert "Show it" not in {button.label for button in app.button}


def test_what_cannot_be_done_is_said_in_one_line(runs, monkeypatch):
    """A process that can't be started, and a run that another tab has deleted or begun again meanwhile."""
    shutil.copytree(SHIPPED / "digits", runs / "mine")
    JobFiles(runs / "mine").folder.mkdir()
    JobFiles(runs / "mine").write_spec(Spec(config=small_run_config(), owner=hashed("a-token-that-is-mine")))
    JobFiles(runs / "mine").write_state({"state": "stopped", "step": 3})
    monkeypatch.setenv("TVAE_ANYONE_MAY_STOP", "1")

    def refuse(*_: object) -> None:
        raise OSError("no worker can be started")

    monkeypatch.setattr(Starter, "start_again", refuse)
    app = page({"watch": "mine"})
    next(button for button in app.main.button if button.label == "Resume").click().run()
    assert not app.exception
    assert [error.value for error in app.error] == ["Not done. no worker can be started."]
    assert not app.run().error
    monkeypatch.setattr(Jobs, "resume", lambda *_: Jobs().run("gone"))
    next(button for button in app.main.button if button.label == "Resume").click().run()
    assert not app.exception
    assert app.error[0].value.startswith("Not done. run")


def test_the_runs_of_others_can_be_looked_at_and_not_brought_back(runs):
    shutil.copytree(SHIPPED / "digits", runs / "theirs")
    JobFiles(runs / "theirs").folder.mkdir()
    JobFiles(runs / "theirs").write_spec(Spec(config=small_run_config(), owner=hashed("a-token-of-somebody-else")))
    JobFiles(runs / "theirs").write_state({"state": "stopped"})
    labels = {button.label for button in page({"watch": "theirs"}).button}
    assert labels.isdisjoint({"Resume", "Stop", "Delete"})
    Jobs().trash.delete("theirs", "a-token-of-somebody-else")
    assert "Undo" not in {button.label for button in page().button}
    assert page({"watch": "theirs"}).exception == []


def test_another_s_deleted_run_is_not_listed_where_anyone_may_stop_a_run(runs, monkeypatch):
    monkeypatch.setenv("TVAE_ANYONE_MAY_STOP", "1")
    ended_run(runs, "theirs", owner="a-token-of-somebody-else")
    Jobs().trash.delete("theirs", "a-token-of-somebody-else")
    app = page()
    assert not app.exception
    assert "Undo" not in {button.label for button in app.button}


def ended_run(runs, name, owner):
    """A run of this person that was stopped."""
    shutil.copytree(SHIPPED / "digits", runs / name)
    JobFiles(runs / name).folder.mkdir()
    JobFiles(runs / name).write_spec(Spec(config=small_run_config(), owner=hashed(owner)))
    JobFiles(runs / name).write_state({"state": "stopped"})


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("lab\u202efdp.exe", "Not done. name: U+202E RIGHT-TO-LEFT OVERRIDE is not possible in it"),
        ("\U0001f600" * 80, "Not done. name: '"),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_one_line(runs, monkeypatch, typed, line):
    ended_run(runs, "mine", owner="me")
    monkeypatch.setenv("TVAE_ANYONE_MAY_STOP", "1")
    app = page({"watch": "mine"})
    next(field for field in app.main.text_input if field.label == "Name").set_value(typed)
    next(button for button in app.main.button if button.label == "Save").click().run()
    assert not app.exception
    assert [error.value.startswith(line) for error in app.error] == [True]
    assert Jobs().run("mine").name == ""


def test_a_joined_emoji_is_a_name(runs, monkeypatch):
    ended_run(runs, "mine", owner="me")
    monkeypatch.setenv("TVAE_ANYONE_MAY_STOP", "1")
    app = page({"watch": "mine"})
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    next(field for field in app.main.text_input if field.label == "Name").set_value(family)
    next(button for button in app.main.button if button.label == "Save").click().run()
    assert not app.exception and not app.error
    assert Jobs().run("mine").name == family


@pytest.mark.parametrize("foreign", ["../..", "nosuchrun1", "/etc", "a" * 500, "\U0001f600" * 120, "\u202e" * 100])
def test_a_foreign_run_in_the_address_is_no_trap(foreign):
    app = page({"watch": foreign})
    assert not app.exception
    assert "## Run digits" in [text.value for text in app.main.markdown]


def trained_before(runs):
    """A finished run with snapshots, which the session watches."""
    shutil.copytree(SHIPPED / "digits", runs / "mine")
    (runs / "mine" / REPLAY).unlink()  # as runs of earlier versions have none
    return page({"watch": "mine"})


def map_caption(app):
    return next(caption.value for caption in app.main.caption if caption.value.startswith("Means μ"))


def test_the_map_is_fitted_once_and_later_means_are_placed_in_it(runs):
    app = trained_before(runs)
    assert "in the PCA plane of epoch 200." in map_caption(app)
    app.segmented_control(key="training-plane").set_value("start").run()
    assert "in the PCA plane of epoch 0." in map_caption(app)
    assert "Approximate" not in map_caption(app)
    app.segmented_control(key="training-map").set_value("umap").run()
    limit = time.monotonic() + 120
    while "Approximate" not in map_caption(app):
        assert "PCA plane" in map_caption(app)  # meanwhile
        assert time.monotonic() < limit
        time.sleep(0.2)
        app.run()
    assert "in the layout of epoch 0 by UMAP, 15 neighbours" in map_caption(app)
    assert "weighted mean of the places of the 8 fitted means" in map_caption(app)
    app.segmented_control(key="training-plane").set_value("newest").run()
    assert not app.exception
    while "PCA plane" in map_caption(app):
        assert time.monotonic() < limit
        time.sleep(0.2)
        app.run()
    assert "in the layout of epoch 200 by UMAP" in map_caption(app)
    assert "Approximate" not in map_caption(app)  # these are the fitted means themselves
    app.button(key="map-fit-anew").click().run()
    assert not app.exception


def test_settings_that_differ_are_shaded():
    assert differing_cells(pd.Series([1.0, 1.0, 2.0])) == ["", "", DIFFERS]
    assert differing_cells(pd.Series([1.0, 2.0])) == [DIFFERS, DIFFERS]
    assert differing_cells(pd.Series(["mnist", "mnist"])) == ["", ""]


def test_a_token_in_the_address_gives_no_control(cookies):
    """Links of earlier versions had the owner's token in them; whoever is given one could plant a token too."""
    theirs = "a-token-of-somebody-else"
    run_id = Jobs().starter.start(small_run_config(), theirs)
    app = page({"watch": run_id, "owner": theirs})
    Jobs().stop(run_id, None)
    assert "Stop" not in {button.label for button in app.button}
    cookies[cookie_name()] = theirs
    assert page({"watch": run_id}).session_state["owner-token"] == theirs
    while not Jobs().run(run_id).over:
        time.sleep(0.05)


def test_the_browser_stays_the_same_person_while_its_connection_is_lost(cookies):
    cookies[cookie_name()] = "a-token-that-is-mine"
    app = page()
    cookies.clear()
    app.number_input(key="train-length").set_value(1.0)
    press_train(app)
    (job,) = Jobs().runs()
    assert Jobs().may_control(job.id, "a-token-that-is-mine")
    Jobs().stop(job.id, None)
    while not Jobs().run(job.id).over:
        time.sleep(0.05)


def test_what_is_over_a_limit_is_said_in_the_panel(runs):
    (runs / "limits.toml").write_text("run_arms = 1")
    app = press_train(page())
    assert not app.exception
    assert [error.value for error in app.error] == ["**arms**: 2; a run has at most 1 here, so leave some out."]
    (runs / "limits.toml").write_text("run_arms = many")
    app = press_train(page())
    assert not app.exception
    assert "limits.toml" in app.error[0].value and str(runs) not in app.error[0].value
    assert not Jobs().runs()


def test_the_shown_run_and_settings_that_differ_are_shaded():
    table = pd.DataFrame({"Run": ["a", "b", "c"], "Margin": [1.0, 2.0, 1.0], "Note": ["", "", ""]})
    shades = cell_shades(table, "b")
    assert shades["Run"].tolist() == shades["Note"].tolist() == ["", SHOWN, ""]
    assert shades["Margin"].tolist() == ["", DIFFERS, ""]
    assert cell_shades(table, "a")["Margin"].tolist() == [SHOWN, DIFFERS, ""]
