"""Every page of a run in colour: shown without an error, with all images in colour."""

from __future__ import annotations

import base64
import io
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tests.coloured import coloured_digits
from tests.conftest import small_run_config
from tvae.data import Dataset
from tvae.explore.fitted_picture import fitted_picture
from tvae.explore.new_image import encode_new_image
from tvae.runs.encodings import read_encoding
from tvae.runs.recording import record
from tvae.runs.run import read_run
from tvae.runs.weights import network
from tvae.ui import cached
from tvae.ui.components.decoding_probe import Decoded, for_browser
from tvae.ui.images.cells import image_cell

ROOT = Path(__file__).parents[2]
PAGES = ["", *sorted(path.stem for path in (ROOT / "pages").glob("*.py"))]
SIDES = (8, 64)


@pytest.fixture(scope="module")
def datasets() -> dict[int, Dataset]:
    return {side: coloured_digits(side) for side in SIDES}


@pytest.fixture(scope="module")
def runs(tmp_path_factory, datasets) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for side, dataset in datasets.items():
        config = replace(small_run_config(), train=replace(small_run_config().train, epochs=1))
        for _ in record(config, dataset, folder / f"colour-{side}", "command"):
            pass
    return folder


@pytest.fixture
def page(runs, datasets, monkeypatch) -> Callable[..., AppTest]:
    monkeypatch.setenv("TVAE_RUNS", str(runs))
    side_shown = 8

    def split(_, name, *__):
        return getattr(datasets[side_shown], name)

    monkeypatch.setattr(cached, "split", split)

    def opened(name: str, side: int = 8, **query: str) -> AppTest:
        nonlocal side_shown
        side_shown = side
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
        if name:
            app.switch_page(f"pages/{name}.py")
        app.query_params.update({"run": f"colour-{side}", "projection": "PCA", **query})
        app.run()
        assert not app.exception and not app.error
        return app

    return opened


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption, *app.info, *app.warning])


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_a_run_in_colour(page, name):
    assert "can't be shown" not in words(page(name, rows="3.5-8", row="3"))


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("1_Latent_map", {"rows": "3.5-8", "row": "3"}),
        ("2_Reconstructions", {"error-map": "true", "code": "a sample"}),
        ("3_Interpolation", {}),
        ("7_Traversals", {"around": "a test image"}),
    ],
)
def test_images_of_64_pixels_are_shown_too(page, name, query):
    page(name, 64, **query)


def test_a_cell_and_a_thumbnail_hold_the_image_s_own_colours(datasets):
    test = datasets[8].test
    cell = image_cell(test.images[4]).split(",")[1]
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(cell))))
    times = len(shown) // 8
    np.testing.assert_array_equal(shown[::times, ::times], test.images[4])

    blob = cached.thumbnails(test).data
    length = int.from_bytes(blob[:4], "little")
    header = json.loads(blob[4 : 4 + length])
    assert (header["channels"], header["strokes"]) == (3, False)
    sheet = np.frombuffer(zlib.decompress(blob[4 + length :]), np.uint8).reshape(test.images.shape)
    np.testing.assert_array_equal(sheet, test.images)


def test_what_the_pointer_decodes_travels_in_colour(datasets):
    image = datasets[8].test.images[2]
    sent = for_browser(Decoded(image, "exact"))
    assert (sent["height"], sent["width"], sent["channels"]) == (8, 8, 3)
    values = np.frombuffer(base64.b64decode(str(sent["values"])), np.uint8)
    np.testing.assert_array_equal(values.reshape(8, 8, 3), image)


def photograph() -> np.ndarray:
    """A picture wider than high: red at the left, a green square on blue in the middle, yellow at the right."""
    picture = np.zeros((40, 100, 3), np.uint8)
    picture[:, :30], picture[:, 70:] = (255, 0, 0), (255, 255, 0)
    picture[:, 30:70] = (0, 0, 255)
    picture[10:30, 40:60] = (0, 255, 0)
    return picture


def upload(app: AppTest, picture: np.ndarray) -> AppTest:
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "PNG")
    app.file_uploader[0].set_value(("own.png", content.getvalue(), "image/png")).run()
    assert not app.exception
    return app


def test_an_own_image_is_uploaded_and_seen_as_the_library_sees_it(page, runs):
    app = page("8_Your_own_digit")
    (ways,) = [control for control in app.segmented_control if control.key == "from"]
    assert ways.options == ["Upload", "Many"], "there is nothing to draw on"
    assert not [button for button in app.button if button.label == "Example"]
    assert "images are in colour, so one is uploaded, not drawn" in words(app)
    app = upload(app, photograph())
    assert not app.error
    run = read_run(runs / "colour-8")
    encoding = read_encoding(run, "test")
    assert encoding is not None
    image = fitted_picture(photograph() / 255, 8, 8)
    for arm in run.config.arms:
        seen = encode_new_image(network(run, arm), encoding.arms[arm], encoding.labels, 10, image, 15)
        votes = round(15 * float(seen.votes.sureness[0]))
        assert f"{arm.upper()} says **{seen.votes.winners[0]}** ({votes} of 15)" in words(app)
    assert "cut to its middle part of the frame's aspect, and scaled to 8 × 8 pixels" in words(app)
    assert "ink" not in app.query_params


def test_a_crop_and_a_picture_taken_away_are_followed(page):
    app = upload(page("8_Your_own_digit"), photograph())
    before = words(app)
    app.slider(key="crop-across").set_value((0, 30)).run()
    assert not app.exception and not app.error
    assert words(app) != before
    app.file_uploader[0].set_value(None).run()
    assert not app.exception
    assert "Upload a picture of a digit" in words(app)


def test_an_address_with_a_drawing_is_told_that_there_is_none_here(page):
    app = page("8_Your_own_digit", strokes="AAKCKGQl", **{"from": "Draw"})
    told = words(app)
    assert "A drawing is not shown here: this run's images are in colour" in told
    assert "There is nothing to draw on here" in told
    assert "strokes" not in app.query_params and "from" not in app.query_params


def test_the_overview_asks_to_upload_one(page):
    links = [element.proto.label for element in page("").get("page_link")]
    assert [label for label in links if "upload one, and see where it lies" in label]


def test_an_upload_is_read_again_for_a_run_of_the_other_kind(page, digits, monkeypatch):
    """From a run in colour to one of grey digits and back, with the same file: there its ink is found."""
    app = upload(page("8_Your_own_digit"), photograph())
    in_colour = words(app)
    assert "ink" not in app.query_params
    chooser = app.selectbox(key="run")
    coloured, grey = chooser.value, next(name for name in chooser.options if name.startswith("digits"))
    with monkeypatch.context() as patches:
        patches.setattr(cached, "split", lambda _, name, *__: getattr(digits, name))
        app.selectbox(key="run").set_value(grey).run()
        assert not app.exception and not app.error
        assert "cropped to its ink" in words(app) and "ink" in app.query_params
    app.selectbox(key="run").set_value(coloured).run()
    assert not app.exception and not app.error
    assert words(app) == in_colour and "ink" not in app.query_params
