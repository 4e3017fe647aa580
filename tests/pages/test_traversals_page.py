"""The traversals page, run without a browser: order, values and pictures equal to the library's; wrong input."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tvae.data import DataUnavailable
from tvae.explore.latent_paths import picture_changes
from tvae.figures.image_grid import GridRow
from tvae.model.encoding import EncodedArm, Encoding
from tvae.model.network import to_bytes
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run
from tvae.runs.weights import network
from tvae.ui import cached
from tvae.ui.images import image_grid

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "checkpoints" / "digits"
RUN = read_run(DIGITS)


@pytest.fixture
def grids(monkeypatch) -> dict[str, list[GridRow]]:
    """Rows of each grid of an arm that the page shows, by the beginning of the grid's name."""
    shown: dict[str, list[GridRow]] = {}
    monkeypatch.setattr(image_grid, "show_grid_within", lambda rows, alt, room: shown.update({alt.split(":")[0]: rows}))
    return shown


def page(query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/7_Traversals.py")
    app.query_params.update({"run": "digits", **query})
    return app.run()


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption, *app.error, *app.warning, *app.info])


def encoding(folder: Path = DIGITS) -> Encoding:
    found = read_encoding(read_run(folder), "test")
    assert found is not None
    return found


def latents_of(rows: list[GridRow]) -> list[int]:
    return [int(row.label.split()[0].removeprefix("z")) for row in rows]


@pytest.mark.parametrize("query", [{}, {"around": "a test image", "traversal-row": "44", "steps": "5"}])
def test_each_row_moves_one_latent_and_leaves_the_others(grids, query):
    app = page(query)
    assert not app.exception and not app.error
    steps = int(query.get("steps", 9))
    for arm in ("vae", "tvae"):
        encoded = encoding().arms[arm]
        start = encoded.means[44] if query else np.zeros(len(encoded.kl))
        changes = picture_changes(network(RUN, arm), start)
        rows = grids[f"Traversals of {arm.upper()}"]
        order = latents_of(rows)
        drawn = np.flatnonzero(changes >= 0.1 * encoded.errors.mean())
        assert order == sorted(drawn, key=lambda latent: -encoded.kl[latent])
        for latent, row in zip(order, rows, strict=True):
            codes = np.tile(start, (steps, 1))
            codes[:, latent] = [-3 + 6 * step / (steps - 1) for step in range(steps)]
            expected = to_bytes(network(RUN, arm).decoded(codes.astype(np.float32)))
            assert np.abs(row.images.astype(int) - expected).max() <= 1
            assert f"{encoded.kl[latent]:.2f}" in row.label and "-0.0" not in row.label
            assert float(row.after) == pytest.approx(changes[latent], rel=5e-3)


def test_latents_that_hardly_change_the_picture_are_folded_away_whatever_their_kl(grids):
    """On digits all latents of the TVAE have a KL of 0.01 nats or more, and nine of them draw next to nothing."""
    app = page({})
    assert not app.exception and not app.error
    tvae = encoding().arms["tvae"]
    changes = picture_changes(network(RUN, "tvae"), np.zeros(len(tvae.kl)))
    faint = np.flatnonzero(changes < 0.1 * tvae.errors.mean())
    assert len(faint) > 3 and np.sum(tvae.kl[faint] >= 0.01) > 3
    assert sorted(latents_of(grids["TVAE"])) == faint.tolist()
    assert (
        f"{len(faint)} latents change the picture by less than 0.068" in [part.label for part in app.main.expander][1]
    )
    assert "does not reach the picture" in words(app)
    assert not set(latents_of(grids["Traversals of TVAE"])) & set(faint)


def test_of_a_decoder_that_draws_one_image_alone_no_latent_changes_the_picture(monkeypatch, grids):
    real = cached.network

    def networks(run, arm):
        plain = real(run, arm)
        return replace(plain, weights=plain.weights | {"decoder.0.weight": 0 * plain.weights["decoder.0.weight"]})

    monkeypatch.setattr(cached, "network", networks)
    app = page({})
    assert not app.exception and not app.error
    assert "No latent changes the picture" in words(app) and "Traversals of TVAE" not in grids
    assert len(latents_of(grids["TVAE"])) == len(encoding().arms["tvae"].kl)


@pytest.mark.parametrize(
    ("steps", "ticks"),
    [
        ("9", "-3 -2.25 -1.5 -0.75 0 +0.75 +1.5 +2.25 +3"),
        ("7", "-3 -2 -1 0 +1 +2 +3"),
        ("3", "-3 0 +3"),
        ("15", "-3       0       +3"),
    ],
)
def test_values_above_the_images_are_those_that_were_decoded(grids, steps, ticks):
    assert not page({"steps": steps}).exception
    assert " ".join(grids["Traversals of VAE"][0].under) == ticks


def test_another_image_is_taken_and_named_in_the_address():
    app = page({"around": "a test image", "traversal-row": "44"})
    assert "μ of row 44" in words(app)
    next(button for button in app.button if button.label == "Another").click().run()
    assert not app.exception
    row = app.number_input(key="traversal-row").value
    assert f"μ of row {row:,}" in words(app) and app.query_params["traversal-row"] in (str(row), [str(row)])


def test_the_image_clicked_on_the_map_is_where_it_starts():
    app = page({"around": "a test image", "row": "17"})
    assert not app.exception
    assert app.number_input(key="traversal-row").value == 17


@pytest.mark.parametrize("query", [{"around": "the moon"}, {"steps": "4000"}, {"traversal-row": "-1"}])
def test_nonsense_in_the_address_is_passed_over(query):
    app = page(query)
    assert not app.exception and not app.error
    assert "A row a latent, a column a value from −3 to 3" in words(app)


def test_without_images_the_codes_are_traversed_all_the_same(grids, monkeypatch):
    def missing(*_):
        raise DataUnavailable("no source had them")

    monkeypatch.setattr(cached, "split", missing)
    app = page({"around": "a test image"})
    assert not app.exception
    assert "The image itself can't be shown. no source had them" in words(app)
    assert "Traversals of VAE" in grids


def test_arms_of_different_latent_sizes_are_shown_each_on_its_own_terms(tmp_path, monkeypatch, grids):
    folder = tmp_path / "wider"
    shutil.copytree(DIGITS, folder)
    monkeypatch.setenv("TVAE_RUNS", str(tmp_path))
    found = encoding()
    latents = found.arms["tvae"].means.shape[1]
    wider = EncodedArm(
        np.pad(found.arms["tvae"].means, ((0, 0), (0, 2))),
        found.arms["tvae"].errors,
        np.append(found.arms["tvae"].kl, [5.0, 0.001]).astype(np.float32),
    )
    monkeypatch.setattr(cached, "encoding", lambda run: found)
    found.arms["tvae"] = wider
    weights = dict(network(RUN, "tvae").weights)
    weights["decoder.0.weight"] = np.pad(weights["decoder.0.weight"], ((0, 0), (0, 2)))
    weights["decoder.0.weight"][:, latents] = weights["decoder.0.weight"][:, 0]
    real = cached.network

    def networks(run, arm):
        plain = real(run, arm)
        return plain if arm == "vae" else replace(plain, weights=weights)

    monkeypatch.setattr(cached, "network", networks)
    app = page({"run": "wider"})
    assert not app.exception and not app.error
    assert latents_of(grids["Traversals of TVAE"])[0] == latents, "the added latent has most KL"
    assert latents_of(grids["TVAE"])[-1] == latents + 1
    assert max(latents_of(grids["Traversals of VAE"])) < latents


def test_a_picture_is_encoded_once(monkeypatch):
    """Streamlit scales a picture to a width of its own and encodes it again: slower, and blurred on a fine screen."""
    drawn, encoded = [], []
    grid_png, save = image_grid.grid_png, Image.Image.save
    image_grid.drawn_grid.clear()
    monkeypatch.setattr(image_grid, "grid_png", lambda *rows, **looks: drawn.append(0) or grid_png(*rows, **looks))
    monkeypatch.setattr(Image.Image, "save", lambda *image, **form: encoded.append(0) or save(*image, **form))
    assert not page({}).exception
    assert len(encoded) == len(drawn) > 0
