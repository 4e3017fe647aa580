"""The triplets page, run without a browser: margins from the address, arms, wrong input."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.made_runs import ladder_run, own_run
from tvae.metrics.triplet_accuracy import triplet_accuracy
from tvae.metrics.triplet_search import Triplets, triplet_distances
from tvae.runs.encodings import read_curves, read_encoding
from tvae.runs.run import Run, read_metrics, read_run
from tvae.ui.style.arm_text import arm_text

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "checkpoints" / "digits"
CLASSES = {"view": "Classes and triplets"}
PICKED = {"triplets": "Picked on the map", **CLASSES}


def page(query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/4_Triplets.py")
    app.query_params.update(query)
    return app.run()


def test_an_address_without_a_margin_warns_of_nothing():
    app = page({"run": "digits"})
    assert not app.exception and not app.warning


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info]
    return "\n".join(part.value for part in parts)


def accuracies(app: AppTest) -> dict[str, str]:
    table = app.table[0].value
    return dict(zip(table.index, table.iloc[:, 0], strict=True))


def percent(share: float) -> str:
    return f"{100 * share:.2f}\u00a0%"


@pytest.fixture
def runs(tmp_path, monkeypatch) -> Path:
    """An empty folder of a person's own runs."""
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    return tmp_path


@pytest.fixture
def ladder(runs) -> Run:
    """A run of twelve arms, whose classes lie further apart from arm to arm."""
    return ladder_run(runs / "steps")


def test_the_address_sets_the_margin_and_the_table_is_the_exact_accuracy():
    app = page({"run": "digits", "margin": "0.5"})
    assert not app.exception
    metrics = read_metrics(DIGITS)
    assert metrics is not None
    assert accuracies(app) == {
        arm.upper(): percent(numbers["triplet_accuracy"]["0.5"]) for arm, numbers in metrics["arms"].items()
    }
    assert app.table[0].value["Mean over classes"].to_dict() == {
        arm.upper(): percent(numbers["balanced_triplet_accuracy"]["0.5"]) for arm, numbers in metrics["arms"].items()
    }
    assert "each class is as heavy as another" in words(app)
    assert "Anchors left out" not in app.table[0].value  # none is
    assert "n = 359, training seed 0, checkpoint digits" in words(app)
    assert app.select_slider(key="margin-slider").value == 0.5


def test_the_papers_numbers_stand_beside_mnist_alone():
    app = page({"run": "mnist"})
    table = app.table[0].value
    assert list(table["Paper (MNIST), m\u00a0not\u00a0given"]) == ["75.08\u00a0%", "95.60\u00a0%"]
    assert all(cell.startswith("m\u00a0≈\u00a0") for cell in table["75.08\u00a0% at"])
    assert "Rings: where an arm scores about as one of the paper's does." in words(app)
    app = page({"run": "digits"})
    assert not any("Paper" in name or "75.08" in name or "95.60" in name for name in app.table[0].value)
    assert "the paper's does" not in words(app)


def test_the_mean_gap_is_the_exact_one():
    encoding = read_encoding(read_run(DIGITS), "test")
    assert encoding is not None
    shown = page({"run": "digits"}).table[0].value["Mean gap"].to_dict()
    for arm, means in encoding.means.items():
        assert shown[arm.upper()] == f"{triplet_accuracy(means, encoding.labels, [0.0]).mean_gap:.3f}"


def test_slider_and_field_move_together():
    app = page({"run": "digits"})
    app.select_slider(key="margin-slider").set_value(1.0).run()
    assert app.number_input(key="margin").value == 1.0
    app.number_input(key="margin").set_value(2.0).run()
    assert app.select_slider(key="margin-slider").value == 2.0
    app.number_input(key="margin").set_value(0.49).run()
    assert app.select_slider(key="margin-slider").value == 0.5  # the nearest stop; the margin itself stays
    assert (app.number_input(key="margin").value, app.query_params["margin"]) == (0.49, "0.49")
    assert not app.exception


def test_the_slider_is_fine_where_most_arms_fall_and_each_stop_was_counted():
    app = page({"run": "digits"})
    stops = [float(stop) for stop in app.select_slider(key="margin-slider").options]
    assert (stops[0], stops[-1]) == (0.0, 5.0)
    assert sum(stop <= 1 for stop in stops) > 2 / 3 * len(stops)
    curves = read_curves(read_run(DIGITS), "test") or {}
    assert not any(curve.at(stop).interpolated for curve in curves.values() for stop in stops)


def test_a_margin_off_the_grid_is_marked_and_one_beyond_it_is_counted():
    encoding = read_encoding(read_run(DIGITS), "test")
    assert encoding is not None
    between = page({"run": "digits", "margin": "0.51"})
    assert all(share.startswith("≈") for share in accuracies(between).values())
    bound = max(curve.at(0.51).error_bound for curve in (read_curves(read_run(DIGITS), "test") or {}).values())
    told = f"the exact value is at most {100 * bound:.2g} points away, and on the runs that ship it was within 0.01."
    assert told in words(between)
    assert "≈" not in words(page({"run": "digits", "margin": "0.5"}))
    for margin in (7.0, 1e9):
        shown = accuracies(page({"run": "digits", "margin": f"{margin:g}"}))
        for arm, means in encoding.means.items():
            assert shown[arm.upper()] == percent(triplet_accuracy(means, encoding.labels, [margin]).accuracy[0])


@pytest.mark.parametrize(
    ("margin", "shown"),
    [("-1", "0"), ("nan", "0.1"), ("inf", "0.1"), ("1e300", "1000000000"), ("x", "0.1"), ("", "0.1")],
)
@pytest.mark.parametrize("view", ["Classes and triplets", "Given triplets"])
def test_a_wrong_margin_in_the_address_is_fitted_and_said(margin, shown, view):
    app = page({"run": "digits", "margin": margin, "view": view})
    assert not app.exception
    assert len(accuracies(app)) == 2
    said = [warning.value for warning in app.warning]
    assert said == [
        f"A margin of {margin!r} is not possible: it must be a number from 0 to 1,000,000,000. Shown is {shown}."
    ]


@pytest.mark.parametrize("view", ["Classes and triplets", "Given triplets"])
@pytest.mark.parametrize("margin", ["0", "0.513", "5", "7", "1e9"])
def test_every_view_opens_at_every_margin(view, margin):
    app = page({"run": "digits", "view": view, "margin": margin})
    assert not app.exception and not app.error and not app.warning


def test_the_numbers_of_a_snapshot_say_the_epoch():
    run = read_run(DIGITS)
    step = run.snapshots[2]
    app = page({"run": "digits", "epoch": f"{step / run.steps_per_epoch:.3g}"})
    assert not app.exception
    told = [caption.value for caption in app.main.caption]
    about = f"checkpoint digits at epoch {step / run.steps_per_epoch:.3g} of 200"
    assert all(about in caption for caption in told if "n = 359" in caption)
    encoding = read_encoding(run.at(step), "test")
    assert encoding is not None
    expected = {arm.upper(): triplet_accuracy(means, encoding.labels, [0.1]) for arm, means in encoding.means.items()}
    assert accuracies(app) == {arm: percent(counted.accuracy[0]) for arm, counted in expected.items()}


@pytest.mark.parametrize(
    ("choice", "wrong"),
    [
        ("first-wrong", {"VAE": True, "TVAE": False}),
        ("both-wrong", {"VAE": True, "TVAE": True}),
        ("second-wrong", {"VAE": False, "TVAE": True}),
    ],
)
def test_triplets_by_verdict_have_that_verdict(choice, wrong):
    app = page({"run": "digits", **CLASSES})
    app.session_state["triplets"] = choice
    app.run()
    assert not app.exception
    shown = app.dataframe[0].value
    for arm, expected in wrong.items():
        assert set(shown[f"{arm} verdict"]) == {"wrong" if expected else "right"}


@pytest.mark.parametrize(("choice", "arm"), [("worst-first", "vae"), ("worst-second", "tvae")])
def test_the_worst_violations_of_either_arm_come_first_with_their_images(choice, arm):
    app = page({"run": "digits", **CLASSES})
    app.session_state["triplets"] = choice
    shown = app.run().dataframe[0].value
    violations = (shown[f"{arm.upper()} D(a,p)"] - shown[f"{arm.upper()} D(a,n)"]).to_numpy()
    assert np.all(np.diff(violations) <= 2e-3)
    assert all(cell.startswith("data:image/png;base64,") for cell in shown["anchor"])
    encoding = read_encoding(read_run(DIGITS), "test")
    assert encoding is not None
    rows = np.array([[int(row) for row in cell.split(", ")] for cell in shown["rows"]])
    found = triplet_distances(
        encoding.means[arm], Triplets(anchor=rows[:, 0], positive=rows[:, 1], negative=rows[:, 2])
    )
    assert (found.to_positive - found.to_negative).round(3) == pytest.approx(violations, abs=2e-3)


def test_own_rows_are_shown_or_one_line_says_why_not():
    app = page({"run": "digits", **CLASSES})
    app.session_state["triplets"] = "own"
    app.run()
    assert len(app.dataframe[0].value) == 1
    anchor = app.number_input(key="own-anchor").value
    app.number_input(key="own-positive").set_value(anchor).run()
    assert not app.exception
    assert "can't be its own positive" in words(app)


def test_rows_picked_on_the_map_are_searched():
    app = page({"run": "digits", "rows": "0-40", **PICKED})
    shown = app.dataframe[0].value
    assert all(int(row) <= 40 for cell in shown["rows"] for row in cell.split(", "))
    app = page({"run": "digits", "rows": "3", **PICKED})
    assert "1 images are picked on the map; it takes two of one class and one of another" in words(app)


def test_rows_of_the_address_are_searched_once_it_is_chosen():
    app = page({"run": "digits", "rows": "0-40", **CLASSES})
    app.session_state["triplets"] = "picked"
    app.run()
    shown = app.dataframe[0].value
    assert all(int(row) <= 40 for cell in shown["rows"] for row in cell.split(", "))


def test_a_pair_of_classes_filters_the_triplets_and_has_an_address():
    app = page({"run": "digits", "anchor-class": "3", "negative-class": "8", **CLASSES})
    assert set(app.dataframe[0].value["classes"]) == {"3, not 8"}
    app.selectbox(key="negative-class").set_value(3).run()
    assert not app.exception
    assert "No triplets to show" in words(app)


def test_the_sampled_estimate_stands_beside_the_exact_value():
    app = page({"run": "digits"})
    app.toggle(key="sampled").set_value(True).run()
    assert all("±" in cell for cell in app.table[0].value["From 10,000 triplets"])


def verdicts(app: AppTest) -> list[str]:
    return [column for column in app.dataframe[0].value if column.endswith("verdict")]


def test_a_run_of_many_arms_shows_all_in_the_table_and_two_closely(ladder):
    app = page({"run": "steps", "margin": "0.5", **CLASSES})
    assert not app.exception
    assert list(accuracies(app)) == [arm_text(ladder.config, arm) for arm in ladder.config.arms]
    encoding = read_encoding(ladder, "test")
    assert encoding is not None
    assert accuracies(app)["weight\u00a010, margin\u00a01"] == percent(
        triplet_accuracy(encoding.means["w10"], encoding.labels, [0.5]).accuracy[0]
    )
    assert [column for column in app.dataframe[0].value if column.endswith("verdict")] == [
        "VAE verdict",
        "w 15 · m 5 verdict",
    ]
    app.multiselect(key="arms").set_value(["vae", "w10"]).run()
    assert [column for column in app.dataframe[0].value if column.endswith("verdict")] == [
        "VAE verdict",
        "w 10 · m 1 verdict",
    ]


def test_the_papers_tvae_stands_beside_the_arm_of_our_preset():
    table = page({"run": "mnist-ladder"}).table[0].value
    beside = dict(zip(table.index, table["Paper (MNIST), m\u00a0not\u00a0given"], strict=True))
    assert {arm: cell for arm, cell in beside.items() if cell != "–"} == {
        "VAE": "75.08\u00a0%",
        "weight\u00a015, margin\u00a01": "95.60\u00a0%",
    }


def test_arms_of_another_run_in_session_or_address_are_passed_over(ladder):
    app = page({"run": "steps", "arms": "no-such-arm"})
    assert not app.exception
    app.session_state["arms"] = ["vae", "gone"]
    app.run()
    assert not app.exception
    assert app.multiselect(key="arms").value == ["vae"]


VIEWS = ["Classes and triplets", "Given triplets"]


@pytest.mark.parametrize("view", VIEWS)
def test_collapse_is_said(runs, view):
    labels = np.arange(12) % 3
    own_run(runs / "own", {"vae": np.ones((12, 2)), "tvae": 1e-6 * np.arange(24.0).reshape(12, 2)}, labels)
    app = page({"run": "own", "view": view, "margin": "0"})
    assert not app.exception
    assert "VAE has collapsed: its means are one point" in words(app)
    assert "TVAE has collapsed: its means are nearly one point" in words(app)
    assert accuracies(app)["VAE"] == "100.00\u00a0%"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("labels", [[0] * 8, [0, 1], [0, 0]])
def test_labels_without_a_triplet_are_one_line(runs, view, labels):
    generator = np.random.default_rng(0)
    means = generator.normal(size=(len(labels), 2))
    own_run(runs / "own", {"vae": means, "tvae": means}, np.array(labels))
    app = page({"run": "own", "view": view})
    assert not app.exception
    assert not app.error
    assert f"not measurable here: the {len(labels)} images of the test split have no triplet" in words(app)
    assert not app.table


@pytest.mark.parametrize("view", VIEWS)
def test_three_images_are_enough(runs, view):
    own_run(
        runs / "own", {"vae": np.array([[0.0], [1], [3]]), "tvae": np.array([[0.0], [3], [1]])}, np.array([0, 0, 1])
    )
    app = page({"run": "own", "view": view, "margin": "0.5"})
    assert not app.exception and not app.error
    assert accuracies(app) == {"VAE": "100.00\u00a0%", "TVAE": "0.00\u00a0%"}


@pytest.mark.parametrize("view", VIEWS)
def test_classes_of_one_member_are_left_out_and_counted(runs, view):
    generator = np.random.default_rng(0)
    labels = np.array([0] * 5 + [1] * 4 + [2, 3])
    means = {arm: generator.normal(size=(11, 2)) for arm in ("vae", "tvae")}
    own_run(runs / "own", means, labels)
    app = page({"run": "own", "view": view, "anchor-class": "class 2"})
    assert not app.exception
    assert set(app.table[0].value["Anchors left out"]) == {"2"}
    counted = triplet_accuracy(means["vae"].astype(np.float32), labels, [0.1])
    assert accuracies(app)["VAE"] == percent(counted.accuracy[0])
    if view == "Classes and triplets":
        assert "No triplets to show: anchor class 2 has one member" in words(app)


@pytest.mark.parametrize("view", VIEWS)
def test_a_run_of_one_arm_is_shown(runs, view):
    generator = np.random.default_rng(0)
    own_run(runs / "own", {"vae": generator.normal(size=(30, 2))}, np.arange(30) % 3)
    app = page({"run": "own", "view": view})
    assert not app.exception
    assert list(accuracies(app)) == ["VAE"]
    assert "one arm" in words(app)


@pytest.mark.parametrize("n_classes", [63, 1_000])
def test_of_many_classes_the_worst_pairs_are_shown(runs, n_classes):
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(n_classes), 2)
    means = {arm: generator.normal(size=(2 * n_classes, 2)) for arm in ("vae", "tvae")}
    own_run(runs / "own", means, labels)
    app = page({"run": "own", "margin": "0.5", **CLASSES})
    assert not app.exception
    pairs = app.dataframe[0].value
    assert len(pairs) == 50
    assert list(pairs["TVAE, %"]) == sorted(pairs["TVAE, %"])
    anchor, negative = (
        int(next(iter(pairs[name])).removeprefix("class ")) for name in ("anchor's class", "negative's class")
    )
    of_pair = np.isin(labels, [anchor, negative])
    points, own = means["tvae"].astype(np.float32)[of_pair], labels[of_pair] == anchor
    distances = np.linalg.norm(points[own][:, None] - points[~own][None], axis=2)
    between = np.linalg.norm(points[own][0] - points[own][1])
    worst, *_ = pairs["TVAE, %"]
    assert worst == pytest.approx(100 * np.mean(between + 0.5 <= distances))
    assert f"among {n_classes:,} classes" in words(app)


def test_a_run_without_an_encoding_is_one_line(runs):
    shutil.copytree(DIGITS, runs / "own")
    (runs / "own" / "encoding-test.npz").unlink()
    shutil.rmtree(runs / "own" / "snapshots")
    app = page({"run": "own"})
    assert not app.exception
    assert "holds no encoded test split" in words(app)


def test_curves_and_gaps_that_are_missing_or_broken_are_counted_anew(runs):
    shutil.copytree(DIGITS, runs / "own")
    (runs / "own" / "curves-test.npz").write_bytes(b"junk")
    (runs / "own" / "gaps-test.npz").unlink()
    config = json.loads((runs / "own" / "config.json").read_text())
    assert config["provenance"]["finished"]
    shown = page({"run": "own", "margin": "0.5"}).table[0].value
    expected = page({"run": "digits", "margin": "0.5"}).table[0].value
    assert shown.equals(expected)


@pytest.mark.parametrize("view", ["What it costs", "Other weights"])
def test_former_tabs_lead_to_the_page_which_weight(view):
    app = page({"run": "digits", "view": view})
    assert not app.exception
    assert app.title[0].value == "Which weight?"
    assert app.query_params["run"] in ("digits", ["digits"])
