"""Filters of the latent map page, without a browser: the address, and the rows that pass on each part of the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tvae.runs.encodings import read_encoding
from tvae.runs.run import read_run

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def errors() -> np.ndarray:
    """Squared error of each test image of the VAE of the digits."""
    encoding = read_encoding(read_run(ROOT / "checkpoints/digits"), "test")
    assert encoding is not None
    return encoding.arms["vae"].errors


def page(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=120)
    app.switch_page("pages/1_Latent_map.py")
    app.query_params.update({"run": "digits", **query})
    return app.run()


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.warning, *app.info]
    return "\n".join(part.value for part in parts).replace("\\", "")


def test_a_selection_is_described_by_those_of_its_rows_that_pass(errors):
    app = page(rows="0-99", filter="error-left:_0.5")
    assert not app.exception
    count = int((np.round(errors[:100].astype(float), 6) < 0.5).sum())
    assert 0 < count < 100
    assert app.metric[0].value == str(count)
    assert f"{count} of 100 selected images pass the filters" in words(app)
    assert app.query_params["filter"] in ("error-left:_0.5", ["error-left:_0.5"])


def test_hidden_classes_don_t_pass_either():
    encoding = read_encoding(read_run(ROOT / "checkpoints/digits"), "test")
    assert encoding is not None
    labels = encoding.labels
    app = page(rows="0-99", hidden="3.5")
    assert app.metric[0].value == str(int((~np.isin(labels[:100], [3, 5])).sum()))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("error-left:9_1", "filter can't be 'error-left:9_1' here"),
        ("nonsense", "filter can't be 'nonsense' here"),
        ("height:1_2", "can't be filtered by 'height' as asked"),
        ("wrong:77", "can't be filtered by 'wrong' as asked"),
        ("wrong:0_1", "can't be filtered by 'wrong' as asked"),
    ],
)
def test_a_filter_that_can_t_be_is_told_and_left_out(asked, told):
    app = page(rows="0-99", filter=asked)
    assert not app.exception
    assert told in words(app)
    assert app.metric[0].value == "100"
    assert "filter" not in app.query_params
