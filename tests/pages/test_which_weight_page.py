"""The page "Which weight?", run without a browser: advice, bounds, seeds, the table, other weights, training."""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import small_run_config
from tests.pages.made_runs import ladder_run, own_run
from tvae.config import PRESETS, DataConfig, vae_and_tvae
from tvae.jobs.jobs import Jobs
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.runs.encodings import read_encoding
from tvae.runs.run import Run, read_metrics, read_run, write_config
from tvae.runs.seeds.figures import MARGINS, ArmFigures, SeedFigures
from tvae.runs.seeds.file import SEEDS, write_seed_figures

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "checkpoints" / "digits"


def page(query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/0_Which_weight.py")
    app.query_params.update(query)
    return app.run()


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info]
    return "\n".join(part.value for part in parts).replace("\u00a0", " ")


@pytest.fixture
def runs(tmp_path, monkeypatch) -> Path:
    """An empty folder of a person's own runs."""
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    return tmp_path


@pytest.fixture
def ladder(runs) -> Run:
    """A run of twelve arms, whose classes lie further apart from arm to arm."""
    return ladder_run(runs / "steps")


def figures(seed: int, run: Run, places: dict[str, tuple[float, float]], validation: float = 0.0) -> SeedFigures:
    """Figures of arms with this accuracy at every margin and this error, `validation` lower on the validation split."""

    def of_split(less: float) -> dict[str, ArmFigures]:
        return {
            arm: ArmFigures(triplet_accuracy=(accuracy - less,) * len(MARGINS), reconstruction=error, kl=10.0)
            for arm, (accuracy, error) in places.items()
        }

    splits = {"test": of_split(0.0)}
    if run.provenance.validation is not None:
        splits = {"validation": of_split(validation), **splits}
    return SeedFigures(seed=seed, step=run.provenance.step, splits=splits)


@pytest.fixture
def held_out(runs) -> Run:
    """A run of three arms with a validation split and the figures of three seeds."""
    generator = np.random.default_rng(0)
    arms = {name: PRESETS["ladder"].arms[name] for name in ("vae", "w10", "w100")}
    config = replace(small_run_config(), data=DataConfig(name="digits", validation_share=0.1), arms=arms)
    means = {arm: generator.normal(size=(30, 2)) for arm in arms}
    run = own_run(runs / "own", means, np.arange(30) % 3, config)
    run = replace(run, provenance=replace(run.provenance, validation=run.provenance.train))
    write_config(run)
    places = {"vae": (0.77, 10.0), "w10": (0.97, 11.0), "w100": (0.995, 15.0)}
    shifts = {3: 0.0, 4: 0.001, 5: -0.0005}
    write_seed_figures(
        run,
        [
            figures(
                seed,
                run,
                {arm: (accuracy + shift, error + 100 * shift) for arm, (accuracy, error) in places.items()},
                0.03,
            )
            for seed, shift in shifts.items()
        ],
    )
    return run


def test_the_advice_is_chosen_on_validation_rows_and_stated_on_test_rows(held_out):
    app = page({"run": "own", "need": "90"})
    assert not app.exception
    told = words(app)
    assert "Take **weight 10, margin 1**: **97.02 %** of all triplets are in the right order" in told
    assert "right order, 77.02 % with VAE, and it costs" in told and "costs **10 % more squared error**" in told
    assert "It is the most accurate with at most 25 % more squared error." in told
    assert "The next arm up, weight 100, margin 1, gives +2.50 points for +40 % squared error." in told
    assert "Chosen on the validation split, numbers of the test split. Other pages show one of the 3 trainings" in told
    # 97 % on test rows are 94 % on those that choose: 95 % are not met within 25 % more error.
    assert "No arm is within both bounds" in words(page({"run": "own", "need": "95"}))


def test_the_caption_explains_labels_and_which_arms_are_our_preset_and_the_papers_equation(runs):
    told = words(page({"run": "mnist-ladder"}))
    assert "w 100 · m 1 is weight 100, margin 1." in told
    assert "The diamond, our preset, is weight 15, margin 1" in told
    assert "The square, weight 1, margin 1, is the paper's Eq. 2 as it is written: all weights are 1" in told


def test_a_caption_speaks_of_no_arm_that_the_run_lacks(held_out):
    told = words(page({"run": "own"}))
    assert "w 100 · m 1 is weight 100, margin 1." in told
    assert "The diamond" not in told and "The square" not in told


def test_the_axis_says_at_which_margin_accuracy_is_scored(held_out):
    figure = json.loads(page({"run": "own", "scored-margin": "0.1"}).get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["yaxis"]["title"]["text"] == "triplet accuracy, scored at m = 0.1"


def test_below_the_advice_stand_both_margins_and_the_number_of_trainings(held_out):
    advised = "\n".join(
        [caption.value for caption in page({"run": "own", "need": "90", "scored-margin": "0.1"}).caption]
    )
    assert "Trained with margin 1, scored at margin 0.1; mean of 3 trainings." in advised
    assert "Trained without triplets, scored at margin 0; mean" in words(
        page({"run": "own", "need": "0", "accept": "5"})
    )
    assert "\nScored at margin 0; mean of 3 trainings." in words(page({"run": "own", "need": "99", "accept": "5"}))


def test_each_point_is_labelled_with_its_weight_and_its_margin(held_out):
    *_, labels, _ = json.loads(page({"run": "own"}).get("plotly_chart")[0].proto.spec)["data"]
    assert labels["text"] == ["VAE", "w 10 · m 1", "w 100 · m 1"]


def test_both_controls_move_the_advice_and_stand_in_the_address(held_out):
    app = page({"run": "own", "need": "90"})
    app.slider(key="accept").set_value(60).run()
    assert "Take **weight 100, margin 1**" in words(app)
    assert "No arm is more accurate." in words(app)
    assert "The cheapest with 90 % is weight 10, margin 1" in words(app)
    app.slider(key="accept").set_value(5).run()
    assert "No arm is within both bounds" in words(app)
    assert "Either accept 10 % more squared error (5 points more than now), or need no more than 74" in words(app)
    app.slider(key="need").set_value(99.5).run()
    assert "None here has 99.5 % at any cost." in words(app)
    assert (app.query_params["accept"], app.query_params["need"]) == ("5", "99.5")


def test_cost_may_be_kl(held_out):
    app = page({"run": "own", "need": "90", "cost": "kl"})
    assert not app.exception
    assert "more KL**" in words(app)


def test_cost_may_be_nats_of_the_elbo(held_out):
    app = page({"run": "own", "need": "90", "cost": "elbo"})
    told = words(app)
    # With weights of 1: the errors of the arms are 10, 11 and 15, their KL is the same.
    assert "Take **weight 10, margin 1**" in told and "it costs **1.0 nats of the ELBO**." in told
    assert "It is the most accurate with at most 3 nats of the ELBO lost." in told
    assert "The next arm up, weight 100, margin 1, gives +2.50 points for +4.0 nats." in told
    assert "The ELBO falls by 1 × squared error + KL" in told
    assert app.dataframe[0].value["cost in the ELBO, nats"].tolist() == ["0.00 ± 0.00", "1.00 ± 0.00", "5.00 ± 0.00"]
    app.slider(key="accept-nats").set_value(0.5).run()
    assert "Either accept 1 nat of the ELBO lost (0.5 nats more than now), or need no more than 74" in words(app)
    assert app.query_params["accept-nats"] == "0.5"
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["xaxis"]["title"]["text"] == "nats of the ELBO lost beside VAE (validation)"


def test_what_the_chosen_cost_does_not_count_is_said(held_out):
    path = held_out.folder / SEEDS
    content = json.loads(path.read_text())
    for of_seed in content["seeds"]:
        of_seed["splits"]["test"]["w10"]["kl"] = 15.0
    path.write_text(json.dumps(content))
    by_error = words(page({"run": "own", "need": "90"}))
    assert "It also has 50 % more KL, which this cost does not count. It is the most accurate" in by_error
    by_kl = words(page({"run": "own", "need": "90", "cost": "kl"}))
    assert "Take **weight 100, margin 1**" in by_kl
    assert "It also has 50 % more squared error, which this cost does not count." in by_kl
    assert "does not count" not in words(page({"run": "own", "need": "90", "cost": "elbo"}))
    assert "does not count" not in words(page({"run": "own", "need": "70", "accept": "5"}))


def test_an_arm_that_costs_less_says_so_and_the_baseline_is_no_cheaper_choice(held_out):
    path = held_out.folder / SEEDS
    content = json.loads(path.read_text())
    for of_seed in content["seeds"]:
        of_seed["splits"]["test"]["w10"]["reconstruction"] = 9.5
    path.write_text(json.dumps(content))
    told = words(page({"run": "own", "need": "0"}))
    assert re.search(r"and it has \*\*5\.\d\s% less squared error\*\*\.", told)
    assert "The cheapest with" not in told


def test_a_baseline_without_any_kl_is_said_and_the_other_costs_stand(held_out):
    path = held_out.folder / SEEDS
    path.write_text(path.read_text().replace('"kl":10.0', '"kl":0.0'))
    app = page({"run": "own", "need": "90", "cost": "kl"})
    assert not app.exception
    assert "No arm can be advised by this cost. cost: the KL of arm vae is 0" in words(app)
    assert "Take **weight 10, margin 1**" in words(page({"run": "own", "need": "90"}))


def test_the_table_has_the_spread_of_seeds_and_the_download_is_of_all(held_out):
    table = page({"run": "own"}).dataframe[0].value.set_index("arm")
    assert table.loc["weight 10, margin 1", "accuracy at m = 0, %"] == "97.02 ± 0.08"
    assert table.loc["weight 10, margin 1", "the same, validation"] == "94.02 ± 0.08"
    assert table.loc["VAE", "more squared error, %"] == "0.0 ± 0.0"


def test_a_run_of_many_arms_is_its_own_ladder_with_exact_accuracies(ladder):
    app = page({"run": "steps", "scored-margin": "0.5", "need": "0"})
    assert not app.exception
    told = words(app)
    assert "Chosen and measured on the same images, the test split." in told
    assert re.search(r"scored at margin 0.5; one training\.", told)
    table = app.dataframe[0].value
    assert list(table["triplet weight"]) == [loss.triplet_weight for loss in ladder.config.arms.values()]
    encoding = read_encoding(ladder, "test")
    assert encoding is not None
    exact = [100 * triplet_accuracy(means, encoding.labels, [0.5]).accuracy[0] for means in encoding.means.values()]
    assert table["accuracy at m = 0.5, %"].astype(float).to_numpy() == pytest.approx(exact, abs=0.006)
    assert set(table["squared error"]) == {"1.00"} and set(table["KL, nats"]) == {"2.00"}
    # All cost the same here, so none beats the most accurate.
    assert table["none beats it"].tolist() == ["yes" if row == int(np.argmax(exact)) else "" for row in range(12)]


def test_beside_a_run_of_two_arms_stands_the_shipped_ladder_of_its_data():
    app = page({"run": "mnist", "scored-margin": "0.5"})
    assert not app.exception
    metrics = read_metrics(ROOT / "checkpoints" / "mnist-ladder")
    assert metrics is not None
    table = app.dataframe[0].value
    means = [float(cell.split(" ")[0]) for cell in table["squared error"]]
    assert "The arms are those of mnist-ladder, on the same data; other pages show mnist," in words(app)
    spread = 0.006 if "one training" in words(app) else 0.3
    for error, (_, numbers) in zip(means, metrics["arms"].items(), strict=True):
        assert error == pytest.approx(numbers["reconstruction"], abs=spread)


def test_without_a_ladder_a_button_trains_one_on_the_data_of_the_run(runs):
    app = page({"run": "digits"})
    assert not app.exception
    assert "No run on digits has more than two arms yet." in words(app)
    assert re.search(r"Trains 12 arms side by side .* About \d+ (s|min) on two processor cores", words(app))
    app.button(key="train-ladder").click().run()
    assert not app.exception
    (job,) = Jobs(runs).runs()
    Jobs(runs).stop(job.id, None)
    assert len(job.config.arms) == 12 and job.config.train.step == "fast"
    assert (job.config.data.name, job.config.data.validation_share) == ("digits", 0.1)
    while not Jobs(runs).run(job.id).over:
        time.sleep(0.05)


def test_figures_that_can_t_be_read_are_one_line_and_the_rest_of_the_page_stands(held_out):
    path = held_out.folder / SEEDS
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "schema": 9}))
    app = page({"run": "own"})
    assert not app.exception
    (said,) = [warning.value for warning in app.warning]
    assert (
        "schema version 9 is that of a newer version of this program, which reads 1" in said
        and str(held_out.folder) not in said
    )
    assert "Another weight or margin" in words(app)


def test_own_runs_that_differ_in_seed_alone_are_seeds(ladder, runs):
    shutil.copytree(ladder.folder, runs / "again")
    again = read_run(runs / "again")
    write_config(replace(again, config=replace(again.config, train=replace(again.config.train, seed=8))))
    from tvae.runs.encodings import write_curves
    from tvae.runs.evaluation import triplet_curves

    for run in (ladder, read_run(runs / "again")):
        encoding = read_encoding(run, "test")
        assert encoding is not None
        write_curves(run.folder, "test", triplet_curves(encoding))
    assert "mean of 2 trainings" in words(page({"run": "steps"}))


@pytest.mark.parametrize("labels", [[0] * 8, [0, 1], [0, 0]])
def test_labels_without_a_triplet_are_one_line(runs, labels):
    means = np.random.default_rng(0).normal(size=(len(labels), 2))
    own_run(runs / "own", {"vae": means, "tvae": means}, np.array(labels))
    app = page({"run": "own"})
    assert not app.exception and not app.error
    assert f"not measurable here: the {len(labels)} images of the test split have no triplet" in words(app)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reconstruction": "bernoulli"}, "All arms were trained with cross-entropy in place of squared error"),
        ({"kl_weight": 0.0}, "All arms were trained without the KL term, so nothing kept the KL low."),
    ],
)
def test_arms_whose_loss_lacks_what_a_cost_measures_say_so(runs, change, said):
    generator = np.random.default_rng(0)
    usual = {name: PRESETS["ladder"].arms[name] for name in ("vae", "w10", "w100")}
    means = {arm: generator.normal(size=(30, 2)) for arm in usual}
    arms = {arm: replace(loss, **change) for arm, loss in usual.items()}
    own_run(runs / "other", means, np.arange(30) % 3, replace(small_run_config(), arms=arms))
    own_run(runs / "one", means, np.arange(30) % 3, replace(small_run_config(), arms=usual | {"w10": arms["w10"]}))
    own_run(runs / "usual", means, np.arange(30) % 3, replace(small_run_config(), arms=usual))
    told = words(page({"run": "other", "cost": "elbo"}))
    assert said in told or ("kl_weight" in change and "it was trained with KL weight 0" in told)
    assert said in words(page({"run": "other"}))
    assert said.replace("All arms were", "weight 10, margin 1 was").split(",")[0] in words(page({"run": "one"}))
    told = words(page({"run": "usual", "cost": "elbo"}))
    assert "trained with cross-entropy" not in told and "without the KL" not in told


def test_a_collapsed_arm_is_said(runs):
    labels = np.arange(12) % 3
    points = {"vae": np.ones((12, 2)), "a": 1e-6 * np.arange(24.0).reshape(12, 2), "b": np.eye(3)[labels][:, :2]}
    own_run(runs / "own", points, labels)
    assert "VAE has collapsed: its means are one point" in words(page({"run": "own"}))


def test_why_it_costs_has_the_parts_of_the_elbo_beside_the_vae_s(runs):
    app = page({"run": "mnist"})
    told = words(app)
    assert "**TVAE loses 2.17 nats of the ELBO** beside VAE: +1.94 in squared error, +0.22 in KL." in told
    assert "Its classes lie farther apart, which takes 1.79 nats of KL" in told
    table = app.table[0].value
    assert list(table.columns) == ["VAE", "TVAE"]
    assert table.loc["nearest a wrong centre"].tolist() == ["15.99\u00a0%", "2.62\u00a0%"]
    metrics = read_metrics(ROOT / "checkpoints" / "mnist")
    assert metrics is not None
    for arm, column in (("vae", "VAE"), ("tvae", "TVAE")):
        kl = sum(float(table.loc[row, column]) for row in table.index if row.startswith("KL"))
        assert kl == pytest.approx(metrics["arms"][arm]["kl"], abs=0.02)
    whole = json.loads(app.get("plotly_chart")[-1].proto.spec)["data"][0]
    assert whole["text"][-1] == "+2.17" and whole["y"][-1] == "all: the ELBO"


def test_without_a_kl_term_there_is_no_elbo_to_lose(runs):
    generator = np.random.default_rng(0)
    arms = {name: replace(loss, kl_weight=0.0) for name, loss in vae_and_tvae(small_run_config().arms["tvae"]).items()}
    means = {arm: generator.normal(size=(30, 2)) for arm in arms}
    own_run(runs / "own", means, np.arange(30) % 3, replace(small_run_config(), arms=arms))
    assert "What the ELBO loses can't be shown. " in words(page({"run": "own"}))


def test_an_arm_whose_prior_has_a_centre_for_each_class_has_no_such_parts(runs):
    generator = np.random.default_rng(0)
    loss = small_run_config().arms["tvae"]
    arms = vae_and_tvae(loss) | {"mixture": replace(loss, prior="by-class")}
    means = {arm: generator.normal(size=(30, 2)) for arm in arms}
    own_run(runs / "own", means, np.arange(30) % 3, replace(small_run_config(), arms=arms))
    app = page({"run": "own", "arms": "vae.tvae.mixture"})
    assert not app.exception
    assert "has a centre for each class, so its KL is not in the same parts" in words(app)


def test_other_weights_change_the_total_and_nothing_else():
    app = page({"run": "digits"})
    before = app.table[-1].value
    assert list(before.columns[:2]) == ["1 × reconstruction", "0.1 × KL, nats"]  # as the digits run was trained
    app.select_slider(key="kl-weight").set_value(0.0).run()
    after = app.table[-1].value
    assert list(before["2 × triplet"]) == list(after["2 × triplet"])
    assert (before["= total loss"].astype(float) - after["= total loss"].astype(float)).to_numpy() == pytest.approx(
        before["0.1 × KL, nats"].astype(float).to_numpy(), abs=0.02
    )
    assert "The networks have not moved" in words(app)


@pytest.mark.parametrize("changed", [{}, {"triplet-weight": 30.0, "kl-weight": 0.3}, {"reconstruction-weight": 0.01}])
def test_the_weighted_terms_of_each_row_add_up_to_its_total(changed):
    app = page({"run": "digits"})
    for slider, weight in changed.items():
        app.select_slider(key=slider).set_value(weight)
    table = app.run().table[-1].value
    *terms, total, _ = (table[column].astype(str) for column in table.columns)
    assert total.name == "= total loss" and len(terms) == 3
    last_place = 10.0 ** -len(total.iloc[0].partition(".")[2])
    assert np.sum([term.astype(float).to_numpy() for term in terms], axis=0) == pytest.approx(
        total.astype(float).to_numpy(), abs=2 * last_place
    )


def can_be_trained(app: AppTest) -> bool:
    return any(button.key == "train-this" for button in app.button)


def test_a_setting_that_no_arm_has_can_be_trained_and_says_how_long_that_takes():
    app = page({"run": "digits"})
    assert "**TVAE** of the run digits was trained at this very setting." in words(app)
    assert not can_be_trained(app)
    app.select_slider(key="triplet-weight").set_value(30.0)
    app.select_slider(key="loss-margin").set_value(0.5).run()
    assert can_be_trained(app)
    assert re.search(r"Trains 2 arms side by side .* About \d+ (s|min) on two processor cores", words(app))


def test_train_this_starts_a_run_at_the_chosen_setting(tmp_path, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    app = page({"run": "digits"})
    app.select_slider(key="triplet-weight").set_value(30.0).run()
    app.button(key="train-this").click().run()
    assert not app.exception
    (job,) = Jobs(tmp_path).runs()
    Jobs(tmp_path).stop(job.id, None)
    assert (job.config.arms["tvae"].triplet_weight, job.config.arms["vae"].triplet_weight) == (30.0, 0.0)
    assert job.config.data.name == "digits"
    assert job.config.train.step == "fast"
    assert not Jobs(tmp_path).may_control(job.id, "another")
    while not Jobs(tmp_path).run(job.id).over:
        time.sleep(0.05)


def test_the_weights_start_anew_at_another_run(ladder):
    app = page({"run": "digits"})
    app.select_slider(key="triplet-weight").set_value(30.0).run()
    app.selectbox(key="run").set_value("steps").run()
    assert not app.exception
    assert app.select_slider(key="triplet-weight").value == 15
    assert app.select_slider(key="loss-margin").value == 5
    assert app.select_slider(key="kl-weight").value == 1


def test_an_arm_with_this_loss_and_other_training_is_not_at_this_very_setting(runs):
    digits = read_run(DIGITS)
    loss = replace(digits.config.arms["tvae"], triplet_weight=30.0)
    config = replace(digits.config, arms=vae_and_tvae(loss))
    generator = np.random.default_rng(0)
    other = own_run(
        runs / "short",
        {arm: generator.normal(size=(30, 20)) for arm in config.arms},
        np.arange(30) % 3,
        replace(config, train=replace(config.train, epochs=2)),
    )
    write_config(replace(other, provenance=replace(digits.provenance, step=44)))
    query = {"run": "digits", "triplet-weight": "30"}
    app = page(query)
    assert "**TVAE** of the run short was trained with this loss, but not like digits: 2 epochs against 200." in words(
        app
    )
    assert can_be_trained(app)
    write_config(replace(other, config=config, provenance=digits.provenance))
    app = page(query)
    assert "**TVAE** of the run short was trained at this very setting." in words(app)
    assert not can_be_trained(app)


def test_totals_say_what_their_reconstruction_is(runs):
    told = words(page({"run": "digits"}))
    assert "Eq. 2, but with the reconstruction from μ" in told
    assert "cross-entropy" not in told
    generator = np.random.default_rng(0)
    loss = replace(PRESETS["paper"].arms["tvae"], reconstruction="bernoulli")
    config = replace(small_run_config(), arms=vae_and_tvae(loss))
    own_run(runs / "own", {arm: generator.normal(size=(30, 2)) for arm in config.arms}, np.arange(30) % 3, config)
    assert "These arms were trained with cross-entropy, nats in its place." in words(page({"run": "own"}))


def test_a_trained_setting_of_the_ladder_is_shown_on_every_page():
    app = page({"run": "mnist"})
    app.select_slider(key="triplet-weight").set_value(30.0).run()
    said = "**weight 30, margin 1** of the run mnist-ladder was trained with this loss, but not like mnist: "
    (told,) = [line for line in words(app).split("\n") if line.startswith(said)]
    assert "data.validation-share 0.1 against 0" in told
    assert can_be_trained(app)
    next(button for button in app.button if button.label == "Show it on every page").click().run()
    assert not app.exception
    assert app.selectbox(key="run").value == "mnist-ladder"
    assert app.multiselect(key="arms").value == ["vae", "w30"]
    assert app.query_params["arms"] == ["VAE", "W30"]
