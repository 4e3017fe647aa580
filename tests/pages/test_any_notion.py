"""Pages judged by unusual notions: all images similar, no two similar, one similar pair, names with signs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import small_run_config
from tvae.data import Dataset, Notion, Split
from tvae.data.split import SplitName
from tvae.runs.recording import record
from tvae.ui import cached, judging
from tvae.ui.training import notions

ROOT = Path(__file__).parents[2]
PAGES = ["", *sorted(path.stem for path in (ROOT / "pages").glob("*.py"))]
NAMES = ("all alike", "none alike", "one pair", "<b>*signs*</b> | $x$")


def with_notions(split: Split, name: SplitName, n: int) -> Split:
    labels = {
        "all alike": np.zeros(n, np.int64),
        "none alike": np.arange(n),
        "one pair": np.maximum(np.arange(n) - 1, 0),
        "<b>*signs*</b> | $x$": np.arange(n) % 3,
    }
    names = {key: tuple(f"<i>{key} {c}</i>" for c in range(int(each.max()) + 1)) for key, each in labels.items()}
    own = {"class": Notion(split.labels[:n], split.class_names)}
    further = {key: Notion(labels[key], names[key]) for key in NAMES}
    return Split(name, split.images[:n], split.labels[:n], split.class_names, "class", own | further)


@pytest.fixture(scope="module")
def dataset(digits: Dataset) -> Dataset:
    train, test = with_notions(digits.train, "train", 120), with_notions(digits.test, "test", 60)
    return Dataset("digits", train, test, digits.class_names, "made")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory, dataset) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    config = replace(small_run_config(), train=replace(small_run_config().train, epochs=1))
    for _ in record(config, dataset, folder / "notions", "command"):
        pass
    return folder


@pytest.mark.parametrize("notion", NAMES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_what_it_can(name, notion, run_folder, dataset, monkeypatch):
    monkeypatch.setenv("TVAE_RUNS", str(run_folder))

    def split(_: str, name: SplitName, share: float = 0.0, notion: str = "") -> Split:
        return getattr(dataset, name).by(notion)

    monkeypatch.setattr(cached, "split", split)
    for module in (judging, notions):
        monkeypatch.setattr(module, "notion_names", lambda *_: ("class", *NAMES))
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=300)
    if name:
        app.switch_page(f"pages/{name}.py")
    app.query_params.update({"run": "notions", "projection": "PCA", "judged-by": notion})
    app.run()
    assert not app.exception and not app.error
    words = "\n".join(part.value for part in [*app.markdown, *app.caption, *app.info])
    assert "trained on class, judged by" in words and "<b>" not in words.replace("\\<b\\>", "")
    if name == "4_Triplets":
        assert ("is not measurable here" in words) == (notion in ("all alike", "none alike"))
