"""Many pictures on the page of one's own digit, run without a browser: the table, the maps, the CSV, wrong input."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.data.own.made_sources import picture_bytes, write_files, write_zip
from tvae.runs.encodings import read_encoding
from tvae.runs.new_images.files import csv_columns
from tvae.runs.new_images.tables import surroundings
from tvae.runs.run import read_run
from tvae.system.csv_table import rows_csv
from tvae.ui.own_digit import many_input

ROOT = Path(__file__).parents[2]
RUN = read_run(ROOT / "checkpoints" / "digits")


def page(query: dict[str, str] | None = None) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/8_Your_own_digit.py")
    app.query_params.update({"run": "digits", "from": "Many", **(query or {})})
    return app.run()


def words(app: AppTest) -> str:
    return "\n".join(part.value for part in [*app.markdown, *app.caption, *app.error, *app.warning, *app.info])


def sent(app: AppTest, name: str, content: bytes) -> AppTest:
    """The page after an upload, once its pictures are encoded."""
    app.file_uploader(key="many-file").set_value((name, content, "application/octet-stream")).run()
    while any("Cancel" in button.label for button in app.main.button):
        app.run()
    return app


@pytest.fixture
def pictures(tmp_path, digits) -> bytes:
    """A zip of the first twenty test images and an HTML page with the name of a picture."""
    files = {f"{row:02}.png": picture_bytes(digits.test.images[row, ..., 0]) for row in range(20)}
    return write_zip(tmp_path / "new.zip", {**files, "page.png": b"<html>"}).read_bytes()


def test_each_picture_is_listed_with_its_class_and_nearest_image(pictures, digits):
    app = sent(page(), "new.zip", pictures)
    assert not app.exception
    said = words(app)
    assert "**20 pictures**" in said and "**1 left out**" in said and "page.png: this is an HTML page" in said
    assert "scaled to 8 × 8 pixels in grey" in said and "the 15 nearest of 359 test images" in said
    table: Any = app.dataframe[0].value
    assert table["Name"].tolist() == [f"{row:02}.png" for row in range(20)]
    encoding = read_encoding(RUN, "test")
    assert encoding is not None
    for arm, encoded in encoding.arms.items():
        assert table[f"{arm.upper()} nearest row"].tolist() == list(range(20))
        for row in range(20):
            nearest = np.argsort(((encoded.means - encoded.means[row]) ** 2).sum(axis=1), kind="stable")[:15]
            classes, counts = np.unique(encoding.labels[nearest], return_counts=True)
            assert int(table[f"{arm.upper()} says"][row]) in classes[counts == counts.max()]
            assert table[f"{arm.upper()} votes"][row] == counts.max()
    assert "Dots: your pictures" in said


def test_the_csv_is_that_of_the_command_line(pictures, digits):
    app = sent(page({"projection": "t-SNE"}), "new.zip", pictures)
    (button,) = [b for b in app.get("download_button") if b.proto.label == "All as CSV"]
    assert button.proto.deferred_file_id  # its content is made when it is clicked, as here
    known = surroundings(RUN)
    table = known.table([f"{row:02}.png" for row in range(20)], digits.test.images[:20])
    rows = list(csv.DictReader(io.StringIO(rows_csv(csv_columns(known, table)), newline="")))
    shown = app.dataframe[0].value
    assert [row["tvae class"] for row in rows] == shown["TVAE says"].tolist()
    assert [int(row["vae nearest rows"].split()[0]) for row in rows] == shown["VAE nearest row"].tolist()


def test_another_projection_or_number_of_voters_encodes_anew_and_the_address_says_many(pictures):
    app = sent(page(), "new.zip", pictures)
    app.number_input(key="voters").set_value(3).run()
    while not app.dataframe:
        app.run()
    assert "the 3 nearest of 359 test images" in words(app)
    assert app.query_params["from"] == "Many"
    app.selectbox(key="projection").set_value("PCA").run()
    while not app.dataframe:
        app.run()
    assert not app.exception and len(app.dataframe[0].value) == 20


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("notes.zip", b"PK\5\6" + bytes(18), "an empty zip"),
        ("page.png", b"<html>", "this is an HTML page"),
        ("a.tar.gz", b"\x1f\x8b\x08" + bytes(20), "gzip"),
    ],
)
def test_wrong_input_is_one_line(name, content, line):
    app = sent(page(), name, content)
    assert not app.exception and not app.dataframe
    (error,) = app.error
    assert line in error.value and "\n" not in error.value


def test_of_very_many_the_first_are_taken(pictures, monkeypatch):
    monkeypatch.setattr(many_input, "MOST", 7)
    app = sent(page(), "new.zip", pictures)
    assert "**7 pictures**, the first of 20" in words(app)
    assert "bring the others in as further files" in words(app)
    assert len(app.dataframe[0].value) == 7


def test_a_path_is_offered_where_the_server_allows_one_and_never_leads_out(tmp_path, monkeypatch, digits):
    assert not [field for field in page().text_input if field.key == "many-path"]
    write_files(tmp_path / "root" / "new", {"a.png": picture_bytes(digits.test.images[3, ..., 0])})
    monkeypatch.setenv("TVAE_SOURCES", str(tmp_path / "root"))
    app = page()
    app.text_input(key="many-path").set_value("../out").run()
    app.button(key="many-read").click().run()
    assert "lies outside the folder" in app.error[0].value
    app.text_input(key="many-path").set_value("new").run()
    app.button(key="many-read").click().run()
    while not app.dataframe:
        app.run()
    assert app.dataframe[0].value["VAE nearest row"].tolist() == [3]


def test_names_and_labels_are_text(tmp_path, digits):
    name = '<img src=x onerror=alert(1)> **b** =HYPERLINK("x").png'
    content = write_zip(tmp_path / "z.zip", {name: picture_bytes(digits.test.images[0, ..., 0])}).read_bytes()
    app = sent(page(), "=z.zip", content)
    assert not app.exception and app.dataframe[0].value["Name"].tolist() == [name]


def test_an_upload_that_is_taken_away_is_gone(pictures):
    app = sent(page(), "new.zip", pictures)
    app.file_uploader(key="many-file").set_value([]).run()
    assert not app.dataframe and not app.exception
