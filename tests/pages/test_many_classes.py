"""A trained run of 26 classes on the pages that name classes: rendered letters under random affine maps."""

from __future__ import annotations

import string
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from streamlit.testing.v1 import AppTest

from tests.conftest import small_run_config
from tvae.config import DataConfig
from tvae.data import Dataset, Split
from tvae.data.split import SplitName
from tvae.runs.recording import record
from tvae.runs.run import read_run
from tvae.ui import cached

ROOT = Path(__file__).parents[2]
LETTERS = tuple(string.ascii_lowercase)


def letters(name: SplitName, each: int, seed: int) -> Split:
    """`each` random 12 x 12 images of all 26 letters: in Pillow's font, turned, scaled and moved."""
    random = np.random.default_rng(seed)
    images, font = [], ImageFont.load_default(20)
    for letter in LETTERS:
        page = Image.new("L", (24, 24))
        ImageDraw.Draw(page).text((12, 12), letter, 255, font, anchor="mm")
        for _ in range(each):
            turn, scale = random.normal(0, 0.15), 2 * np.exp(random.normal(0, 0.1))
            across, down = scale * np.cos(turn), scale * np.sin(turn)
            at = 12 - 6 * (across - down) + random.normal(0, 1), 12 - 6 * (down + across) + random.normal(0, 1)
            affine = (across, -down, at[0], down, across, at[1])
            images.append(page.transform((12, 12), Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR))
    grey = np.stack([np.asarray(image) for image in images])[..., None]
    return Split(name, grey, np.repeat(np.arange(26), each), LETTERS)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    test, train = letters("test", 12, 1), letters("train", 20, 0)
    return Dataset(name="emnist-letters", train=train, test=test, class_names=LETTERS, source="rendered")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory, dataset) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    config = replace(small_run_config(), data=DataConfig(name="emnist-letters"))
    for _ in record(config, dataset, folder / "letters", "command"):
        pass
    return folder


@pytest.fixture
def page(run_folder, dataset, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(run_folder))
    monkeypatch.setattr(cached, "split", lambda _, name, *__: dataset.test if name == "test" else dataset.train)

    def opened(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
        if name:
            app.switch_page(f"pages/{name}.py")
        app.query_params.update({"run": "letters", **query})
        app.run()
        assert not app.exception and not app.error
        return app

    return opened


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption, *app.info])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "the first of 20 of 26 classes"),
        ("1_Latent_map", "Which letters moved"),
        ("2_Reconstructions", "The first of 10 of the 26 classes"),
        ("4_Triplets", ""),
        ("6_Generation", ""),
        ("8_Your_own_digit", "Where does a letter of your own lie"),
    ],
)
def test_a_page_shows_a_run_of_26_classes_in_the_words_of_its_data(page, name, said):
    assert said in words(page(name))


def test_every_class_has_an_image_kept_with_the_run(run_folder):
    encoding = cached.encoding(read_run(run_folder / "letters"))
    assert encoding is not None
    assert set(encoding.labels[encoding.sample_rows]) == set(range(26))


def test_the_example_of_a_digit_is_not_offered_for_letters(page):
    assert not [button for button in page("8_Your_own_digit").button if button.label == "Example"]
