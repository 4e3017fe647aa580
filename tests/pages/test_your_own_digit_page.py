"""The page of one's own digit, run without a browser: drawings, uploads, the library's numbers, wrong input."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from tvae.data import Dataset, DataUnavailable
from tvae.data.public_datasets import GARMENT
from tvae.explore.image_text import ink_from_text, ink_to_text
from tvae.explore.ink import detected_ink
from tvae.explore.new_image import encode_new_image
from tvae.explore.preparation import measured_placement, prepared_drawing, prepared_image
from tvae.explore.strokes import strokes_from_text, strokes_to_text
from tvae.model.encoding import Encoding
from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run
from tvae.runs.weights import network
from tvae.ui import cached
from tvae.ui.address.row_numbers import rows_from_address
from tvae.ui.own_digit.input import EXAMPLE_CLASS

ROOT = Path(__file__).parents[2]
RUN = read_run(ROOT / "checkpoints" / "digits")
STROKES = strokes_to_text(
    [np.array([[95, 50], [70, 120], [160, 125]], np.uint8), np.array([[150, 60], [140, 205]], np.uint8)]
)


def page(query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/8_Your_own_digit.py")
    app.query_params.update({"run": "digits", **query})
    return app.run()


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption, *app.error, *app.warning, *app.info])


def encoding() -> Encoding:
    found = read_encoding(RUN, "test")
    assert found is not None
    return found


def expected_texts(image: np.ndarray, arm: str) -> tuple[str, str]:
    """Expected texts on an image: the vote, and the share of test images with a smaller error."""
    found = encoding()
    seen = encode_new_image(network(RUN, arm), found.arms[arm], found.labels, 10, image[..., None], 15)
    votes = round(15 * float(seen.votes.sureness[0]))
    return (
        f"{arm.upper()} says **{seen.votes.winners[0]}** ({votes} of 15)",
        f"{arm.upper()}: {100 * seen.share_below:.0f} %",
    )


def saved(picture: np.ndarray, kind: str = "PNG", **how: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind, **how)
    return buffer.getvalue()


@pytest.fixture
def photograph() -> np.ndarray:
    """A seven in dark ink on light paper."""
    paper = np.full((90, 80), 215, np.uint8)
    paper[20:26, 20:55] = 30
    paper[26:75, 45:52] = 30
    return paper


def test_without_a_digit_the_maps_stand_and_one_is_asked_for():
    app = page({})
    assert not app.exception and not app.error
    assert "Draw a digit in the square" in app.info[0].value
    assert "Each point is a test image, coloured by class. digits test split, n = 359" in words(app)


def test_a_drawing_of_the_address_is_seen_as_the_library_sees_it(digits: Dataset):
    app = page({"strokes": STROKES})
    assert not app.exception and not app.error
    image = prepared_drawing(strokes_from_text(STROKES), measured_placement(digits.test.images[..., 0]))
    for arm in ("vae", "tvae"):
        for told in expected_texts(image, arm):
            assert told in words(app)
    assert "scaled into 8 × 7 pixels" in words(app)
    assert app.query_params["strokes"] in (STROKES, [STROKES])


def test_the_example_is_drawn_and_named_in_the_address():
    app = page({})
    next(button for button in app.button if button.label == "Example").click().run()
    assert not app.exception
    assert "VAE says **" in words(app) and app.query_params["strokes"]


def test_pca_is_exact_and_other_maps_are_approximate():
    assert "placed *approximately*" in words(page({"strokes": STROKES, "projection": "t-SNE"}))
    app = page({"strokes": STROKES, "projection": "PCA"})
    assert not app.exception
    assert "placed *exactly*" in words(app)


def upload(content: bytes, name: str = "digit.png") -> AppTest:
    app = page({"from": "Upload"})
    app.file_uploader[0].set_value((name, content, "image/png")).run()
    assert not app.exception
    return app


def test_a_picture_that_is_sent_has_an_address_that_shows_it_again(photograph, digits: Dataset):
    app = upload(saved(photograph))
    assert not app.error
    ink = ink_from_text(ink_to_text(detected_ink(photograph.astype(np.float32) / 255).ink))
    assert ink is not None
    image = prepared_image(ink, measured_placement(digits.test.images[..., 0]))
    for arm in ("vae", "tvae"):
        for told in expected_texts(image, arm):
            assert told in words(app)
    address = app.query_params["ink"]
    again = page({"ink": address if isinstance(address, str) else address[0]})
    assert again.segmented_control(key="from").value == "Upload"
    assert expected_texts(image, "tvae")[0] in words(again)


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no picture at all", "no picture that can be read"),
        (SVG, "an SVG drawing, whatever its name says"),
        (b"<!doctype html><p>4</p>", "an HTML page, whatever its name says"),
        (saved(np.zeros((30, 30), np.uint8)), "of one colour all over"),
        (saved(np.zeros((4_100, 4_000), np.uint8)), "at most 16 million"),
        (saved(np.zeros((9, 9, 4), np.uint8)), "transparent throughout"),
    ],
)
def test_what_is_no_digit_is_refused_in_one_line(content, said):
    app = upload(content)
    assert len(app.error) == 1 and said in app.error[0].value and "\n" not in app.error[0].value
    assert "says **" not in words(app)
    assert "ink" not in app.query_params


def test_what_can_be_put_right_is_put_right_and_said(photograph):
    plain = words(upload(saved(photograph)))
    vote = next(line for line in plain.split("\n") if "says **" in line)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = saved(np.rot90(photograph), "PNG", exif=exif)
    deep = saved(photograph.astype(np.uint16) * 17)
    clear = np.dstack([np.zeros_like(photograph)] * 3 + [np.where(photograph < 100, 255, 0).astype(np.uint8)])
    frames = io.BytesIO()
    other = Image.fromarray(np.full_like(photograph, 9))
    Image.fromarray(photograph).save(frames, "GIF", save_all=True, append_images=[other])
    for content, note in (
        (turned, "Turned upright"),
        (deep, ""),
        (saved(clear), "laid on white"),
        (frames.getvalue(), "first frame is taken"),
    ):
        told = words(upload(content))
        assert note in told
        assert vote in told


def test_a_picture_taken_away_is_gone(photograph):
    app = upload(saved(photograph))
    assert "says **" in words(app)
    app.file_uploader[0].set_value(None).run()
    assert not app.exception
    assert "Upload a picture of a digit" in words(app) and "ink" not in app.query_params


@pytest.mark.parametrize("query", [{"strokes": "%%%"}, {"strokes": "AA"}, {"ink": "zzzz"}, {"from": "Telepathy"}])
def test_nonsense_in_the_address_is_passed_over(query):
    app = page(query)
    assert not app.exception and not app.error
    assert "says **" not in words(app)


def test_without_images_rows_are_told_by_number(monkeypatch):
    def missing(*_):
        raise DataUnavailable("no source had them")

    monkeypatch.setattr(cached, "split", missing)
    app = page({"strokes": STROKES})
    assert not app.exception
    assert "Without images: no source had them" in words(app) and "VAE: row " in words(app)


def test_the_neighbours_are_selected_for_the_latent_map():
    app = page({"strokes": STROKES, "voters": "3"})
    found = encoding()
    placement = measured_placement(cached.split("digits", "test").images[..., 0])
    image = prepared_drawing(strokes_from_text(STROKES), placement)[..., None]
    rows = {
        int(row)
        for arm in ("vae", "tvae")
        for row in encode_new_image(network(RUN, arm), found.arms[arm], found.labels, 10, image, 3).votes.nearest.rows[
            0
        ]
    }
    (link,) = (element.proto for element in app.get("page_link") if element.proto.label == "Show on the latent map")
    asked = parse_qs(link.query_string)
    assert set(rows_from_address(asked["rows"][0], len(found.labels))[0].tolist()) == rows
    assert int(asked["row"][0]) in rows


def test_many_voters_are_no_more_than_there_are_images():
    app = page({"strokes": STROKES, "voters": "100"})
    assert not app.exception
    assert "of 100)" in words(app)


def test_both_arms_read_the_example_as_what_it_is():
    app = page({})
    next(button for button in app.button if button.label == "Example").click().run()
    for arm in ("VAE", "TVAE"):
        assert f"{arm} says **{EXAMPLE_CLASS}**" in words(app)
    assert "Unlike the digits" not in words(app)


def test_what_is_unlike_the_data_set_is_said_in_plain_sight():
    scribble = strokes_to_text([np.array([[20, 20], [235, 235]], np.uint8), np.array([[235, 20], [20, 235]], np.uint8)])
    app = page({"strokes": scribble})
    assert [warning.value for warning in app.warning if "Unlike the digits of this data set" in warning.value]
    assert not [caption for caption in app.caption if "Unlike" in caption.value]


def test_doubtful_ink_is_said_and_a_crop_puts_it_right(photograph):
    page_of_two = np.full((200, 260), 215, np.uint8)
    page_of_two[50:140, 80:160] = photograph
    page_of_two[60:130, 200:208] = 30
    app = upload(saved(page_of_two))
    assert [warning.value for warning in app.warning if "Another mark was left out" in warning.value]
    before = app.query_params["ink"]
    app.slider(key="crop-across").set_value((25, 70)).run()
    assert not app.exception and not app.error
    assert not [warning.value for warning in app.warning if "left out" in warning.value]
    app.slider(key="crop-across").set_value((45, 70)).run()
    assert [warning.value for warning in app.warning if "touches the edge" in warning.value]
    assert app.query_params["ink"] != before
    app.slider(key="crop-across").set_value((0, 1)).run()
    assert not app.exception and "of one colour" in app.error[0].value, "there is nothing in that corner"


def test_a_data_set_of_other_images_is_not_asked_for_a_digit(monkeypatch):
    for place in ("tvae.data.image_noun", "tvae.ui.page.image_noun"):
        monkeypatch.setattr(place, lambda name: GARMENT)
    app = page({})
    assert not app.exception
    assert "digit" not in words(app).replace("digits", ""), "the data set's name stays"
    assert "Draw a garment in the square." in words(app) and "Where does a garment of your own lie" in words(app)
    assert not [button for button in app.button if button.label == "Example"]
    assert app.segmented_control(key="from").label == "Your garment"
