"""The PNG that a page offers: a light ground in both themes, and text fields on the origin of its images."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tvae.figures.image_grid import GridRow
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run
from tvae.ui.images import image_grid

RUN = read_run(Path(__file__).parents[3] / "checkpoints" / "digits")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_png_says_where_it_comes_from_on_a_light_ground(theme, monkeypatch):
    offered = {}

    def download_button(label, content, name, kind, **options):
        offered.update(content=content(), name=name, kind=kind)

    monkeypatch.setattr(image_grid, "theme", lambda: theme)
    monkeypatch.setattr(image_grid.st, "download_button", download_button)
    encoding = read_encoding(RUN, "test")
    assert encoding is not None
    row = GridRow(label="input", images=np.zeros((4, 8, 8, 1), np.uint8))
    image_grid.grid_download([row], "samples-vae", "Samples of VAE from the prior", RUN, encoding)
    assert (offered["name"], offered["kind"]) == ("samples-vae-digits.png", "image/png")
    picture = Image.open(io.BytesIO(offered["content"]))
    assert (np.asarray(picture)[2, 2, :3] == 255).all()
    fields = picture.info
    assert fields["Title"].startswith("Samples of VAE from the prior. digits test split, n = 359")
    assert (fields["Run"], fields["Data"], fields["Split"]) == ("digits", "digits", "test, n = 359")
    assert fields["Training seed"] == str(RUN.config.train.seed)
    assert fields["Checkpoint"].startswith(f"step {RUN.provenance.step}, epoch ")
    assert fields["Test images"] == RUN.provenance.test.fingerprint
