"""The latent map page with some rows isolated, run without a browser."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pages.test_latent_map_page import FakeProjector, page, picks, projector, words
from tests.pages.test_several_maps import shown
from tvae.maps.parameters import TsneParameters, UmapParameters
from tvae.runs.run import read_run
from tvae.system.app_folder import app_folder
from tvae.ui import cached
from tvae.ui.maps.projecting import fitted_to, quick_pca

__all__ = ["projector", "shown"]

DIGITS = app_folder() / "checkpoints" / "digits"


def test_isolated_rows_are_projected_anew_in_both_arms_and_come_back(shown, projector: FakeProjector):
    app = page(rows="20-59", projection="PCA")
    app.button(key="isolate").click().run()
    assert not app.exception
    assert app.query_params["isolated"] == "20-59"
    assert "Only 40 of 359 images are on the maps" in words(app)
    assert "n = 40 of 359" in words(app)
    encoding = cached.encoding(read_run(DIGITS))
    assert encoding is not None
    rows = np.arange(20, 60)
    assert shown[-1]["only"].tolist() == rows.tolist()
    left, right = shown[-1]["sides"]
    expected = quick_pca(encoding.arms["vae"].means[rows], "").positions
    # Turning and scaling a map leaves the proportions of its distances alone.
    distances, wanted = (np.linalg.norm(at[:, None] - at[None], axis=2) for at in (left.positions[rows], expected))
    np.testing.assert_allclose(distances / distances.max(), wanted / wanted.max(), atol=1e-4)
    assert len(right.positions) == 359 and np.isfinite(right.positions).all()
    middle = left.positions[rows].mean(axis=0)
    np.testing.assert_allclose(left.positions[0], middle, atol=1e-5)  # no place of its own: the browser hides it

    app.button(key="show-all-rows").click().run()
    assert not app.exception
    assert shown[-1]["only"] is None and "isolated" not in app.query_params
    assert "n = 359," in words(app)


def test_tsne_of_isolated_rows_is_requested_in_the_background_while_pca_stands_in(shown, projector: FakeProjector):
    app = page(isolated="20-59", rows="20-59")
    assert not app.exception
    request = projector.requests[-1]
    assert {len(means) for means in request.means.values()} == {40}
    assert request.labels is not None and len(request.labels) == 40
    assert isinstance(request.parameters, TsneParameters) and request.parameters.perplexity == 13
    assert shown[-1]["sides"][0].caption == "PCA, while t-SNE is computed"


def test_fewer_than_ten_rows_can_not_be_isolated():
    app = page(rows="1-9")
    assert app.button(key="isolate").disabled
    app = page(isolated="1-9")
    assert not app.exception
    assert picks(app).isolated is None
    assert "Fewer than 10 rows, or rows that don't exist" in words(app)


@pytest.mark.parametrize("text", ["1-20.400", "x", "zzzz"])
def test_an_address_that_isolates_what_is_not_there_is_noted(text):
    app = page(isolated=text)
    assert not app.exception
    assert "can't be isolated" in words(app)


def test_parameters_fit_so_few_rows():
    tsne = fitted_to(TsneParameters(perplexity=30), 10)
    assert isinstance(tsne, TsneParameters) and tsne.perplexity == 3
    umap = fitted_to(UmapParameters(n_neighbors=15), 10)
    assert isinstance(umap, UmapParameters) and umap.n_neighbors == 9
    assert fitted_to(TsneParameters(perplexity=30), 1000) == TsneParameters(perplexity=30)
