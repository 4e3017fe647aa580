"""Panels around the maps, run without a browser: selection, changes, groups, epochs, names, wrong input."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.test_latent_map_page import FakeProjector, page, picks, projector, words
from tvae.maps.alignment import align
from tvae.maps.layout_files import layout_path
from tvae.maps.projector import Projector, Ticket
from tvae.metrics.sub_styles import overlaps
from tvae.model.encoding import Encoding
from tvae.runs.encodings import read_encoding, write_encoding
from tvae.runs.run import read_run
from tvae.ui import cached
from tvae.ui.maps import linked_maps
from tvae.ui.maps.projecting import quick_pca
from tvae.ui.maps.view_pair import ViewPair, selected_rows_csv
from tvae.ui.maps.views import View, views_beside

__all__ = ["projector"]

DIGITS = Path(__file__).parents[2] / "checkpoints" / "digits"
NAMES = ("=1+1", "**two**", "<b>three</b>", ":red[four]", "$5$", "a_b_c", "# six", "`seven`", "[8](x)", "@nine")


@pytest.fixture
def copied(tmp_path, monkeypatch) -> Callable[..., Path]:
    """Copy the digits run among a person's own, with other class names or fewer rows."""

    def copy(names: tuple[str, ...] | None = None, rows: int | None = None) -> Path:
        folder = tmp_path / "copy"
        shutil.copytree(DIGITS, folder)
        monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
        config = json.loads((folder / "config.json").read_text())
        if names is not None:
            config["provenance"]["class_names"] = list(names)
        if rows is not None:
            config["provenance"]["test"] |= {"n": rows, "fingerprint": "0" * 64}
            encoding = read_encoding(read_run(DIGITS), "test")
            assert encoding is not None
            write_encoding(folder, first_rows(encoding, rows))
            shutil.rmtree(folder / "snapshots")
        (folder / "config.json").write_text(json.dumps(config))
        return folder

    return copy


@pytest.fixture
def cache(monkeypatch, tmp_path) -> Iterator[Path]:
    """An empty cache folder, and a projection process of its own that fills it."""
    own = Projector(tmp_path / "layouts")
    monkeypatch.setattr(cached, "projector", lambda: own)
    yield tmp_path / "layouts"
    own.close()


def only_ticket(app: AppTest) -> tuple[str, Ticket]:
    ((key, ticket),) = app.session_state["map-layouts"].tickets.items()
    return key, ticket


def first_rows(encoding: Encoding, rows: int) -> Encoding:
    arms = {name: replace(arm, means=arm.means[:rows], errors=arm.errors[:rows]) for name, arm in encoding.arms.items()}
    kept = encoding.sample_rows < rows
    return replace(
        encoding,
        labels=encoding.labels[:rows],
        arms=arms,
        sample_rows=encoding.sample_rows[kept],
        sample_images=encoding.sample_images[kept],
        sample_reconstructions={arm: images[kept] for arm, images in encoding.sample_reconstructions.items()},
    )


@pytest.fixture
def shown(monkeypatch) -> list[dict]:
    """Arguments of each call that draws the maps, in order."""
    given: list[dict] = []
    drawn = linked_maps.latent_map

    def spy(left, right, **how):
        given.append({"left": left, "right": right, **how})
        return drawn(left, right, **how)

    monkeypatch.setattr(linked_maps, "latent_map", spy)
    return given


# ---- selection


def test_the_table_of_a_selection_holds_its_rows_and_no_formula():
    run = read_run(DIGITS)
    encoding = cached.encoding(run)
    assert encoding is not None
    views = View(run, "vae"), View(run, "tvae")
    pair = ViewPair(*views, encoding.labels, run.class_names, 10)
    at = np.arange(2 * len(encoding.labels), dtype=np.float32).reshape(-1, 2)
    rows = np.array([3, 5, 358])
    table = list(csv.DictReader(io.StringIO(selected_rows_csv(rows, pair, NAMES, (at, -at)))))
    numbers = [value for line in table for name, value in line.items() if name not in ("row", "class")]
    assert numbers and all(len(value.lstrip("-0.").replace(".", "")) <= 7 for value in numbers)
    assert [int(line["row"]) for line in table] == [3, 5, 358]
    for line, row in zip(table, rows, strict=True):
        name = NAMES[encoding.labels[row]]
        assert line["class"] == (f"'{name}" if name[0] in "=@" else name)
        assert float(line["right TVAE y"]) == -(2 * row + 1)
        assert float(line["left VAE squared error"]) == pytest.approx(encoding.arms["vae"].errors[row], abs=1e-3)
        assert float(line["neighbourhood change (k=10)"]) == pytest.approx(pair.changes.change[row], abs=1e-4)


def test_a_selection_and_a_row_outlive_another_page():
    app = page(rows="1-4", row="7")
    assert "Row **7**" in words(app)
    app.switch_page("streamlit_app.py").run()
    assert not app.exception
    app.switch_page("pages/1_Latent_map.py").run()
    assert not app.exception
    assert picks(app).rows.tolist() == [1, 2, 3, 4]
    assert picks(app).focus == 7
    assert app.metric[0].value == "4"


def test_the_row_looked_at_is_in_the_address():
    app = page()
    assert "row" not in app.query_params
    picks(app).walk_to(7)
    app.run()
    assert app.query_params["row"] == "7"


@pytest.mark.parametrize("row", ["359", "-1", "x", "3.4", "1-2"])
def test_a_row_that_does_not_exist_is_left_out_with_a_note(row):
    app = page(row=row)
    assert not app.exception
    assert picks(app).focus is None
    assert "rows that don't exist" in words(app)
    assert "row" not in app.query_params


def test_aligning_to_the_selection_moves_the_selected_rows_least(shown):
    app = page(rows="0-40")
    app.toggle(key="align-selection").set_value(True).run()
    assert not app.exception
    plain, aligned = shown[0], shown[-1]
    assert (aligned["left"].positions == plain["left"].positions).all()

    def motion(maps: dict) -> float:
        return float(((maps["left"].positions - maps["right"].positions)[:41] ** 2).sum())

    assert motion(aligned) < motion(plain)
    best = align(plain["left"].positions, plain["right"].positions, np.arange(41)).apply(plain["right"].positions)
    np.testing.assert_allclose(aligned["right"].positions, best, rtol=1e-3, atol=1e-3)


def test_the_lines_of_the_row_looked_at_run_to_all_its_neighbours(shown):
    app = page(row="7")
    app.slider(key="k").set_value(30).run()
    assert not app.exception
    assert [table.shape[1] for table in shown[-1]["nearest"]] == [30, 30]
    assert "to 10 from a point that is pointed at and to all 30 from the one clicked" in words(app)


# ---- what changed


def test_a_findings_sentence_selects_its_images():
    app = page()
    button = app.button(key="finding-0")
    assert button.label == (
        "2 ones leave the twos for the other ones: 2.5 of their 10 neighbours stay the same, on average."
    )
    button.click().run()
    assert not app.exception
    labels = read_encoding(read_run(DIGITS), "test").labels  # pyright: ignore[reportOptionalMemberAccess]
    first = picks(app)
    assert [int(labels[row]) for row in first.rows] == [1, 1]
    assert first.focus is None
    app.button(key="finding-1").click().run()
    assert app.button(key="finding-1").label.startswith("A nine leaves the zeros for the other nines: 3 of its 10 ")
    assert [int(labels[row]) for row in picks(app).rows] == [9]
    assert picks(app).focus == picks(app).rows[0], "the neighbours of a lone image are shown"


def test_findings_come_in_pages_and_go_with_k():
    app = page(k="5")
    findings = [button.label for button in app.button if str(button.key).startswith("finding-")]
    assert len(findings) == 6
    app.session_state["findings-page"] = 2
    app.run()
    last = [button.label for button in app.button if str(button.key).startswith("finding-")]
    assert 0 < len(last) <= 6
    assert not set(last) & set(findings)
    app.slider(key="k").set_value(10).run()
    assert not app.exception
    assert app.button(key="finding-0").label.startswith("2 ones leave the twos")
    assert "more than half of an image's 10 nearest images in a latent space, itself left out; 46 of n = 359" in words(
        app
    )


def test_a_collapsed_arm_has_no_findings(copied):
    folder = copied()
    encoding = read_encoding(read_run(DIGITS), "test")
    assert encoding is not None
    flat = replace(encoding.arms["tvae"], means=np.zeros_like(encoding.arms["tvae"].means))
    write_encoding(folder, replace(encoding, arms={**encoding.arms, "tvae": flat}))
    app = page(run="copy")
    assert not app.exception
    assert "Nothing can be found: all means of TVAE are one point, or nearly" in words(app)
    assert not [button for button in app.button if str(button.key).startswith("finding-")]


def test_the_range_goes_back_when_something_else_is_selected():
    app = page()
    app.slider(key="change-range").set_value((0.9, 1.0)).run()
    assert app.slider(key="change-range").value == (0.9, 1.0)
    app.button(key="finding-0").click().run()
    assert not app.exception
    assert app.slider(key="change-range").value == (0.0, 1.0)
    rows = picks(app).rows.tolist()
    app.slider(key="k").set_value(20).run()
    assert picks(app).rows.tolist() == rows, "the selection stays when k changes"
    app.slider(key="change-range").set_value((0.5, 1.0)).run()
    app.selectbox(key="right").set_value("VAE, epoch 0").run()
    assert not app.exception
    assert app.slider(key="change-range").value == (0.0, 1.0)


# ---- epochs


def test_an_arm_at_two_epochs_stands_side_by_side(shown, projector: FakeProjector):
    app = page(left="TVAE, epoch 0", right="TVAE", projection="PCA")
    assert not app.exception
    assert [app.selectbox(key=key).value for key in ("left", "right")] == ["TVAE, epoch 0", "TVAE"]
    assert "from TVAE, epoch 0 to TVAE" in words(app)
    assert projector.requests == [], "PCA of so few rows is there at once"
    run = read_run(DIGITS)
    for side, of in (("left", run.at(0)), ("right", run)):
        encoding = read_encoding(of, "test")
        assert encoding is not None
        means = encoding.arms["tvae"].means.astype(np.float64)
        spread = np.linalg.svd(means - means.mean(axis=0), compute_uv=False)[:2]
        at = shown[-1][side].positions
        own = np.linalg.svd(at - at.mean(axis=0), compute_uv=False)
        np.testing.assert_allclose(own / own[0], spread / spread[0], rtol=1e-3)


def test_every_snapshot_is_offered_and_asked_for_by_its_own_name(projector: FakeProjector):
    run = read_run(DIGITS)
    views, _ = views_beside(run)
    assert list(views)[:2] == ["VAE", "TVAE"]
    assert {view.run.snapshot for view in views.values()} == {None, *run.snapshots}
    assert len(views) == 2 * (2 + len(run.snapshots))
    # A dated name shows what the bare one shows at the end, and both arms began with the same weights.
    assert views["VAE"].key == views[f"VAE, epoch {run.epoch:g}"].key
    assert views["VAE, epoch 0"].key == views["TVAE, epoch 0"].key
    assert len({view.key for view in views.values()}) == len(views) - 3
    app = page(left="VAE, epoch 0", right="TVAE")
    assert not app.exception
    assert list(projector.requests[0].means) == ["tvae at 4400", "vae at 0"]


def test_a_run_on_its_way_is_shown_at_its_last_snapshot(copied, projector: FakeProjector):
    (copied() / "encoding-test.npz").unlink()
    app = page(run="copy", projection="PCA")
    assert not app.exception
    assert "from VAE, epoch 100.4 to TVAE, epoch 100.4" in words(app)
    assert "epoch 200" not in str(app.selectbox(key="left").options)


def test_a_link_to_an_epoch_in_three_figures_leads_where_it_led(projector: FakeProjector):
    app = page(left="VAE, epoch 100", projection="PCA")
    assert not app.exception
    assert app.selectbox(key="left").value == "VAE, epoch 100.4"
    assert app.query_params["left"] in ("VAE, epoch 100", ["VAE, epoch 100"])


def test_the_scrubber_takes_both_arms_to_its_epoch_and_leaves_dated_ones(shown, projector: FakeProjector):
    run = read_run(DIGITS)
    app = page(projection="PCA", rows="1-20", left="VAE, epoch 200", epoch="0")
    assert not app.exception
    assert [shown[-1][side].title for side in ("left", "right")] == ["VAE, epoch 200", "TVAE, epoch 0"]
    app.selectbox(key="left").set_value("VAE").run()
    for step in (run.snapshots[2], run.snapshots[0]):
        app.select_slider(key="epoch").set_value(step).run()
        assert not app.exception
        epoch = f"{step / run.steps_per_epoch:.3g}"
        assert [shown[-1][side].title for side in ("left", "right")] == [f"VAE, epoch {epoch}", f"TVAE, epoch {epoch}"]
        assert picks(app).rows.tolist() == list(range(1, 21)), "the selection stays"
        encoding, trained = read_encoding(run.at(step), "test"), read_encoding(run, "test")
        assert encoding is not None and trained is not None
        here, there = (quick_pca(found.arms["vae"].means, "PCA").positions for found in (encoding, trained))
        np.testing.assert_allclose(shown[-1]["left"].positions, align(there, here).apply(here), atol=1e-3)
    app.select_slider(key="epoch").set_value(run.step).run()
    assert [shown[-1][side].title for side in ("left", "right")] == ["VAE", "TVAE"]


def test_playing_epochs_computes_nothing_that_takes_long(shown, projector: FakeProjector):
    app = page(epoch="0")
    projector.requests.clear()
    app.toggle(key="epoch-playing").set_value(True).run()
    app.select_slider(key="epoch").set_value(read_run(DIGITS).snapshots[2]).run()
    assert not app.exception
    assert projector.requests == []
    assert shown[-1]["nearest"] is None
    assert "PCA, while the epochs play" in words(app)
    assert "when the epochs stop playing" in words(app)
    assert "## What changed" not in words(app)
    app.toggle(key="epoch-playing").set_value(False).run()
    assert not app.exception
    assert len(projector.requests) == 1, "one layout of both arms"
    assert shown[-1]["nearest"] is not None
    assert "## What changed" in words(app)


# ---- names


def test_other_peoples_names_are_shown_as_they_are(copied):
    copied(names=NAMES)
    app = page(run="copy", rows="0-50", row="1")
    assert not app.exception
    encoding = cached.encoding(read_run(DIGITS))
    assert encoding is not None
    name = {2: r"\<b\>three\</b\>", 3: r"\:red\[four\]", 4: r"\$5\$", 1: r"\*\*two\*\*"}
    for row in range(50):
        label = int(encoding.labels[row])
        if label in name:
            picks(app).walk_to(row)
            app.run()
            assert f"class **{name[label]}**" in words(app)
    assert ":red[four]" not in words(app)


# ---- wrong input


def test_three_rows_are_shown_by_pca_with_a_word_why(copied):
    copied(rows=3)
    app = page(run="copy", projection="UMAP")
    assert not app.exception
    assert "umap needs at least 4 rows, found 3; use pca. PCA is shown." in words(app)
    assert "**VAE**, PCA" in words(app)


def test_two_rows_are_no_map(copied):
    copied(rows=2)
    app = page(run="copy")
    assert not app.exception
    assert "at least 3 images; this run's test split has 2" in words(app)


def test_a_perplexity_too_large_is_lowered_and_told(cache: Path):
    app = page(perplexity="1000", iterations="50")
    assert not app.exception
    only_ticket(app)[1].result(timeout=300)
    app.run()
    assert not app.exception
    assert "Perplexity 1000 is too large for 359 rows; 119 was used." in words(app)


def test_a_broken_layout_is_asked_for_again(copied, projector: FakeProjector):
    for path in (copied() / "layouts").glob("*.npz"):
        path.write_bytes(path.read_bytes()[:1000])
    app = page(run="copy")
    assert not app.exception
    assert len(projector.requests) >= 1
    assert "PCA, while t-SNE is computed" in words(app)


def test_a_broken_cache_file_is_rebuilt(cache: Path):
    query = {"projection": "UMAP", "neighbours": "9"}
    key, ticket = only_ticket(page(**query))
    ticket.result(timeout=300)
    path = layout_path(cache, key)
    sound = path.read_bytes()
    path.write_bytes(sound[:500])
    again = page(**query)
    assert not again.exception
    only_ticket(again)[1].result(timeout=300)
    assert path.read_bytes() == sound
    again.run()
    assert "**VAE**, UMAP, 9 neighbours: trustworthiness" in words(again)


# ---- sub-styles


def test_the_groups_of_a_class_are_selected_by_their_buttons(shown):
    app = page()
    assert "Choose a class" in [box.placeholder for box in app.selectbox]
    assert not [button for button in app.button if str(button.key).startswith("sub-style-")]
    app.selectbox(key="sub-style-class").set_value(1).run()
    assert not app.exception
    encoding = cached.encoding(read_run(DIGITS))
    assert encoding is not None
    for side, arm in (("left", "vae"), ("right", "tvae")):
        styles = cached.sub_styles(encoding.arms[arm], encoding.labels, 1)
        assert len(styles.groups) == 2
        assert f"**{arm.upper()}**: 2 groups; {len(styles.alone)} images in no group." in words(app)
        for number, rows in enumerate(styles.groups):
            button = app.button(key=f"sub-style-{side}-{number}")
            assert button.label == f"{number + 1}: {len(rows)}"
            button.click().run()
            assert picks(app).rows.tolist() == rows.tolist()
    left, right = (cached.sub_styles(encoding.arms[arm], encoding.labels, 1) for arm in ("vae", "tvae"))
    table = next(frame.value for frame in app.dataframe if "mean image" in frame.value)
    assert list(table.columns) == ["VAE", "mean image", "TVAE 1", "TVAE 2", "no group"]
    assert table["VAE"].tolist() == ["1", "2", "no group"]
    assert table.iloc[:, 2:].to_numpy().tolist() == overlaps(left, right).tolist()
    n = int((encoding.labels == 1).sum())
    assert f"n = {n} images of class 1: Euclidean distance, groups of 5 or more (min_cluster_size)" in words(app)


def test_a_class_without_groups_says_so():
    app = page()
    app.selectbox(key="sub-style-class").set_value(0).run()
    assert not app.exception
    assert "**VAE**: no groups; these images are in one place, or evenly spread." in words(app)
    assert not [button for button in app.button if str(button.key).startswith("sub-style-")]


def test_a_class_of_few_images_says_so(copied):
    copied(rows=40)
    app = page(run="copy")
    app.selectbox(key="sub-style-class").set_value(1).run()
    assert not app.exception
    assert "images are too few; two groups need at least 10." in words(app)
