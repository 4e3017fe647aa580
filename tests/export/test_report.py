"""Report: its numbers are the run's, it loads nothing from elsewhere, and what people named stays text."""

from __future__ import annotations

import base64
import errno
import io
import json
import re
import shutil
import zlib
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.export.conftest import DIGITS
from tvae.data import load_split
from tvae.errors import InputError
from tvae.export import formats
from tvae.export.formats import export
from tvae.export.material import Material, material_of
from tvae.export.report import html_report, map_data
from tvae.export.report.charts import chart_file, charts_of
from tvae.export.report.content import report_content
from tvae.figures.colours import TVAE_ORANGE, VAE_BLUE
from tvae.runs.answer.sentence import answer_in_words
from tvae.runs.encodings import read_curves, read_encoding
from tvae.runs.evaluation import encode_split, evaluate
from tvae.runs.finishing import DEFAULT_MARGINS
from tvae.runs.history import read_history
from tvae.runs.run import read_metrics, read_run
from tvae.runs.seeds.file import read_seed_figures
from tvae.system.csv_table import rows_csv

MOST_BYTES = 5_000_000
ROWS = {
    **{f"triplet accuracy at m = {m}": ("triplet_accuracy", m, 100, 2) for m in ("0", "0.1", "0.2", "0.5", "1")},
    "squared error an image": ("reconstruction", None, 1, 3),
    "KL, nats": ("kl", None, 1, 3),
    "1-NN accuracy, leave one out": ("knn_accuracy", None, 100, 2),
    "R-precision": ("r_precision", None, 100, 2),
    "MAP@R": ("map_at_r", None, 1, 4),
    "active units of 20": ("active_units", None, 1, 0),
}
"""Key of each figure in metrics.json, its margin, factor and decimals."""
HOSTILE = '</script><script>alert(1)</script>"><img src=x onerror=alert(2)>'


class Page(HTMLParser):
    """The elements of a page with their attributes, the rows of its tables, and its text."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td") and self.rows:
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def report(material, tmp_path_factory) -> str:
    out = tmp_path_factory.mktemp("report") / "r.html"
    assert export(material, "report", out) == []
    return out.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def markdown(material, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("markdown") / "m"
    assert export(material, "markdown", out) == []
    return out


@pytest.fixture(scope="module")
def charts(material, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("charts") / "c"
    assert export(material, "charts", out) == []
    return out


def _measured(folder: Path) -> dict[str, Any]:
    metrics = read_metrics(folder)
    assert metrics is not None
    return metrics


def check_table(rows: dict[str, list[str]], metrics: Mapping[str, Any]) -> None:
    """Check that each figure, and its difference, is the metrics' own."""
    for name, (key, margin, factor, decimals) in ROWS.items():
        values = [metrics["arms"][arm][key] for arm in ("vae", "tvae")]
        if margin is not None:
            values = [value[margin] for value in values]
        cells = [float(text.replace("\u00a0", " ").split()[0].replace("−", "-").strip("\\")) for text in rows[name]]
        rounding = 0.5001 * 10**-decimals
        assert cells[:2] == pytest.approx([factor * value for value in values], abs=rounding), name
        assert cells[2] == pytest.approx(factor * (values[1] - values[0]), abs=rounding), name


def test_the_report_says_the_run_s_own_numbers(material, report):
    page, metrics = Page(report), _measured(DIGITS)
    assert answer_in_words(material.run, material.arms, metrics) in page.text.replace("\u00a0 ", "\u00a0")
    check_table({row[0].split(" ↑")[0].split(" ↓")[0].strip(): row[1:] for row in page.rows if len(row) == 4}, metrics)
    assert material.run.provenance.command in page.text
    assert material.run.provenance.test.fingerprint in page.text
    for words in ("n = 359", "training seed 0", "The share of triplets whose positive is nearer"):
        assert words in page.text


def test_the_markdown_says_the_same_numbers_and_its_pictures_are_there(markdown):
    text = (markdown / "report.md").read_text(encoding="utf-8")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    check_table({row[0]: row[1:] for row in cells if len(row) == 4}, _measured(DIGITS))
    pictures = re.findall(r"\]\((pictures/[^)]+)\)", text)
    assert {"pictures/map-vae.png", "pictures/map-tvae.png", "pictures/reconstructions.png"} < set(pictures)
    assert {str(path.relative_to(markdown)) for path in (markdown / "pictures").iterdir()} == set(pictures)
    for name in pictures:
        with Image.open(markdown / name) as picture:
            assert np.asarray(picture.convert("L")).std() > 5, name


def test_another_split_is_measured_where_it_is_asked_for():
    run, split = read_run(DIGITS), load_split("digits", "train")
    encoding = encode_split(run, split)
    arms = {arm: replace(one, means=one.means[:200], errors=one.errors[:200]) for arm, one in encoding.arms.items()}
    encoding = replace(encoding, labels=encoding.labels[:200], arms=arms)
    content = report_content(material_of(run, encoding, None))
    check_table({row.name: [*row.values, row.difference] for row in content.table}, content.metrics)
    assert content.metrics["arms"] == evaluate(run, encoding, DEFAULT_MARGINS)["arms"]
    curve, measured = content.curves["tvae"], content.metrics["arms"]["tvae"]
    assert curve.at(0).accuracy == pytest.approx(measured["triplet_accuracy"]["0"])
    assert "train split, n = 200" in content.measured_on


def test_the_page_loads_nothing_from_elsewhere(report):
    page = Page(report)
    for tag, attributes in page.elements:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:image/", "#")), (tag, name, value)
    assert not {"link", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in page.elements}
    assert not re.search(r"url\((?!#)|@import|https?:", re.sub(r"base64,[A-Za-z0-9+/=]*", "", report))
    (policy,) = [attributes["content"] for tag, attributes in page.elements if "http-equiv" in attributes]
    assert policy is not None and policy.startswith("default-src 'none'") and "script-src 'sha256-" in policy


def test_the_report_of_mnist_stays_below_5_mb_whatever_its_images(tmp_path):
    """Noise is what shrinks least: its thumbnails are made smaller until they fit."""
    run = read_run(DIGITS.parent / "mnist")
    encoding = read_encoding(run, "test")
    assert encoding is not None
    noise = np.random.default_rng(0).integers(0, 256, (10_000, 28, 28, 1), np.uint8)
    export(material_of(run, encoding, noise), "report", tmp_path / "r.html")
    assert 2_000_000 < (tmp_path / "r.html").stat().st_size < MOST_BYTES
    data = json.loads(re.findall(r'id="map-data">(.*?)</script>', (tmp_path / "r.html").read_text())[0])
    assert data["thumbnail"] is not None and data["thumbnail"][0] < 28


def test_thumbnails_that_can_not_be_small_enough_are_left_out_and_said_so(material, tmp_path, monkeypatch):
    monkeypatch.setattr(map_data, "MOST_THUMBNAIL_BYTES", 100)
    (note,) = export(material, "report", tmp_path / "r.html")
    assert note.startswith("The maps have no thumbnails")
    assert 'id="sprite"' not in (tmp_path / "r.html").read_text()


def test_the_maps_data_are_the_rows_of_the_run(material, report):
    data = json.loads(re.findall(r'id="map-data">(.*?)</script>', report)[0])
    rows = np.frombuffer(base64.b64decode(data["rows"]), "<i4")
    np.testing.assert_array_equal(rows, np.arange(359))
    classes = np.frombuffer(base64.b64decode(data["classes"]), "<i4")
    assert [data["names"][place] for place in classes] == material.class_names
    for side, arm in zip(data["sides"], ("vae", "tvae"), strict=True):
        errors = np.frombuffer(base64.b64decode(side["errors"]), "<f4")
        np.testing.assert_array_equal(errors, material.encoding.arms[arm].errors)
        places = np.frombuffer(base64.b64decode(side["places"]), "<u2").reshape(-1, 2) / 65_535
        layout = material.layouts["tsne"].positions[arm]
        for axis, sign in ((0, 1), (1, -1)):
            assert np.corrcoef(places[:, axis], sign * layout[:, axis])[0, 1] == pytest.approx(1, abs=1e-6)


def test_of_many_images_the_maps_show_a_sample_and_say_so(material, tmp_path, monkeypatch):
    for module in (map_data, html_report):
        monkeypatch.setattr(module, "MOST_POINTS", 100)
    export(material, "report", tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    data = json.loads(re.findall(r'id="map-data">(.*?)</script>', text)[0])
    rows = np.frombuffer(base64.b64decode(data["rows"]), "<i4")
    assert len(rows) == 100 and (np.diff(rows) > 0).all()
    assert "100 of them are shown, drawn at random with seed 0" in text
    errors = np.frombuffer(base64.b64decode(data["sides"][1]["errors"]), "<f4")
    np.testing.assert_array_equal(errors, material.encoding.arms["tvae"].errors[rows])
    labels = np.frombuffer(base64.b64decode(data["classes"]), "<i4")
    assert [data["names"][label] for label in labels] == [material.class_names[row] for row in rows]


def test_without_images_a_report_has_none(material, tmp_path):
    bare = material_of(material.run, material.encoding, None)
    export(bare, "report", tmp_path / "r.html")
    export(bare, "markdown", tmp_path / "m")
    page = Page((tmp_path / "r.html").read_text())
    pictures = [attributes for tag, attributes in page.elements if tag == "img"]
    assert [picture["alt"] for picture in pictures] == ["Map of VAE", "Map of TVAE"]
    assert "--no-images" in page.text
    assert not (tmp_path / "m" / "pictures" / "reconstructions.png").exists()


def test_a_report_of_one_arm_compares_nothing(material, tmp_path):
    export(material_of(material.run, material.encoding, material.images, ["tvae"]), "report", tmp_path / "r.html")
    page = Page((tmp_path / "r.html").read_text())
    assert "it is the only arm" in page.text and not any("difference" in row for row in page.rows)
    assert "--arm tvae" in page.text and "The latent space" in page.text


@pytest.mark.parametrize("rows", [20, 3])
def test_images_of_one_class_and_few_images_have_a_report_without_what_they_lack(material, tmp_path, rows):
    arms = {
        arm: replace(one, means=one.means[:rows], errors=one.errors[:rows]) for arm, one in material.encoded.items()
    }
    encoding = replace(
        material.encoding,
        split="train",
        labels=np.zeros(rows, np.int64),
        arms=arms,
        sample_rows=np.arange(2),
        sample_images=material.images[:2],
        sample_reconstructions={arm: material.images[:2] for arm in arms},
    )
    few = material_of(material.run, encoding, material.images[:rows])
    export(few, "report", tmp_path / "r.html")
    export(few, "markdown", tmp_path / "m")
    export(few, "charts", tmp_path / "c")
    page = Page((tmp_path / "r.html").read_text())
    assert "not measurable" in page.text and "The train images have no triplet" in page.text
    assert ("map-data" in [attributes.get("id") for _, attributes in page.elements]) == (rows > 3)
    assert not (tmp_path / "c" / "accuracy-by-margin.svg").exists()
    assert (tmp_path / "c" / "map-vae.svg").exists() == (rows > 3)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> Material:
    """The digits run, in a folder and with classes of hostile names."""
    folder = tmp_path_factory.mktemp("hostile") / "<b onclick=alert(3)> & $x^2$ | `rm`"
    shutil.copytree(DIGITS, folder)
    config = json.loads((folder / "config.json").read_text())
    config["provenance"]["class_names"] = [HOSTILE, "=cmd|' /C calc'!A0", "$x^2$", "a|b", "<svg/onload=x>"] + [
        f"[c{place}](javascript:alert(4)) 字" for place in range(5)
    ]
    config["provenance"]["command"] = f"python {HOSTILE} ``` x"
    (folder / "config.json").write_text(json.dumps(config))
    run = read_run(folder)
    encoding = read_encoding(run, "test")
    assert encoding is not None
    return material_of(run, encoding, load_split("digits", "test").images)


def test_names_that_look_like_html_stay_text(hostile, material, tmp_path):
    export(hostile, "report", tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    page = Page(text)
    assert [tag for tag, _ in page.elements if tag == "script"] == ["script", "script"]
    assert not [attributes for _, attributes in page.elements if any(name.startswith("on") for name in attributes)]
    assert {tag for tag, _ in page.elements} & {"b", "iframe"} == set()
    assert all((attributes.get("src") or "data:").startswith("data:") for _, attributes in page.elements)
    assert HOSTILE in page.text and hostile.run.name in page.text
    data = json.loads(re.findall(r'id="map-data">(.*?)</script>', text)[0])
    assert data["names"][0] == HOSTILE


def test_names_that_look_like_markup_stay_text_in_markdown_and_in_charts(hostile, tmp_path):
    export(hostile, "markdown", tmp_path / "m")
    text = (tmp_path / "m" / "report.md").read_text()
    assert r"\<b onclick=alert(3)\> \& \$x\^2\$ \| \`rm\`" in text
    assert "````shell" in text  # longer than the fence inside the command
    for chart in charts_of(report_content(hostile)):
        svg = chart_file(chart, "svg")
        texts = [element.text for element in ElementTree.fromstring(svg).iter() if element.text]
        if chart.name == "map-vae":
            assert "$x^2$" in texts  # is not set as a formula
            assert "'=cmd|' /C calc'!A0" in rows_csv(chart.columns)


def test_every_chart_is_a_file_of_each_kind(charts):
    names = {"accuracy-by-margin", "map-vae", "map-tvae", "training-kl", "training-reconstruction", "training-triplet"}
    assert {path.name for path in charts.iterdir()} == {
        f"{name}.{end}" for name in names for end in ("svg", "pdf", "csv")
    }
    for name in names:
        texts = _svg_texts(charts / f"{name}.svg")
        caption = " ".join(texts)
        assert "run digits." in caption and "seed 0" in caption and re.search(r"n = (359|1,438)", caption), name
        svg = (charts / f"{name}.svg").read_text()
        if name.startswith("map"):
            assert "data:image/png;base64" in svg
        else:
            assert VAE_BLUE in svg and TVAE_ORANGE in svg and {"VAE", "TVAE"} < set(texts)
        _check_pdf((charts / f"{name}.pdf").read_bytes())


def _svg_texts(path: Path) -> list[str]:
    return [element.text or "" for element in ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}text")]


def _check_pdf(content: bytes) -> None:
    """Check that a PDF has a page with text, and with lines or a picture."""
    assert content.startswith(b"%PDF-") and b"%%EOF" in content[-10:]
    streams = []
    for part in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            streams.append(zlib.decompress(part))
        except zlib.error:
            continue
    pages = [stream for stream in streams if b"Tf" in stream]
    assert pages and any(stream.count(b" l\n") > 20 or b" Do" in stream for stream in pages)


def test_the_data_of_a_chart_are_those_of_the_run(material, charts):
    curves = read_curves(material.run, "test")
    assert curves is not None
    table = pd.read_csv(charts / "accuracy-by-margin.csv")
    history = read_history(material.run.folder)
    for arm in ("vae", "tvae"):
        np.testing.assert_allclose(table[f"{arm}, %"], 100 * curves[arm].accuracy, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(table["margin"], curves[arm].margins, atol=1e-9)
        points = pd.read_csv(charts / f"map-{arm}.csv")
        np.testing.assert_allclose(points[["x", "y"]], material.layouts["tsne"].positions[arm], rtol=1e-5)
        assert points["class"].astype(str).tolist() == material.class_names
        for term in ("reconstruction", "kl", "triplet"):
            losses = pd.read_csv(charts / f"training-{term}.csv")
            assert losses[arm].tolist() == pytest.approx([row["arms"][arm][term] for row in history], rel=1e-9)
            assert losses["step"].tolist() == [row["step"] for row in history]


def test_a_run_without_triplets_or_history_has_the_charts_that_it_has_data_for(material):
    content = report_content(material)
    bare = replace(content, curves={}, history=[])
    assert [chart.name for chart in charts_of(bare)] == ["map-vae", "map-tvae"]


@pytest.mark.parametrize(("name", "out"), [("report", "r.html"), ("markdown", "m"), ("charts", "c")])
def test_nothing_is_there_after_an_error(material, tmp_path, monkeypatch, name, out):
    def full(*args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        export(material, name, tmp_path / out)
    assert not list(tmp_path.iterdir())


def test_the_package_that_draws_is_asked_for_in_one_line(material, tmp_path, monkeypatch):
    monkeypatch.setattr(formats.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="to: charts needs matplotlib; pip install matplotlib"):
        export(material, "charts", tmp_path / "c")
    monkeypatch.undo()
    with pytest.raises(InputError, match=r"out: 'r' must end in .html; report is one file"):
        export(material, "report", tmp_path / "r")


def test_thumbnails_stand_in_the_order_of_the_rows():
    images = np.zeros((5, 8, 8, 3), np.uint8)
    images[3] = (0, 255, 0)
    content, size = map_data.sprite(images) or (b"", (0, 0))
    with Image.open(io.BytesIO(content)) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert size == (8, 8) and pixels.shape == (16, 24, 3)
    assert pixels[12, 4, 1] > 200 and pixels[4, 4].max() < 60


def test_figures_over_seeds_are_those_of_the_run_s_folder_and_left_out_without_them(report):
    assert "<h2>Over" not in report and "<h2>The given" not in report
    ladder = read_run(DIGITS.with_name("mnist-ladder"))
    encoding = read_encoding(ladder, "test")
    assert encoding is not None
    content = report_content(material_of(ladder, encoding, None, ["vae", "w10"]))
    seeds = read_seed_figures(ladder)
    assert seeds is not None and [of_seed.seed for of_seed in content.seeds] == [0, 1, 2]
    rows = {row.name: row for row in content.over_seeds}
    errors = [[of_seed.splits["test"][arm].reconstruction for of_seed in seeds] for arm in ("vae", "w10")]
    changes = np.subtract(errors[1], errors[0])
    row = rows["squared error an image"]
    assert row.values == tuple(f"{np.mean(ones):.3f} ± {np.std(ones, ddof=1):.3f}" for ones in errors)
    assert row.difference == f"+{changes.mean():.3f} ± {changes.std(ddof=1):.3f}"
    shares = [100 * of_seed.splits["test"]["w10"].triplet_accuracy[0] for of_seed in seeds]
    assert rows["triplet accuracy at m = 0"].values[1] == f"{np.mean(shares):.2f} ± {np.std(shares, ddof=1):.2f}\u00a0%"
    assert "differ in their seed alone (0, 1, 2)" in content.facts["Seeds"]


def test_accuracy_on_given_triplets_stands_in_the_report_where_the_run_has_some(material):
    metrics = _measured(DIGITS)
    parts = {"trained_on": 40, "held_out_by_triplet": 10, "held_out_by_image": 0}
    metrics["given_triplets"] = {
        "given": 60, "distinct": 50, "images": 30, "contradictions": 1, "cycles": 2, "impossible": 3, **parts
    }  # fmt: skip
    for place, arm in enumerate(metrics["arms"].values()):
        arm["given_triplets"] = {
            part: {
                "accuracy": {"0": (0.5 + place / 4) if count else None},
                "interval": {"0": [0.4, 0.9] if count else None},
            }
            for part, count in parts.items()
        }
    content = replace(report_content(material), metrics=metrics)
    assert [(row.name, row.values) for row in content.given] == [
        ("trained on, m = 0", ("50.0\u00a0% (40.0 to 90.0)", "75.0\u00a0% (40.0 to 90.0)")),
        ("held out, m = 0", ("50.0\u00a0% (40.0 to 90.0)", "75.0\u00a0% (40.0 to 90.0)")),
    ]
    assert content.given_note.startswith("Given triplets: 60, 50 distinct (40 trained on, 10 held out")
    assert report_content(material).given == []
